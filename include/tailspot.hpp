// tailspot for C++11 and later: the C API of tailspot.h with handles that free themselves and errors that are exceptions.
// Words, events, configuration and what each call means are those of tailspot.h. Licence: MIT OR Apache-2.0.
//
//     tailspot::Config config;
//     config.q = 1e-4;
//     tailspot::Spot spot(config);
//     const tailspot::Verdict verdict = spot.verdict(x);
//     if (verdict.event == TAILSPOT_ALERT_UP) { ... x is above verdict.upper ... }
//
//     tailspot::Pool pool(config);                        // A detector for each key.
//     if (pool.step(key, x) == TAILSPOT_ALERT_UP) { ... }
//
// Compiled without exceptions (-fno-exceptions), an error prints its sentence and aborts the program.
#ifndef TAILSPOT_HPP
#define TAILSPOT_HPP

#include "tailspot.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tailspot {

// Why a call failed, in a sentence that names the value and the allowed range.
class Error : public std::runtime_error {
public:
    Error(tailspot_result result, const std::string &what) : std::runtime_error(what), result_(result) {}
    tailspot_result result() const noexcept { return result_; }

private:
    tailspot_result result_;
};

namespace detail {

[[noreturn]] inline void fail(tailspot_result result, const std::string &what) {
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
    throw Error(result, what);
#else
    std::fprintf(stderr, "tailspot: error %d: %s\n", static_cast<int>(result), what.c_str());
    std::abort();
#endif
}

inline void check(tailspot_result result) {
    if (result != TAILSPOT_OK) fail(result, tailspot_result_message(result));
}

// `explain` is one of the functions that explain, of a place for its text and the size of that. They know nothing of a
// handle that cannot be used.
template <typename Explain> void check(tailspot_result result, const Explain &explain) {
    if (result == TAILSPOT_ERROR_NULL || result == TAILSPOT_ERROR_POISONED || result == TAILSPOT_OK) return check(result);
    std::string text(explain(nullptr, 0) + 1, '\0');
    text.resize(explain(&text[0], text.size()));
    fail(result, text.empty() ? tailspot_result_message(result) : text);
}

// What `call` makes at the place that it is given.
template <typename T, typename Call, typename... Explain> T *made(const Call &call, const Explain &...explain) {
    T *out = nullptr;
    check(call(&out), explain...);
    return out;
}

// The struct that a getter fills in.
template <typename T, typename Handle> T filled(tailspot_result (*get)(const Handle *, T *, std::size_t), const Handle *handle) {
    T out;
    check(get(handle, &out, sizeof out));
    return out;
}

// A handle with its owner: moves, and does not copy.
template <typename T, void (*Free)(T *)> class Owner {
public:
    // The handle, still owned by this object, for the functions of tailspot.h.
    T *get() const noexcept { return handle_.get(); }

protected:
    explicit Owner(T *handle) : handle_(handle) {}

private:
    struct Deleter {
        void operator()(T *handle) const noexcept { Free(handle); }
    };
    std::unique_ptr<T, Deleter> handle_;
};

template <typename T> constexpr std::int32_t type_of() {
    static_assert(std::is_arithmetic<T>::value && sizeof(T) <= 8 && (std::is_integral<T>::value || sizeof(T) >= 4),
                  "values are integers, float or double");
    return std::is_floating_point<T>::value ? (sizeof(T) == 4 ? TAILSPOT_FLOAT32 : TAILSPOT_FLOAT64)
           : sizeof(T) == 1                 ? (std::is_signed<T>::value ? TAILSPOT_INT8 : TAILSPOT_UINT8)
           : sizeof(T) == 2                 ? (std::is_signed<T>::value ? TAILSPOT_INT16 : TAILSPOT_UINT16)
           : sizeof(T) == 4                 ? (std::is_signed<T>::value ? TAILSPOT_INT32 : TAILSPOT_UINT32)
                                            : (std::is_signed<T>::value ? TAILSPOT_INT64 : TAILSPOT_UINT64);
}

// An empty vector may have no data, and a snapshot of no bytes is still one that is refused.
inline const void *bytes(const std::vector<std::uint8_t> &snapshot) {
    return snapshot.empty() ? static_cast<const void *>("") : snapshot.data();
}

}  // namespace detail

// A configuration that begins with the defaults.
struct Config : tailspot_config {
    Config() { detail::check(tailspot_config_init(this, sizeof(tailspot_config))); }
    Config(const tailspot_config &config) : tailspot_config(config) {}
};

// An array of numbers, read where it is: any contiguous range (std::vector<double>, std::array<float, N>, std::span<const
// short>), an array of C, a list in braces, or a pointer, a count and, if need be, a stride in bytes.
class Values {
public:
    template <typename T>
    Values(const T *first, std::size_t count, std::ptrdiff_t stride = sizeof(T))
        : first_(first), count_(count), stride_(stride), type_(detail::type_of<T>()) {}
    template <typename T, std::size_t N> Values(const T (&array)[N]) : Values(array, N) {}
    template <typename T> Values(std::initializer_list<T> list) : Values(list.begin(), list.size()) {}
    template <typename Range, typename = decltype(std::declval<const Range &>().data())>
    Values(const Range &range) : Values(range.data(), range.size()) {}

    // The same array, with bytes in the other order than this machine's.
    Values swapped() const {
        Values other(*this);
        other.type_ |= TAILSPOT_SWAPPED;
        return other;
    }

    const void *first() const noexcept { return first_; }
    std::size_t size() const noexcept { return count_; }
    std::ptrdiff_t stride() const noexcept { return stride_; }
    std::int32_t type() const noexcept { return type_; }
    // Not null if it is an ordinary array of doubles, for which the library has faster functions.
    const double *doubles() const noexcept {
        const bool is_plain = type_ == TAILSPOT_FLOAT64 && stride_ == sizeof(double) &&
                              reinterpret_cast<std::uintptr_t>(first_) % alignof(double) == 0;
        return is_plain ? static_cast<const double *>(first_) : nullptr;
    }

private:
    const void *first_;
    std::size_t count_;
    std::ptrdiff_t stride_;
    std::int32_t type_;
};

// The answer to one value, and what it was judged by: see tailspot_verdict.
struct Verdict {
    std::int32_t event;
    double upper, lower, probability;
    bool is_alert() const noexcept { return event == TAILSPOT_ALERT_UP || event == TAILSPOT_ALERT_DOWN; }
};

// The answers to many values, in their order: see tailspot_step_many.
struct Result {
    std::vector<std::int8_t> events;
    std::vector<double> upper, lower, probability;
    explicit Result(std::size_t count = 0) : events(count), upper(count), lower(count), probability(count) {}
    std::size_t size() const noexcept { return events.size(); }
    // The answer to value i.
    Verdict operator[](std::size_t i) const { return {events[i], upper[i], lower[i], probability[i]}; }
};

// A detector. Moves, and is copied only by clone(); one thread at a time may change it. A moved-from detector may only be
// destroyed or assigned to: its steps return TAILSPOT_INVALID, its getters NaN, and everything else is an error.
class Spot : public detail::Owner<tailspot_detector, tailspot_free> {
public:
    explicit Spot(const tailspot_config &config = Config())
        : Spot(detail::made<tailspot_detector>(
              [&](tailspot_detector **out) { return tailspot_new(&config, out); },
              [&](char *text, std::size_t size) { return tailspot_explain_config(&config, text, size); })) {}
    static Spot load(const void *snapshot, std::size_t count) {
        return Spot(detail::made<tailspot_detector>(
            [&](tailspot_detector **out) { return tailspot_load(snapshot, count, out); },
            [&](char *text, std::size_t size) { return tailspot_explain_snapshot(snapshot, count, text, size); }));
    }
    static Spot load(const std::vector<std::uint8_t> &snapshot) {
        return load(detail::bytes(snapshot), snapshot.size());
    }
    std::vector<std::uint8_t> save() const {
        std::vector<std::uint8_t> bytes(tailspot_snapshot_size(get()));
        detail::check(tailspot_save(get(), bytes.data(), bytes.size()));
        return bytes;
    }
    Spot clone() const {
        return Spot(
            detail::made<tailspot_detector>([&](tailspot_detector **out) { return tailspot_clone(get(), out); }));
    }

    void fit(const Values &v) {
        detail::check(tailspot_fit_strided(get(), v.first(), v.size(), v.stride(), v.type()),
                      [&](char *text, std::size_t size) {
                          return tailspot_explain_fit(get(), v.first(), v.size(), v.stride(), v.type(), text, size);
                      });
    }
    std::int32_t step(double value) noexcept { return tailspot_step(get(), value); }
    // Several baselines solve for the two thresholds: where nobody needs them, step_many() with null in their place is
    // faster.
    Verdict verdict(double value) noexcept {
        Verdict out = {TAILSPOT_INVALID, 0.0, 0.0, 0.0};
        out.event = tailspot_verdict(get(), value, &out.upper, &out.lower, &out.probability);
        return out;
    }
    // Each of the outs is null or has space for an element a value.
    void step_many(const Values &v, std::int8_t *events_out, double *upper_out = nullptr, double *lower_out = nullptr,
                   double *probability_out = nullptr) {
        detail::check(v.doubles() ? tailspot_step_many(get(), v.doubles(), v.size(), events_out, upper_out, lower_out,
                                                       probability_out)
                                  : tailspot_step_strided(get(), v.first(), v.size(), v.stride(), v.type(), events_out,
                                                          upper_out, lower_out, probability_out));
    }
    Result step_many(const Values &v) {
        Result out(v.size());
        step_many(v, out.events.data(), out.upper.data(), out.lower.data(), out.probability.data());
        return out;
    }
    // Without learning from the values.
    Result judge(const Values &v) const {
        Result out(v.size());
        detail::check(tailspot_judge_strided(get(), v.first(), v.size(), v.stride(), v.type(), out.events.data(),
                                             out.upper.data(), out.lower.data(), out.probability.data()));
        return out;
    }
    void reset() { detail::check(tailspot_reset(get())); }
    void set_q(double q) {
        detail::check(tailspot_set_q(get(), q),
                      [&](char *text, std::size_t size) { return tailspot_explain_q(get(), q, text, size); });
    }

    double anomaly_threshold(std::int32_t side) const noexcept { return tailspot_anomaly_threshold(get(), side); }
    double excess_threshold(std::int32_t side) const noexcept { return tailspot_excess_threshold(get(), side); }
    double tail_probability(std::int32_t side, double value) const noexcept {
        return tailspot_tail_probability(get(), side, value);
    }
    std::vector<double> tail_probability(std::int32_t side, const Values &v) const {
        std::vector<double> out(v.size());
        detail::check(tailspot_tail_probability_strided(get(), side, v.first(), v.size(), v.stride(), v.type(), out.data()));
        return out;
    }
    double quantile(std::int32_t side, double q) const noexcept { return tailspot_quantile(get(), side, q); }
    double shape(std::int32_t side) const noexcept { return tailspot_shape(get(), side); }
    double scale(std::int32_t side) const noexcept { return tailspot_scale(get(), side); }
    double drift() const noexcept { return tailspot_drift(get()); }
    // The lower and the upper end.
    std::pair<double, double> threshold_interval(std::int32_t side, double confidence) const {
        return interval(tailspot_threshold_interval, side, confidence);
    }
    std::pair<double, double> shape_interval(std::int32_t side, double confidence) const {
        return interval(tailspot_shape_interval, side, confidence);
    }
    std::pair<double, double> scale_interval(std::int32_t side, double confidence) const {
        return interval(tailspot_scale_interval, side, confidence);
    }
    double threshold_spread(std::int32_t side) const noexcept { return tailspot_threshold_spread(get(), side); }
    // What each baseline says of a value; empty before the calibration, and for values that are not finite.
    std::vector<tailspot_reason> reasons(double value) const {
        std::vector<tailspot_reason> all;
        tailspot_reason reason;
        while (tailspot_get_reason(get(), value, all.size(), &reason, sizeof reason) == TAILSPOT_OK) all.push_back(reason);
        return all;
    }
    tailspot_status status() const { return detail::filled<tailspot_status>(tailspot_get_status, get()); }
    tailspot_config config() const { return detail::filled<tailspot_config>(tailspot_get_config, get()); }

private:
    template <typename Call>
    std::pair<double, double> interval(Call call, std::int32_t side, double confidence) const {
        std::pair<double, double> out;
        detail::check(
            call(get(), side, confidence, &out.first, &out.second),
            [&](char *text, std::size_t size) { return tailspot_explain_confidence(confidence, text, size); });
        return out;
    }

    friend class Pool;
    explicit Spot(tailspot_detector *made) : Owner(made) {}
};

// The incidents of one stream: alerts that belong together (see tailspot_incidents_new). Moves, but does not copy. Each
// function returns the incidents that ended with what it was given.
class Incidents : public detail::Owner<tailspot_incidents, tailspot_incidents_free> {
public:
    // Of a detector with this configuration, or of one key of a pool.
    explicit Incidents(const tailspot_config &config = Config())
        : Owner(detail::made<tailspot_incidents>(
              [&](tailspot_incidents **out) { return tailspot_incidents_new(&config, out); },
              [&](char *text, std::size_t size) { return tailspot_explain_config(&config, text, size); })) {}

    std::vector<tailspot_incident> take(double value, const Verdict &verdict) {
        detail::check(tailspot_incidents_take(get(), value, verdict.event, verdict.probability),
                      [&](char *text, std::size_t size) {
                          const std::int8_t event = static_cast<std::int8_t>(verdict.event);
                          return tailspot_explain_incidents(&value, 1, sizeof value, TAILSPOT_FLOAT64, &event,
                                                            &verdict.probability, text, size);
                      });
        return ended();
    }
    std::vector<tailspot_incident> take_many(const Values &v, const Result &result) {
        const std::int8_t *const events = result.events.data();
        const double *const probability = result.probability.data();
        if (result.events.size() != v.size() || result.probability.size() != v.size())
            detail::fail(TAILSPOT_ERROR_COUNT, std::to_string(result.events.size()) + " events and " +
                                                   std::to_string(result.probability.size()) + " probabilities for " +
                                                   std::to_string(v.size()) + " values: needs one of each for each value");
        detail::check(tailspot_incidents_take_strided(get(), v.first(), v.size(), v.stride(), v.type(), events, probability),
                      [&](char *text, std::size_t size) {
                          return tailspot_explain_incidents(v.first(), v.size(), v.stride(), v.type(), events,
                                                            probability, text, size);
                      });
        return ended();
    }
    // Ends the open one, as at the end of a stream.
    std::vector<tailspot_incident> finish() {
        detail::check(tailspot_incidents_finish(get()));
        return ended();
    }
    // The one that further alerts may join, if there is one.
    std::vector<tailspot_incident> open() const {
        std::vector<tailspot_incident> all;
        tailspot_incident one;
        if (tailspot_incidents_get_open(get(), &one, sizeof one) == TAILSPOT_OK) all.push_back(one);
        return all;
    }

private:
    std::vector<tailspot_incident> ended() {
        std::vector<tailspot_incident> all;
        tailspot_incident one;
        while (tailspot_incidents_next(get(), &one, sizeof one) == TAILSPOT_OK) all.push_back(one);
        return all;
    }
};

// An array of keys: any contiguous range of an unsigned integer of 64 bits, an array of C, a list in braces, or a pointer
// and a count.
class Keys {
public:
    template <typename T> Keys(const T *first, std::size_t count) : first_(first), count_(count) {
        static_assert(std::is_unsigned<T>::value && sizeof(T) == 8, "keys are unsigned integers of 64 bits");
    }
    template <typename T, std::size_t N> Keys(const T (&array)[N]) : Keys(array, N) {}
    Keys(std::initializer_list<std::uint64_t> list) : Keys(list.begin(), list.size()) {}
    template <typename Range, typename = decltype(std::declval<const Range &>().data())>
    Keys(const Range &range) : Keys(range.data(), range.size()) {}

    const std::uint64_t *data() const noexcept { return static_cast<const std::uint64_t *>(first_); }
    std::size_t size() const noexcept { return count_; }

private:
    const void *first_;
    std::size_t count_;
};

// Many detectors by key. Moves, but does not copy, as Spot does.
class Pool : public detail::Owner<tailspot_pool, tailspot_pool_free> {
public:
    explicit Pool(const tailspot_config &config = Config())
        : Pool(detail::made<tailspot_pool>(
              [&](tailspot_pool **out) { return tailspot_pool_new(&config, out); },
              [&](char *text, std::size_t size) { return tailspot_explain_config(&config, text, size); })) {}
    // Every key starts as a copy of this detector.
    explicit Pool(const Spot &with_template)
        : Pool(detail::made<tailspot_pool>(
              [&](tailspot_pool **out) { return tailspot_pool_with_template(with_template.get(), out); })) {}
    static Pool load(const void *snapshot, std::size_t count, std::uint32_t threads = 0) {
        tailspot_pool *made = nullptr;
        const tailspot_result result = tailspot_pool_load(snapshot, count, threads, &made);
        detail::check(result, [&](char *text, std::size_t size) {
            return result == TAILSPOT_ERROR_PARAMETER ? tailspot_pool_explain_threads(threads, text, size)
                                                      : tailspot_pool_explain_snapshot(snapshot, count, text, size);
        });
        return Pool(made);
    }
    static Pool load(const std::vector<std::uint8_t> &snapshot, std::uint32_t threads = 0) {
        return load(detail::bytes(snapshot), snapshot.size(), threads);
    }
    std::vector<std::uint8_t> save() {
        std::vector<std::uint8_t> bytes(tailspot_pool_snapshot_size(get()));
        std::uint8_t none = 0;  // Where nothing can be saved, the call says why.
        detail::check(tailspot_pool_save(get(), bytes.empty() ? &none : bytes.data(), bytes.size()));
        return bytes;
    }

    void set_limit(std::size_t limit) { detail::check(tailspot_pool_set_limit(get(), limit)); }
    void set_threads(std::uint32_t threads) {
        detail::check(tailspot_pool_set_threads(get(), threads), [&](char *text, std::size_t size) {
            return tailspot_pool_explain_threads(threads, text, size);
        });
    }

    std::int32_t step(std::uint64_t key, double value) noexcept { return tailspot_pool_step(get(), key, value); }
    Verdict verdict(std::uint64_t key, double value) noexcept {
        Verdict out = {TAILSPOT_INVALID, 0.0, 0.0, 0.0};
        out.event = tailspot_pool_verdict(get(), key, value, &out.upper, &out.lower, &out.probability);
        return out;
    }
    // Value i belongs to key i. Each of the outs is null or has space for an element a value.
    void step_many(const Keys &keys, const Values &v, std::int8_t *events_out, double *upper_out = nullptr,
                   double *lower_out = nullptr, double *probability_out = nullptr) {
        if (keys.size() != v.size())
            detail::fail(TAILSPOT_ERROR_COUNT, std::to_string(keys.size()) + " keys for " + std::to_string(v.size()) +
                                                   " values: needs one key for each value");
        detail::check(v.doubles() ? tailspot_pool_step_many(get(), keys.data(), v.doubles(), v.size(), events_out,
                                                            upper_out, lower_out, probability_out)
                                  : tailspot_pool_step_strided(get(), keys.data(), v.first(), v.size(), v.stride(),
                                                               v.type(), events_out, upper_out, lower_out,
                                                               probability_out));
    }
    Result step_many(const Keys &keys, const Values &v) {
        Result out(v.size());
        step_many(keys, v, out.events.data(), out.upper.data(), out.lower.data(), out.probability.data());
        return out;
    }

    std::size_t size() const noexcept { return tailspot_pool_size(get()); }
    std::vector<std::uint64_t> keys() const {
        std::vector<std::uint64_t> keys(size());
        if (!keys.empty()) detail::check(tailspot_pool_keys(get(), keys.data(), keys.size()));
        return keys;
    }
    tailspot_pool_status status() const { return detail::filled<tailspot_pool_status>(tailspot_pool_get_status, get()); }
    // A copy of the detector of a key, and of the one that new keys start from.
    Spot at(std::uint64_t key) const {
        return Spot(detail::made<tailspot_detector>(
            [&](tailspot_detector **out) { return tailspot_pool_get(get(), key, out); }));
    }
    Spot get_template() const {
        return Spot(detail::made<tailspot_detector>(
            [&](tailspot_detector **out) { return tailspot_pool_get_template(get(), out); }));
    }
    void insert(std::uint64_t key, const Spot &spot) { detail::check(tailspot_pool_insert(get(), key, spot.get())); }
    // Returns the detector that the key had.
    Spot remove(std::uint64_t key) {
        return Spot(detail::made<tailspot_detector>(
            [&](tailspot_detector **out) { return tailspot_pool_remove(get(), key, out); }));
    }

private:
    explicit Pool(tailspot_pool *made) : Owner(made) {}
};

// The version of the library that the program runs with.
inline const char *version() noexcept { return tailspot_version(); }

}  // namespace tailspot

#endif  // TAILSPOT_HPP
