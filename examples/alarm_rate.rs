//! The alarm rate beside q, on streams whose truth is known, for every accounting and both threshold rules.
//!
//! ```text
//! cargo run --release --example alarm_rate [VALUES [SEEDS [FIRST_SEED]]]
//! ```
//!
//! Each stream is calibrated on 2,000 values and then judged for VALUES more (5,000,000), for SEEDS seeds (5) from
//! FIRST_SEED (601) on; the cells are means over the seeds. Both sides are watched at level 0.98; the upper one is told.
//! Prints Markdown: docs/statistics.md holds a run and explains it.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use draws::streams::{Law, Scene, Stream};
use tailspot::{Accounting, Config, Event, Outputs, Spot, Threshold};

const LEVEL: f64 = 0.98;
const CHUNK: usize = 50_000;

#[derive(Clone, Copy, Default)]
struct Count {
    clean: u64,
    alarms: u64,
    planted: u64,
    caught: u64,
}

/// A row of a table: one stream, one q and one size of the buffer.
#[derive(Clone, Copy, PartialEq)]
struct Row {
    law: Law,
    scene: Scene,
    q: f64,
    max_excess: usize,
}

const RULES: [(Accounting, Threshold); 8] = [
    (Accounting::Budgeted, Threshold::Calibrated),
    (Accounting::Budgeted, Threshold::PlugIn),
    (Accounting::Censored, Threshold::Calibrated),
    (Accounting::Censored, Threshold::PlugIn),
    (Accounting::Learned, Threshold::Calibrated),
    (Accounting::Learned, Threshold::PlugIn),
    (Accounting::Discarded, Threshold::Calibrated),
    (Accounting::Discarded, Threshold::PlugIn),
];

/// What every rule made of one stream.
type Counts = [Count; RULES.len()];

/// Runs all rules over one stream.
fn run(row: Row, seed: u64, length: usize) -> Counts {
    let mut stream = Stream::new(row.law, row.scene, row.q, seed, length);
    let calibration = stream.calibration();
    let mut spots = RULES.map(|(accounting, threshold)| {
        let (q, max_excess) = (row.q, row.max_excess);
        let config =
            Config { q, max_excess, level: LEVEL, accounting, threshold, ..Config::default() };
        let mut spot = Spot::new(config).expect("the configuration is valid");
        spot.fit(&calibration).expect("enough values");
        spot
    });
    let mut counts = [Count::default(); RULES.len()];
    let mut events = [Event::Normal; CHUNK];
    let mut done = 0;
    while done < length {
        let (values, planted): (Vec<f64>, Vec<bool>) =
            (0..CHUNK.min(length - done)).map(|_| stream.next()).unzip();
        done += values.len();
        for (spot, count) in spots.iter_mut().zip(&mut counts) {
            let events = &mut events[..values.len()];
            let outputs = Outputs { events: Some(events), ..Outputs::default() };
            spot.step_many(&values, outputs).expect("the output is as long as the values");
            for (event, planted) in events.iter().zip(&planted) {
                let alarm = u64::from(*event == Event::AlertUp);
                let (all, alarms) = match planted {
                    true => (&mut count.planted, &mut count.caught),
                    false => (&mut count.clean, &mut count.alarms),
                };
                *all += 1;
                *alarms += alarm;
            }
        }
    }
    counts
}

/// "alarm rate / q", and with anomalies " · share of them caught".
fn cell(row: &Row, seeds: &[Counts], rule: usize) -> String {
    let mean = |f: &dyn Fn(&Count) -> f64| {
        seeds.iter().map(|counts| f(&counts[rule])).sum::<f64>() / seeds.len() as f64
    };
    let rate = mean(&|c| c.alarms as f64 / (c.clean as f64 * row.q));
    if row.scene == Scene::Clean {
        return format!("{rate:.2}");
    }
    let caught = mean(&|c| c.caught as f64 / (c.planted as f64).max(1.0));
    format!("{rate:.2} · {:.1} %", 100.0 * caught)
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for q in [1e-3, 1e-4] {
        for max_excess in [200, 1000] {
            for law in Law::REQUIRED.into_iter().chain([Law::Uniform, Law::Ar1]) {
                rows.push(Row { law, scene: Scene::Clean, q, max_excess });
            }
        }
    }
    let planted = [1.0, 5.0, 10.0, 30.0].map(Scene::Planted);
    for q in [1e-3, 1e-4] {
        for scene in planted.into_iter().chain([Scene::Bursts, Scene::Contaminated]) {
            for law in Law::REQUIRED {
                rows.push(Row { law, scene, q, max_excess: 200 });
            }
        }
        rows.push(Row { law: Law::Normal, scene: Scene::Shift, q, max_excess: 200 });
    }
    rows
}

fn main() {
    let number = |index: usize, default: u64| {
        std::env::args().nth(index).map_or(Some(default), |text| text.parse().ok())
    };
    let (Some(length), Some(seeds), Some(first)) =
        (number(1, 5_000_000), number(2, 5), number(3, 601))
    else {
        eprintln!("usage: alarm_rate [VALUES [SEEDS [FIRST_SEED]]], three whole numbers");
        std::process::exit(2);
    };
    let rows = rows();
    let jobs: Vec<(usize, u64)> = (0..rows.len())
        .flat_map(|row| (first..first + seeds).map(move |seed| (row, seed)))
        .collect();
    let results: Vec<Mutex<Vec<(u64, Counts)>>> = rows.iter().map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((row, seed)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let counts = run(rows[*row], *seed, length as usize);
                    results[*row].lock().expect("no thread panics").push((*seed, counts));
                }
            });
        }
    });
    println!(
        "{length} values after the calibration, mean of seeds {first} to {}.\n",
        first + seeds - 1
    );
    let header = RULES.map(|(accounting, threshold)| {
        let rule = if threshold == Threshold::PlugIn { "plug-in" } else { "calibrated" };
        format!("{accounting:?}, {rule}").to_lowercase()
    });
    println!("| stream | law | q | kept | {} |", header.join(" | "));
    println!("|{}", "---|".repeat(4 + RULES.len()));
    for (row, result) in rows.iter().zip(results) {
        let mut result = result.into_inner().expect("no thread panics");
        result.sort_by_key(|(seed, _)| *seed);
        let counts: Vec<_> = result.into_iter().map(|(_, counts)| counts).collect();
        let cells: Vec<String> = (0..RULES.len()).map(|rule| cell(row, &counts, rule)).collect();
        let (scene, law) = (row.scene.name(), row.law.name());
        println!("| {scene} | {law} | {:e} | {} | {} |", row.q, row.max_excess, cells.join(" | "));
    }
}
