// The native module, and in front of it the checks that JavaScript's types make necessary. index.d.ts is the manual.
'use strict'

const name = `./tailspot.${process.platform}-${process.arch}.node`
let native
try {
  native = require(name)
} catch (error) {
  const help = `tailspot has no native module for ${process.platform}-${process.arch}: build it with npm run build`
  throw error.code === 'MODULE_NOT_FOUND' ? new Error(help, { cause: error }) : error
}

/** A class that cannot be called as a function, and whose configuration is checked. */
function newOnly(Class) {
  const guarded = new Proxy(Class, {
    apply() { throw new TypeError(`Class constructor ${Class.name} cannot be invoked without 'new'`) },
    construct(_, given, target) {
      if (typeof given[0] === 'object' && given[0] !== null) checkConfig(given[0])
      return Reflect.construct(Class, given, target)
    }
  })
  Class.prototype.constructor = guarded
  return guarded
}

const Spot = newOnly(native.Spot)
const Pool = newOnly(native.Pool)

/** The codes of the events, the same in every language. */
const Event = Object.freeze({
  NORMAL: 0,
  ALERT_UP: 1,
  ALERT_DOWN: -1,
  EXCESS_UP: 2,
  EXCESS_DOWN: -2,
  INIT_BATCH: 3,
  CALIBRATION: 4,
  MISSING: 5
})

const LARGEST_KEY = (1n << 64n) - 1n

function kind(value) {
  if (value === null) return 'null'
  const type = typeof value
  return type === 'object' ? (value.constructor?.name ?? 'an object') : type
}

function refuse(what, wanted, value) {
  throw new TypeError(`${what} must be ${wanted}, not ${kind(value)}`)
}

/** A number; NaN is a missing value, and `undefined` is a mistake. */
function number(what, value) {
  return typeof value === 'number' ? value : refuse(what, 'a number', value)
}

/** A typed array of this class that nothing else can write to during the call. */
function array(Class, what, value) {
  if (!(value instanceof Class)) refuse(what, `a ${Class.name}`, value)
  // The array of a detached buffer has the length 0.
  if (value.length === 0 && isDetached(value.buffer)) throw new TypeError(`the buffer of ${what} is detached`)
  return value.buffer instanceof ArrayBuffer ? value : value.slice()
}

function isDetached(buffer) {
  try {
    return !new Uint8Array(buffer)
  } catch {
    return true
  }
}

function bytes(value) {
  if (!(value instanceof Uint8Array)) refuse('data', 'a Uint8Array', value)
  return array(Uint8Array, 'data', value)
}

function key(value) {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value)
  if (typeof value === 'bigint' && value >= 0n && value <= LARGEST_KEY) return value
  if (typeof value !== 'number' && typeof value !== 'bigint') refuse('key', 'a number or a bigint', value)
  throw new RangeError(`key = ${value} is out of range: needs a whole number from 0 to 2^53 - 1, or a bigint to 2^64 - 1`)
}

function detector(value) {
  return value instanceof Spot ? value : refuse('spot', 'a Spot', value)
}

function limit(value) {
  if (value === null || (Number.isInteger(value) && value > 0 && value < 2 ** 32)) return value
  if (typeof value !== 'number') refuse('limit', 'a number or null', value)
  throw new RangeError(`limit = ${value} is out of range: needs a whole number from 1 to 2^32 - 1`)
}

const SIZES = ['n_init', 'max_excess', 'quarantine', 'depth', 'scale_depth', 'period']

/** Numbers of a configuration, by their names; ranges are the engine's. */
function checkConfig(config) {
  checkSizes(config, '')
  for (const name of ['q', 'level', 'limit']) if (config[name] !== undefined) number(name, config[name])
  if (config.baselines === undefined) return
  if (!Array.isArray(config.baselines)) refuse('baselines', 'an array', config.baselines)
  config.baselines.forEach((one, i) => checkSizes(Object(one), `baselines[${i}].`))
}

function checkSizes(sizes, before) {
  for (const name of SIZES) {
    const value = sizes[name]
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue
    if (typeof value !== 'number') refuse(before + name, 'a number', value)
    throw new RangeError(`${before}${name} = ${value} is out of range: needs a whole number, at least 0`)
  }
}

const doubles = (value) => array(Float64Array, 'values', value)
const keys = (value) => array(BigUint64Array, 'keys', value)

/** Checks and converts each argument of a method before the native one is called. */
function check(target, method, ...checks) {
  const original = target[method]
  const checked = { [method](...given) { return original.apply(this, checks.map((f, i) => f(given[i]))) } }[method]
  target[method] = checked
}

const side = (value) => (typeof value === 'string' ? value : refuse('side', '"up" or "down"', value))
const named = (what) => (value) => number(what, value)

Spot.load = (data) => native.loadSpot(bytes(data))
check(Spot.prototype, 'fit', doubles)
check(Spot.prototype, 'verdict', named('value'))
check(Spot.prototype, 'judge', named('value'))
check(Spot.prototype, 'stepMany', doubles)
check(Spot.prototype, 'judgeMany', doubles)
check(Spot.prototype, 'setQ', named('q'))
check(Spot.prototype, 'tailProbability', side, named('value'))
check(Spot.prototype, 'quantile', side, named('q'))
for (const name of ['thresholdInterval', 'shapeInterval', 'scaleInterval']) check(Spot.prototype, name, side, named('confidence'))
check(Spot.prototype, 'thresholdSpread', side)
check(Spot.prototype, 'reasons', named('value'))
Pool.load = (data) => native.loadPool(bytes(data))
Pool.withTemplate = (spot) => native.poolWithTemplate(detector(spot))
check(Pool.prototype, 'step', key, named('value'))
check(Pool.prototype, 'verdict', key, named('value'))
check(Pool.prototype, 'stepMany', keys, doubles)
check(Pool.prototype, 'get', key)
check(Pool.prototype, 'insert', key, detector)
check(Pool.prototype, 'remove', key)
check(Pool.prototype, 'setLimit', limit)

// One value is the path that has to be fast: nothing is packed into an array of arguments.
const step = Spot.prototype.step
Spot.prototype.step = function (value) {
  return step.call(this, typeof value === 'number' ? value : number('value', value))
}

module.exports = { Spot, Pool, Event }
