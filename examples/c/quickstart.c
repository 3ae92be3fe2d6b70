/* Watches a stream, one value at a time.
 *
 *     cc quickstart.c -o quickstart $(pkg-config --cflags --libs tailspot)
 */
#include <stdint.h>
#include <stdio.h>
#include <tailspot.h>

/* Stands for a sensor: noise around 20, about 0.5 wide. */
static double measure(uint64_t *state) {
    double sum = 0.0;
    for (int i = 0; i < 12; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(*state >> 32) / 4294967296.0;
    }
    return 20.0 + 0.5 * (sum - 6.0);
}

int main(void) {
    tailspot_config config;
    tailspot_detector *spot = NULL;
    if (tailspot_config_init(&config, sizeof config) != TAILSPOT_OK) {
        fprintf(stderr, "this program was compiled for another tailspot\n");
        return 1;
    }
    config.q = 1e-4; /* one false alert in 10000 values, on each side */
    if (tailspot_new(&config, &spot) != TAILSPOT_OK) {
        char why[200];
        tailspot_explain_config(&config, why, sizeof why);
        fprintf(stderr, "tailspot_new: %s\n", why);
        return 1;
    }

    uint64_t state = 3;
    for (int i = 0; i < 10000; i++) {
        double x = measure(&state);
        if (i == 5000) x += 4.0; /* the anomalies of this example */
        if (i == 7500) x -= 4.0;
        double upper, lower;
        switch (tailspot_verdict(spot, x, &upper, &lower, NULL)) {
        case TAILSPOT_CALIBRATION:
            printf("%d: calibrated; normal is %.2f to %.2f\n", i, tailspot_anomaly_threshold(spot, TAILSPOT_DOWN),
                   tailspot_anomaly_threshold(spot, TAILSPOT_UP));
            break;
        case TAILSPOT_ALERT_UP:
            printf("%d: %.2f is above %.2f\n", i, x, upper);
            break;
        case TAILSPOT_ALERT_DOWN:
            printf("%d: %.2f is below %.2f\n", i, x, lower);
            break;
        default:
            break;
        }
    }
    tailspot_free(spot);
    return 0;
}
