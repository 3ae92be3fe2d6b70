/* The functions of detectors, abused. */
#include "abuse.h"

static void null_handles(void) {
    begin("null");
    CHECK(CALL(tailspot_fit)(NULL, numbers, 3) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_fit_strided)(NULL, numbers, 3, 8, TAILSPOT_FLOAT64) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_step)(NULL, 1.0) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_verdict)(NULL, 1.0, out.upper, out.lower, out.probability) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_clone)(NULL, &out.spot) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_reset)(NULL) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_set_q)(NULL, 1e-3) == TAILSPOT_ERROR_NULL);
    CHECK(isnan(CALL(tailspot_anomaly_threshold)(NULL, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_excess_threshold)(NULL, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_tail_probability)(NULL, TAILSPOT_UP, 1.0)));
    CHECK(isnan(CALL(tailspot_quantile)(NULL, TAILSPOT_UP, 1e-3)));
    CHECK(isnan(CALL(tailspot_shape)(NULL, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_scale)(NULL, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_drift)(NULL)));
    CHECK(CALL(tailspot_step_many)(NULL, numbers, 3, out.events, out.upper, out.lower, out.probability) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_step_strided)(NULL, numbers, 3, 8, TAILSPOT_FLOAT64, out.events, out.upper, out.lower, out.probability) ==
          TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_judge)(NULL, numbers, 3, out.events, out.upper, out.lower, out.probability) ==
          TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_judge_strided)(NULL, numbers, 3, 8, TAILSPOT_FLOAT64, out.events, out.upper, out.lower,
                                       out.probability) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_tail_probability_strided)(NULL, TAILSPOT_UP, numbers, 3, 8, TAILSPOT_FLOAT64, out.probability) ==
          TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_get_status)(NULL, &out.status, sizeof out.status) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_get_config)(NULL, &out.config, sizeof out.config) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_snapshot_size)(NULL) == 0);
    CHECK(CALL(tailspot_save)(NULL, out.bytes, sizeof out.bytes) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_explain_fit)(NULL, numbers, 3, 8, TAILSPOT_FLOAT64, out.text, sizeof out.text) == 0);
    CHECK(CALL(tailspot_explain_q)(NULL, 2.0, out.text, sizeof out.text) == 0);
    CHECK(CALL(tailspot_threshold_interval)(NULL, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_shape_interval)(NULL, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_scale_interval)(NULL, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_NULL);
    CHECK(isnan(CALL(tailspot_threshold_spread)(NULL, TAILSPOT_UP)));
    CHECK(CALL(tailspot_get_reason)(NULL, 1.0, 0, &out.reason, sizeof out.reason) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_fault(NULL) == TAILSPOT_ERROR_NULL);
    CALL(tailspot_free)(NULL);
    end();
}

static void null_arguments(tailspot_detector *spot) {
    begin("null");
    tailspot_config config = busy_config();
    CHECK(CALL(tailspot_config_init)(NULL, sizeof config) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_new)(NULL, &out.spot) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_new(&config, NULL) == TAILSPOT_ERROR_NULL && tailspot_new(NULL, NULL) == TAILSPOT_ERROR_NULL);
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_fit(spot, NULL, 3));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_fit_strided(spot, NULL, 3, 8, TAILSPOT_FLOAT64));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_step_many(spot, NULL, 3, out.events, out.upper, out.lower, out.probability));
    REFUSED(TAILSPOT_ERROR_NULL,
            tailspot_step_strided(spot, NULL, 3, 8, TAILSPOT_INT16, out.events, out.upper, out.lower, out.probability));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_judge(spot, NULL, 3, out.events, out.upper, out.lower, out.probability));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_judge_strided(spot, NULL, 3, 8, TAILSPOT_INT16, out.events, out.upper,
                                                        out.lower, out.probability));
    REFUSED(TAILSPOT_ERROR_NULL,
            tailspot_tail_probability_strided(spot, TAILSPOT_UP, NULL, 3, 8, TAILSPOT_INT16, out.probability));
    REFUSED(TAILSPOT_ERROR_NULL,
            tailspot_tail_probability_strided(spot, TAILSPOT_UP, numbers, 3, 8, TAILSPOT_FLOAT64, NULL));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_clone(spot, NULL));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_threshold_interval(spot, TAILSPOT_UP, 0.9, NULL, out.upper));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_shape_interval(spot, TAILSPOT_UP, 0.9, out.upper, NULL));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_get_reason(spot, 1.0, 0, NULL, sizeof out.reason));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_get_status(spot, NULL, sizeof out.status));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_get_config(spot, NULL, sizeof out.config));
    REFUSED(TAILSPOT_ERROR_NULL, tailspot_save(spot, NULL, 65536));
    CHECK(CALL(tailspot_load)(NULL, 100, &out.spot) == TAILSPOT_ERROR_NULL);
    state saved = state_of(spot);
    CHECK(tailspot_load(saved.bytes, saved.size, NULL) == TAILSPOT_ERROR_NULL);
    free(saved.bytes);
    end();
    /* The sentences that say so, or only their length. */
    char text[80];
    CHECK(CALL(tailspot_explain_config)(NULL, text, sizeof text) == strlen(text) && strstr(text, "NULL") != NULL);
    CHECK(CALL(tailspot_explain_snapshot)(NULL, 5, text, sizeof text) == strlen(text) && strstr(text, "NULL") != NULL);
    CHECK(tailspot_explain_fit(spot, NULL, 3, 8, TAILSPOT_FLOAT64, text, sizeof text) == strlen(text));
    CHECK(strstr(text, "NULL") != NULL);
    CHECK(CALL(tailspot_explain_confidence)(2.0, NULL, 80) > 0 && tailspot_explain_confidence(0.5, NULL, 80) == 0);
    CHECK(tailspot_explain_q(spot, 2.0, NULL, 80) > 0 && CALL(tailspot_pool_explain_threads)(5000, NULL, 80) > 0);
    CHECK(tailspot_explain_config(NULL, NULL, 80) == tailspot_explain_config(NULL, NULL, 0));
    CHECK(tailspot_explain_snapshot(NULL, 5, NULL, 80) > 0);
    CHECK(tailspot_explain_fit(spot, NULL, 3, 8, TAILSPOT_FLOAT64, NULL, 80) > 0);
}

static void poisoned_handle(void) {
    tailspot_detector *other = make_busy(), *spot = make_busy();
    state of_other = state_of(other);
    begin("poisoned");
    CHECK(tailspot_fault(spot) == TAILSPOT_ERROR_BUG);
    CHECK(tailspot_fault(spot) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_fit)(spot, numbers, 3) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_fit_strided)(spot, numbers, 3, 8, TAILSPOT_FLOAT64) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_step)(spot, 1.0) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_verdict)(spot, 1.0, out.upper, out.lower, out.probability) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_clone)(spot, &out.spot) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_reset)(spot) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_set_q)(spot, 1e-3) == TAILSPOT_ERROR_POISONED);
    CHECK(isnan(CALL(tailspot_anomaly_threshold)(spot, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_excess_threshold)(spot, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_tail_probability)(spot, TAILSPOT_UP, 100.0)));
    CHECK(isnan(CALL(tailspot_quantile)(spot, TAILSPOT_UP, 1e-3)));
    CHECK(isnan(CALL(tailspot_shape)(spot, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_scale)(spot, TAILSPOT_UP)));
    CHECK(isnan(CALL(tailspot_drift)(spot)));
    CHECK(CALL(tailspot_step_many)(spot, numbers, 3, out.events, out.upper, out.lower, out.probability) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_step_strided)(spot, numbers, 3, 8, TAILSPOT_FLOAT64, out.events, out.upper, out.lower, out.probability) ==
          TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_judge)(spot, numbers, 3, out.events, out.upper, out.lower, out.probability) ==
          TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_judge_strided)(spot, numbers, 3, 8, TAILSPOT_FLOAT64, out.events, out.upper, out.lower,
                                       out.probability) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_tail_probability_strided)(spot, TAILSPOT_UP, numbers, 3, 8, TAILSPOT_FLOAT64, out.probability) ==
          TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_get_status)(spot, &out.status, sizeof out.status) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_get_config)(spot, &out.config, sizeof out.config) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_snapshot_size)(spot) == 0);
    CHECK(CALL(tailspot_save)(spot, out.bytes, sizeof out.bytes) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_explain_fit)(spot, numbers, 3, 8, TAILSPOT_FLOAT64, out.text, sizeof out.text) == 0);
    CHECK(CALL(tailspot_explain_q)(spot, 2.0, out.text, sizeof out.text) == 0);
    CHECK(CALL(tailspot_threshold_interval)(spot, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_shape_interval)(spot, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_scale_interval)(spot, TAILSPOT_UP, 0.9, out.upper, out.lower) == TAILSPOT_ERROR_POISONED);
    CHECK(isnan(CALL(tailspot_threshold_spread)(spot, TAILSPOT_UP)));
    CHECK(CALL(tailspot_get_reason)(spot, 1.0, 0, &out.reason, sizeof out.reason) == TAILSPOT_ERROR_POISONED);
    CALL(tailspot_free)(spot);
    end();
    CHECK(is_still(other, of_other));
    tailspot_free(other);
}

/* Counts and sizes: none, too short, more than there can be. */
static void sizes(tailspot_detector *spot) {
    begin("size");
    const size_t counts[] = {much(SIZE_MAX), much(SIZE_MAX / 2), much(SIZE_MAX / 16 + 1)};
    for (size_t i = 0; i < 3; i++) {
        REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_fit)(spot, numbers, counts[i]));
        REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_fit_strided)(spot, numbers, counts[i], 0, TAILSPOT_FLOAT64));
        REFUSED(TAILSPOT_ERROR_COUNT,
                CALL(tailspot_step_many)(spot, numbers, counts[i], out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_step_strided)(spot, numbers, counts[i], 0, TAILSPOT_FLOAT64,
                                                                  out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_COUNT,
                CALL(tailspot_judge)(spot, numbers, counts[i], out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_judge_strided)(spot, numbers, counts[i], 0, TAILSPOT_FLOAT64,
                                                                   out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_tail_probability_strided)(spot, TAILSPOT_UP, numbers, counts[i], 0,
                                                                              TAILSPOT_FLOAT64, out.probability));
        CHECK(CALL(tailspot_explain_fit)(spot, numbers, counts[i], 0, TAILSPOT_FLOAT64, NULL, 0) > 0);
    }
    /* As many as an address space can hold, but more than the memory of any machine. */
    REFUSED(TAILSPOT_ERROR_COUNT, tailspot_fit_strided(spot, numbers, much(SIZE_MAX / 16), 0, TAILSPOT_FLOAT64));
    CHECK(tailspot_explain_fit(spot, numbers, much(SIZE_MAX / 16), 0, TAILSPOT_FLOAT64, NULL, 0) > 0);

    REFUSED(TAILSPOT_ERROR_TOO_FEW_VALUES, tailspot_fit(spot, NULL, 0));
    REFUSED(TAILSPOT_ERROR_TOO_FEW_VALUES, tailspot_fit(spot, numbers, 0));
    REFUSED(TAILSPOT_ERROR_TOO_FEW_VALUES, tailspot_fit_strided(spot, NULL, 0, 8, TAILSPOT_INT8));
    REFUSED(TAILSPOT_OK, tailspot_step_many(spot, NULL, 0, NULL, NULL, NULL, NULL));
    REFUSED(TAILSPOT_OK, tailspot_step_many(spot, numbers, 0, out.events, out.upper, out.lower, out.probability));
    REFUSED(TAILSPOT_OK, tailspot_step_strided(spot, NULL, 0, 8, TAILSPOT_INT8, out.events, out.upper, out.lower, out.probability));

    REFUSED(TAILSPOT_OK, tailspot_judge(spot, NULL, 0, NULL, NULL, NULL, NULL));
    REFUSED(TAILSPOT_OK, tailspot_tail_probability_strided(spot, TAILSPOT_UP, NULL, 0, 8, TAILSPOT_INT8, NULL));
    CHECK(CALL(tailspot_explain_q)(spot, 2.0, out.text, 0) > 30);
    CHECK(CALL(tailspot_explain_confidence)(2.0, out.text, 0) > 30);
    const double confidences[] = {0.0, 1.0, -1.0, 2.0, NAN, INFINITY};
    for (size_t i = 0; i < 6; i++) {
        REFUSED(TAILSPOT_ERROR_PARAMETER,
                tailspot_threshold_interval(spot, TAILSPOT_UP, confidences[i], out.upper, out.lower));
        REFUSED(TAILSPOT_ERROR_PARAMETER, tailspot_scale_interval(spot, 7, confidences[i], out.upper, out.lower));
    }
    REFUSED(TAILSPOT_ERROR_STRUCT_SIZE, CALL(tailspot_get_reason)(spot, 1.0, 0, &out.reason, sizeof(void *)));
    REFUSED(TAILSPOT_ERROR_PARAMETER, tailspot_get_reason(spot, 1.0, 1, &out.reason, sizeof out.reason));
    REFUSED(TAILSPOT_ERROR_PARAMETER, tailspot_get_reason(spot, NAN, 0, &out.reason, sizeof out.reason));
    CHECK(CALL(tailspot_pool_explain_threads)(1025, out.text, 0) > 30);
    REFUSED(TAILSPOT_ERROR_STRUCT_SIZE, CALL(tailspot_get_status)(spot, &out.status, 0));
    REFUSED(TAILSPOT_ERROR_STRUCT_SIZE, CALL(tailspot_get_config)(spot, &out.config, much(SIZE_MAX)));
    CHECK(CALL(tailspot_config_init)(&out.config, 3) == TAILSPOT_ERROR_STRUCT_SIZE);

    const size_t needed = tailspot_snapshot_size(spot);
    for (size_t size = 0; size < needed; size += size < 40 || size + 40 > needed ? 1 : 23) {
        unsigned char *bytes = allocate(size);
        memset(bytes, UNTOUCHED, size);
        CHECK(CALL(tailspot_save)(spot, bytes, size) == TAILSPOT_ERROR_BUFFER && is_untouched(bytes, size));
        free(bytes);
    }
    CHECK(CALL(tailspot_load)("", 0, &out.spot) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(tailspot_load("", much(SIZE_MAX), &out.spot) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(CALL(tailspot_explain_snapshot)("", much(SIZE_MAX), out.text, 0) > 0);
    CHECK(tailspot_explain_snapshot("", 0, out.text, 0) > 0);
    CHECK(CALL(tailspot_explain_config)(NULL, out.text, 0) > 0);
    CHECK(tailspot_explain_fit(spot, numbers, 3, 8, TAILSPOT_FLOAT64, out.text, 0) > 0);
    end();
}

/* Unknown types and sides, doubles that are not where doubles are. */
static void codes_and_places(tailspot_detector *spot) {
    begin("codes");
    const int32_t types[] = {0, 12, -1, 255, TAILSPOT_SWAPPED, TAILSPOT_SWAPPED | 12, 512, 512 | TAILSPOT_INT8,
                             INT32_MAX, INT32_MIN, INT32_MIN | TAILSPOT_INT8};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        REFUSED(TAILSPOT_ERROR_TYPE, tailspot_fit_strided(spot, numbers, 3, 8, types[i]));
        REFUSED(TAILSPOT_ERROR_TYPE,
                tailspot_step_strided(spot, numbers, 3, 8, types[i], out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_TYPE,
                tailspot_tail_probability_strided(spot, TAILSPOT_UP, numbers, 3, 8, types[i], out.probability));
        CHECK(tailspot_explain_fit(spot, numbers, 3, 8, types[i], NULL, 0) > 0);
    }
    const int32_t sides[] = {0, 2, -2, 127, 257, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        CHECK(isnan(tailspot_anomaly_threshold(spot, sides[i])) && isnan(tailspot_excess_threshold(spot, sides[i])));
        CHECK(isnan(tailspot_tail_probability(spot, sides[i], 100.0)) && isnan(tailspot_quantile(spot, sides[i], 1e-3)));
        CHECK(isnan(tailspot_shape(spot, sides[i])) && isnan(tailspot_scale(spot, sides[i])));
        double probability[3] = {0.0, 0.0, 0.0};
        REFUSED(TAILSPOT_OK,
                tailspot_tail_probability_strided(spot, sides[i], numbers, 3, 8, TAILSPOT_FLOAT64, probability));
        CHECK(isnan(probability[0]) && isnan(probability[1]) && isnan(probability[2]));
    }
    for (uintptr_t shift = 1; shift < sizeof(double); shift++) {
        double *nowhere = (double *)((uintptr_t)out.upper + shift);
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_fit(spot, nowhere, 1));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_many(spot, nowhere, 1, out.events, out.upper, out.lower, out.probability));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_many(spot, numbers, 1, out.events, nowhere, out.lower, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_many(spot, numbers, 1, out.events, out.upper, nowhere, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_many(spot, numbers, 1, out.events, out.upper, out.lower, nowhere));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_judge(spot, numbers, 1, out.events, nowhere, NULL, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_judge(spot, nowhere, 1, out.events, NULL, NULL, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_strided(spot, numbers, 1, 8, TAILSPOT_FLOAT64, out.events,
                                                                nowhere, out.lower, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_step_strided(spot, numbers, 1, 8, TAILSPOT_FLOAT64, out.events,
                                                                out.upper, nowhere, NULL));
        REFUSED(TAILSPOT_ERROR_ALIGNMENT,
                tailspot_tail_probability_strided(spot, TAILSPOT_UP, numbers, 1, 8, TAILSPOT_FLOAT64, nowhere));
    }
    end();
    const int32_t statuses[] = {TAILSPOT_OK, TAILSPOT_ERROR_THREADS, 14, -1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        CHECK(strlen(CALL(tailspot_result_message)(statuses[i])) > 5);
    CHECK(strcmp(tailspot_result_message(14), tailspot_result_message(-1)) == 0);
    CHECK(CALL(tailspot_abi_version)() == TAILSPOT_ABI_VERSION && strlen(CALL(tailspot_version)()) >= 5);
}

/* Numbers that no detector takes, and the largest that one does. */
static void parameters(void) {
    begin("parameters");
    const double bad[] = {NAN, INFINITY, -INFINITY, -1e-4, 0.0, 1.0, 2.0};
    tailspot_config config = busy_config();
    tailspot_detector *spot = make_busy();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REFUSED(TAILSPOT_ERROR_PARAMETER, CALL(tailspot_set_q)(spot, bad[i]));
        config.q = bad[i];
        CHECK(CALL(tailspot_new)(&config, &out.spot) == TAILSPOT_ERROR_PARAMETER);
        config = busy_config();
        config.level = bad[i];
        CHECK(tailspot_new(&config, &out.spot) == TAILSPOT_ERROR_PARAMETER);
        config = busy_config();
    }
    uint8_t *switches[] = {&config.up, &config.down, &config.alert, &config.bounded};
    for (size_t i = 0; i < 4; i++) {
        *switches[i] = 2;
        CHECK(tailspot_new(&config, &out.spot) == TAILSPOT_ERROR_PARAMETER);
        *switches[i] = 1;
    }
    int32_t *choices[] = {&config.accounting, &config.threshold};
    const int32_t codes[] = {-1, 4, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < 2; i++) {
        const int32_t before = *choices[i];
        for (size_t j = 0; j < 4; j++) {
            *choices[i] = codes[j];
            CHECK(tailspot_new(&config, &out.spot) == TAILSPOT_ERROR_PARAMETER);
        }
        *choices[i] = before;
    }
    end();
    tailspot_free(spot);
    uint64_t *counts[] = {&config.n_init, &config.max_excess, &config.depth, &config.quarantine};
    const uint64_t large[] = {UINT64_MAX, UINT64_MAX / 2 + 2, UINT64_C(1) << 48};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            config = busy_config();
            *counts[i] = large[j];
            spot = NULL;
            const tailspot_result status = tailspot_new(&config, &spot);
            CHECK(status == TAILSPOT_OK || status == TAILSPOT_ERROR_PARAMETER);
            if (status != TAILSPOT_OK) continue;
            double values[600];
            fill_with_noise(values, 600, 3);
            CHECK(tailspot_step_many(spot, values, 600, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
            const tailspot_result fitted = tailspot_fit(spot, values, 600);
            CHECK(fitted == TAILSPOT_OK || fitted == TAILSPOT_ERROR_TOO_FEW_VALUES);
            state saved = state_of(spot);
            tailspot_detector *loaded = NULL;
            CHECK(tailspot_load(saved.bytes, saved.size, &loaded) == TAILSPOT_OK);
            CHECK(is_same_state(spot, loaded));
            tailspot_free(loaded);
            free(saved.bytes);
            tailspot_free(spot);
        }
    }
}

static void check_damaged(const void *bytes, size_t size) {
    char text[200];
    CHECK(CALL(tailspot_load)(bytes, size, &out.spot) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(CALL(tailspot_explain_snapshot)(bytes, size, text, sizeof text) == strlen(text) && strlen(text) > 5);
}

static void damaged_snapshots(const tailspot_detector *spot, size_t step) {
    begin("damaged");
    state saved = state_of(spot);
    for (size_t size = 0; size < saved.size; size += size < 40 ? 1 : step) {
        unsigned char *cut = allocate(size);
        memcpy(cut, saved.bytes, size);
        check_damaged(cut, size);
        free(cut);
    }
    for (size_t place = 0; place < saved.size; place += place < 40 ? 1 : step) {
        saved.bytes[place] ^= 0x10;
        check_damaged(saved.bytes, saved.size);
        saved.bytes[place] ^= 0x10;
    }
    unsigned char *longer = allocate(saved.size + 1);
    memcpy(longer, saved.bytes, saved.size);
    longer[saved.size] = 0;
    check_damaged(longer, saved.size + 1);
    free(longer);
    end();
    CHECK(tailspot_explain_snapshot(saved.bytes, saved.size, NULL, 0) == 0);
    free(saved.bytes);
}

int main(int argc, char **argv) {
    (void)argv;
    tailspot_detector *spot = make_busy();
    null_handles();
    null_arguments(spot);
    poisoned_handle();
    sizes(spot);
    codes_and_places(spot);
    parameters();
    damaged_snapshots(spot, argc > 1 ? 41 : 1);
    tailspot_free(spot);
    return 0;
}
