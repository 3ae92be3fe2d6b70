//! What does the full fit of a sample of excesses cost?
//!
//! It is what a calibration does, and what `tailspot::fit` offers alone; the steps of a stream hardly ever need it.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use draws::Draws;
use tailspot::{Outcome, fit};

const SIZES: [usize; 4] = [40, 200, 1_000, 10_000];
const SHAPE: f64 = 0.2;

/// The fit of this sample must be within six standard errors of the truth (Smith 1985).
fn check(excesses: &[f64]) {
    let fit = fit(excesses).expect("positive excesses");
    let error = 6.0 * (1.0 + SHAPE) / (excesses.len() as f64).sqrt();
    assert_eq!(fit.outcome, Outcome::Converged);
    assert!((fit.shape - SHAPE).abs() < error, "shape {} of {}", fit.shape, excesses.len());
    assert!((fit.scale.ln()).abs() < 2.0 * error, "scale {} of {}", fit.scale, excesses.len());
}

fn full_fit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("full_fit");
    for size in SIZES {
        let mut draws = Draws::new(3);
        let excesses: Vec<f64> = (0..size).map(|_| draws.pareto(SHAPE)).collect();
        check(&excesses);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| fit(black_box(&excesses)));
        });
    }
    group.finish();
}

fn main() {
    let short = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let mut criterion = short.configure_from_args();
    full_fit(&mut criterion);
    criterion.final_summary();
}
