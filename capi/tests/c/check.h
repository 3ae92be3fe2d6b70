/* What the test programs share: a check that is never compiled out, streams, and comparison bit for bit. Each program
 * prints what it has tested and ends with 0, or with the place of the first check that failed and 1.
 *
 * With any argument a program does less: enough for valgrind, which is slow. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tailspot.h"

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Memory of exactly so many bytes, so that a tool sees each byte that is touched beyond it. */
static inline void *allocate(size_t size) {
    void *place = malloc(size > 0 ? size : 1);
    CHECK(place != NULL);
    return place;
}

/* The next number of a generator (splitmix64). */
static inline uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Nearly normal: the sum of twelve uniform numbers, less its mean; one in 200 is ten times as large. */
static inline double noise(uint64_t *state) {
    double sum = -6.0;
    for (int i = 0; i < 12; i++) sum += (double)(random_bits(state) >> 11) / 9007199254740992.0;
    return random_bits(state) % 200 == 0 ? 10.0 * sum : sum;
}

/* A stream with holes. */
static inline void fill_with_noise(double *values, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        values[i] = noise(&seed);
        if (random_bits(&seed) % 100 == 0) values[i] = NAN;
    }
}

/* The same bits; one NaN is as good as another. */
static inline int is_same(double a, double b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/* Much happens: one value in ten is in a tail, one in a hundred is an alert. */
static inline tailspot_config busy_config(void) {
    tailspot_config config;
    CHECK(tailspot_config_init(&config, sizeof config) == TAILSPOT_OK);
    config.q = 5e-3;
    config.level = 0.95;
    config.n_init = 200;
    config.max_excess = 40;
    return config;
}

static inline tailspot_detector *make(const tailspot_config *config) {
    tailspot_detector *spot = NULL;
    char why[200];
    if (tailspot_explain_config(config, why, sizeof why) > 0) fprintf(stderr, "%s\n", why);
    CHECK(tailspot_new(config, &spot) == TAILSPOT_OK && spot != NULL);
    return spot;
}

/* A busy detector in the middle of its work. */
static inline tailspot_detector *make_busy(void) {
    tailspot_config config = busy_config();
    tailspot_detector *spot = make(&config);
    double values[400];
    fill_with_noise(values, 400, 7);
    CHECK(tailspot_step_many(spot, values, 400, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    CHECK(!isnan(tailspot_anomaly_threshold(spot, TAILSPOT_UP)));
    return spot;
}

/* The snapshot of a detector, to be freed. */
typedef struct {
    size_t size;
    unsigned char *bytes;
} state;

static inline state state_of(const tailspot_detector *spot) {
    state saved;
    saved.size = tailspot_snapshot_size(spot);
    CHECK(saved.size > 0);
    saved.bytes = allocate(saved.size);
    CHECK(tailspot_save(spot, saved.bytes, saved.size) == TAILSPOT_OK);
    return saved;
}

/* Whether a detector is as it was then; frees what is known of then. */
static inline int is_still(const tailspot_detector *spot, state then) {
    state now = state_of(spot);
    int same = now.size == then.size && memcmp(now.bytes, then.bytes, now.size) == 0;
    free(now.bytes);
    free(then.bytes);
    return same;
}

static inline int is_same_state(const tailspot_detector *a, const tailspot_detector *b) {
    return is_still(a, state_of(b));
}

static inline tailspot_pool *make_pool(const tailspot_config *config, uint32_t threads) {
    tailspot_pool *pool = NULL;
    CHECK(tailspot_pool_new(config, &pool) == TAILSPOT_OK && pool != NULL);
    CHECK(tailspot_pool_set_threads(pool, threads) == TAILSPOT_OK);
    return pool;
}

/* The snapshot of a pool, to be freed. */
static inline state state_of_pool(tailspot_pool *pool) {
    state saved;
    saved.size = tailspot_pool_snapshot_size(pool);
    CHECK(saved.size > 0);
    saved.bytes = allocate(saved.size);
    CHECK(tailspot_pool_save(pool, saved.bytes, saved.size) == TAILSPOT_OK);
    return saved;
}

/* Whether a pool is as it was then; frees what is known of then. */
static inline int is_still_pool(tailspot_pool *pool, state then) {
    state now = state_of_pool(pool);
    int same = now.size == then.size && memcmp(now.bytes, then.bytes, now.size) == 0;
    free(now.bytes);
    free(then.bytes);
    return same;
}

/* Places for answers, of exactly the size that is promised; NULL what is not wanted. */
typedef struct {
    int8_t *events;
    double *upper, *lower, *probability;
} answers;

enum { EVENTS = 1, UPPER = 2, LOWER = 4, PROBABILITY = 8, EVERYTHING = 15 };

static inline answers make_answers(size_t count, unsigned wanted) {
    answers made;
    made.events = wanted & EVENTS ? allocate(count) : NULL;
    made.upper = wanted & UPPER ? allocate(count * sizeof(double)) : NULL;
    made.lower = wanted & LOWER ? allocate(count * sizeof(double)) : NULL;
    made.probability = wanted & PROBABILITY ? allocate(count * sizeof(double)) : NULL;
    return made;
}

static inline void free_answers(answers given) {
    free(given.events);
    free(given.upper);
    free(given.lower);
    free(given.probability);
}

static inline void check_numbers(const double *given, const double *expected, size_t count) {
    for (size_t i = 0; given != NULL && i < count; i++) CHECK(is_same(given[i], expected[i]));
}

/* Whether what was wanted is as it should be; frees it. */
static inline void check_answers(answers given, answers expected, size_t count) {
    CHECK(given.events == NULL || memcmp(given.events, expected.events, count) == 0);
    check_numbers(given.upper, expected.upper, count);
    check_numbers(given.lower, expected.lower, count);
    check_numbers(given.probability, expected.probability, count);
    free_answers(given);
}

/* A value, judged alone. */
static inline void judge_one(tailspot_detector *spot, double value, answers *out, size_t i) {
    out->events[i] =
        (int8_t)tailspot_verdict(spot, value, &out->upper[i], &out->lower[i], &out->probability[i]);
}

/* Whether nothing was written where these bytes are. */
#define UNTOUCHED 0xa5
static inline int is_untouched(const void *place, size_t size) {
    const unsigned char *bytes = place;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != UNTOUCHED) return 0;
    return 1;
}

#endif
