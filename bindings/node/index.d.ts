/** The parameters of a detector, by the names that every language and every JSON file of tailspot uses. */
export interface Config {
  /** Tail probability of an anomaly, for each watched side. In (0, 1 - level); default 1e-4. */
  q?: number
  /** Quantile level where the tail starts, in (0, 1); mirrored for the lower tail. Default 0.99. */
  level?: number
  /** Number of values of the streaming calibration; default 2000. */
  n_init?: number
  /** Excesses kept for each side, if `bounded`. At least 1; default 200. */
  max_excess?: number
  /** Length of the moving-average window of DSPOT; 0, the default, is plain SPOT. */
  depth?: number
  /** Watch the upper tail. Default true; at least one side must be watched. */
  up?: boolean
  /** Watch the lower tail. Default true. */
  down?: boolean
  /** Report values beyond the anomaly threshold and keep them out of the model. Default true. */
  alert?: boolean
  /** Keep only the last `max_excess` excesses of a side. Default true. */
  bounded?: boolean
  /** What an alert leaves in the model. Default "budgeted". */
  accounting?: 'discarded' | 'learned' | 'censored' | 'budgeted'
  /** Values kept out of the model on either side of an alert. Default 20. */
  quarantine?: number
  /** The threshold rule. Default "calibrated". */
  threshold?: 'plug_in' | 'calibrated'
}

/** The codes of the events, the same in every language. */
export declare const Event: {
  /** Not in a watched tail. */
  readonly NORMAL: 0
  /** Above the upper anomaly threshold. */
  readonly ALERT_UP: 1
  /** Below the lower anomaly threshold. */
  readonly ALERT_DOWN: -1
  /** In the upper tail, and an excess to learn from. */
  readonly EXCESS_UP: 2
  /** In the lower tail, and an excess to learn from. */
  readonly EXCESS_DOWN: -2
  /** Collected for the calibration, or filling the window of the drift. */
  readonly INIT_BATCH: 3
  /** This value completed the calibration. */
  readonly CALIBRATION: 4
  /** NaN, or an infinity on a side that is not watched. */
  readonly MISSING: 5
}
/** One of the codes. */
export type Event = (typeof Event)[keyof typeof Event]

/** The answer to one value, and what it was judged by. NaN if not available. */
export interface Verdict {
  event: Event
  /** The upper anomaly threshold that the value was judged by. */
  upper: number
  /** The lower one. */
  lower: number
  /** The anomaly threshold of the side of the event; NaN if the value lies in no tail. */
  threshold: number
  /** The tail probability of the value; NaN if it lies in no tail. */
  probability: number
}

/** The answers to many values, each array as long as the values. NaN if not available. */
export interface Answers {
  /** The codes of {@link Event}. */
  events: Int8Array
  /** The upper anomaly threshold that each value was judged by. */
  upper: Float64Array
  /** The lower one. */
  lower: Float64Array
  /** The tail probability of each value. */
  probability: Float64Array
}

/** One tail at one moment; NaN in its numbers if it is not watched or not calibrated. */
export interface SideStatus {
  alerts: number
  /** Excesses ever counted, N_t. */
  n_t: number
  /** Excesses in the buffer. */
  excesses: number
  excess_threshold: number
  anomaly_threshold: number
  shape: number
  scale: number
  /** How the last fit went. */
  fit: string | null
}

/** A detector at one moment. */
export interface Status {
  calibrated: boolean
  /** Values learned from. */
  n: number
  /** Values judged since the calibration. */
  seen: number
  missing: number
  /** The moving mean that is taken off each value; 0 without drift. */
  drift: number
  up: SideStatus
  down: SideStatus
}

/** A tail of the stream. */
export type Side = 'up' | 'down'

/**
 * A streaming detector of values that are too large or too small.
 *
 * ```js
 * import { Spot, Event } from 'tailspot'
 * const spot = new Spot({ q: 1e-4, down: false })
 * for (const x of stream) if (spot.step(x) === Event.ALERT_UP) console.log(`${x} is an anomaly`)
 * ```
 */
export declare class Spot {
  /** A detector that calibrates itself on the first `n_init` finite values. */
  constructor(config?: Config)
  /** A detector as it was when `save` wrote the bytes, in whatever language. */
  static load(data: Uint8Array): Spot
  /** The whole state. A detector that is loaded from it continues bit for bit. */
  save(): Buffer
  /** Calibrates on a batch, whatever its length. */
  fit(values: Float64Array): void
  /** Forgets everything but the configuration. */
  reset(): void
  /** Classifies one value and updates the model. NaN is a missing value. */
  step(value: number): Event
  /** Like `step`, and also returns what the value was judged by. */
  verdict(value: number): Verdict
  /** What `verdict` would return; nothing changes. */
  judge(value: number): Verdict
  /** Like `verdict` on each value, at the speed of a scan. The values are read where they are. */
  stepMany(values: Float64Array): Answers
  /** Like `judge` on each value. */
  judgeMany(values: Float64Array): Answers
  /** Changes the tail probability of an anomaly; the thresholds move at once. */
  setQ(q: number): void
  /** The probability of a value beyond this one; NaN if it is not in the tail. */
  tailProbability(side: Side, value: number): number
  /** The value exceeded with probability q on that side. */
  quantile(side: Side, q: number): number
  /** The parameters. */
  get config(): Required<Config>
  /** A detector at this moment. */
  status(): Status
}

/** A key: a whole number from 0, as a number up to 2^53 - 1 or as a bigint up to 2^64 - 1. */
export type Key = number | bigint

/** Many detectors by key. A key that is seen for the first time gets a detector of its own. */
export declare class Pool {
  /** A pool in which every key calibrates itself. */
  constructor(config?: Config)
  /** A pool in which every key starts as a copy of `spot`. */
  static withTemplate(spot: Spot): Pool
  /** A pool as it was when `save` wrote the bytes. */
  static load(data: Uint8Array): Pool
  /** The whole state. */
  save(): Buffer
  /** Judges one value of a key. */
  step(key: Key, value: number): Event
  /** Like `step`, and also returns what the value was judged by. */
  verdict(key: Key, value: number): Verdict
  /** Judges a column, by all cores: value i belongs to key i. */
  stepMany(keys: BigUint64Array, values: Float64Array): Answers
  /** A copy of the detector of a key. */
  get(key: Key): Spot | null
  /** Gives a key a copy of this detector. */
  insert(key: Key, spot: Spot): void
  /** Forgets a key; returns whether it was known. */
  remove(key: Key): boolean
  /** The known keys, in no order. */
  keys(): BigUint64Array
  /** How many keys are known. */
  get size(): number
  /** The largest number of keys, or null: no limit. */
  get limit(): number | null
  /** Keeps at most so many keys; the least recently used one is dropped. Null is no limit. */
  setLimit(limit: number | null): void
}
