//! Streams that move: q, incidents and what is found. Short, seeded versions of the tables of docs/moving-streams.md, with
//! bounds that the detector missed before it took clusters into account and remembered the shape.

use crate::draws;
#[path = "draws/moving.rs"]
mod streams;

use draws::Draws;
use streams::{CHANGES, Count, LAWS, ODD, SEASONS, Stream, TAILS, Task, run};
use tailspot::{Accounting, Baseline, Config, Spot};

fn level(depth: usize, scale_depth: usize) -> Config {
    Config { level: 0.98, depth, scale_depth, ..Config::default() }
}

fn named<'a>(streams: &'a [Stream], name: &str) -> &'a Stream {
    streams.iter().find(|stream| stream.name == name).expect("a stream of this name")
}

/// The counts of a few seeds, before, soon after and long after a change.
fn counts(stream: &Stream, config: &Config, q: f64, values: usize, every: usize) -> [Count; 3] {
    let of = |seed| run(stream, config, Task { values, q, seed, every });
    let all: Vec<[Count; 3]> = (31..35).map(of).collect();
    [0, 1, 2].map(|part| Count::sum(all.iter().map(|counts| counts[part])))
}

fn total(stream: &Stream, config: &Config, q: f64, values: usize) -> Count {
    Count::sum(counts(stream, config, q, values, 9973))
}

#[track_caller]
fn assert_rate(what: &str, count: Count, q: f64, [low, high]: [f64; 2]) {
    let [alerts, _] = count.rates(q);
    assert!(low < alerts && alerts < high, "{what}: {alerts:.2} q");
}

#[test]
fn with_a_level_and_a_scale_the_rate_is_q_on_every_law() {
    for stream in &LAWS {
        for depth in [5, 10] {
            let count = total(stream, &level(depth, 40), 1e-3, 150_000);
            assert_rate(stream.name, count, 1e-3, [0.8, 1.25]);
            assert_eq!(count.found, count.planted, "{}", stream.name);
        }
    }
}

#[test]
fn an_outlier_moves_a_level_little() {
    let counts = counts(named(&LAWS, "lognormal"), &level(10, 0), 1e-3, 300_000, 997);
    let count = Count::sum(counts);
    assert_rate("lognormal", count, 1e-3, [0.7, 1.3]);
    assert!(count.share_found() > 0.99, "{} found", count.share_found());
    // The values after an outlier see a level that one value of ten has moved, and no more than to the excess threshold.
    let mut spot = Spot::new(Config { q: 1e-3, ..level(10, 0) }).expect("a valid configuration");
    let mut draws = Draws::new(6);
    (0..20_000).for_each(|_| _ = spot.step(draws.normal()));
    let before = spot.drift();
    assert!(spot.step(1e6).is_alert());
    assert!((spot.drift() - before).abs() < 1.0, "{before}, then {}", spot.drift());
}

#[test]
fn excesses_in_clusters_count_as_fewer() {
    let [ar, garch] = ["AR(1) 0.95", "GARCH(1,1)"].map(|name| named(&LAWS, name));
    for stream in [ar, garch] {
        let count = total(stream, &level(10, 0), 1e-4, 1_000_000);
        assert_rate(stream.name, count, 1e-4, [0.8, 1.4]);
    }
    for (name, config) in [
        ("constant stretches with jumps", level(10, 0)),
        ("noise after constants", level(5, 40)),
        ("noise after constants", level(10, 0)),
    ] {
        let count = total(named(&ODD, name), &config, 1e-3, 300_000);
        assert_rate(name, count, 1e-3, [0.5, 1.6]);
    }
}

#[test]
fn the_shape_is_remembered() {
    // Spikes that an honest threshold of 200 excesses finds as often as not, if it forgets the shape with them.
    for (name, config, least) in [
        ("lognormal", level(10, 0), 0.93),
        ("lognormal", level(10, 40), 0.72),
        ("AR(1) 0.7 of t3", level(5, 40), 0.98),
    ] {
        let count = total(named(&LAWS, name), &config, 1e-4, 1_000_000);
        assert!(count.share_found() > least, "{name}: {} found", count.share_found());
        assert_rate(name, count, 1e-4, [0.6, 1.4]);
    }
}

#[test]
fn a_change_is_an_incident_and_then_the_new_normal() {
    for stream in &CHANGES {
        let [before, soon, later] = counts(stream, &level(10, 40), 1e-3, 100_000, 997);
        for (when, count) in [("before", before), ("later", later)] {
            assert_rate(&format!("{} {when}", stream.name), count, 1e-3, [0.6, 1.4]);
        }
        assert_rate(&format!("{} soon", stream.name), soon, 1e-3, [0.2, 2.2]);
        let found = Count::sum([before, soon, later]).share_found();
        assert!(found > 0.99, "{}: {found} found", stream.name);
    }
    // 30 deviations.
    for config in [level(10, 40), level(5, 40), level(10, 0)] {
        let mut spot = Spot::new(Config { q: 1e-3, ..config }).expect("a valid configuration");
        let mut draws = Draws::new(5);
        (0..20_000).for_each(|_| _ = spot.step(draws.normal()));
        let events: Vec<_> = (0..200).map(|_| spot.step(30.0 + draws.normal())).collect();
        let alerts = events.iter().filter(|event| event.is_alert()).count();
        assert!((1..=30).contains(&alerts), "{alerts} alerts");
        assert!(events[30..].iter().filter(|event| event.is_alert()).count() <= 2);
    }
}

#[test]
fn a_baseline_follows_what_refutes_its_calibration() {
    let [_, _, later] = counts(named(&CHANGES, "scale × 10"), &level(10, 0), 1e-3, 100_000, 997);
    assert_rate("scale × 10", later, 1e-3, [0.5, 2.0]);
    for config in [level(10, 0), level(10, 40)] {
        let mut spot = Spot::new(Config { q: 1e-3, ..config }).expect("a valid configuration");
        let mut draws = Draws::new(8);
        (0..2100).for_each(|_| _ = spot.step(5.0));
        let mut alerts =
            |values| (0..values).filter(|_| spot.step(draws.normal()).is_alert()).count();
        let (soon, later) = (alerts(2000), alerts(18_000));
        assert!(soon < 250 && later < 110, "{soon} alerts, then {later}");
    }
}

#[test]
fn zeros_and_ones_are_not_anomalies() {
    for (depth, scale_depth) in [(10, 0), (100, 0), (100, 40)] {
        for p in [0.03, 0.2, 0.35, 0.5] {
            let alerts = |seed: u64| {
                let config = Config { q: 1e-3, ..level(depth, scale_depth) };
                let mut spot = Spot::new(config).expect("a valid configuration");
                let mut draws = Draws::new(seed);
                let mut step = || spot.step(f64::from(draws.uniform() < p)).is_alert();
                (0..40_000).for_each(|_| _ = step());
                (0..10_000).filter(|_| step()).count()
            };
            let worst = (0..20).map(alerts).max();
            assert!(worst <= Some(100), "{worst:?} of 10,000, depth {depth}, p = {p}");
        }
    }
}

#[test]
fn what_hides_in_a_season_is_found_with_one() {
    let stream = &SEASONS[0];
    let plain = total(stream, &level(0, 0), 1e-3, 100_000);
    assert!(plain.share_found() < 0.1);
    let season = Baseline { depth: 0, scale_depth: 0, period: 288 };
    let alone = Config { baselines: vec![season], ..level(0, 0) };
    for config in [alone, Config { period: 288, ..level(10, 40) }] {
        let count = total(stream, &config, 1e-3, 100_000);
        assert!(count.share_found() > 0.95, "{} found", count.share_found());
        assert_rate(stream.name, count, 1e-3, [0.5, 1.4]);
    }
}

#[test]
fn tails_that_move_need_to_be_learned() {
    let config = level(10, 40);
    for stream in &TAILS[..3] {
        let limited = total(stream, &Config { limit: 5.0, ..config.clone() }, 1e-4, 400_000);
        assert_rate(stream.name, limited, 1e-4, [0.5, 3.0]);
        let censored = Config { accounting: Accounting::Censored, ..config.clone() };
        let censored = total(stream, &censored, 1e-4, 400_000);
        assert_rate(stream.name, censored, 1e-4, [0.4, 2.2]);
    }
}
