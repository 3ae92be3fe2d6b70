/* Verdicts: no sentence made from one is ever false, for every accounting and quarantine, one by one, in arrays and in
 * pools; and judging without learning changes nothing. */
#include "check.h"

enum { MOST = 60000, FEW = 3000 };

static double values[MOST];

/* What a program prints of an alert: "VALUE is beyond THRESHOLD", "it has probability P". */
static size_t check_sentences(answers out, size_t count) {
    size_t alerts = 0;
    for (size_t i = 0; i < count; i++) {
        const double x = values[i], p = out.probability[i];
        const int8_t event = out.events[i];
        const int is_up = event == TAILSPOT_ALERT_UP, is_down = event == TAILSPOT_ALERT_DOWN;
        const int is_excess = event == TAILSPOT_EXCESS_UP || event == TAILSPOT_EXCESS_DOWN;
        CHECK(!is_up || x > out.upper[i]);
        CHECK(!is_down || x < out.lower[i]);
        if (event == TAILSPOT_NORMAL || is_excess) CHECK(x <= out.upper[i] && x >= out.lower[i]);
        CHECK(is_up || is_down || is_excess ? p >= 0.0 && p <= 1.0 : isnan(p));
        alerts += is_up || is_down;
    }
    return alerts;
}

static void no_sentence_is_false(const tailspot_config *config, size_t count) {
    tailspot_detector *one = make(config), *many = make(config);
    answers single = make_answers(count, EVERYTHING), out = make_answers(count, EVERYTHING);
    for (size_t i = 0; i < count; i++) judge_one(one, values[i], &single, i);
    CHECK(check_sentences(single, count) > count / 1000);
    CHECK(tailspot_step_many(many, values, count, out.events, out.upper, out.lower, out.probability) == TAILSPOT_OK);
    check_answers(out, single, count);
    free_answers(single);
    tailspot_free(one);
    tailspot_free(many);
}

/* A step alone does the same to the detector, so does a verdict without thresholds, and a pool to the detectors of its keys. */
static void other_ways_agree(const tailspot_config *config) {
    static uint64_t keys[FEW];
    tailspot_detector *one = make(config), *stepped = make(config), *bare = make(config);
    tailspot_pool *pool = make_pool(config, 1), *column = make_pool(config, 1);
    answers single = make_answers(FEW, EVERYTHING), out = make_answers(FEW, EVERYTHING);
    for (size_t i = 0; i < FEW; i++) {
        judge_one(one, values[i], &single, i);
        double probability;
        CHECK(tailspot_step(stepped, values[i]) == single.events[i]);
        CHECK(tailspot_verdict(bare, values[i], NULL, NULL, &probability) == single.events[i]);
        CHECK(is_same(probability, single.probability[i]));
        keys[i] = i % 2;
        out.events[i] = (int8_t)tailspot_pool_verdict(pool, keys[i], values[i], &out.upper[i], &out.lower[i],
                                                      &out.probability[i]);
    }
    CHECK(is_same_state(one, stepped) && is_same_state(one, bare));
    CHECK(check_sentences(single, FEW) > 0 && check_sentences(out, FEW) > 0);
    answers wanted = make_answers(FEW, EVERYTHING);
    CHECK(tailspot_pool_step_many(column, keys, values, FEW, wanted.events, wanted.upper, wanted.lower,
                                  wanted.probability) == TAILSPOT_OK);
    check_answers(wanted, out, FEW);
    free_answers(single);
    free_answers(out);
    tailspot_free(one);
    tailspot_free(stepped);
    tailspot_free(bare);
    tailspot_pool_free(pool);
    tailspot_pool_free(column);
}

/* Judged without learning: what the next verdict would be, and nothing changes. */
static void judging_changes_nothing(const tailspot_config *config) {
    tailspot_detector *one = make(config), *copy = NULL;
    CHECK(tailspot_step_many(one, values, FEW, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    answers judged = make_answers(FEW, EVERYTHING), backwards = make_answers(FEW, EVENTS | PROBABILITY);
    state before = state_of(one);
    CHECK(tailspot_judge(one, values, FEW, judged.events, judged.upper, judged.lower, judged.probability) ==
          TAILSPOT_OK);
    CHECK(check_sentences(judged, FEW) > 0);
    CHECK(tailspot_judge_strided(one, &values[FEW - 1], FEW, -8, TAILSPOT_FLOAT64, backwards.events, NULL, NULL,
                                 backwards.probability) == TAILSPOT_OK);
    CHECK(is_still(one, before));
    for (size_t i = 0; i < FEW; i++) {
        const size_t j = FEW - 1 - i;
        CHECK(backwards.events[i] == judged.events[j]);
        CHECK(is_same(backwards.probability[i], judged.probability[j]));
        if (i % 7 != 0) continue;
        double upper, lower, probability;
        CHECK(tailspot_clone(one, &copy) == TAILSPOT_OK && is_same_state(copy, one));
        CHECK(tailspot_verdict(copy, values[i], &upper, &lower, &probability) == judged.events[i]);
        CHECK(is_same(upper, judged.upper[i]) && is_same(lower, judged.lower[i]));
        CHECK(is_same(probability, judged.probability[i]));
        CHECK(!is_same_state(copy, one)); /* The copy counted it, and the detector did not. */
        tailspot_free(copy);
    }
    free_answers(judged);
    free_answers(backwards);
    tailspot_free(one);
}

/* Without a baseline; with one; with a limit; and with a set of two. */
enum { PLAIN, BASELINE, LIMIT, SET, WAYS };

static tailspot_config in_way(tailspot_config config, int way) {
    /* As published there is neither a scale nor a season. */
    const uint64_t is_more = config.accounting == TAILSPOT_DISCARDED ? 0 : 1;
    const tailspot_baseline level = {10, 40 * is_more, 0}, second = {50, 40 * is_more, 24 * is_more};
    if (way == LIMIT) config.limit = 2.0;
    if (way == BASELINE || way == SET) config.baselines[config.baseline_count++] = level;
    if (way == SET) config.baselines[config.baseline_count++] = second;
    return config;
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
    const int less = argc > 1 && strcmp(argv[1], "less") == 0, is_long = argc > 1 && !less;
    const uint64_t quarantines[] = {0, 1, 20};
    uint64_t seed = 17;
    for (size_t i = 0; i < MOST; i++) values[i] = noise(&seed);
    unsigned number = 0;
    for (int32_t accounting = TAILSPOT_DISCARDED; accounting <= TAILSPOT_BUDGETED; accounting++)
        for (size_t i = 0; i < 3; i++, number++) {
            tailspot_config config = busy_config();
            config.level = 0.98;
            config.q = 2e-3;
            config.accounting = accounting;
            config.quarantine = quarantines[i];
            config.threshold = number % 2 == 0 ? TAILSPOT_PLUG_IN : TAILSPOT_CALIBRATED;
            if (less && number != 9) continue;
            for (int way = 0; way < (less ? LIMIT : WAYS); way++) {
                const tailspot_config moved = in_way(config, way);
                /* A set solves for each threshold: all of it takes a minute, with the argument "long". */
                if (way == SET && !is_long && number % 3 != (unsigned)accounting % 3) continue;
                no_sentence_is_false(&moved, less || (way == SET && !is_long) ? FEW : MOST);
                other_ways_agree(&moved);
                judging_changes_nothing(&moved);
            }
        }
    every_out_may_be_null();
    puts("verdicts: ok");
    return 0;
}
