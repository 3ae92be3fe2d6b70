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

use draws::Draws;
use tailspot::{Accounting, Baseline, Config, Incidents, Spot};

/// Value i of a stream, from its draws and the state of the stream.
type Source = fn(i: usize, draws: &mut Draws, state: &mut [f64; 4]) -> f64;

/// A stream, and how far a planted value lies from the present one.
struct Stream {
    name: &'static str,
    source: Source,
    spike: f64,
}

const fn stream(name: &'static str, spike: f64, source: Source) -> Stream {
    Stream { name, source, spike }
}

const LAWS: [Stream; 11] = [
    stream("normal", 9.0, |_, d, _| d.normal()),
    stream("exponential", 25.0, |_, d, _| d.exponential()),
    stream("t3", 60.0, |_, d, _| d.student3()),
    stream("lognormal", 60.0, |_, d, _| d.normal().exp()),
    stream("uniform", 2.0, |_, d, _| d.uniform()),
    stream("gamma 2", 25.0, |_, d, _| d.exponential() + d.exponential()),
    stream("Poisson 20", 45.0, |_, d, _| poisson(d, 20.0)),
    stream("AR(1) 0.7 of t3", 60.0, |_, d, s| {
        s[0] = 0.7 * s[0] + d.student3();
        s[0]
    }),
    stream("AR(1) 0.95", 9.0, |_, d, s| {
        s[0] = 0.95 * s[0] + 0.3122 * d.normal();
        s[0]
    }),
    stream("GARCH(1,1)", 12.0, |_, d, s| {
        s[1] = 0.05 + 0.1 * s[0] * s[0] + 0.85 * if s[1] > 0.0 { s[1] } else { 1.0 };
        s[0] = s[1].sqrt() * d.normal();
        s[0]
    }),
    stream("season 288 + AR(1) 0.7", 16.0, |i, d, s| {
        s[0] = 0.7 * s[0] + 0.714 * d.normal();
        5.0 * season(i) + s[0]
    }),
];

/// The change comes in the middle of the values.
const CHANGES: [Stream; 9] = [
    stream("shift of 3 σ", 9.0, |i, d, s| d.normal() + if changed(i, s) { 3.0 } else { 0.0 }),
    stream("shift of 30 σ", 9.0, |i, d, s| d.normal() + if changed(i, s) { 30.0 } else { 0.0 }),
    stream("scale × 2", 18.0, |i, d, s| d.normal() * if changed(i, s) { 2.0 } else { 1.0 }),
    stream("scale × 1/2", 9.0, |i, d, s| d.normal() * if changed(i, s) { 0.5 } else { 1.0 }),
    stream("scale × 10", 90.0, |i, d, s| d.normal() * if changed(i, s) { 10.0 } else { 1.0 }),
    stream("ramp of 1e-4 σ", 9.0, |i, d, _| d.normal() + 1e-4 * i as f64),
    stream("random walk", 9.0, |_, d, s| {
        s[0] += 0.05 * d.normal();
        s[0] + d.normal()
    }),
    stream("level switching every 5,000", 12.0, |i, d, _| {
        d.normal() + if (i / 5000) % 2 == 1 { 5.0 } else { 0.0 }
    }),
    stream("slow cycle of the variance", 40.0, |i, d, _| {
        d.normal() * (1.0 + 0.8 * (i as f64 / 3000.0).sin()).max(0.2)
    }),
];

const SEASONS: [Stream; 3] = [
    stream("season 288, anomalies at the trough below the peak", 0.0, |i, d, _| {
        10.0 * season(i) + d.normal()
    }),
    stream("two seasons, 24 and 288", 12.0, |i, d, _| {
        5.0 * season(i) + 3.0 * (i as f64 / 24.0 * std::f64::consts::TAU).sin() + d.normal()
    }),
    stream("weekends: five days of season, two without", 12.0, |i, d, _| {
        (if (i / 288) % 7 < 5 { 5.0 * season(i) } else { 0.0 }) + d.normal()
    }),
];

const ODD: [Stream; 12] =
    [
        stream("0 and 1, p = 0.03", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.03)),
        stream("0 and 1, p = 0.2", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.2)),
        stream("0 and 1, p = 0.5", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.5)),
        stream("two modes", 20.0, |_, d, _| d.normal() + if d.uniform() < 0.4 { 8.0 } else { 0.0 }),
        stream("counts near zero, Poisson 0.5", 30.0, |_, d, _| poisson(d, 0.5)),
        stream("constant stretches with jumps", f64::NAN, |_, d, s| {
            if d.uniform() < 0.01 {
                s[0] = (10.0 * d.normal()).round();
            }
            s[0]
        }),
        stream("missing stretches of 50", 9.0, |i, d, _| {
            let x = d.normal();
            if (i / 50) % 10 == 9 { f64::NAN } else { x }
        }),
        stream("sampling gaps in a random walk", 12.0, |i, d, s| {
            s[0] += d.normal() * if i % 1000 == 0 { 10.0 } else { 0.05 };
            s[0] + d.normal()
        }),
        stream("saturation at a bound", f64::NAN, |_, d, s| {
            s[0] = 0.9 * s[0] + d.normal();
            s[0].clamp(-3.0, 3.0)
        }),
        stream("outliers in pairs", 9.0, |i, d, _| {
            d.normal() + if i > 2000 && i % 5000 < 2 { 12.0 } else { 0.0 }
        }),
        stream("bursts of 100 values of 4 σ", 20.0, |i, d, _| {
            d.normal() + if i > 2000 && i % 20_000 < 100 { 4.0 } else { 0.0 }
        }),
        stream("noise after constants", f64::NAN, |i, d, _| {
            if i % 4000 < 2000 { 5.0 } else { 5.0 + d.normal() }
        }),
    ];

const TAILS: [Stream; 6] = [
    stream("spread of the scale: a cycle of 125,000", 60.0, |i, d, _| {
        let spread = 0.4 * (1.0 + (i as f64 / 20_000.0).sin());
        d.normal() * (spread * d.normal()).exp()
    }),
    stream("outliers of 5 σ, 0 to 2 %: a cycle of 125,000", 60.0, |i, d, _| {
        let share = 0.01 * (1.0 + (i as f64 / 20_000.0).sin());
        d.normal() * if d.uniform() < share { 5.0 } else { 1.0 }
    }),
    stream("normal and t3, 50,000 each", 60.0, |i, d, _| {
        let both = [d.normal(), d.student3()];
        both[i / 50_000 % 2]
    }),
    stream("scale: a cycle of 377", 60.0, |i, d, _| {
        d.normal() * (1.0 + 0.6 * (i as f64 / 60.0).sin())
    }),
    stream("GARCH(1,1), 0.1 and 0.89", 60.0, |_, d, s| {
        s[1] = 0.01 + 0.1 * s[0] * s[0] + 0.89 * if s[1] > 0.0 { s[1] } else { 1.0 };
        s[0] = s[1].sqrt() * d.normal();
        s[0]
    }),
    stream("logarithm of the scale: AR(1) 0.99", 60.0, |_, d, s| {
        s[1] = 0.99 * s[1] + 0.1 * d.normal();
        s[1].exp() * d.normal()
    }),
];

fn season(i: usize) -> f64 {
    (i as f64 / 288.0 * std::f64::consts::TAU).sin()
}

/// Whether the change has come; the last state is where.
fn changed(i: usize, state: &[f64; 4]) -> bool {
    i as f64 >= state[3]
}

fn poisson(draws: &mut Draws, mean: f64) -> f64 {
    let (mut time, mut count) = (draws.exponential(), 0.0);
    while time < mean {
        time += draws.exponential();
        count += 1.0;
    }
    count
}

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
        let size = |text: &str| text.parse().expect("a size");
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

#[derive(Default)]
struct Count {
    values: f64,
    alerts: f64,
    incidents: f64,
    planted: f64,
    found: f64,
}

impl Count {
    fn cell(&self, q: f64) -> String {
        let per = 2.0 * q * self.values;
        let found = if self.planted > 0.0 {
            format!(" {:.0} %", 100.0 * self.found / self.planted)
        } else {
            String::new()
        };
        format!("{:.2} ({:.2}){found}", self.alerts / per, self.incidents / per)
    }
}

/// What is run on each stream.
#[derive(Clone, Copy)]
struct Task {
    values: usize,
    q: f64,
    seed: u64,
    /// One value in this many is planted.
    every: usize,
}

/// Counts before the change, in the 2,000 values after it (without the first 200), and later.
fn run(stream: &Stream, way: &Way, task: Task) -> [Count; 3] {
    let Task { values, q, seed, every } = task;
    let config = way.config(q);
    let mut incidents = Incidents::of(&config);
    let mut spot = Spot::new(config).expect("the configuration is valid");
    let (mut draws, mut state) = (Draws::new(seed), [0.0; 4]);
    let change = values / 2;
    state[3] = change as f64;
    let mut counts: [Count; 3] = Default::default();
    let is_hidden = stream.spike == 0.0;
    for i in 0..values {
        let mut x = (stream.source)(i, &mut draws, &mut state);
        let is_planted = !stream.spike.is_nan()
            && if is_hidden { i > 3000 && i % 2016 == 216 } else { i > 3000 && i % every == 0 };
        if is_planted {
            // Far away, or at the trough of the season what would be usual at its peak.
            x = if is_hidden { 4.0 } else { x + stream.spike };
        }
        let before = incidents.total();
        let event = spot.step(x);
        incidents.take(i as u64, x, event, f64::NAN);
        let part = match i {
            i if i < 4000 || (change..change + 200).contains(&i) => continue,
            i if i < change => 0,
            i if i < change + 2000 => 1,
            _ => 2,
        };
        let count = &mut counts[part];
        let is_alert = f64::from(event.is_alert());
        if is_planted {
            count.planted += 1.0;
            count.found += is_alert;
        } else {
            count.values += 1.0;
            count.alerts += is_alert;
            count.incidents += (incidents.total() - before) as f64;
        }
    }
    counts
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
                let counts = run(stream, way, task);
                if parts {
                    return counts.map(|count| count.cell(q)).join("; ");
                }
                let mut all = Count::default();
                for count in counts {
                    all.values += count.values;
                    all.alerts += count.alerts;
                    all.incidents += count.incidents;
                    all.planted += count.planted;
                    all.found += count.found;
                }
                all.cell(q)
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

fn main() {
    let argument = |i: usize| std::env::args().nth(i);
    let number = |i, usual| argument(i).and_then(|text| text.parse().ok()).unwrap_or(usual);
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
    match what.as_str() {
        "laws" => table(&LAWS, &ways(ways_of_all), task, false),
        "changes" => table(&CHANGES, &ways(ways_to_change), task, true),
        "season" => table(&SEASONS, &ways(ways_of_all), task, false),
        "odd" => table(&ODD, &ways(ways_of_all), task, false),
        "tails" => table(&TAILS, &ways(ways_to_learn), task, false),
        "few" => few(task),
        _ => {
            eprintln!(
                "usage: moving_streams laws|changes|season|odd|tails|few [VALUES [Q [SEED [EVERY]]]]"
            );
            std::process::exit(2);
        }
    }
}
