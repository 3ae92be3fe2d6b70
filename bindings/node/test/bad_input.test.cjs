'use strict'

const assert = require('node:assert/strict')
const test = require('node:test')
const { Spot, Pool } = require('../index.cjs')

const bad = [
  ['a q out of range', () => new Spot({ q: 2 }), /q = 2 is out of range: needs 0 < q < 1 - level = 0.01/],
  ['a q that is NaN', () => new Spot({ q: NaN }), /q = NaN is out of range/],
  ['an unknown option', () => new Spot({ Q: 0.1 }), /unknown field `Q`, expected one of `q`, `level`/],
  ['an option of another type', () => new Spot({ q: '0.1' }), /q must be a number, not string/],
  ['a negative size', () => new Spot({ depth: -1 }), /depth = -1 is out of range: needs a whole number, at least 0/],
  ['a broken size', () => new Spot({ depth: 1.5 }), /depth = 1.5 is out of range: needs a whole number, at least 0/],
  ['an unknown rule', () => new Spot({ threshold: 'best' }), /unknown variant `best`, expected `plug_in` or `calibrated`/],
  ['a configuration that is no object', () => new Spot(7), /config: /],
  ['a scale of one value', () => new Spot({ scale_depth: 1 }), /scale_depth = 1 is out of range/],
  ['a limit below 0', () => new Pool({ limit: -1 }), /limit = -1 is out of range: needs 0 \(no limit\) or a finite number above 0/],
  ['five baselines', () => new Spot({ baselines: Array(5).fill({ depth: 1 }) }), /baselines = 5 is out of range: needs at most 4 baselines/],
  ['a baseline below 0', () => new Pool({ baselines: [{}, { period: -2 }] }), /baselines\[1\].period = -2 is out of range: needs a wh/],
  ['a text for a baseline', () => new Spot({ baselines: [{ depth: '10' }] }), /baselines\[0\].depth must be a number, not string/],
  ['a scale of one value in a list', () => new Spot({ baselines: [{}, { scale_depth: 1 }] }), /baselines\[1\].scale_depth = 1 is out of/],
  ['no list of baselines', () => new Spot({ baselines: '10/40' }), /baselines must be an array, not string/],
  ['an unknown part of a baseline', () => new Spot({ baselines: [{ deep: 1 }] }), /config: .*unknown field `deep`, expected one of `depth`/],
  ['a confidence', () => new Spot().thresholdInterval('up', 1), /confidence = 1 is out of range/],
  ['a text for a confidence', () => new Spot().shapeInterval('up', '0.9'), /confidence must be a number, not string/],
  ['a text for a reason', () => new Spot().reasons('1'), /value must be a number, not string/],
  ['no side', () => new Pool({ up: false, down: false }), /up and down are both false: watch at least one side/],
  ['no new', () => Spot({}), /Class constructor Spot cannot be invoked without 'new'/],
  ['no value', () => new Spot().step(), /value must be a number, not undefined/],
  ['a text', () => new Spot().step('1'), /value must be a number, not string/],
  ['a bigint', () => new Spot().verdict(1n), /value must be a number, not bigint/],
  ['null', () => new Spot().judge(null), /value must be a number, not null/],
  ['a list', () => new Spot().stepMany([1, 2]), /values must be a Float64Array, not Array/],
  ['another array', () => new Spot().stepMany(new Float32Array(3)), /values must be a Float64Array, not Float32Array/],
  ['no array', () => new Spot().fit(), /values must be a Float64Array, not undefined/],
  ['too few values', () => new Spot().fit(new Float64Array(3)), /3 finite values leave no excess at level = 0.99/],
  ['a text for bytes', () => Spot.load('x'), /data must be a Uint8Array, not string/],
  ['foreign bytes', () => Spot.load(Buffer.from('x')), /not a usable snapshot: 1 bytes are fewer than/],
  ['no bytes', () => Pool.load(new Uint8Array(0)), /not a usable snapshot: 0 bytes/],
  ['a pool as a detector', () => Spot.load(new Pool().save()), /not a usable snapshot: kind 2 is not one detector/],
  ['a side', () => new Spot().quantile('left', 0.1), /side = "left" is out of range: needs "up" or "down"/],
  ['no side at all', () => new Spot().quantile(1, 0.1), /side must be "up" or "down", not number/],
  ['a q to set', () => new Spot().setQ(0.5), /q = 0.5 is out of range/],
  ['a key below 0', () => new Pool().step(-1, 0), /key = -1 is out of range/],
  ['a key that is too large', () => new Pool().step(2n ** 64n, 0), /key = 18446744073709551616 is out of range/],
  ['a broken key', () => new Pool().get(0.5), /key = 0.5 is out of range/],
  ['a text for a key', () => new Pool().step('a', 0), /key must be a number or a bigint, not string/],
  ['keys of another type', () => new Pool().stepMany(new Uint32Array(1), new Float64Array(1)), /keys must be a BigUint64Array/],
  ['columns that do not match', () => new Pool().stepMany(new BigUint64Array(2), new Float64Array(1)), /values holds 1 items; needs 2/],
  ['no detector', () => new Pool().insert(1, {}), /spot must be a Spot, not Object/],
  ['a limit of 0', () => new Pool().setLimit(0), /limit = 0 is out of range/],
  ['the method of another object', () => Spot.prototype.step.call({}, 1), /./],
  ['the method of a pool', () => Spot.prototype.save.call(new Pool()), /./],
  ['an object that was never made', () => Spot.prototype.step.call(Object.create(Spot.prototype), 1), /./]
]

for (const [name, call, message] of bad) test(name, () => assert.throws(call, { message }))

test('a detached buffer', () => {
  const values = new Float64Array(100)
  structuredClone(values.buffer, { transfer: [values.buffer] })
  assert.throws(() => new Spot().stepMany(values), { name: 'TypeError', message: 'the buffer of values is detached' })
})

test('what was refused changed nothing', () => {
  const spot = new Spot()
  spot.step(1)
  const before = spot.save()
  for (const call of [() => spot.step('1'), () => spot.setQ(7), () => spot.fit(new Float64Array(1))]) assert.throws(call)
  assert.deepEqual(spot.save(), before)
})

test('detectors are freed, and answers outlive them', { skip: !global.gc && 'needs node --expose-gc' }, async () => {
  let spot = new Spot({ n_init: 200 })
  const answers = spot.stepMany(new Float64Array(1000).map((_, i) => (i * 7919) % 1009))
  const copy = answers.upper.slice()
  spot = null
  for (let i = 0; i < 20; i++) {
    global.gc()
    await new Promise(setImmediate)
  }
  assert.deepEqual(answers.upper, copy)
})
