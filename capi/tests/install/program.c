/* A stranger's program: finds the one anomaly of a short stream. */
#include <stdio.h>

#include <tailspot.h>

int main(void)
{
    tailspot_config config;
    tailspot_detector *spot = NULL;
    int i, alerts = 0;

    tailspot_config_init(&config, sizeof config);
    config.n_init = 1000;
    if (tailspot_new(&config, &spot) != TAILSPOT_OK)
        return 1;
    for (i = 0; i < 1000; i++)
        tailspot_step(spot, (i * 617) % 1000);
    alerts += tailspot_step(spot, 500) == TAILSPOT_ALERT_UP;
    alerts += tailspot_step(spot, 1e9) == TAILSPOT_ALERT_UP;
    tailspot_free(spot);
    printf("tailspot %s: %d alert\n", tailspot_version(), alerts);
    return 0;
}
