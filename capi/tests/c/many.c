/* tailspot_step_many is a loop of tailspot_step, bit for bit. */
#include "check.h"

enum { MOST = 5000, AMONG = 700 };

/* A loop of single steps: events, and the thresholds that each value is judged by. */
static void loop(tailspot *spot, const double *values, size_t count, int8_t *events, double *upper, double *lower) {
    for (size_t i = 0; i < count; i++) {
        upper[i] = tailspot_anomaly_threshold(spot, TAILSPOT_UP);
        lower[i] = tailspot_anomaly_threshold(spot, TAILSPOT_DOWN);
        events[i] = (int8_t)tailspot_step(spot, values[i]);
    }
}

static void check_chunk(tailspot *single, tailspot *many, const double *values, size_t count, unsigned wanted) {
    static int8_t events[MOST];
    static double upper[MOST], lower[MOST];
    loop(single, values, count, events, upper, lower);
    /* Of exactly the size that is promised. */
    double *given = allocate(count * sizeof *given);
    if (count > 0) memcpy(given, values, count * sizeof *given);
    int8_t *events_out = wanted & 1 ? allocate(count) : NULL;
    double *upper_out = wanted & 2 ? allocate(count * sizeof *upper_out) : NULL;
    double *lower_out = wanted & 4 ? allocate(count * sizeof *lower_out) : NULL;
    CHECK(tailspot_step_many(many, given, count, events_out, upper_out, lower_out) == TAILSPOT_OK);
    for (size_t i = 0; i < count; i++) {
        CHECK(events_out == NULL || events_out[i] == events[i]);
        CHECK(upper_out == NULL || is_same(upper_out[i], upper[i]));
        CHECK(lower_out == NULL || is_same(lower_out[i], lower[i]));
    }
    CHECK(is_same_state(single, many));
    free(given);
    free(events_out);
    free(upper_out);
    free(lower_out);
}

static void check_config(const tailspot_config *config, size_t count, unsigned wanted) {
    static double values[MOST];
    tailspot *single = make(config), *many = make(config);
    const size_t chunks[] = {count, AMONG, count};
    for (size_t i = 0; i < 3; i++) {
        fill_with_noise(values, chunks[i], 11 + i);
        check_chunk(single, many, values, chunks[i], wanted);
    }
    tailspot_detector_status status;
    CHECK(tailspot_get_status(many, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.calibrated == 1 && status.missing > 0);
    if (config->alert && config->up) CHECK(status.alerts_up > 0);
    tailspot_free(single);
    tailspot_free(many);
}

int main(int argc, char **argv) {
    (void)argv;
    tailspot_config configs[5];
    for (size_t i = 0; i < 5; i++) configs[i] = busy_config();
    configs[1].depth = 10;
    configs[2].down = 0;
    configs[3].up = 0;
    configs[3].quarantine = 0;
    configs[3].accounting = TAILSPOT_DISCARDED;
    configs[4].alert = 0;
    const size_t counts[] = {0, 1, 1023, 1024, 1025, 5000};
    for (size_t i = 0; i < (argc > 1 ? 2 : 5); i++)
        for (size_t j = 0; j < (argc > 1 ? 5 : 6); j++)
            for (unsigned wanted = 0; wanted < 8; wanted += argc > 1 ? 7 : 1)
                check_config(&configs[i], counts[j], wanted);
    puts("many: ok");
    return 0;
}
