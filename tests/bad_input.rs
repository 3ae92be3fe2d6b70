//! Bad parameters and bad values: each has a named error or a defined answer, and nothing panics.
//!
//! A case is the call, what it answered as text, and what it has to answer.

mod draws;

use std::fmt::Debug;

use draws::Draws;
use tailspot::{
    Accounting, Baseline, Config, Error, Event, GeneralizedPareto, Outputs, Side, Spot, Threshold,
    fit,
};

type Case = (&'static str, String, &'static str);

#[track_caller]
fn check(cases: &[Case]) {
    for (call, given, expected) in cases {
        assert_eq!(given, expected, "{call}");
    }
}

/// An answer as the tables show it; an error is its variant and its message.
fn message<T: Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => {
            let variant = format!("{error:?}");
            let name = variant.split([' ', '(']).next().expect("a name");
            format!("{name}: {error}")
        }
    }
}

/// 1 - level has no rounding to print.
fn base() -> Config {
    Config { q: 1e-3, level: 0.75, n_init: 100, max_excess: 20, ..Config::default() }
}

fn spot(config: Config) -> Spot {
    Spot::new(config).expect("a valid configuration")
}

/// Whole numbers from -50 to 50, each equally often.
fn numbers(count: usize) -> Vec<f64> {
    (0..count).map(|i| (i * 37 % 101) as f64 - 50.0).collect()
}

/// A detector that has seen numbers from -50 to 50.
fn calibrated(config: Config) -> Spot {
    let mut spot = spot(config);
    spot.fit(&numbers(1010)).expect("enough values");
    spot
}

/// Everything that can be seen of a detector; as text, because NaN is not equal to itself.
fn state(spot: &Spot) -> String {
    format!("{spot:?}")
}

// Config --------------------------------------------------------------------------------------------------------------

#[test]
fn a_parameter_out_of_range_is_named_with_its_value_and_range() {
    let new = |config: Config| message(Spot::new(config).map(|_| ()));
    let q = |q: f64| new(Config { q, ..base() });
    let level = |level: f64| new(Config { level, ..base() });
    let most = usize::MAX >> 12;
    check(&[
        ("q", q(f64::NAN), "Parameter: q = NaN is out of range: needs 0 < q < 1 - level = 0.25"),
        (
            "q",
            q(f64::INFINITY),
            "Parameter: q = inf is out of range: needs 0 < q < 1 - level = 0.25",
        ),
        (
            "q",
            q(f64::NEG_INFINITY),
            "Parameter: q = -inf is out of range: needs 0 < q < 1 - level = 0.25",
        ),
        ("q", q(-1e-4), "Parameter: q = -0.0001 is out of range: needs 0 < q < 1 - level = 0.25"),
        ("q", q(0.0), "Parameter: q = 0 is out of range: needs 0 < q < 1 - level = 0.25"),
        ("q", q(-0.0), "Parameter: q = -0 is out of range: needs 0 < q < 1 - level = 0.25"),
        ("q", q(1.0), "Parameter: q = 1 is out of range: needs 0 < q < 1 - level = 0.25"),
        (
            "q = 1 - level",
            q(0.25),
            "Parameter: q = 0.25 is out of range: needs 0 < q < 1 - level = 0.25",
        ),
        (
            "q > 1 - level",
            q(0.5),
            "Parameter: q = 0.5 is out of range: needs 0 < q < 1 - level = 0.25",
        ),
        ("q just below", q(0.25 - 1e-11), "()"),
        ("the smallest q", q(5e-324), "()"),
        ("level", level(0.0), "Parameter: level = 0 is out of range: needs 0 < level < 1"),
        ("level", level(1.0), "Parameter: level = 1 is out of range: needs 0 < level < 1"),
        ("level", level(f64::NAN), "Parameter: level = NaN is out of range: needs 0 < level < 1"),
        ("level", level(-0.5), "Parameter: level = -0.5 is out of range: needs 0 < level < 1"),
        (
            "level",
            level(f64::INFINITY),
            "Parameter: level = inf is out of range: needs 0 < level < 1",
        ),
        (
            "no side",
            new(Config { up: false, down: false, ..base() }),
            "Parameter: up and down are both false: watch at least one side",
        ),
        (
            "no excesses",
            new(Config { max_excess: 0, ..base() }),
            "Parameter: max_excess = 0 is out of range: needs max_excess >= 1 when bounded",
        ),
        ("max_excess unused", new(Config { max_excess: 0, bounded: false, ..base() }), "()"),
        (
            "n_init",
            new(Config { n_init: 0, ..base() }),
            "Parameter: n_init = 0 is out of range: needs at least 4: at level = 0.75 fewer values leave 0 excesses \
             on a watched side",
        ),
        (
            "n_init",
            new(Config { n_init: 3, ..base() }),
            "Parameter: n_init = 3 is out of range: needs at least 4: at level = 0.75 fewer values leave 0 excesses \
             on a watched side",
        ),
        ("n_init", new(Config { n_init: 4, ..base() }), "()"),
        ("the largest n_init", new(Config { n_init: most, ..base() }), "()"),
        ("the largest max_excess", new(Config { max_excess: most, ..base() }), "()"),
        ("the largest depth", new(Config { depth: most, ..base() }), "()"),
        ("the largest quarantine", new(Config { quarantine: most, ..base() }), "()"),
    ]);
}

#[test]
fn a_size_beyond_the_limit_is_named() {
    let most = usize::MAX >> 12;
    for size in [most + 1, usize::MAX] {
        let cases = [
            ("n_init", Config { n_init: size, ..base() }),
            ("max_excess", Config { max_excess: size, ..base() }),
            ("depth", Config { depth: size, ..base() }),
            ("quarantine", Config { quarantine: size, ..base() }),
        ];
        for (name, config) in cases {
            let expected = Error::Parameter {
                name,
                value: size.to_string(),
                allowed: format!("at most {most}"),
            };
            assert_eq!(Spot::new(config).expect_err("too large"), expected);
        }
    }
}

/// Excesses of each side that n different values leave, in whole numbers: level = part / whole.
fn excesses(n: usize, part: usize, whole: usize) -> [usize; 2] {
    [(n * (whole - part) / whole).min(n - 1); 2]
}

#[test]
fn the_number_of_values_that_is_asked_for_is_enough_and_the_least() {
    let levels = [(1, 10), (1, 2), (3, 4), (9, 10), (49, 50), (99, 100), (199, 200), (999, 1000)];
    for (part, whole) in levels.into_iter().chain([(29, 100), (2, 3), (9999, 10_000)]) {
        for (up, down) in [(true, true), (true, false), (false, true)] {
            let level = part as f64 / whole as f64;
            let is_enough = |n: &usize| {
                let [above, below] = excesses(*n, part, whole);
                (!up || above > 0) && (!down || below > 0)
            };
            let least = (1..).find(is_enough).expect("a number that is enough");
            let q = (1.0 - level) / 10.0;
            let config = Config { q, level, up, down, n_init: least - 1, ..base() };

            let refused = Spot::new(config.clone()).expect_err("one value too few").to_string();
            let named = format!("n_init = {} is out of range: needs at least {least}: ", least - 1);
            assert!(refused.starts_with(&named), "level {level}: {refused}");

            let mut spot = spot(Config { n_init: least, ..config });
            let values: Vec<f64> = (0..least).map(|i| (i * 7919 % 10_007) as f64).collect();
            let given = least - 1;
            let refused = spot.fit(&values[1..]).expect_err("one value too few");
            let text = level.to_string();
            let expected = Error::TooFewValues { given, warm_up: 0, level: text, needed: least };
            assert_eq!(refused, expected);
            spot.fit(&values).expect("enough values");
            let status = spot.status();
            let counts = [status.up.n_t, status.down.n_t].map(|n_t| n_t as usize);
            let [above, below] = excesses(least, part, whole);
            let expected = [if up { above } else { 0 }, if down { below } else { 0 }];
            assert_eq!(counts, expected, "level {level}");
        }
    }
}

// Calibration ---------------------------------------------------------------------------------------------------------

#[test]
fn a_batch_that_is_too_small_is_refused_and_changes_nothing() {
    let mut spot = calibrated(base());
    let before = state(&spot);
    let mut fit = |values: &[f64]| message(spot.fit(values));
    let mut holed = numbers(3);
    holed.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    check(&[
        (
            "empty",
            fit(&[]),
            "TooFewValues: 0 finite values leave no excess at level = 0.75: at least 4 are needed",
        ),
        (
            "one",
            fit(&[1.0]),
            "TooFewValues: 1 finite values leave no excess at level = 0.75: at least 4 are needed",
        ),
        (
            "NaN",
            fit(&[f64::NAN; 500]),
            "TooFewValues: 0 finite values leave no excess at level = 0.75: at least 4 are needed",
        ),
        (
            "inf",
            fit(&[f64::INFINITY; 500]),
            "TooFewValues: 0 finite values leave no excess at level = 0.75: at least 4 are needed",
        ),
        (
            "holes",
            fit(&holed),
            "TooFewValues: 3 finite values leave no excess at level = 0.75: at least 4 are needed",
        ),
    ]);
    assert_eq!(state(&spot), before);

    let mut drifting = calibrated(Config { depth: 10, ..base() });
    let before = state(&drifting);
    let mut fit = |values: &[f64]| message(drifting.fit(values));
    check(&[
        (
            "window only",
            fit(&numbers(10)),
            "TooFewValues: 0 finite values after the 10 that warm up the baselines leave no excess at level = 0.75: at least 4 are needed",
        ),
        (
            "window and 3",
            fit(&numbers(13)),
            "TooFewValues: 3 finite values after the 10 that warm up the baselines leave no excess at level = 0.75: at least 4 are needed",
        ),
    ]);
    assert_eq!(state(&drifting), before);
    assert_eq!(message(drifting.fit(&numbers(14))), "()");
}

/// After a calibration on `values`, over and over: N_t of both sides, and the answers to some values.
fn story(config: Config, values: &[f64], then: &[f64]) -> String {
    let mut spot = spot(config);
    let batch: Vec<f64> = values.iter().copied().cycle().take(100).collect();
    spot.fit(&batch).expect("enough values");
    let counts = [spot.status().up.n_t, spot.status().down.n_t];
    let events: Vec<i8> = then.iter().map(|x| spot.step(*x).code()).collect();
    for side in [Side::Up, Side::Down] {
        let numbers = [spot.anomaly_threshold(side), spot.excess_threshold(side)];
        assert!(numbers.iter().all(|x| !x.is_nan()), "{values:?}: {numbers:?}");
        assert!(spot.shape(side).is_finite() && spot.scale(side) >= 0.0, "{values:?}");
    }
    format!("{counts:?} {events:?}")
}

#[test]
fn odd_values_have_a_defined_answer() {
    let (max, tiny) = (f64::MAX, 5e-324);
    let inf = f64::INFINITY;
    check(&[
        // Whatever differs from a constant is an anomaly.
        (
            "constant",
            story(base(), &[7.0], &[7.0, 7.0_f64.next_up(), 6.9, inf, 7.0]),
            "[0, 0] [0, 1, -1, 1, 0]",
        ),
        ("zero", story(base(), &[0.0, -0.0], &[0.0, -0.0, tiny, -tiny]), "[0, 0] [0, 0, 1, -1]"),
        (
            "two values",
            story(base(), &[0.0, 1.0], &[0.0, 1.0, 0.5, 2.5, -1.5]),
            "[0, 0] [0, 0, 0, 1, -1]",
        ),
        (
            "1e308",
            story(base(), &[1e308, -1e308], &[1e308, -1e308, 0.0, max, -max]),
            "[0, 0] [0, 0, 0, 1, -1]",
        ),
        ("largest", story(base(), &[max, -max], &[max, -max, inf, -inf]), "[0, 0] [0, 0, 1, -1]"),
        (
            "denormal",
            story(base(), &[0.0, 0.0, tiny], &[0.0, tiny, 2.0 * tiny, -tiny]),
            "[0, 0] [0, 0, 1, -1]",
        ),
        // One of five values is far out on each side: an excess that is a difference of more than the largest number.
        (
            "1e308 in the tail",
            story(base(), &[1.0, 2.0, 3.0, 1e308, -1e308], &[2.0, 4.0, 0.0, max, -max, inf, -inf]),
            // In a batch of five values over and over, steps are 1: 4 and 0 lie near the excess thresholds 3.5 and 0.5.
            "[20, 20] [0, 0, 0, 2, -2, 1, -1]",
        ),
        (
            "the largest differences",
            story(base(), &[-max, -max, max, 0.0, max], &[0.0, max, -max, inf, -inf]),
            "[0, 0] [0, 0, 0, 1, -1]",
        ),
        (
            "denormal excesses",
            story(base(), &[0.0, 0.0, 0.0, tiny, -tiny], &[0.0, tiny, -tiny, 1.0, -1.0]),
            "[20, 20] [0, 2, -2, 1, -1]",
        ),
        (
            "no alerts asked for",
            story(
                Config { alert: false, ..base() },
                &[7.0],
                &[7.0, 8.0, 6.0, max, -max, inf, -inf],
            ),
            "[0, 0] [0, 2, -2, 2, -2, 1, -1]",
        ),
    ]);
}

/// Streams of few or extreme values, under every rule: nothing panics, nothing becomes NaN.
#[test]
fn no_stream_of_extremes_breaks_a_detector() {
    let extremes = [0.0, -0.0, 1.0, 5e-324, -5e-324, f64::MIN_POSITIVE, 1e-308, 1e308, -1e308];
    let all = [&extremes[..], &[f64::MAX, -f64::MAX, f64::NAN, f64::INFINITY]].concat();
    let mut random = 1_u64;
    for depth in [0, 7] {
        for (threshold, alert) in [
            (Threshold::Calibrated, true),
            (Threshold::PlugIn, true),
            (Threshold::Calibrated, false),
        ] {
            for few in 1..=all.len() {
                let mut spot = spot(Config { depth, threshold, alert, ..base() });
                for i in 0..3000 {
                    random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
                    spot.step(all[(random >> 33) as usize % few]);
                    if i % 100 == 0 && spot.status().calibrated {
                        for side in [Side::Up, Side::Down] {
                            assert!(!spot.anomaly_threshold(side).is_nan(), "{few}: {spot:?}");
                            assert!(spot.shape(side).is_finite(), "{few}: {spot:?}");
                        }
                    }
                }
            }
        }
    }
}

// Steps ---------------------------------------------------------------------------------------------------------------

#[test]
fn missing_values_and_infinities_are_answered_in_every_phase() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let codes = |config: Config, calibrate: bool| {
        let mut spot = if calibrate { calibrated(config) } else { spot(config) };
        let before = spot.status();
        let codes = [nan, inf, -inf, -nan].map(|x| spot.step(x).code());
        let after = spot.status();
        let alerts = [after.up.alerts, after.down.alerts];
        assert_eq!(after.n, before.n, "nothing of it is learned");
        format!("{codes:?} alerts {alerts:?} missing {}", after.missing)
    };
    let up = Config { down: false, ..base() };
    let down = Config { up: false, ..base() };
    let silent = Config { alert: false, ..base() };
    let drifting = Config { depth: 10, ..base() };
    check(&[
        ("before the calibration", codes(base(), false), "[5, 1, -1, 5] alerts [1, 1] missing 2"),
        (
            "while the window fills",
            codes(drifting.clone(), false),
            "[5, 1, -1, 5] alerts [1, 1] missing 2",
        ),
        ("above only", codes(up.clone(), false), "[5, 1, 5, 5] alerts [1, 0] missing 3"),
        ("below only", codes(down.clone(), false), "[5, 5, -1, 5] alerts [0, 1] missing 3"),
        ("after the calibration", codes(base(), true), "[5, 1, -1, 5] alerts [1, 1] missing 2"),
        ("with drift", codes(drifting, true), "[5, 1, -1, 5] alerts [1, 1] missing 2"),
        ("above only, after", codes(up, true), "[5, 1, 5, 5] alerts [1, 0] missing 3"),
        ("below only, after", codes(down, true), "[5, 5, -1, 5] alerts [0, 1] missing 3"),
        // Infinities are alerts whatever `alert` says.
        ("alert = false", codes(silent.clone(), false), "[5, 1, -1, 5] alerts [1, 1] missing 2"),
        ("alert = false, after", codes(silent, true), "[5, 1, -1, 5] alerts [1, 1] missing 2"),
    ]);
}

#[test]
fn infinities_do_not_shorten_a_calibration() {
    let mut spot = spot(base());
    for x in &numbers(99) {
        assert_eq!(spot.step(*x), Event::InitBatch);
        assert_eq!(spot.step(f64::INFINITY), Event::AlertUp);
        assert_eq!(spot.step(f64::NAN), Event::Missing);
    }
    assert_eq!(spot.step(0.0), Event::Calibration);
    assert_eq!((spot.status().n, spot.status().seen, spot.status().up.alerts), (100, 0, 99));
}

#[test]
fn outputs_of_another_length_are_refused_before_anything_is_judged() {
    for mut spot in [spot(base()), calibrated(base())] {
        let before = state(&spot);
        let (mut events, mut numbers) = (vec![Event::Missing; 4], vec![7.0; 2]);
        let values = [1000.0; 3];
        let mut many = |outputs: Outputs<'_>| message(spot.step_many(&values, outputs));
        check(&[
            (
                "events",
                many(Outputs { events: Some(&mut events), ..Outputs::default() }),
                "Length: events holds 4 items; needs 3, one for each value",
            ),
            (
                "upper",
                many(Outputs { upper: Some(&mut numbers), ..Outputs::default() }),
                "Length: upper holds 2 items; needs 3, one for each value",
            ),
            (
                "lower",
                many(Outputs { lower: Some(&mut []), ..Outputs::events(&mut events[..3]) }),
                "Length: lower holds 0 items; needs 3, one for each value",
            ),
        ]);
        assert_eq!(events, [Event::Missing; 4]);
        assert_eq!(numbers, [7.0; 2]);
        assert_eq!(state(&spot), before);
        assert_eq!(message(spot.step_many(&[], Outputs::default())), "()");
        assert_eq!(state(&spot), before);
    }
}

/// Below 1/2 the two tails overlap and no value is normal: slices of every length are the loop all the same.
#[test]
fn a_level_below_one_half_is_odd_but_sound() {
    for level in [0.02, 0.3, 0.49, 0.5] {
        let spot = calibrated(Config { level, q: 0.05, ..base() });
        for count in 0..150 {
            let (mut looped, mut sliced) = (spot.clone(), spot.clone());
            let values = numbers(count);
            let expected: Vec<Event> = values.iter().map(|x| looped.step(*x)).collect();
            let mut events = vec![Event::Missing; count];
            let outputs = Outputs { events: Some(&mut events), ..Outputs::default() };
            sliced.step_many(&values, outputs).expect("an output of the same length");
            assert_eq!(events, expected, "level {level}, {count} values");
            assert_eq!(state(&sliced), state(&looped), "level {level}, {count} values");
        }
    }
}

// Questions -----------------------------------------------------------------------------------------------------------

#[test]
fn another_q_is_checked_like_the_first() {
    for mut spot in [spot(base()), calibrated(base()), calibrated(Config { depth: 5, ..base() })] {
        let before = state(&spot);
        let mut set = |q: f64| message(spot.set_q(q));
        check(&[
            (
                "NaN",
                set(f64::NAN),
                "Parameter: q = NaN is out of range: needs 0 < q < 1 - level = 0.25",
            ),
            ("0", set(0.0), "Parameter: q = 0 is out of range: needs 0 < q < 1 - level = 0.25"),
            ("-1", set(-1.0), "Parameter: q = -1 is out of range: needs 0 < q < 1 - level = 0.25"),
            (
                "1 - level",
                set(0.25),
                "Parameter: q = 0.25 is out of range: needs 0 < q < 1 - level = 0.25",
            ),
            ("1", set(1.0), "Parameter: q = 1 is out of range: needs 0 < q < 1 - level = 0.25"),
            (
                "inf",
                set(f64::INFINITY),
                "Parameter: q = inf is out of range: needs 0 < q < 1 - level = 0.25",
            ),
        ]);
        assert_eq!(state(&spot), before);
        assert_eq!(message(spot.set_q(0.24)), "()");
        assert_eq!(spot.config().q, 0.24);
    }
}

#[test]
fn there_is_no_answer_where_there_is_no_model() {
    let up = calibrated(Config { down: false, ..base() });
    let both = calibrated(base());
    let fresh = spot(base());
    let constant = {
        let mut spot = spot(base());
        spot.fit(&[7.0; 100]).expect("enough values");
        spot
    };
    let t = both.excess_threshold(Side::Up);
    let p = |spot: &Spot, x: f64| format!("{:?}", spot.tail_probability(Side::Up, x));
    let likely = both.tail_probability(Side::Up, f64::MAX);
    let x = |spot: &Spot, q: f64| format!("{:?}", spot.quantile(Side::Up, q));
    let below = |spot: &Spot| {
        let (down, z) = (Side::Down, spot.anomaly_threshold(Side::Down));
        let numbers = [z, spot.excess_threshold(down), spot.shape(down), spot.scale(down)];
        let asked = [spot.tail_probability(down, -1e9), spot.quantile(down, 1e-3)];
        format!("{numbers:?} {asked:?}")
    };
    check(&[
        ("below the tail", p(&both, t - 1e-9), "NaN"),
        ("-inf", p(&both, f64::NEG_INFINITY), "NaN"),
        ("NaN", p(&both, f64::NAN), "NaN"),
        ("+inf", p(&both, f64::INFINITY), "0.0"),
        ("the largest number", format!("{}", likely > 0.0 && likely < 1e-15), "true"),
        // (N_t + 1)/(n + 1), since nothing else is known.
        ("a constant", p(&constant, 7.0), "0.009900990099009901"),
        ("beyond a constant", p(&constant, 8.0), "0.009900990099009901"),
        ("before the calibration", p(&fresh, 1.0), "NaN"),
        ("quantile(1)", x(&both, 1.0), "NaN"),
        ("quantile above N_t/n", x(&both, 0.26), "NaN"),
        ("quantile(NaN)", x(&both, f64::NAN), "NaN"),
        ("quantile(-0.1)", x(&both, -0.1), "NaN"),
        ("quantile(inf)", x(&both, f64::INFINITY), "NaN"),
        ("quantile of a constant", x(&constant, 1e-3), "NaN"),
        ("quantile before the calibration", x(&fresh, 1e-3), "NaN"),
        ("a side not watched", below(&up), "[NaN, NaN, NaN, NaN] [NaN, NaN]"),
        ("getters before the calibration", below(&fresh), "[NaN, NaN, NaN, NaN] [NaN, NaN]"),
    ]);
    // At t it is (N_t + 1)/(n + 1), and the other way round.
    let share = (both.status().up.n_t + 1) as f64 / (both.status().n + 1) as f64;
    assert_eq!(both.tail_probability(Side::Up, t), share);
    let edge = both.quantile(Side::Up, share);
    assert!(edge >= t && (both.tail_probability(Side::Up, edge) / share - 1.0).abs() < 1e-6);
}

/// q = 0 is no probability of a value.
#[test]
fn no_value_has_probability_zero() {
    for threshold in [Threshold::Calibrated, Threshold::PlugIn] {
        let spot = calibrated(Config { threshold, ..base() });
        assert!(spot.quantile(Side::Up, 0.0).is_nan(), "{threshold:?}");
        assert!(spot.quantile(Side::Down, -0.0).is_nan(), "{threshold:?}");
    }
}

/// The smaller q, the farther out the threshold, down to the smallest number: light tails and heavy ones.
#[test]
fn the_smallest_q_has_the_farthest_threshold() {
    for threshold in [Threshold::Calibrated, Threshold::PlugIn] {
        for power in [0, 1, 2, 4] {
            let heavy = |i: usize| (1010.0 / (i * 37 % 1010 + 1) as f64).powi(power);
            let values: Vec<f64> =
                if power == 0 { numbers(1010) } else { (0..1010).map(heavy).collect() };
            let mut spot = spot(Config { threshold, ..base() });
            spot.fit(&values).expect("enough values");
            let mut last = spot.anomaly_threshold(Side::Up);
            for exponent in [10, 50, 100, 103, 110, 150, 200, 250, 300, 307, 308, 315, 323] {
                let q: f64 = format!("1e-{exponent}").parse().expect("a number");
                spot.set_q(q).expect("a valid q");
                let z = spot.anomaly_threshold(Side::Up);
                assert!(
                    z >= last * (1.0 - 1e-12),
                    "{threshold:?}, {power}: {z} for q = 1e-{exponent}, {last} before"
                );
                let asked = spot.quantile(Side::Up, q);
                assert!(asked == z || (asked / z - 1.0).abs() < 1e-6, "{asked} for {z}");
                last = z;
            }
        }
    }
}

// The fit and the distribution ----------------------------------------------------------------------------------------

#[test]
fn a_sample_that_cannot_be_fitted_is_named() {
    let outcome = |excesses: &[f64]| message(fit(excesses).map(|fit| fit.outcome));
    let at = |shape: f64, scale: f64| message(GeneralizedPareto::new(shape, scale).map(|_| ()));
    let holed = |bad: f64| [vec![1.0; 30], vec![bad]].concat();
    check(&[
        ("none", outcome(&[]), "TooFewExcesses: there are no excesses to fit"),
        (
            "NaN",
            outcome(&[1.0, f64::NAN]),
            "Excess: excess 1 is NaN; needs a finite number above 0",
        ),
        ("zero", outcome(&holed(0.0)), "Excess: excess 30 is 0; needs a finite number above 0"),
        ("-0.0", outcome(&holed(-0.0)), "Excess: excess 30 is -0; needs a finite number above 0"),
        (
            "negative",
            outcome(&holed(-2.5)),
            "Excess: excess 30 is -2.5; needs a finite number above 0",
        ),
        (
            "inf",
            outcome(&[f64::INFINITY]),
            "Excess: excess 0 is inf; needs a finite number above 0",
        ),
        ("one", outcome(&[3.0]), "TooFew"),
        ("equal", outcome(&[3.0; 50]), "Degenerate"),
        ("equal and denormal", outcome(&[5e-324; 50]), "Degenerate"),
        ("equal and huge", outcome(&[f64::MAX; 50]), "Degenerate"),
        (
            "shape",
            at(f64::NAN, 1.0),
            "Parameter: shape = NaN is out of range: needs a finite number",
        ),
        (
            "shape",
            at(f64::INFINITY, 1.0),
            "Parameter: shape = inf is out of range: needs a finite number",
        ),
        (
            "scale",
            at(0.1, 0.0),
            "Parameter: scale = 0 is out of range: needs a finite number above 0",
        ),
        (
            "scale",
            at(0.1, -1.0),
            "Parameter: scale = -1 is out of range: needs a finite number above 0",
        ),
        (
            "scale",
            at(0.1, f64::NAN),
            "Parameter: scale = NaN is out of range: needs a finite number above 0",
        ),
        (
            "scale",
            at(0.1, f64::INFINITY),
            "Parameter: scale = inf is out of range: needs a finite number above 0",
        ),
    ]);
}

// Snapshots (tests/forged.rs has every damage of every file) ----------------------------------------------------------

#[cfg(feature = "snapshot")]
#[test]
fn bytes_that_are_not_a_snapshot_are_refused_with_the_reason() {
    let bytes = calibrated(base()).save();
    let load = |bytes: &[u8]| message(Spot::load(bytes).map(|_| ()));
    let body = bytes.len() - 24;
    let cut = load(&bytes[..bytes.len() - 1]);
    assert_eq!(
        cut,
        format!(
            "Snapshot: not a usable snapshot: the body has {} bytes; the header says {body}",
            body - 1
        )
    );
    check(&[
        ("whole", load(&bytes), "()"),
        (
            "empty",
            load(&[]),
            "Snapshot: not a usable snapshot: 0 bytes are fewer than the header's 24",
        ),
        (
            "text",
            load(b"index,value\n1,2\n2,3\n3,4\n4,5\n"),
            "Snapshot: not a usable snapshot: it does not begin with the magic bytes \"tailspot\"",
        ),
    ]);
}

// Baselines -----------------------------------------------------------------------------------------------------------

fn baseline(depth: usize, scale_depth: usize, period: usize) -> Baseline {
    Baseline { depth, scale_depth, period }
}

#[test]
fn a_baseline_out_of_range_is_named() {
    let new = |config: Config| message(Spot::new(config).map(|_| ()));
    let of = |baselines: &[Baseline]| new(Config { baselines: baselines.to_vec(), ..base() });
    let limit = |limit: f64| new(Config { limit, ..base() });
    let ten = baseline(10, 40, 0);
    check(&[
        (
            "a period of one value",
            new(Config { period: 1, ..base() }),
            "Parameter: period = 1 is out of range: needs period = 0 (off) or at least 2",
        ),
        (
            "in a list",
            of(&[ten, baseline(0, 0, 1)]),
            "Parameter: baselines[1].period = 1 is out of range: needs period = 0 (off) or at least 2",
        ),
        (
            "a period that memory cannot hold",
            of(&[baseline(0, 0, (1 << 24) + 1)]),
            "Parameter: baselines[0].period = 16777217 is out of range: needs at most 16777216",
        ),
        (
            "a scale of one value",
            new(Config { scale_depth: 1, ..base() }),
            "Parameter: scale_depth = 1 is out of range: needs scale_depth = 0 (off) or at least 2",
        ),
        (
            "five",
            of(&[ten; 5]),
            "Parameter: baselines = 5 is out of range: needs at most 4 baselines",
        ),
        (
            "twice",
            new(Config { baselines: vec![ten], depth: 10, ..base() }),
            "Parameter: depth, scale_depth, period = 10, 0, 0 is out of range: needs 0, 0, 0 where baselines are given",
        ),
        (
            "the published scheme has a level only",
            new(Config { accounting: Accounting::Discarded, scale_depth: 40, ..base() }),
            "Parameter: accounting = discarded is out of range: needs another accounting where a baseline has a scale or a \
             season",
        ),
        (
            "without alerts, too",
            new(Config { alert: false, period: 24, ..base() }),
            "Parameter: alert = false is out of range: needs true where a baseline has a scale or a season",
        ),
        (
            "limit",
            limit(-1.0),
            "Parameter: limit = -1 is out of range: needs 0 (no limit) or a finite number above 0",
        ),
        (
            "limit",
            limit(f64::NAN),
            "Parameter: limit = NaN is out of range: needs 0 (no limit) or a finite number above 0",
        ),
        (
            "limit",
            limit(f64::INFINITY),
            "Parameter: limit = inf is out of range: needs 0 (no limit) or a finite number above 0",
        ),
        ("scale_depth = 0", new(Config { depth: 10, ..base() }), "()"),
        (
            "four, the smallest",
            of(&[ten, baseline(1, 0, 0), baseline(0, 2, 0), baseline(0, 0, 2)]),
            "()",
        ),
    ]);
}

/// A detector with a baseline that has seen a stream: whether it is calibrated, and if it is, whether it still sees. For that
/// it is given 10,000 standard normal values and a spike. It has to be quiet then, too, or to report that the stream has left
/// what it was calibrated on. Without a scale only the largest double is a spike for certain,
/// unless even that was usual.
fn after(config: &Config, values: impl IntoIterator<Item = f64>) -> String {
    let mut spot = spot(config.clone());
    for (i, x) in values.into_iter().enumerate() {
        spot.step(x);
        if let Some(flaw) = (i % 5 == 0).then(|| no_number(&spot)).flatten() {
            return format!("{flaw} after {x:e}");
        }
    }
    if !spot.status().calibrated {
        return "not calibrated".into();
    }
    let mut draws = Draws::new(77);
    let events: Vec<Event> = (0..10_000).map(|_| spot.step(draws.normal())).collect();
    let alerts = events[8000..].iter().filter(|event| event.is_alert()).count();
    let is_quiet = alerts <= 40 || spot.status().refuted > 0;
    let spike = if config.scale_depth > 0 { 1e6 } else { f64::MAX };
    let is_usual = config.scale_depth == 0 && spot.anomaly_threshold(Side::Up) >= f64::MAX;
    match spot.step(spike) {
        Event::AlertUp if is_quiet => "sees".into(),
        _ if is_usual => "sees".into(),
        event => format!("{event:?} at a spike, {alerts} alerts"),
    }
}

#[test]
fn a_counter_that_starts_again_is_followed() {
    for (depth, scale_depth) in [(1, 0), (10, 40), (100, 0), (100, 40)] {
        let config = Config { depth, scale_depth, q: 1e-3, level: 0.98, ..Config::default() };
        let mut spot = Spot::new(config).expect("a valid configuration");
        let (mut draws, mut counter) = (Draws::new(78), 0.0);
        let mut alerts = |values: usize| {
            counter = 0.0;
            let mut is_alert = |_: &usize| {
                counter += draws.exponential();
                spot.step(counter).is_alert()
            };
            (0..values).filter(|i| is_alert(i) && *i >= 1000).count()
        };
        alerts(6000);
        let after = [6000, 6000].map(&mut alerts);
        assert!(after.iter().sum::<usize>() <= 1000, "{depth}/{scale_depth}: {after:?} alerts");
    }
}

/// A getter of a calibrated detector that has no number.
fn no_number(spot: &Spot) -> Option<String> {
    if !spot.status().calibrated {
        return None;
    }
    let mut numbers = vec![("drift", spot.drift())];
    for side in [Side::Up, Side::Down] {
        let (t, sign) = (spot.excess_threshold(side), f64::from(side as i8));
        numbers.extend([("t", t), ("z", spot.anomaly_threshold(side))]);
        if sign * t < 1e300 {
            numbers.push(("P(beyond)", spot.tail_probability(side, sign * f64::MAX)));
        }
    }
    for reason in spot.reasons(1.0) {
        let parts = [reason.level, reason.scale, reason.season, reason.residual];
        numbers.extend(parts.map(|part| ("a reason", part)));
        numbers.extend([reason.upper, reason.lower].map(|z| ("z of a baseline", z)));
        if reason.side.is_some() {
            numbers.push(("p of a baseline", reason.probability));
        }
    }
    let bad = numbers.into_iter().find(|(_, number)| number.is_nan());
    bad.map(|(name, _)| format!("{name} is NaN"))
}

#[test]
fn no_stream_blinds_a_baseline() {
    let level = Config { depth: 10, q: 1e-3, level: 0.95, n_init: 200, ..Config::default() };
    let scaled = Config { scale_depth: 40, ..level.clone() };
    let season = Config { period: 24, ..scaled.clone() };
    let every = [&level, &scaled, &season];
    let mut draws = Draws::new(76);
    let calm: Vec<f64> = (0..600).map(|_| draws.normal()).collect();
    let then = |more: Vec<f64>| [calm.clone(), more].concat();
    let repeated = |from: &[f64], count: usize| -> Vec<f64> {
        from.iter().copied().cycle().take(count).collect()
    };
    let tiny = f64::from_bits(1);
    let mut late = repeated(&[f64::NAN], 500);
    late.extend(&calm);
    let (mut outlier, mut one_phase, mut coins) = (calm.clone(), calm.clone(), calm.clone());
    outlier[3] = 1e300;
    one_phase.iter_mut().step_by(24).for_each(|x| *x = f64::NAN);
    coins.iter_mut().for_each(|x| *x = f64::from(u8::from(*x > 1.0)));
    let streams = [
        ("calm", calm.clone()),
        ("constant from the start", vec![5.0; 600]),
        ("the scale falls to 0", then(vec![5.0; 3000])),
        ("nearly constant", then(repeated(&[5.0, 5.0 + 1e-12, 5.0 - 1e-12], 600))),
        ("equal but for the last bit", repeated(&[1.0, 1.0 + f64::EPSILON], 600)),
        ("zero and minus zero", repeated(&[0.0, -0.0], 600)),
        ("denormals", repeated(&[tiny, -tiny, 3.0 * tiny, 0.0], 600)),
        ("0 and 1", coins),
        ("one jump of 1e308", then(vec![1e308; 100])),
        ("jumps of 1e308 both ways", then(repeated(&[1e308, -1e308], 300))),
        ("the largest doubles", repeated(&[f64::MAX, f64::MIN], 600)),
        ("huge from the start", repeated(&[1e308, 0.9e308, 1.1e308, 1e308], 600)),
        ("an outlier while the window fills", outlier),
        ("doubling", then((0..900).map(|i| 2_f64.powi(i)).collect())),
        ("a shift of 1e15", then(calm.iter().map(|x| x + 1e15).collect())),
        (
            "a scale of 1e12, then of 1e-12",
            then(
                calm.iter().zip(0..).map(|(x, i)| x * if i < 300 { 1e12 } else { 1e-12 }).collect(),
            ),
        ),
        ("missing for longer than any window", then(repeated(&[f64::NAN], 5000))),
        ("missing at first", late),
        ("a phase without a value", one_phase),
        ("infinities", then(repeated(&[f64::INFINITY, f64::NEG_INFINITY], 100))),
        ("only infinities at first", [repeated(&[f64::INFINITY], 100), calm.clone()].concat()),
    ];
    for (name, values) in streams {
        for config in every {
            assert_eq!(after(config, values.iter().copied()), "sees", "{name}: {config:?}");
        }
    }
    for (name, config, count) in [
        ("a calibration cut by the end", &season, 48 + 20 + 199),
        ("a period longer than the stream", &Config { period: 1000, ..season.clone() }, 600),
        ("nothing", &season, 0),
    ] {
        let values = calm.iter().copied().cycle().take(count);
        assert_eq!(after(config, values), "not calibrated", "{name}");
    }
    let mut short = spot(Config { period: 1000, ..season });
    assert_eq!(
        message(short.fit(&calm)),
        "TooFewValues: 0 finite values after the 2020 that warm up the baselines leave no excess at level = 0.95: at least \
         20 are needed"
    );
}
