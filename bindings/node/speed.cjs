// Prints how fast the package is in one process with what else JavaScript offers for the question; make.cjs runs it where
// `tailspot` and `outliers` of npm are installed. A million exponential values; processor time of all
// threads, the median of five rounds.
'use strict'

const { createRequire } = require('node:module')
const path = require('node:path')
const { exponential } = require('./test/streams.cjs')

const installed = createRequire(path.join(process.cwd(), 'package.json'))
const { Spot, Pool } = installed('tailspot')
const outliers = installed('outliers')

const values = exponential(1_000_000)
const list = Array.from(values)
const keys = BigUint64Array.from(values, (_, i) => BigInt(i % 1000))
const fitted = () => {
  const spot = new Spot()
  spot.fit(values.subarray(0, 2000))
  return spot
}

/** Values more than 4 standard deviations from an exponentially weighted mean, as it is often written by hand. */
function zScores() {
  let [mean, variance, found] = [1, 1, 0]
  for (const x of values) {
    const distance = x - mean
    if (Math.abs(distance) > 4 * Math.sqrt(variance)) found++
    mean += 0.01 * distance
    variance += 0.01 * (distance * distance - variance)
  }
  return found
}

function each(judge) {
  let found = 0
  for (const x of values) if (judge(x)) found++
  return found
}

const isAlert = (event) => event === 1 || event === -1
const count = ({ events }) => events.reduce((sum, event) => sum + isAlert(event), 0)
const races = {
  'stepMany, with thresholds and probabilities': () => count(fitted().stepMany(values)),
  'Pool.stepMany, 1000 keys': () => count(Pool.withTemplate(fitted()).stepMany(keys, values)),
  'step, one call a value': () => { const spot = fitted(); return each((x) => isAlert(spot.step(x))) },
  'verdict, one call a value': () => { const spot = fitted(); return each((x) => isAlert(spot.verdict(x).event)) },
  'a moving z-score in JavaScript': zScores,
  'outliers 0.0.3 of npm, on an array': () => outliers(list).length
}

const rounds = Object.fromEntries(Object.keys(races).map((name) => [name, []]))
const found = {}
for (let round = 0; round < 5; round++) {
  for (const [name, race] of Object.entries(races)) {
    const begun = process.cpuUsage()
    found[name] = race()
    const { user, system } = process.cpuUsage(begun)
    rounds[name].push((user + system) * 1000 / values.length)
  }
}
console.log('| a million values | ns of processor time a value | reported |\n|---|---|---|')
for (const [name, times] of Object.entries(rounds)) {
  console.log(`| ${name} | ${times.sort((a, b) => a - b)[2].toFixed(1)} | ${found[name]} |`)
}
