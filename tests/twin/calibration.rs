//! From a batch to the start of a tail.

use tailspot::Side;

use super::likelihood::{Entry, highest_penalised};

/// Where the tail of a batch starts (mirrored on the lower side), and its excesses in the order of the stream.
pub(crate) fn split(batch: &[f64], side: Side, level: f64) -> (f64, Vec<f64>) {
    let mut ascending = batch.to_vec();
    ascending.sort_by(f64::total_cmp);
    let (sign, fraction) = if side == Side::Up { (1.0, level) } else { (-1.0, 1.0 - level) };
    let t = sign * ascending[rank(batch.len(), fraction)];
    let excesses = batch.iter().map(|x| sign * x - t).filter(|y| *y > 0.0);
    (t, excesses.map(|y| y.min(f64::MAX)).collect())
}

/// floor(n * fraction); a product within 1e-12 n of a whole number is that number.
fn rank(n: usize, fraction: f64) -> usize {
    let product = n as f64 * fraction;
    let down = (product + 1e-12 * n as f64).floor() as usize;
    down.min(n - 1)
}

/// The robust first fit. For each j up to half of the excesses: how likely the best tail makes the gap below the top j,
/// against the best tail that knows nothing of it, both penalised for their shape. Where that is too small for clean excesses (the largest such j), the
/// top j are dropped.
pub(crate) fn drop_planted(excesses: &mut Vec<f64>) {
    let e = excesses.len();
    let mut ascending = excesses.clone();
    ascending.sort_by(f64::total_cmp);
    let mut dropped = 0;
    for j in 1..=e / 2 {
        let (inside, outside) = (ascending[e - j - 1], ascending[e - j]);
        let ratio = best_with_top(&ascending, j, outside) - best_with_top(&ascending, j, inside);
        if ratio.exp() < 0.002 / (e / 2) as f64 {
            dropped = j;
        }
    }
    if dropped > 0 {
        let last = ascending[e - dropped - 1];
        excesses.retain(|y| *y <= last);
    }
}

/// The highest penalised log-likelihood of a sample whose top j are only known to be at least y.
fn best_with_top(ascending: &[f64], j: usize, y: f64) -> f64 {
    let known = &ascending[..ascending.len() - j];
    let mut entries: Vec<Entry> = known.iter().map(|&y| Entry { y, censored: false }).collect();
    entries.extend((0..j).map(|_| Entry { y, censored: true }));
    highest_penalised(&entries)
}
