// Watches a stream, one value at a time.
//
//     c++ quickstart.cpp -o quickstart $(pkg-config --cflags --libs tailspot)
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <tailspot.hpp>

// Stands for a sensor: noise around 20, about 0.5 wide.
static double measure(std::uint64_t &state) {
    double sum = 0.0;
    for (int i = 0; i < 12; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        sum += static_cast<double>(state >> 32) / 4294967296.0;
    }
    return 20.0 + 0.5 * (sum - 6.0);
}

int main() try {
    tailspot::Config config;
    config.q = 1e-4;  // one false alert in 10000 values, on each side
    tailspot::Spot spot(config);

    std::cout << std::fixed << std::setprecision(2);
    std::uint64_t state = 3;
    for (int i = 0; i < 10000; i++) {
        double x = measure(state);
        if (i == 5000) x += 4.0;  // the anomalies of this example
        if (i == 7500) x -= 4.0;
        const tailspot::Verdict verdict = spot.verdict(x);
        switch (verdict.event) {
        case TAILSPOT_CALIBRATION:
            std::cout << i << ": calibrated; normal is " << spot.anomaly_threshold(TAILSPOT_DOWN) << " to "
                      << spot.anomaly_threshold(TAILSPOT_UP) << '\n';
            break;
        case TAILSPOT_ALERT_UP:
            std::cout << i << ": " << x << " is above " << verdict.upper << '\n';
            break;
        case TAILSPOT_ALERT_DOWN:
            std::cout << i << ": " << x << " is below " << verdict.lower << '\n';
            break;
        }
    }
} catch (const tailspot::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
