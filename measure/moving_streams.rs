//! Alerts and incidents compared with q on streams that move, for each way to follow them.
//!
//! ```text
//! cargo run --release --example moving_streams laws    [VALUES [Q [SEED [EVERY [WAYS]]]]]   streams that stand still, and with memory
//! cargo run --release --example moving_streams changes [VALUES [Q [SEED [EVERY]]]]   streams that change
//! cargo run --release --example moving_streams season  [VALUES [Q [SEED]]]           anomalies that hide in a season
//! cargo run --release --example moving_streams odd     [VALUES [Q [SEED [EVERY]]]]   gaps, constant stretches, bursts
//! cargo run --release --example moving_streams tails   [VALUES [Q [SEED [EVERY]]]]   streams whose tails move
//! cargo run --release --example moving_streams few     [VALUES [Q [SEED]]]           few distinct values: 20 detectors each
//! ```
//!
//! Both sides are watched at level 0.98, calibrated on 2,000 values. A cell is alerts / (2 q values), in brackets incidents
//! / (2 q values), and the share of the planted values that raised an alert. One value in EVERY is planted. Prints
//! Markdown: docs/moving-streams.md holds a run and explains it.

#[path = "../tests/draws/mod.rs"]
mod draws;
#[path = "../tests/draws/moving.rs"]
mod moving;

use draws::Draws;
use moving::{CHANGES, Count, LAWS, ODD, SEASONS, Stream, TAILS, Task, run};
use tailspot::{Accounting, Baseline, Config, Spot};

/// A way to follow a stream.
struct Way {
    name: String,
    config: Config,
}

impl Way {
    /// Baselines as (depth, scale depth, period).
    fn new(name: &str, baselines: &[[usize; 3]]) -> Self {
        let baseline = |[depth, scale_depth, period]: &[usize; 3]| Baseline {
            depth: *depth,
            scale_depth: *scale_depth,
            period: *period,
        };
        let baselines = baselines.iter().map(baseline).collect();
        Way {
            name: name.to_string(),
            config: Config { level: 0.98, baselines, ..Config::default() },
        }
    }

    fn with(mut self, change: impl Fn(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    fn config(&self, q: f64) -> Config {
        Config { q, ..self.config.clone() }
    }

    /// The baselines that an argument asks for: `10/40+10/40/288`.
    fn parsed(name: &str) -> Self {
        let size = |text: &str| {
            text.parse()
                .unwrap_or_else(|_| refuse(&format!("{name} is not depth/scale_depth/period")))
        };
        let baseline = |text: &str| {
            let sizes: Vec<usize> = text.split('/').map(size).collect();
            [0, 1, 2].map(|i| sizes.get(i).copied().unwrap_or(0))
        };
        let baselines: Vec<[usize; 3]> = name.split('+').map(baseline).collect();
        Way::new(name, &baselines)
    }
}

fn ways_of_all() -> Vec<Way> {
    let sets = [[5, 40, 0], [5, 40, 288], [10, 40, 0], [1, 40, 0]];
    vec![
        Way::new("SPOT", &[]),
        Way::new("level 10", &[[10, 0, 0]]),
        Way::new("level 5, scale 40", &sets[..1]),
        Way::new("level 10, scale 40", &[[10, 40, 0]]),
        Way::new("5/40 and 5/40/288", &sets[..2]),
        Way::new("these and 10/40", &sets[..3]),
        Way::new("these and 1/40", &sets),
        Way::new("levels 10 and 100, limit 2", &[[10, 0, 0], [100, 0, 0]])
            .with(|config| config.limit = 2.0),
    ]
}

/// Plain SPOT with a limit follows changes, too.
fn ways_to_change() -> Vec<Way> {
    let limited = Way::new("SPOT, limit 5", &[]).with(|config| config.limit = 5.0);
    ways_of_all().into_iter().chain([limited]).collect()
}

/// What is kept and what is learned matters where tails move.
fn ways_to_learn() -> Vec<Way> {
    let scaled = |name: &str| Way::new(name, &[[10, 40, 0]]);
    vec![
        Way::new("SPOT", &[]),
        scaled("level 10, scale 40"),
        scaled("max_excess 100").with(|config| config.max_excess = 100),
        scaled("max_excess 50").with(|config| config.max_excess = 50),
        scaled("limit 5").with(|config| config.limit = 5.0),
        scaled("censored").with(|config| config.accounting = Accounting::Censored),
    ]
}

fn table(streams: &[Stream], ways: &[Way], task: Task, parts: bool) {
    let names: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
    let Task { values, q, seed, every } = task;
    println!("{values} values, q = {q:e}, seed {seed}, one value in {every} planted.\n");
    println!("| stream | {} |", names.join(" | "));
    println!("|{}", "---|".repeat(1 + ways.len()));
    for stream in streams {
        let cells: Vec<String> = ways
            .iter()
            .map(|way| {
                let counts = run(stream, &way.config, task);
                match parts {
                    true => counts.map(|count| count.cell(q)).join("; "),
                    false => Count::sum(counts).cell(q),
                }
            })
            .collect();
        println!("| {} | {} |", stream.name, cells.join(" | "));
    }
}

/// A source of few distinct values: its name, its only parameter, and the next value.
type Few = (&'static str, f64, fn(&mut Draws, f64) -> f64);

fn coin(draws: &mut Draws, p: f64) -> f64 {
    f64::from(draws.uniform() < p)
}

const FEW: [Few; 7] = [
    ("0 and 1, p = 0.03", 0.03, coin),
    ("0 and 1, p = 0.05", 0.05, coin),
    ("0 and 1, p = 0.1", 0.1, coin),
    ("0 and 1, p = 0.2", 0.2, coin),
    ("0 and 1, p = 0.35", 0.35, coin),
    ("0 and 1, p = 0.5", 0.5, coin),
    ("two modes", 0.4, |draws, p| draws.normal() + 8.0 * coin(draws, p)),
];

/// Twenty detectors each: the worst one's share of alerts among the last tenth of the values, in percent, and the mean.
fn few(task: Task) {
    let Task { values, q, seed, .. } = task;
    println!(
        "{values} values, q = {q:e}, seeds from {seed}, 20 detectors: worst (mean) percent.\n"
    );
    let both = [0, 40].into_iter().flat_map(|n| [10, 20, 50, 100].map(|depth| (depth, n)));
    let ways: Vec<Way> = both.map(|(depth, n)| Way::parsed(&format!("{depth}/{n}"))).collect();
    let names: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
    println!("| stream | {} |\n|{}", names.join(" | "), "---|".repeat(1 + ways.len()));
    for (name, parameter, source) in FEW {
        let cells: Vec<String> = ways
            .iter()
            .map(|way| {
                let shares: Vec<f64> = (0..20)
                    .map(|i| {
                        let mut spot = Spot::new(way.config(q)).expect("a valid configuration");
                        let mut draws = Draws::new(seed + i);
                        let from = values - values / 10;
                        let alerts = (0..values)
                            .map(|_| spot.step(source(&mut draws, parameter)).is_alert())
                            .enumerate()
                            .filter(|(i, is_alert)| *i >= from && *is_alert)
                            .count();
                        100.0 * alerts as f64 / (values / 10) as f64
                    })
                    .collect();
                let worst = shares.iter().copied().fold(0.0, f64::max);
                format!("{worst:.2} ({:.2})", shares.iter().sum::<f64>() / 20.0)
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}

fn refuse(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2);
}

fn main() {
    let argument = |i: usize| std::env::args().nth(i);
    let number = |i, usual: f64| {
        argument(i).map_or(usual, |text| {
            text.parse().unwrap_or_else(|_| refuse(&format!("{text} is not a number")))
        })
    };
    let what = argument(1).unwrap_or_default();
    let (values, every) = match what.as_str() {
        "laws" | "tails" => (1_000_000, 9973),
        "few" => (100_000, 0),
        _ => (1_000_000, 997),
    };
    let task = Task {
        values: number(2, f64::from(values)) as usize,
        q: number(3, 1e-3),
        seed: number(4, 901.0) as u64,
        every: number(5, f64::from(every)) as usize,
    };
    let ways = |usual: fn() -> Vec<Way>| {
        argument(6).map_or_else(usual, |names| names.split(',').map(Way::parsed).collect())
    };
    for way in ways(ways_of_all) {
        if let Err(error) = Spot::new(way.config(task.q)) {
            refuse(&error.to_string());
        }
    }
    match what.as_str() {
        "laws" => table(&LAWS, &ways(ways_of_all), task, false),
        "changes" => table(&CHANGES, &ways(ways_to_change), task, true),
        "season" => table(&SEASONS, &ways(ways_of_all), task, false),
        "odd" => table(&ODD, &ways(ways_of_all), task, false),
        "tails" => table(&TAILS, &ways(ways_to_learn), task, false),
        "few" => few(task),
        _ => {
            refuse(
                "usage: moving_streams laws|changes|season|odd|tails|few [VALUES [Q [SEED [EVERY]]]]",
            );
        }
    }
}
