/* Package version: 0.1.0 */

/* tailspot: streaming anomaly detection by extreme value theory (SPOT and DSPOT; Siffer, Fouque, Termier, Largouet:
 * Anomaly Detection in Streams with Extreme Value Theory, KDD 2017). Licence: MIT OR Apache-2.0.
 *
 *     tailspot_config config;
 *     tailspot *spot = NULL;
 *     tailspot_config_init(&config, sizeof config);
 *     config.q = 1e-4;
 *     if (tailspot_new(&config, &spot) == TAILSPOT_OK) {
 *         ... if (tailspot_step(spot, x) == TAILSPOT_ALERT_UP) { ... }
 *         tailspot_free(spot);
 *     }
 *
 * CONVENTIONS, for every function below
 *
 * Words. The tail starts at the excess threshold t, the value at quantile `level`; what a value has beyond t is an
 * excess; a generalized Pareto distribution with a shape and a scale is fitted to the excesses; the anomaly threshold
 * z_q is the value that the fitted tail exceeds with probability q, and a value beyond it is an alert. The lower tail
 * is the upper tail of the mirrored stream.
 *
 * Errors. A function that can fail returns a tailspot_status; TAILSPOT_OK is 0. The last line of its comment, Errors,
 * is the complete list. What was refused changed nothing, and nothing was written. Functions that return a number
 * answer NaN (double), 0 (size_t) or TAILSPOT_INVALID (event) instead. The functions with explain in their names
 * say why.
 *
 * Bugs. A bug in the library is caught: the call returns TAILSPOT_ERROR_BUG, the handle is dead, every later call on it
 * returns TAILSPOT_ERROR_DEAD, and it can still be freed; what the call wrote is unspecified. The library never throws,
 * and ends the program only if memory runs out.
 *
 * NULL. A NULL handle or a NULL argument is an error (TAILSPOT_ERROR_NULL), never a crash, unless a function says that
 * NULL is fine.
 *
 * Ownership. A handle belongs to the caller from the function that made it until tailspot_free, of a pool until
 * tailspot_pool_free. Arrays and structs are only used during the call. Strings that are returned are static.
 *
 * Outputs come last, have names that end in _out, are written only on success, and may be uninitialised before. They
 * must not overlap the inputs. Doubles and structs are aligned as the C compiler aligns them.
 *
 * Threads. Two threads may use two handles at the same time without a lock. Functions that take a const pointer to a
 * handle may run at the same time on that handle; any other needs it for itself. There is no global state. A pool has
 * threads of its own, which a child of fork makes for itself.
 *
 * Numbers. Enumerations go out; integers come in, and are checked. Doubles are IEEE 754.
 *
 * Growth. A struct begins with its own size in bytes, which tailspot_config_init and the getters fill in: a smaller
 * struct of an older program gets defaults for what it lacks, a larger one of a newer program is accepted if the part
 * that this library does not know is zero. Fields, functions and codes are only ever added.
 */

#ifndef TAILSPOT_H
#define TAILSPOT_H

/* Generated from capi/src/ by `make header`; do not edit. */

#include <stddef.h>
#include <stdint.h>

// The version of this ABI. It goes up when something is added; nothing is ever removed or changed.
#define TAILSPOT_ABI_VERSION 1

// What a call that can fail returns.
typedef enum {
    // The call did what it says.
    TAILSPOT_OK = 0,
    // A pointer that is needed is NULL.
    TAILSPOT_ERROR_NULL = 1,
    // An earlier call on this handle returned TAILSPOT_ERROR_BUG; it can only be freed.
    TAILSPOT_ERROR_DEAD = 2,
    // A bug in the library was caught. The handle, if there was one, is dead; the program may go on.
    TAILSPOT_ERROR_BUG = 3,
    // A struct_size that no version of the struct has: below 4, above 4096, or with a tail that this version does not
    // know and that is not zero.
    TAILSPOT_ERROR_STRUCT_SIZE = 4,
    // A parameter is out of range; tailspot_explain_config tells which, its value and the range.
    TAILSPOT_ERROR_PARAMETER = 5,
    // Too few finite values to leave one excess on each watched side; tailspot_explain_fit tells how many are needed.
    TAILSPOT_ERROR_TOO_FEW_VALUES = 6,
    // The element type is not one of tailspot_type.
    TAILSPOT_ERROR_TYPE = 7,
    // More elements than memory can hold.
    TAILSPOT_ERROR_COUNT = 8,
    // A pointer to double or uint64_t is not a multiple of its size; tailspot_step_strided takes such arrays of values.
    TAILSPOT_ERROR_ALIGNMENT = 9,
    // The buffer is too small.
    TAILSPOT_ERROR_BUFFER = 10,
    // The bytes are not a snapshot that this version reads; tailspot_explain_snapshot tells why.
    TAILSPOT_ERROR_SNAPSHOT = 11,
    // The pool does not know the key.
    TAILSPOT_ERROR_KEY = 12,
    // The system gives the pool no threads.
    TAILSPOT_ERROR_THREADS = 13,
} tailspot_status;

// The answer to one value. The sign is the side. They are the codes of libspot 1.
typedef enum {
    // Not in a watched tail.
    TAILSPOT_NORMAL = 0,
    // Above the upper anomaly threshold: an anomaly.
    TAILSPOT_ALERT_UP = 1,
    // Below the lower anomaly threshold: an anomaly.
    TAILSPOT_ALERT_DOWN = -1,
    // In the upper tail, and an excess to learn from.
    TAILSPOT_EXCESS_UP = 2,
    // In the lower tail, and an excess to learn from.
    TAILSPOT_EXCESS_DOWN = -2,
    // Collected for the calibration, or filling the window of the drift.
    TAILSPOT_INIT_BATCH = 3,
    // This value completed the calibration.
    TAILSPOT_CALIBRATION = 4,
    // NaN, or an infinity on a side that is not watched: nothing changed but the count of missing values.
    TAILSPOT_MISSING = 5,
    // Not an event: the handle is NULL or dead.
    TAILSPOT_INVALID = -128,
} tailspot_event;

// A tail of the stream. The lower tail is the mirror image of the upper one.
typedef enum {
    // The upper tail: large values.
    TAILSPOT_UP = 1,
    // The lower tail: small values.
    TAILSPOT_DOWN = -1,
} tailspot_side;

// What an alert leaves in the model (tailspot_config.accounting).
typedef enum {
    // Nothing, as published by Siffer et al. (KDD 2017). The alarm rate grows to 10 to 20 q.
    TAILSPOT_DISCARDED = 0,
    // An excess like any other.
    TAILSPOT_LEARNED = 1,
    // The information that one value was beyond the threshold, not how far.
    TAILSPOT_CENSORED = 2,
    // The same, for no more alerts than q promises. The default.
    TAILSPOT_BUDGETED = 3,
} tailspot_accounting;

// How the anomaly threshold follows from the fitted tail (tailspot_config.threshold).
typedef enum {
    // The quantile of the fitted tail as it is, as published.
    TAILSPOT_PLUG_IN = 0,
    // Corrected for the uncertainty of the fit, so that a clean value is beyond it with probability q. The default.
    TAILSPOT_CALIBRATED = 1,
} tailspot_threshold;

// The element type of an array. Or it with TAILSPOT_SWAPPED if its bytes are in the other order than this machine's.
typedef enum {
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
} tailspot_type;

// How the last fit of a tail ended.
typedef enum {
    // There is no fit: not calibrated, not watched, or no excess.
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
} tailspot_outcome;

// A detector. Opaque: made by tailspot_new or tailspot_load, freed by tailspot_free, owned by the caller.
//
// It belongs to no thread and shares nothing with other detectors: two threads may use two detectors at the same time
// without a lock. On one detector, functions that take a const pointer may run at the same time; any other needs it
// for itself.
typedef struct tailspot tailspot;

// A pool: detectors by a key of 64 bits, for as many streams as memory holds. Opaque: made by tailspot_pool_new,
// tailspot_pool_from_spot or tailspot_pool_load, freed by tailspot_pool_free, owned by the caller.
//
// The rules for threads are those of a tailspot. A pool has threads of its own, which work only during its calls.
typedef struct tailspot_pool tailspot_pool;

// What a detector is asked to do. Fill it by tailspot_config_init, then change what should be different.
typedef struct {
    // sizeof(tailspot_config) of the program.
    uint32_t struct_size;
    // What an alert leaves in the model: a tailspot_accounting. Default TAILSPOT_BUDGETED.
    int32_t accounting;
    // Tail probability of an anomaly, for each watched side. 0 < q < 1 - level; default 1e-4.
    double q;
    // Quantile level where the upper tail starts; mirrored for the lower one. 0 < level < 1; default 0.99.
    double level;
    // Number of values of the streaming calibration. At least 1, and enough for one excess on each watched side;
    // default 2000.
    uint64_t n_init;
    // Excesses kept for each side, if bounded. At least 1; default 200.
    uint64_t max_excess;
    // Length of the moving-average window of DSPOT; 0, the default, is plain SPOT.
    uint64_t depth;
    // Values kept out of the model on either side of an alert. At least 0; default 20.
    uint64_t quarantine;
    // 1 watches the upper tail, 0 does not. Default 1; at least one side must be watched.
    uint8_t up;
    // 1 watches the lower tail, 0 does not. Default 1.
    uint8_t down;
    // 1 reports values beyond the anomaly threshold and keeps them out of the model; with 0 nothing finite is ever an
    // alert and every value is learned at once. Default 1.
    uint8_t alert;
    // 1 keeps only the last max_excess excesses of a side, 0 keeps all. Default 1.
    uint8_t bounded;
    // How the anomaly threshold follows from the fitted tail: a tailspot_threshold. Default TAILSPOT_CALIBRATED.
    int32_t threshold;
} tailspot_config;

// A detector at one moment. Thresholds are in the scale of the stream. Doubles are NaN where there is nothing to tell.
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
    // The moving mean that is taken off each value; 0 without drift, NaN while its window fills.
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
} tailspot_detector_status;

// What a pool tells about itself.
typedef struct {
    // The size that was asked for.
    uint32_t struct_size;
    // The number of threads as it was set; 0 is as many as there are cores.
    uint32_t threads;
    // How many keys are known.
    uint64_t keys;
    // The largest number of keys; 0 is no limit.
    uint64_t limit;
} tailspot_pool_status;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// ## A detector: make, calibrate, step, free
//
// Fills a configuration with the defaults. `struct_size` is sizeof(tailspot_config) of the program; other fields than
// those of this struct size are not touched.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_config_init(tailspot_config *config, size_t struct_size);

// Makes a detector that will calibrate itself on the first `n_init` finite values. `*spot_out` is the caller's, to be
// freed by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
// TAILSPOT_ERROR_BUG.
tailspot_status tailspot_new(const tailspot_config *config, tailspot **spot_out);

// Frees a detector, dead or alive. NULL is fine. The handle must not be used again.
void tailspot_free(tailspot *spot);

// Calibrates on a batch, whatever its length: like tailspot_reset followed by `count` calibration steps. With drift,
// the first `depth` finite values fill the window. NaN and infinities are counted, not learned. `values` holds `count`
// doubles; it may be NULL if `count` is 0. After an error the detector is as it was.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TOO_FEW_VALUES (see
// tailspot_explain_fit), TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_fit(tailspot *spot, const double *values, size_t count);

// The same for an array of any element type and layout; its parameters are those of tailspot_step_strided.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_TOO_FEW_VALUES (see
// tailspot_explain_fit), TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_fit_strided(tailspot *spot, const void *first, size_t count, ptrdiff_t stride, int32_t type);

// Judges one value, and learns from it what the model may learn. Returns its event: a tailspot_event, or
// TAILSPOT_INVALID if `spot` is NULL or dead.
int32_t tailspot_step(tailspot *spot, double value);

// Forgets everything but the configuration.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_reset(tailspot *spot);

// Changes the tail probability of an anomaly; the anomaly thresholds move at once. 0 < q < 1 - level; after an error
// nothing changed.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_set_q(tailspot *spot, double q);

// ## Thresholds, probabilities, the fitted tail
//
// The getters take a `side`, TAILSPOT_UP or TAILSPOT_DOWN, and answer NaN where there is nothing to tell: before the
// calibration, on a side that is not watched, for any other `side`, for a NULL or dead handle. Thresholds are in the
// scale of the stream: the drift is added.
//
// z_q: a value beyond it is an anomaly of that side (equation 1 of Siffer et al., KDD 2017, corrected as
// tailspot_config.threshold says). With drift it is the limit that the next value will be judged by.
double tailspot_anomaly_threshold(const tailspot *spot, int32_t side);

// t: where the tail of that side starts.
double tailspot_excess_threshold(const tailspot *spot, int32_t side);

// The tail probability of a value: P(X > value) on the upper side, P(X < value) on the lower one, from 0 to N_t / n.
// NaN for a value that is not in the tail, where there is no model. When an excess was just learned it is q at the
// anomaly threshold, which stays until the next one.
double tailspot_probability(const tailspot *spot, int32_t side, double value);

// The return level: the value beyond which a value falls with probability q on that side, as of now: what the anomaly
// threshold for this q would be if an excess had just been learned. NaN unless 0 < q <= N_t / n.
double tailspot_quantile(const tailspot *spot, int32_t side, double q);

// Shape of the generalized Pareto tail of that side (gamma; xi in statistics texts), from -1/2 to 3. Above 0 is a
// heavy tail.
double tailspot_shape(const tailspot *spot, int32_t side);

// Scale of the generalized Pareto tail of that side (sigma), in the unit of the stream; 0 if no excess was ever seen.
double tailspot_scale(const tailspot *spot, int32_t side);

// The mean of the last `depth` values that were no alerts; 0 without drift, NaN while the window fills.
double tailspot_drift(const tailspot *spot);

// ## Arrays
//
// Judges `count` doubles in order: the same events, thresholds and state as tailspot_step on each, bit for bit, and
// many times as fast. `events_out[i]` becomes the event of value i (a tailspot_event); `upper_out[i]` and
// `lower_out[i]` the anomaly thresholds that it was judged by, NaN before the calibration and on a side that is not
// watched. Each of the outs is NULL or has room for `count` elements; none may overlap the values or another. `values`
// may be NULL if `count` is 0.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_DEAD,
// TAILSPOT_ERROR_BUG.
tailspot_status tailspot_step_many(tailspot *spot,
                                   const double *values,
                                   size_t count,
                                   int8_t *events_out,
                                   double *upper_out,
                                   double *lower_out);

// The same for an array of any element type and layout, read where it is: `type` is a tailspot_type, `stride` the
// distance from one element to the next in bytes, negative for an array that is read backwards and 0 for one value
// again and again; `first` points to the element that is judged first. Nothing needs to be aligned.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of upper_out, lower_out),
// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_step_strided(tailspot *spot,
                                      const void *first,
                                      size_t count,
                                      ptrdiff_t stride,
                                      int32_t type,
                                      int8_t *events_out,
                                      double *upper_out,
                                      double *lower_out);

// ## What a detector tells about itself
//
// Counters, thresholds and fits of both sides. `struct_size` is sizeof(tailspot_detector_status) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_get_status(const tailspot *spot, tailspot_detector_status *status_out, size_t struct_size);

// The parameters, q as it is now. `struct_size` is sizeof(tailspot_config) of the program; the struct can be given to
// tailspot_new.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_get_config(const tailspot *spot, tailspot_config *config_out, size_t struct_size);

// ## Saving and resuming
//
// The bytes that tailspot_save will write if nothing is stepped in between; 0 if `spot` is NULL or dead.
size_t tailspot_snapshot_size(const tailspot *spot);

// Saves the whole state, also in the middle of a calibration: a detector that is loaded from it continues bit for bit.
// Writes the first tailspot_snapshot_size bytes of `buffer`, which has `size` bytes. The format is the same on every
// machine, and later versions read it.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_save(const tailspot *spot, void *buffer, size_t size);

// Makes a detector as it was when tailspot_save wrote the `size` bytes of `snapshot`. They are checked: foreign, cut,
// damaged or forged bytes are refused. `*spot_out` is the caller's, to be freed by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_explain_snapshot), TAILSPOT_ERROR_BUG.
tailspot_status tailspot_load(const void *snapshot, size_t size, tailspot **spot_out);

// ## A pool: many detectors by key
//
// Makes a pool without keys. A key that is seen for the first time gets a detector of its own, which calibrates itself
// on the first `n_init` finite values of that key, and answers as one of tailspot_new would. `*pool_out` is the
// caller's, to be freed by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
// TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_new(const tailspot_config *config, tailspot_pool **pool_out);

// Makes a pool in which every key starts as a copy of `spot`: of one that was given a batch by tailspot_fit, so that
// every key is calibrated from its first value on. `spot` stays the caller's, and is not needed any more. `*pool_out`
// is the caller's, to be freed by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_from_spot(const tailspot *spot, tailspot_pool **pool_out);

// Frees a pool, dead or alive, and ends its threads. NULL is fine. The handle must not be used again.
void tailspot_pool_free(tailspot_pool *pool);

// Keeps at most `limit` keys; 0, as at first, is no limit. Where a new key would be one too many, the key that was seen
// least recently is forgotten first.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_set_limit(tailspot_pool *pool, size_t limit);

// How many threads work on columns, at most 1024; 0, as at first, is as many as the machine has cores, or as the
// environment variable RAYON_NUM_THREADS says. They are made when they are first needed, and once more in a child of
// fork. No answer and no saved byte depends on how many they are.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_set_threads(tailspot_pool *pool, uint32_t threads);

// Judges one value of a key, which is new where it was not known. Returns its event: a tailspot_event, or
// TAILSPOT_INVALID if `pool` is NULL or dead.
int32_t tailspot_pool_step(tailspot_pool *pool, uint64_t key, double value);

// The same, and tells what an alert was judged by: `*threshold_out` becomes the anomaly threshold of its side and
// `*probability_out` its tail probability, by the model before this value. Both are NaN for any other event, and for an
// infinity during the calibration. Each may be NULL.
int32_t tailspot_pool_verdict(tailspot_pool *pool,
                              uint64_t key,
                              double value,
                              double *threshold_out,
                              double *probability_out);

// Judges a column of `count` values in order: value i belongs to key i. The same events, thresholds and state as
// tailspot_pool_step on each, bit for bit, by all threads. Keys may come in any order and as often as they like. What
// is said of the outs of tailspot_step_many holds for these. `keys` and `values` may be NULL if `count` is 0.
//
// Fewer than 1024 values are judged by the caller's thread. Without thresholds it is faster. On the way it takes memory
// of about 20 bytes for each value, for at most 32 values a key (or 262,144) at a time.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS,
// TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_step_many(tailspot_pool *pool,
                                        const uint64_t *keys,
                                        const double *values,
                                        size_t count,
                                        int8_t *events_out,
                                        double *upper_out,
                                        double *lower_out);

// The same for values of any element type and layout; `first`, `stride` and `type` are those of tailspot_step_strided.
// A copy of the values as doubles is made.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of keys, upper_out, lower_out),
// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_step_strided(tailspot_pool *pool,
                                           const uint64_t *keys,
                                           const void *first,
                                           size_t count,
                                           ptrdiff_t stride,
                                           int32_t type,
                                           int8_t *events_out,
                                           double *upper_out,
                                           double *lower_out);

// ## The keys of a pool
//
// How many keys are known; 0 if `pool` is NULL or dead.
size_t tailspot_pool_size(const tailspot_pool *pool);

// Counters and settings. `struct_size` is sizeof(tailspot_pool_status) of the program.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_get_status(const tailspot_pool *pool,
                                         tailspot_pool_status *status_out,
                                         size_t struct_size);

// Writes all known keys, in no order, to `keys_out`, which has room for `count` keys: at least tailspot_pool_size.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_DEAD,
// TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_keys(const tailspot_pool *pool, uint64_t *keys_out, size_t count);

// Makes a copy of the detector of a key, for all that a detector tells, or to save one key. The key is not seen by
// this, and what is done with the copy is not done with the pool. `*spot_out` is the caller's, to be freed by
// tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_get(const tailspot_pool *pool, uint64_t key, tailspot **spot_out);

// Makes a copy of what a new key starts from. `*spot_out` is the caller's, to be freed by tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_get_template(const tailspot_pool *pool, tailspot **spot_out);

// Gives a key a copy of `spot`, whatever its configuration, in place of the detector that it may have, and counts as
// seeing the key. `spot` stays the caller's.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD (of either), TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_insert(tailspot_pool *pool, uint64_t key, const tailspot *spot);

// Forgets a key. If `spot_out` is not NULL, `*spot_out` becomes its detector, which is the caller's, to be freed by
// tailspot_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_remove(tailspot_pool *pool, uint64_t key, tailspot **spot_out);

// ## Saving and resuming a pool
//
// The bytes that tailspot_pool_save will write. They are made now, and kept until that call or the next one that
// changes the pool. 0 if `pool` is NULL or dead, or if the system gives no threads.
size_t tailspot_pool_snapshot_size(tailspot_pool *pool);

// Saves the whole pool, also in the middle of calibrations: a pool that is loaded from it continues bit for bit. Writes
// the first tailspot_pool_snapshot_size bytes of `buffer`, which has `size` bytes. The threads are those of the
// program and are not saved. One key alone is saved by tailspot_pool_get and tailspot_save, and loaded by tailspot_load
// and tailspot_pool_insert.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_save(tailspot_pool *pool, void *buffer, size_t size);

// Makes a pool as it was when tailspot_pool_save wrote the `size` bytes of `snapshot`, which are checked as by
// tailspot_load. `threads` is that of tailspot_pool_set_threads, and already loads. `*pool_out` is the caller's, to be
// freed by tailspot_pool_free.
//
// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_pool_explain_snapshot), TAILSPOT_ERROR_PARAMETER,
// TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_BUG.
tailspot_status tailspot_pool_load(const void *snapshot, size_t size, uint32_t threads, tailspot_pool **pool_out);

// What tailspot_pool_load has against a snapshot.
size_t tailspot_pool_explain_snapshot(const void *snapshot, size_t snapshot_size, char *text_out, size_t size);

// ## What was refused, and why
//
// A status says what kind of thing is wrong. These functions look at the same arguments again and say it in a sentence
// that names the value and the allowed range, such as "q = 2 is out of range: needs 0 < q < 1 - level = 0.01". They
// write at most `size` bytes to `text_out`, UTF-8 with a NUL at the end, and return the length of the whole sentence
// without the NUL; 0 means that nothing is wrong. `text_out` may be NULL if only the length is asked for.
//
// What tailspot_new has against a configuration.
size_t tailspot_explain_config(const tailspot_config *config, char *text_out, size_t size);

// What tailspot_fit and tailspot_fit_strided have against an array; for the former, `stride` is sizeof(double) and
// `type` TAILSPOT_FLOAT64. 0 if `spot` is NULL or dead.
size_t tailspot_explain_fit(const tailspot *spot,
                            const void *first,
                            size_t count,
                            ptrdiff_t stride,
                            int32_t type,
                            char *text_out,
                            size_t size);

// What tailspot_load has against a snapshot.
size_t tailspot_explain_snapshot(const void *snapshot, size_t snapshot_size, char *text_out, size_t size);

// What a status means, in a sentence; also for a number that is no status. Never NULL; static.
const char *tailspot_status_message(int32_t status);

// The version of the library, such as "0.1.0". Never NULL; static.
const char *tailspot_version(void);

// The TAILSPOT_ABI_VERSION of the library. A program that was compiled with a later header than this may miss
// functions.
uint32_t tailspot_abi_version(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TAILSPOT_H */
