//! From a batch to the start of a tail.

use tailspot::{Config, Side, Threshold};

use super::likelihood::{Entry, highest_penalised};

/// Where a tail starts, as an upper one.
pub(crate) struct Start {
    pub(crate) t: f64,
    pub(crate) half_step: f64,
    /// In the order of the stream.
    pub(crate) excesses: Vec<f64>,
    /// Where they stood in the batch, from 1 on.
    pub(crate) positions: Vec<u64>,
}

impl Start {
    /// Rejects outliers; returns how many.
    pub(crate) fn reject_outliers(&mut self) -> u64 {
        let all = self.excesses.clone();
        let rejected = reject_outliers(&mut self.excesses);
        let largest = self.excesses.iter().copied().fold(0.0, f64::max);
        let mut kept = all.into_iter().map(|y| y <= largest);
        self.positions.retain(|_| kept.next() == Some(true));
        rejected
    }
}

/// The batch as that of an upper tail, ascending, and the place in it where the tail starts.
fn ranked(config: &Config, batch: &[f64], side: Side) -> (Vec<f64>, usize) {
    let sign = f64::from(side as i8);
    let mut ascending: Vec<f64> = batch.iter().map(|x| sign * x).collect();
    ascending.sort_by(f64::total_cmp);
    let n = ascending.len();
    let rank = match (config.threshold, side) {
        (Threshold::PlugIn, Side::Up) => whole_part(n, config.level),
        // Both tails hold the same number.
        _ => n - 1 - whole_part(n, 1.0 - config.level),
    };
    (ascending, rank)
}

/// The value of the batch at which the tail of a side starts, or would.
pub(crate) fn value_at(config: &Config, batch: &[f64], side: Side) -> f64 {
    let (ascending, rank) = ranked(config, batch, side);
    f64::from(side as i8) * ascending[rank]
}

/// The tail of one side of a batch.
pub(crate) fn split(config: &Config, batch: &[f64], side: Side) -> Start {
    let sign = f64::from(side as i8);
    let (ascending, rank) = ranked(config, batch, side);
    let half_step = match config.threshold {
        Threshold::PlugIn => 0.0,
        _ => 0.5 * step_at(&ascending, rank),
    };
    let half_step = if (ascending[rank] + half_step).is_finite() { half_step } else { 0.0 };
    let t = ascending[rank] + half_step;
    let beyond = batch.iter().zip(1..).map(|(x, i)| (sign * x - t, i)).filter(|(y, _)| *y > 0.0);
    let (excesses, positions) = beyond.map(|(y, i)| (y.min(f64::MAX), i)).unzip();
    Start { t, half_step, excesses, positions }
}

/// floor(n * fraction), at most n - 1; a product within 1e-12 n of a whole number is that number.
fn whole_part(n: usize, fraction: f64) -> usize {
    let product = n as f64 * fraction;
    let down = (product + 1e-12 * n as f64).floor() as usize;
    down.min(n - 1)
}

/// If a value is there more than once the values are those of a lattice: its step is the smallest distance of two values
/// from there on, or of any two where all from there on are equal.
fn step_at(ascending: &[f64], rank: usize) -> f64 {
    let is_tied = ascending.iter().filter(|x| **x == ascending[rank]).count() > 1;
    let smallest = |from: usize| {
        let distances = ascending[from..].windows(2).map(|pair| pair[1] - pair[0]);
        distances.filter(|distance| *distance > 0.0).fold(f64::INFINITY, f64::min)
    };
    let step = [smallest(rank), smallest(0)].into_iter().find(|step| step.is_finite());
    if is_tied { step.unwrap_or(0.0) } else { 0.0 }
}

/// The robust first fit. For each j that leaves half of the excesses, or a quarter and five: how likely the best tail makes the gap below the top j,
/// compared with the best tail that knows nothing of it, both penalised for their shape. Where that is too small for clean
/// excesses (the largest such j), the top j are rejected. More than one and 5 % need far stronger evidence. Returns how
/// many.
pub(crate) fn reject_outliers(excesses: &mut Vec<f64>) -> u64 {
    let e = excesses.len();
    let mut ascending = excesses.clone();
    ascending.sort_by(f64::total_cmp);
    let mut rejected = 0;
    let kept = e.div_ceil(4).max(5);
    for j in 1..=(e / 2).max(e.saturating_sub(kept)) {
        let (inside, outside) = (ascending[e - j - 1], ascending[e - j]);
        let ratio = best_with_top(&ascending, j, outside) - best_with_top(&ascending, j, inside);
        let chance = if j <= 1 + e / 20 { 0.002 } else { 1e-8 };
        if ratio.exp() < chance / (e / 2) as f64 {
            rejected = j;
        }
    }
    if rejected > 0 {
        let last = ascending[e - rejected - 1];
        excesses.retain(|y| *y <= last);
    }
    rejected as u64
}

/// The highest penalised log-likelihood of a sample whose top j are only known to be at least y.
fn best_with_top(ascending: &[f64], j: usize, y: f64) -> f64 {
    let known = &ascending[..ascending.len() - j];
    let mut entries: Vec<Entry> = known.iter().map(|&y| Entry { y, censored: false }).collect();
    entries.extend((0..j).map(|_| Entry { y, censored: true }));
    highest_penalised(&entries)
}
