/* Package version: 0.1.0 */

/* tailspot: streaming anomaly detection by extreme value theory (SPOT and DSPOT; Siffer, Fouque, Termier, Largouet:
 * Anomaly Detection in Streams with Extreme Value Theory, KDD 2017). Licence: MIT OR Apache-2.0.
 *
 *     tailspot_config config;
 *     tailspot_detector *detector = NULL;
 *     double upper;
 *     tailspot_config_init(&config, sizeof config);
 *     config.q = 1e-4;
 *     if (tailspot_new(&config, &detector) == TAILSPOT_OK) {
 *         ... if (tailspot_verdict(detector, x, &upper, NULL, NULL) == TAILSPOT_ALERT_UP) { ... x is above upper ... }
 *         tailspot_free(detector);
 *     }
 *
 * CONVENTIONS, for every function below
 *
 * Words. The tail starts at the excess threshold t, the value at quantile `level`. The amount by which a value is beyond
 * t is an excess. A generalized Pareto distribution with a shape and a scale is fitted to the excesses. The anomaly
 * threshold z_q is the value that the fitted tail exceeds with probability q. A value beyond it is an alert. The lower
 * tail is the upper tail of the mirrored stream.
 *
 * Errors. A function that can fail returns a tailspot_result; TAILSPOT_OK is 0. The last line of its comment, Errors, is
 * the complete list. A call that fails changes nothing and writes nothing. Functions that return a number return NaN
 * (double), 0 (size_t) or TAILSPOT_INVALID (event) instead. The functions with explain in their names say why.
 *
 * Bugs. The library catches its own bugs: the call returns TAILSPOT_ERROR_BUG, the handle is poisoned, every later call
 * on it returns TAILSPOT_ERROR_POISONED, and it can still be freed; what the call wrote is unspecified. The library never
 * throws, and ends the program only if memory runs out.
 *
 * NULL. A NULL handle or a NULL argument is an error (TAILSPOT_ERROR_NULL), never a crash, unless a function says that
 * NULL is fine.
 *
 * Ownership. A handle belongs to the caller from the function that made it until tailspot_free or tailspot_pool_free.
 * Arrays and structs are only used during the call. Strings that are returned are static.
 *
 * Outputs come last, have names that end in _out, are written only on success, and may be uninitialised before. They
 * must not overlap the inputs. Doubles and structs are aligned as the C compiler aligns them.
 *
 * Threads. Two threads may use two handles at the same time without a lock. Functions that take a const pointer to a
 * handle may run at the same time on that handle; any other needs it for itself. There is no global state. A pool has
 * threads of its own, and so has each forked child.
 *
 * Numbers. Functions return enumerations, and take integers, which they check. An enumeration is an int32_t. Doubles are
 * IEEE 754.
 *
 * Growth. A struct begins with its own size in bytes, which tailspot_config_init and the getters fill in. A smaller
 * struct of an older program gets defaults for the fields that it lacks; a larger one of a newer program is accepted if
 * the fields that this library does not know are zero. Fields, functions and codes are only ever added.
 *
 * Memory. With the defaults a detector takes up to 18 kB while it collects and up to 15 kB when its buffers are full. A pool
 * takes up to 8 kB for each key then. Each value of n_init takes 8 bytes during the calibration, each excess of
 * max_excess 8 bytes for each side (16 with a baseline or a limit), each value of depth 16 bytes, each value of a period
 * 10 bytes. Several baselines take all this each.
 *
 * Valgrind reports blocks of a pool's threads as possibly lost: they are not. LIBDIR/valgrind/tailspot.supp, which make
 * install installs, silences it.
 */

#ifndef TAILSPOT_H
#define TAILSPOT_H

/* Generated from capi/src/ by `make header`; do not edit. */

#include <stddef.h>
#include <stdint.h>

// A detector. Made by tailspot_new, tailspot_clone, tailspot_load or from a pool; freed by tailspot_free.
//
// It belongs to no thread and shares nothing with other detectors: two threads may use two detectors at the same time
// without a lock. On one detector, functions that take a const pointer may run at the same time; any other needs it for
// itself.
typedef struct tailspot_detector tailspot_detector;

// The incidents of a stream: alerts that belong together. Made by tailspot_incidents_new; freed by
// tailspot_incidents_free. The rules for threads are those of a detector.
typedef struct tailspot_incidents tailspot_incidents;

// A pool: detectors by a key of 64 bits, for as many streams as memory holds. Made by tailspot_pool_new,
// tailspot_pool_with_template or tailspot_pool_load; freed by tailspot_pool_free.
//
// The rules for threads are those of a detector. A pool has threads of its own, which work only during its calls.
typedef struct tailspot_pool tailspot_pool;

// The version of this ABI. It goes up when something is added; nothing is ever removed or changed.
#define TAILSPOT_ABI_VERSION 1

// Most baselines of a detector.
#define TAILSPOT_MOST_BASELINES 4

// Whether a call worked.
enum tailspot_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It did what its comment says.
    TAILSPOT_OK = 0,
    // A required pointer is NULL.
    TAILSPOT_ERROR_NULL = 1,
    // An earlier call on this handle returned TAILSPOT_ERROR_BUG. The handle can only be freed.
    TAILSPOT_ERROR_POISONED = 2,
    // The library caught a bug of its own. The handle, if there is one, is poisoned; the program may go on.
    TAILSPOT_ERROR_BUG = 3,
    // struct_size is not the size of any version of the struct: it is too small (sizeof a pointer?), above 4096 or not
    // a multiple of 8, or a field that this library does not know is not zero.
    TAILSPOT_ERROR_STRUCT_SIZE = 4,
    // A parameter is out of range. The functions with explain in their names name it, its value and the range.
    TAILSPOT_ERROR_PARAMETER = 5,
    // Too few finite values to leave one excess on each watched side. tailspot_explain_fit names the number needed.
    TAILSPOT_ERROR_TOO_FEW_VALUES = 6,
    // The element type is not a tailspot_type.
    TAILSPOT_ERROR_TYPE = 7,
    // More elements than memory can hold.
    TAILSPOT_ERROR_COUNT = 8,
    // A pointer to double or uint64_t is not a multiple of its size. The strided functions take such arrays of values.
    TAILSPOT_ERROR_ALIGNMENT = 9,
    // The buffer is too small.
    TAILSPOT_ERROR_BUFFER = 10,
    // The bytes are not a snapshot that this version can load. tailspot_explain_snapshot says why.
    TAILSPOT_ERROR_SNAPSHOT = 11,
    // The pool does not have this key.
    TAILSPOT_ERROR_KEY = 12,
    // The pool's threads could not be started.
    TAILSPOT_ERROR_THREADS = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_result tailspot_result;
#else
typedef int32_t tailspot_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The answer to one value. The sign is the side. The codes are those of libspot 1.
enum tailspot_event
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Not in a watched tail.
    TAILSPOT_NORMAL = 0,
    // Above the upper anomaly threshold: an anomaly.
    TAILSPOT_ALERT_UP = 1,
    // Below the lower anomaly threshold: an anomaly.
    TAILSPOT_ALERT_DOWN = -1,
    // In the upper tail: an excess to learn from.
    TAILSPOT_EXCESS_UP = 2,
    // In the lower tail: an excess to learn from.
    TAILSPOT_EXCESS_DOWN = -2,
    // Collected for the calibration, or to warm up a baseline.
    TAILSPOT_INIT_BATCH = 3,
    // This value completed the calibration.
    TAILSPOT_CALIBRATION = 4,
    // NaN, or an infinity on a side that is not watched: only the count of missing values changed.
    TAILSPOT_MISSING = 5,
    // Not an event: the handle is NULL or poisoned.
    TAILSPOT_INVALID = -128,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_event tailspot_event;
#else
typedef int32_t tailspot_event;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A tail of the stream. The lower tail is the mirror image of the upper one.
enum tailspot_side
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The upper tail: large values.
    TAILSPOT_UP = 1,
    // The lower tail: small values.
    TAILSPOT_DOWN = -1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_side tailspot_side;
#else
typedef int32_t tailspot_side;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What an alert leaves in the model (tailspot_config.accounting).
enum tailspot_accounting
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Nothing, as published by Siffer et al. (KDD 2017). The alert rate does not hold: it can grow to many times q. Not
    // with a scale or a season.
    TAILSPOT_DISCARDED = 0,
    // It is learned like any excess. Stops detecting anomalies once they are more frequent than q.
    TAILSPOT_LEARNED = 1,
    // That one value was beyond the threshold, but not how far. Stops detecting a little later.
    TAILSPOT_CENSORED = 2,
    // Only as much as a clean stream would show. Keeps the alert rate at q, and keeps detecting anomalies that are more
    // frequent than q. The default.
    TAILSPOT_BUDGETED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_accounting tailspot_accounting;
#else
typedef int32_t tailspot_accounting;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How the anomaly threshold follows from the fitted tail (tailspot_config.threshold).
enum tailspot_threshold
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // The quantile of the fitted tail, as published.
    TAILSPOT_PLUG_IN = 0,
    // Also takes the uncertainty of the fit into account, so that a clean value is beyond it with probability q. The
    // default.
    TAILSPOT_CALIBRATED = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_threshold tailspot_threshold;
#else
typedef int32_t tailspot_threshold;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The element type of an array. Combine with TAILSPOT_SWAPPED (bitwise OR) if the byte order is not the machine's.
enum tailspot_type
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // int8_t
    TAILSPOT_INT8 = 1,
    // uint8_t, and bool
    TAILSPOT_UINT8 = 2,
    // int16_t
    TAILSPOT_INT16 = 3,
    // uint16_t
    TAILSPOT_UINT16 = 4,
    // int32_t
    TAILSPOT_INT32 = 5,
    // uint32_t
    TAILSPOT_UINT32 = 6,
    // int64_t; rounded to the nearest double beyond 2^53
    TAILSPOT_INT64 = 7,
    // uint64_t; rounded to the nearest double beyond 2^53
    TAILSPOT_UINT64 = 8,
    // IEEE 754 half precision
    TAILSPOT_FLOAT16 = 9,
    // float
    TAILSPOT_FLOAT32 = 10,
    // double
    TAILSPOT_FLOAT64 = 11,
    // Not a type: a flag.
    TAILSPOT_SWAPPED = 256,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_type tailspot_type;
#else
typedef int32_t tailspot_type;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How the last fit of a tail ended.
enum tailspot_outcome
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Not calibrated, not watched, no excess, or TAILSPOT_CALIBRATED, which weighs all fits.
    TAILSPOT_NO_FIT = 0,
    // At the best local maximum of the likelihood with a shape from -1/2 to 3.
    TAILSPOT_CONVERGED = 1,
    // No such maximum: the best scale for the shape -1/2, where the likelihood stops being regular.
    TAILSPOT_FLOOR = 2,
    // No such maximum: the best scale for the shape 3.
    TAILSPOT_CAP = 3,
    // All excesses are equal: the best scale for the shape -1/2.
    TAILSPOT_DEGENERATE = 4,
    // Fewer than 20 excesses: the posterior mean of Zhang and Stephens (2009).
    TAILSPOT_TOO_FEW = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tailspot_outcome tailspot_outcome;
#else
typedef int32_t tailspot_outcome;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a value is compared with: its residual is (value - season - level) / scale. A part that is 0 is left out.
typedef struct {
    // Values in the moving mean that is the level; 0 for none.
    uint64_t depth;
    // Values over which the local scale, the mean size of a residual, forgets; 0 for none, else at least 2.
    uint64_t scale_depth;
    // Values of a season; 0 for none, else at least 2.
    uint64_t period;
} tailspot_baseline;

// The parameters of a detector. Fill it by tailspot_config_init, then change what should be different.
typedef struct {
    // sizeof(tailspot_config) of the program.
    uint32_t struct_size;
    // What an alert leaves in the model: a tailspot_accounting. Default TAILSPOT_BUDGETED.
    int32_t accounting;
    // Tail probability of an anomaly, for each watched side. 0 < q < 1 - level; default 1e-4.
    double q;
    // Quantile level where the upper tail starts; mirrored for the lower one. 0 < level < 1; default 0.99.
    double level;
    // Number of values of the streaming calibration, after those that warm up the baselines: depth or two periods,
    // whichever is more, and 20 for a scale. At least 1, and enough for one excess on each watched side; default 2000.
    uint64_t n_init;
    // Excesses kept for each side, if bounded. At least 1; default 200.
    uint64_t max_excess;
    // Values in the moving mean that is subtracted from each value (DSPOT); 0, the default, is plain SPOT. A value enters
    // the mean clipped to the excess thresholds; with TAILSPOT_DISCARDED, as published, alerts stay out of it.
    uint64_t depth;
    // Values kept out of the model on either side of an alert; with a baseline none are. At least 0; default 20.
    uint64_t quarantine;
    // 1 watches the upper tail, 0 does not. Default 1; at least one side must be watched.
    uint8_t up;
    // 1 watches the lower tail, 0 does not. Default 1.
    uint8_t down;
    // 1 reports values beyond the anomaly threshold and keeps them out of the model; with 0 no finite value is ever an
    // alert and every value is learned at once; a baseline then has a level only. Default 1.
    uint8_t alert;
    // 1 keeps only the last max_excess excesses of a side, 0 keeps all. Default 1.
    uint8_t bounded;
    // How the anomaly threshold follows from the fitted tail: a tailspot_threshold. Default TAILSPOT_CALIBRATED.
    int32_t threshold;
    // Values over which the local scale forgets, by which residuals are divided; 0, the default, for none, else at
    // least 2.
    uint64_t scale_depth;
    // Values of a season, for a second baseline with its levels, judged apart; 0, the default, for none, else at least
    // 2. A missing value counts as time of the season.
    uint64_t period;
    // Alerts of a side in 1/q values beyond which further ones are taken for the stream and learned; 0, the default, for
    // no limit.
    double limit;
    // How many of `baselines` are used, at most 4; 0, the default, for those that depth, scale_depth and period say.
    uint64_t baseline_count;
    // Baselines, each with its own tails, judged apart; those that are not used are zero.
    tailspot_baseline baselines[TAILSPOT_MOST_BASELINES];
} tailspot_config;

// Alerts that came close together.
typedef struct {
    // The size that was asked for.
    uint32_t struct_size;
    // The side of the peak, a tailspot_side.
    int32_t side;
    // Index of the first alert, counted from the first value that tailspot_incidents_take was given.
    uint64_t first;
    // Index of the last alert.
    uint64_t last;
    // Number of alerts.
    uint64_t count;
    // The value of the least probable alert; of equally probable ones the most extreme.
    double peak;
    // The tail probability of the peak; 0 for an infinity.
    double probability;
} tailspot_incident;

// A detector at one moment. Thresholds are in the scale of the stream. Doubles are NaN if not available: before the
// calibration, or for a side that is not watched.
typedef struct {
    // The size that was asked for.
    uint32_t struct_size;
    // 1 if the calibration is complete, else 0.
    uint32_t calibrated;
    // Values learned from: those of the calibration, and every later one that is neither an alert nor (still) in
    // quarantine.
    uint64_t n;
    // Values judged since the calibration, alerts included.
    uint64_t seen;
    // NaN, and infinities on a side that is not watched.
    uint64_t missing;
    // What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
    double drift;
    // Upper tail: alerts so far.
    uint64_t alerts_up;
    // Lower tail: alerts so far.
    uint64_t alerts_down;
    // Upper tail: excesses ever counted, N_t.
    uint64_t n_t_up;
    // Lower tail: excesses ever counted, N_t.
    uint64_t n_t_down;
    // Upper tail: excesses in the buffer.
    uint64_t excesses_up;
    // Lower tail: excesses in the buffer.
    uint64_t excesses_down;
    // Upper tail: where it starts, t.
    double excess_threshold_up;
    // Lower tail: where it starts, t.
    double excess_threshold_down;
    // Upper tail: where an anomaly starts, z_q.
    double anomaly_threshold_up;
    // Lower tail: where an anomaly starts, z_q.
    double anomaly_threshold_down;
    // Upper tail: shape of the fit.
    double shape_up;
    // Lower tail: shape of the fit.
    double shape_down;
    // Upper tail: scale of the fit.
    double scale_up;
    // Lower tail: scale of the fit.
    double scale_down;
    // Upper tail: how the last fit ended, a tailspot_outcome.
    int32_t fit_up;
    // Lower tail: how the last fit ended, a tailspot_outcome.
    int32_t fit_down;
    // Upper tail: where learning stops. Values from here to the anomaly threshold are excesses, but are treated like
    // alerts. NaN unless the accounting is budgeted.
    double learning_limit_up;
    // Lower tail: where learning stops.
    double learning_limit_down;
    // Upper tail: how many values beyond the learning limit the model may still learn, as far as a clean stream would
    // have shown them by now. NaN unless the accounting is budgeted.
    double allowance_up;
    // Lower tail: how many values beyond the learning limit the model may still learn.
    double allowance_down;
    // Incidents so far: alerts of either side that came close together count once.
    uint64_t incidents;
    // For how many values the calibration has been refuted: so many lay beyond an excess threshold that the stream has
    // left what it was calibrated on. 0 if it is not.
    uint64_t refuted;
    // Upper tail: incidents of this side so far.
    uint64_t incidents_up;
    // Lower tail: incidents of this side so far.
    uint64_t incidents_down;
    // Upper tail: alerts beyond tailspot_config.limit, which were learned; of several baselines, beyond that of one.
    uint64_t surplus_up;
    // Lower tail: alerts beyond tailspot_config.limit, which were learned; of several baselines, beyond that of one.
    uint64_t surplus_down;
    // Upper tail: excesses rejected as anomalies by the robust fits, of the calibration and later.
    uint64_t rejected_up;
    // Lower tail: excesses rejected as anomalies by the robust fits.
    uint64_t rejected_down;
} tailspot_status;

// What one baseline says of a value.
typedef struct {
    // The size that was asked for.
    uint32_t struct_size;
    // The tail that the residual is in, a tailspot_side; 0 if it is not in a tail.
    int32_t side;
    // The baseline.
    tailspot_baseline baseline;
    // Its level; 0 without one.
    double level;
    // Its local scale; 1 without one.
    double scale;
    // The season at this value; 0 without one.
    double season;
    // The value without them: (value - season - level) / scale.
    double residual;
    // The tail probability of the residual; NaN if it is not in a tail.
    double probability;
    // The upper anomaly threshold of this baseline alone, in the scale of the stream.
    double upper;
    // The lower anomaly threshold of this baseline alone, in the scale of the stream.
    double lower;
} tailspot_reason;

// What a pool reports about itself.
typedef struct {
    // The size that was asked for.
    uint32_t struct_size;
    // The number of threads as it was set; 0 means as many as there are cores.
    uint32_t threads;
    // How many keys it has.
    uint64_t keys;
    // The largest number of keys; 0 means no limit.
    uint64_t limit;
} tailspot_pool_status;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// ## A detector: make, calibrate, step, free
//
// Fills a configuration with the defaults. `struct_size` is sizeof(tailspot_config) of the program, not the size of a
// pointer to it.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_config_init(tailspot_config *config, size_t struct_size);

// Makes a detector that calibrates itself on the first `n_init` finite values. The caller owns `*detector_out` and
// frees it by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_new(const tailspot_config *config, tailspot_detector **detector_out);

// Makes a copy of a detector; the two do not change each other. The caller owns `*detector_out` and frees it by
// tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_clone(const tailspot_detector *detector, tailspot_detector **detector_out);

// Frees a detector, poisoned or not. NULL is fine. The handle must not be used again.
void tailspot_free(tailspot_detector *detector);

// Calibrates on a batch of any length: like tailspot_reset followed by `count` calibration steps. A baseline warms up on
// the first finite values. NaN and infinities are counted, not learned. `values` holds `count` doubles; it may be NULL
// if `count` is 0.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TOO_FEW_VALUES (see
// tailspot_explain_fit), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_fit(tailspot_detector *detector,
                             const double *values,
                             size_t count);

// Like tailspot_fit, for an array of any element type and layout; the parameters are those of tailspot_step_strided.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_TOO_FEW_VALUES (see
// tailspot_explain_fit), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_fit_strided(tailspot_detector *detector,
                                     const void *first,
                                     size_t count,
                                     ptrdiff_t stride,
                                     int32_t type);

// Classifies one value and updates the model. Returns its event: a tailspot_event, or TAILSPOT_INVALID if `detector` is
// NULL or poisoned.
int32_t tailspot_step(tailspot_detector *detector, double value);

// Like tailspot_step, and also writes what the value was judged by: the upper and the lower anomaly threshold (NaN if
// not available: before the calibration, or for a side that is not watched) and the tail probability of the value (NaN
// if it is not in a tail). Print these with an alert, not tailspot_anomaly_threshold after the step: an alert may move
// the model. Each out may be NULL; several baselines solve for the thresholds, so without them the call is faster.
int32_t tailspot_verdict(tailspot_detector *detector,
                         double value,
                         double *upper_out,
                         double *lower_out,
                         double *probability_out);

// Forgets everything but the configuration.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_reset(tailspot_detector *detector);

// Changes the tail probability of an anomaly; the anomaly thresholds move at once. 0 < q < 1 - level.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_q), TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_set_q(tailspot_detector *detector, double q);

// ## Thresholds, probabilities, the fitted tail
//
// These getters take a `side`, TAILSPOT_UP or TAILSPOT_DOWN. They return NaN if the number is not available: before the
// calibration, for a side that is not watched, for any other `side`, for a NULL or poisoned handle. Thresholds are in
// the scale of the stream: the baseline is added.
//
// z_q, the threshold that the next value will be judged by: a value beyond it is an anomaly of that side. For a value
// that was already judged, see tailspot_verdict.
double tailspot_anomaly_threshold(const tailspot_detector *detector, int32_t side);

// t, where the tail of that side starts.
double tailspot_excess_threshold(const tailspot_detector *detector, int32_t side);

// The tail probability of a value: P(X > value) on the upper side, P(X < value) on the lower one, from 0 to N_t / n.
// NaN for a value that is not in the tail, where there is no model. It uses the counts as they are now, the anomaly
// threshold those at the last learned excess: so q at that threshold only then.
double tailspot_tail_probability(const tailspot_detector *detector, int32_t side, double value);

// The return level: the value exceeded with probability q on that side, with the counts as they are now (the anomaly
// threshold uses those at the last learned excess). NaN unless 0 < q <= N_t / n, of every baseline; of several it is the
// value at which their probability together is q.
double tailspot_quantile(const tailspot_detector *detector,
                         int32_t side,
                         double q);

// Shape of the generalized Pareto tail of that side (gamma; xi in statistics texts), from -1/2 to 3. Above 0 the tail
// is heavy.
double tailspot_shape(const tailspot_detector *detector, int32_t side);

// Scale of the generalized Pareto tail of that side (sigma), of the first baseline and in the unit of its residuals; 0
// if there never was an excess.
double tailspot_scale(const tailspot_detector *detector, int32_t side);

// What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
double tailspot_drift(const tailspot_detector *detector);

// ## How well the tail is known
//
// An interval that holds the true z_q of that side, the value exceeded with probability q, with the probability
// `confidence` (0 < confidence < 1), in the scale of the stream. The rest is shared by either side of the interval. Both
// outs become NaN if it is not available: before the calibration, for a side that is not watched, and with fewer than two
// excesses. Of several baselines: the threshold less, and plus, the longest way that one of theirs has to the end of its
// own interval.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_threshold_interval(const tailspot_detector *detector,
                                            int32_t side,
                                            double confidence,
                                            double *low_out,
                                            double *high_out);

// Like tailspot_threshold_interval, for the shape of the tail.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_shape_interval(const tailspot_detector *detector,
                                        int32_t side,
                                        double confidence,
                                        double *low_out,
                                        double *high_out);

// Like tailspot_threshold_interval, for the scale of the tail, in units of the residuals.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_scale_interval(const tailspot_detector *detector,
                                        int32_t side,
                                        double confidence,
                                        double *low_out,
                                        double *high_out);

// How badly z_q of that side is known: how many times farther from the excess threshold the upper end of its 95 %
// interval lies (or z_q, where that is farther) than the lower end. Above 10 the calibration cannot know this q: give
// it more values, a lower level or a larger q. NaN where the interval is; infinite where q is not below N_t / n at one
// end.
double tailspot_threshold_spread(const tailspot_detector *detector, int32_t side);

// ## Arrays
//
// Judges `count` doubles in order: the same events, thresholds, probabilities and state as tailspot_verdict on each,
// bit for bit, and many times as fast. For value i, `events_out[i]` is its event (a tailspot_event), `upper_out[i]` and
// `lower_out[i]` are the anomaly thresholds that it was judged by, and `probability_out[i]` is its tail probability.
// Each of the outs is NULL or has space for `count` elements; none may overlap the values or another. `values` may be
// NULL if `count` is 0.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_step_many(tailspot_detector *detector,
                                   const double *values,
                                   size_t count,
                                   int8_t *events_out,
                                   double *upper_out,
                                   double *lower_out,
                                   double *probability_out);

// Like tailspot_step_many, for an array of any element type and layout, which is read where it is. `type` is a
// tailspot_type. `first` points to the element that is judged first, and `stride` is the distance from one element to
// the next in bytes: negative to read an array backwards; 0 repeats the first element. Nothing needs to be aligned.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the outs), TAILSPOT_ERROR_COUNT,
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_step_strided(tailspot_detector *detector,
                                      const void *first,
                                      size_t count,
                                      ptrdiff_t stride,
                                      int32_t type,
                                      int8_t *events_out,
                                      double *upper_out,
                                      double *lower_out,
                                      double *probability_out);

// Judges `count` doubles without learning from them: for each the answers that tailspot_verdict would give now. The
// detector does not change. The parameters are those of tailspot_step_many.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_judge(const tailspot_detector *detector,
                               const double *values,
                               size_t count,
                               int8_t *events_out,
                               double *upper_out,
                               double *lower_out,
                               double *probability_out);

// Like tailspot_judge, for an array of any element type and layout; the parameters are those of tailspot_step_strided.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the outs), TAILSPOT_ERROR_COUNT,
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_judge_strided(const tailspot_detector *detector,
                                       const void *first,
                                       size_t count,
                                       ptrdiff_t stride,
                                       int32_t type,
                                       int8_t *events_out,
                                       double *upper_out,
                                       double *lower_out,
                                       double *probability_out);

// The tail probabilities of `count` values: `probability_out[i]` is what tailspot_tail_probability returns for value i,
// bit for bit. The detector does not change. `side` is TAILSPOT_UP or TAILSPOT_DOWN; for any other all are NaN. `first`,
// `stride` and `type` are those of tailspot_step_strided. `probability_out` has space for `count` elements, and may be
// NULL if `count` is 0.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the out), TAILSPOT_ERROR_COUNT,
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_tail_probability_strided(const tailspot_detector *detector,
                                                  int32_t side,
                                                  const void *first,
                                                  size_t count,
                                                  ptrdiff_t stride,
                                                  int32_t type,
                                                  double *probability_out);

// ## Incidents: alerts that belong together
//
// Makes an empty list for the incidents of one stream: of a detector with this configuration, or of one key of a pool.
// An alert starts an incident if none came within `quarantine` values (at least 20) before it, on either side; else it
// joins the one before. Missing values are not counted. Give the list every value with its answer, in order; after that
// take the incidents that ended.
//
//     event = tailspot_verdict(detector, x, NULL, NULL, &p);
//     tailspot_incidents_take(incidents, x, event, p);
//     while (tailspot_incidents_next(incidents, &incident, sizeof incident) == TAILSPOT_OK) { ... }
//
// The caller owns `*incidents_out` and frees it by tailspot_incidents_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_new(const tailspot_config *config, tailspot_incidents **incidents_out);

// Frees a list, poisoned or not. NULL is fine. The handle must not be used again.
void tailspot_incidents_free(tailspot_incidents *incidents);

// Takes a value with its answer: the event and the probability that tailspot_verdict gave. Those of a value that is not
// an alert only count.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_incidents), TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_take(tailspot_incidents *incidents, double value, int32_t event, double probability);

// Takes `count` values with the events and the probabilities that tailspot_step_many or tailspot_judge gave; none of the
// arrays may be NULL unless `count` is 0. A stream may be given in any parts.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_PARAMETER (see
// tailspot_explain_incidents), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_take_many(tailspot_incidents *incidents,
                                             const double *values,
                                             size_t count,
                                             const int8_t *events,
                                             const double *probability);

// Like tailspot_incidents_take_many, for values of any element type and layout; `first`, `stride` and `type` are those of
// tailspot_step_strided.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the probabilities),
// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_incidents), TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_take_strided(tailspot_incidents *incidents,
                                                const void *first,
                                                size_t count,
                                                ptrdiff_t stride,
                                                int32_t type,
                                                const int8_t *events,
                                                const double *probability);

// Ends the open incident, as at the end of a stream. The next alert starts another one.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_finish(tailspot_incidents *incidents);

// Writes the first incident that has ended, and takes it from the list. `struct_size` is sizeof(tailspot_incident) of
// the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (none has ended),
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_next(tailspot_incidents *incidents,
                                        tailspot_incident *incident_out,
                                        size_t struct_size);

// Writes the open incident, which further alerts may join. One has just started if its count is 1 and the last value was
// an alert. `struct_size` is sizeof(tailspot_incident) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (none is open),
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_incidents_get_open(const tailspot_incidents *incidents,
                                            tailspot_incident *incident_out,
                                            size_t struct_size);

// ## What a detector reports about itself
//
// Counters, thresholds and fits of both sides. `struct_size` is sizeof(tailspot_status) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_get_status(const tailspot_detector *detector, tailspot_status *status_out, size_t struct_size);

// The parameters, with q as it is now. `struct_size` is sizeof(tailspot_config) of the program; tailspot_new takes the
// struct.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_get_config(const tailspot_detector *detector, tailspot_config *config_out, size_t struct_size);

// What baseline number `index`, counted from 0, says of a finite value, before the value is judged. A detector without
// baselines has one that is zero. `struct_size` is sizeof(tailspot_reason) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (no such baseline, a value that is
// not finite, or not yet calibrated), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_get_reason(const tailspot_detector *detector,
                                    double value,
                                    size_t index,
                                    tailspot_reason *reason_out,
                                    size_t struct_size);

// ## Saving and resuming
//
// How many bytes tailspot_save will write if nothing is stepped in between; 0 if `detector` is NULL or poisoned.
size_t tailspot_snapshot_size(const tailspot_detector *detector);

// Saves the whole state, also during a calibration: a detector that is loaded from it continues bit for bit. Writes the
// first tailspot_snapshot_size bytes of `buffer`, which has `size` bytes. The format is the same on every machine, and
// later versions read it.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_save(const tailspot_detector *detector, void *buffer, size_t size);

// Makes a detector as it was when tailspot_save wrote the `size` bytes of `snapshot`. Foreign, cut, damaged or forged
// bytes are refused. The caller owns `*detector_out` and frees it by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_explain_snapshot), TAILSPOT_ERROR_BUG.
tailspot_result tailspot_load(const void *snapshot, size_t size, tailspot_detector **detector_out);

// ## A pool: many detectors by key
//
// Makes a pool without keys. A key that is used for the first time gets a detector of its own, which calibrates itself on
// the first `n_init` finite values of that key and gives exactly the answers that one of tailspot_new would give. The
// caller owns `*pool_out` and frees it by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_new(const tailspot_config *config,
                                  tailspot_pool **pool_out);

// Makes a pool in which every key starts as a copy of `template`. If that was calibrated by tailspot_fit, every key is
// calibrated from its first value on. `template` stays the caller's, who may free it. The caller owns `*pool_out` and
// frees it by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_with_template(const tailspot_detector *template_, tailspot_pool **pool_out);

// Frees a pool, poisoned or not, and ends its threads. NULL is fine. The handle must not be used again.
void tailspot_pool_free(tailspot_pool *pool);

// Keeps at most `limit` keys; 0 (the default) means no limit. When a new key would exceed it, the least recently used key
// is dropped.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_set_limit(tailspot_pool *pool,
                                        size_t limit);

// How many threads work on columns, at most 1024. 0 (the default) means as many as the machine has cores, or the
// environment variable RAYON_NUM_THREADS. They are started on first use, and again in a forked child. Answers and
// snapshots do not depend on their number.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_pool_explain_threads), TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_set_threads(tailspot_pool *pool, uint32_t threads);

// Classifies one value of a key, which may be new, and updates its model. Returns its event: a tailspot_event, or
// TAILSPOT_INVALID if `pool` is NULL or poisoned.
int32_t tailspot_pool_step(tailspot_pool *pool, uint64_t key, double value);

// Like tailspot_pool_step, and also writes what the value was judged by, as tailspot_verdict does. Each out may be NULL.
int32_t tailspot_pool_verdict(tailspot_pool *pool,
                              uint64_t key,
                              double value,
                              double *upper_out,
                              double *lower_out,
                              double *probability_out);

// Judges a column of `count` values in order: value i belongs to key i. The same events, thresholds, probabilities and
// state as tailspot_pool_verdict on each, bit for bit, on all threads. Keys may come in any order and as often as they
// like. The outs are those of tailspot_step_many. `keys` and `values` may be NULL if `count` is 0.
//
// The caller's thread judges fewer than 1024 values alone. The call is faster without thresholds and probabilities. It
// needs about 20 bytes of memory for each value, for at most 32 values a key (or 262,144 values) at a time.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS,
// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_step_many(tailspot_pool *pool,
                                        const uint64_t *keys,
                                        const double *values,
                                        size_t count,
                                        int8_t *events_out,
                                        double *upper_out,
                                        double *lower_out,
                                        double *probability_out);

// Like tailspot_pool_step_many, for values of any element type and layout; `first`, `stride` and `type` are those of
// tailspot_step_strided. The values are copied as doubles.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the keys and the outs),
// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_step_strided(tailspot_pool *pool,
                                           const uint64_t *keys,
                                           const void *first,
                                           size_t count,
                                           ptrdiff_t stride,
                                           int32_t type,
                                           int8_t *events_out,
                                           double *upper_out,
                                           double *lower_out,
                                           double *probability_out);

// ## The keys of a pool
//
// How many keys the pool has; 0 if `pool` is NULL or poisoned.
size_t tailspot_pool_size(const tailspot_pool *pool);

// Counters and settings. `struct_size` is sizeof(tailspot_pool_status) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_get_status(const tailspot_pool *pool,
                                         tailspot_pool_status *status_out,
                                         size_t struct_size);

// Writes all keys, in no particular order, to `keys_out`, which has space for `count` keys: at least tailspot_pool_size.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_keys(const tailspot_pool *pool,
                                   uint64_t *keys_out,
                                   size_t count);

// Makes a copy of the detector of a key, to read it or to save it alone. This does not count as using the key, and the
// copy and the pool do not change each other. The caller owns `*detector_out` and frees it by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_get(const tailspot_pool *pool, uint64_t key, tailspot_detector **detector_out);

// Makes a copy of the detector that new keys start from. The caller owns `*detector_out` and frees it by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_get_template(const tailspot_pool *pool, tailspot_detector **detector_out);

// Gives a key a copy of `detector`, whatever its configuration, in place of the one that it may have. This counts as using
// the key. `detector` stays the caller's.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED (either handle), TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_insert(tailspot_pool *pool,
                                     uint64_t key,
                                     const tailspot_detector *detector);

// Removes a key. If `detector_out` is not NULL, `*detector_out` becomes its detector; the caller owns it and frees it by
// tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_remove(tailspot_pool *pool,
                                     uint64_t key,
                                     tailspot_detector **detector_out);

// ## Saving and resuming a pool
//
// How many bytes tailspot_pool_save will write. They are made now, and kept until that call or until the pool changes. 0
// if `pool` is NULL or poisoned, or if its threads could not be started.
size_t tailspot_pool_snapshot_size(tailspot_pool *pool);

// Saves the whole pool, also during calibrations: a pool that is loaded from it continues bit for bit. Writes the first
// tailspot_pool_snapshot_size bytes of `buffer`, which has `size` bytes. The number of threads is not saved. To save one
// key alone, use tailspot_pool_get and tailspot_save; to load it, tailspot_load and tailspot_pool_insert.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_POISONED,
// TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_save(tailspot_pool *pool,
                                   void *buffer,
                                   size_t size);

// Makes a pool as it was when tailspot_pool_save wrote the `size` bytes of `snapshot`. Foreign, cut, damaged or forged
// bytes are refused. `threads` is as for tailspot_pool_set_threads; loading uses them too. The caller owns `*pool_out` and
// frees it by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_pool_explain_snapshot), TAILSPOT_ERROR_PARAMETER (see
// tailspot_pool_explain_threads), TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_BUG.
tailspot_result tailspot_pool_load(const void *snapshot,
                                   size_t size,
                                   uint32_t threads,
                                   tailspot_pool **pool_out);

// ## Why a call failed
//
// A tailspot_result says what kind of thing is wrong. These functions check the same arguments again and write a
// sentence that names the value and the allowed range, such as "q = 2 is out of range: needs 0 < q < 1 - level = 0.01".
// They write at most `size` bytes to `text_out`, UTF-8 with a NUL at the end, and return the length of the whole
// sentence without the NUL; 0 means that nothing is wrong. `text_out` may be NULL to ask for the length only.
//
// Explains why tailspot_new or tailspot_pool_new rejects a configuration.
size_t tailspot_explain_config(const tailspot_config *config, char *text_out, size_t size);

// Explains why tailspot_fit or tailspot_fit_strided rejects an array; for the former, `stride` is sizeof(double) and
// `type` TAILSPOT_FLOAT64. 0 if `detector` is NULL or poisoned.
size_t tailspot_explain_fit(const tailspot_detector *detector,
                            const void *first,
                            size_t count,
                            ptrdiff_t stride,
                            int32_t type,
                            char *text_out,
                            size_t size);

// Explains why tailspot_set_q rejects a q. 0 if `detector` is NULL or poisoned.
size_t tailspot_explain_q(const tailspot_detector *detector, double q, char *text_out, size_t size);

// Explains why tailspot_threshold_interval and the others reject a confidence.
size_t tailspot_explain_confidence(double confidence, char *text_out, size_t size);

// Explains why tailspot_incidents_take_many or tailspot_incidents_take_strided rejects arrays; for the former, `stride`
// is sizeof(double) and `type` TAILSPOT_FLOAT64; for tailspot_incidents_take, `count` is 1.
size_t tailspot_explain_incidents(const void *first,
                                  size_t count,
                                  ptrdiff_t stride,
                                  int32_t type,
                                  const int8_t *events,
                                  const double *probability,
                                  char *text_out,
                                  size_t size);

// Explains why tailspot_load rejects a snapshot.
size_t tailspot_explain_snapshot(const void *snapshot, size_t snapshot_size, char *text_out, size_t size);

// Explains why tailspot_pool_load rejects a snapshot.
size_t tailspot_pool_explain_snapshot(const void *snapshot, size_t snapshot_size, char *text_out, size_t size);

// Explains why tailspot_pool_set_threads or tailspot_pool_load rejects a number of threads.
size_t tailspot_pool_explain_threads(uint32_t threads, char *text_out, size_t size);

// What a tailspot_result means, in a sentence; also for a number that is not one. Never NULL; static.
const char *tailspot_result_message(int32_t result);

// The version of the library, such as "0.1.0". Never NULL; static.
const char *tailspot_version(void);

// The TAILSPOT_ABI_VERSION of the library. A program that was compiled with a later header may miss functions.
uint32_t tailspot_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TAILSPOT_H */
