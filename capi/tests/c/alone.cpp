// A C++ program that includes only the C header.
#include "tailspot.h"

int main() {
    tailspot_config config;
    tailspot_detector *spot = nullptr;
    if (tailspot_config_init(&config, sizeof config) != TAILSPOT_OK) return 1;
    if (tailspot_new(&config, &spot) != TAILSPOT_OK) return 1;
    const bool is_right = tailspot_step(spot, 1.0) == TAILSPOT_INIT_BATCH;
    tailspot_free(spot);
    return is_right ? 0 : 1;
}
