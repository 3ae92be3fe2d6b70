// tailspot for C++11 and up: the C API of tailspot.h with a handle that frees itself and errors that are exceptions.
// Words, events, configuration and what each call means are those of tailspot.h. Licence: MIT OR Apache-2.0.
//
//     tailspot::Config config;
//     config.q = 1e-4;
//     tailspot::Spot spot(config);
//     if (spot.step(x) == TAILSPOT_ALERT_UP) { ... }
//
//     tailspot::Pool pool(config);                        // A detector for each key.
//     if (pool.step(key, x) == TAILSPOT_ALERT_UP) { ... }
//
// Where values are read, any contiguous range of a real type will do: std::vector<double>, std::array<float, N>,
// std::span<const std::int16_t>, or a pointer and a count.
#ifndef TAILSPOT_HPP
#define TAILSPOT_HPP

// In C++ the name tailspot is a namespace, so the opaque handle of the C API gets another one.
#ifdef TAILSPOT_H
#error "include tailspot.hpp instead of tailspot.h, or before it: in C++ the name tailspot is the namespace"
#endif
#define tailspot tailspot_detector
#include "tailspot.h"
#undef tailspot

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace tailspot {

// What was refused, in a sentence that names the value and the allowed range.
class Error : public std::runtime_error {
public:
    Error(tailspot_result status, const std::string &what) : std::runtime_error(what), status_(status) {}
    tailspot_result status() const noexcept { return status_; }

private:
    tailspot_result status_;
};

// A configuration that begins with the defaults.
struct Config : tailspot_config {
    Config() { tailspot_config_init(this, sizeof(tailspot_config)); }
    Config(const tailspot_config &config) : tailspot_config(config) {}
};

// The answers to many values, in their order: events (tailspot_event), and the anomaly thresholds they were judged by.
struct Result {
    std::vector<std::int8_t> events;
    std::vector<double> upper, lower;
};

// A detector. Moves, but does not copy; one thread at a time may change it. A moved-from detector may only be
// destroyed or assigned to: its steps answer TAILSPOT_INVALID, its getters NaN, and everything else throws.
class Spot {
public:
    explicit Spot(const tailspot_config &config = Config()) {
        tailspot_detector *spot = nullptr;
        const tailspot_result status = tailspot_new(&config, &spot);
        check(status, [&](char *text, std::size_t size) { return tailspot_explain_config(&config, text, size); });
        spot_.reset(spot);
    }

    static Spot load(const void *snapshot, std::size_t size) {
        tailspot_detector *spot = nullptr;
        const tailspot_result status = tailspot_load(snapshot, size, &spot);
        check(status, [&](char *text, std::size_t room) {
            return tailspot_explain_snapshot(snapshot, size, text, room);
        });
        return Spot(spot);
    }
    static Spot load(const std::vector<std::uint8_t> &snapshot) {
        // An empty vector may have no data.
        return snapshot.empty() ? load("", 0) : load(snapshot.data(), snapshot.size());
    }

    std::vector<std::uint8_t> save() const {
        std::vector<std::uint8_t> bytes(tailspot_snapshot_size(get()));
        check(tailspot_save(get(), bytes.data(), bytes.size()));
        return bytes;
    }

    template <typename T> void fit(const T *values, std::size_t count) {
        const std::ptrdiff_t stride = sizeof(T);
        const tailspot_result status = tailspot_fit_strided(get(), values, count, stride, type_of<T>());
        check(status, [&](char *text, std::size_t size) {
            return tailspot_explain_fit(get(), values, count, stride, type_of<T>(), text, size);
        });
    }
    template <typename Range> void fit(const Range &values) { fit(values.data(), values.size()); }

    std::int32_t step(double value) noexcept { return tailspot_step(get(), value); }

    // Each of the outs is null or has room for `count` elements.
    template <typename T>
    void step_many(const T *values, std::size_t count, std::int8_t *events_out, double *upper_out = nullptr,
                   double *lower_out = nullptr) {
        const std::ptrdiff_t stride = sizeof(T);
        check(tailspot_step_strided(get(), values, count, stride, type_of<T>(), events_out, upper_out, lower_out));
    }
    void step_many(const double *values, std::size_t count, std::int8_t *events_out, double *upper_out = nullptr,
                   double *lower_out = nullptr) {
        check(tailspot_step_many(get(), values, count, events_out, upper_out, lower_out));
    }
    template <typename Range> Result step_many(const Range &values) {
        const std::size_t count = values.size();
        Result result{std::vector<std::int8_t>(count), std::vector<double>(count), std::vector<double>(count)};
        step_many(values.data(), count, result.events.data(), result.upper.data(), result.lower.data());
        return result;
    }

    double anomaly_threshold(std::int32_t side) const noexcept { return tailspot_anomaly_threshold(get(), side); }
    double excess_threshold(std::int32_t side) const noexcept { return tailspot_excess_threshold(get(), side); }
    double probability(std::int32_t side, double value) const noexcept {
        return tailspot_tail_probability(get(), side, value);
    }
    double quantile(std::int32_t side, double q) const noexcept { return tailspot_quantile(get(), side, q); }
    double shape(std::int32_t side) const noexcept { return tailspot_shape(get(), side); }
    double scale(std::int32_t side) const noexcept { return tailspot_scale(get(), side); }
    double drift() const noexcept { return tailspot_drift(get()); }

    tailspot_status status() const {
        tailspot_status status;
        check(tailspot_get_status(get(), &status, sizeof status));
        return status;
    }
    tailspot_config config() const {
        tailspot_config config;
        check(tailspot_get_config(get(), &config, sizeof config));
        return config;
    }
    void set_q(double q) {
        tailspot_config wanted = config();
        wanted.q = q;
        check(tailspot_set_q(get(), q), [&](char *text, std::size_t size) {
            return tailspot_explain_config(&wanted, text, size);
        });
    }
    void reset() { check(tailspot_reset(get())); }

    // The handle, still owned by this object, for the functions of tailspot.h.
    tailspot_detector *get() const noexcept { return spot_.get(); }

private:
    struct Free {
        void operator()(tailspot_detector *spot) const noexcept { tailspot_free(spot); }
    };
    std::unique_ptr<tailspot_detector, Free> spot_;

    friend class Pool;
    explicit Spot(tailspot_detector *spot) : spot_(spot) {}

    static void check(tailspot_result status) {
        if (status != TAILSPOT_OK) throw Error(status, tailspot_result_message(status));
    }
    template <typename Explain> static void check(tailspot_result status, const Explain &explain) {
        if (status == TAILSPOT_OK) return;
        std::string text(explain(nullptr, 0) + 1, '\0');
        text.resize(explain(&text[0], text.size()));
        throw Error(status, text.empty() ? tailspot_result_message(status) : text);
    }

    template <typename T> static constexpr std::int32_t type_of() {
        static_assert(std::is_arithmetic<T>::value && sizeof(T) <= 8 && (std::is_integral<T>::value || sizeof(T) >= 4),
                      "values are integers, float or double");
        return std::is_floating_point<T>::value ? (sizeof(T) == 4 ? TAILSPOT_FLOAT32 : TAILSPOT_FLOAT64)
               : sizeof(T) == 1                 ? (std::is_signed<T>::value ? TAILSPOT_INT8 : TAILSPOT_UINT8)
               : sizeof(T) == 2                 ? (std::is_signed<T>::value ? TAILSPOT_INT16 : TAILSPOT_UINT16)
               : sizeof(T) == 4                 ? (std::is_signed<T>::value ? TAILSPOT_INT32 : TAILSPOT_UINT32)
                                                : (std::is_signed<T>::value ? TAILSPOT_INT64 : TAILSPOT_UINT64);
    }
};

// Many detectors by key. Moves, but does not copy, as Spot does.
class Pool {
public:
    explicit Pool(const tailspot_config &config = Config()) {
        tailspot_pool *pool = nullptr;
        const tailspot_result status = tailspot_pool_new(&config, &pool);
        Spot::check(status, [&](char *text, std::size_t size) { return tailspot_explain_config(&config, text, size); });
        pool_.reset(pool);
    }
    // Every key starts as a copy of this detector.
    explicit Pool(const Spot &spot) {
        tailspot_pool *pool = nullptr;
        Spot::check(tailspot_pool_with_template(spot.get(), &pool));
        pool_.reset(pool);
    }

    static Pool load(const void *snapshot, std::size_t size, std::uint32_t threads = 0) {
        tailspot_pool *pool = nullptr;
        const tailspot_result status = tailspot_pool_load(snapshot, size, threads, &pool);
        Spot::check(status, [&](char *text, std::size_t room) {
            return tailspot_pool_explain_snapshot(snapshot, size, text, room);
        });
        return Pool(pool);
    }
    static Pool load(const std::vector<std::uint8_t> &snapshot, std::uint32_t threads = 0) {
        return snapshot.empty() ? load("", 0, threads) : load(snapshot.data(), snapshot.size(), threads);
    }

    std::vector<std::uint8_t> save() {
        std::vector<std::uint8_t> bytes(tailspot_pool_snapshot_size(get()));
        std::uint8_t none = 0;  // Where nothing can be saved, the call says why.
        Spot::check(tailspot_pool_save(get(), bytes.empty() ? &none : bytes.data(), bytes.size()));
        return bytes;
    }

    void set_limit(std::size_t limit) { Spot::check(tailspot_pool_set_limit(get(), limit)); }
    void set_threads(std::uint32_t threads) { Spot::check(tailspot_pool_set_threads(get(), threads)); }

    std::int32_t step(std::uint64_t key, double value) noexcept { return tailspot_pool_step(get(), key, value); }

    // Value i belongs to key i. Each of the outs is null or has room for `count` elements.
    template <typename T>
    void step_many(const std::uint64_t *keys, const T *values, std::size_t count, std::int8_t *events_out,
                   double *upper_out = nullptr, double *lower_out = nullptr) {
        const std::ptrdiff_t stride = sizeof(T);
        Spot::check(tailspot_pool_step_strided(get(), keys, values, count, stride, Spot::type_of<T>(), events_out,
                                               upper_out, lower_out));
    }
    void step_many(const std::uint64_t *keys, const double *values, std::size_t count, std::int8_t *events_out,
                   double *upper_out = nullptr, double *lower_out = nullptr) {
        Spot::check(tailspot_pool_step_many(get(), keys, values, count, events_out, upper_out, lower_out));
    }
    template <typename Keys, typename Range> Result step_many(const Keys &keys, const Range &values) {
        const std::size_t count = values.size();
        if (keys.size() != count) throw std::invalid_argument("needs one key for each value");
        Result result{std::vector<std::int8_t>(count), std::vector<double>(count), std::vector<double>(count)};
        step_many(keys.data(), values.data(), count, result.events.data(), result.upper.data(), result.lower.data());
        return result;
    }

    std::size_t size() const noexcept { return tailspot_pool_size(get()); }
    std::vector<std::uint64_t> keys() const {
        std::vector<std::uint64_t> keys(size());
        if (!keys.empty()) Spot::check(tailspot_pool_keys(get(), keys.data(), keys.size()));
        return keys;
    }
    // A copy of the detector of a key.
    Spot at(std::uint64_t key) const {
        tailspot_detector *spot = nullptr;
        Spot::check(tailspot_pool_get(get(), key, &spot));
        return Spot(spot);
    }
    void insert(std::uint64_t key, const Spot &spot) { Spot::check(tailspot_pool_insert(get(), key, spot.get())); }
    void remove(std::uint64_t key) { Spot::check(tailspot_pool_remove(get(), key, nullptr)); }

    // The handle, still owned by this object, for the functions of tailspot.h.
    tailspot_pool *get() const noexcept { return pool_.get(); }

private:
    struct Free {
        void operator()(tailspot_pool *pool) const noexcept { tailspot_pool_free(pool); }
    };
    std::unique_ptr<tailspot_pool, Free> pool_;

    explicit Pool(tailspot_pool *pool) : pool_(pool) {}
};

}  // namespace tailspot

#endif  // TAILSPOT_HPP
