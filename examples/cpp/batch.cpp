// Learns from one array and judges another, in two calls. The values are in any contiguous range of any real type.
//
//     c++ batch.cpp -o batch $(pkg-config --cflags --libs tailspot)
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <tailspot.hpp>
#include <vector>

// Stands for a log of times in ms: most requests take 10 to 40, and every 400th one half a second if `slow`.
static std::vector<float> requests(std::size_t count, bool slow) {
    std::vector<float> times(count);
    std::uint64_t state = count;
    for (std::size_t i = 0; i < count; i++) {
        times[i] = 5.0f;
        for (int j = 0; j < 4; j++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            times[i] *= 1.0f + static_cast<float>(state >> 40) / 16777216.0f;
        }
        if (slow && i % 400 == 200) times[i] = 500.0f;
    }
    return times;
}

int main() try {
    const std::vector<float> history = requests(3000, false), today = requests(1000, true);

    tailspot::Config config;
    config.down = 0;  // a fast answer is not an anomaly
    tailspot::Spot spot(config);
    spot.fit(history);
    const tailspot::Result result = spot.step_many(today);

    std::cout << std::fixed << std::setprecision(1);
    for (std::size_t i = 0; i < today.size(); i++)
        if (result.events[i] == TAILSPOT_ALERT_UP)
            std::cout << "request " << i << ": " << today[i] << " ms, limit " << result.upper[i] << " ms, probability "
                      << std::scientific << std::setprecision(0) << result.probability[i] << std::fixed
                      << std::setprecision(1) << '\n';
    std::cout << "one request in 1000 takes more than " << spot.quantile(TAILSPOT_UP, 1e-3) << " ms\n";
} catch (const tailspot::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
