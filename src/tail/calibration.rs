//! From the first n values to the tails.

use crate::config::{Accounting, Config, Threshold};
use crate::event::Side;
use crate::tail::outliers::reject_outliers;

/// What a calibration finds of one tail, as an upper one.
pub(crate) struct Start {
    pub(crate) excess_threshold: f64,
    pub(crate) half_step: f64,
    /// In the order of the stream.
    pub(crate) excesses: Vec<f64>,
    /// Where each stood in the batch, from 1 on.
    pub(crate) positions: Vec<u64>,
    /// Values that were rejected as anomalies of the calibration batch.
    pub(crate) rejected: u64,
}

/// The tail of one side from finite values in the order of the stream; `sorted` holds the same values ascending.
pub(crate) fn start(config: &Config, side: Side, values: &[f64], sorted: &[f64]) -> Start {
    let sign = side.sign();
    let rank = config.rank(side, values.len());
    let half_step = match config.threshold {
        Threshold::Calibrated => half_step(sorted, side, rank),
        Threshold::PlugIn => 0.0,
    };
    let at = sign * sorted[rank];
    let half_step = if (at + half_step).is_finite() { half_step } else { 0.0 };
    let excess_threshold = at + half_step;
    let beyond = values.iter().map(|x| sign * x).zip(1..).filter(|(x, _)| *x > excess_threshold);
    let all: Vec<(f64, u64)> =
        beyond.map(|(x, i)| ((x - excess_threshold).min(f64::MAX), i)).collect();
    let mut excesses: Vec<f64> = all.iter().map(|(excess, _)| *excess).collect();
    let is_budgeted = config.effective_accounting() == Accounting::Budgeted;
    let rejected = if is_budgeted { reject_outliers(&mut excesses) } else { 0 };
    let largest = excesses.iter().copied().fold(0.0, f64::max);
    let kept = all.iter().filter(|(excess, _)| *excess <= largest);
    let positions = kept.map(|(_, i)| *i).collect();
    Start { excess_threshold, half_step, excesses, positions, rejected }
}

/// Half the step of a lattice, where the value at the excess threshold is tied: its excesses are whole steps and never lie
/// within the first one, so the tail starts in the middle of it. 0 for values that are not rounded.
///
/// The step is the smallest difference between the values of the tail, or between all where the tail has only one.
fn half_step(sorted: &[f64], side: Side, rank: usize) -> f64 {
    let at = sorted[rank];
    let is_tied = |other: Option<usize>| other.and_then(|i| sorted.get(i)) == Some(&at);
    if !is_tied(rank.checked_sub(1)) && !is_tied(Some(rank + 1)) {
        return 0.0;
    }
    let smallest = |values: &[f64]| {
        let gaps = values.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0.0);
        gaps.fold(f64::INFINITY, f64::min)
    };
    let tail = match side {
        Side::Up => &sorted[rank..],
        Side::Down => &sorted[..=rank],
    };
    let step = Some(smallest(tail)).filter(|step| step.is_finite()).unwrap_or(smallest(sorted));
    if step.is_finite() { 0.5 * step } else { 0.0 }
}
