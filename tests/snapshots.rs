//! Saved detectors: the files of every version, which go on being read.
//!
//! `TAILSPOT_WRITE_SNAPSHOTS=1 cargo test --test engine the_files` writes the files of this version anew: only until the
//! version is released.
#![cfg(feature = "snapshot")]

use crate::draws;

use std::fs;
use std::path::PathBuf;
use std::sync::Once;

use draws::Draws;
use serde_json::{Value, json};
use tailspot::{Accounting, Config, Event, Outputs, Side, Spot};

// The files ---------------------------------------------------------------------------------------------------------------

/// A detector in the state that a file holds, by the name of the file.
fn detectors() -> Vec<(&'static str, Spot)> {
    vec![
        ("v1-spot-calibrating", calibrating()),
        ("v1-spot-two-sided", two_sided(false)),
        ("v1-spot-alerted", two_sided(true)),
        ("v1-spot-published-down", published_down()),
        ("v1-dspot", dspot()),
        ("v1-set", set()),
        ("v1-unbounded-censored", unbounded_censored()),
    ]
}

pub(crate) fn spot(config: Config) -> Spot {
    Spot::new(config).expect("a valid configuration")
}

/// With four decimals, which keeps the files small.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// What the files were fed and are fed: normal values with outliers and holes.
pub(crate) fn stream(seed: u64, count: usize) -> Vec<f64> {
    let mut draws = Draws::new(seed);
    let mut one = || match draws.bits() % 100 {
        0 => f64::NAN,
        1 => rounded(4.0 + draws.exponential()),
        2 => rounded(-4.0 - draws.exponential()),
        _ => rounded(draws.normal()),
    };
    (0..count).map(|_| one()).collect()
}

fn calibrating() -> Spot {
    let mut spot = spot(Config { level: 0.95, q: 1e-2, n_init: 300, ..Config::default() });
    stream(1, 200).iter().for_each(|x| _ = spot.step(*x));
    spot.step(f64::INFINITY);
    spot
}

/// The default rules; with excesses in quarantine, or with an alert that waits for its credit.
fn two_sided(alerted: bool) -> Spot {
    let config = Config { level: 0.95, q: 2e-3, n_init: 400, max_excess: 60, ..Config::default() };
    let mut spot = spot(config);
    let mut draws = Draws::new(2);
    (0..4000).for_each(|_| _ = spot.step(rounded(draws.normal())));
    (0..50).for_each(|_| _ = spot.step(0.0));
    if alerted {
        let z = spot.anomaly_threshold(Side::Up);
        assert_eq!(spot.step(z + 1e-3), Event::AlertUp);
    } else {
        assert_eq!(spot.step(1.9), Event::ExcessUp);
        assert_eq!(spot.step(-1.9), Event::ExcessDown);
    }
    spot
}

fn published_down() -> Spot {
    let config =
        Config { level: 0.9, q: 1e-3, n_init: 300, max_excess: 50, up: false, ..Config::default() };
    let mut spot = spot(config.as_published());
    stream(3, 2000).iter().for_each(|x| _ = spot.step(*x));
    spot
}

/// Two baselines with a scale, one of them with a season, and a limit, past an alert and a gap.
fn set() -> Spot {
    let numbers = Config { q: 5e-3, level: 0.95, n_init: 200, max_excess: 25, ..Config::default() };
    let config = Config { depth: 5, scale_depth: 20, period: 12, limit: 2.0, ..numbers };
    let mut spot = spot(config);
    for (i, x) in stream(29, 500).into_iter().enumerate() {
        let season = if i % 12 < 3 { 6.0 } else { 0.0 };
        spot.step(rounded(x + season));
    }
    [30.0, f64::NAN, -30.0].into_iter().for_each(|x| _ = spot.step(x));
    spot
}

fn dspot() -> Spot {
    let config = Config {
        level: 0.95,
        q: 2e-3,
        n_init: 400,
        max_excess: 40,
        depth: 30,
        ..Config::default()
    };
    let mut spot = spot(config);
    let mut drift = 0.0;
    for x in stream(4, 3000) {
        drift += 0.01;
        spot.step(x + rounded(drift));
    }
    spot
}

fn unbounded_censored() -> Spot {
    let config = Config {
        level: 0.98,
        q: 1e-3,
        n_init: 1000,
        bounded: false,
        quarantine: 0,
        accounting: Accounting::Censored,
        ..Config::default()
    };
    let mut spot = spot(config);
    stream(5, 4000).iter().for_each(|x| _ = spot.step(*x));
    spot
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("snapshots")
}

fn path(name: &str, ending: &str) -> PathBuf {
    folder().join(format!("{name}.{ending}"))
}

/// Every file: its name and its bytes.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var("TAILSPOT_WRITE_SNAPSHOTS").is_ok_and(|value| value == "1") {
            write();
        }
    });
    let entries = fs::read_dir(folder()).expect("tests/snapshots is there");
    let paths = entries.map(|entry| entry.expect("an entry of tests/snapshots").path());
    let states = paths.filter(|path| path.extension().is_some_and(|ending| ending == "bin"));
    let name = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<_> =
        states.map(|path| (name(&path), fs::read(&path).expect("a readable file"))).collect();
    files.sort();
    files
}

fn write() {
    for (name, mut spot) in detectors() {
        fs::write(path(name, "bin"), spot.save()).expect("a writable folder");
        let drift = if spot.config().depth > 0 { 30.0 } else { 0.0 };
        let mut values: Vec<f64> = stream(9, 600).iter().map(|x| rounded(x + drift)).collect();
        values[300] = f64::INFINITY;
        let config = json!(spot.config());
        let mut story = replay(&mut spot, &values);
        story["config"] = config;
        story["values"] = values.iter().map(|x| written(*x)).collect();
        let parts = story.as_object().expect("an object").iter();
        let lines: Vec<String> = parts.map(|(key, part)| format!("\"{key}\": {part}")).collect();
        let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
        fs::write(path(name, "json"), text).expect("a writable folder");
    }
}

/// JSON has no infinity, and null for NaN.
fn written(value: f64) -> Value {
    if value.is_infinite() { json!(value.to_string()) } else { json!(value) }
}

fn read(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::String(text) => text.parse().expect("an infinity"),
        number => number.as_f64().expect("a number"),
    }
}

/// The answers to some values, the thresholds that they were judged by, and the status at the end.
fn replay(spot: &mut Spot, values: &[f64]) -> Value {
    let (mut events, mut upper, mut lower) = (Vec::new(), Vec::new(), Vec::new());
    for x in values {
        upper.push(spot.anomaly_threshold(Side::Up));
        lower.push(spot.anomaly_threshold(Side::Down));
        events.push(spot.step(*x).code());
    }
    json!({ "events": events, "upper": upper, "lower": lower, "status": spot.status() })
}

/// Whether `given` holds all that is stored, numbers to 1e-9. It may hold more: later versions have more to tell.
fn same(given: &Value, stored: &Value) -> bool {
    match (given, stored) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().expect("a number"), b.as_f64().expect("a number"));
            (a - b).abs() <= 1e-9 * b.abs().max(1.0)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(_), Value::Object(b)) => b.iter().all(|(key, b)| same(&given[key], b)),
        _ => given == stored,
    }
}

#[test]
fn the_files_of_every_version_go_on_as_they_did() {
    let files = files();
    for (name, _) in detectors() {
        assert!(
            files.iter().any(|(stem, _)| stem == name),
            "tests/snapshots/{name}.bin is missing"
        );
    }
    for (name, bytes) in files {
        let text = fs::read_to_string(path(&name, "json")).expect("a story next to the state");
        let mut story: Value = serde_json::from_str(&text).expect("valid JSON");
        let values = story["values"].take();
        let values: Vec<f64> = values.as_array().expect("a list").iter().map(read).collect();
        let mut spot = Spot::load(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            same(&json!(spot.config()), &story["config"].take()),
            "{name}: {:?}",
            spot.config()
        );
        let mut batch = spot.clone();
        let given = replay(&mut spot, &values);
        for key in ["events", "upper", "lower", "status"] {
            assert!(
                same(&given[key], &story[key]),
                "{name}, {key}: {} for {}",
                given[key],
                story[key]
            );
        }
        batch.step_many(&values, Outputs::default()).expect("no outputs");
        assert_eq!(batch.save(), spot.save(), "{name}");
    }
}

#[test]
fn a_file_of_this_version_is_written_again_byte_for_byte() {
    for (name, bytes) in files().iter().filter(|(name, _)| name.starts_with("v1-")) {
        let spot = Spot::load(bytes).expect("a file of this version");
        assert!(spot.save() == *bytes, "{name}");
    }
}
