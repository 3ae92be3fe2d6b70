//! The promise: q means q, from the first judged value on, whatever the stream. Short, seeded versions of the tables that
//! the programs in `measure/` print. The bounds are about four deviations of the mean over the seeds.

use crate::draws;
#[path = "draws/runs.rs"]
mod runs;

use draws::Draws;
use draws::tails::{LAWS, UpperTail};
use runs::{Run, Scene, Setting, Stream, run};
use tailspot::{Accounting, Config, Event, Outputs, Side, Spot, Threshold};

const NORMAL: usize = 0;
const EXPONENTIAL: usize = 1;
const STUDENT3: usize = 2;
const LOGNORMAL: usize = 3;
const GUMBEL: usize = 5;
const BETA: usize = 6;
const UNIFORM: usize = 7;

fn runs(setting: &Setting, law: usize, seeds: u64) -> Vec<Run> {
    let tail = UpperTail::new(law);
    (0..seeds).map(|seed| run(setting, &tail, (9001 + seed) * 64 + law as u64, false)).collect()
}

fn mean(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).sum::<f64>() / runs.len() as f64
}

#[track_caller]
fn assert_within(what: &str, given: f64, low: f64, high: f64) {
    assert!(low <= given && given <= high, "{what}: {given}, should be {low} to {high}");
}

/// Detectors of the upper tail, each calibrated on a clean batch of its own.
fn calibrated(law: usize, level: f64, n: usize, q: f64, seeds: u64) -> Vec<Spot> {
    let tail = UpperTail::of(law, 0.2);
    let config = Config { q, level, n_init: n, down: false, ..Config::default() };
    let one = |seed| {
        let mut stream = Stream::new(&tail, Scene::Clean, q, (9001 + seed) * 64 + law as u64);
        let mut spot = Spot::new(config.clone()).expect("the configuration is valid");
        spot.fit(&stream.calibration(n)).expect("enough values");
        spot
    };
    (0..seeds).map(one).collect()
}

// The start -----------------------------------------------------------------------------------------------------------

/// A few percent below q, since learning will bring the threshold down and not up.
#[test]
fn the_first_threshold_is_exceeded_as_often_as_so_few_excesses_allow() {
    for (k, level, n, q, seeds, low, high) in [
        (10, 0.95, 200, 1.5e-2, 1500, 0.72, 0.80),
        (10, 0.95, 200, 2e-3, 600, 0.15, 0.3),
        (20, 0.95, 400, 1.5e-2, 1500, 0.86, 0.915),
        (20, 0.95, 400, 1e-2, 800, 0.81, 0.91),
        (40, 0.98, 2000, 2e-3, 500, 0.85, 0.95),
        (200, 0.98, 10_000, 1e-3, 150, 0.91, 1.03),
    ] {
        let first = |law: usize| {
            let tail = UpperTail::of(law, 0.2);
            let spots = calibrated(law, level, n, q, seeds);
            assert_eq!(spots[0].status().up.excesses, k);
            let exceedance = |spot: &Spot| tail.survival(spot.anomaly_threshold(Side::Up)) / q;
            spots.iter().map(exceedance).sum::<f64>() / seeds as f64
        };
        let mean = 0.5 * (first(EXPONENTIAL) + first(UNIFORM));
        assert_within(&format!("{k} excesses, q = {q}"), mean, low, high);
    }
}

#[test]
fn the_first_8000_values_exceed_it_with_probability_q() {
    for (n_init, low, high) in [(2000, 0.9, 1.12), (1000, 0.9, 1.22)] {
        let setting = Setting::new(0.98, n_init, 1e-3, Scene::Clean, 8_000);
        let rate = |law| mean(&runs(&setting, law, 80), |run| run.rate(0, 2, 1e-3));
        let rates = [EXPONENTIAL, STUDENT3, UNIFORM].map(rate);
        assert_within(&format!("{n_init} values"), rates.iter().sum::<f64>() / 3.0, low, high);
    }
}

// The long run --------------------------------------------------------------------------------------------------------

#[test]
fn in_the_long_run_the_rate_is_q() {
    for (law, q, low, high) in [
        (NORMAL, 1e-3, 0.95, 1.18),
        (EXPONENTIAL, 1e-3, 0.93, 1.13),
        (UNIFORM, 1e-3, 0.85, 1.25),
        (STUDENT3, 1e-4, 0.9, 1.4),
    ] {
        let setting = Setting::new(0.98, 2000, q, Scene::Clean, 500_000);
        let rate = mean(&runs(&setting, law, 6), |run| run.rate(0, 4, q));
        assert_within(&format!("{}, {q}", LAWS[law]), rate, low, high);
    }
}

#[test]
fn discarding_alerts_does_not_keep_the_rate() {
    for law in [EXPONENTIAL, STUDENT3] {
        let base = Setting::new(0.98, 2000, 1e-3, Scene::Clean, 300_000);
        let published =
            Setting { accounting: Accounting::Discarded, threshold: Threshold::PlugIn, ..base };
        let rate = mean(&runs(&published, law, 2), |run| run.rate(0, 4, 1e-3));
        assert_within(LAWS[law], rate, 5.0, 50.0);
    }
}

// Attacks -------------------------------------------------------------------------------------------------------------

#[test]
fn anomalies_are_found_and_teach_nothing() {
    for (scene, found, low) in [
        (Scene::Planted(10.0), 0.99, 0.85),
        (Scene::Bursts(5.0), 0.99, 0.85),
        (Scene::Contaminated, 0.97, 0.6),
    ] {
        for law in [EXPONENTIAL, STUDENT3, UNIFORM] {
            let setting = Setting::new(0.98, 2000, 1e-3, scene, 400_000);
            let runs = runs(&setting, law, 3);
            let name = format!("{}, {}", LAWS[law], scene.name());
            assert_within(&name, mean(&runs, Run::found), found, 1.0);
            assert_within(&name, mean(&runs, |run| run.rate(0, 4, 1e-3)), low, 1.3);
        }
    }
}

/// Twenty excesses know little: some of these detectors find the first anomalies plausible and go blind, until a later
/// look at the buffer takes back what they learned.
#[test]
fn what_an_attack_taught_is_taken_back() {
    let setting = Setting::new(0.99, 2000, 1e-4, Scene::Planted(30.0), 600_000);
    let runs: Vec<Run> = [NORMAL, EXPONENTIAL].map(|law| runs(&setting, law, 8)).concat();
    assert_within("found", mean(&runs, Run::found), 0.85, 1.0);
    assert_within("in the worst", runs.iter().map(Run::found).fold(1.0, f64::min), 0.3, 1.0);
}

#[test]
fn learning_from_alerts_goes_blind() {
    let base = Setting::new(0.98, 2000, 1e-3, Scene::Planted(10.0), 200_000);
    let learned = Setting { accounting: Accounting::Learned, ..base };
    assert_within("found", mean(&runs(&learned, EXPONENTIAL, 2), Run::found), 0.0, 0.5);
}

// Rounded values ------------------------------------------------------------------------------------------------------

type Source = fn(&mut Draws) -> f64;

/// Alerts of a stream and how many of the values they are of, after a calibration on the first 2,000.
fn alerts(source: Source, q: f64, seed: u64, judged: usize) -> (Spot, usize) {
    let mut draws = Draws::new(seed);
    let values: Vec<f64> = (0..2000 + judged).map(|_| source(&mut draws)).collect();
    let config = Config { q, level: 0.98, down: false, ..Config::default() };
    let mut spot = Spot::new(config).expect("the configuration is valid");
    spot.fit(&values[..2000]).expect("enough values");
    let mut events = vec![Event::Normal; judged];
    spot.step_many(&values[2000..], Outputs::events(&mut events)).expect("the same length");
    let alerts = events.iter().filter(|event| **event == Event::AlertUp).count();
    (spot, alerts)
}

#[test]
fn rounded_values_raise_no_more_alerts_than_others() {
    let laws: [(&str, Source); 4] = [
        ("t3, whole", |d| d.student3().round()),
        ("lognormal × 4, whole", |d| (4.0 * d.normal().exp()).round()),
        ("Poisson 30", |draws| draws.poisson(30.0)),
        ("normal, σ/4", |d| (4.0 * d.normal()).round() / 4.0),
    ];
    for (name, source) in laws {
        let count: usize = (9001..9005).map(|seed| alerts(source, 1e-3, seed, 100_000).1).sum();
        assert_within(name, count as f64 / 400.0, 0.5, 1.6);
    }
}

/// Excesses that tie with the largest must not make it the end of the tail.
#[test]
fn values_clipped_at_a_limit_are_not_a_tail_that_ends_there() {
    for seed in 9001..9005 {
        let (spot, count) = alerts(|d| d.normal().min(2.5), 1e-3, seed, 100_000);
        let (z, p) = (spot.anomaly_threshold(Side::Up), spot.tail_probability(Side::Up, 2.5));
        assert_eq!(count, 0);
        // 0.62 % of the values are at the limit.
        assert!((2.6..3.2).contains(&z) && (2e-3..8e-3).contains(&p), "z = {z}, P = {p}");
    }
}

#[test]
fn an_alert_leaves_its_trace_where_the_calibration_had_no_excess() {
    let rare: Source = |d| f64::from(d.uniform() < 1e-3);
    let without: Source = |_| 0.0;
    for seed in 9001..9011 {
        let mut spot = alerts(without, 1e-4, seed, 0).0;
        assert_eq!(spot.status().up.excesses, 0);
        let mut draws = Draws::new(seed);
        let events = (0..100_000).map(|_| spot.step(rare(&mut draws)));
        let count = events.filter(|event| *event == Event::AlertUp).count();
        assert!((1..10).contains(&count), "{count} alerts of 100 ones");
    }
}

// The robust first fit ------------------------------------------------------------------------------------------------

#[test]
fn a_clean_batch_loses_one_excess_and_one_in_twenty_at_most() {
    for level in [0.9, 0.95, 0.98] {
        let mut lost = 0;
        for law in [EXPONENTIAL, STUDENT3, LOGNORMAL, GUMBEL] {
            for spot in calibrated(law, level, 1000, 1e-3, 60) {
                let status = spot.status();
                let rejected = status.up.rejected;
                lost += u64::from(rejected > 0);
                let excesses = status.up.n_t + rejected.saturating_sub(1);
                assert!(rejected <= 1 + excesses / 20, "{}, {level}: {rejected}", LAWS[law]);
            }
        }
        assert!(lost <= 5, "level {level}: {lost} of 240 lost some");
    }
}

#[test]
fn values_from_elsewhere_are_set_aside() {
    for seed in 9001..9011 {
        let mut draws = Draws::new(seed);
        let value = |i: usize, z: f64| if i % 200 == 17 { 100.0 + 5.0 * z } else { 10.0 + z };
        let batch: Vec<f64> = (0..2000).map(|i| value(i, draws.normal())).collect();
        let config = Config { q: 1e-3, level: 0.98, down: false, ..Config::default() };
        let mut spot = Spot::new(config).expect("the configuration is valid");
        spot.fit(&batch).expect("enough values");
        assert_eq!((spot.status().up.rejected, spot.status().n), (10, 1990));
        assert!(spot.anomaly_threshold(Side::Up) < 30.0, "{}", spot.anomaly_threshold(Side::Up));
    }
}

// The calibration -----------------------------------------------------------------------------------------------------

#[test]
fn the_calibration_of_a_mirrored_batch_is_the_mirrored_calibration() {
    let mut draws = Draws::new(9001);
    for (n, level) in [(2000, 0.99), (1000, 0.98), (100, 0.9), (997, 0.98), (1001, 0.95)] {
        let batch: Vec<f64> = (0..n).map(|_| draws.normal()).collect();
        let mirrored: Vec<f64> = batch.iter().map(|x| -x).collect();
        let [one, other] = [batch, mirrored].map(|batch| {
            let mut spot = Spot::new(Config { q: 1e-3, level, n_init: n, ..Config::default() })
                .expect("the configuration is valid");
            spot.fit(&batch).expect("enough values");
            spot
        });
        let (a, b) = (one.status(), other.status());
        assert_eq!([a.up.excesses, a.down.excesses], [b.down.excesses, b.up.excesses]);
        assert_eq!(a.up.excesses, a.down.excesses, "{n} at {level}");
        assert_eq!(a.up.anomaly_threshold, -b.down.anomaly_threshold, "{n} at {level}");
        assert_eq!(a.down.anomaly_threshold, -b.up.anomaly_threshold, "{n} at {level}");
    }
}

#[test]
fn intervals_hold_the_true_threshold_as_often_as_they_say() {
    for (k, n) in [(20, 1000), (40, 2000), (200, 10_000)] {
        for (confidence, low, high) in [(0.95, 0.89, 0.99), (0.5, 0.4, 0.6)] {
            let laws = [EXPONENTIAL, STUDENT3];
            let holds = laws.map(|law| {
                let truth = UpperTail::of(law, 0.2).quantile(1e-3);
                let spots = calibrated(law, 0.98, n, 1e-3, 100);
                let holds = |spot: &&Spot| {
                    let interval = spot.threshold_interval(Side::Up, confidence);
                    let (low, high) = interval.expect("the confidence is in range");
                    low <= truth && truth <= high
                };
                spots.iter().filter(holds).count()
            });
            let share = (holds[0] + holds[1]) as f64 / 200.0;
            assert_within(&format!("{k} excesses, confidence {confidence}"), share, low, high);
        }
    }
}

#[test]
fn improbable_values_are_as_rare_as_they_say() {
    for law in [EXPONENTIAL, STUDENT3, BETA] {
        let setting = Setting::new(0.98, 2000, 1e-3, Scene::Clean, 400_000);
        let tail = UpperTail::new(law);
        let runs: Vec<Run> =
            (9001..9005).map(|seed| run(&setting, &tail, seed * 64 + law as u64, true)).collect();
        let at = |i: usize| mean(&runs, |run| run.improbable[i]);
        assert_within(&format!("{}, p = q", LAWS[law]), at(0), 0.8, 1.25);
        assert_within(&format!("{}, p = q/10", LAWS[law]), at(1), 0.5, 2.0);
        assert!(runs.iter().all(|run| run.lowest > 0.0), "{}: p = 0", LAWS[law]);
    }
}

#[test]
fn any_finite_value_is_possible_and_farther_ones_are_rarer() {
    for law in [EXPONENTIAL, BETA, UNIFORM] {
        // All shapes that 200 uniform excesses allow end.
        for spot in calibrated(law, 0.98, 10_000, 1e-4, 5) {
            let z = spot.anomaly_threshold(Side::Up);
            let mut last = 1e-4 * (1.0 + 1e-2);
            for i in 0..300 {
                let p = spot.tail_probability(Side::Up, z * 10_f64.powi(i));
                assert!(p > 0.0 && p < last, "{}: {p} at {z}e{i}, {last} before", LAWS[law]);
                last = p;
            }
        }
    }
}
