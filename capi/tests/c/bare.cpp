// Compiled with -fno-exceptions: works, and an error ends the program with its sentence.
#include "tailspot.hpp"

int main(int argc, char **) {
    tailspot::Config config;
    if (argc > 1) config.q = 2.0;
    tailspot::Spot spot(config);
    return spot.step(1.0) == TAILSPOT_INIT_BATCH ? 0 : 1;
}
