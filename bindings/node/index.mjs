import tailspot from './index.cjs'

export const { Spot, Pool, Event } = tailspot
export default tailspot
