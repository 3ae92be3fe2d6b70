//! The unmodified Python package pylibspot 1.1.3 runs libspot's own two examples on our `libspot.so`.
#![cfg(target_os = "linux")]

mod library;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use library::{libspot, note, run, skip, text};
use serde_json::{Value, json};
use tailspot::{Config, Side, Spot};

const PACKAGES: [&str; 3] = ["pylibspot==1.1.3", "numpy", "pandas"];

/// A Python that has the packages, set up once in cargo's folder for tests.
fn python() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pylibspot-1.1.3");
    let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
    if ready.is_file() && Command::new(&python).arg("--version").output().is_ok() {
        return Some(python);
    }
    let venv = ["-m", "venv", "--clear"];
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    for command in [
        Command::new("python3").args(venv).arg(&folder),
        Command::new(&python).args(install).args(PACKAGES),
    ] {
        let output = run(command)?;
        if !output.status.success() {
            let [out, err] = [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
            skip(&format!("pylibspot could not be installed: {} {}", out.trim(), err.trim()));
            return None;
        }
    }
    fs::write(ready, "").expect("room for an empty file");
    Some(python)
}

/// The traces beside the repository, if they are there.
fn traces() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/mawi");
    let traces = ["170812", "180812"].map(|day| folder.join(format!("mawi_{day}_50_50.csv")));
    if traces.iter().all(|trace| trace.is_file()) {
        return traces.to_vec();
    }
    note(&format!("skipped: the MAWI traces are not in {}", folder.display()));
    Vec::new()
}

/// What Python saw, and the values of N(0, 1) that it drew.
fn answers() -> Option<&'static (Value, Vec<f64>)> {
    static ANSWERS: OnceLock<Option<(Value, Vec<f64>)>> = OnceLock::new();
    let ask = || {
        let python = python()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/founding.py");
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join("normal.f64");
        let library = libspot();
        let output = run(Command::new(python)
            .arg(script)
            .arg(&drawn)
            .args(traces())
            .env("LD_LIBRARY_PATH", library.parent().expect("it is in a folder")))?;
        let answers: Value = serde_json::from_str(&text(&output)).expect("JSON");
        let library = library.canonicalize().expect("it is there");
        assert_eq!(answers["loaded"], json!([library]), "another libspot.so was loaded");
        let drawn = fs::read(drawn).expect("the values");
        let value = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("8 bytes"));
        Some((answers, drawn.chunks_exact(8).map(value).collect()))
    };
    ANSWERS.get_or_init(ask).as_ref()
}

/// Our own detector and its events.
fn engine(config: Config, values: &[f64]) -> (Spot, Vec<i8>) {
    let mut spot = Spot::new(config.as_published()).expect("parameters in range");
    let events = values.iter().map(|x| spot.step(*x).code()).collect();
    (spot, events)
}

#[test]
fn the_example_of_normal_values_has_the_events_of_the_engine() {
    let Some((answers, values)) = answers() else { return };
    let told = &answers["normal"];
    assert_eq!(values.len(), 200_000);
    let (spot, events) = engine(Config { down: false, ..Config::default() }, values);
    assert_eq!(told["events"], json!(events));
    assert_eq!(told["events"][1998], 3);
    assert_eq!(told["events"][1999], 4);
    for pair in told["found"].as_array().expect("a list") {
        assert!(pair[0].as_f64() > pair[1].as_f64(), "{pair}");
    }
    let up = spot.status().up;
    let threshold = told["threshold"].as_f64().expect("a number");
    // The true quantile is 3.72, but discarded alerts let the threshold sink towards t.
    assert!((2.5..4.5).contains(&threshold), "{threshold}");
    assert_eq!(told["threshold"], spot.anomaly_threshold(Side::Up));
    assert_eq!(told["t"], spot.excess_threshold(Side::Up));
    assert_eq!(told["lower"], json!([0.0, 0.0]));
    assert_eq!(told["probability"], spot.tail_probability(Side::Up, threshold));
    let status = json!({
        "n": spot.status().n, "ex_up": up.excesses, "ex_down": 0, "Nt_up": up.n_t, "Nt_down": 0,
        "al_up": up.alerts, "al_down": 0, "t_up": up.excess_threshold, "t_down": 0.0,
        "z_up": up.anomaly_threshold, "z_down": 0.0,
    });
    assert_eq!(told["status"], status);
    let config = json!({
        "q": 1e-4, "bounded": true, "max_excess": 200, "alert": true, "up": true, "down": false,
        "n_init": 2000, "level": 0.99,
    });
    assert_eq!(told["config"], config);
    let [status, config] = [0, 1].map(|i| told["shown"][i].as_str().expect("text"));
    assert!(status.contains(&format!("Nt_up  {}\n", up.n_t)), "{status}");
    assert!(config.contains("n_init  2000\n"), "{config}");
}

#[test]
fn the_example_of_mawi_finds_what_libspot_1_found() {
    let Some((answers, _)) = answers() else { return };
    let told = &answers["mawi"];
    if told.is_null() {
        return;
    }
    assert_eq!(told["calibration"], json!([3, 4]));
    let t = told["t"].as_f64().expect("a number");
    assert!((t - 0.080_808_1).abs() < 1e-7, "{t}");
    let alerts = told["alerts"].as_array().expect("a list");
    assert!((290..=315).contains(&alerts.len()), "{} alerts", alerts.len());
    assert_eq!(alerts[0], 395);
    assert_eq!(told["status"]["al_up"], alerts.len());
    for z in told["thresholds"].as_array().expect("a list") {
        assert!(z.as_f64() > Some(t) && z.as_f64() < Some(1.0), "{z}");
    }
}

#[test]
fn a_dspot_follows_a_stream_that_wanders() {
    let Some((answers, values)) = answers() else { return };
    let told = &answers["drift"];
    let values: Vec<f64> = (0..20_000).map(|i| values[i] + i as f64 / 2000.0).collect();
    let config = Config { q: 1e-3, level: 0.98, n_init: 1000, depth: 50, ..Config::default() };
    let (spot, mut events) = engine(config, &values);
    events[..50].fill(5);
    assert_eq!(told["events"], json!(events));
    let both =
        |getter: fn(&Spot, Side) -> f64| json!([Side::Up, Side::Down].map(|s| getter(&spot, s)));
    assert_eq!(told["thresholds"], both(Spot::anomaly_threshold));
    assert_eq!(told["t"], both(Spot::excess_threshold));
    assert_eq!(told["drift"], spot.drift());
    assert_eq!(told["status"]["t_down"], told["t"][1]);
    assert_eq!(told["status"]["n"], spot.status().n);
    assert_eq!(told["config"]["q"], 1e-3);
    assert_eq!(told["config"]["n_init"], 1000);
    assert_ne!(told["beyond"], told["drift"], "more was written than pylibspot has room for");
}
