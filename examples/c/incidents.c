/* Follows a stream that moves, and prints incidents in place of alerts: a burst and a jump to another level are a line
 * each.
 *
 *     cc incidents.c -o incidents $(pkg-config --cflags --libs tailspot)
 */
#include <stdint.h>
#include <stdio.h>
#include <tailspot.h>

/* Stands for a service: 100 requests a second, 140 after a new customer came at 12000; and for a minute, at 9000, 30
 * too few. */
static double requests(int second, uint64_t *state) {
    double sum = second < 12000 ? 100.0 : 140.0;
    for (int i = 0; i < 12; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(*state >> 32) / 4294967296.0 - 0.5;
    }
    return second >= 9000 && second < 9060 ? sum - 30.0 : sum;
}

/* Prints the incidents that have ended. */
static void print_ended(tailspot_incidents *incidents) {
    tailspot_incident one;
    while (tailspot_incidents_next(incidents, &one, sizeof one) == TAILSPOT_OK)
        printf("%d to %d: %d alerts, the worst %s at %.0f, probability %.0e\n", (int)one.first, (int)one.last,
               (int)one.count, one.side == TAILSPOT_UP ? "high" : "low", one.peak, one.probability);
}

int main(void) {
    tailspot_config config;
    tailspot_detector *detector = NULL;
    tailspot_incidents *incidents = NULL;
    if (tailspot_config_init(&config, sizeof config) != TAILSPOT_OK) return 1;
    config.q = 1e-5;
    config.depth = 10; /* follow the level of the stream */
    config.scale_depth = 40; /* and how far it scatters */
    if (tailspot_new(&config, &detector) != TAILSPOT_OK || tailspot_incidents_new(&config, &incidents) != TAILSPOT_OK) {
        char why[200];
        tailspot_explain_config(&config, why, sizeof why);
        fprintf(stderr, "%s\n", why);
        tailspot_free(detector);
        return 1;
    }
    uint64_t state = 1;
    for (int second = 0; second < 20000; second++) {
        const double x = requests(second, &state);
        double probability;
        const int32_t event = tailspot_verdict(detector, x, NULL, NULL, &probability);
        tailspot_incidents_take(incidents, x, event, probability);
        print_ended(incidents);
    }
    tailspot_incidents_finish(incidents); /* the stream has ended, and with it what goes on */
    print_ended(incidents);
    tailspot_incidents_free(incidents);
    tailspot_free(detector);
    return 0;
}
