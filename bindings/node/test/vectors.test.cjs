'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { Spot } = require('../index.cjs')
const { near, spread, vectors } = require('./streams.cjs')

const all = vectors()

test('there are files', () => assert.ok(all.length > 50))

for (const { name, config, calibrate, values, events, upper, lower, tolerance, final } of all) {
  test(name, () => {
    const fitted = calibrate === 'fit' ? config.n_init : 0
    const [one, many] = [new Spot(config), new Spot(config)]
    if (fitted) for (const spot of [one, many]) spot.fit(values.subarray(0, fitted))
    const rest = values.subarray(fitted)
    const verdicts = Array.from(rest, (x) => one.verdict(x))
    assert.deepEqual(verdicts.map(({ event }) => event), events)
    for (const [key, changes] of [['upper', upper], ['lower', lower]]) {
      const expected = spread(changes, values.length).subarray(fitted)
      const wrong = verdicts.findIndex((verdict, i) => !near(verdict[key], expected[i], tolerance))
      assert.equal(wrong, -1, `${key} of value ${wrong}: ${verdicts[wrong]?.[key]} for ${expected[wrong]}`)
    }
    const answers = many.stepMany(rest)
    assert.deepEqual(Array.from(answers.events), events)
    for (const key of ['upper', 'lower', 'probability']) {
      assert.deepEqual(answers[key], Float64Array.from(verdicts, (verdict) => verdict[key]), key)
    }
    assert.deepEqual(one.save(), many.save())
    const status = one.status()
    for (const key of ['calibrated', 'n', 'seen', 'missing']) assert.equal(status[key], final[key], key)
    for (const side of ['up', 'down']) {
      for (const key of ['alerts', 'n_t', 'excesses']) assert.equal(status[side][key], final[side][key], key)
      for (const key of ['excess_threshold', 'anomaly_threshold']) {
        assert.ok(near(status[side][key], final[side][key] ?? NaN, tolerance), `${side} ${key}`)
      }
    }
  })
}
