//! What does a value cost that is not in a tail?
//!
//! Nearly every value of a stream is one. A step compares it with two limits and counts it; with a baseline it
//! also enters the window, and moves scale and season.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use draws::Draws;
use tailspot::{Config, Event, Spot};

const VALUES: usize = 10_000;

fn calibrated(config: Config, draws: &mut Draws) -> Spot {
    let warm_up = config.depth + 2 * config.period + 20;
    let calibration: Vec<f64> = (0..2000 + warm_up).map(|_| draws.normal()).collect();
    let mut spot = Spot::new(config).expect("the configuration is valid");
    spot.fit(&calibration).expect("enough values");
    spot
}

fn is_normal(event: Event) -> bool {
    event == Event::Normal
}

/// Values that are all normal when they come after each other: a local scale narrows what is.
fn normal_values(spot: &Spot, draws: &mut Draws) -> Vec<f64> {
    let mut trial = spot.clone();
    let next = || draws.normal();
    let mut is_taken = |x: &f64| is_normal(trial.judge(*x).event) && is_normal(trial.step(*x));
    std::iter::repeat_with(next).filter(|x| x.abs() < 1.5 && is_taken(x)).take(VALUES).collect()
}

fn step_normal(criterion: &mut Criterion) {
    let mut draws = Draws::new(1);
    let scaled = Config { depth: 10, scale_depth: 40, ..Config::default() };
    let cases = [
        ("both sides", Config::default()),
        ("upper side", Config { down: false, ..Config::default() }),
        ("as published", Config::default().as_published()),
        ("drift over 100", Config { depth: 100, ..Config::default() }),
        ("level 10, scale 40", scaled.clone()),
        ("two baselines", Config { period: 288, ..scaled }),
    ];
    let mut group = criterion.benchmark_group("step_normal");
    group.throughput(Throughput::Elements(VALUES as u64));
    for (name, config) in cases {
        let spot = calibrated(config, &mut draws);
        let values = normal_values(&spot, &mut draws);
        group.bench_function(name, |bencher| {
            let run = |spot: &mut Spot| {
                let others = values.iter().filter(|x| !is_normal(spot.step(**x))).count();
                assert_eq!(others, 0, "{name}: all are normal");
            };
            bencher.iter_batched_ref(|| spot.clone(), run, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn main() {
    let short = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let mut criterion = short.configure_from_args();
    step_normal(&mut criterion);
    criterion.final_summary();
}
