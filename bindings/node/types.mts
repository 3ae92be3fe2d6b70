// Compiled by make.cjs, never run: the types fit, and wrong ones do not.
import { Event, Pool, Spot, type Answers, type Config, type Status, type Verdict } from 'tailspot'

const config: Config = { q: 1e-4, down: false, threshold: 'plug_in' }
const spot = new Spot(config)
const verdict: Verdict = spot.verdict(1)
const alert: boolean = verdict.event === Event.ALERT_UP
const answers: Answers = spot.stepMany(new Float64Array(1))
const status: Status = Spot.load(spot.save()).status()
const pool = new Pool()
pool.step(1n, status.up.shape + answers.upper[0]! + Number(alert))
// @ts-expect-error: an unknown option
new Spot({ Q: 1 })
// @ts-expect-error: a list is not a Float64Array
spot.stepMany([1])
// @ts-expect-error: a text is not a number
spot.step('1')
