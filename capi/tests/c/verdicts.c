/* Verdicts: no sentence made from one is ever false, for every accounting and quarantine, one by one, in arrays and in
 * pools; and judging without learning changes nothing. */
#include "check.h"

enum { MOST = 60000 };

static double values[MOST], upper[2][MOST], lower[2][MOST], probability[2][MOST];
static int8_t events[2][MOST];

/* What a program prints of an alert: "VALUE is beyond THRESHOLD", "it has probability P". */
static size_t check_sentences(const tailspot_config *config, int which) {
    size_t alerts = 0;
    for (size_t i = 0; i < MOST; i++) {
        const double x = values[i], p = probability[which][i];
        const int8_t event = events[which][i];
        const int is_up = event == TAILSPOT_ALERT_UP, is_down = event == TAILSPOT_ALERT_DOWN;
        CHECK(!is_up || x > upper[which][i]);
        CHECK(!is_down || x < lower[which][i]);
        if (event == TAILSPOT_NORMAL || event == TAILSPOT_EXCESS_UP || event == TAILSPOT_EXCESS_DOWN)
            CHECK(!config->alert || !(x > upper[which][i] || x < lower[which][i]));
        const int is_tail = is_up || is_down || event == TAILSPOT_EXCESS_UP || event == TAILSPOT_EXCESS_DOWN;
        CHECK(is_tail ? p >= 0.0 && p <= 1.0 : isnan(p));
        alerts += is_up || is_down;
    }
    return alerts;
}

static void check_config(const tailspot_config *config) {
    tailspot_detector *one = make(config), *many = make(config), *stepped = make(config), *copy = NULL;
    for (size_t i = 0; i < MOST; i++)
        events[0][i] = (int8_t)tailspot_verdict(one, values[i], &upper[0][i], &lower[0][i], &probability[0][i]);
    CHECK(check_sentences(config, 0) > 100 || !config->alert);
    CHECK(tailspot_step_many(many, values, MOST, events[1], upper[1], lower[1], probability[1]) == TAILSPOT_OK);
    check_sentences(config, 1);
    CHECK(memcmp(events[0], events[1], MOST) == 0 && is_same_state(one, many));
    for (size_t i = 0; i < MOST; i++) CHECK(tailspot_step(stepped, values[i]) == events[0][i]);
    CHECK(is_same_state(one, stepped));

    /* A pool, with every value to one of two keys. */
    tailspot_pool *pool = make_pool(config, 1), *column = make_pool(config, 1);
    static uint64_t keys[MOST];
    for (size_t i = 0; i < MOST; i++) {
        keys[i] = i % 2;
        events[0][i] = (int8_t)tailspot_pool_verdict(pool, keys[i], values[i], &upper[0][i], &lower[0][i],
                                                     &probability[0][i]);
    }
    check_sentences(config, 0);
    CHECK(tailspot_pool_step_many(column, keys, values, MOST, events[1], upper[1], lower[1], probability[1]) ==
          TAILSPOT_OK);
    check_sentences(config, 1);
    CHECK(memcmp(events[0], events[1], MOST) == 0);
    tailspot_pool_free(pool);
    tailspot_pool_free(column);

    /* Judged without learning: what the next verdict would be, and nothing changes. */
    state before = state_of(one);
    CHECK(tailspot_judge(one, values, MOST, events[0], upper[0], lower[0], probability[0]) == TAILSPOT_OK);
    CHECK(check_sentences(config, 0) > 0 || !config->alert);
    CHECK(is_still(one, before));
    for (size_t i = 0; i < MOST; i += 97) {
        CHECK(tailspot_clone(one, &copy) == TAILSPOT_OK && is_same_state(copy, one));
        double u, l, p;
        CHECK(tailspot_verdict(copy, values[i], &u, &l, &p) == events[0][i]);
        CHECK(is_same(u, upper[0][i]) && is_same(l, lower[0][i]) && is_same(p, probability[0][i]));
        CHECK(!is_same_state(copy, one) || events[0][i] == TAILSPOT_NORMAL);
        tailspot_free(copy);
    }
    CHECK(tailspot_judge_strided(one, &values[MOST - 1], MOST, -8, TAILSPOT_FLOAT64, events[1], NULL, NULL,
                                 probability[1]) == TAILSPOT_OK);
    for (size_t i = 0; i < MOST; i++) {
        CHECK(events[1][i] == events[0][MOST - 1 - i] && is_same(probability[1][i], probability[0][MOST - 1 - i]));
    }
    tailspot_free(one);
    tailspot_free(many);
    tailspot_free(stepped);
}

static void every_out_may_be_null(void) {
    tailspot_detector *spot = make_busy(), *other = make_busy();
    double u = 0.0, l = 0.0, p = 0.0;
    CHECK(tailspot_verdict(spot, 1e9, NULL, NULL, NULL) == TAILSPOT_ALERT_UP);
    CHECK(tailspot_verdict(other, 1e9, &u, NULL, NULL) == TAILSPOT_ALERT_UP && u > 0.0 && u < 1e9);
    CHECK(tailspot_verdict(spot, -1e9, NULL, NULL, &p) == TAILSPOT_ALERT_DOWN && p >= 0.0 && p < 5e-3);
    CHECK(tailspot_verdict(other, -1e9, NULL, &l, NULL) == TAILSPOT_ALERT_DOWN && l < 0.0 && l > -1e9);
    CHECK(tailspot_judge(spot, values, 10, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    CHECK(is_same_state(spot, other));
    tailspot_free(spot);
    tailspot_free(other);
}

int main(int argc, char **argv) {
    (void)argv;
    const int less = argc > 1;
    const uint64_t quarantines[] = {0, 1, 20}, depths[] = {0, 10};
    uint64_t seed = 17;
    for (size_t i = 0; i < MOST; i++) values[i] = noise(&seed);
    for (int32_t accounting = TAILSPOT_DISCARDED; accounting <= TAILSPOT_BUDGETED; accounting++)
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 2; j++)
                for (int32_t threshold = TAILSPOT_PLUG_IN; threshold <= TAILSPOT_CALIBRATED; threshold++) {
                    if (less && (accounting + (int32_t)(i + j) + threshold) % 8 != 0) continue;
                    tailspot_config config = busy_config();
                    config.accounting = accounting;
                    config.quarantine = quarantines[i];
                    config.depth = depths[j];
                    config.threshold = threshold;
                    check_config(&config);
                }
    tailspot_config quiet = busy_config();
    quiet.alert = 0;
    check_config(&quiet);
    every_out_may_be_null();
    puts("verdicts: ok");
    return 0;
}
