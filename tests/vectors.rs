//! The vector files: the reference detector, side by side with the engine, still answers what they say.
//!
//! `make vectors` writes them anew.

mod reference;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use reference::cases;
use reference::vector::{SideFinal, Vector};
use tailspot::{Event, Outputs, Side, SideStatus, Spot};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join("vectors")
}

/// Every committed file by its name.
fn committed() -> BTreeMap<String, Vector> {
    let entries = fs::read_dir(folder()).expect("tests/vectors is there");
    let paths = entries.map(|entry| entry.expect("an entry of tests/vectors").path());
    let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path: PathBuf| {
        let stem = path.file_stem().expect("a file name").to_string_lossy().to_string();
        (stem, Vector::from_json(&fs::read_to_string(&path).expect("a readable file")))
    };
    files.map(read).collect()
}

/// Equal, or no farther apart than `tolerance`; NaN equals NaN.
fn near(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance
}

#[test]
fn side_by_side_they_answer_what_the_committed_files_say() {
    let write = std::env::var("TAILSPOT_WRITE_VECTORS").is_ok_and(|value| value == "1");
    let mut files = if write { BTreeMap::new() } else { committed() };
    for case in cases::all() {
        let fresh = Vector::of(&case);
        if write {
            let path = folder().join(format!("{}.json", fresh.name));
            fs::write(path, fresh.to_json()).expect("tests/vectors can be written");
            continue;
        }
        let stored = files.remove(case.name);
        let stored = stored.unwrap_or_else(|| panic!("{}.json is missing", case.name));
        same(&fresh, &stored);
    }
    assert!(files.is_empty(), "files without a case: {:?}", files.keys());
}

fn same(fresh: &Vector, stored: &Vector) {
    let name = &fresh.name;
    assert_eq!(fresh.name, stored.name);
    assert_eq!((&fresh.config, fresh.fit), (&stored.config, stored.fit), "{name}");
    assert_eq!(fresh.values.len(), stored.values.len(), "{name}");
    let equal = |(a, b): (&f64, &f64)| near(*a, *b, 0.0);
    assert!(fresh.values.iter().zip(&stored.values).all(equal), "{name}: other values");
    assert_eq!(fresh.events, stored.events, "{name}");
    // Another libm may round otherwise; nothing larger is forgiven.
    let tolerance = 1e-3 * stored.tolerance;
    for (i, (a, b)) in fresh.thresholds().iter().zip(stored.thresholds()).enumerate() {
        assert!(
            near(a.0, b.0, tolerance) && near(a.1, b.1, tolerance),
            "{name}, value {i}: {a:?}, {b:?}"
        );
    }
}

#[test]
fn the_engine_answers_every_file() {
    for vector in committed().values() {
        engine_answers(vector);
    }
}

fn engine_answers(vector: &Vector) {
    let name = &vector.name;
    let mut spot = Spot::new(vector.config.clone()).expect("a valid configuration");
    let fitted = if vector.fit { vector.config.n_init } else { 0 };
    if vector.fit {
        spot.fit(&vector.values[..fitted]).expect("enough values");
    }
    let rest = &vector.values[fitted..];
    let mut events = vec![Event::Normal; rest.len()];
    let (mut upper, mut lower) = (vec![0.0; rest.len()], vec![0.0; rest.len()]);
    let outputs = Outputs {
        events: Some(&mut events),
        upper: Some(&mut upper),
        lower: Some(&mut lower),
        ..Outputs::default()
    };
    spot.step_many(rest, outputs).expect("outputs of the same length");
    let expected = vector.thresholds();
    for i in 0..rest.len() {
        let (up, down) = expected[fitted + i];
        let context = format!("{name}, value {}", fitted + i);
        assert!(near(upper[i], up, vector.tolerance), "{context}: upper {} for {up}", upper[i]);
        assert!(near(lower[i], down, vector.tolerance), "{context}: lower {} for {down}", lower[i]);
        assert_eq!(events[i].code(), vector.events[i], "{context}: event");
    }
    let (status, last) = (spot.status(), &vector.last);
    assert_eq!(status.calibrated, last.calibrated, "{name}");
    assert_eq!(
        (status.n, status.seen, status.missing),
        (last.n, last.seen, last.missing),
        "{name}: n, seen, missing"
    );
    assert!(near(status.drift, last.drift, vector.tolerance), "{name}: drift");
    same_side(&status.up, &last.up, vector.tolerance, &format!("{name}, up"));
    same_side(&status.down, &last.down, vector.tolerance, &format!("{name}, down"));
    assert!(near(spot.anomaly_threshold(Side::Up), last.up.anomaly_threshold, vector.tolerance));
}

fn same_side(status: &SideStatus, last: &SideFinal, tolerance: f64, context: &str) {
    assert_eq!(
        (status.alerts, status.n_t, status.excesses),
        (last.alerts, last.n_t, last.excesses),
        "{context}: alerts, n_t, excesses"
    );
    let pairs = [
        (status.excess_threshold, last.excess_threshold, tolerance, "excess threshold"),
        (status.anomaly_threshold, last.anomaly_threshold, tolerance, "anomaly threshold"),
        (status.shape, last.shape, 1e-7, "shape"),
        (status.scale, last.scale, 1e-7 * last.scale, "scale"),
    ];
    for (given, expected, tolerance, what) in pairs {
        assert!(near(given, expected, tolerance), "{context}: {what} {given} for {expected}");
    }
}
