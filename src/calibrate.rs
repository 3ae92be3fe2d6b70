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
    let dropped =
        if config.accounting() == Accounting::Budgeted { set_aside(&mut excesses) } else { 0 };
    Start { excess_threshold, excesses, dropped }
}

/// Drops the largest excesses if they are farther out than chance allows: for every gap below the top j, up to half of
/// the sample, it asks how much less likely the sample is if those j are known to lie beyond the gap instead of only
/// beyond the largest of the others, each at its own best tail. With a known tail that ratio is the probability
/// (S(y_(e-j+1))/S(y_(e-j)))^j that chance makes such a gap; the two best tails allow for the uncertainty of the estimate,
/// without which one clean batch in four would lose excesses.
fn set_aside(excesses: &mut Vec<f64>) -> u64 {
    let half = excesses.len() / 2;
    if half == 0 {
        return 0;
    }
    let mut sorted = excesses.clone();
    sorted.sort_by(f64::total_cmp);
    let bound = FALSE_DROP / half as f64;
    let outlying = candidate_gaps(&sorted, half)
        .into_iter()
        .filter(|j| chance(&sorted, *j, bound) < bound)
        .max();
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

/// The likelihood ratio of the gap below the top j.
fn chance(sorted: &[f64], j: usize, bound: f64) -> f64 {
    let (kept, top) = sorted.split_at(sorted.len() - j);
    let last = kept[kept.len() - 1];
    let near = fit_censored(kept, &vec![last; j]);
    let ratio = survival(top[0], near.shape, near.scale) / survival(last, near.shape, near.scale);
    let least = ratio.powi(j as i32);
    if !(least < bound) {
        return least; // The ratio at the other best tail is larger still.
    }
    let far = fit_censored(kept, &vec![top[0]; j]);
    (far.log_likelihood - near.log_likelihood).exp()
}
