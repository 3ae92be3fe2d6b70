// The C header first, then the C++ one.
#include "tailspot.h"

#include "tailspot.hpp"

int main() {
    tailspot::Spot spot;
    tailspot_detector *const detector = spot.get();
    return tailspot_step(detector, 1.0) == TAILSPOT_INIT_BATCH ? 0 : 1;
}
