/* tailspot_step_many is a loop of tailspot_verdict, bit for bit. */
#include "check.h"

enum { MOST = 5000, AMONG = 700 };

static void check_chunk(tailspot_detector *single, tailspot_detector *many, const double *values, size_t count,
                        unsigned wanted) {
    answers expected = make_answers(count, EVERYTHING), out = make_answers(count, wanted);
    for (size_t i = 0; i < count; i++) judge_one(single, values[i], &expected, i);
    double *given = allocate(count * sizeof *given);
    if (count > 0) memcpy(given, values, count * sizeof *given);
    CHECK(tailspot_step_many(many, given, count, out.events, out.upper, out.lower, out.probability) == TAILSPOT_OK);
    check_answers(out, expected, count);
    CHECK(is_same_state(single, many));
    free_answers(expected);
    free(given);
}

static void check_config(const tailspot_config *config, size_t count, unsigned wanted) {
    static double values[MOST];
    tailspot_detector *single = make(config), *many = make(config);
    const size_t chunks[] = {count, AMONG, count};
    for (size_t i = 0; i < 3; i++) {
        fill_with_noise(values, chunks[i], 11 + i);
        check_chunk(single, many, values, chunks[i], wanted);
    }
    tailspot_status status;
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
            for (unsigned wanted = 0; wanted <= EVERYTHING; wanted += argc > 1 ? EVERYTHING : 1)
                check_config(&configs[i], counts[j], wanted);
    /* Several baselines solve for the thresholds, if they are wanted. */
    tailspot_config set = busy_config();
    set.depth = 10;
    set.period = 24;
    const unsigned some[] = {0, EVENTS, PROBABILITY, EVENTS | PROBABILITY, UPPER, EVERYTHING};
    for (size_t i = 0; i < 6 && argc == 1; i++) check_config(&set, 300, some[i]);
    puts("many: ok");
    return 0;
}
