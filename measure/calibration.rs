//! What is true right after a calibration, of clean batches whose law is known.
//!
//! ```text
//! cargo run --release --example calibration examples  [SAMPLES [SEED [LEVEL N Q]]]   the first threshold
//! cargo run --release --example calibration intervals [SAMPLES [SEED]]                 how often the intervals hold the truth
//! cargo run --release --example calibration outliers  [SAMPLES [SEED]]                 what the robust first fit takes for anomalies
//! ```
//!
//! SAMPLES batches for each cell. The examples are those of README and docs, or the parameters given. Prints Markdown.

#[path = "../tests/draws/mod.rs"]
mod draws;
#[path = "../tests/draws/runs.rs"]
mod runs;

use draws::tails::{LAWS, UpperTail};
use runs::{Scene, Stream};
use tailspot::{Config, Side, Spot};

/// Share of the values that are drawn: more than any tail below holds.
const DRAWN: f64 = 0.2;

/// Level, values and q, in the order that they are found in.
type Parameters = (f64, usize, f64);

/// Those of the examples in README, docs, examples and the documentation of the packages.
const EXAMPLES: [Parameters; 12] = [
    (0.99, 2000, 1e-3),
    (0.99, 2000, 1e-4),
    (0.99, 2000, 1e-5),
    (0.99, 5000, 1e-5),
    (0.98, 2000, 1e-3),
    (0.98, 2000, 5e-4),
    (0.98, 2000, 1e-4),
    (0.98, 1000, 1e-4),
    (0.95, 2000, 1e-3),
    (0.95, 1000, 1e-3),
    (0.95, 500, 1e-3),
    (0.95, 500, 1e-4),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let what = arguments.first().map_or("examples", String::as_str);
    match (what, number(1, 1000), number(2, 5001)) {
        ("examples", Ok(samples), Ok(seed)) if arguments.len() == 6 => {
            let given = (arguments[3].parse(), arguments[4].parse(), arguments[5].parse());
            let (Ok(level), Ok(n), Ok(q)) = given else { return usage() };
            examples(samples, seed, &[(level, n, q)]);
        }
        ("examples", Ok(samples), Ok(seed)) => examples(samples, seed, &EXAMPLES),
        ("intervals", Ok(samples), Ok(seed)) => intervals(samples, seed),
        ("outliers", Ok(samples), Ok(seed)) => outliers(samples, seed),
        _ => usage(),
    }
}

fn usage() {
    eprintln!(
        "usage: calibration examples|intervals|outliers [SAMPLES [SEED]], examples SAMPLES SEED LEVEL N Q"
    );
    std::process::exit(2);
}

/// Detectors of the upper tail, each calibrated on a clean batch of its own.
fn calibrated<'a>(
    tail: &'a UpperTail,
    (level, n, q): Parameters,
    samples: u64,
    seed: u64,
) -> impl Iterator<Item = Spot> + 'a {
    (seed..seed + samples).map(move |seed| {
        let mut stream = Stream::new(tail, Scene::Clean, q, seed);
        let config = Config { q, level, n_init: n, down: false, ..Config::default() };
        let mut spot = Spot::new(config).expect("the configuration is valid");
        spot.fit(&stream.calibration(n)).expect("enough values");
        spot
    })
}

fn examples(samples: u64, seed: u64, all: &[Parameters]) {
    println!("| level, n, q | N(0,1) | Exp(1) | median spread |\n|---|---|---|---|");
    for &(level, n, q) in all {
        let mut spreads = Vec::new();
        let cells = [0, 1].map(|law| {
            let tail = UpperTail::of(law, DRAWN);
            let mut sum = 0.0;
            for spot in calibrated(&tail, (level, n, q), samples, seed) {
                sum += tail.survival(spot.anomaly_threshold(Side::Up)) / q;
                if spreads.len() < 100 {
                    spreads.push(spot.threshold_spread(Side::Up));
                }
            }
            sum / samples as f64
        });
        spreads.sort_by(f64::total_cmp);
        let spread = spreads[spreads.len() / 2];
        println!("| {level}, {n}, {q:e} | {:.2} | {:.2} | {spread:.1} |", cells[0], cells[1]);
    }
}

fn intervals(samples: u64, seed: u64) {
    let laws = [0, 1, 2, 3, 4];
    let names: Vec<&str> = laws.iter().map(|law| LAWS[*law]).collect();
    println!("Share of the detectors whose 95 % interval holds the true z_q.\n");
    println!("| excesses, q | {} |\n|---|{}", names.join(" | "), "---|".repeat(laws.len()));
    for (k, n) in [(20, 1000), (40, 2000), (200, 10_000)] {
        for q in [1e-3, 1e-4] {
            let cells = laws.map(|law| {
                let tail = UpperTail::of(law, DRAWN);
                let truth = tail.quantile(q);
                let holds = |spot: &Spot| {
                    let interval = spot.threshold_interval(Side::Up, 0.95);
                    let (low, high) = interval.expect("the confidence is in range");
                    low <= truth && truth <= high
                };
                let spots = calibrated(&tail, (0.98, n, q), samples, seed);
                let count = spots.filter(holds).count();
                format!("{:.1} %", 100.0 * count as f64 / samples as f64)
            });
            println!("| {k}, {q:e} | {} |", cells.join(" | "));
        }
    }
}

/// Batches of 1,000 values of seven laws.
fn outliers(samples: u64, seed: u64) {
    const VALUES: usize = 1000;
    println!("| level | batches | lost an excess | lost more | most beyond the first one |");
    println!("|---|---|---|---|---|");
    for level in [0.9, 0.95, 0.97, 0.98, 0.99] {
        let (mut lost, mut more, mut most) = (0, 0, 0.0_f64);
        for law in 0..7 {
            let tail = UpperTail::of(law, DRAWN);
            for spot in calibrated(&tail, (level, VALUES, 1e-3), samples, seed) {
                let status = spot.status();
                let rejected = status.up.rejected;
                lost += u64::from(rejected > 0);
                more += u64::from(rejected > 1);
                // The limit that stands for those that were rejected is one of the excesses.
                let all = status.up.n_t + rejected.saturating_sub(1);
                most = most.max((rejected.max(1) - 1) as f64 / all as f64);
            }
        }
        println!("| {level} | {} | {lost} | {more} | {:.1} % |", 7 * samples, 100.0 * most);
    }
}
