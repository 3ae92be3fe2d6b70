// Each header through another one, in either order and twice.
#include "third.h"

#include "tailspot.hpp"

#include "third.h"

#include "tailspot.h"

using namespace tailspot;

int main() {
    Spot spot;
    const tailspot::Config config;
    return config.n_init == 2000 && first_step(spot.get()) == TAILSPOT_INIT_BATCH ? 0 : 1;
}
