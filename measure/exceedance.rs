//! How often does the calibrated threshold of k excesses let a value beyond it, compared with what it was asked for?
//!
//! ```text
//! cargo run --release --example exceedance [K,K,.. [SHAPE,SHAPE,.. [R,R,.. [SAMPLES [SEED]]]]]
//! ```
//!
//! Each sample is a calibration whose k excesses are exact draws of a generalized Pareto tail. A cell is the mean true
//! probability that an excess is beyond the threshold for r, over r, and in brackets the median threshold over the true
//! quantile. The exceedance alone, without the k/(k + 1) by which the detector asks for less. Prints Markdown.

#[path = "../tests/draws/mod.rs"]
mod draws;

use draws::Draws;
use tailspot::{Accounting, Config, GeneralizedPareto, Side, Spot};

/// Values of a calibration for each excess.
const PER_EXCESS: usize = 10;

type Problem = Box<dyn std::error::Error>;

fn main() -> Result<(), Problem> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |i: usize, default: &str| {
        arguments.get(i).map_or_else(|| default.to_owned(), String::to_owned)
    };
    let counts = numbers(&argument(0, "10,20,40,80,200"))?;
    let shapes = numbers(&argument(1, "-0.4,-0.2,0,0.2,0.4,0.7,1"))?;
    let ratios = numbers(&argument(2, "0.1,0.01,0.001"))?;
    let samples: usize = argument(3, "1500").parse()?;
    let seed: u64 = argument(4, "1").parse()?;
    if counts.iter().any(|k| !(*k >= 1.0 && k.fract() == 0.0)) || samples == 0 {
        return Err("K and SAMPLES must be whole numbers of at least 1".into());
    }
    if ratios.iter().any(|r| !(*r > 0.0 && *r < 1.0)) {
        return Err("R must be between 0 and 1".into());
    }
    let titles: Vec<String> = ratios.iter().map(|r| format!("r = {r}")).collect();
    println!("| k | shape | {} |\n|{}", titles.join(" | "), "---|".repeat(ratios.len() + 2));
    for k in counts {
        for shape in &shapes {
            let mut draws = Draws::new(seed.wrapping_add((1e3 * (k + shape)) as u64));
            let cells = row(k as usize, *shape, &ratios, samples, &mut draws)?;
            println!("| {k} | {shape} | {} |", cells.join(" | "));
        }
    }
    Ok(())
}

fn numbers(list: &str) -> Result<Vec<f64>, Problem> {
    let number = |part: &str| part.parse().map_err(|_| format!("{part} is not a number").into());
    list.split(',').map(number).collect()
}

/// The cells of one k and shape.
fn row(
    k: usize,
    shape: f64,
    ratios: &[f64],
    samples: usize,
    draws: &mut Draws,
) -> Result<Vec<String>, Problem> {
    let tail = GeneralizedPareto::new(shape, 1.0)?;
    let mut thresholds = vec![Vec::new(); ratios.len()];
    for _ in 0..samples {
        let spot = calibrated(k, shape, draws)?;
        let n = (PER_EXCESS * k) as f64;
        // P(X > t) as the detector counts it, and its k/(k + 1) undone.
        let (e, share) = (k as f64, (k as f64 + 1.0) / (n + 1.0));
        for (r, column) in ratios.iter().zip(&mut thresholds) {
            column.push(spot.quantile(Side::Up, r * share * (e + 1.0) / e));
        }
    }
    let cell = |(r, column): (&f64, &mut Vec<f64>)| {
        let mean = column.iter().map(|z| tail.sf(*z)).sum::<f64>() / samples as f64;
        column.sort_by(f64::total_cmp);
        let median = column[samples / 2] / tail.quantile(1.0 - r);
        format!("{:.2} ({median:.2})", mean / r)
    };
    Ok(ratios.iter().zip(&mut thresholds).map(cell).collect())
}

/// A detector whose excess threshold is 0 and whose k excesses are draws of the tail.
fn calibrated(k: usize, shape: f64, draws: &mut Draws) -> Result<Spot, Problem> {
    let body = (0..(PER_EXCESS - 1) * k).map(|i| -(i as f64));
    let values: Vec<f64> = body.chain((0..k).map(|_| draws.pareto(shape))).collect();
    let mut spot = Spot::new(Config {
        level: 1.0 - 1.0 / PER_EXCESS as f64,
        bounded: false,
        down: false,
        accounting: Accounting::Learned,
        ..Config::default()
    })?;
    spot.fit(&values)?;
    Ok(spot)
}
