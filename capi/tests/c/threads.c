/* Two threads on two detectors, and several on one that only read it. */
#include "check.h"

#include <pthread.h>

enum { COUNT = 3000, READERS = 3 };

static double values[COUNT];

/* The whole life of a detector; its last state. */
static state live(void) {
    tailspot_config config = busy_config();
    tailspot_detector *spot = make(&config);
    static const double few[2] = {1.0, 2.0};
    CHECK(tailspot_fit(spot, few, 2) == TAILSPOT_ERROR_TOO_FEW_VALUES);
    CHECK(tailspot_explain_fit(spot, few, 2, 8, TAILSPOT_FLOAT64, NULL, 0) > 0);
    for (size_t i = 0; i < 1000; i++) tailspot_step(spot, values[i]);
    CHECK(tailspot_step_many(spot, values + 1000, COUNT - 1000, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    state last = state_of(spot);
    tailspot_free(spot);
    return last;
}

static void *live_again(void *expected) {
    const state *then = expected;
    for (int i = 0; i < 3; i++) {
        state last = live();
        CHECK(last.size == then->size && memcmp(last.bytes, then->bytes, last.size) == 0);
        free(last.bytes);
    }
    return NULL;
}

/* Every function that takes a const tailspot_detector *. */
static void *read_all(void *shared) {
    const tailspot_detector *spot = shared;
    for (int i = 0; i < 50; i++) {
        const int32_t side = i % 2 == 0 ? TAILSPOT_UP : TAILSPOT_DOWN;
        tailspot_status status;
        tailspot_config config;
        CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
        CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK && config.q == 5e-3);
        const double z = tailspot_anomaly_threshold(spot, side);
        CHECK(z == (side == TAILSPOT_UP ? status.anomaly_threshold_up : status.anomaly_threshold_down));
        CHECK(isfinite(tailspot_excess_threshold(spot, side)) && isfinite(tailspot_tail_probability(spot, side, 2.0 * z)));
        CHECK(fabs(tailspot_quantile(spot, side, 5e-3) / z - 1.0) < 1e-5 && tailspot_drift(spot) == 0.0);
        CHECK(isfinite(tailspot_shape(spot, side)) && isfinite(tailspot_scale(spot, side)));
        CHECK(tailspot_explain_fit(spot, values, 300, 8, TAILSPOT_FLOAT64, NULL, 0) == 0);
        CHECK(is_same_state(spot, spot));
    }
    return NULL;
}

int main(void) {
    fill_with_noise(values, COUNT, 17);
    state expected = live();
    pthread_t threads[READERS];
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, live_again, &expected) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    free(expected.bytes);

    tailspot_detector *spot = make_busy();
    CHECK(tailspot_set_q(spot, 5e-3) == TAILSPOT_OK);
    for (int i = 0; i < READERS; i++) CHECK(pthread_create(&threads[i], NULL, read_all, spot) == 0);
    for (int i = 0; i < READERS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    tailspot_free(spot);
    puts("threads: ok");
    return 0;
}
