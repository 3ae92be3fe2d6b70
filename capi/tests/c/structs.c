/* Structs of older and newer programs: each begins with its own size. */
#include "check.h"

enum { LARGEST = 4096 };

static const size_t refused[] = {0,           1,     2,          3,                       4,       sizeof(void *),
                                 LARGEST + 8, 65536, UINT32_MAX, (size_t)UINT32_MAX + 193, SIZE_MAX};
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

/* Sizes that a later version may have: from that of the first one on, in steps of eight. */
static size_t next_size(size_t size) {
    return size < 280 ? size + 8 : size < 4000 ? size + 392 : size + 8;
}

/* Whether a getter writes into `size` bytes. */
static int is_size(size_t size, size_t first) {
    return size >= first && size % 8 == 0 && size <= LARGEST;
}

static void the_getters_fill_what_fits_and_zero_the_rest(void) {
    tailspot_detector *spot = make_busy();
    tailspot_config defaults, config;
    tailspot_status status;
    tailspot_pool_status pool_status;
    const tailspot_config busy = busy_config();
    tailspot_pool *pool = make_pool(&busy, 3);
    CHECK(tailspot_pool_get_status(pool, &pool_status, sizeof pool_status) == TAILSPOT_OK);
    CHECK(pool_status.struct_size == 24 && pool_status.threads == 3);
    CHECK(tailspot_config_init(&defaults, sizeof defaults) == TAILSPOT_OK);
    CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK);
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(defaults.struct_size == 192 && config.struct_size == 192 && status.struct_size == 256);
    CHECK(config.q == 5e-3 && config.max_excess == 40 && defaults.q == 1e-4 && defaults.max_excess == 200);

    unsigned char *written = allocate(LARGEST + 8);
    for (size_t size = 24; size <= LARGEST; size = next_size(size)) {
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_pool_get_status(pool, (tailspot_pool_status *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &pool_status, sizeof pool_status, size);
        if (size < sizeof config) continue;
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_config_init((tailspot_config *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &defaults, sizeof defaults, size);
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_get_config(spot, (tailspot_config *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &config, sizeof config, size);
        if (size < sizeof status) continue;
        memset(written, UNTOUCHED, LARGEST + 8);
        CHECK(tailspot_get_status(spot, (tailspot_status *)(void *)written, size) == TAILSPOT_OK);
        check_written(written, &status, sizeof status, size);
    }
    for (size_t size = 0; size <= 300; size++) {
        const int is_config = tailspot_get_config(spot, (tailspot_config *)(void *)written, size) == TAILSPOT_OK;
        const int is_status = tailspot_get_status(spot, (tailspot_status *)(void *)written, size) == TAILSPOT_OK;
        CHECK(is_config == is_size(size, 192) && is_status == is_size(size, 256));
    }
    memset(written, UNTOUCHED, LARGEST + 8);
    for (size_t i = 0; i < refused_count; i++) {
        tailspot_config *as_config = (tailspot_config *)(void *)written;
        tailspot_status *as_status = (tailspot_status *)(void *)written;
        CHECK(tailspot_config_init(as_config, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(tailspot_get_config(spot, as_config, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(tailspot_get_status(spot, as_status, refused[i]) == TAILSPOT_ERROR_STRUCT_SIZE);
    }
    CHECK(is_untouched(written, LARGEST + 8));
    free(written);
    tailspot_free(spot);
    tailspot_pool_free(pool);
}

static void a_larger_config_is_accepted_if_its_tail_is_zero(void) {
    const size_t sizes[] = {200, 208, 400, LARGEST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        unsigned char *given = allocate(size);
        tailspot_config *config = (tailspot_config *)(void *)given;
        CHECK(tailspot_config_init(config, size) == TAILSPOT_OK && config->struct_size == size);
        config->max_excess = 33;
        tailspot_detector *spot = make(config);
        tailspot_config made;
        CHECK(tailspot_get_config(spot, &made, sizeof made) == TAILSPOT_OK);
        CHECK(made.max_excess == 33 && made.struct_size == sizeof made);
        tailspot_free(spot);
        for (size_t place = 192; place < size; place += size > 400 ? 397 : 1) {
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

/* sizeof a pointer, by a program that goes on without a look at the result. */
static void the_size_of_a_pointer_is_refused_with_a_sentence(void) {
    tailspot_config filled, *config = &filled;
    char text[200];
    memset(&filled, 0, sizeof filled);
    CHECK(tailspot_config_init(config, sizeof config) == TAILSPOT_ERROR_STRUCT_SIZE);
    CHECK(strstr(tailspot_result_message(TAILSPOT_ERROR_STRUCT_SIZE), "a pointer") != NULL);
    config->q = 1e-3;
    tailspot_detector *spot = NULL;
    CHECK(tailspot_new(config, &spot) == TAILSPOT_ERROR_STRUCT_SIZE && spot == NULL);
    tailspot_explain_config(config, text, sizeof text);
    CHECK(strcmp(text, "struct_size = 0 is out of range: needs sizeof(tailspot_config), here 192") == 0);
}

static void sizes_that_no_struct_has_are_refused(void) {
    for (size_t i = 0; i < refused_count; i++) {
        if (refused[i] > UINT32_MAX) continue;
        /* Not read: there are only four bytes. */
        uint32_t *given = allocate(sizeof *given);
        *given = (uint32_t)refused[i];
        tailspot_detector *spot = NULL;
        CHECK(tailspot_new((const tailspot_config *)(void *)given, &spot) == TAILSPOT_ERROR_STRUCT_SIZE);
        CHECK(spot == NULL);
        free(given);
    }
}

int main(void) {
    the_getters_fill_what_fits_and_zero_the_rest();
    a_larger_config_is_accepted_if_its_tail_is_zero();
    the_size_of_a_pointer_is_refused_with_a_sentence();
    sizes_that_no_struct_has_are_refused();
    puts("structs: ok");
    return 0;
}
