// What tailspot.hpp adds to the C API: values come in any contiguous range, errors go out as exceptions with the sentence
// of the engine, and handles move.
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
template <typename Call> void refuses(Call call, tailspot_result result, const char *part) {
    bool is_refused = false;
    try {
        call();
    } catch (const tailspot::Error &error) {
        const std::runtime_error &plain = error;
        if (error.result() != result || std::strstr(plain.what(), part) == nullptr) {
            std::fprintf(stderr, "%d: %s, not %d: %s\n", error.result(), plain.what(), result, part);
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
    CHECK(a.probability.size() == b.probability.size());
    for (std::size_t i = 0; i < a.probability.size(); i++)
        CHECK(a.probability[i] == b.probability[i] || (std::isnan(a.probability[i]) && std::isnan(b.probability[i])));
}

template <typename T> void values_of_this_type_are_converted() {
    const std::vector<T> values = numbers<T>(1500);
    std::vector<double> plain;
    for (T value : values) plain.push_back(static_cast<double>(value));
    tailspot::Spot typed(busy()), reference(busy());
    typed.fit(values);
    reference.fit(tailspot::Values(plain.data(), plain.size()));
    CHECK(typed.save() == reference.save());
    same(typed.step_many(values), reference.step_many(plain));
    std::vector<std::int8_t> events(values.size()), expected;
    CHECK(typed.judge(values).events == reference.judge(plain).events);
    typed.step_many(values, events.data());
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
    spot.step_many(values, nullptr);
    const double array[] = {1.0, 2.0, -1e300};
    CHECK(spot.step_many(array).events[2] == TAILSPOT_ALERT_DOWN && spot.step_many({1, 2, 3}).events.size() == 3);
    CHECK(spot.step_many({1.5, 1e300}).events[1] == TAILSPOT_ALERT_UP);
    refuses([&] { spot.fit({1.0, 2.0}); }, TAILSPOT_ERROR_TOO_FEW_VALUES, "2 ");

    // Every other element, from the last to the first, and in the other byte order.
    const std::vector<double> plain = numbers<double>(1000);
    std::vector<double> every_other;
    for (std::size_t i = 0; i < plain.size(); i += 2) every_other.push_back(plain[plain.size() - 2 - i]);
    std::vector<std::uint64_t> turned;
    for (double value : plain) {
        std::uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        std::uint64_t reversed = 0;
        for (int i = 0; i < 8; i++) reversed = reversed << 8 | (bits >> 8 * i & 255u);
        turned.push_back(reversed);
    }
    tailspot::Spot strided(busy()), straight(busy()), swapped(busy());
    strided.fit(tailspot::Values(&plain[998], 500, -16));
    straight.fit(every_other);
    CHECK(strided.save() == straight.save());
    std::vector<double> as_doubles(turned.size());
    std::memcpy(as_doubles.data(), turned.data(), turned.size() * sizeof turned[0]);
    swapped.fit(tailspot::Values(as_doubles).swapped());
    straight.fit(plain);
    CHECK(swapped.save() == straight.save());
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
    refuses([&] { spot.fit({static_cast<const float *>(nullptr), 3}); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { spot.step_many({static_cast<const double *>(nullptr), 3}); }, TAILSPOT_ERROR_NULL, "NULL");
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
    refuses([&] { moved.clone(); }, TAILSPOT_ERROR_NULL, "NULL");
    CHECK(moved.verdict(1.0).event == TAILSPOT_INVALID && !moved.verdict(1.0).is_alert());
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
        CHECK(z == tailspot_anomaly_threshold(spot.get(), side) && std::fabs(z / spot.quantile(side, 1e-2) - 1.0) < 1e-5);
        CHECK(spot.excess_threshold(side) == tailspot_excess_threshold(spot.get(), side));
        CHECK(spot.tail_probability(side, z) == tailspot_tail_probability(spot.get(), side, z));
        const std::vector<float> beyond = {0.0F, static_cast<float>(2.0 * z)};
        const std::vector<double> probability = spot.tail_probability(side, beyond);
        CHECK(probability.size() == 2 && std::isnan(probability[0]));
        CHECK(probability[1] == spot.tail_probability(side, beyond[1]));
        CHECK(spot.shape(side) == tailspot_shape(spot.get(), side));
        CHECK(spot.scale(side) == tailspot_scale(spot.get(), side) && spot.scale(side) > 0.0);
    }
    tailspot::Spot uneven(busy());
    std::vector<double> values = numbers<double>(400);
    for (double &value : values) value = std::exp(value / 10);
    uneven.fit(values);
    const std::pair<double, double> interval = uneven.threshold_interval(TAILSPOT_UP, 0.9);
    CHECK(interval.first < interval.second && uneven.threshold_spread(TAILSPOT_UP) > 1.0);
    CHECK(uneven.shape_interval(TAILSPOT_UP, 0.9).first < uneven.shape_interval(TAILSPOT_UP, 0.9).second);
    CHECK(uneven.scale_interval(TAILSPOT_UP, 0.9).first > 0.0);
    refuses([&] { spot.scale_interval(TAILSPOT_UP, 2.0); }, TAILSPOT_ERROR_PARAMETER,
            "confidence = 2 is out of range: needs 0 < confidence < 1");
    CHECK(spot.reasons(1e9).size() == 1 && spot.reasons(1e9)[0].side == TAILSPOT_UP);
    CHECK(spot.reasons(std::nan("")).empty());
    CHECK(spot.drift() == 0.0 && spot.config().q == 1e-2 && spot.status().n == 400);
    const tailspot::Config again = spot.config();
    spot.reset();
    CHECK(spot.save() == tailspot::Spot(again).save());
}

void a_verdict_is_what_a_value_was_judged_by() {
    tailspot::Spot spot(busy());
    spot.fit(numbers<double>(1000));
    tailspot::Spot other = spot.clone();
    CHECK(other.save() == spot.save());
    for (double value : {0.0, 1e9, -1e9, 30.0}) {
        const double upper = spot.anomaly_threshold(TAILSPOT_UP), lower = spot.anomaly_threshold(TAILSPOT_DOWN);
        const tailspot::Result judged = spot.judge({value});
        const tailspot::Verdict verdict = spot.verdict(value);
        CHECK(verdict.event == other.step(value) && verdict.event == judged.events[0]);
        CHECK(verdict.upper == upper && verdict.lower == lower && judged.upper[0] == upper);
        CHECK(judged.size() == 1 && judged[0].event == verdict.event && judged[0].upper == upper);
        CHECK(judged[0].lower == lower && judged[0].is_alert() == verdict.is_alert());
        CHECK(!verdict.is_alert() || judged[0].probability == verdict.probability);
        CHECK(verdict.is_alert() == (std::fabs(value) == 1e9) && (!verdict.is_alert() || verdict.probability < 5e-3));
    }
    CHECK(other.save() == spot.save() && std::string(tailspot::version()) == tailspot_version());
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
        const tailspot::Verdict verdict = spot.verdict(values[i]);
        expected.upper.push_back(verdict.upper);
        expected.lower.push_back(verdict.lower);
        expected.probability.push_back(verdict.probability);
        expected.events.push_back(static_cast<std::int8_t>(verdict.event));
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
    CHECK(moved.get_template().save() == tailspot::Spot(busy()).save());
    const std::vector<std::uint8_t> before = moved.at(0).save();
    CHECK(moved.remove(0).save() == before);
    const tailspot_pool_status status = moved.status();
    CHECK(status.keys == 2 && status.threads == 2 && status.limit == 0);
    CHECK(moved.size() == 2 && moved.at(7).save() == odd.save());
    moved.set_limit(1);
    CHECK(moved.keys() == std::vector<std::uint64_t>{7});
    CHECK(tailspot::Pool(odd).step(3, 1e9) == TAILSPOT_ALERT_UP && tailspot::Pool().keys().empty());

    refuses([&] { moved.at(0); }, TAILSPOT_ERROR_KEY, "the pool does not have this key");
    refuses([&] { moved.remove(0); }, TAILSPOT_ERROR_KEY, "the pool does not have this key");
    refuses([&] { moved.set_threads(5000); }, TAILSPOT_ERROR_PARAMETER, "threads = 5000 is out of range: needs at most");
    refuses([&] { tailspot::Pool::load(pool.save(), 5000); }, TAILSPOT_ERROR_PARAMETER, "threads = 5000");
    refuses([&] { loaded.save(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { tailspot::Pool::load(odd.save()); }, TAILSPOT_ERROR_SNAPSHOT, "kind 1 is not a pool");
    refuses([&] { tailspot::Pool::load(std::vector<std::uint8_t>()); }, TAILSPOT_ERROR_SNAPSHOT, "0 bytes are fewer");
    tailspot::Config config = busy();
    config.q = 2.0;
    refuses([&] { tailspot::Pool refused(config); }, TAILSPOT_ERROR_PARAMETER, "q = 2 is out of range");
    refuses([&] { pool.step_many({1}, values); }, TAILSPOT_ERROR_COUNT, "1 keys for 1000 values");
    tailspot::Pool listed(busy());
    const unsigned long long more[] = {0, 1};
    CHECK(listed.step_many({0, 1, 2}, {1.0, 2.0, 3.0}).events.size() == 3);
    CHECK(listed.step_many(more, {1.0, 2.0}).events.size() == 2);
    CHECK(listed.step_many(std::vector<unsigned long long>{0, 1}, std::vector<short>{1, 2}).events.size() == 2);
    CHECK(listed.step(more[1], 1.0) == TAILSPOT_INIT_BATCH && listed.size() == 3 && listed.at(1).status().n == 4);
    CHECK(listed.verdict(9, 1.0).event == TAILSPOT_INIT_BATCH);
}

void incidents_come_as_they_end() {
    tailspot::Spot spot(busy()), other(busy());
    tailspot::Incidents stream(busy()), arrays(busy());
    std::vector<float> values = numbers<float>(2000);
    values[700] = 1e9f;
    values[705] = 1e10f;
    values[1000] = 1e9f;
    values[1990] = 1e9f;
    std::vector<tailspot_incident> single, many;
    const auto add = [](std::vector<tailspot_incident> &all, const std::vector<tailspot_incident> &more) {
        all.insert(all.end(), more.begin(), more.end());
    };
    for (float value : values) add(single, stream.take(value, spot.verdict(value)));
    CHECK(single.size() == 2 && stream.open().size() == 1 && stream.open()[0].first == 1990);
    add(single, stream.finish());
    add(many, arrays.take_many(values, other.step_many(values)));
    add(many, arrays.finish());
    CHECK(single.size() == 3 && many.size() == 3 && stream.open().empty() && spot.status().incidents == 3);
    for (std::size_t i = 0; i < 3; i++) CHECK(std::memcmp(&single[i], &many[i], sizeof many[i]) == 0);
    CHECK(single[0].first == 700 && single[0].last == 705 && single[0].count == 2 && single[0].peak == double{1e10f});
    CHECK(single[0].side == TAILSPOT_UP && single[0].probability >= 0.0 && single[0].probability < 5e-3);

    refuses([&] { arrays.take_many(values, tailspot::Result(3)); }, TAILSPOT_ERROR_COUNT, "3 events and 3 probabilities");
    tailspot::Verdict bad = {TAILSPOT_ALERT_UP, 0.0, 0.0, 7.0};
    refuses([&] { arrays.take(1.0, bad); }, TAILSPOT_ERROR_PARAMETER, "probability = 7 is out of range: needs 0 to 1");
    tailspot::Result result(1);
    result.events[0] = 100;
    refuses([&] { arrays.take_many({1}, result); }, TAILSPOT_ERROR_PARAMETER, "event code = 100");
    tailspot::Config config = busy();
    config.q = 2.0;
    refuses([&] { tailspot::Incidents refused(config); }, TAILSPOT_ERROR_PARAMETER, "q = 2 is out of range");
    tailspot::Incidents moved(std::move(stream));
    refuses([&] { stream.finish(); }, TAILSPOT_ERROR_NULL, "NULL");
    refuses([&] { stream.take(1.0, bad); }, TAILSPOT_ERROR_NULL, "NULL");
    CHECK(moved.finish().empty() && stream.open().empty());
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
    a_verdict_is_what_a_value_was_judged_by();
    a_pool_keeps_keys_apart();
    incidents_come_as_they_end();
    std::puts("wrapper: ok");
}
