//! What holds for every stream: the properties at the end of the specification, each on random streams.

use crate::reference;

use proptest::prelude::*;
use reference::arbitrary;
use reference::lockstep::tolerance as threshold_tolerance;
use reference::streams::{Kind, Random};
use tailspot::{Accounting, Baseline, Config, Event, Outputs, Side, SideStatus, Spot, Threshold};

const SIDES: [Side; 2] = [Side::Up, Side::Down];

fn spot(config: &Config) -> Spot {
    Spot::new(config.clone()).expect("a valid configuration")
}

/// A configuration and a stream that outlasts its calibration.
#[derive(Clone, Debug)]
struct Scene {
    config: Config,
    kind: Kind,
    seed: u64,
    more: usize,
    holes: bool,
}

impl Scene {
    /// Plain, with a baseline, or with several.
    fn any() -> impl Strategy<Value = Scene> {
        Scene::with(Scene::config(2), arbitrary::kind(), any::<bool>())
    }

    /// No more than one baseline.
    fn alone() -> impl Strategy<Value = Scene> {
        Scene::with(Scene::config(1), arbitrary::kind(), any::<bool>())
    }

    /// Only values on which rounding does not decide, and no more than one baseline.
    fn continuous() -> impl Strategy<Value = Scene> {
        Scene::with(Scene::config(1), arbitrary::continuous(), Just(false))
    }

    fn config(most: usize) -> impl Strategy<Value = Config> {
        prop_oneof![
            6 => arbitrary::config(),
            3 => arbitrary::moving(1..=1),
            1 => arbitrary::moving(most..=most)
        ]
    }

    fn with(
        config: impl Strategy<Value = Config>,
        kind: impl Strategy<Value = Kind>,
        holes: impl Strategy<Value = bool>,
    ) -> impl Strategy<Value = Scene> {
        (config, kind, any::<u64>(), 1_usize..1500, holes)
            .prop_map(|(config, kind, seed, more, holes)| Scene { config, kind, seed, more, holes })
    }

    /// Values of the calibration, those before the first residual included.
    fn first(&self) -> usize {
        self.config.n_init + arbitrary::warm_up(&self.config)
    }

    fn values(&self) -> Vec<f64> {
        let count = self.first() + self.more;
        let mut values = self.kind.values(self.seed, count);
        if self.holes {
            arbitrary::make_holes(&mut values, self.seed ^ 1);
        }
        values
    }
}

/// What a detector answers to each value, and the thresholds that it was judged by.
#[derive(Clone, Debug, Default)]
struct Answers {
    events: Vec<Event>,
    /// (upper, lower)
    thresholds: Vec<[f64; 2]>,
}

fn answers(spot: &mut Spot, values: &[f64]) -> Answers {
    let mut answers = Answers::default();
    for x in values {
        answers.thresholds.push(SIDES.map(|side| spot.anomaly_threshold(side)));
        answers.events.push(spot.step(*x));
    }
    answers
}

fn bits(thresholds: &[[f64; 2]]) -> Vec<[u64; 2]> {
    thresholds.iter().map(|pair| pair.map(f64::to_bits)).collect()
}

// Scale, shift and mirror ---------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(arbitrary::cases(500))]

    /// A power of two changes no digit of any number: events are equal, and thresholds are to the last bit.
    #[test]
    fn a_stream_times_a_power_of_two_has_the_same_story(scene in Scene::any(), power in -700_i32..700) {
        let (factor, values) = (2_f64.powi(power), scene.values());
        let scaled: Vec<f64> = values.iter().map(|x| x * factor).collect();
        let one = answers(&mut spot(&scene.config), &values);
        let other = answers(&mut spot(&scene.config), &scaled);
        prop_assert_eq!(&one.events, &other.events);
        let expected: Vec<[f64; 2]> = one.thresholds.iter().map(|pair| pair.map(|z| z * factor)).collect();
        prop_assert_eq!(bits(&expected), bits(&other.thresholds));
    }

    /// Any other factor and any offset rounds each value: the same events, thresholds up to that rounding.
    #[test]
    fn a_stream_scaled_and_shifted_has_the_same_story(
        scene in Scene::continuous(),
        magnitude in -200.0..200.0_f64,
        shift in -6.0..6.0_f64,
        sign in prop::bool::ANY,
    ) {
        // Without level and season the scale is that around 0, where an offset means something.
        let has_centre = |one: &Baseline| one.depth > 0 || one.period > 0 || one.scale_depth == 0;
        prop_assume!(scene.config.baselines.iter().all(has_centre));
        let values = scene.values();
        let factor = 10_f64.powf(magnitude);
        // Most streams here have a spread of about 1.
        let offset = factor * 10_f64.powf(shift) * if sign { 1.0 } else { -1.0 };
        let moved: Vec<f64> = values.iter().map(|x| factor * x + offset).collect();
        let (mut one, mut other) = (spot(&scene.config), spot(&scene.config));
        for (i, (x, y)) in values.iter().zip(&moved).enumerate() {
            for side in SIDES {
                let (t, z) = (one.excess_threshold(side), one.anomaly_threshold(side));
                let expected = factor * z + offset;
                let given = other.anomaly_threshold(side);
                let rounding = 1e-9 * factor + 1e-14 * offset.abs();
                let tolerance = 1e-6 * factor * (z - t).abs() + rounding;
                prop_assert!(
                    (given - expected).abs() <= tolerance || (given.is_nan() && expected.is_nan()),
                    "value {}, {:?}: {} for {}", i, side, given, expected
                );
            }
            prop_assert_eq!(one.step(*x), other.step(*y), "value {}", i);
        }
    }

    /// Fed -x, the sides swap, to the last bit. By the plug-in rule the ranks floor(n level) and floor(n (1 - level)) are
    /// mirror images only if n * level is not a whole number (n may be another one for each baseline of a set).
    #[test]
    fn a_mirrored_stream_swaps_the_sides(scene in Scene::any()) {
        let config = scene.config.clone();
        let product = config.n_init as f64 * config.level;
        let is_plug_in = config.threshold == Threshold::PlugIn;
        let is_alone = config.baselines.len() < 2;
        prop_assume!(!is_plug_in || (is_alone && (product - product.round()).abs() > 1e-6));
        let values = scene.values();
        let mirrored: Vec<f64> = values.iter().map(|x| -x).collect();
        let swapped = Config { up: config.down, down: config.up, ..config.clone() };
        let one = answers(&mut spot(&config), &values);
        let other = answers(&mut spot(&swapped), &mirrored);
        let mirror = |event: Event| match event {
            Event::AlertUp => Event::AlertDown,
            Event::AlertDown => Event::AlertUp,
            Event::ExcessUp => Event::ExcessDown,
            Event::ExcessDown => Event::ExcessUp,
            same => same,
        };
        let expected: Vec<Event> = one.events.iter().map(|event| mirror(*event)).collect();
        prop_assert_eq!(expected, other.events);
        for (a, b) in one.thresholds.iter().zip(&other.thresholds) {
            for (z, mirrored) in [(a[0], b[1]), (a[1], b[0])] {
                prop_assert!(z == -mirrored || (z.is_nan() && mirrored.is_nan()), "{} and {}", z, mirrored);
            }
        }
    }
}

// Batches and snapshots -----------------------------------------------------------------------------------------------

/// The same values in slices, whose lengths come from a seed.
fn batched(spot: &mut Spot, values: &[f64], seed: u64) -> Answers {
    let mut random = Random::new(seed);
    let longest = [1, 7, 64, 65, 1000][random.bits() as usize % 5];
    let mut all = Answers::default();
    let mut rest = values;
    while !rest.is_empty() {
        let count = (random.bits() as usize % (longest + 1)).min(rest.len());
        let (now, later) = rest.split_at(count);
        let mut events = vec![Event::Missing; count];
        let (mut upper, mut lower) = (vec![7.0; count], vec![7.0; count]);
        let (upper_out, lower_out) = (Some(&mut upper[..]), Some(&mut lower[..]));
        let outputs =
            Outputs { upper: upper_out, lower: lower_out, ..Outputs::events(&mut events) };
        spot.step_many(now, outputs).expect("outputs of the same length");
        all.events.extend(events);
        all.thresholds.extend(upper.into_iter().zip(lower).map(|(upper, lower)| [upper, lower]));
        rest = later;
    }
    all
}

proptest! {
    #![proptest_config(arbitrary::cases(500))]

    #[test]
    fn slices_of_any_length_are_the_loop_bit_for_bit(scene in Scene::any(), seed in any::<u64>()) {
        let values = scene.values();
        let (mut looped, mut sliced, mut silent) =
            (spot(&scene.config), spot(&scene.config), spot(&scene.config));
        let one = answers(&mut looped, &values);
        let other = batched(&mut sliced, &values, seed);
        silent.step_many(&values, Outputs::default()).expect("no outputs");
        prop_assert_eq!(one.events, other.events);
        prop_assert_eq!(bits(&one.thresholds), bits(&other.thresholds));
        prop_assert_eq!(looped.save(), sliced.save());
        prop_assert_eq!(looped.save(), silent.save());
    }

    #[test]
    fn a_batch_calibration_is_the_streaming_one(scene in Scene::any()) {
        let values = scene.values();
        let finite: Vec<f64> = values.into_iter().filter(|x| x.is_finite()).collect();
        let (first, rest) = finite.split_at(scene.first().min(finite.len()));
        prop_assume!(first.len() == scene.first());
        let (mut stepped, mut fitted) = (spot(&scene.config), spot(&scene.config));
        answers(&mut stepped, first);
        // Whatever was before is forgotten.
        answers(&mut fitted, rest);
        fitted.fit(first).expect("enough values");
        prop_assert_eq!(stepped.save(), fitted.save());
    }

    #[test]
    fn a_snapshot_at_any_point_changes_nothing(scene in Scene::any(), place in 0.0..1.0_f64) {
        let values = scene.values();
        let (before, after) = values.split_at((values.len() as f64 * place) as usize);
        let mut original = spot(&scene.config);
        answers(&mut original, before);
        let bytes = original.save();
        let mut copy = Spot::load(&bytes).expect("what was saved");
        prop_assert_eq!(&bytes, &copy.save());
        let (one, other) = (answers(&mut original, after), answers(&mut copy, after));
        prop_assert_eq!(one.events, other.events);
        prop_assert_eq!(bits(&one.thresholds), bits(&other.thresholds));
        prop_assert_eq!(original.save(), copy.save());
    }

    /// NaN, and infinities on a side that is not watched, are counted; every other answer and the rest of the state stay.
    /// Only a season goes on, which is a clock.
    #[test]
    fn missing_values_change_nothing(scene in Scene::any(), seed in any::<u64>(), often in 0.0..0.9_f64) {
        prop_assume!(scene.config.baselines.iter().all(|one| one.period == 0));
        let values = scene.values();
        let (mut plain, mut holed) = (spot(&scene.config), spot(&scene.config));
        let mut random = Random::new(seed);
        let mut inserted = 0;
        for x in values {
            while random.happens(often) {
                let missing = match random.bits() % 3 {
                    0 if !scene.config.up => f64::INFINITY,
                    1 if !scene.config.down => f64::NEG_INFINITY,
                    _ => f64::NAN,
                };
                prop_assert_eq!(holed.step(missing), Event::Missing);
                inserted += 1;
            }
            for side in SIDES {
                let (one, other) = (plain.anomaly_threshold(side), holed.anomaly_threshold(side));
                prop_assert_eq!(one.to_bits(), other.to_bits());
            }
            prop_assert_eq!(plain.step(x), holed.step(x));
        }
        let (one, mut other) = (plain.status(), holed.status());
        prop_assert_eq!(other.missing, one.missing + inserted);
        other.missing = one.missing;
        // Through text, because NaN is not equal to itself.
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }
}

/// A missing value takes the place of one: what comes after a gap belongs to the time it comes at.
#[test]
fn a_season_goes_on_while_values_are_missing() {
    let season = Baseline { period: 24, ..Baseline::default() };
    let config = Config { baselines: vec![season], q: 1e-3, ..Config::default() };
    let mut random = Random::new(24);
    let mut stream: Vec<f64> =
        (0..12_000).map(|i| 20.0 * f64::from(u8::from(i % 24 < 6)) + random.normal()).collect();
    let alerts = |values: &[f64]| {
        let mut spot = spot(&config);
        values.iter().filter(|x| spot.step(**x).is_alert()).count()
    };
    let complete = alerts(&stream);
    for start in (3000..8000).step_by(500) {
        stream[start..start + 31].fill(f64::NAN);
    }
    let with_gaps = alerts(&stream);
    stream.retain(|x| x.is_finite());
    let squeezed = alerts(&stream);
    assert!(complete < 40 && with_gaps < 40 && squeezed > 100, "{complete} {with_gaps} {squeezed}");
}

// Verdicts ------------------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(arbitrary::cases(200))]

    /// A verdict is the answer of a step with what the getters say before it; judging is the same and changes nothing.
    #[test]
    fn a_verdict_is_a_step_and_what_the_getters_say_before_it(scene in Scene::any()) {
        let (mut stepped, mut asked) = (spot(&scene.config), spot(&scene.config));
        for x in scene.values() {
            let [upper, lower] = SIDES.map(|side| stepped.anomaly_threshold(side));
            let judged = asked.judge(x);
            let mut many = [Event::Missing];
            asked.judge_many(&[x], Outputs::events(&mut many)).expect("one output");
            prop_assert_eq!(asked.status().seen, stepped.status().seen);
            let event = stepped.step(x);
            prop_assert_eq!((judged.event, many[0]), (event, event));
            prop_assert_eq!(judged.upper.to_bits(), upper.to_bits());
            prop_assert_eq!(judged.lower.to_bits(), lower.to_bits());
            let probability = event.side().map(|side| asked.tail_probability(side, x));
            prop_assert!(judged.probability.to_bits() == probability.unwrap_or(f64::NAN).to_bits());
            prop_assert_eq!(asked.verdict(x), judged);
        }
        prop_assert_eq!(stepped.save(), asked.save());
    }
}

/// Whoever prints a verdict prints a value beyond its threshold, whatever an alert does to the model.
#[test]
fn no_alert_lies_within_the_threshold_of_its_verdict() {
    let all =
        [Accounting::Discarded, Accounting::Learned, Accounting::Censored, Accounting::Budgeted];
    for (i, accounting) in all.into_iter().enumerate() {
        for quarantine in [0, 1, 20] {
            let config =
                Config { q: 1e-2, level: 0.95, accounting, quarantine, ..Config::default() };
            let mut spot = spot(&config);
            let mut alerts = 0;
            for x in Kind::Student3.values(3 + i as u64, 60_000) {
                let verdict = spot.verdict(x);
                let z = verdict.threshold();
                match verdict.event {
                    Event::AlertUp => assert!(x > z, "{x} for {z}, {config:?}"),
                    Event::AlertDown => assert!(x < z, "{x} for {z}, {config:?}"),
                    _ => continue,
                }
                assert!(verdict.probability > 0.0 && verdict.probability < 2e-2, "{verdict:?}");
                alerts += 1;
            }
            assert!(alerts > 100, "{alerts} alerts: this test tests nothing");
        }
    }
}

// Probabilities -------------------------------------------------------------------------------------------------------

/// How far a quantile may be off, relative to its distance from t: a sum over nodes has a kink where each of their tails
/// ends.
fn loose(config: &Config) -> f64 {
    if config.threshold == Threshold::PlugIn { 1e-6 } else { 0.02 }
}

proptest! {
    #![proptest_config(arbitrary::cases(500))]

    #[test]
    fn the_tail_probability_falls_and_the_quantile_rises(scene in Scene::alone()) {
        let loose = loose(&scene.config);
        let mut spot = spot(&scene.config);
        answers(&mut spot, &scene.values());
        for side in SIDES {
            let (t, z) = (spot.excess_threshold(side), spot.anomaly_threshold(side));
            if t.is_nan() {
                prop_assert!(spot.tail_probability(side, 0.0).is_nan());
                prop_assert!(spot.quantile(side, scene.config.q).is_nan());
                continue;
            }
            let outwards = f64::from(side as i8);
            let share = spot.tail_probability(side, t);
            prop_assert!((0.0..=1.0).contains(&share), "N_t/n = {}", share);
            prop_assert!(spot.tail_probability(side, t - outwards * 0.1).is_nan());
            let unit = if z == t { 1.0 } else { (z - t).abs() };
            let mut last = share;
            for i in 1..400 {
                let x = t + outwards * unit * 0.01 * 1.05_f64.powi(i - 1);
                let p = spot.tail_probability(side, x);
                prop_assert!((0.0..=last).contains(&p), "{:?}, {}: {} after {}", side, x, p, last);
                last = p;
            }
            let mut last = t;
            // Without an excess (ties only) there is no quantile.
            let status = spot.status();
            let given = if side == Side::Up { &status.up } else { &status.down };
            for i in (0..400).filter(|_| share > 0.0 && given.excesses > 0) {
                let q = share * 0.9_f64.powi(i);
                let x = spot.quantile(side, q);
                prop_assert!(outwards * (x - last) >= -loose * (x - t).abs(), "{:?}, {}: {} after {}", side, q, x, last);
                last = x;
            }
        }
    }

    #[test]
    fn quantile_and_tail_probability_are_inverse(scene in Scene::alone()) {
        let loose = loose(&scene.config);
        let mut spot = spot(&scene.config);
        answers(&mut spot, &scene.values());
        for side in SIDES {
            let (t, z) = (spot.excess_threshold(side), spot.anomaly_threshold(side));
            let status = spot.status();
            let given = if side == Side::Up { &status.up } else { &status.down };
            // Of one excess every threshold that is asked for lies where the nodes of the integral end.
            if t.is_nan() || z == t || given.excesses < 2 {
                continue;
            }
            // At the threshold in use it is q itself. (Thresholds move with an excess, n with every value: a moment later
            // it is q no more, so q is set again.)
            let q = scene.config.q;
            spot.set_q(q).expect("a valid q");
            let z = spot.anomaly_threshold(side);
            let reach = (z - t).abs();
            let share = spot.tail_probability(side, t);
            if reach > 1e-6 * t.abs() && q < share {
                let p = spot.tail_probability(side, z);
                // Few excesses make a sum with a kink at each of their tails' ends.
                let few = threshold_tolerance(given.excesses as f64);
                let allowed = if given.excesses < 20 { loose.max(few) } else { 0.1 * loose };
                prop_assert!((p / q - 1.0).abs() < allowed, "{:?}: {} for q = {}", side, p, q);
            }
            for part in [0.01, 0.1, 0.5, 0.9, 1.0, 1.1, 1.3] {
                let x = t + part * (z - t);
                let p = spot.tail_probability(side, x);
                // The calibrated rule gives all that is nearer than some excess the probability of t itself.
                if p > 1e-4 * q && p < 0.999 * spot.tail_probability(side, t) {
                    let back = spot.quantile(side, p);
                    let rounding = 1e-10 * t.abs() + 1e-12;
                    prop_assert!((back - x).abs() <= loose * (x - t).abs() + rounding, "{:?}: {} for {}", side, back, x);
                }
            }
        }
    }
}

#[test]
fn a_set_knows_its_quantiles_and_their_intervals() {
    let (fast, slow) = (Baseline { depth: 10, scale_depth: 40, period: 0 }, Baseline::default());
    let season = Baseline { period: 24, ..fast };
    for baselines in [vec![fast, season], vec![slow, fast], vec![fast, season, slow, fast]] {
        let (q, level) = (1e-3, 0.95);
        let config = Config { q, level, baselines, ..Config::default() };
        let mut spot = spot(&config);
        let mut random = Random::new(5);
        (0..6000).for_each(|_| _ = spot.step(random.normal()));
        for side in SIDES {
            let outwards = f64::from(side as i8);
            // n goes on with every value, the threshold with every excess: set again, it is of now.
            for q in [1e-2, 1e-3, 1e-5, 1e-8] {
                spot.set_q(q).expect("a valid q");
                let z = spot.anomaly_threshold(side);
                for x in [spot.quantile(side, q), z] {
                    let p = spot.tail_probability(side, x);
                    assert!((p / q - 1.0).abs() < 1e-9, "{side:?}: p({x}) = {p}, not {q}");
                }
                let [narrow, wide] = [0.5, 0.95].map(|confidence| {
                    let (low, high) = spot.threshold_interval(side, confidence).expect("in range");
                    assert!(low <= z && z <= high, "{side:?} at {q}: {low} {z} {high}");
                    high - low
                });
                assert!(narrow > 0.0 && narrow < wide && wide < 100.0, "{narrow}, {wide}");
            }
            assert!(spot.threshold_spread(side) > 1.0);
            assert!(spot.quantile(side, 0.5).is_nan() && spot.quantile(side, -1.0).is_nan());
            let far = spot.quantile(side, 1e-3) - spot.quantile(side, 1e-2);
            assert!(far * outwards > 0.0);
        }
    }
}

#[test]
fn an_infinite_threshold_of_a_set_has_an_interval() {
    let baselines = vec![Baseline::default(), Baseline { depth: 1, ..Baseline::default() }];
    let config = Config { q: 1e-12, level: 0.95, n_init: 200, baselines, ..Config::default() };
    let mut spot = spot(&config);
    let mut random = Random::new(3);
    (0..400).for_each(|_| _ = spot.step(random.normal().powi(9) * 1e300));
    for side in SIDES {
        let z = spot.anomaly_threshold(side);
        let (low, high) = spot.threshold_interval(side, 0.95).expect("in range");
        assert!(z.is_infinite() && low <= z && z <= high && low < high, "{low} {z} {high}");
    }
}

/// Two equal baselines say what four say, so a set counts a surplus alert once, however many of its baselines learn it.
#[test]
fn a_surplus_alert_counts_once() {
    let level = Baseline { depth: 100, ..Baseline::default() };
    let after = |count: usize| {
        let (q, baselines) = (1e-3, vec![level; count]);
        let mut spot = spot(&Config { q, level: 0.98, limit: 2.0, baselines, ..Config::default() });
        let mut random = Random::new(12);
        for i in 0..6000 {
            let burst = if i % 1000 < 30 && i >= 3000 { 25.0 } else { 0.0 };
            spot.step(random.normal() + burst * if i < 5000 { 1.0 } else { -1.0 });
        }
        let status = spot.status();
        [&status.up, &status.down].map(|side| (side.alerts, side.surplus))
    };
    let two = after(2);
    assert_eq!(two, after(4));
    for (alerts, surplus) in two {
        assert!(surplus > 5 && surplus <= alerts - 2, "{surplus} of {alerts} alerts");
    }
}

// Totality ------------------------------------------------------------------------------------------------------------

/// What getter answers NaN, or anything else out of its range, after the calibration.
fn flaw(spot: &Spot) -> Option<String> {
    let status = spot.status();
    if !status.calibrated {
        return None;
    }
    if spot.drift().is_nan() {
        return Some("drift is NaN".to_string());
    }
    [(Side::Up, status.up), (Side::Down, status.down)]
        .into_iter()
        .filter(|(side, _)| if *side == Side::Up { spot.config().up } else { spot.config().down })
        .find_map(|(side, given)| {
            flaw_of_side(spot, side, &given).map(|what| format!("{side:?}: {what}"))
        })
}

fn flaw_of_side(spot: &Spot, side: Side, given: &SideStatus) -> Option<String> {
    let outwards = f64::from(side as i8);
    let (t, z) = (spot.excess_threshold(side), spot.anomaly_threshold(side));
    let (shape, scale) = (given.shape, given.scale);
    // NaN fails every comparison.
    let is_ordered = outwards * z >= outwards * t;
    if !is_ordered {
        return Some(format!("t = {t:e}, z = {z:e}"));
    }
    // The maximum of the likelihood is looked for between bounds; the mean of a posterior may be anywhere.
    let is_shape = match spot.config().threshold {
        Threshold::PlugIn => (-0.5..=3.0).contains(&shape),
        _ => shape.is_finite(),
    };
    if !(is_shape && scale >= 0.0) {
        return Some(format!("shape = {shape}, scale = {scale:e}"));
    }
    let share = spot.tail_probability(side, t);
    // With drift, t + drift - drift may fall short of t elsewhere than at t.
    let beyond = |x: &f64| outwards * (x - t) > 1e-9 * t.abs().max(spot.drift().abs());
    for x in [z, outwards * f64::MAX, outwards * f64::INFINITY].into_iter().filter(beyond) {
        let p = spot.tail_probability(side, x);
        if !(0.0..=1.0).contains(&p) {
            return Some(format!(
                "P(beyond {x:e}) = {p}, t = {t:e}, shape = {shape}, scale = {scale:e}"
            ));
        }
    }
    if !(0.0..=1.0).contains(&share) {
        return Some(format!("N_t/n = {share}"));
    }
    let has_excess = given.excesses > 0;
    for q in [1e-300, 1e-12, spot.config().q].into_iter().filter(|q| has_excess && *q <= share) {
        if spot.quantile(side, q).is_nan() {
            return Some(format!(
                "no quantile for {q:e}, N_t/n = {share}, shape = {shape}, scale = {scale:e}"
            ));
        }
    }
    None
}

/// Streams that a detector must survive.
fn cruel_streams() -> Vec<(&'static str, Vec<f64>)> {
    let mut random = Random::new(99);
    let mut pick = |from: &[f64]| -> Vec<f64> {
        (0..160).map(|_| from[random.bits() as usize % from.len()]).collect()
    };
    let tiny = f64::from_bits(1);
    let mut streams = vec![
        ("constant", vec![3.0; 160]),
        ("zero and minus zero", pick(&[0.0, -0.0])),
        ("two values", pick(&[1.0, 2.0])),
        ("ties", pick(&[1.0, 2.0, 2.0, 3.0, 3.0, 3.0])),
        ("denormals", pick(&[tiny, -tiny, 3.0 * tiny, 0.0, f64::MIN_POSITIVE])),
        ("huge", pick(&[1e308, -1e308, f64::MAX, f64::MIN, 1e307])),
        ("huge and denormal", pick(&[1e308, -1e308, tiny, -tiny, 0.0, 1.0])),
        (
            "everything",
            pick(&[
                1e308,
                f64::MIN,
                tiny,
                1.0,
                2.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                -1e-300,
            ]),
        ),
        ("only missing", vec![f64::NAN; 160]),
        ("only infinite", pick(&[f64::INFINITY, f64::NEG_INFINITY])),
        ("rising", (0..160).map(|i| 1.5_f64.powi(i)).collect()),
        ("falling", (0..160).map(|i| 0.1_f64.powi(2 * i)).collect()),
        ("equal but for the last bit", pick(&[1.0, 1.0 + f64::EPSILON, 1.0 - f64::EPSILON])),
    ];
    let mut one_excess = vec![0.0; 160];
    one_excess[7] = 1.0;
    one_excess[100] = 5.0;
    streams.push(("one excess", one_excess));
    let mut calm = Kind::Normal.values(5, 80);
    calm.extend([1e308, -1e308, tiny].into_iter().cycle().take(80));
    streams.push(("calm, then huge", calm));
    let mut mixed = Kind::Exponential.values(6, 160);
    mixed.iter_mut().step_by(3).for_each(|x| *x *= 1e-300);
    mixed.iter_mut().step_by(7).for_each(|x| *x *= 1e300);
    streams.push(("all magnitudes", mixed));
    streams
}

/// Every combination of switches.
fn every_config() -> Vec<Config> {
    let mut configs = Vec::new();
    for bits in 0..16_u32 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        for (up, down) in [(true, true), (true, false), (false, true)] {
            for accounting in [
                Accounting::Discarded,
                Accounting::Learned,
                Accounting::Censored,
                Accounting::Budgeted,
            ] {
                let threshold = if on(0) { Threshold::PlugIn } else { Threshold::Calibrated };
                let quarantine = if on(1) { 0 } else { 3 };
                let is_published = !on(2) || accounting == Accounting::Discarded;
                for [depth, max_excess, scale_depth] in
                    [[0, 1, 0], [0, 30, 0], [1, 4, 0], [3, 30, 0], [3, 30, 5]]
                {
                    let scale_depth = if is_published { 0 } else { scale_depth };
                    let numbers = Config {
                        q: 0.02,
                        level: 0.9,
                        n_init: 60,
                        max_excess,
                        depth,
                        scale_depth,
                        ..Config::default()
                    };
                    let switches = Config { up, down, alert: on(2), bounded: on(3), ..numbers };
                    configs.push(Config { accounting, threshold, quarantine, ..switches });
                }
            }
        }
    }
    configs
}

#[test]
fn no_stream_breaks_any_configuration() {
    for (name, values) in cruel_streams() {
        for config in every_config() {
            let context = format!("{name}, {config:?}");
            let mut spot = spot(&config);
            for (i, x) in values.iter().enumerate() {
                spot.step(*x);
                if i % 8 == 7 {
                    assert_eq!(flaw(&spot), None, "{context}, after {x:e}, value {i}");
                }
            }
            let copy = Spot::load(&spot.save()).expect(&context);
            assert_eq!(copy.save(), spot.save(), "{context}");
        }
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(300))]

    /// Any doubles whatever, bit patterns included.
    #[test]
    fn no_values_break_a_detector(
        config in Scene::config(1),
        seed in any::<u64>(),
        q in 1e-12..1.0_f64,
    ) {
        let mut random = Random::new(seed);
        let values: Vec<f64> = (0..500).map(|_| match random.bits() % 5 {
            0 => f64::from_bits(random.bits()),
            1 => 1.0,
            _ => 20.0 * random.uniform() - 10.0,
        }).collect();
        let config = Config { n_init: config.n_init.min(200), ..config };
        prop_assume!(config.validate().is_ok());
        let mut spot = spot(&config);
        for (i, x) in values.iter().enumerate() {
            spot.step(*x);
            if i % 16 == 15 {
                prop_assert_eq!(flaw(&spot), None, "after {:e}, value {}", x, i);
            }
        }
        spot.set_q(q * (1.0 - config.level) * 0.999).expect("a valid q");
        prop_assert_eq!(flaw(&spot), None);
    }

    #[test]
    fn a_call_that_fails_changes_nothing(scene in Scene::any(), few in 0_usize..3, q in prop_oneof![Just(0.0), Just(f64::NAN), Just(1.0)]) {
        let values = scene.values();
        let mut spot = spot(&scene.config);
        answers(&mut spot, &values);
        let before = spot.save();
        prop_assert!(spot.fit(&values[..few]).is_err());
        prop_assert!(spot.set_q(q).is_err());
        let mut short = [Event::Normal; 2];
        let outputs = Outputs { events: Some(&mut short), ..Outputs::default() };
        prop_assert!(spot.step_many(&[1.0, 2.0, 3.0], outputs).is_err());
        prop_assert!(Spot::load(&before[..before.len() - 1]).is_err());
        prop_assert_eq!(before, spot.save());
    }
}
