/* Structs of older and newer programs: each begins with its own size. */
#include "check.h"

enum { LARGEST = 4096 };

static const size_t refused[] = {0, 1, 2, 3, LARGEST + 1, 65536, UINT32_MAX, (size_t)UINT32_MAX + 65, SIZE_MAX};
static const size_t refused_count = sizeof refused / sizeof *refused;

/* Compares what a getter wrote into `size` bytes of untouched memory with the whole struct. */
static void check_written(const unsigned char *written, const void *whole, size_t known, size_t size) {
    uint32_t size_written;
    memcpy(&size_written, written, sizeof size_written);
    CHECK(size_written == size);
    size_t both = size < known ? size : known;
    CHECK(memcmp(written + 4, (const unsigned char *)whole + 4, both - 4) == 0);
    for (size_t i = known; i < size; i++) CHECK(written[i] == 0);
    CHECK(is_untouched(written + size, LARGEST + 8 - size));
}

/* All sizes around the fields, some beyond them. */
static size_t next_size(size_t size) {
    return size < 200 ? size + 1 : size < 4000 ? size + 397 : size + 1;
}

static void the_getters_fill_what_there_is_room_for_and_zero_the_rest(void) {
    tailspot *spot = make_busy();
    tailspot_config defaults, config;
    tailspot_detector_status status;
    tailspot_pool_status pool_status;
    const tailspot_config busy = busy_config();
    tailspot_pool *pool = make_pool(&busy, 3);
    CHECK(tailspot_pool_get_status(pool, &pool_status, sizeof pool_status) == TAILSPOT_OK);
    CHECK(pool_status.struct_size == 24 && pool_status.threads == 3);
    CHECK(tailspot_config_init(&defaults, sizeof defaults) == TAILSPOT_OK);
    CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK);
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(defaults.struct_size == 64 && config.struct_size == 64 && status.struct_size == 160);
    CHECK(config.q == 5e-3 && config.max_excess == 40 && defaults.q == 1e-4 && defaults.max_excess == 200);

    unsigned char *written = allocate(LARGEST + 8);
    for (size_t size = 4; size <= LARGEST; size = next_size(size)) {
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_config_init((tailspot_config *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &defaults, sizeof defaults, size);
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_get_config(spot, (tailspot_config *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &config, sizeof config, size);
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_get_status(spot, (tailspot_detector_status *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &status, sizeof status, size);
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_pool_get_status(pool, (tailspot_pool_status *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &pool_status, sizeof pool_status, size);
    }
    memset(written, UNTOUCHED, LARGEST + 8);
    for (size_t i = 0; i < refused_count; i++) {
        tailspot_config *as_config = (tailspot_config *)(void *)written;
        tailspot_detector_status *as_status = (tailspot_detector_status *)(void *)written;
        CHECK(tailspot_config_init(as_config, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(tailspot_get_config(spot, as_config, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(tailspot_get_status(spot, as_status, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
    }
    CHECK(is_untouched(written, LARGEST + 8));
    free(written);
    tailspot_free(spot);
    tailspot_pool_free(pool);
}

/* What a detector was made with, if the program knew only `size` bytes of `full`. */
static tailspot_config made_with(const tailspot_config *full, size_t size) {
    unsigned char *given = allocate(size);
    memcpy(given, full, size);
    uint32_t size_given = (uint32_t)size;
    memcpy(given, &size_given, sizeof size_given);
    tailspot *spot = make((const tailspot_config *)(void *)given);
    tailspot_config config;
    CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK);
    tailspot_free(spot);
    free(given);
    return config;
}

#define TAKEN(field)                                                                                                   \
    CHECK(memcmp(&made.field,                                                                                          \
                 offsetof(tailspot_config, field) + sizeof made.field <= size ? &full.field : &defaults.field,         \
                 sizeof made.field) == 0)

static void a_smaller_config_takes_the_defaults_for_the_fields_it_lacks(void) {
    tailspot_config defaults, full;
    CHECK(tailspot_config_init(&defaults, sizeof defaults) == TAILSPOT_OK);
    for (int is_up = 0; is_up < 2; is_up++) {
        full = defaults;
        full.accounting = TAILSPOT_LEARNED;
        full.q = 2e-3;
        full.level = 0.97;
        full.n_init = 500;
        full.max_excess = 50;
        full.depth = 7;
        full.quarantine = 3;
        full.up = (uint8_t)is_up;
        full.down = (uint8_t)!is_up;
        full.alert = 0;
        full.bounded = 0;
        full.threshold = TAILSPOT_PLUG_IN;
        for (size_t size = 4; size <= sizeof full; size++) {
            tailspot_config made = made_with(&full, size);
            TAKEN(accounting);
            TAKEN(q);
            TAKEN(level);
            TAKEN(n_init);
            TAKEN(max_excess);
            TAKEN(depth);
            TAKEN(quarantine);
            TAKEN(up);
            TAKEN(down);
            TAKEN(alert);
            TAKEN(bounded);
            TAKEN(threshold);
        }
    }
}

static void a_larger_config_is_accepted_if_its_tail_is_zero(void) {
    const size_t sizes[] = {65, 68, 72, 200, LARGEST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        unsigned char *given = allocate(size);
        tailspot_config *config = (tailspot_config *)(void *)given;
        CHECK(tailspot_config_init(config, size) == TAILSPOT_OK && config->struct_size == size);
        config->max_excess = 33;
        tailspot *spot = make(config);
        tailspot_config made;
        CHECK(tailspot_get_config(spot, &made, sizeof made) == TAILSPOT_OK);
        CHECK(made.max_excess == 33 && made.struct_size == sizeof made);
        tailspot_free(spot);
        for (size_t place = 64; place < size; place = size > 200 ? next_size(place) : place + 1) {
            given[place] = 1;
            spot = NULL;
            CHECK(tailspot_new(config, &spot) == TAILSPOT_ERROR_STRUCT_SIZE && spot == NULL);
            CHECK(tailspot_explain_config(config, NULL, 0) > 0);
            given[place] = 0;
        }
        CHECK(tailspot_explain_config(config, NULL, 0) == 0);
        free(given);
    }
}

static void sizes_that_no_struct_has_are_refused(void) {
    for (size_t i = 0; i < refused_count; i++) {
        if (refused[i] > UINT32_MAX) continue;
        /* Not read: there are only four bytes. */
        uint32_t *given = allocate(sizeof *given);
        *given = (uint32_t)refused[i];
        tailspot *spot = NULL;
        CHECK(tailspot_new((const tailspot_config *)(void *)given, &spot) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(spot == NULL);
        free(given);
    }
}

int main(void) {
    the_getters_fill_what_there_is_room_for_and_zero_the_rest();
    a_smaller_config_takes_the_defaults_for_the_fields_it_lacks();
    a_larger_config_is_accepted_if_its_tail_is_zero();
    sizes_that_no_struct_has_are_refused();
    puts("structs: ok");
    return 0;
}
