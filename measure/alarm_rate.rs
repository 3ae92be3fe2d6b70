//! The alarm rate compared with q, on streams whose truth is known.
//!
//! ```text
//! cargo run --release --example alarm_rate start  [SEEDS [FIRST]]   the first 1,000 and 8,000 judged values, to 100,000
//! cargo run --release --example alarm_rate long   [SEEDS [FIRST]]   100,000 to 5,000,000
//! cargo run --release --example alarm_rate attack [SEEDS [FIRST]]   planted anomalies, from the first value on
//! ```
//!
//! Every number is a mean over SEEDS seeds from FIRST on: the true exceedance of the upper anomaly threshold, averaged over
//! the values and divided by q (no counting noise); for attacks also the share of the anomalies that raise an alert, and
//! in brackets the lowest share of a seed. Only values beyond the 94 % quantile are drawn; all others are the same low
//! value. Prints Markdown: docs/statistics.md holds a run and explains it.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use draws::Draws;
use draws::tails::{DRAWN, LAWS, UpperTail};
use tailspot::{Accounting, Config, Event, Outputs, Side, Spot, Threshold};

const CHUNK: usize = 20_000;

/// What is planted.
#[derive(Clone, Copy, PartialEq)]
enum Scene {
    Clean,
    /// Far values, this many times q of all.
    Planted(f64),
    /// The same in bursts of 50.
    Bursts(f64),
    /// 0.5 % of the calibration, then q.
    Contaminated,
}

impl Scene {
    fn name(self) -> String {
        match self {
            Scene::Clean => "clean".into(),
            Scene::Planted(rate) => format!("planted, {rate} q"),
            Scene::Bursts(rate) => format!("bursts of 50, {rate} q"),
            Scene::Contaminated => "0.5 % of the calibration planted, then q".into(),
        }
    }
}

#[derive(Clone, Copy)]
struct Setting {
    level: f64,
    n_init: usize,
    q: f64,
    scene: Scene,
    length: usize,
    accounting: Accounting,
    threshold: Threshold,
}

/// Where the parts of a run end: the first 1,000, 8,000, 100,000 values, all.
const PARTS: [usize; 4] = [1_000, 8_000, 100_000, usize::MAX];

#[derive(Clone, Copy, Default)]
struct Run {
    /// Sum of the exceedance over each part, and its values.
    exceedance: [f64; 4],
    values: [usize; 4],
    planted: u64,
    found: u64,
    /// Exceedance of the first threshold.
    first: f64,
}

impl Run {
    /// Mean exceedance / q up to the end of a part, from the end of another.
    fn rate(&self, from: usize, to: usize, q: f64) -> f64 {
        let values: usize = self.values[from..to].iter().sum();
        self.exceedance[from..to].iter().sum::<f64>() / values as f64 / q
    }

    fn found(&self) -> f64 {
        if self.planted == 0 { 1.0 } else { self.found as f64 / self.planted as f64 }
    }
}

/// Clean values and what is planted among them.
struct Stream<'a> {
    tail: &'a UpperTail,
    draws: Draws,
    scene: Scene,
    q: f64,
    next_drawn: usize,
    next_planted: usize,
    burst: usize,
}

impl Stream<'_> {
    fn gap(&mut self, p: f64) -> usize {
        if p > 0.0 {
            1 + (self.draws.uniform().ln() / (-p).ln_1p()) as usize
        } else {
            usize::MAX >> 1
        }
    }

    /// The next `len` values, and the places of the planted ones.
    fn fill(&mut self, values: &mut Vec<f64>, planted: &mut Vec<usize>, len: usize) {
        values.clear();
        values.resize(len, self.tail.low());
        planted.clear();
        while self.next_drawn < len {
            values[self.next_drawn] = self.tail.draw(&mut self.draws);
            self.next_drawn += self.gap(DRAWN);
        }
        self.next_drawn -= len;
        while self.next_planted < len {
            values[self.next_planted] = self.tail.far(self.q, &mut self.draws);
            planted.push(self.next_planted);
            let gap = match self.scene {
                Scene::Bursts(_) if self.burst > 1 => {
                    self.burst -= 1;
                    1
                }
                _ => {
                    self.burst = 50;
                    self.gap(self.rate())
                }
            };
            self.next_planted += gap;
        }
        self.next_planted -= len;
    }

    fn rate(&self) -> f64 {
        match self.scene {
            Scene::Clean => 0.0,
            Scene::Planted(rate) => rate * self.q,
            Scene::Bursts(rate) => rate * self.q / 50.0,
            Scene::Contaminated => self.q,
        }
    }
}

fn run(setting: &Setting, tail: &UpperTail, seed: u64) -> Run {
    let Setting { level, n_init, q, scene, length, accounting, threshold } = *setting;
    let draws = Draws::new(seed);
    let mut stream =
        Stream { tail, draws, scene, q, next_drawn: 0, next_planted: usize::MAX >> 1, burst: 50 };
    let (mut values, mut planted) = (Vec::new(), Vec::new());
    stream.next_drawn = stream.gap(DRAWN) - 1;
    stream.fill(&mut values, &mut planted, n_init);
    if scene == Scene::Contaminated {
        for i in 0..n_init / 200 {
            values[i * 200 + 17] = tail.far(q, &mut stream.draws);
        }
    }
    stream.next_planted = stream.gap(stream.rate()) - 1;
    let config =
        Config { q, level, n_init, down: false, accounting, threshold, ..Config::default() };
    let mut spot = Spot::new(config).expect("the configuration is valid");
    spot.fit(&values).expect("enough values");
    let mut run =
        Run { first: tail.survival(spot.anomaly_threshold(Side::Up)) / q, ..Run::default() };
    let (mut done, mut part, mut last) = (0, 0, (f64::NAN, 0.0));
    while done < length {
        let end = PARTS[part].min(length);
        let len = CHUNK.min(end - done);
        stream.fill(&mut values, &mut planted, len);
        let (mut events, mut upper) = (vec![Event::Normal; len], vec![0.0; len]);
        let mut outputs = Outputs::events(&mut events);
        outputs.upper = Some(&mut upper);
        spot.step_many(&values, outputs).expect("the outputs are as long as the values");
        for z in upper {
            if z != last.0 {
                last = (z, tail.survival(z));
            }
            run.exceedance[part] += last.1;
        }
        run.values[part] += len;
        run.planted += planted.len() as u64;
        run.found += planted.iter().filter(|i| events[**i] == Event::AlertUp).count() as u64;
        done += len;
        part += usize::from(done == end);
    }
    run
}

/// All runs of all settings and laws, in order.
fn measure(settings: &[Setting], laws: &[usize], seeds: u64, first: u64) -> Vec<Vec<Vec<Run>>> {
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
                        run(&settings[setting], &tails[law], seed * 64 + laws[law] as u64);
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

fn setting(level: f64, n_init: usize, q: f64, scene: Scene, length: usize) -> Setting {
    let Config { accounting, threshold, .. } = Config::default();
    Setting { level, n_init, q, scene, length, accounting, threshold }
}

fn start(seeds: u64, first: u64, length: usize) {
    let laws: Vec<usize> = (0..LAWS.len()).collect();
    let settings: Vec<Setting> = STARTS
        .into_iter()
        .flat_map(|(level, n)| [1e-3, 1e-4].map(|q| setting(level, n, q, Scene::Clean, length)))
        .collect();
    let all = measure(&settings, &laws, seeds, first);
    type Part = (&'static str, fn(&Run, f64) -> f64);
    let parts: [Part; 4] = [
        ("the first threshold", |run, _| run.first),
        ("values 1 to 1,000", |run, q| run.rate(0, 1, q)),
        ("values 1 to 8,000", |run, q| run.rate(0, 2, q)),
        ("values 8,001 to 100,000", |run, q| run.rate(2, 3, q)),
    ];
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
    let laws: Vec<usize> = (0..LAWS.len()).collect();
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
            let base = setting(level, 2000, q, Scene::Clean, 5_000_000);
            settings.push(Setting { accounting, threshold, ..base });
        }
    }
    let all = measure(&settings, &laws, seeds, first);
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
        settings.extend(scenes.map(|scene| setting(level, 2000, q, scene, 1_000_000)));
    }
    let all = measure(&settings, &laws, seeds, first);
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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| arguments.get(i).map_or(Ok(default), |text| text.parse());
    let what = arguments.first().map_or("start", String::as_str);
    match (what, number(1, 200), number(2, 901)) {
        ("start", Ok(seeds), Ok(first)) => start(seeds, first, 100_000),
        ("first", Ok(seeds), Ok(first)) => start(seeds, first, 8_000),
        ("long", Ok(seeds), Ok(first)) => long(seeds.min(20), first),
        ("attack", Ok(seeds), Ok(first)) => attack(seeds.min(20), first),
        _ => {
            eprintln!("usage: alarm_rate start|first|long|attack [SEEDS [FIRST]]");
            std::process::exit(2);
        }
    }
}
