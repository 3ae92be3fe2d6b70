//! What does an excess cost that is learned at once, and does that grow with the buffer?
//!
//! Such a step stores the excess, drops the oldest one, fits the tail anew and moves the threshold. Censored entries
//! need a second set of sums.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use draws::Draws;
use tailspot::{Accounting, Config, Event, Side, Spot, Threshold, fit};

const BUFFERS: [usize; 4] = [200, 1_000, 10_000, 100_000];
const LEVEL: f64 = 0.9;
const SHAPE: f64 = 0.1;
/// Steps of one measurement.
const STEPS: usize = 10_000;

/// One kind of step: the threshold rule, and whether values beyond the threshold are learned as censored.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    threshold: Threshold,
    censored: bool,
}

const CASES: [Case; 4] = [
    Case { name: "plug-in", threshold: Threshold::PlugIn, censored: false },
    Case { name: "calibrated", threshold: Threshold::Calibrated, censored: false },
    Case { name: "plug-in, censored", threshold: Threshold::PlugIn, censored: true },
    Case { name: "calibrated, censored", threshold: Threshold::Calibrated, censored: true },
];

impl Case {
    /// Where entries are to be censored many excesses are beyond the threshold, else none can be.
    fn config(self, max_excess: usize) -> Config {
        Config {
            q: if self.censored { 5e-2 } else { 5e-4 },
            level: LEVEL,
            max_excess,
            down: false,
            alert: self.censored,
            accounting: Accounting::Censored,
            quarantine: 0,
            threshold: self.threshold,
            ..Config::default()
        }
    }
}

/// A detector whose buffer has been filled by steps, so that old entries go and some are censored, and values for the
/// steps to come.
fn prepared(case: Case, max_excess: usize) -> (Spot, Vec<f64>) {
    let mut draws = Draws::new(max_excess as u64);
    let mut spot = Spot::new(case.config(max_excess)).expect("the configuration is valid");
    let calibration: Vec<f64> = (0..max_excess * 10).map(|_| draws.pareto(SHAPE)).collect();
    spot.fit(&calibration).expect("enough values");
    let t = spot.excess_threshold(Side::Up);
    // A generalized Pareto tail stays one above any threshold.
    let mut excess = || t + (1.0 + SHAPE * t) * draws.pareto(SHAPE);
    for _ in 0..max_excess {
        spot.step(excess());
    }
    (spot, (0..STEPS).map(|_| excess()).collect())
}

/// Takes the steps and holds the result against the full fit, or against the truth where entries are censored.
fn check(case: Case, mut spot: Spot, values: &[f64]) {
    let before = spot.status().up;
    let events: Vec<Event> = values.iter().map(|x| spot.step(*x)).collect();
    let after = spot.status().up;
    let alerts = events.iter().filter(|event| event.is_alert()).count();
    assert!(events.iter().all(|event| *event != Event::Normal), "every value is in the tail");
    assert_eq!(after.n_t - before.n_t, values.len() as u64, "every value is learned");
    assert_eq!(after.excesses, before.excesses, "the buffer is full");
    if case.censored {
        let share = alerts as f64 / values.len() as f64;
        assert!((0.03..0.3).contains(&share), "{share} of the entries are censored");
        assert!((after.shape - SHAPE).abs() < 6.0 / (after.excesses as f64).sqrt());
        return;
    }
    assert_eq!(alerts, 0, "nothing is an alert");
    if after.excesses as usize > values.len() {
        return;
    }
    let last = &values[values.len() - after.excesses as usize..];
    let excesses: Vec<f64> = last.iter().map(|x| x - after.excess_threshold).collect();
    let expected = fit(&excesses).expect("positive excesses");
    // The calibrated rule reports posterior means, which are as near as the sample is large.
    let near = if after.fit.is_some() { 1e-6 } else { 1.0 / (excesses.len() as f64).sqrt() };
    assert!((after.shape - expected.shape).abs() < near, "{} {}", after.shape, expected.shape);
    assert!((after.scale / expected.scale - 1.0).abs() < near);
}

fn step_excess(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step_excess");
    group.throughput(Throughput::Elements(STEPS as u64));
    for case in CASES {
        for max_excess in BUFFERS {
            let (spot, values) = prepared(case, max_excess);
            check(case, spot.clone(), &values);
            group.bench_function(BenchmarkId::new(case.name, max_excess), |bencher| {
                let run = |spot: &mut Spot| {
                    for x in &values {
                        black_box(spot.step(*x));
                    }
                };
                bencher.iter_batched_ref(|| spot.clone(), run, BatchSize::LargeInput);
            });
        }
    }
    group.finish();
}

fn main() {
    let short = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let mut criterion = short.configure_from_args();
    step_excess(&mut criterion);
    criterion.final_summary();
}
