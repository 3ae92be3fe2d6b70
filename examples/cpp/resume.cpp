// Reads numbers from standard input, writes the anomalies, and goes on next time where it ended: the detector is kept
// in a file.
//
//     c++ resume.cpp -o resume $(pkg-config --cflags --libs tailspot)
//     ./resume detector.tailspot < monday.txt
//     ./resume detector.tailspot < tuesday.txt
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <tailspot.hpp>
#include <vector>

static tailspot::Spot load_or_make(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (file) {
        const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
        return tailspot::Spot::load(bytes.data(), bytes.size());
    }
    tailspot::Config config;
    config.q = 1e-3;
    config.level = 0.95;
    config.n_init = 1000;
    return tailspot::Spot(config);
}

// Writes to another file first, so that no crash leaves half a detector.
static bool save(const tailspot::Spot &spot, const std::string &path) {
    const std::vector<std::uint8_t> bytes = spot.save();
    const std::string other = path + ".new";
    std::ofstream file(other, std::ios::binary);
    file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    return file && std::rename(other.c_str(), path.c_str()) == 0;
}

int main(int argc, char **argv) try {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " FILE < NUMBERS\n";
        return 2;
    }
    const std::string path = argv[1];
    tailspot::Spot spot = load_or_make(path);

    double x;
    while (std::cin >> x) {
        const std::int32_t event = spot.step(x);
        if (event == TAILSPOT_ALERT_UP || event == TAILSPOT_ALERT_DOWN) std::cout << x << '\n';
    }
    if (!save(spot, path)) {
        std::cerr << path << ": cannot be written\n";
        return 1;
    }
} catch (const tailspot::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
