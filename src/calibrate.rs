//! From the first n values to the tails.

use crate::config::{Accounting, Config, lower_rank, upper_rank};
use crate::event::Side;
use crate::fit::fit_censored;
use crate::gpd::survival;

/// Chance of a clean sample of losing one excess or more to the robust first fit.
const FALSE_DROP: f64 = 2e-3;
/// Gaps that are tested in full; the others are no candidates.
const TESTED_GAPS: usize = 64;

/// What a calibration finds of one tail, as an upper one.
pub(crate) struct Start {
    pub(crate) excess_threshold: f64,
    /// In the order of the stream.
    pub(crate) excesses: Vec<f64>,
    /// Values set aside as anomalies of the calibration batch.
    pub(crate) dropped: u64,
}

/// The tail of one side from finite values in the order of the stream; `sorted` holds the same values ascending.
pub(crate) fn start(config: &Config, side: Side, values: &[f64], sorted: &[f64]) -> Start {
    let n = values.len();
    let rank = match side {
        Side::Up => upper_rank(n, config.level),
        Side::Down => lower_rank(n, config.level),
    };
    let sign = side.sign();
    let excess_threshold = sign * sorted[rank];
    let mut excesses: Vec<f64> = values
        .iter()
        .map(|x| sign * x)
        .filter(|x| *x > excess_threshold)
        .map(|x| (x - excess_threshold).min(f64::MAX))
        .collect();
    let dropped = if config.accounting() == Accounting::Budgeted { set_aside(&mut excesses) } else { 0 };
    Start { excess_threshold, excesses, dropped }
}

/// Drops the largest excesses if, under the tail fitted without them, they are farther out than chance allows: the
/// spacing test of fit.md, with P(all j beyond the gap) = (S(y_(e-j+1)) / S(y_(e-j)))^j for every gap j up to e/2.
fn set_aside(excesses: &mut Vec<f64>) -> u64 {
    let half = excesses.len() / 2;
    if half == 0 {
        return 0;
    }
    let mut sorted = excesses.clone();
    sorted.sort_by(f64::total_cmp);
    let bound = FALSE_DROP / half as f64;
    let outlying = candidate_gaps(&sorted, half).into_iter().filter(|j| chance(&sorted, *j) < bound).max();
    let Some(j) = outlying else { return 0 };
    let limit = sorted[sorted.len() - j - 1];
    excesses.retain(|y| *y <= limit);
    (sorted.len() - excesses.len()) as u64
}

/// The gaps that stand out most by j ln(y_(e-j+1)/y_(e-j)); all of them in a sample of ordinary size.
fn candidate_gaps(sorted: &[f64], half: usize) -> Vec<usize> {
    let e = sorted.len();
    let mut gaps: Vec<usize> = (1..=half).filter(|j| sorted[e - j] > sorted[e - j - 1]).collect();
    if gaps.len() > TESTED_GAPS {
        let width = |j: &usize| *j as f64 * (sorted[e - j] / sorted[e - j - 1]).ln();
        gaps.sort_by(|a, b| width(b).total_cmp(&width(a)));
        gaps.truncate(TESTED_GAPS);
    }
    gaps
}

/// The probability that j excesses beyond the (e-j)th are all at least as far out as these, under the tail fitted to
/// the others.
fn chance(sorted: &[f64], j: usize) -> f64 {
    let (kept, top) = sorted.split_at(sorted.len() - j);
    let last = kept[kept.len() - 1];
    let fit = fit_censored(kept, &vec![last; j]);
    let ratio = survival(top[0], fit.shape, fit.scale) / survival(last, fit.shape, fit.scale);
    ratio.powi(j as i32)
}
