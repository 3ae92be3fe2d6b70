//! Races the published SPOT crates (and, once it is a dependency, tailspot) on
//! the same streams in the same process, and prints nanoseconds per value.
//!
//! ```text
//! cargo run --release -- [--quick] [--full] [--json] [--std-math]
//! ```
//!
//! `--quick` takes seconds, checks the results and claims nothing about speed;
//! `--full` sends the peers through all 16 million values of the loop race and
//! not a prefix; `--json` prints one JSON object per row and no table.
//!
//! What is raced is what `cargo add` gives. The crate `libspot` compiles its C
//! by `cc` at `-O3 -std=c99` without `-march` and without link-time
//! optimisation across the language border, and takes log, exp and pow from
//! its own continued fractions behind function pointers, not from the
//! platform's libm. `libspot-rs` is a transcription with the same fractions.
//! A user of `libspot` may install other functions: `--std-math` does so for
//! the whole process (they are global and cannot be taken back), with those of
//! the Rust standard library.
//!
//! Every figure is the minimum over repetitions that are interleaved between
//! the contenders, each from a freshly fitted detector.

mod contenders;
mod draws;

use contenders::{Contender, Job, LIBSPOT, LIBSPOT_RS, Outcome, SUM, SUM8};
use draws::{Law, inner_normals};

const PEERS: &[Contender] = &[LIBSPOT, LIBSPOT_RS];

/// Ratios are of a peer's time to the time of this contender, where it runs.
const OURS: &str = "tailspot";

/// Excess steps before the clock starts.
const WARM: usize = 2;

struct Options {
    quick: bool,
    full: bool,
    json: bool,
    std_math: bool,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--quick", "--full", "--json", "--std-math"];
    if let Some(arg) = args.iter().find(|a| !known.contains(&a.as_str())) {
        eprintln!("unknown argument {arg}; known: {}", known.join(" "));
        std::process::exit(2);
    }
    let has = |name: &str| args.iter().any(|a| a == name);
    let options = Options {
        quick: has("--quick"),
        full: has("--full"),
        json: has("--json"),
        std_math: has("--std-math"),
    };
    if options.std_math {
        install_std_math();
    }
    if options.quick {
        eprintln!("--quick: the results are checked, the times mean nothing");
    }
    excess_races(&options);
    normal_race(&options);
    loop_race(&options);
    quiet_race(&options);
}

/// One buffer size of the excess races.
struct Size {
    max_excess: usize,
    /// Independent buffers, over which the cost is averaged: what a peer's
    /// root search takes hangs on the extremes of the buffer it happens on,
    /// and a large buffer hardly changes while it is timed.
    buffers: u32,
    /// The peers take fewer steps on the large buffers, where one of theirs
    /// takes milliseconds.
    peer_steps: usize,
    our_steps: usize,
    reps: usize,
}

const fn size(
    max_excess: usize,
    buffers: u32,
    peer_steps: usize,
    our_steps: usize,
    reps: usize,
) -> Size {
    Size { max_excess, buffers, peer_steps, our_steps, reps }
}

const SIZES: &[Size] = &[
    size(200, 4, 500, 20_000, 5),
    size(1_000, 10, 40, 20_000, 3),
    size(10_000, 10, 4, 20_000, 3),
    size(100_000, 5, 2, 20_000, 2),
];

const QUICK_SIZES: &[Size] = &[size(200, 1, 200, 500, 1), size(1_000, 1, 50, 500, 1)];

/// Excess steps on a full, evicting buffer, for each buffer size and law.
fn excess_races(options: &Options) {
    let sizes = if options.quick { QUICK_SIZES } else { SIZES };
    for size in sizes {
        for law in Law::ALL {
            let rows = (0..size.buffers).map(|seed| excess_race(law, size, u64::from(seed)));
            Row::mean(rows).print(options);
        }
    }
}

fn excess_race(law: Law, size: &Size, seed: u64) -> Row {
    let max_excess = size.max_excess;
    // Half as many again as fill the buffer at this level.
    let train = law.values(max_excess * 75, 2 * seed);
    let excesses = law.excesses(size.our_steps + WARM, 2 * seed + 1);
    let (warm, stream) = excesses.split_at(WARM);
    let job = Job { max_excess, discard: false, train: &train, warm, stream, relative: true };
    let name = format!("excess/{}/{max_excess}", law.name());
    let row = race(name, &job, PEERS, size.peer_steps, size.reps);
    row.check_events(|n| n);
    row.check_thresholds(0.02);
    row
}

/// Steps of values below the excess threshold.
fn normal_race(options: &Options) {
    let n = if options.quick { 100_000 } else { 4_000_000 };
    let train = Law::Normal.values(2_000, 1);
    let stream = inner_normals(n, 2);
    let job = Job {
        max_excess: 200,
        discard: true,
        train: &train,
        warm: &[],
        stream: &stream,
        relative: false,
    };
    let row = race("normal-step".into(), &job, PEERS, n, 7);
    row.check_events(|_| 0);
    row.check_thresholds(0.02);
    row.print(options);
}

/// The whole loop over a stream with tail and all, as a user would run it.
fn loop_race(options: &Options) {
    let (n, peer_n, reps) = match options {
        Options { quick: true, .. } => (200_000, 20_000, 1),
        Options { full: true, .. } => (16_000_000, 16_000_000, 3),
        _ => (16_000_000, 1_000_000, 3),
    };
    let values = Law::Normal.values(n + 2_000, 3);
    let (train, stream) = values.split_at(2_000);
    let job = Job { max_excess: 200, discard: true, train, warm: &[], stream, relative: false };
    let row = race("loop/normal/16M".into(), &job, PEERS, peer_n, reps);
    row.check_tail_share(0.01, 0.04);
    row.check_thresholds(0.5);
    row.print(options);
}

/// A stream with nothing in the tail, against plain sums over it.
fn quiet_race(options: &Options) {
    let n = if options.quick { 200_000 } else { 16_000_000 };
    let train = Law::Normal.values(2_000, 4);
    let stream = inner_normals(n, 5);
    let job = Job {
        max_excess: 200,
        discard: true,
        train: &train,
        warm: &[],
        stream: &stream,
        relative: false,
    };
    let row = race("quiet/16M".into(), &job, &[SUM, SUM8], n, 7);
    row.check_events(|_| 0);
    row.print(options);
}

/// The result of one race: for each contender the number of values it took
/// and its outcome.
struct Row {
    name: String,
    results: Vec<(Contender, usize, Outcome)>,
}

/// Runs the contenders in turn, `reps` times, and keeps the minimum of each.
fn race(name: String, job: &Job, field: &[Contender], peer_n: usize, reps: usize) -> Row {
    let mut results = Vec::new();
    for rep in 0..reps {
        for (lane, contender) in field.iter().enumerate() {
            let n = if contender.peer { peer_n.min(job.stream.len()) } else { job.stream.len() };
            let stream = &job.stream[..n];
            let outcome = (contender.run)(&Job { stream, ..*job });
            if rep == 0 {
                results.push((*contender, n, outcome));
            } else {
                keep_minimum(&name, &mut results[lane].2, outcome);
            }
        }
    }
    Row { name, results }
}

/// Every repetition does the same work, so it must come to the same result.
fn keep_minimum(name: &str, best: &mut Outcome, outcome: Outcome) {
    assert_eq!(best.tail_events, outcome.tail_events, "{name}: events");
    assert_eq!(best.threshold.to_bits(), outcome.threshold.to_bits(), "{name}: thresholds");
    best.ns = best.ns.min(outcome.ns);
}

impl Row {
    /// The times averaged over rows of the same contenders.
    fn mean(rows: impl ExactSizeIterator<Item = Row>) -> Row {
        let count = rows.len() as f64;
        let add = |mut sum: Row, row: Row| {
            for (total, result) in sum.results.iter_mut().zip(&row.results) {
                total.2.ns += result.2.ns;
            }
            sum
        };
        let mut mean = rows.reduce(add).expect("at least one row");
        for (_, _, outcome) in &mut mean.results {
            outcome.ns /= count;
        }
        mean
    }

    /// Asserts the number of tail events, given that of values.
    fn check_events(&self, expected: impl Fn(usize) -> usize) {
        for (contender, n, outcome) in &self.results {
            let who = format!("{}: {}", self.name, contender.name);
            assert_eq!(outcome.tail_events, expected(*n), "{who}");
        }
    }

    /// Asserts that the share of tail events is about one less the level: the
    /// quantile estimates on the training values scatter around it.
    fn check_tail_share(&self, least: f64, most: f64) {
        for (contender, n, outcome) in &self.results {
            let share = outcome.tail_events as f64 / *n as f64;
            let who = format!("{}: {}", self.name, contender.name);
            assert!(share > least && share < most, "{who}: tail share {share}");
        }
    }

    /// Asserts that the thresholds are finite and, between contenders that
    /// took the same number of values, within `tolerance` of each other.
    fn check_thresholds(&self, tolerance: f64) {
        for (contender, n, outcome) in &self.results {
            let who = format!("{}: {}", self.name, contender.name);
            let z = outcome.threshold;
            assert!(z.is_finite(), "{who}: threshold {z}");
            for (_, _, other) in self.results.iter().filter(|(_, m, _)| m == n) {
                let gap = (z - other.threshold).abs() / z.abs();
                assert!(gap < tolerance, "{who}: {z} against {}", other.threshold);
            }
        }
    }

    fn ours(&self) -> Option<f64> {
        let mut all = self.results.iter();
        all.find(|(c, _, _)| c.name == OURS).map(|(_, _, o)| o.ns)
    }

    fn print(&self, options: &Options) {
        if options.json {
            println!("{}", self.json(options));
            return;
        }
        for (contender, n, outcome) in &self.results {
            let (row, who, ns) = (&self.name, contender.name, outcome.ns);
            let ratio = self.ours().map_or("-".into(), |o| format!("{:.2}", ns / o));
            let (tail, z) = (outcome.tail_events, outcome.threshold);
            println!(
                "{row:<22} {who:<12} {ns:>14.3} ns {ratio:>9} x   n {n:>9} tail {tail:>7} z {z:.6}"
            );
        }
    }

    fn json(&self, options: &Options) -> String {
        let fields = self.results.iter().map(|(contender, n, outcome)| {
            let (who, ns, tail) = (contender.name, outcome.ns, outcome.tail_events);
            let ratio = match self.ours() {
                Some(ours) => format!(",\"ratio\":{:.3}", ns / ours),
                None => String::new(),
            };
            format!("\"{who}\":{{\"ns\":{ns:.3},\"values\":{n},\"tail_events\":{tail}{ratio}}}")
        });
        let fields: Vec<String> = fields.collect();
        let (name, std_math) = (&self.name, options.std_math);
        let fields = fields.join(",");
        format!("{{\"row\":\"{name}\",\"std_math\":{std_math},{fields}}}")
    }
}

unsafe extern "C" fn std_ln(x: f64) -> f64 {
    x.ln()
}

unsafe extern "C" fn std_exp(x: f64) -> f64 {
    x.exp()
}

unsafe extern "C" fn std_pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}

fn install_std_math() {
    // SAFETY: the functions are pure, valid for the life of the process, and
    // installed before any detector exists.
    unsafe { libspot::set_math_functions(Some(std_ln), Some(std_exp), Some(std_pow)) };
    eprintln!("--std-math: libspot takes log, exp and pow from the standard library");
}
