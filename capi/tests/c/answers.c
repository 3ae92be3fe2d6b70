/* What a detector answers: sentences, snapshots, getters, and that they agree with each other. */
#include "check.h"

typedef size_t (*explain)(const void *what, char *text_out, size_t size);

static size_t explain_config(const void *what, char *text_out, size_t size) {
    return tailspot_explain_config(what, text_out, size);
}

static size_t explain_fit(const void *what, char *text_out, size_t size) {
    static const double few[3] = {1.0, 2.0, 3.0};
    return tailspot_explain_fit(what, few, 3, sizeof *few, TAILSPOT_FLOAT64, text_out, size);
}

static size_t explain_snapshot(const void *what, char *text_out, size_t size) {
    return tailspot_explain_snapshot(what, 10, text_out, size);
}

static size_t explain_q(const void *what, char *text_out, size_t size) {
    return tailspot_explain_q(what, 0.5, text_out, size);
}

static size_t explain_threads(const void *what, char *text_out, size_t size) {
    (void)what;
    return tailspot_pool_explain_threads(1025, text_out, size);
}

/* Like snprintf at every size of the buffer. */
static void check_sentence(explain function, const void *what, const char *part) {
    char whole[400];
    const size_t length = function(what, NULL, 0);
    CHECK(length > 10 && length < sizeof whole);
    CHECK(function(what, whole, sizeof whole) == length && strlen(whole) == length);
    CHECK(strstr(whole, part) != NULL);
    for (size_t i = 0; i < length; i++) CHECK(whole[i] >= ' ' && whole[i] <= '~');
    for (size_t size = 0; size < length + 3; size++) {
        char *text = allocate(size + 3);
        memset(text, UNTOUCHED, size + 3);
        CHECK(function(what, text, size) == length);
        const size_t written = size > length ? length + 1 : size;
        if (size > 0) CHECK(memcmp(text, whole, written - 1) == 0 && text[written - 1] == '\0');
        CHECK(is_untouched(text + written, size + 3 - written));
        free(text);
    }
}

static void sentences_name_the_value_and_the_range(void) {
    tailspot_config config = busy_config();
    config.level = 0.99;
    config.q = 2.0;
    check_sentence(explain_config, &config, "q = 2 is out of range: needs 0 < q < 1 - level = 0.01");
    config = busy_config();
    config.accounting = 4;
    check_sentence(explain_config, &config, "accounting = 4 is out of range: needs 0 to 3");
    config = busy_config();
    config.n_init = 3;
    check_sentence(explain_config, &config, "n_init = 3");
    tailspot_detector *spot = make_busy();
    check_sentence(explain_fit, spot, "are needed");
    check_sentence(explain_q, spot, "q = 0.5 is out of range: needs 0 < q < 1 - level = 0.05");
    check_sentence(explain_threads, NULL, "threads = 1025 is out of range: needs at most 1024");
    check_sentence(explain_snapshot, "not a snapshot", "not a usable snapshot: 10 bytes");
    tailspot_free(spot);
}

static void baselines_go_in_and_come_out(void) {
    tailspot_config config = busy_config(), made;
    config.n_init = 400;
    config.baselines[0].depth = 10;
    check_sentence(explain_config, &config, "baseline_count = 0 is out of range: needs 1 to 4");
    config.baselines[1].period = 24;
    config.baseline_count = 5;
    check_sentence(explain_config, &config, "baseline_count = 5 is out of range: needs 2 to 4");
    config.baseline_count = 2;
    config.baselines[1].scale_depth = 1;
    check_sentence(explain_config, &config, "baselines[1].scale_depth = 1 is out of range");
    config.baselines[1].scale_depth = 40;
    config.period = 24;
    check_sentence(explain_config, &config, "period");
    config.period = 0;
    config.limit = -1.0;
    check_sentence(explain_config, &config, "limit = -1 is out of range");
    config.limit = 2.5;
    tailspot_detector *spot = make(&config);
    CHECK(tailspot_get_config(spot, &made, sizeof made) == TAILSPOT_OK);
    CHECK(memcmp(&made, &config, sizeof made) == 0);
    double values[1200], upper, probability;
    fill_with_noise(values, 1200, 5);
    CHECK(tailspot_step_many(spot, values, 1200, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    CHECK(tailspot_verdict(spot, 1e6, &upper, NULL, &probability) == TAILSPOT_ALERT_UP);
    CHECK(upper < 1e6 && probability < 5e-3);
    tailspot_reason reason;
    for (size_t i = 0; i < 2; i++) {
        CHECK(tailspot_get_reason(spot, 1e6, i, &reason, sizeof reason) == TAILSPOT_OK);
        CHECK(memcmp(&reason.baseline, &config.baselines[i], sizeof reason.baseline) == 0);
        CHECK(reason.side == TAILSPOT_UP && reason.upper < 1e6 && reason.lower < reason.upper);
        CHECK(fabs((1e6 - reason.season - reason.level) / reason.scale / reason.residual - 1.0) < 1e-9);
    }
    CHECK(tailspot_get_reason(spot, 1e6, 2, &reason, sizeof reason) == TAILSPOT_ERROR_PARAMETER);
    tailspot_status status;
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.incidents > 0 && status.incidents <= status.alerts_up + status.alerts_down);
    CHECK(status.incidents_up > 0 && status.incidents_up <= status.alerts_up);
    tailspot_free(spot);
}

static void where_nothing_is_wrong_the_sentence_is_empty(void) {
    tailspot_config config = busy_config();
    tailspot_detector *spot = make_busy();
    double values[200];
    fill_with_noise(values, 200, 9);
    state saved = state_of(spot);
    char text[2] = "?";
    CHECK(tailspot_explain_config(&config, text, sizeof text) == 0 && text[0] == '\0');
    text[0] = '?';
    CHECK(tailspot_explain_fit(spot, values, 200, 8, TAILSPOT_FLOAT64, text, sizeof text) == 0 && text[0] == '\0');
    text[0] = '?';
    CHECK(tailspot_explain_q(spot, 1e-3, text, sizeof text) == 0 && text[0] == '\0');
    text[0] = '?';
    CHECK(tailspot_pool_explain_threads(1024, text, sizeof text) == 0 && text[0] == '\0');
    text[0] = '?';
    CHECK(tailspot_explain_snapshot(saved.bytes, saved.size, text, sizeof text) == 0 && text[0] == '\0');
    CHECK(is_still(spot, saved));
    tailspot_free(spot);
}

static void check_side(const tailspot_detector *spot, int32_t side, const tailspot_status *status, double q) {
    const int is_up = side == TAILSPOT_UP;
    const double z = tailspot_anomaly_threshold(spot, side), t = tailspot_excess_threshold(spot, side);
    CHECK(z == (is_up ? status->anomaly_threshold_up : status->anomaly_threshold_down));
    CHECK(t == (is_up ? status->excess_threshold_up : status->excess_threshold_down));
    CHECK(tailspot_shape(spot, side) == (is_up ? status->shape_up : status->shape_down));
    CHECK(tailspot_scale(spot, side) == (is_up ? status->scale_up : status->scale_down));
    CHECK(is_up ? z > t : z < t);
    /* The calibrated rule computes each of them to a few digits more than the tail is known. */
    CHECK(fabs(tailspot_tail_probability(spot, side, z) / q - 1.0) < 1e-4);
    CHECK(fabs(tailspot_quantile(spot, side, q) / z - 1.0) < 1e-5);
    CHECK(isnan(tailspot_tail_probability(spot, side, 0.0)) && isnan(tailspot_quantile(spot, side, 0.9)));
    tailspot_config config;
    CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK);
    const int is_fitted = config.threshold == TAILSPOT_PLUG_IN;
    CHECK(((is_up ? status->fit_up : status->fit_down) != TAILSPOT_NO_FIT) == is_fitted);
}

static void getters_agree_with_the_status(tailspot_threshold threshold) {
    tailspot_config config = busy_config();
    config.threshold = threshold;
    tailspot_detector *spot = make(&config);
    double values[400];
    fill_with_noise(values, 400, 7);
    CHECK(tailspot_step_many(spot, values, 400, NULL, NULL, NULL, NULL) == TAILSPOT_OK);
    /* A threshold follows n, the number of learned values, only when an excess is learned, and when q is set. */
    CHECK(tailspot_set_q(spot, 5e-3) == TAILSPOT_OK);
    tailspot_status status;
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.calibrated == 1 && status.missing > 0 && status.drift == 0.0 && tailspot_drift(spot) == 0.0);
    CHECK(status.excesses_up > 0 && status.excesses_down > 0 && status.n_t_up >= status.excesses_up);
    check_side(spot, TAILSPOT_UP, &status, 5e-3);
    check_side(spot, TAILSPOT_DOWN, &status, 5e-3);
    CHECK(tailspot_step(spot, 1e6) == TAILSPOT_ALERT_UP && tailspot_step(spot, -1e6) == TAILSPOT_ALERT_DOWN);
    CHECK(tailspot_step(spot, NAN) == TAILSPOT_MISSING && tailspot_step(spot, 0.0) == TAILSPOT_NORMAL);
    tailspot_status later;
    CHECK(tailspot_get_status(spot, &later, sizeof later) == TAILSPOT_OK);
    CHECK(later.alerts_up == status.alerts_up + 1 && later.alerts_down == status.alerts_down + 1);
    CHECK(later.seen == status.seen + 3 && later.missing == status.missing + 1);
    tailspot_free(spot);
}

static void before_the_calibration_numbers_are_not_available(void) {
    tailspot_config config = busy_config();
    config.depth = 5;
    config.down = 0;
    tailspot_detector *spot = make(&config);
    tailspot_status status;
    CHECK(tailspot_step(spot, 1.0) == TAILSPOT_INIT_BATCH);
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.calibrated == 0 && isnan(status.drift) && isnan(tailspot_drift(spot)));
    CHECK(isnan(status.anomaly_threshold_up) && isnan(status.excess_threshold_up) && isnan(status.scale_up));
    CHECK(status.fit_up == TAILSPOT_NO_FIT && isnan(tailspot_anomaly_threshold(spot, TAILSPOT_UP)));
    double values[300];
    fill_with_noise(values, 300, 4);
    CHECK(tailspot_fit(spot, values, 300) == TAILSPOT_OK);
    CHECK(tailspot_get_status(spot, &status, sizeof status) == TAILSPOT_OK);
    CHECK(status.calibrated == 1 && isfinite(status.drift) && status.drift == tailspot_drift(spot));
    CHECK(isfinite(status.shape_up) && status.fit_down == TAILSPOT_NO_FIT);
    CHECK(isnan(tailspot_anomaly_threshold(spot, TAILSPOT_DOWN)) && isnan(status.shape_down));
    CHECK(isfinite(tailspot_anomaly_threshold(spot, TAILSPOT_UP)));
    tailspot_free(spot);
}

static void intervals_hold_what_they_are_of(void) {
    tailspot_detector *spot = make_busy();
    const int32_t sides[] = {TAILSPOT_UP, TAILSPOT_DOWN};
    for (size_t i = 0; i < 2; i++) {
        double low, high, narrow_low, narrow_high;
        CHECK(tailspot_threshold_interval(spot, sides[i], 0.95, &low, &high) == TAILSPOT_OK);
        const double z = tailspot_anomaly_threshold(spot, sides[i]);
        CHECK(low < z && z < high);
        CHECK(tailspot_threshold_interval(spot, sides[i], 0.5, &narrow_low, &narrow_high) == TAILSPOT_OK);
        CHECK(low < narrow_low && narrow_low < narrow_high && narrow_high < high);
        CHECK(tailspot_threshold_spread(spot, sides[i]) > 1.0);
        CHECK(tailspot_shape_interval(spot, sides[i], 0.95, &low, &high) == TAILSPOT_OK);
        CHECK(low < tailspot_shape(spot, sides[i]) && tailspot_shape(spot, sides[i]) < high);
        CHECK(tailspot_scale_interval(spot, sides[i], 0.95, &low, &high) == TAILSPOT_OK);
        CHECK(low < tailspot_scale(spot, sides[i]) && tailspot_scale(spot, sides[i]) < high);
    }
    double low, high;
    CHECK(tailspot_threshold_interval(spot, 7, 0.95, &low, &high) == TAILSPOT_OK && isnan(low) && isnan(high));
    CHECK(tailspot_reset(spot) == TAILSPOT_OK);
    CHECK(tailspot_threshold_interval(spot, TAILSPOT_UP, 0.95, &low, &high) == TAILSPOT_OK);
    CHECK(isnan(low) && isnan(high) && isnan(tailspot_threshold_spread(spot, TAILSPOT_UP)));
    tailspot_free(spot);
}

static void q_moves_the_threshold_at_once(void) {
    tailspot_detector *spot = make_busy();
    tailspot_config config;
    const double before = tailspot_anomaly_threshold(spot, TAILSPOT_UP);
    const double wanted = tailspot_quantile(spot, TAILSPOT_UP, 1e-3);
    CHECK(tailspot_set_q(spot, 1e-3) == TAILSPOT_OK);
    const double after = tailspot_anomaly_threshold(spot, TAILSPOT_UP);
    CHECK(fabs(after / wanted - 1.0) < 1e-5 && wanted > before);
    CHECK(tailspot_get_config(spot, &config, sizeof config) == TAILSPOT_OK && config.q == 1e-3);
    CHECK(tailspot_set_q(spot, 0.05) == TAILSPOT_ERROR_PARAMETER);
    CHECK(tailspot_anomaly_threshold(spot, TAILSPOT_UP) == after);
    tailspot_free(spot);
}

static void a_reset_forgets_everything_but_the_configuration(void) {
    tailspot_detector *spot = make_busy();
    tailspot_config config = busy_config();
    CHECK(tailspot_reset(spot) == TAILSPOT_OK);
    tailspot_detector *fresh = make(&config);
    CHECK(is_same_state(spot, fresh));
    tailspot_free(fresh);
    tailspot_free(spot);
}

/* The configuration that a getter gave makes the same detector; a fit is a reset and calibration steps. */
static void a_fit_is_a_reset_and_as_many_steps(void) {
    tailspot_detector *fitted = make_busy();
    tailspot_config config;
    CHECK(tailspot_get_config(fitted, &config, sizeof config) == TAILSPOT_OK);
    double values[200];
    uint64_t seed = 2;
    for (size_t i = 0; i < 200; i++) values[i] = noise(&seed);
    CHECK(tailspot_fit(fitted, values, 200) == TAILSPOT_OK);
    tailspot_detector *stepped = make(&config);
    for (size_t i = 0; i < 200; i++)
        CHECK(tailspot_step(stepped, values[i]) == (i < 199 ? TAILSPOT_INIT_BATCH : TAILSPOT_CALIBRATION));
    CHECK(is_same_state(fitted, stepped));
    tailspot_free(fitted);
    tailspot_free(stepped);
}

static void what_was_saved_goes_on_bit_for_bit(void) {
    tailspot_config config = busy_config();
    config.depth = 3;
    double values[600];
    fill_with_noise(values, 600, 21);
    /* While the window fills, in the calibration, after it. */
    const size_t breaks[] = {0, 2, 100, 210, 400};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        tailspot_detector *spot = make(&config), *loaded = NULL;
        CHECK(tailspot_step_many(spot, values, breaks[i], NULL, NULL, NULL, NULL) == TAILSPOT_OK);
        const size_t size = tailspot_snapshot_size(spot);
        unsigned char *bytes = allocate(size + 4);
        memset(bytes, UNTOUCHED, size + 4);
        CHECK(tailspot_save(spot, bytes, size + 4) == TAILSPOT_OK && is_untouched(bytes + size, 4));
        CHECK(tailspot_load(bytes, size, &loaded) == TAILSPOT_OK && loaded != NULL && loaded != spot);
        free(bytes);
        CHECK(is_same_state(spot, loaded));
        for (size_t j = breaks[i]; j < 600; j++) {
            CHECK(tailspot_step(spot, values[j]) == tailspot_step(loaded, values[j]));
            CHECK(is_same(tailspot_anomaly_threshold(spot, TAILSPOT_UP),
                          tailspot_anomaly_threshold(loaded, TAILSPOT_UP)));
        }
        CHECK(is_same_state(spot, loaded));
        tailspot_free(spot);
        tailspot_free(loaded);
    }
}

int main(void) {
    sentences_name_the_value_and_the_range();
    baselines_go_in_and_come_out();
    where_nothing_is_wrong_the_sentence_is_empty();
    getters_agree_with_the_status(TAILSPOT_PLUG_IN);
    getters_agree_with_the_status(TAILSPOT_CALIBRATED);
    before_the_calibration_numbers_are_not_available();
    intervals_hold_what_they_are_of();
    q_moves_the_threshold_at_once();
    a_reset_forgets_everything_but_the_configuration();
    a_fit_is_a_reset_and_as_many_steps();
    what_was_saved_goes_on_bit_for_bit();
    puts("answers: ok");
    return 0;
}
