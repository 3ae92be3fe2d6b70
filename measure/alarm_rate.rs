//! The alarm rate compared with q, on streams whose truth is known.
//!
//! ```text
//! cargo run --release --example alarm_rate first       [SEEDS [FIRST]]   the first 1,000 and 8,000 judged values
//! cargo run --release --example alarm_rate start       [SEEDS [FIRST]]   the same, and 8,001 to 100,000
//! cargo run --release --example alarm_rate long        [SEEDS [FIRST]]   100,001 to 5,000,000
//! cargo run --release --example alarm_rate attack      [SEEDS [FIRST]]   planted anomalies, from the first value on
//! cargo run --release --example alarm_rate probability [SEEDS [FIRST]]   how often values are as improbable as they say
//! ```
//!
//! Every number is a mean over SEEDS seeds from FIRST on: the true exceedance of the upper anomaly threshold, averaged over
//! the values and divided by q (no counting noise); for attacks also the share of the anomalies that raise an alert, and
//! in brackets the lowest share of a seed. Only values beyond the 94 % quantile are drawn; all others are the same low
//! value. Prints Markdown: docs/statistics.md holds a run and explains it.

#[path = "../tests/draws/mod.rs"]
mod draws;
#[path = "../tests/draws/runs.rs"]
mod runs;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use draws::tails::{LAWS, UpperTail};
use runs::{Run, Scene, Setting, run};
use tailspot::{Accounting, Threshold};

/// All runs of all settings and laws, in order.
///
/// `counts` asks for the probabilities of all values.
fn measure(
    settings: &[Setting],
    laws: &[usize],
    seeds: u64,
    first: u64,
    counts: bool,
) -> Vec<Vec<Vec<Run>>> {
    let tails: Vec<UpperTail> = laws.iter().map(|law| UpperTail::new(*law)).collect();
    let count = settings.len() * laws.len() * seeds as usize;
    let results: Vec<Mutex<Run>> = (0..count).map(|_| Mutex::default()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(result) = results.get(i) else { break };
                    let (cell, seed) = (i / seeds as usize, first + i as u64 % seeds);
                    let (setting, law) = (cell / laws.len(), cell % laws.len());
                    *result.lock().expect("no thread panics") =
                        run(&settings[setting], &tails[law], seed * 64 + laws[law] as u64, counts);
                }
            });
        }
    });
    let runs: Vec<Run> = results.into_iter().map(|run| run.into_inner().expect("done")).collect();
    let cells: Vec<Vec<Run>> = runs.chunks(seeds as usize).map(<[Run]>::to_vec).collect();
    cells.chunks(laws.len()).map(<[Vec<Run>]>::to_vec).collect()
}

fn mean(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    runs.iter().map(of).sum::<f64>() / runs.len() as f64
}

fn head(laws: &[usize], first: &str) {
    let names: Vec<&str> = laws.iter().map(|law| LAWS[*law]).collect();
    println!("| {first} | {} |", names.join(" | "));
    println!("|{}", "---|".repeat(1 + laws.len()));
}

const STARTS: [(f64, usize); 3] = [(0.99, 2000), (0.98, 2000), (0.98, 1000)];

fn start(seeds: u64, first: u64, length: usize) {
    let laws: Vec<usize> = (0..8).collect();
    let settings: Vec<Setting> = STARTS
        .into_iter()
        .flat_map(|(level, n)| {
            [1e-3, 1e-4].map(|q| Setting::new(level, n, q, Scene::Clean, length))
        })
        .collect();
    let all = measure(&settings, &laws, seeds, first, false);
    type Part = (&'static str, fn(&Run, f64) -> f64);
    let parts: [Part; 4] = [
        ("the first threshold", |run, _| run.first),
        ("values 1 to 1,000", |run, q| run.rate(0, 1, q)),
        ("values 1 to 8,000", |run, q| run.rate(0, 2, q)),
        ("values 8,001 to 100,000", |run, q| run.rate(2, 3, q)),
    ];
    let parts = if length > 8_000 { &parts[..] } else { &parts[..3] };
    for (name, rate) in parts {
        println!("\n{name}\n");
        head(&laws, "level, n_init, q");
        for (setting, cells) in settings.iter().zip(&all) {
            let Setting { level, n_init, q, .. } = setting;
            let cell = |runs: &Vec<Run>| format!("{:.2}", mean(runs, |run| rate(run, *q)));
            let cells: Vec<String> = cells.iter().map(cell).collect();
            println!("| {level}, {n_init}, {q:e} | {} |", cells.join(" | "));
        }
    }
}

fn long(seeds: u64, first: u64) {
    let laws = [0, 1, 2, 3, 4, 5, 6, 7, 9];
    let rules = [
        (Accounting::Budgeted, Threshold::Calibrated),
        (Accounting::Censored, Threshold::Calibrated),
        (Accounting::Learned, Threshold::Calibrated),
        (Accounting::Discarded, Threshold::Calibrated),
        (Accounting::Discarded, Threshold::PlugIn),
    ];
    let mut settings = Vec::new();
    for (accounting, threshold) in rules {
        for (level, q) in [(0.98, 1e-3), (0.98, 1e-4), (0.99, 1e-3), (0.99, 1e-4)] {
            let base = Setting::new(level, 2000, q, Scene::Clean, 5_000_000);
            settings.push(Setting { accounting, threshold, ..base });
        }
    }
    let all = measure(&settings, &laws, seeds, first, false);
    println!("\nvalues 100,001 to 5,000,000\n");
    head(&laws, "accounting, threshold, level, q");
    for (setting, cells) in settings.iter().zip(&all) {
        let Setting { level, q, accounting, threshold, .. } = setting;
        let cell = |runs: &Vec<Run>| format!("{:.2}", mean(runs, |run| run.rate(3, 4, *q)));
        let cells: Vec<String> = cells.iter().map(cell).collect();
        println!("| {accounting:?}, {threshold:?}, {level}, {q:e} | {} |", cells.join(" | "));
    }
}

fn attack(seeds: u64, first: u64) {
    let laws = [0, 1, 2, 3, 4, 7];
    let scenes = [
        Scene::Planted(1.0),
        Scene::Planted(5.0),
        Scene::Planted(10.0),
        Scene::Planted(30.0),
        Scene::Bursts(5.0),
        Scene::Contaminated,
    ];
    let mut settings = Vec::new();
    for (level, q) in [(0.98, 1e-3), (0.98, 1e-4), (0.99, 1e-3), (0.99, 1e-4)] {
        settings.extend(scenes.map(|scene| Setting::new(level, 2000, q, scene, 1_000_000)));
    }
    let all = measure(&settings, &laws, seeds, first, false);
    println!(
        "\n1,000,000 values, attacked from the first one on: exceedance / q, share found (worst seed)\n"
    );
    head(&laws, "level, q, scene");
    for (setting, cells) in settings.iter().zip(&all) {
        let Setting { level, q, scene, .. } = setting;
        let cell = |runs: &Vec<Run>| {
            let worst = runs.iter().map(Run::found).fold(1.0, f64::min);
            let (rate, found) = (mean(runs, |run| run.rate(0, 4, *q)), mean(runs, Run::found));
            format!("{rate:.2} {found:.3} ({worst:.2})")
        };
        let cells: Vec<String> = cells.iter().map(cell).collect();
        println!("| {level}, {q:e}, {} | {} |", scene.name(), cells.join(" | "));
    }
}

/// Values whose probability is at most q, q/10, q/100, as multiples of what there should be.
fn probability(seeds: u64, first: u64) {
    let laws = [0, 1, 8, 2, 6];
    let length = 1_000_000;
    let settings = [Setting::new(0.98, 2000, 1e-4, Scene::Clean, length)];
    let all = measure(&settings, &laws, seeds, first, true);
    println!("\n{} clean values of each law, level 0.98, q = 1e-4\n", seeds * length as u64);
    println!("| law | p ≤ q | p ≤ q/10 | p ≤ q/100 | lowest p |\n|---|---|---|---|---|");
    for (law, runs) in laws.iter().zip(&all[0]) {
        let cell = |i: usize| format!("{:.2}", mean(runs, |run| run.improbable[i]));
        let cells = [0, 1, 2].map(cell);
        let lowest = runs.iter().map(|run| run.lowest).fold(1.0, f64::min);
        println!("| {} | {} | {lowest:.1e} |", LAWS[*law], cells.join(" | "));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let what = arguments.first().map_or("start", String::as_str);
    match (what, number(1, 200), number(2, 901)) {
        ("start", Ok(seeds), Ok(first)) => start(seeds, first, 100_000),
        ("first", Ok(seeds), Ok(first)) => start(seeds, first, 8_000),
        ("long", Ok(seeds), Ok(first)) => long(seeds.min(20), first),
        ("probability", Ok(seeds), Ok(first)) => probability(seeds, first),
        ("attack", Ok(seeds), Ok(first)) => attack(seeds.min(20), first),
        _ => {
            eprintln!("usage: alarm_rate first|start|long|attack|probability [SEEDS [FIRST]]");
            std::process::exit(2);
        }
    }
}
