/* The functions of pools and of lists of incidents, abused. */
#include "abuse.h"

/* What was refused changed nothing. */
#define POOL_REFUSED(expected, ...)                                                                                    \
    do {                                                                                                               \
        state then = state_of_pool(pool);                                                                              \
        CHECK((__VA_ARGS__) == (expected));                                                                            \
        CHECK(is_still_pool(pool, then));                                                                              \
    } while (0)

/* A pool in the middle of its work, some keys of which are calibrated. */
static tailspot_pool *make_busy_pool(void) {
    tailspot_config config = busy_config();
    tailspot_pool *pool = make_pool(&config, 1);
    double values[900];
    uint64_t column[900];
    fill_with_noise(values, 900, 7);
    for (size_t i = 0; i < 900; i++) column[i] = i % 3;
    CHECK(tailspot_pool_step_many(pool, column, values, 900, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    return pool;
}

/* Every function of a pool with a handle that is NULL or poisoned. */
static void no_pool(tailspot_pool *none, tailspot_result status, const tailspot_detector *spot) {
    CHECK(CALL(tailspot_pool_set_limit)(none, 3) == status);
    CHECK(CALL(tailspot_pool_set_threads)(none, 3) == status);
    CHECK(CALL(tailspot_pool_step)(none, 1, 1.0) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_pool_verdict)(none, 1, 1.0, out.upper, out.lower, out.probability) == TAILSPOT_INVALID);
    CHECK(CALL(tailspot_pool_step_many)(none, keys, numbers, 3, out.events, out.upper, out.lower, out.probability) == status);
    CHECK(CALL(tailspot_pool_step_strided)(none, keys, numbers, 3, 8, TAILSPOT_FLOAT64, out.events, out.upper,
                                           out.lower, out.probability) == status);
    CHECK(CALL(tailspot_pool_size)(none) == 0);
    CHECK(CALL(tailspot_pool_get_status)(none, &out.pool_status, sizeof out.pool_status) == status);
    CHECK(CALL(tailspot_pool_keys)(none, out.keys, 4) == status);
    CHECK(CALL(tailspot_pool_get)(none, 1, &out.spot) == status);
    CHECK(CALL(tailspot_pool_get_template)(none, &out.spot) == status);
    CHECK(CALL(tailspot_pool_insert)(none, 1, spot) == status);
    CHECK(CALL(tailspot_pool_remove)(none, 1, &out.spot) == status);
    CHECK(CALL(tailspot_pool_snapshot_size)(none) == 0);
    CHECK(CALL(tailspot_pool_save)(none, out.bytes, sizeof out.bytes) == status);
    CHECK(tailspot_pool_fault(none) == status);
    CALL(tailspot_pool_free)(none);
}

static void null_pools(const tailspot_detector *spot) {
    begin("null");
    no_pool(NULL, TAILSPOT_ERROR_NULL, spot);
    end();
    tailspot_config config = busy_config();
    tailspot_pool *pool = make_busy_pool();
    CHECK(CALL(tailspot_pool_new)(NULL, &out.pool) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_pool_new(&config, NULL) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_pool_with_template)(NULL, &out.pool) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_pool_with_template(spot, NULL) == TAILSPOT_ERROR_NULL);
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_step_many(pool, NULL, numbers, 3, out.events, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_step_many(pool, keys, NULL, 3, out.events, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL,
                 tailspot_pool_step_strided(pool, NULL, numbers, 3, 8, TAILSPOT_INT8, out.events, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL,
                 tailspot_pool_step_strided(pool, keys, NULL, 3, 8, TAILSPOT_INT8, out.events, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_get_status(pool, NULL, sizeof out.pool_status));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_keys(pool, NULL, 4));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_get(pool, 1, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_get_template(pool, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_insert(pool, 1, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_NULL, tailspot_pool_save(pool, NULL, 65536));
    CHECK(CALL(tailspot_pool_load)(NULL, 100, 1, &out.pool) == TAILSPOT_ERROR_NULL);
    state saved = state_of_pool(pool);
    CHECK(tailspot_pool_load(saved.bytes, saved.size, 1, NULL) == TAILSPOT_ERROR_NULL);
    free(saved.bytes);
    end();
    char text[80];
    CHECK(CALL(tailspot_pool_explain_snapshot)(NULL, 5, text, sizeof text) == strlen(text));
    CHECK(strstr(text, "NULL") != NULL && tailspot_pool_explain_snapshot(NULL, 5, NULL, 80) > 0);
    tailspot_pool_free(pool);
}

/* A bug in a thread of the pool, and a detector that is poisoned. */
static void poisoned_pool(const tailspot_detector *spot) {
    tailspot_pool *other = make_busy_pool(), *pool = make_busy_pool();
    state of_other = state_of_pool(other);
    begin("poisoned");
    CHECK(tailspot_pool_fault(pool) == TAILSPOT_ERROR_BUG);
    no_pool(pool, TAILSPOT_ERROR_POISONED, spot);
    tailspot_detector *poisoned = make_busy();
    CHECK(tailspot_fault(poisoned) == TAILSPOT_ERROR_BUG);
    CHECK(CALL(tailspot_pool_with_template)(poisoned, &out.pool) == TAILSPOT_ERROR_POISONED);
    CHECK(CALL(tailspot_pool_insert)(other, 1, poisoned) == TAILSPOT_ERROR_POISONED);
    tailspot_free(poisoned);
    end();
    CHECK(is_still_pool(other, of_other));
    tailspot_pool_free(other);
}

static void sizes_of_pools(void) {
    tailspot_pool *pool = make_busy_pool();
    begin("size");
    const size_t counts[] = {much(SIZE_MAX), much(SIZE_MAX / 2), much(SIZE_MAX / 16 + 1)};
    for (size_t i = 0; i < 3; i++) {
        POOL_REFUSED(TAILSPOT_ERROR_COUNT, CALL(tailspot_pool_step_many)(pool, keys, numbers, counts[i], out.events,
                                                                         out.upper, out.lower, out.probability));
        POOL_REFUSED(TAILSPOT_ERROR_COUNT,
                     CALL(tailspot_pool_step_strided)(pool, keys, numbers, counts[i], 0, TAILSPOT_FLOAT64, out.events,
                                                      out.upper, out.lower, out.probability));
    }
    POOL_REFUSED(TAILSPOT_ERROR_COUNT,
                 tailspot_pool_step_strided(pool, keys, numbers, much(SIZE_MAX / 16), 0, TAILSPOT_FLOAT64, out.events,
                                            out.upper, out.lower, out.probability));
    POOL_REFUSED(TAILSPOT_OK, tailspot_pool_step_many(pool, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_OK, tailspot_pool_step_strided(pool, NULL, NULL, 0, 8, TAILSPOT_INT8, NULL, NULL, NULL, NULL));
    POOL_REFUSED(TAILSPOT_ERROR_STRUCT_SIZE, CALL(tailspot_pool_get_status)(pool, &out.pool_status, 3));
    POOL_REFUSED(TAILSPOT_ERROR_STRUCT_SIZE, tailspot_pool_get_status(pool, &out.pool_status, much(SIZE_MAX)));
    for (size_t count = 0; count < 3; count++)
        POOL_REFUSED(TAILSPOT_ERROR_BUFFER, CALL(tailspot_pool_keys)(pool, out.keys, count));
    const size_t needed = tailspot_pool_snapshot_size(pool);
    for (size_t size = 0; size < needed; size += size < 40 || size + 40 > needed ? 1 : 23) {
        unsigned char *bytes = allocate(size);
        memset(bytes, UNTOUCHED, size);
        CHECK(CALL(tailspot_pool_save)(pool, bytes, size) == TAILSPOT_ERROR_BUFFER && is_untouched(bytes, size));
        free(bytes);
    }
    CHECK(CALL(tailspot_pool_load)("", 0, 1, &out.pool) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(tailspot_pool_load("", much(SIZE_MAX), 1, &out.pool) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(CALL(tailspot_pool_explain_snapshot)("", much(SIZE_MAX), out.text, 0) > 0);
    CHECK(tailspot_pool_explain_snapshot("", 0, out.text, 0) > 0);
    end();
    CHECK(CALL(tailspot_pool_set_limit)(pool, much(SIZE_MAX)) == TAILSPOT_OK && tailspot_pool_size(pool) == 3);
    tailspot_pool_free(pool);
}

static void codes_and_places_of_pools(void) {
    tailspot_pool *pool = make_busy_pool();
    begin("codes");
    const int32_t types[] = {0, 12, -1, TAILSPOT_SWAPPED, 512, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        POOL_REFUSED(TAILSPOT_ERROR_TYPE, tailspot_pool_step_strided(pool, keys, numbers, 3, 8, types[i], out.events,
                                                                     out.upper, out.lower, out.probability));
    const uint32_t threads[] = {1025, 65536, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        POOL_REFUSED(TAILSPOT_ERROR_PARAMETER, tailspot_pool_set_threads(pool, threads[i]));
        state saved = state_of_pool(pool);
        CHECK(tailspot_pool_load(saved.bytes, saved.size, threads[i], &out.pool) == TAILSPOT_ERROR_PARAMETER);
        free(saved.bytes);
    }
    for (uintptr_t shift = 1; shift < sizeof(double); shift++) {
        double *nowhere = (double *)((uintptr_t)out.upper + shift);
        uint64_t *no_keys = (uint64_t *)((uintptr_t)out.keys + shift);
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_step_many(pool, no_keys, numbers, 1, NULL, NULL, NULL, NULL));
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_step_many(pool, keys, nowhere, 1, NULL, NULL, NULL, NULL));
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_step_many(pool, keys, numbers, 1, NULL, nowhere, NULL, NULL));
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_step_many(pool, keys, numbers, 1, NULL, NULL, nowhere, NULL));
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_step_strided(pool, no_keys, numbers, 1, 8,
                                                                          TAILSPOT_FLOAT64, NULL, NULL, NULL, NULL));
        POOL_REFUSED(TAILSPOT_ERROR_ALIGNMENT, tailspot_pool_keys(pool, no_keys, 3));
    }
    end();
    tailspot_config config = busy_config();
    config.q = 2.0;
    CHECK(tailspot_pool_new(&config, &out.pool) == TAILSPOT_ERROR_PARAMETER);
    end();
    tailspot_pool_free(pool);
}

static void check_damaged_pool(const void *bytes, size_t size) {
    char text[200];
    CHECK(CALL(tailspot_pool_load)(bytes, size, 1, &out.pool) == TAILSPOT_ERROR_SNAPSHOT);
    CHECK(CALL(tailspot_pool_explain_snapshot)(bytes, size, text, sizeof text) == strlen(text) && strlen(text) > 5);
}

static void damaged_pools(const tailspot_detector *spot, size_t step) {
    tailspot_pool *pool = make_busy_pool();
    begin("damaged");
    state saved = state_of_pool(pool);
    for (size_t size = 0; size < saved.size; size += size < 40 ? 1 : step) {
        unsigned char *cut = allocate(size);
        memcpy(cut, saved.bytes, size);
        check_damaged_pool(cut, size);
        free(cut);
    }
    for (size_t place = 0; place < saved.size; place += place < 40 ? 1 : step) {
        saved.bytes[place] ^= 0x10;
        check_damaged_pool(saved.bytes, saved.size);
        saved.bytes[place] ^= 0x10;
    }
    state one = state_of(spot);
    check_damaged_pool(one.bytes, one.size);
    CHECK(tailspot_load(saved.bytes, saved.size, &out.spot) == TAILSPOT_ERROR_SNAPSHOT);
    end();
    CHECK(tailspot_pool_explain_snapshot(saved.bytes, saved.size, NULL, 0) == 0);
    free(one.bytes);
    free(saved.bytes);
    tailspot_pool_free(pool);
}

static tailspot_incidents *make_list(void) {
    const tailspot_config config = busy_config();
    CHECK(CALL(tailspot_incidents_new)(&config, &out.incidents) == TAILSPOT_OK);
    tailspot_incidents *made = out.incidents;
    memset(&out.incidents, UNTOUCHED, sizeof out.incidents);
    CHECK(tailspot_incidents_take(made, 5.0, TAILSPOT_ALERT_UP, 1e-3) == TAILSPOT_OK);
    return made;
}

/* Whether the list has its one alert and nothing else. */
static int is_still_list(const tailspot_incidents *list) {
    tailspot_incident open;
    return tailspot_incidents_get_open(list, &open, sizeof open) == TAILSPOT_OK && open.last == 0 && open.count == 1;
}

static const int8_t alerts[3] = {TAILSPOT_ALERT_UP, TAILSPOT_ALERT_UP, TAILSPOT_ALERT_UP};

/* Every function of a list with a handle that is NULL or poisoned. */
static void no_list(tailspot_incidents *none, tailspot_result status) {
    CHECK(CALL(tailspot_incidents_take)(none, 1.0, TAILSPOT_ALERT_UP, 0.5) == status);
    CHECK(CALL(tailspot_incidents_take_many)(none, numbers, 1, alerts, numbers) == status);
    CHECK(CALL(tailspot_incidents_take_strided)(none, numbers, 1, 8, TAILSPOT_FLOAT64, alerts, numbers) == status);
    CHECK(CALL(tailspot_incidents_finish)(none) == status);
    CHECK(CALL(tailspot_incidents_next)(none, &out.incident, sizeof out.incident) == status);
    CHECK(CALL(tailspot_incidents_get_open)(none, &out.incident, sizeof out.incident) == status);
    CHECK(tailspot_incidents_fault(none) == status);
    CALL(tailspot_incidents_free)(none);
}

static void incidents(void) {
    const tailspot_config config = busy_config();
    tailspot_incidents *poisoned = make_list();
    begin("poisoned");
    CHECK(tailspot_incidents_fault(poisoned) == TAILSPOT_ERROR_BUG);
    no_list(poisoned, TAILSPOT_ERROR_POISONED);
    end();

    tailspot_incidents *list = make_list();
    begin("null");
    no_list(NULL, TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_incidents_new)(NULL, &out.incidents) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_new(&config, NULL) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_take_many(list, NULL, 3, alerts, numbers) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_take_many(list, numbers, 3, NULL, numbers) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_take_many(list, numbers, 3, alerts, NULL) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_take_strided(list, NULL, 3, 8, TAILSPOT_INT8, alerts, numbers) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_next(list, NULL, sizeof out.incident) == TAILSPOT_ERROR_NULL);
    CHECK(tailspot_incidents_get_open(list, NULL, sizeof out.incident) == TAILSPOT_ERROR_NULL);
    CHECK(CALL(tailspot_explain_incidents)(numbers, 3, 8, TAILSPOT_FLOAT64, NULL, numbers, NULL, 80) > 0);

    begin("size");
    const size_t counts[] = {much(SIZE_MAX), much(SIZE_MAX / 2), much(SIZE_MAX / 16 + 1)};
    for (size_t i = 0; i < 3; i++) {
        CHECK(CALL(tailspot_incidents_take_many)(list, numbers, counts[i], alerts, numbers) == TAILSPOT_ERROR_COUNT);
        CHECK(CALL(tailspot_incidents_take_strided)(list, numbers, counts[i], 0, TAILSPOT_INT8, alerts, numbers) ==
              TAILSPOT_ERROR_COUNT);
        CHECK(CALL(tailspot_explain_incidents)(numbers, counts[i], 0, TAILSPOT_INT8, alerts, numbers, NULL, 0) > 0);
    }
    CHECK(tailspot_incidents_take_many(list, NULL, 0, NULL, NULL) == TAILSPOT_OK);
    const size_t sizes[] = {0, sizeof(void *), 40, 49, much(SIZE_MAX)};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK(CALL(tailspot_incidents_get_open)(list, &out.incident, sizes[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
    CHECK(tailspot_incidents_take_strided(list, numbers, 3, 8, 12, alerts, numbers) == TAILSPOT_ERROR_TYPE);
    for (uintptr_t shift = 1; shift < sizeof(double); shift++) {
        const double *nowhere = (const double *)((uintptr_t)out.upper + shift);
        CHECK(tailspot_incidents_take_many(list, nowhere, 1, alerts, numbers) == TAILSPOT_ERROR_ALIGNMENT);
        CHECK(tailspot_incidents_take_many(list, numbers, 1, alerts, nowhere) == TAILSPOT_ERROR_ALIGNMENT);
    }
    CHECK(is_still_list(list) && tailspot_incidents_finish(list) == TAILSPOT_OK);
    CHECK(CALL(tailspot_incidents_next)(list, &out.incident, 3) == TAILSPOT_ERROR_STRUCT_SIZE);
    end();
    /* It is still there after the refusal. */
    CHECK(tailspot_incidents_next(list, &out.incident, sizeof out.incident) == TAILSPOT_OK);
    CHECK(tailspot_incidents_next(list, &out.incident, sizeof out.incident) == TAILSPOT_ERROR_PARAMETER);
    tailspot_incidents_free(list);
}

int main(int argc, char **argv) {
    (void)argv;
    tailspot_detector *spot = make_busy();
    null_pools(spot);
    poisoned_pool(spot);
    sizes_of_pools();
    codes_and_places_of_pools();
    damaged_pools(spot, argc > 1 ? 401 : 41);
    incidents();
    tailspot_free(spot);
    return 0;
}
