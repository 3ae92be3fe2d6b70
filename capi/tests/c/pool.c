/* A pool answers as one detector a key would, bit for bit: columns of any length, by any number of threads, after a
 * fork, and after it was saved. */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 6000, KEYS = 7, HANGS = 60 };

static uint64_t keys[MOST];
static double values[MOST];

/* Keys in random order, the largest one among them, with values that have holes. */
static void fill(uint64_t seed) {
    for (size_t i = 0; i < MOST; i++) keys[i] = UINT64_MAX - random_bits(&seed) % KEYS * UINT64_C(0x9e3779b97f4a7c15);
    fill_with_noise(values, MOST, seed);
}

static tailspot_detector **place_of(tailspot_detector **spots, uint64_t key) {
    static uint64_t known[KEYS];
    static size_t count = 0;
    size_t i = 0;
    while (i < count && known[i] != key) i++;
    CHECK(i < KEYS);
    if (i == count) known[count++] = key;
    return &spots[i];
}

static void check_column(tailspot_pool *pool, answers expected, size_t count, unsigned wanted, int is_typed) {
    uint64_t *given_keys = allocate(count * sizeof *given_keys);
    double *given = allocate(count * sizeof *given);
    if (count > 0) memcpy(given_keys, keys, count * sizeof *given_keys);
    /* Backwards, if they are read backwards. */
    for (size_t i = 0; i < count; i++) given[i] = values[is_typed ? count - 1 - i : i];
    answers out = make_answers(count, wanted);
    const tailspot_result result =
        is_typed ? tailspot_pool_step_strided(pool, given_keys, given + (count > 0 ? count - 1 : 0), count, -8,
                                              TAILSPOT_FLOAT64, out.events, out.upper, out.lower, out.probability)
                 : tailspot_pool_step_many(pool, given_keys, given, count, out.events, out.upper, out.lower,
                                           out.probability);
    CHECK(result == TAILSPOT_OK);
    check_answers(out, expected, count);
    free(given_keys);
    free(given);
}

static void columns_are_answered_as_by_one_detector_a_key(const tailspot_config *config, uint32_t threads, int less) {
    const unsigned wanted[] = {EVERYTHING, 0, EVENTS, UPPER | PROBABILITY, LOWER, EVENTS | UPPER | LOWER, PROBABILITY};
    const size_t counts[] = {MOST, 0, 1, 63, 64, 1023, 1024};
    tailspot_detector *spots[KEYS] = {0};
    tailspot_pool *pool = make_pool(config, threads);
    for (unsigned i = 0; i < 7; i++) {
        const size_t count = less && i == 0 ? MOST / 2 : counts[i];
        answers expected = make_answers(count, EVERYTHING);
        fill(i);
        for (size_t j = 0; j < count; j++) {
            tailspot_detector **spot = place_of(spots, keys[j]);
            if (*spot == NULL) *spot = make(config);
            judge_one(*spot, values[j], &expected, j);
        }
        check_column(pool, expected, count, wanted[i], i % 2);
        free_answers(expected);
    }
    /* One value at a time. */
    for (size_t j = 0; j < 500; j++) {
        double upper, lower, probability, u, l, p;
        tailspot_detector *spot = *place_of(spots, keys[j]);
        CHECK(tailspot_pool_verdict(pool, keys[j], values[j], &upper, &lower, &probability) ==
              tailspot_verdict(spot, values[j], &u, &l, &p));
        CHECK(is_same(upper, u) && is_same(lower, l) && is_same(probability, p));
        CHECK(tailspot_pool_step(pool, keys[j], values[j]) == tailspot_step(spot, values[j]));
        CHECK(tailspot_pool_verdict(pool, keys[j], 1e9, NULL, NULL, NULL) == tailspot_step(spot, 1e9));
    }
    size_t known = 0;
    for (size_t i = 0; i < KEYS && spots[i] != NULL; i++) known++;
    CHECK(tailspot_pool_size(pool) == known && known == KEYS);
    uint64_t found[KEYS];
    CHECK(tailspot_pool_keys(pool, found, KEYS) == TAILSPOT_OK);
    for (size_t i = 0; i < KEYS; i++) {
        tailspot_detector **alone = place_of(spots, found[i]), *copy = NULL;
        CHECK(tailspot_pool_get(pool, found[i], &copy) == TAILSPOT_OK && is_same_state(copy, *alone));
        tailspot_free(copy);
        tailspot_free(*alone);
        *alone = NULL;
    }
    tailspot_pool_free(pool);
}

static void keys_come_and_go(void) {
    tailspot_detector *spot = make_busy(), *copy = NULL;
    tailspot_pool *pool = NULL;
    CHECK(tailspot_pool_with_template(spot, &pool) == TAILSPOT_OK);
    CHECK(tailspot_pool_get_template(pool, &copy) == TAILSPOT_OK && is_same_state(copy, spot));
    tailspot_free(copy);
    CHECK(tailspot_pool_get(pool, 1, &copy) == TAILSPOT_ERROR_KEY);
    CHECK(tailspot_pool_remove(pool, 1, &copy) == TAILSPOT_ERROR_KEY);
    /* A fitted detector is shared. */
    CHECK(tailspot_pool_step(pool, 1, 1000.0) == TAILSPOT_ALERT_UP);
    CHECK(tailspot_step(spot, 1000.0) == TAILSPOT_ALERT_UP);
    CHECK(tailspot_pool_get(pool, 1, &copy) == TAILSPOT_OK && is_same_state(copy, spot));
    tailspot_free(copy);
    /* Another one is inserted in its place. */
    tailspot_config config = busy_config();
    config.depth = 4;
    tailspot_detector *other = make(&config);
    CHECK(tailspot_pool_insert(pool, 1, other) == TAILSPOT_OK && tailspot_pool_size(pool) == 1);
    CHECK(tailspot_pool_insert(pool, 2, other) == TAILSPOT_OK && tailspot_pool_size(pool) == 2);
    CHECK(tailspot_pool_remove(pool, 1, &copy) == TAILSPOT_OK && is_same_state(copy, other));
    tailspot_free(copy);
    CHECK(tailspot_pool_remove(pool, 2, NULL) == TAILSPOT_OK && tailspot_pool_size(pool) == 0);
    /* The one that was seen least recently is forgotten. */
    tailspot_pool_status status;
    CHECK(tailspot_pool_set_limit(pool, 2) == TAILSPOT_OK);
    CHECK(tailspot_pool_set_threads(pool, 3) == TAILSPOT_OK);
    const uint64_t seen[] = {1, 2, 1, 3};
    for (size_t i = 0; i < 4; i++) tailspot_pool_step(pool, seen[i], 0.0);
    CHECK(tailspot_pool_get_status(pool, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.struct_size == 24 && status.keys == 2 && status.limit == 2 && status.threads == 3);
    CHECK(tailspot_pool_get(pool, 2, &copy) == TAILSPOT_ERROR_KEY);
    uint64_t found[2];
    CHECK(tailspot_pool_keys(pool, found, 2) == TAILSPOT_OK && found[0] + found[1] == 4);
    CHECK(tailspot_pool_set_limit(pool, 0) == TAILSPOT_OK);
    for (uint64_t key = 0; key < 10; key++) tailspot_pool_step(pool, key, 0.0);
    CHECK(tailspot_pool_size(pool) == 10);
    tailspot_free(other);
    tailspot_free(spot);
    tailspot_pool_free(pool);
}

static void what_was_saved_goes_on_bit_for_bit(void) {
    tailspot_config config = busy_config();
    fill(5);
    for (size_t begin = 100; begin < MOST; begin *= 4) {
        tailspot_pool *pool = make_pool(&config, 2), *loaded = NULL;
        CHECK(tailspot_pool_set_limit(pool, 100) == TAILSPOT_OK);
        CHECK(tailspot_pool_step_many(pool, keys, values, begin, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
        const size_t size = tailspot_pool_snapshot_size(pool);
        unsigned char *bytes = allocate(size + 4);
        memset(bytes, UNTOUCHED, size + 4);
        /* Too small, and once more: the bytes are still there. */
        CHECK(tailspot_pool_save(pool, bytes, size - 1) == TAILSPOT_ERROR_BUFFER && is_untouched(bytes, size));
        CHECK(tailspot_pool_save(pool, bytes, size + 4) == TAILSPOT_OK && is_untouched(bytes + size, 4));
        CHECK(tailspot_pool_load(bytes, size, 1, &loaded) == TAILSPOT_OK && loaded != NULL);
        CHECK(is_still_pool(loaded, state_of_pool(pool)));
        for (size_t i = begin; i < MOST; i++)
            CHECK(tailspot_pool_step(pool, keys[i], values[i]) == tailspot_pool_step(loaded, keys[i], values[i]));
        CHECK(is_still_pool(loaded, state_of_pool(pool)));
        free(bytes);
        /* What the size was asked of is not what is saved, if something was stepped in between. */
        state then = state_of_pool(pool);
        CHECK(tailspot_pool_snapshot_size(pool) == then.size);
        tailspot_pool_step(pool, 1, 1.0);
        CHECK(!is_still_pool(pool, then));
        tailspot_pool_free(pool);
        tailspot_pool_free(loaded);
    }
}

static void a_child_of_fork_makes_threads_of_its_own(void) {
    tailspot_config config = busy_config();
    tailspot_pool *pool = make_pool(&config, 2);
    fill(6);
    CHECK(tailspot_pool_step_many(pool, keys, values, MOST / 2, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    fflush(stdout);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) alarm(HANGS);
    static int8_t events[MOST];
    CHECK(tailspot_pool_step_many(pool, keys + MOST / 2, values + MOST / 2, MOST / 2, events, NULL, NULL, NULL) ==
          TAILSPOT_OK);
    state last = state_of_pool(pool);
    tailspot_pool *again = NULL;
    CHECK(tailspot_pool_load(last.bytes, last.size, 2, &again) == TAILSPOT_OK && is_still_pool(again, last));
    tailspot_pool_free(again);
    uint64_t sum = 0;
    for (size_t i = 0; i < MOST / 2; i++) sum = 31 * sum + (uint64_t)(uint8_t)events[i];
    tailspot_pool_free(pool);
    if (child == 0) _exit((int)(sum % 250));
    int ended = 0;
    CHECK(waitpid(child, &ended, 0) == child && WIFEXITED(ended));
    CHECK(WEXITSTATUS(ended) == (int)(sum % 250));
}

static void *judge(void *place) {
    tailspot_config config = busy_config();
    tailspot_pool *pool = make_pool(&config, 2);
    for (size_t i = 0; i < 3; i++)
        CHECK(tailspot_pool_step_many(pool, keys, values, MOST, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    *(state *)place = state_of_pool(pool);
    tailspot_pool_free(pool);
    return NULL;
}

static void two_threads_may_use_two_pools(void) {
    fill(8);
    state states[2];
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, judge, &states[i]) == 0);
    for (size_t i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(states[0].size == states[1].size && memcmp(states[0].bytes, states[1].bytes, states[0].size) == 0);
    free(states[0].bytes);
    free(states[1].bytes);
}

int main(int argc, char **argv) {
    (void)argv;
    const int less = argc > 1;
    tailspot_config configs[4];
    for (size_t i = 0; i < 4; i++) configs[i] = busy_config();
    configs[1].depth = 10;
    configs[2].down = 0;
    configs[3].quarantine = 0;
    configs[3].accounting = TAILSPOT_DISCARDED;
    for (size_t i = 0; i < (less ? 1 : 4); i++)
        for (uint32_t threads = less ? 2 : 0; threads < 4; threads++)
            columns_are_answered_as_by_one_detector_a_key(&configs[i], threads, less);
    keys_come_and_go();
    what_was_saved_goes_on_bit_for_bit();
    /* What the child leaves of its parent's threads is memory lost, as valgrind sees it. */
    if (!less) a_child_of_fork_makes_threads_of_its_own();
    two_threads_may_use_two_pools();
    puts("pool: ok");
    return 0;
}
