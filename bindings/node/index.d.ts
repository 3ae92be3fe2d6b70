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
  /** Values in the moving mean that is subtracted from each value (DSPOT); 0, the default, is plain SPOT. */
  depth?: number
  /** Watch the upper tail. Default true; at least one side must be watched. */
  up?: boolean
  /** Watch the lower tail. Default true. */
  down?: boolean
  /** Report values beyond the anomaly threshold and keep them out of the model. With false a baseline has a level only. Default true. */
  alert?: boolean
  /** Keep only the last `max_excess` excesses of a side. Default true. */
  bounded?: boolean
  /** What an alert leaves in the model. Default "budgeted". */
  accounting?: 'discarded' | 'learned' | 'censored' | 'budgeted'
  /** Values kept out of the model on either side of an alert; with a baseline none are. Default 20. */
  quarantine?: number
  /** The threshold rule. Default "calibrated". */
  threshold?: 'plug_in' | 'calibrated'
  /** Values over which the local scale forgets, by which residuals are divided. 0, the default, is none; else at least 2. */
  scale_depth?: number
  /** Values of a season, for a second baseline with its levels, judged apart. 0, the default, is none; else at least 2. */
  period?: number
  /** Alerts of a side in 1/q values beyond which further ones are taken for the stream and learned. 0, the default: no limit. */
  limit?: number
  /** Up to four baselines, judged apart; none, the default, for what `depth`, `scale_depth` and `period` say. */
  baselines?: Partial<Baseline>[]
}

/** What a value is compared with: its residual is (x - season - level)/scale. A part that is 0 is left out. */
export interface Baseline {
  /** Values in the moving mean that is the level; 0 for none. */
  depth: number
  /** Values over which the local scale, the mean of |residual|, forgets; 0 for none, else at least 2. */
  scale_depth: number
  /** Values of a season; 0 for none, else at least 2. */
  period: number
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
  /** The anomaly threshold of the side of the event; NaN if the value is not in a tail. */
  threshold: number
  /** The tail probability of the value; NaN if it is not in a tail. */
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
  /** The tail probability of each value; NaN for those not in a tail. */
  probability: Float64Array
  /** The alerts that belong together, in the order of their first alerts. */
  incidents: Incident[]
}

/**
 * Alerts of one stream of which each came within `quarantine` values, but at least 20, after the one before it. Missing
 * values are not counted.
 */
export interface Incident {
  /** Place of the first alert among the values, from 0. */
  first: number
  /** Place of the last alert. */
  last: number
  /** Number of alerts. */
  count: number
  /** The side of the peak. */
  side: Side
  /** The value of the least probable alert; of equally probable ones the most extreme. */
  peak: number
  /** The tail probability of the peak; 0 for an infinity. */
  probability: number
  /** The key of its stream, in a pool. */
  key?: bigint
}

/** What one baseline says of a value. */
export interface Reason {
  baseline: Baseline
  /** Its level; 0 without one. */
  level: number
  /** Its local scale; 1 without one. */
  scale: number
  /** The season at this value; 0 without one. */
  season: number
  /** The value without them: (value - season - level)/scale. */
  residual: number
  /** The tail that the residual lies in, if it lies in one. */
  side?: Side
  /** The tail probability of the residual; NaN if it is not in a tail. */
  probability: number
  /** The upper anomaly threshold of this baseline alone, in the scale of the stream. */
  upper: number
  /** The lower one. */
  lower: number
}

/** One tail at one moment; NaN in its numbers if it is not watched or not calibrated. */
export interface SideStatus {
  alerts: number
  /** Incidents of this side. */
  incidents: number
  /** Alerts beyond the limit, which were learned; of several baselines, beyond that of one. */
  surplus: number
  /** Excesses ever counted, N_t. */
  n_t: number
  /** Excesses rejected as anomalies by the robust fits, of the calibration and later. */
  rejected: number
  /** Excesses in the buffer. */
  excesses: number
  excess_threshold: number
  anomaly_threshold: number
  /** Where learning stops: values from here to the anomaly threshold are excesses, but are treated like alerts. */
  learning_limit: number
  /** How many values beyond the learning limit the model may still learn. */
  allowance: number
  shape: number
  scale: number
  /** How the last fit went. */
  fit: 'converged' | 'floor' | 'cap' | 'degenerate' | 'too_few' | null
}

/** A detector at one moment. */
export interface Status {
  calibrated: boolean
  /** Values learned from. */
  n: number
  /** Values judged since the calibration. */
  seen: number
  missing: number
  /** Incidents so far: alerts of either side that came close together count once. */
  incidents: number
  /** For how many values the calibration has been refuted, because the stream has left what it was calibrated on; else 0. */
  refuted: number
  /** What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up. */
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
  /** Where the value exceeded with probability q lies, with this confidence. NaN before the calibration, and with fewer
   * than two excesses. */
  thresholdInterval(side: Side, confidence: number): [low: number, high: number]
  /** The same for the shape of the tail. */
  shapeInterval(side: Side, confidence: number): [low: number, high: number]
  /** The same for the scale of the tail. */
  scaleInterval(side: Side, confidence: number): [low: number, high: number]
  /** How many times farther from the excess threshold the upper end of the 95 % interval lies than the lower one. Above 10
   * the calibration cannot know this q. */
  thresholdSpread(side: Side): number
  /** What each baseline says of a value; empty before the calibration, and for values that are not finite. */
  reasons(value: number): Reason[]
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
