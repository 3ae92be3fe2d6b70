// What the tests share.
'use strict'

const fs = require('node:fs')
const path = require('node:path')

const folder = process.env.TAILSPOT_VECTORS ?? path.join(__dirname, '../../../tests/vectors')
const special = new Map([[null, NaN], ['inf', Infinity], ['-inf', -Infinity]])

exports.vectors = () => {
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.map((name) => {
    const vector = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))
    vector.values = Float64Array.from(vector.values, (x) => special.get(x) ?? x)
    return vector
  })
}

/** Each value's threshold, from the places where it changes. */
exports.spread = (changes, count) => {
  const thresholds = new Float64Array(count).fill(NaN)
  changes.forEach(([start, threshold], i) => {
    thresholds.fill(special.get(threshold) ?? threshold, start, changes[i + 1]?.[0] ?? count)
  })
  return thresholds
}

exports.near = (a, b, tolerance) => a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= tolerance

/** Values that are exponentially distributed, the same in every run. */
exports.exponential = (count) => {
  let state = 1n
  return Float64Array.from({ length: count }, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n)
    return -Math.log((Number(state >> 11n) + 0.5) / 2 ** 53)
  })
}
