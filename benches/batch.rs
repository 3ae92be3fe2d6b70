//! What does a value cost when many are given in one call?

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput};
use draws::Draws;
use tailspot::{Config, Event, Outputs, Side, Spot};

const VALUES: usize = 1_000_000;

fn answers(events: &mut [Event]) -> Outputs<'_> {
    Outputs { events: Some(events), ..Outputs::default() }
}

/// One call must come to the events and thresholds of a loop of steps. Returns how many values are in a tail.
fn check(spot: &Spot, values: &[f64]) -> usize {
    let (mut looped, mut called) = (spot.clone(), spot.clone());
    let mut events = vec![Event::Normal; values.len()];
    called.step_many(values, answers(&mut events)).expect("as many events as values");
    let expected: Vec<Event> = values.iter().map(|x| looped.step(*x)).collect();
    assert!(events == expected, "one call and many steps answer alike");
    for side in [Side::Up, Side::Down] {
        let [one, other] = [&looped, &called].map(|spot| spot.anomaly_threshold(side).to_bits());
        assert_eq!(one, other, "and have the same thresholds");
    }
    events.iter().filter(|event| **event != Event::Normal).count()
}

fn batch(criterion: &mut Criterion) {
    let mut draws = Draws::new(7);
    let normals: Vec<f64> = (0..VALUES).map(|_| draws.normal()).collect();
    let inner: Vec<f64> = normals.iter().map(|x| x.clamp(-1.5, 1.5)).collect();
    let upper = |level: f64| Config { level, down: false, ..Config::default() };
    let scaled = Config { depth: 10, scale_depth: 40, ..Config::default() };
    let cases = [
        ("level 0.98", upper(0.98), &normals, 0.02),
        ("level 0.99", upper(0.99), &normals, 0.01),
        ("level 0.99, both sides", Config::default(), &normals, 0.02),
        ("quiet", upper(0.98), &inner, 0.0),
        ("level 10, scale 40", scaled.clone(), &normals, 0.02),
        (
            "level 10, scale 40, level 0.98",
            Config { level: 0.98, ..scaled.clone() },
            &normals,
            0.04,
        ),
        ("two baselines", Config { period: 288, ..scaled }, &normals, 0.03),
    ];
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(VALUES as u64)).sample_size(50);
    for (name, config, values, tail) in cases {
        let mut spot = Spot::new(config).expect("the configuration is valid");
        let calibration: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        spot.fit(&calibration).expect("enough values");
        let share = check(&spot, values) as f64 / VALUES as f64;
        assert!((share - tail).abs() <= 0.2 * tail, "{name}: {share} of the values in the tail");
        let mut events = vec![Event::Normal; VALUES];
        group.bench_function(name, |bencher| {
            let run = |spot: &mut Spot| spot.step_many(values, answers(&mut events));
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
    batch(&mut criterion);
    criterion.final_summary();
}
