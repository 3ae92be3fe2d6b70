/* Answers streams on standard input: for each its name, the twelve parameters, how many values go through a fit, how
 * many there are, and the values, doubles as their bits in hexadecimal. Writes for each the name, a line for each value
 * that was stepped (event, upper and lower threshold), and the status.
 *
 * `vectors step` steps one value at a time, `vectors many` all in one call. */
#include <inttypes.h>

#include "check.h"

static double to_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void print_double(double value, char end) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        printf("nan%c", end);
    else
        printf("%016" PRIx64 "%c", bits, end);
}

static double read_double(void) {
    uint64_t bits;
    CHECK(scanf("%" SCNx64, &bits) == 1);
    return to_double(bits);
}

static uint64_t read_count(void) {
    uint64_t count;
    CHECK(scanf("%" SCNu64, &count) == 1);
    return count;
}

static tailspot_config read_config(void) {
    tailspot_config config;
    CHECK(tailspot_config_init(&config, sizeof config) == TAILSPOT_OK);
    config.q = read_double();
    config.level = read_double();
    config.n_init = read_count();
    config.max_excess = read_count();
    config.depth = read_count();
    config.up = (uint8_t)read_count();
    config.down = (uint8_t)read_count();
    config.alert = (uint8_t)read_count();
    config.bounded = (uint8_t)read_count();
    config.accounting = (int32_t)read_count();
    config.quarantine = read_count();
    config.threshold = (int32_t)read_count();
    config.scale_depth = read_count();
    config.period = read_count();
    config.limit = read_double();
    return config;
}

static void step_all(tailspot_detector *spot, const double *values, size_t count, int8_t *events, double *upper, double *lower) {
    for (size_t i = 0; i < count; i++) {
        upper[i] = tailspot_anomaly_threshold(spot, TAILSPOT_UP);
        lower[i] = tailspot_anomaly_threshold(spot, TAILSPOT_DOWN);
        events[i] = (int8_t)tailspot_step(spot, values[i]);
    }
}

static void print_status(const tailspot_detector *spot) {
    tailspot_status s;
    CHECK(tailspot_get_status(spot, &s, sizeof s) == TAILSPOT_OK);
    const uint64_t counts[] = {s.calibrated, s.n,        s.seen,        s.missing,      s.alerts_up, s.alerts_down,
                               s.n_t_up,     s.n_t_down, s.excesses_up, s.excesses_down};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) printf("%" PRIu64 " ", counts[i]);
    const double numbers[] = {s.drift,    s.excess_threshold_up, s.excess_threshold_down, s.anomaly_threshold_up,
                              s.shape_up, s.shape_down,          s.scale_up,              s.anomaly_threshold_down};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) print_double(numbers[i], ' ');
    print_double(s.scale_down, '\n');
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const int is_many = strcmp(argv[1], "many") == 0;
    char name[64];
    while (scanf("%63s", name) == 1) {
        const tailspot_config config = read_config();
        const size_t fitted = (size_t)read_count(), count = (size_t)read_count();
        double *values = allocate(count * sizeof *values);
        for (size_t i = 0; i < count; i++) values[i] = read_double();
        tailspot_detector *spot = make(&config);
        if (fitted > 0) CHECK(tailspot_fit(spot, values, fitted) == TAILSPOT_OK);
        const size_t rest = count - fitted;
        int8_t *events = allocate(rest);
        double *upper = allocate(rest * sizeof *upper), *lower = allocate(rest * sizeof *lower);
        if (is_many)
            CHECK(tailspot_step_many(spot, values + fitted, rest, events, upper, lower, NULL) == TAILSPOT_OK);
        else
            step_all(spot, values + fitted, rest, events, upper, lower);
        puts(name);
        for (size_t i = 0; i < rest; i++) {
            printf("%d ", events[i]);
            print_double(upper[i], ' ');
            print_double(lower[i], '\n');
        }
        print_status(spot);
        tailspot_free(spot);
        free(values);
        free(events);
        free(upper);
        free(lower);
    }
    return 0;
}
