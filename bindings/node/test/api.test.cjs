'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const test = require('node:test')
const tailspot = require('../index.cjs')
const { exponential } = require('./streams.cjs')

const { Spot, Pool, Event } = tailspot
const values = exponential(20_000)

test('an ES module has the same', async () => {
  const module = await import('../index.mjs')
  assert.equal(module.Spot, Spot)
  assert.equal(module.Pool, Pool)
  assert.equal(module.default.Event, Event)
})

test('a saved detector continues bit for bit, and judging changes nothing', () => {
  const spot = new Spot({ q: 1e-3 })
  const whole = spot.stepMany(values)
  const half = new Spot({ q: 1e-3 })
  half.stepMany(values.subarray(0, 7777))
  const before = half.save()
  assert.deepEqual(half.judge(1e9).event, Event.ALERT_UP)
  assert.deepEqual(half.judgeMany(Float64Array.of(1e9, NaN)).events, Int8Array.of(Event.ALERT_UP, Event.MISSING))
  assert.deepEqual(half.save(), before)
  const again = Spot.load(before).stepMany(values.subarray(7777))
  for (const key of ['events', 'upper', 'lower', 'probability']) {
    assert.deepEqual(again[key], whole[key].subarray(7777), key)
  }
  spot.reset()
  assert.deepEqual(spot.save(), new Spot({ q: 1e-3 }).save())
})

test('a verdict says why', () => {
  const spot = new Spot({ down: false })
  spot.fit(values)
  const { event, upper, lower, threshold, probability } = spot.verdict(50)
  assert.equal(event, Event.ALERT_UP)
  assert.equal(threshold, upper)
  assert.ok(upper > 5 && upper < 20)
  assert.ok(Number.isNaN(lower))
  assert.ok(probability > 0 && probability < 1e-4)
  assert.equal(spot.status().up.alerts, 1)
  assert.equal(spot.config.max_excess, 200)
  assert.ok(spot.tailProbability('up', upper) > 0)
  assert.ok(Math.abs(spot.quantile('up', 1e-3) - Math.log(1000)) < 1)
  spot.setQ(1e-3)
  assert.ok(spot.judge(1).upper < upper)
})

test('values that are views, and shared ones, are read as they are', () => {
  const spot = new Spot()
  const expected = spot.stepMany(values.slice(5, 9000))
  assert.deepEqual(new Spot().stepMany(values.subarray(5, 9000)), expected)
  const shared = new Float64Array(new SharedArrayBuffer(8995 * 8))
  shared.set(values.subarray(5, 9000))
  assert.deepEqual(new Spot().stepMany(shared), expected)
  assert.equal(new Spot().stepMany(new Float64Array(0)).events.length, 0)
})

test('alerts that belong together are incidents, as the status counts them', () => {
  const [spot, spikes] = [new Spot({ q: 1e-6 }), values.slice()]
  for (const i of [5000, 5013, 5030, 9000]) spikes[i] = 100 + i
  spikes[5020] = -5
  spikes[9001] = Infinity
  const [burst, last, ...others] = spot.stepMany(spikes).incidents
  assert.deepEqual(others, [])
  const { probability, ...rest } = burst
  assert.ok(probability > 0 && probability < 1e-6)
  assert.deepEqual(rest, { first: 5000, last: 5030, count: 4, side: 'down', peak: -5 }) // No value was ever below 0.
  assert.deepEqual(last, { first: 9000, last: 9001, count: 2, side: 'up', peak: Infinity, probability: 0 })
  assert.equal(spot.status().incidents, 2)
  assert.deepEqual([spot.status().up.incidents, spot.status().down.incidents], [2, 1])
  assert.deepEqual(spot.judgeMany(Float64Array.of(1, 1e9)).incidents.map(({ first }) => first), [1])

  // In a pool the gap counts the values of the key.
  const keys = BigUint64Array.from(spikes, (_, i) => BigInt(i % 10))
  const pool = new Pool({ q: 1e-4, level: 0.95, n_init: 500 })
  const found = pool.stepMany(keys, spikes).incidents.filter(({ count, peak }) => count > 1 || peak > 100)
  assert.deepEqual(found.map(({ key, first, count }) => [key, first, count]), [[0n, 5000, 3], [3n, 5013, 1], [0n, 9000, 1], [1n, 9001, 1]])
})

test('what each baseline says of a value, and how well a threshold is known', () => {
  const baselines = [{ depth: 10, scale_depth: 40 }, { depth: 100 }]
  const spot = new Spot({ baselines, level: 0.95, q: 1e-3 })
  assert.deepEqual(spot.reasons(1), [])
  assert.ok(spot.thresholdInterval('up', 0.9).every(Number.isNaN))
  spot.stepMany(values.subarray(0, 5000))
  const reasons = spot.reasons(50)
  assert.deepEqual(reasons.map(({ baseline }) => baseline), baselines.map((one) => ({ depth: 0, scale_depth: 0, period: 0, ...one })))
  for (const { side, level, scale, residual, upper } of reasons) {
    assert.equal(side, 'up')
    assert.ok(Math.abs((50 - level) / scale - residual) < 1e-9 * residual && upper < 50)
  }
  assert.equal(spot.reasons(1)[0].side, undefined)

  const plain = new Spot({ level: 0.95, q: 1e-3 })
  plain.fit(values)
  const { shape, scale, anomaly_threshold: threshold } = plain.status().up
  for (const [name, known] of [['thresholdInterval', threshold], ['shapeInterval', shape], ['scaleInterval', scale]]) {
    const [low, high] = plain[name]('up', 0.9)
    assert.ok(low < known && known < high, `${name}: ${low} ${known} ${high}`)
  }
  assert.ok(plain.thresholdSpread('up') > 1 && plain.thresholdSpread('up') < 10)
})

test('the types name every parameter and every entry of a status', () => {
  const types = fs.readFileSync(path.join(__dirname, '../index.d.ts'), 'utf8')
  const names = (name) => {
    const [, body] = types.match(new RegExp(`export interface ${name} {\n(.*?)\n}`, 's'))
    return Array.from(body.matchAll(/^  (\w+)\??:/gm), ([, field]) => field).sort()
  }
  const spot = new Spot({ baselines: [{ depth: 3 }] })
  for (const [name, value] of [['Config', spot.config], ['Baseline', spot.config.baselines[0]], ['Status', spot.status()],
    ['SideStatus', spot.status().up], ['Verdict', spot.verdict(1)], ['Answers', spot.stepMany(values)]]) {
    assert.deepEqual(names(name), Object.keys(value).sort(), name)
  }
})

test('a pool has a detector for each key', () => {
  const pool = new Pool({ q: 1e-3 })
  const keys = BigUint64Array.from(values, (_, i) => (i % 3 === 0 ? 2n ** 64n - 1n : BigInt(i % 3)))
  const answers = pool.stepMany(keys, values)
  const alone = new Spot({ q: 1e-3 }).stepMany(values.filter((_, i) => i % 3 === 1))
  assert.deepEqual(answers.events.filter((_, i) => i % 3 === 1), alone.events)
  assert.equal(pool.size, 3)
  assert.deepEqual(pool.keys().sort(), BigUint64Array.of(1n, 2n, 2n ** 64n - 1n))
  const again = Pool.load(pool.save())
  assert.equal(again.step(1, 1e9), Event.ALERT_UP)
  assert.equal(again.verdict(2n ** 64n - 1n, 1e9).event, Event.ALERT_UP)
  assert.equal(again.get(1n).status().up.alerts, pool.get(1).status().up.alerts + 1)
  assert.equal(again.get(17), null)
  again.insert(17, new Spot())
  assert.equal(again.step(17, 1), Event.INIT_BATCH)
  assert.equal(again.remove(17), true)
  assert.equal(again.remove(17), false)
  again.setLimit(2)
  assert.equal(again.size, 2)
  assert.equal(again.limit, 2)
  again.setLimit(null)
  assert.equal(again.limit, null)
  const fitted = new Spot()
  fitted.fit(values)
  assert.equal(Pool.withTemplate(fitted).step(5, 1e9), Event.ALERT_UP)
})
