//! The promise: q means q, on clean streams and beside true anomalies. A short, seeded version of the table that
//! `cargo run --release --example alarm_rate` prints.

mod draws;

use draws::streams::{Law, Scene, Stream};
use tailspot::{Accounting, Config, Event, Spot, Threshold};

struct Outcome {
    /// Alarm rate on clean values over q.
    rate: f64,
    /// Share of the anomalies that were alerts.
    caught: f64,
}

fn outcome(
    config: &Config,
    law: Law,
    scene: Scene,
    seeds: std::ops::Range<u64>,
    values: usize,
) -> Outcome {
    let (mut clean, mut alarms, mut planted, mut caught) = (0_u64, 0_u64, 0_u64, 0_u64);
    for seed in seeds {
        let mut stream = Stream::new(law, scene, config.q, seed, values);
        let mut spot = Spot::new(config.clone()).expect("the configuration is valid");
        spot.fit(&stream.calibration()).expect("enough values");
        for _ in 0..values {
            let (x, is_anomaly) = stream.next();
            let alarm = u64::from(spot.step(x) == Event::AlertUp);
            if is_anomaly {
                planted += 1;
                caught += alarm;
            } else {
                clean += 1;
                alarms += alarm;
            }
        }
    }
    Outcome {
        rate: alarms as f64 / clean as f64 / config.q,
        caught: caught as f64 / planted.max(1) as f64,
    }
}

fn config(q: f64) -> Config {
    Config { q, level: 0.98, ..Config::default() }
}

#[test]
fn the_alarm_rate_is_q() {
    for law in Law::REQUIRED {
        let rate = outcome(&config(1e-3), law, Scene::Clean, 501..505, 1_000_000).rate;
        assert!((0.8..1.2).contains(&rate), "{} at q = 1e-3: {rate}", law.name());
        let rate = outcome(&config(1e-4), law, Scene::Clean, 501..505, 1_500_000).rate;
        assert!((0.7..1.35).contains(&rate), "{} at q = 1e-4: {rate}", law.name());
    }
}

#[test]
fn a_tail_with_an_end_alarms_less() {
    let rate = outcome(&config(1e-3), Law::Uniform, Scene::Clean, 501..503, 500_000).rate;
    assert!(rate <= 1.25, "{rate}");
}

#[test]
fn discarding_alerts_does_not_keep_the_rate() {
    let published = config(1e-3).as_published();
    assert_eq!(published.accounting, Accounting::Discarded);
    for law in Law::REQUIRED {
        let rate = outcome(&published, law, Scene::Clean, 501..503, 500_000).rate;
        assert!(rate > 5.0, "{}: {rate}", law.name());
    }
}

#[test]
fn the_plug_in_threshold_alarms_more_than_the_calibrated_one() {
    let plug_in = Config { threshold: Threshold::PlugIn, ..config(1e-4) };
    let rate = outcome(&plug_in, Law::Normal, Scene::Clean, 501..504, 1_000_000).rate;
    let calibrated = outcome(&config(1e-4), Law::Normal, Scene::Clean, 501..504, 1_000_000).rate;
    assert!(rate > 1.2 * calibrated, "{rate} against {calibrated}");
}

#[test]
fn true_anomalies_ten_times_as_frequent_as_q_are_caught_and_teach_nothing() {
    for law in Law::REQUIRED {
        let got = outcome(&config(1e-3), law, Scene::Planted(10.0), 501..504, 400_000);
        assert!(got.caught >= 0.99, "{}: {} caught", law.name(), got.caught);
        assert!((0.4..1.3).contains(&got.rate), "{}: rate {}", law.name(), got.rate);
    }
}

#[test]
fn learning_from_alerts_goes_blind_where_the_budget_does_not() {
    let learned = Config { accounting: Accounting::Learned, ..config(1e-3) };
    let blind = outcome(&learned, Law::Normal, Scene::Planted(10.0), 501..503, 300_000).caught;
    assert!(blind < 0.5, "{blind} caught");
}

#[test]
fn a_calibration_batch_with_anomalies_in_it_is_survived() {
    let got = outcome(&config(1e-3), Law::Normal, Scene::Contaminated, 501..505, 1_000_000);
    assert!(got.caught >= 0.95 && got.rate < 1.3, "{} caught at rate {}", got.caught, got.rate);
}
