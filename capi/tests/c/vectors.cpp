// What vectors.c does, over tailspot.hpp.
#include "tailspot.hpp"

#include <cmath>
#include <cstring>
#include <iomanip>
#include <iostream>

namespace {

double to_double(std::uint64_t bits) {
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

double read_double() {
    std::uint64_t bits = 0;
    std::cin >> std::hex >> bits >> std::dec;
    return to_double(bits);
}

template <typename T> T read_count() {
    std::uint64_t count = 0;
    std::cin >> count;
    return static_cast<T>(count);
}

struct Bits {
    double value;
};

std::ostream &operator<<(std::ostream &out, Bits number) {
    if (std::isnan(number.value)) return out << "nan";
    std::uint64_t bits;
    std::memcpy(&bits, &number.value, sizeof bits);
    return out << std::hex << std::setw(16) << std::setfill('0') << bits << std::dec;
}

tailspot::Config read_config() {
    tailspot::Config config;
    config.q = read_double();
    config.level = read_double();
    config.n_init = read_count<std::uint64_t>();
    config.max_excess = read_count<std::uint64_t>();
    config.depth = read_count<std::uint64_t>();
    config.up = read_count<std::uint8_t>();
    config.down = read_count<std::uint8_t>();
    config.alert = read_count<std::uint8_t>();
    config.bounded = read_count<std::uint8_t>();
    config.accounting = read_count<std::int32_t>();
    config.quarantine = read_count<std::uint64_t>();
    config.threshold = read_count<std::int32_t>();
    config.scale_depth = read_count<std::uint64_t>();
    config.period = read_count<std::uint64_t>();
    config.limit = read_double();
    return config;
}

tailspot::Result step_all(tailspot::Spot &spot, const std::vector<double> &values) {
    tailspot::Result result;
    for (double value : values) {
        const tailspot::Verdict verdict = spot.verdict(value);
        result.upper.push_back(verdict.upper);
        result.lower.push_back(verdict.lower);
        result.events.push_back(static_cast<std::int8_t>(verdict.event));
    }
    return result;
}

void print_status(const tailspot::Spot &spot) {
    const tailspot_status s = spot.status();
    for (std::uint64_t count : {std::uint64_t{s.calibrated}, s.n, s.seen, s.missing, s.alerts_up, s.alerts_down,
                                s.n_t_up, s.n_t_down, s.excesses_up, s.excesses_down})
        std::cout << count << ' ';
    for (double number : {s.drift, s.excess_threshold_up, s.excess_threshold_down, s.anomaly_threshold_up, s.shape_up,
                          s.shape_down, s.scale_up, s.anomaly_threshold_down})
        std::cout << Bits{number} << ' ';
    std::cout << Bits{s.scale_down} << '\n';
}

}  // namespace

int main(int argc, char **argv) {
    const bool is_many = argc == 2 && std::strcmp(argv[1], "many") == 0;
    std::ios::sync_with_stdio(false);
    std::string name;
    while (std::cin >> name) {
        tailspot::Spot spot(read_config());
        const std::size_t fitted = read_count<std::size_t>();
        std::vector<double> values(read_count<std::size_t>());
        for (double &value : values) value = read_double();
        if (fitted > 0) spot.fit({values.data(), fitted});
        const std::vector<double> rest(values.begin() + static_cast<std::ptrdiff_t>(fitted), values.end());
        const tailspot::Result result = is_many ? spot.step_many(rest) : step_all(spot, rest);
        std::cout << name << '\n';
        for (std::size_t i = 0; i < rest.size(); i++)
            std::cout << int{result.events[i]} << ' ' << Bits{result.upper[i]} << ' ' << Bits{result.lower[i]} << '\n';
        print_status(spot);
    }
}
