// The C++ door: what it adds to the C API. Values come in any contiguous range, errors go out as exceptions with the
// sentence of the engine, and a detector moves.
#include "tailspot.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#if __cplusplus >= 202002L
#include <span>
#endif

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                       \
            std::exit(1);                                                                                              \
        }                                                                                                              \
    } while (0)

namespace {

// Numbers in no order that matters, over most of what the type can hold.
template <typename T> std::vector<T> numbers(std::size_t count) {
    const T largest = std::numeric_limits<T>::max();
    const T step = std::is_integral<T>::value ? static_cast<T>(largest / 100) : static_cast<T>(0.7);
    std::vector<T> values;
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        const int number = static_cast<int>((state >> 16) % 100);
        values.push_back(static_cast<T>(step * static_cast<T>(std::is_signed<T>::value ? number - 50 : number)));
    }
    return values;
}

tailspot::Config busy() {
    tailspot::Config config;
    config.q = 5e-3;
    config.level = 0.95;
    config.n_init = 200;
    return config;
}

// Runs what must throw, and looks at the error.
template <typename Call> void refuses(Call call, tailspot_result status, const char *part) {
    bool is_refused = false;
    try {
        call();
    } catch (const tailspot::Error &error) {
        const std::runtime_error &plain = error;
        if (error.status() != status || std::strstr(plain.what(), part) == nullptr) {
            std::fprintf(stderr, "%d: %s, not %d: %s\n", error.status(), plain.what(), status, part);
            std::exit(1);
        }
        is_refused = true;
    }
    CHECK(is_refused);
}

void same(const tailspot::Result &a, const tailspot::Result &b) {
    CHECK(a.events == b.events && a.upper.size() == b.upper.size() && a.lower.size() == b.lower.size());
    CHECK(std::memcmp(a.upper.data(), b.upper.data(), a.upper.size() * sizeof(double)) == 0);
    CHECK(std::memcmp(a.lower.data(), b.lower.data(), a.lower.size() * sizeof(double)) == 0);
}

template <typename T> void values_of_this_type_are_converted() {
    const std::vector<T> values = numbers<T>(1500);
    std::vector<double> plain;
    for (T value : values) plain.push_back(static_cast<double>(value));
    tailspot::Spot typed(busy()), reference(busy());
    typed.fit(values);
    reference.fit(plain.data(), plain.size());
    CHECK(typed.save() == reference.save());
    same(typed.step_many(values), reference.step_many(plain));
    std::vector<std::int8_t> events(values.size()), expected;
    typed.step_many(values.data(), values.size(), events.data());
    for (double value : plain) expected.push_back(static_cast<std::int8_t>(reference.step(value)));
    CHECK(events == expected && typed.save() == reference.save());
}

void ranges_of_all_kinds_are_read() {
    tailspot::Spot spot(busy()), other(busy());
    std::array<float, 300> few;
    const std::vector<float> values = numbers<float>(few.size());
    for (std::size_t i = 0; i < few.size(); i++) few[i] = values[i];
    spot.fit(few);
    other.fit(values);
    CHECK(spot.save() == other.save());
    const std::string text = "the bytes of a text";
    CHECK(spot.step_many(text).events.size() == text.size());
    CHECK(spot.step_many(std::vector<double>()).events.empty());
    spot.step_many(values.data(), values.size(), nullptr, nullptr, nullptr);
#if __cplusplus >= 202002L
    const std::span<const float> part(few.data() + 10, 100);
    tailspot::Spot again = tailspot::Spot::load(other.save());
    same(other.step_many(part), again.step_many(std::vector<float>(part.begin(), part.end())));
#endif
}

void errors_say_what_is_wrong() {
    tailspot::Config config = busy();
    config.level = 0.99;
    config.q = 2.0;
    refuses([&] { tailspot::Spot spot(config); }, TAILSPOT_ERROR_PARAMETER,
            "q = 2 is out of range: needs 0 < q < 1 - level = 0.01");
    config.struct_size = 3;
    refuses([&] { tailspot::Spot spot(config); }, TAILSPOT_ERROR_STRUCT_SIZE, "struct_size");
    tailspot::Spot spot(busy());
    refuses([&] { spot.set_q(0.5); }, TAILSPOT_ERROR_PARAMETER, "q = 0.5 is out of range");
    refuses([&] { spot.fit(std::vector<double>{1.0, 2.0}); }, TAILSPOT_ERROR_TOO_FEW_VALUES, "2 ");
    refuses([&] { spot.fit(static_cast<const float *>(nullptr), 3); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { spot.step_many(static_cast<const double *>(nullptr), 3, nullptr); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { tailspot::Spot::load("nothing", 7); }, TAILSPOT_ERROR_SNAPSHOT, "not a usable snapshot: 7 bytes");
    refuses([&] { tailspot::Spot::load(std::vector<std::uint8_t>()); }, TAILSPOT_ERROR_SNAPSHOT, "0 bytes");
}

void a_detector_moves() {
    static_assert(!std::is_copy_constructible<tailspot::Spot>::value, "two owners of one handle");
    static_assert(std::is_nothrow_move_constructible<tailspot::Spot>::value, "a vector of detectors moves them");
    std::vector<tailspot::Spot> spots;
    for (int i = 0; i < 10; i++) spots.emplace_back(busy());
    tailspot::Spot first = std::move(spots[0]);
    CHECK(first.step(1.0) == TAILSPOT_INIT_BATCH && first.status().calibrated == 0);
    tailspot::Spot &moved = spots[0];
    CHECK(moved.step(1.0) == TAILSPOT_INVALID && std::isnan(moved.drift()) && moved.get() == nullptr);
    refuses([&] { moved.save(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { moved.status(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { moved.set_q(1e-3); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { moved.reset(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { moved.fit(std::vector<double>(300)); }, TAILSPOT_ERROR_NULL, "NULL");
    moved = tailspot::Spot();
    CHECK(moved.config().n_init == 2000 && moved.step(1.0) == TAILSPOT_INIT_BATCH);
    moved = std::move(first);
    CHECK(moved.config().n_init == 200);
}

void getters_are_those_of_the_handle() {
    tailspot::Spot spot(busy());
    spot.fit(numbers<double>(400));
    spot.set_q(1e-2);
    for (std::int32_t side : {TAILSPOT_UP, TAILSPOT_DOWN}) {
        const double z = spot.anomaly_threshold(side);
        CHECK(z == tailspot_anomaly_threshold(spot.get(), side) && z == spot.quantile(side, 1e-2));
        CHECK(spot.excess_threshold(side) == tailspot_excess_threshold(spot.get(), side));
        CHECK(spot.probability(side, z) == tailspot_tail_probability(spot.get(), side, z));
        CHECK(spot.shape(side) == tailspot_shape(spot.get(), side));
        CHECK(spot.scale(side) == tailspot_scale(spot.get(), side) && spot.scale(side) > 0.0);
    }
    CHECK(spot.drift() == 0.0 && spot.config().q == 1e-2 && spot.status().n == 400);
    const tailspot::Config again = spot.config();
    spot.reset();
    CHECK(spot.save() == tailspot::Spot(again).save());
}

void a_pool_keeps_keys_apart() {
    tailspot::Pool pool(busy());
    tailspot::Spot odd(busy()), even(busy());
    const std::vector<float> values = numbers<float>(1000);
    std::vector<std::uint64_t> keys;
    tailspot::Result expected;
    for (std::size_t i = 0; i < values.size(); i++) {
        tailspot::Spot &spot = i % 2 == 0 ? even : odd;
        keys.push_back(i % 2 == 0 ? 0 : UINT64_MAX);
        expected.upper.push_back(spot.anomaly_threshold(TAILSPOT_UP));
        expected.lower.push_back(spot.anomaly_threshold(TAILSPOT_DOWN));
        expected.events.push_back(static_cast<std::int8_t>(spot.step(values[i])));
    }
    same(pool.step_many(keys, values), expected);
    CHECK(pool.size() == 2 && pool.keys().size() == 2 && pool.at(UINT64_MAX).save() == odd.save());
    same(tailspot::Pool(busy()).step_many(keys, std::vector<double>(values.begin(), values.end())), expected);

    tailspot::Pool loaded = tailspot::Pool::load(pool.save(), 1);
    loaded.set_threads(2);
    CHECK(loaded.step(0, 1e9) == TAILSPOT_ALERT_UP && pool.step(0, 1e9) == TAILSPOT_ALERT_UP);
    CHECK(loaded.save() == pool.save());
    tailspot::Pool moved(std::move(loaded));
    CHECK(moved.size() == 2 && loaded.size() == 0 && loaded.step(0, 1.0) == TAILSPOT_INVALID);
    moved.insert(7, odd);
    moved.remove(0);
    CHECK(moved.size() == 2 && moved.at(7).save() == odd.save());
    moved.set_limit(1);
    CHECK(moved.keys() == std::vector<std::uint64_t>{7});
    CHECK(tailspot::Pool(odd).step(3, 1e9) == TAILSPOT_ALERT_UP && tailspot::Pool().keys().empty());

    refuses([&] { moved.at(0); }, TAILSPOT_ERROR_KEY, "the pool does not know the key");
    refuses([&] { moved.remove(0); }, TAILSPOT_ERROR_KEY, "the pool does not know the key");
    refuses([&] { moved.set_threads(5000); }, TAILSPOT_ERROR_PARAMETER, "out of range");
    refuses([&] { loaded.save(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { tailspot::Pool::load(odd.save()); }, TAILSPOT_ERROR_SNAPSHOT, "kind 1 is not a pool");
    refuses([&] { tailspot::Pool::load(std::vector<std::uint8_t>()); }, TAILSPOT_ERROR_SNAPSHOT, "0 bytes are fewer");
    tailspot::Config config = busy();
    config.q = 2.0;
    refuses([&] { tailspot::Pool refused(config); }, TAILSPOT_ERROR_PARAMETER, "q = 2 is out of range");
    bool is_refused = false;
    try {
        pool.step_many(std::vector<std::uint64_t>{1}, values);
    } catch (const std::invalid_argument &) {
        is_refused = true;
    }
    CHECK(is_refused);
}

}  // namespace

int main() {
    values_of_this_type_are_converted<std::int8_t>();
    values_of_this_type_are_converted<std::uint8_t>();
    values_of_this_type_are_converted<std::int16_t>();
    values_of_this_type_are_converted<std::uint16_t>();
    values_of_this_type_are_converted<std::int32_t>();
    values_of_this_type_are_converted<std::uint32_t>();
    values_of_this_type_are_converted<std::int64_t>();
    values_of_this_type_are_converted<std::uint64_t>();
    values_of_this_type_are_converted<char>();
    values_of_this_type_are_converted<long>();
    values_of_this_type_are_converted<unsigned long long>();
    values_of_this_type_are_converted<float>();
    values_of_this_type_are_converted<double>();
    ranges_of_all_kinds_are_read();
    errors_say_what_is_wrong();
    a_detector_moves();
    getters_are_those_of_the_handle();
    a_pool_keeps_keys_apart();
    std::puts("door: ok");
}
