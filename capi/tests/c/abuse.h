/* What the two programs share that call every function of the header as no program should: with NULL, with a poisoned
 * handle, with counts and sizes that cannot be, with unknown types, and with damaged snapshots.
 *
 * Each prints a line for each function and chapter, such as "poisoned tailspot_step": capi/tests/capi.rs wants every
 * function of the header in every chapter that its parameters belong to. */
#ifndef ABUSE_H
#define ABUSE_H

#include "check.h"

/* In the library of the tests only: a bug, caught at the gate. */
tailspot_result tailspot_fault(tailspot_detector *spot);
tailspot_result tailspot_pool_fault(tailspot_pool *pool);
tailspot_result tailspot_incidents_fault(tailspot_incidents *incidents);

static const char *chapter = "";

static void note(const char *function) {
    static const char *last = "";
    if (strcmp(function, last) != 0) printf("%s %s\n", chapter, function);
    last = function;
}

/* A function of the library, noted. */
#define CALL(function) (note(#function), function)

/* What was refused changed nothing. */
#define REFUSED(expected, ...)                                                                                         \
    do {                                                                                                               \
        state then = state_of(spot);                                                                                   \
        CHECK((__VA_ARGS__) == (expected));                                                                            \
        CHECK(is_still(spot, then));                                                                                   \
    } while (0)

static const double numbers[3] = {1.0, 2.0, 3.0};
static const uint64_t keys[3] = {1, 2, UINT64_MAX};

/* Places for all that is written; untouched before each chapter, and checked after it. */
static struct {
    tailspot_config config;
    tailspot_status status;
    double upper[4], lower[4], probability[4];
    int8_t events[4];
    char text[32];
    unsigned char bytes[64];
    tailspot_detector *spot;
    uint64_t keys[4];
    tailspot_pool_status pool_status;
    tailspot_reason reason;
    tailspot_pool *pool;
    tailspot_incident incident;
    tailspot_incidents *incidents;
} out;

static void begin(const char *name) {
    chapter = name;
    memset(&out, UNTOUCHED, sizeof out);
}

static void end(void) {
    CHECK(is_untouched(&out, sizeof out));
}

/* The tool must not know that such a count is out of the question. */
static size_t much(size_t count) {
    volatile size_t hidden = count;
    return hidden;
}

#endif
