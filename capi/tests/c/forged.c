/* Forged snapshots: one to three bytes changed, with a checksum that fits. Each is refused, or gives a detector or a pool
 * that steps, saves and loads again. With the argument "long" 100,000 of each kind. */
#include "check.h"

enum { HEADER = 24, VALUES = 700, MOST_STATES = 16, STEPS = 60 };

static double values[VALUES];

/* CRC-32, of the first 20 bytes and of all that is behind the header, as the format wants it. */
static uint32_t checksum(const unsigned char *bytes, size_t size) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        if (i >= 20 && i < HEADER) continue;
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ ((crc & 1) ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static void seal(state forged) {
    const uint32_t crc = checksum(forged.bytes, forged.size);
    for (int i = 0; i < 4; i++) forged.bytes[20 + i] = (unsigned char)(crc >> 8 * i & 255u);
}

/* A copy of a snapshot with one to three bytes of its body changed. */
static void forge(state forged, state original, uint64_t *seed) {
    memcpy(forged.bytes, original.bytes, original.size);
    for (uint64_t i = 0; i <= random_bits(seed) % 3; i++)
        forged.bytes[HEADER + random_bits(seed) % (original.size - HEADER)] = (unsigned char)(random_bits(seed) & 255u);
    seal(forged);
}

static tailspot_config config_of(int way) {
    tailspot_config config = busy_config();
    config.max_excess = 20;
    if (way == 1) config.depth = 8, config.scale_depth = 16;
    if (way == 2) config.depth = 8, config.period = 12;
    if (way == 3) config.limit = 2.0, config.accounting = TAILSPOT_LEARNED, config.down = 0;
    return config;
}

/* Detectors with each kind of state: collecting, just calibrated, with alerts behind them; and pools of two keys. */
static size_t make_states(state *states, int is_pool) {
    static uint64_t keys[VALUES];
    const size_t counts[] = {30, 260, VALUES};
    size_t made = 0;
    for (size_t i = 0; i < VALUES; i++) keys[i] = i % 2;
    for (int way = 0; way < 4; way++)
        for (size_t i = 0; i < 3; i++) {
            const tailspot_config config = config_of(way);
            if (is_pool) {
                tailspot_pool *pool = make_pool(&config, 1);
                CHECK(tailspot_pool_step_many(pool, keys, values, counts[i], NULL, NULL, NULL, NULL) == TAILSPOT_OK);
                states[made++] = state_of_pool(pool);
                tailspot_pool_free(pool);
            } else {
                tailspot_detector *spot = make(&config);
                CHECK(tailspot_step_many(spot, values, counts[i], NULL, NULL, NULL, NULL) == TAILSPOT_OK);
                states[made++] = state_of(spot);
                tailspot_free(spot);
            }
        }
    return made;
}

static void saves_and_loads(const tailspot_detector *spot) {
    tailspot_detector *again = NULL;
    state saved = state_of(spot);
    CHECK(tailspot_load(saved.bytes, saved.size, &again) == TAILSPOT_OK);
    CHECK(is_still(again, saved));
    tailspot_free(again);
}

static int works(state forged) {
    tailspot_detector *spot = NULL;
    const tailspot_result result = tailspot_load(forged.bytes, forged.size, &spot);
    CHECK(result == TAILSPOT_OK || (result == TAILSPOT_ERROR_SNAPSHOT && spot == NULL));
    if (spot == NULL) return 0;
    saves_and_loads(spot);
    for (size_t i = 0; i < STEPS; i++) {
        double upper, lower, probability;
        CHECK(tailspot_verdict(spot, values[i], &upper, &lower, &probability) != TAILSPOT_INVALID);
    }
    saves_and_loads(spot);
    tailspot_free(spot);
    return 1;
}

static int works_as_pool(state forged) {
    tailspot_pool *pool = NULL, *again = NULL;
    const tailspot_result result = tailspot_pool_load(forged.bytes, forged.size, 1, &pool);
    CHECK(result == TAILSPOT_OK || (result == TAILSPOT_ERROR_SNAPSHOT && pool == NULL));
    if (pool == NULL) return 0;
    for (size_t i = 0; i < STEPS; i++) CHECK(tailspot_pool_step(pool, i % 3, values[i]) != TAILSPOT_INVALID);
    state saved = state_of_pool(pool);
    CHECK(tailspot_pool_load(saved.bytes, saved.size, 1, &again) == TAILSPOT_OK);
    CHECK(is_still_pool(again, saved));
    tailspot_pool_free(again);
    tailspot_pool_free(pool);
    return 1;
}

static void each_is_refused_or_works(size_t count, int is_pool) {
    state states[MOST_STATES];
    uint64_t seed = is_pool ? 23 : 22;
    size_t loaded = 0;
    const size_t made = make_states(states, is_pool);
    for (size_t i = 0; i < count; i++) {
        const state original = states[i % made];
        const state forged = {original.size, allocate(original.size)};
        forge(forged, original, &seed);
        loaded += (size_t)(is_pool ? works_as_pool(forged) : works(forged));
        free(forged.bytes);
    }
    for (size_t i = 0; i < made; i++) {
        seal(states[i]); /* The checksum here is that of the library. */
        CHECK(is_pool ? works_as_pool(states[i]) : works(states[i]));
        free(states[i].bytes);
    }
    printf("%zu forged %s: %zu were loaded and work\n", count, is_pool ? "pools" : "detectors", loaded);
    CHECK(loaded > count / 4 && (loaded < count || count < 100));
}

int main(int argc, char **argv) {
    const int is_long = argc > 1 && strcmp(argv[1], "long") == 0;
    const size_t count = is_long ? 100000 : argc > 1 ? 40 : 2000;
    fill_with_noise(values, VALUES, 9);
    each_is_refused_or_works(count, 0);
    each_is_refused_or_works(is_long ? count : count / 4, 1);
    puts("forged: ok");
    return 0;
}
