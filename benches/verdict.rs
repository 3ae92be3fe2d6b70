//! What does a verdict cost, compared with a step?
//!
//! On a stream of normal values, tails included: both count the value or move the model; a verdict also returns what the
//! value was judged by. Several baselines solve for their thresholds, so that theirs costs many steps; `step_many` with
//! the probability alone does not.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use draws::Draws;
use tailspot::{Config, Event, Outputs, Spot};

const VALUES: usize = 10_000;

fn probability(spot: &mut Spot, value: f64) -> f64 {
    let (mut events, mut probability) = ([Event::Normal], [f64::NAN]);
    let outputs = Outputs {
        events: Some(&mut events),
        probability: Some(&mut probability),
        ..Outputs::default()
    };
    spot.step_many(&[value], outputs).expect("equal lengths");
    probability[0]
}

fn verdict(criterion: &mut Criterion) {
    let mut draws = Draws::new(1);
    let mut normal = |count: usize| (0..count).map(|_| draws.normal()).collect::<Vec<f64>>();
    let (calibration, values) = (normal(2_100), normal(VALUES));
    let cases = [
        ("without a baseline", Config::default()),
        ("one baseline", Config { depth: 10, scale_depth: 40, ..Config::default() }),
        ("two baselines", Config { depth: 10, scale_depth: 40, period: 24, ..Config::default() }),
    ];
    let mut group = criterion.benchmark_group("verdict");
    group.throughput(Throughput::Elements(VALUES as u64));
    for (name, config) in cases {
        let mut spot = Spot::new(config).expect("the configuration is valid");
        spot.fit(&calibration).expect("enough values");
        let mut time = |what: &str, call: &dyn Fn(&mut Spot, f64)| {
            group.bench_function(BenchmarkId::new(what, name), |bencher| {
                let run = |spot: &mut Spot| values.iter().for_each(|x| call(spot, *x));
                bencher.iter_batched_ref(|| spot.clone(), run, BatchSize::LargeInput);
            });
        };
        time("step", &|spot, x| _ = black_box(spot.step(x)));
        time("verdict", &|spot, x| _ = black_box(spot.verdict(x)));
        time("probability", &|spot, x| _ = black_box(probability(spot, x)));
    }
    group.finish();
}

fn main() {
    let short = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    let mut criterion = short.configure_from_args();
    verdict(&mut criterion);
    criterion.final_summary();
}
