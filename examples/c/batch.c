/* Learns from one array and judges another, in two calls. The values are where the program has them: here a column of
 * an array of structs, in single precision.
 *
 *     cc batch.c -o batch $(pkg-config --cflags --libs tailspot)
 */
#include <stdint.h>
#include <stdio.h>
#include <tailspot.h>

enum { HISTORY = 3000, TODAY = 1000, ALL = HISTORY + TODAY };

struct request {
    int32_t user;
    float milliseconds;
};

/* Stands for a log: most requests take 10 to 40 ms, every 400th of today half a second. */
static void fill(struct request *requests) {
    uint64_t state = 1;
    for (int32_t i = 0; i < ALL; i++) {
        float product = 1.0f;
        for (int j = 0; j < 4; j++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            product *= 1.0f + (float)(state >> 40) / 16777216.0f;
        }
        requests[i].user = i % 10;
        requests[i].milliseconds = i > HISTORY && i % 400 == 0 ? 500.0f : 5.0f * product;
    }
}

int main(void) {
    static struct request requests[ALL];
    static int8_t events[TODAY];
    static double limits[TODAY], probabilities[TODAY];
    fill(requests);

    tailspot_config config;
    tailspot_detector *spot = NULL;
    char why[200];
    if (tailspot_config_init(&config, sizeof config) != TAILSPOT_OK) return 1;
    config.down = 0; /* a fast answer is not an anomaly */
    if (tailspot_new(&config, &spot) != TAILSPOT_OK) {
        tailspot_explain_config(&config, why, sizeof why);
        fprintf(stderr, "tailspot_new: %s\n", why);
        return 1;
    }

    const ptrdiff_t stride = sizeof *requests;
    if (tailspot_fit_strided(spot, &requests[0].milliseconds, HISTORY, stride, TAILSPOT_FLOAT32) != TAILSPOT_OK) {
        tailspot_explain_fit(spot, &requests[0].milliseconds, HISTORY, stride, TAILSPOT_FLOAT32, why, sizeof why);
        fprintf(stderr, "tailspot_fit_strided: %s\n", why);
        tailspot_free(spot);
        return 1;
    }
    const tailspot_result result = tailspot_step_strided(spot, &requests[HISTORY].milliseconds, TODAY, stride,
                                                         TAILSPOT_FLOAT32, events, limits, NULL, probabilities);
    if (result != TAILSPOT_OK) {
        fprintf(stderr, "tailspot_step_strided: %s\n", tailspot_result_message(result));
        tailspot_free(spot);
        return 1;
    }
    for (int i = 0; i < TODAY; i++)
        if (events[i] == TAILSPOT_ALERT_UP)
            printf("request %d of user %d: %.0f ms, limit %.1f ms, probability %.0e\n", i, requests[HISTORY + i].user,
                   (double)requests[HISTORY + i].milliseconds, limits[i], probabilities[i]);
    printf("one request in 1000 takes more than %.1f ms\n", tailspot_quantile(spot, TAILSPOT_UP, 1e-3));
    tailspot_free(spot);
    return 0;
}
