/* The numbers of the ABI, written down once more: sizes, places and codes that no version may change. Compiling is the
 * test; C99 has no static assertion, so a negative size of an array is one. */
#include <stddef.h>

#include "tailspot.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define HOLDS(condition) typedef char JOIN(line_, __LINE__)[(condition) ? 1 : -1]

#define FIELD(type, field, offset, size)                                                                               \
    HOLDS(offsetof(type, field) == (offset) && sizeof(((type *)0)->field) == (size))

HOLDS(TAILSPOT_ABI_VERSION == 1);

HOLDS(sizeof(tailspot_config) == 192);
FIELD(tailspot_config, struct_size, 0, 4);
FIELD(tailspot_config, accounting, 4, 4);
FIELD(tailspot_config, q, 8, 8);
FIELD(tailspot_config, level, 16, 8);
FIELD(tailspot_config, n_init, 24, 8);
FIELD(tailspot_config, max_excess, 32, 8);
FIELD(tailspot_config, depth, 40, 8);
FIELD(tailspot_config, quarantine, 48, 8);
FIELD(tailspot_config, up, 56, 1);
FIELD(tailspot_config, down, 57, 1);
FIELD(tailspot_config, alert, 58, 1);
FIELD(tailspot_config, bounded, 59, 1);
FIELD(tailspot_config, threshold, 60, 4);
FIELD(tailspot_config, scale_depth, 64, 8);
FIELD(tailspot_config, period, 72, 8);
FIELD(tailspot_config, limit, 80, 8);
FIELD(tailspot_config, baseline_count, 88, 8);
FIELD(tailspot_config, baselines, 96, 96);

HOLDS(sizeof(tailspot_baseline) == 24 && TAILSPOT_MOST_BASELINES == 4);
FIELD(tailspot_baseline, depth, 0, 8);
FIELD(tailspot_baseline, scale_depth, 8, 8);
FIELD(tailspot_baseline, period, 16, 8);

HOLDS(sizeof(tailspot_status) == 256);
FIELD(tailspot_status, struct_size, 0, 4);
FIELD(tailspot_status, calibrated, 4, 4);
FIELD(tailspot_status, n, 8, 8);
FIELD(tailspot_status, seen, 16, 8);
FIELD(tailspot_status, missing, 24, 8);
FIELD(tailspot_status, drift, 32, 8);
FIELD(tailspot_status, alerts_up, 40, 8);
FIELD(tailspot_status, alerts_down, 48, 8);
FIELD(tailspot_status, n_t_up, 56, 8);
FIELD(tailspot_status, n_t_down, 64, 8);
FIELD(tailspot_status, excesses_up, 72, 8);
FIELD(tailspot_status, excesses_down, 80, 8);
FIELD(tailspot_status, excess_threshold_up, 88, 8);
FIELD(tailspot_status, excess_threshold_down, 96, 8);
FIELD(tailspot_status, anomaly_threshold_up, 104, 8);
FIELD(tailspot_status, anomaly_threshold_down, 112, 8);
FIELD(tailspot_status, shape_up, 120, 8);
FIELD(tailspot_status, shape_down, 128, 8);
FIELD(tailspot_status, scale_up, 136, 8);
FIELD(tailspot_status, scale_down, 144, 8);
FIELD(tailspot_status, fit_up, 152, 4);
FIELD(tailspot_status, fit_down, 156, 4);
FIELD(tailspot_status, learning_limit_up, 160, 8);
FIELD(tailspot_status, learning_limit_down, 168, 8);
FIELD(tailspot_status, allowance_up, 176, 8);
FIELD(tailspot_status, allowance_down, 184, 8);
FIELD(tailspot_status, incidents, 192, 8);
FIELD(tailspot_status, refuted, 200, 8);
FIELD(tailspot_status, incidents_up, 208, 8);
FIELD(tailspot_status, incidents_down, 216, 8);
FIELD(tailspot_status, surplus_up, 224, 8);
FIELD(tailspot_status, surplus_down, 232, 8);
FIELD(tailspot_status, rejected_up, 240, 8);
FIELD(tailspot_status, rejected_down, 248, 8);

HOLDS(sizeof(tailspot_reason) == 88);
FIELD(tailspot_reason, struct_size, 0, 4);
FIELD(tailspot_reason, side, 4, 4);
FIELD(tailspot_reason, baseline, 8, 24);
FIELD(tailspot_reason, level, 32, 8);
FIELD(tailspot_reason, scale, 40, 8);
FIELD(tailspot_reason, season, 48, 8);
FIELD(tailspot_reason, residual, 56, 8);
FIELD(tailspot_reason, probability, 64, 8);
FIELD(tailspot_reason, upper, 72, 8);
FIELD(tailspot_reason, lower, 80, 8);

HOLDS(sizeof(tailspot_incident) == 48);
FIELD(tailspot_incident, struct_size, 0, 4);
FIELD(tailspot_incident, side, 4, 4);
FIELD(tailspot_incident, first, 8, 8);
FIELD(tailspot_incident, last, 16, 8);
FIELD(tailspot_incident, count, 24, 8);
FIELD(tailspot_incident, peak, 32, 8);
FIELD(tailspot_incident, probability, 40, 8);

HOLDS(sizeof(tailspot_pool_status) == 24);
FIELD(tailspot_pool_status, struct_size, 0, 4);
FIELD(tailspot_pool_status, threads, 4, 4);
FIELD(tailspot_pool_status, keys, 8, 8);
FIELD(tailspot_pool_status, limit, 16, 8);

HOLDS(TAILSPOT_OK == 0 && TAILSPOT_ERROR_NULL == 1 && TAILSPOT_ERROR_POISONED == 2 && TAILSPOT_ERROR_BUG == 3);
HOLDS(TAILSPOT_ERROR_STRUCT_SIZE == 4 && TAILSPOT_ERROR_PARAMETER == 5 && TAILSPOT_ERROR_TOO_FEW_VALUES == 6);
HOLDS(TAILSPOT_ERROR_TYPE == 7 && TAILSPOT_ERROR_COUNT == 8 && TAILSPOT_ERROR_ALIGNMENT == 9);
HOLDS(TAILSPOT_ERROR_BUFFER == 10 && TAILSPOT_ERROR_SNAPSHOT == 11);
HOLDS(TAILSPOT_ERROR_KEY == 12 && TAILSPOT_ERROR_THREADS == 13);
HOLDS(sizeof(tailspot_result) == 4);

HOLDS(TAILSPOT_NORMAL == 0 && TAILSPOT_ALERT_UP == 1 && TAILSPOT_ALERT_DOWN == -1 && TAILSPOT_EXCESS_UP == 2);
HOLDS(TAILSPOT_EXCESS_DOWN == -2 && TAILSPOT_INIT_BATCH == 3 && TAILSPOT_CALIBRATION == 4 && TAILSPOT_MISSING == 5);
HOLDS(TAILSPOT_INVALID == -128);

HOLDS(TAILSPOT_UP == 1 && TAILSPOT_DOWN == -1);
HOLDS(TAILSPOT_DISCARDED == 0 && TAILSPOT_LEARNED == 1 && TAILSPOT_CENSORED == 2 && TAILSPOT_BUDGETED == 3);
HOLDS(TAILSPOT_PLUG_IN == 0 && TAILSPOT_CALIBRATED == 1);

HOLDS(TAILSPOT_INT8 == 1 && TAILSPOT_UINT8 == 2 && TAILSPOT_INT16 == 3 && TAILSPOT_UINT16 == 4);
HOLDS(TAILSPOT_INT32 == 5 && TAILSPOT_UINT32 == 6 && TAILSPOT_INT64 == 7 && TAILSPOT_UINT64 == 8);
HOLDS(TAILSPOT_FLOAT16 == 9 && TAILSPOT_FLOAT32 == 10 && TAILSPOT_FLOAT64 == 11 && TAILSPOT_SWAPPED == 256);

HOLDS(TAILSPOT_NO_FIT == 0 && TAILSPOT_CONVERGED == 1 && TAILSPOT_FLOOR == 2 && TAILSPOT_CAP == 3);
HOLDS(TAILSPOT_DEGENERATE == 4 && TAILSPOT_TOO_FEW == 5);
