// The other order is fine.
#include "tailspot.hpp"

#include "tailspot.h"

int main() {
    return tailspot::Spot().step(1.0) == TAILSPOT_INIT_BATCH ? 0 : 1;
}
