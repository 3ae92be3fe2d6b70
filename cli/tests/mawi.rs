//! Real traffic: the MAWI trace of the KDD 2017 paper, share of SYN packets in slots of 50 ms.

use crate::program;

use std::io::Write;
use std::path::Path;

use program::tailspot;

/// The traces beside the repository, if they are there.
fn traces() -> Option<[String; 2]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/mawi");
    let path = |name: &str| folder.join(name).display().to_string();
    let traces = [path("mawi_170812_50_50.csv"), path("mawi_180812_50_50.csv")];
    if traces.iter().all(|trace| Path::new(trace).is_file()) {
        return Some(traces);
    }
    // Written past the test harness, which shows what a test prints only when it fails.
    let note = format!("\nskipped: the MAWI traces are not in {}\n", folder.display());
    std::io::stderr().write_all(note.as_bytes()).expect("standard error is open");
    None
}

fn alerts(traces: &[String; 2], more: &[&str]) -> (Vec<u64>, serde_json::Value) {
    let [fit, data] = traces;
    let column = ["detect", "--column", "rSYN", "--side", "up", "--format", "json", "--summary"];
    let files = ["--fit", fit, "--fit-last", "2000", data];
    let outcome = tailspot(&[&column[..], more, &files].concat());
    let index = |alert: &serde_json::Value| alert["index"].as_u64().expect("an index");
    (outcome.json().iter().map(index).collect(), outcome.summary())
}

#[test]
fn the_published_scheme_finds_what_it_found_when_published() {
    let Some(traces) = traces() else { return };
    let (found, summary) = alerts(&traces, &["--q", "5e-4", "--as-published"]);
    assert!((290..=315).contains(&found.len()), "{} alerts", found.len());
    assert_eq!(found[0], 395);
    let threshold = summary["upper_excess_threshold"].as_f64().expect("a number");
    assert!((threshold - 0.080_808_1).abs() < 1e-7, "{threshold}");
    assert_eq!(summary["alerts_up"], found.len());
}

#[test]
fn the_defaults_find_the_attacks_that_it_finds_at_every_q_and_level() {
    let Some(traces) = traces() else { return };
    let attacks = {
        let [_, data] = &traces;
        let text = std::fs::read_to_string(data).expect("the trace is readable");
        let mut rows = text.lines().map(|line| line.split(','));
        let column = rows.next().and_then(|mut names| names.position(|name| name == "nSYNatt"));
        let column = column.expect("the trace says how many packets are of an attack");
        let is_attack = |packets: Option<&str>| {
            packets.is_some_and(|n| n.parse::<f64>().is_ok_and(|n| n > 0.0))
        };
        rows.map(|mut row| is_attack(row.nth(column))).collect::<Vec<bool>>()
    };
    let (classic, _) = alerts(&traces, &["--q", "5e-4", "--as-published"]);
    let classic: Vec<u64> = classic.into_iter().filter(|index| attacks[*index as usize]).collect();
    assert_eq!(classic.len(), 84);
    for (q, least) in [("5e-4", 0.95), ("1e-4", 0.95), ("1e-5", 0.75)] {
        for level in ["0.98", "0.99"] {
            let (found, _) = alerts(&traces, &["--q", q, "--level", level]);
            let kept = classic.iter().filter(|index| found.contains(index)).count();
            let share = kept as f64 / classic.len() as f64;
            assert!(
                share >= least,
                "q = {q}, level = {level}: {share:.3} of the attacks are found"
            );
        }
    }
}
