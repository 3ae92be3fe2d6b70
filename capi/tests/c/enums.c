/* The enumerations go where the functions take integers, and back, without a conversion that a compiler warns of. */
#include "tailspot.h"

const char *sentence(tailspot_result result);
void choose(tailspot_config *config, tailspot_accounting accounting, tailspot_threshold threshold);
double of_side(const tailspot_detector *detector, tailspot_side side);
int is_alert(tailspot_detector *detector, double value);
tailspot_result read_halves(tailspot_detector *detector, const void *first, size_t count, tailspot_type type);

const char *sentence(tailspot_result result) {
    return tailspot_result_message(result);
}

void choose(tailspot_config *config, tailspot_accounting accounting, tailspot_threshold threshold) {
    config->accounting = accounting;
    config->threshold = threshold;
}

double of_side(const tailspot_detector *detector, tailspot_side side) {
    return tailspot_anomaly_threshold(detector, side) - tailspot_anomaly_threshold(detector, TAILSPOT_DOWN);
}

int is_alert(tailspot_detector *detector, double value) {
    switch (tailspot_step(detector, value)) {
    case TAILSPOT_ALERT_UP:
    case TAILSPOT_ALERT_DOWN: return 1;
    default: return 0;
    }
}

tailspot_result read_halves(tailspot_detector *detector, const void *first, size_t count, tailspot_type type) {
    const tailspot_result result = tailspot_fit_strided(detector, first, count, 2, type | TAILSPOT_SWAPPED);
    return result == TAILSPOT_OK ? tailspot_fit_strided(detector, first, count, 2, type) : result;
}
