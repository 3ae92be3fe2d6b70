/* Incidents: the lists of single values and of arrays are those of a plain loop over the alerts, and as many as the
 * detector itself counts. */
#include "check.h"

enum { COUNT = 6000, MOST = 1000 };

static double values[COUNT];

/* Noise with bursts of both sides, holes, and infinities. */
static void fill(void) {
    uint64_t seed = 5;
    fill_with_noise(values, COUNT, 41);
    for (size_t start = 700; start + 60 < COUNT; start += 500)
        for (size_t i = 0; i < random_bits(&seed) % 60; i++)
            values[start + i] += (i % 3 == 0 ? -1.0 : 1.0) * (double)(random_bits(&seed) % 40);
    values[3000] = INFINITY;
    values[3001] = -INFINITY;
    values[4003] = -INFINITY;
}

/* The incidents of a stream by a plain loop: `found` has space for MOST. */
static size_t plain(answers out, uint64_t gap, tailspot_incident *found) {
    size_t incidents = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        if (out.events[i] != TAILSPOT_ALERT_UP && out.events[i] != TAILSPOT_ALERT_DOWN) continue;
        const double p = isinf(values[i]) ? 0.0 : out.probability[i];
        tailspot_incident *last = &found[incidents > 0 ? incidents - 1 : 0];
        if (incidents == 0 || i - last->last > gap) {
            CHECK(incidents < MOST);
            found[incidents++] = (tailspot_incident){sizeof *found, out.events[i], i, i, 1, values[i], p};
            continue;
        }
        const int is_farther = last->side == out.events[i] && fabs(values[i]) > fabs(last->peak);
        last->last = i;
        last->count++;
        if (p > last->probability || (p >= last->probability && !is_farther)) continue;
        last->side = out.events[i];
        last->peak = values[i];
        last->probability = p;
    }
    return incidents;
}

static tailspot_incidents *make_list(const tailspot_config *config) {
    tailspot_incidents *made = NULL;
    CHECK(tailspot_incidents_new(config, &made) == TAILSPOT_OK && made != NULL);
    return made;
}

static void check_next(tailspot_incidents *list, const tailspot_incident *expected) {
    tailspot_incident incident;
    CHECK(tailspot_incidents_next(list, &incident, sizeof incident) == TAILSPOT_OK);
    CHECK(memcmp(&incident, expected, sizeof incident) == 0);
}

/* Ends the list, which has these incidents and no others; frees it. */
static void check_list(tailspot_incidents *list, const tailspot_incident *expected, size_t count) {
    tailspot_incident more;
    CHECK(tailspot_incidents_finish(list) == TAILSPOT_OK);
    for (size_t i = 0; i < count; i++) check_next(list, &expected[i]);
    CHECK(tailspot_incidents_next(list, &more, sizeof more) == TAILSPOT_ERROR_PARAMETER);
    CHECK(tailspot_incidents_finish(list) == TAILSPOT_OK);
    CHECK(tailspot_incidents_next(list, &more, sizeof more) == TAILSPOT_ERROR_PARAMETER);
    tailspot_incidents_free(list);
}

static void every_way_gives_those_of_a_plain_loop(uint64_t quarantine) {
    static tailspot_incident expected[MOST];
    tailspot_config config = busy_config();
    config.quarantine = quarantine;
    tailspot_detector *spot = make(&config);
    tailspot_incidents *one = make_list(&config), *parts = make_list(&config), *column = make_list(&config);
    answers out = make_answers(COUNT, EVERYTHING);
    size_t started = 0;
    tailspot_incident open;
    for (size_t i = 0; i < COUNT; i++) {
        judge_one(spot, values[i], &out, i);
        CHECK(tailspot_incidents_take(one, values[i], out.events[i], out.probability[i]) == TAILSPOT_OK);
        const int is_alert = out.events[i] == TAILSPOT_ALERT_UP || out.events[i] == TAILSPOT_ALERT_DOWN;
        const int is_open = tailspot_incidents_get_open(one, &open, sizeof open) == TAILSPOT_OK;
        CHECK(is_open ? open.last <= i : !is_alert);
        started += is_alert && open.count == 1;
    }
    const size_t count = plain(out, quarantine < 20 ? 20 : quarantine, expected);
    tailspot_status status;
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(count > 20 && count == started && count == status.incidents);
    check_list(one, expected, count);

    for (size_t start = 0, part = 1; start < COUNT; start += part, part = part % 97 + 13) {
        if (part > COUNT - start) part = COUNT - start;
        CHECK(tailspot_incidents_take_many(parts, &values[start], part, &out.events[start],
                                           &out.probability[start]) == TAILSPOT_OK);
    }
    check_list(parts, expected, count);

    /* A column of an array of structs. */
    static struct row {
        char key;
        char value[sizeof(double)];
    } rows[COUNT];
    for (size_t i = 0; i < COUNT; i++) memcpy(rows[i].value, &values[i], sizeof(double));
    CHECK(tailspot_incidents_take_strided(column, rows[0].value, COUNT, sizeof *rows, TAILSPOT_FLOAT64, out.events,
                                          out.probability) == TAILSPOT_OK);
    check_list(column, expected, count);
    free_answers(out);
    tailspot_free(spot);
}

/* What is refused leaves the list as it was, and a sentence names the value and the range. */
static void what_no_detector_gives_is_refused(void) {
    static const struct {
        int8_t event;
        double value, probability;
        const char *sentence;
    } cases[] = {
        {6, 1.0, 0.5, "event code = 6 is out of range"},
        {TAILSPOT_INVALID, 1.0, 0.5, "event code = -128 is out of range"},
        {TAILSPOT_ALERT_UP, NAN, 0.5, "value = NaN is out of range: needs a number for an alert"},
        {TAILSPOT_ALERT_UP, 1.0, NAN, "probability = NaN is out of range: needs 0 to 1 for an alert"},
        {TAILSPOT_ALERT_DOWN, 1.0, -0.5, "probability = -0.5 is out of range"},
        {TAILSPOT_ALERT_DOWN, 1.0, 1.5, "probability = 1.5 is out of range"},
    };
    const tailspot_config config = busy_config();
    tailspot_incidents *list = make_list(&config);
    CHECK(tailspot_incidents_take(list, 5.0, TAILSPOT_ALERT_UP, 1e-3) == TAILSPOT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* An alert, and then the bad one: neither is taken. */
        const int8_t events[] = {TAILSPOT_ALERT_UP, cases[i].event};
        const double both[] = {9.0, cases[i].value}, probability[] = {1e-9, cases[i].probability};
        char text[200];
        CHECK(tailspot_incidents_take(list, both[1], events[1], probability[1]) == TAILSPOT_ERROR_PARAMETER);
        CHECK(tailspot_incidents_take_many(list, both, 2, events, probability) == TAILSPOT_ERROR_PARAMETER);
        CHECK(tailspot_explain_incidents(both, 2, sizeof *both, TAILSPOT_FLOAT64, events, probability, text,
                                         sizeof text) == strlen(text));
        CHECK(strstr(text, cases[i].sentence) != NULL);
        CHECK(tailspot_explain_incidents(both, 1, sizeof *both, TAILSPOT_FLOAT64, events, probability, NULL, 0) == 0);
    }
    CHECK(tailspot_incidents_take(list, 1.0, 257, 0.5) == TAILSPOT_ERROR_PARAMETER);
    CHECK(tailspot_incidents_take(list, INFINITY, TAILSPOT_ALERT_UP, NAN) == TAILSPOT_OK);
    /* Of a value that is not an alert nothing is looked at. */
    CHECK(tailspot_incidents_take(list, NAN, TAILSPOT_MISSING, NAN) == TAILSPOT_OK);
    const tailspot_incident expected = {sizeof expected, TAILSPOT_UP, 0, 1, 2, INFINITY, 0.0};
    check_list(list, &expected, 1);
}

int main(void) {
    fill();
    every_way_gives_those_of_a_plain_loop(0);
    every_way_gives_those_of_a_plain_loop(20);
    every_way_gives_those_of_a_plain_loop(75);
    what_no_detector_gives_is_refused();
    puts("incidents: ok");
    return 0;
}
