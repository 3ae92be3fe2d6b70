//! The alert rate compared with q on rounded data, where only whole steps exist.
//!
//! ```text
//! cargo run --release --example rounded lattices [SEEDS [FIRST_SEED [Q]]]
//! cargo run --release --example rounded constant [SEEDS [FIRST_SEED [Q]]]   where most calibrations have no excess
//! ```
//!
//! A million values for each seed, level 0.98, both sides watched, the upper side counted. A lattice cannot alert at every
//! rate: "attainable" are the two rates next to q, in units of q. Prints Markdown.

#[path = "../tests/draws/mod.rs"]
mod draws;

use draws::Draws;
use tailspot::{Config, Event, Outputs, Spot};

const VALUES: usize = 1_000_000;

type Law = (&'static str, fn(&mut Draws) -> f64);

fn negative_binomial(draws: &mut Draws, r: usize, p: f64) -> f64 {
    (0..r).map(|_| (draws.uniform().ln() / (1.0 - p).ln()).floor()).sum()
}

const LATTICES: [Law; 12] = [
    ("t3, whole", |d| d.student3().round()),
    ("lognormal × 4, whole", |d| (4.0 * d.normal().exp()).round()),
    ("normal × 4, whole", |d| (4.0 * d.normal()).round()),
    ("Poisson 10", |d| d.poisson(10.0)),
    ("Poisson 30", |d| d.poisson(30.0)),
    ("Poisson 100", |d| d.poisson(100.0)),
    ("geometric 0.1", |d| (d.uniform().ln() / 0.9_f64.ln()).floor()),
    ("negative binomial 3, 0.1", |d| negative_binomial(d, 3, 0.1)),
    ("Zipf 2.5, whole", |d| d.uniform().powf(-1.0 / 1.5).floor()),
    ("normal, σ/4", |d| (4.0 * d.normal()).round() / 4.0),
    ("exponential × 10, whole", |d| (10.0 * d.exponential()).round()),
    ("normal, not rounded", |d| d.normal()),
];

/// Laws whose calibration may be one value repeated, at least in its tail.
const CONSTANT: [Law; 6] = [
    ("Poisson 0.5", |d| d.poisson(0.5)),
    ("Poisson 0.1", |d| d.poisson(0.1)),
    ("0 and 1, p = 1e-3", |d| f64::from(d.uniform() < 1e-3)),
    ("0 and 1, p = 5e-4", |d| f64::from(d.uniform() < 5e-4)),
    ("0, 1 and 2, p = 0.05, 3e-4", |d| match d.uniform() {
        u if u < 3e-4 => 2.0,
        u if u < 0.05 => 1.0,
        _ => 0.0,
    }),
    ("0.3, and from 2,000 on 20 % of the next double", |d| {
        if d.uniform() < 0.2 { 0.300_000_000_000_000_04 } else { 0.3 }
    }),
];

/// Alarms / q of one stream, its values, and whether the calibration left an excess.
fn run(law: Law, q: f64, seed: u64) -> (f64, Vec<f64>, bool) {
    let mut draws = Draws::new(seed);
    let mut values: Vec<f64> = (0..VALUES).map(|_| (law.1)(&mut draws)).collect();
    if law.0.starts_with("0.3") {
        values[..2000].fill(0.3);
    }
    let mut spot = Spot::new(Config { q, level: 0.98, ..Config::default() }).expect("valid");
    spot.fit(&values[..2000]).expect("enough values");
    let has_excess = spot.status().up.excesses > 0;
    let mut events = vec![Event::Normal; VALUES - 2000];
    spot.step_many(&values[2000..], Outputs::events(&mut events)).expect("the same length");
    let alerts = events.iter().filter(|event| **event == Event::AlertUp).count();
    (alerts as f64 / events.len() as f64 / q, values, has_excess)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = |i: usize| std::env::args().nth(i);
    let what = argument(1).unwrap_or_else(|| "lattices".into());
    let (laws, usual): (&[Law], &str) = match what.as_str() {
        "lattices" => (&LATTICES, "8"),
        "constant" => (&CONSTANT, "200"),
        _ => return Err("the first argument must be lattices or constant".into()),
    };
    let seeds: u64 = argument(2).as_deref().unwrap_or(usual).parse()?;
    let first: u64 = argument(3).as_deref().unwrap_or("5001").parse()?;
    let q: f64 = argument(4).as_deref().unwrap_or("1e-4").parse()?;
    if seeds == 0 || !(q > 0.0 && q < 0.02) {
        return Err("SEEDS must be at least 1, and Q between 0 and 0.02".into());
    }
    println!("{VALUES} values, q = {q:e}, level 0.98, seeds {first} to {}.\n", first + seeds - 1);
    println!(
        "| law | alerts / q | lowest and highest seed | attainable | calibrations without an excess |"
    );
    println!("|---|---|---|---|---|");
    for law in laws {
        let (mut rates, mut all, mut without) = (Vec::new(), Vec::new(), 0);
        for seed in first..first + seeds {
            let (rate, values, has_excess) = run(*law, q, seed);
            rates.push(rate);
            if seed < first + 8 {
                all.extend(values); // Enough to know what is attainable.
            }
            without += u32::from(!has_excess);
        }
        all.sort_by(|a, b| b.total_cmp(a));
        let wanted = (q * all.len() as f64) as usize;
        let edge = all[wanted];
        let above = all.partition_point(|x| *x > edge) as f64 / all.len() as f64 / q;
        let with = all.partition_point(|x| *x >= edge) as f64 / all.len() as f64 / q;
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        rates.sort_by(f64::total_cmp);
        let (low, high) = (rates[0], rates[rates.len() - 1]);
        println!(
            "| {} | {mean:.2} | {low:.2} {high:.2} | {above:.2} {with:.2} | {without} of {seeds} |",
            law.0
        );
    }
    Ok(())
}
