// The same in C++, and a refusal that is an exception.
#include <iostream>

#include <tailspot.hpp>

int main() {
    tailspot::Config config;
    config.n_init = 1000;
    tailspot::Spot spot(config);
    for (int i = 0; i < 1000; i++)
        spot.step((i * 617) % 1000);
    int alerts = 0;
    alerts += spot.step(500) == TAILSPOT_ALERT_UP;
    alerts += spot.step(1e9) == TAILSPOT_ALERT_UP;
    try {
        spot.set_q(2);
    } catch (const tailspot::Error &) {
        std::cout << "tailspot " << tailspot_version() << ": " << alerts << " alert\n";
    }
}
