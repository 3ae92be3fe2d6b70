/* Arrays of every element type, in either byte order, at any distance and place: the same as the converted doubles. */
#include "check.h"

#include <float.h>

static const int32_t types[] = {TAILSPOT_INT8,   TAILSPOT_UINT8, TAILSPOT_INT16,  TAILSPOT_UINT16,
                                TAILSPOT_INT32,  TAILSPOT_UINT32, TAILSPOT_INT64, TAILSPOT_UINT64,
                                TAILSPOT_FLOAT16, TAILSPOT_FLOAT32, TAILSPOT_FLOAT64};
static const size_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
enum { TYPES = sizeof types / sizeof *types };

/* Half precision by way of the bits of single precision; the library multiplies by powers of two. */
static double half(uint16_t bits) {
    uint32_t sign = (uint32_t)(bits >> 15) << 31, exponent = (bits >> 10) & 31u, fraction = bits & 1023u;
    uint32_t wide;
    if (exponent == 31)
        wide = sign | 0x7f800000u | fraction << 13;
    else if (exponent > 0)
        wide = sign | (exponent + 112) << 23 | fraction << 13;
    else if (fraction == 0)
        wide = sign;
    else {
        for (exponent = 113; (fraction & 1024u) == 0; exponent--) fraction <<= 1;
        wide = sign | exponent << 23 | (fraction & 1023u) << 13;
    }
    float value;
    memcpy(&value, &wide, sizeof value);
#if defined __GNUC__ && !defined __clang__ && __GNUC__ >= 12 && defined __x86_64__
    __extension__ _Float16 narrow;
    memcpy(&narrow, &bits, sizeof narrow);
    CHECK(is_same((double)narrow, (double)value));
#endif
    return (double)value;
}

/* Writes an element that is about `scale` times as large as x, and returns the double that it stands for. */
#define PUT(type)                                                                                                      \
    do {                                                                                                               \
        type element = (type)(x * scale);                                                                              \
        memcpy(place, &element, sizeof element);                                                                       \
        return (double)element;                                                                                        \
    } while (0)

static double put(unsigned char *place, int32_t type, double x) {
    const double scale = type == TAILSPOT_INT8 || type == TAILSPOT_UINT8     ? 3.0
                         : type == TAILSPOT_INT16 || type == TAILSPOT_UINT16 ? 500.0
                         : type == TAILSPOT_INT32 || type == TAILSPOT_UINT32 ? 3e7
                         : type == TAILSPOT_INT64 || type == TAILSPOT_UINT64 ? 1e17
                                                                             : 0.1;
    const int is_unsigned = type <= TAILSPOT_UINT64 && type % 2 == 0;
    if (type <= TAILSPOT_UINT64) x = isnan(x) ? 0.0 : is_unsigned ? fmin(fabs(x), 80.0) : fmax(-40.0, fmin(x, 40.0));
    switch (type) {
    case TAILSPOT_INT8: PUT(int8_t);
    case TAILSPOT_UINT8: PUT(uint8_t);
    case TAILSPOT_INT16: PUT(int16_t);
    case TAILSPOT_UINT16: PUT(uint16_t);
    case TAILSPOT_INT32: PUT(int32_t);
    case TAILSPOT_UINT32: PUT(uint32_t);
    case TAILSPOT_INT64: PUT(int64_t);
    case TAILSPOT_UINT64: PUT(uint64_t);
    case TAILSPOT_FLOAT32: PUT(float);
    case TAILSPOT_FLOAT64: PUT(double);
    default: break;
    }
    /* Half precision: the upper bits of single precision, with the exponent moved. */
    float single = (float)(isnan(x) ? 0.0 : x);
    uint32_t wide;
    memcpy(&wide, &single, sizeof wide);
    int32_t exponent = (int32_t)(wide >> 23 & 255u) - 112;
    uint16_t bits = exponent <= 0 || isnan(x)
                        ? (uint16_t)(isnan(x) ? 0x7e00 : 0)
                        : (uint16_t)((wide >> 16 & 0x8000u) | (uint32_t)exponent << 10 | (wide >> 13 & 1023u));
    memcpy(place, &bits, sizeof bits);
    return half(bits);
}

static void swap(unsigned char *place, size_t size) {
    for (size_t i = 0; i < size / 2; i++) {
        unsigned char byte = place[i];
        place[i] = place[size - 1 - i];
        place[size - 1 - i] = byte;
    }
}

enum { MOST = 2100, FITTED = 250 };

/* The array lies in the middle of memory that ends where it does, `shift` bytes from where it would be aligned. */
static void check_layout(const tailspot_config *config, size_t which, int is_swapped, ptrdiff_t stride, size_t shift,
                         size_t count) {
    const size_t size = sizes[which];
    const int32_t type = types[which] | (is_swapped ? TAILSPOT_SWAPPED : 0);
    const size_t distance = (size_t)(stride < 0 ? -stride : stride);
    unsigned char *memory = allocate(shift + (count - 1) * distance + size);
    unsigned char *first = memory + shift + (stride < 0 ? (count - 1) * distance : 0);
    static double values[MOST], upper[2][MOST], lower[2][MOST];
    static int8_t events[2][MOST];
    uint64_t seed = 5;
    for (size_t i = 0; i < count; i++) {
        unsigned char *place = first + (ptrdiff_t)i * stride;
        double x = stride == 0 && i > 0 ? values[0] : random_bits(&seed) % 100 == 0 ? NAN : noise(&seed);
        if (stride != 0 || i == 0) x = put(place, types[which], x);
        values[i] = x;
    }
    for (size_t i = 0; is_swapped && i < (stride == 0 ? 1 : count); i++) swap(first + (ptrdiff_t)i * stride, size);

    tailspot_detector *strided = make(config), *plain = make(config);
    CHECK(tailspot_fit_strided(strided, first, FITTED, stride, type) == TAILSPOT_OK);
    CHECK(tailspot_fit(plain, values, FITTED) == TAILSPOT_OK);
    CHECK(is_same_state(strided, plain));
    CHECK(tailspot_step_strided(strided, first, count, stride, type, events[0], upper[0], lower[0], NULL) == TAILSPOT_OK);
    CHECK(tailspot_step_many(plain, values, count, events[1], upper[1], lower[1], NULL) == TAILSPOT_OK);
    CHECK(memcmp(events[0], events[1], count) == 0);
    for (size_t i = 0; i < count; i++) CHECK(is_same(upper[0][i], upper[1][i]) && is_same(lower[0][i], lower[1][i]));
    CHECK(is_same_state(strided, plain));
    for (int32_t side = TAILSPOT_DOWN; side <= TAILSPOT_UP; side++) {
        state before = state_of(strided);
        CHECK(tailspot_tail_probability_strided(strided, side, first, count, stride, type, upper[0]) == TAILSPOT_OK);
        for (size_t i = 0; i < count; i++)
            CHECK(is_same(upper[0][i], tailspot_tail_probability(plain, side, values[i])));
        CHECK(is_still(strided, before));
    }
    CHECK(tailspot_step_strided(strided, first, count, stride, type, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    CHECK(tailspot_step_many(plain, values, count, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    CHECK(is_same_state(strided, plain));
    tailspot_free(strided);
    tailspot_free(plain);
    free(memory);
}

static void every_layout_is_like_the_converted_doubles(int is_short) {
    tailspot_config config = busy_config();
    for (size_t which = 0; which < TYPES; which++) {
        const ptrdiff_t size = (ptrdiff_t)sizes[which];
        const ptrdiff_t strides[] = {size, 3 * size, size + 1, 0, -size, -(2 * size + 3)};
        for (int is_swapped = 0; is_swapped < 2; is_swapped++)
            for (size_t i = 0; i < 6; i++)
                for (size_t shift = 0; shift < 2; shift++)
                    if (!is_short || (is_swapped == (int)(i % 2) && shift == i % 2 && (i == 5 || i % 3 == which % 3)))
                        check_layout(&config, which, is_swapped, strides[i], shift,
                                     !is_short ? MOST
                                     : i == 5  ? 1030
                                               : 260);
    }
}

/* With a window of one value the drift is the last value: what the library takes an element for. */
static void check_element(tailspot_detector *strided, tailspot_detector *plain, const void *bytes, size_t which, double value) {
    unsigned char swapped[8];
    memcpy(swapped, bytes, sizes[which]);
    swap(swapped, sizes[which]);
    for (int is_swapped = 0; is_swapped < 2; is_swapped++) {
        CHECK(tailspot_reset(strided) == TAILSPOT_OK && tailspot_reset(plain) == TAILSPOT_OK);
        int8_t event;
        CHECK(tailspot_step_strided(strided, is_swapped ? swapped : bytes, 1, 0,
                                    types[which] | (is_swapped ? TAILSPOT_SWAPPED : 0), &event, NULL,
                                    NULL, NULL) == TAILSPOT_OK);
        CHECK(event == tailspot_step(plain, value));
        const int expected = isnan(value)      ? TAILSPOT_MISSING
                             : isfinite(value) ? TAILSPOT_INIT_BATCH
                             : value > 0.0     ? TAILSPOT_ALERT_UP
                                               : TAILSPOT_ALERT_DOWN;
        CHECK(event == expected);
        if (isfinite(value)) CHECK(tailspot_drift(strided) == value);
        CHECK(is_same(tailspot_drift(strided), tailspot_drift(plain)));
    }
}

static tailspot_detector *make_probe(void) {
    tailspot_config config = busy_config();
    config.depth = 1;
    return make(&config);
}

#define EXTREMES(type, which, ...)                                                                                     \
    do {                                                                                                               \
        const type elements[] = {__VA_ARGS__};                                                                         \
        for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)                                                \
            check_element(strided, plain, &elements[i], which, (double)elements[i]);                                   \
    } while (0)

static void the_largest_and_smallest_elements_are_what_they_are(void) {
    tailspot_detector *strided = make_probe(), *plain = make_probe();
    const int64_t odd = INT64_C(9007199254740993);
    const uint64_t unsigned_odd = UINT64_C(9007199254740993);
    EXTREMES(int8_t, 0, 0, 1, -1, INT8_MAX, INT8_MIN);
    EXTREMES(uint8_t, 1, 0, 1, 128, UINT8_MAX);
    EXTREMES(int16_t, 2, 0, 1, -1, 258, INT16_MAX, INT16_MIN);
    EXTREMES(uint16_t, 3, 0, 1, 258, 32768, UINT16_MAX);
    EXTREMES(int32_t, 4, 0, 1, -1, 66051, INT32_MAX, INT32_MIN);
    EXTREMES(uint32_t, 5, 0, 1, 66051, UINT32_C(2147483648), UINT32_MAX);
    EXTREMES(int64_t, 6, 0, 1, -1, odd - 2, odd, -odd, odd + 2, INT64_MAX, INT64_MIN);
    EXTREMES(uint64_t, 7, 0, 1, unsigned_odd, unsigned_odd + 2, UINT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1024);
    EXTREMES(float, 9, 0.0f, -0.0f, 1.5f, FLT_MAX, -FLT_MAX, FLT_MIN, FLT_MIN / 8388608.0f, NAN, INFINITY, -INFINITY);
    EXTREMES(double, 10, 0.0, -0.0, 1.5, 1e300, -1e300, DBL_MIN, 1e-300, NAN, INFINITY, -INFINITY);
    tailspot_free(strided);
    tailspot_free(plain);
}

static void all_half_precision_numbers_are_what_they_are(uint16_t step) {
    tailspot_detector *strided = make_probe(), *plain = make_probe();
    CHECK(half(0x3c00) == 1.0 && half(0xc000) == -2.0 && half(0x7bff) == 65504.0 && half(0x0001) == 0x1p-24);
    CHECK(half(0x03ff) == 1023 * 0x1p-24 && half(0x0400) == 0x1p-14);
    CHECK(half(0xfc00) == -INFINITY && isnan(half(0x7c01)));
    for (uint32_t i = 0; i < 65536; i += step) {
        uint16_t bits = (uint16_t)i;
        check_element(strided, plain, &bits, 8, half(bits));
    }
    tailspot_free(strided);
    tailspot_free(plain);
}

int main(int argc, char **argv) {
    (void)argv;
    every_layout_is_like_the_converted_doubles(argc > 1);
    the_largest_and_smallest_elements_are_what_they_are();
    all_half_precision_numbers_are_what_they_are(argc > 1 ? 257 : 1);
    puts("strided: ok");
    return 0;
}
