// Follows a stream that moves, and prints incidents in place of alerts: a burst and a jump to another level are a line
// each.
//
//     c++ incidents.cpp -o incidents $(pkg-config --cflags --libs tailspot)
#include <cstdint>
#include <iostream>
#include <tailspot.hpp>
#include <vector>

// Stands for a service: 100 requests a second, 140 after a new customer came at 12000; and for a minute, at 9000, 30 too
// few.
static std::vector<double> requests() {
    std::vector<double> all(20000);
    std::uint64_t state = 1;
    for (std::size_t second = 0; second < all.size(); second++) {
        all[second] = second < 12000 ? 100.0 : 140.0;
        for (int i = 0; i < 12; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            all[second] += static_cast<double>(state >> 32) / 4294967296.0 - 0.5;
        }
        if (second >= 9000 && second < 9060) all[second] -= 30.0;
    }
    return all;
}

static void print(const std::vector<tailspot_incident> &ended) {
    for (const tailspot_incident &one : ended)
        std::cout << one.first << " to " << one.last << ": " << one.count << " alerts, the worst "
                  << (one.side == TAILSPOT_UP ? "high" : "low") << " at " << one.peak << ", probability "
                  << one.probability << '\n';
}

int main() try {
    tailspot::Config config;
    config.q = 1e-5;
    config.depth = 10;        // follow the level of the stream
    config.scale_depth = 40;  // and how far it scatters
    tailspot::Spot spot(config);
    tailspot::Incidents incidents(config);

    const std::vector<double> values = requests();
    print(incidents.take_many(values, spot.step_many(values)));
    print(incidents.finish());  // the stream has ended, and with it what goes on
} catch (const tailspot::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
