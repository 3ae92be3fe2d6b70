//! The robust first fit: which of the largest excesses of a calibration are anomalies themselves.
//!
//! If the j largest excesses are anomalies there is a gap below them. For every gap this asks how much less likely the
//! sample is when those j are known to lie beyond the gap than when they are only known to lie beyond the largest of the
//! others, y_(e-j), each at its own best tail:
//!
//! ```text
//! Λ_j = max L(y_1 .. y_(e-j), j beyond y_(e-j+1)) / max L(y_1 .. y_(e-j), j beyond y_(e-j))
//! ```
//!
//! With a known tail Λ_j is (S(y_(e-j+1))/S(y_(e-j)))^j, the probability that chance makes such a gap (Rényi 1953). Two
//! maxima allow for the uncertainty of the tail, without which one clean batch in four would lose excesses. But some very
//! heavy tail explains any gap, so both likelihoods are penalised for the shape (as Coles & Dixon 1999 do, here by a
//! normal prior).
//!
//! A clean tail must not lose a good part of itself. One excess and one in twenty may be removed on ordinary evidence, which one
//! clean sample in some hundreds shows by chance. More are removed only on evidence that chance does not show in a hundred million
//! samples: values from another distribution show far more (ten of N(100, 5) among forty excesses of N(10, 1): e^-40), and then they
//! may even be most of the excesses.

use crate::gpd::fit::{Fit, fit_with_shape};
use crate::gpd::formula::survival;
use crate::gpd::maxima::{SHAPE_CAP, SHAPE_FLOOR};
use crate::gpd::solve::find_peak;

/// Chance that a clean sample loses an excess, for tails of ordinary weight (shape up to 0.4).
const FALSE_DROP: f64 = 2e-3;
/// The same for more excesses than one and one in this many.
const FALSE_LOSS: f64 = 1e-8;
const ONE_IN: usize = 20;
/// A tail keeps at least one excess in this many, and five.
const KEPT_OF: usize = 4;
/// Standard deviation of the prior of the shape, about 0.
const SHAPE_DEVIATION: f64 = 0.3;
/// Gaps that are tested; the others are not candidates.
const TESTED_GAPS: usize = 16;

/// Removes the excesses that are too far out for chance, and returns how many they are.
pub(crate) fn reject_outliers(excesses: &mut Vec<f64>) -> u64 {
    let e = excesses.len();
    if e < 2 {
        return 0;
    }
    let most = (e / 2).max(e.saturating_sub(e.div_ceil(KEPT_OF).max(5)));
    let mut sorted = excesses.clone();
    sorted.sort_by(f64::total_cmp);
    let few = 1 + e / ONE_IN;
    let outlying = widest_gaps(&sorted, most).into_iter().filter(|j| {
        let chance = if *j <= few { FALSE_DROP } else { FALSE_LOSS };
        is_outlying(&sorted, *j, chance / (e / 2) as f64)
    });
    let Some(j) = outlying.max() else { return 0 };
    let limit = sorted[sorted.len() - j - 1];
    excesses.retain(|y| *y <= limit);
    j as u64
}

/// The gaps that stand out most by j ln(y_(e-j+1)/y_(e-j)).
fn widest_gaps(sorted: &[f64], most: usize) -> Vec<usize> {
    let e = sorted.len();
    let gaps = (1..=most).filter(|j| sorted[e - j] > sorted[e - j - 1]);
    let width = |j: usize| j as f64 * (sorted[e - j] / sorted[e - j - 1]).ln();
    let mut gaps: Vec<(f64, usize)> = gaps.map(|j| (width(j), j)).collect();
    gaps.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    gaps.truncate(TESTED_GAPS);
    gaps.into_iter().map(|(_, j)| j).collect()
}

/// Whether Λ_j is below the bound.
fn is_outlying(sorted: &[f64], j: usize, bound: f64) -> bool {
    let (kept, top) = sorted.split_at(sorted.len() - j);
    let last = kept[kept.len() - 1];
    // A gap that is likely under the best of the lightest tails is more so under the best of any other shape.
    if is_likely_at_floor(kept, top, bound) {
        return false;
    }
    let is_likely = |tail: &Fit| {
        let at = |y: f64| survival(y, tail.shape, tail.scale);
        (at(top[0]) / at(last)).powi(j as i32) >= bound
    };
    let limits = vec![last; j];
    let near = penalised_fit(kept, &limits);
    // The best tail for the farther limit is at least as good as this one.
    !is_likely(&near) && {
        let far = penalised_fit(kept, &vec![top[0]; j]);
        height(&far) - height(&near) < bound.ln()
    }
}

/// Whether the best tail of shape -1/2 makes the gap likely: (S(y_(e-j+1))/S(y_(e-j)))^j at least the bound.
///
/// Such a tail ends at e = 2σ and has S = (1 - y/e)². The gap is likely if e is at least some e0, and the likelihood has
/// its one maximum there or farther if it still rises at e0.
fn is_likely_at_floor(kept: &[f64], top: &[f64], bound: f64) -> bool {
    let (last, twice) = (kept[kept.len() - 1], 2.0 * top.len() as f64);
    let ratio = bound.powf(1.0 / twice);
    let end = (top[0] - ratio * last) / (1.0 - ratio);
    let rise: f64 = kept.iter().map(|y| y / (end - y)).sum();
    rise + twice * last / (end - last) >= kept.len() as f64
}

/// The penalised log-likelihood.
fn height(fit: &Fit) -> f64 {
    fit.log_likelihood - 0.5 * (fit.shape / SHAPE_DEVIATION).powi(2)
}

/// The tail of the highest penalised likelihood.
fn penalised_fit(kept: &[f64], beyond: &[f64]) -> Fit {
    let shape =
        find_peak(|shape| height(&fit_with_shape(kept, beyond, shape)), SHAPE_FLOOR, SHAPE_CAP);
    fit_with_shape(kept, beyond, shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The means of the order statistics of an exponential sample.
    fn exponential(e: u32) -> Vec<f64> {
        (1..=e)
            .scan(0.0, |sum, i| {
                *sum += 1.0 / f64::from(e + 1 - i);
                Some(*sum)
            })
            .collect()
    }

    /// Numbers between 0 and 1 without a pattern.
    fn uniforms(mut state: u64) -> impl FnMut() -> f64 {
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn a_sample_without_gaps_is_kept() {
        for e in [1, 2, 3, 19, 40, 500] {
            let mut excesses = exponential(e);
            assert_eq!((reject_outliers(&mut excesses), excesses.len()), (0, e as usize));
        }
    }

    #[test]
    fn what_lies_far_beyond_the_others_is_reject_outliers_and_the_order_stays() {
        for j in [1, 2, 10] {
            let mut excesses: Vec<f64> = exponential(38).into_iter().rev().collect();
            let expected = excesses.clone();
            (0..j).for_each(|i| excesses.insert(3 * i, 400.0 + i as f64));
            assert_eq!(reject_outliers(&mut excesses), j as u64);
            assert_eq!(excesses, expected);
        }
    }

    #[test]
    fn more_than_a_few_go_on_strong_evidence_only() {
        // Among 40 excesses three may go by 2e-3, more by 1e-8 only.
        let with_gap = |j: usize, factor: f64| {
            let mut excesses = exponential(40);
            excesses[40 - j..].iter_mut().for_each(|y| *y *= factor);
            reject_outliers(&mut excesses)
        };
        let rejected =
            [(3, 4.0), (4, 4.0), (5, 6.0), (5, 20.0)].map(|(j, factor)| with_gap(j, factor));
        assert_eq!(rejected, [3, 0, 0, 5]);
    }

    #[test]
    fn anomalies_may_be_most_of_the_excesses() {
        for (j, expected) in [(11, 11), (16, 0)] {
            let mut excesses = exponential(20 - j);
            excesses.extend((0..j).map(|i| 100.0 + f64::from(i)));
            assert_eq!(reject_outliers(&mut excesses), expected);
        }
    }

    #[test]
    fn the_heavier_the_tail_the_likelier_the_gap() {
        let mut uniform = uniforms(7);
        for case in 0..300 {
            let (e, shape) = (3 + case % 20, 2.0 * uniform() - 0.5);
            let mut sorted: Vec<f64> =
                (0..e).map(|_| (uniform().powf(-shape) - 1.0) / shape).collect();
            sorted.sort_by(f64::total_cmp);
            let j = 1 + case % (e / 2);
            let (kept, top) = sorted.split_at(e - j);
            let last = kept[kept.len() - 1];
            let ratios = (0..=35).map(|i| {
                let tail = fit_with_shape(kept, &vec![last; j], SHAPE_FLOOR + 0.1 * f64::from(i));
                let at = |y: f64| survival(y, tail.shape, tail.scale);
                at(top[0]) / at(last)
            });
            assert!(ratios.is_sorted_by(|a, b| a <= &(b * (1.0 + 1e-9))), "case {case}");
        }
    }

    #[test]
    fn the_lightest_tail_is_judged_as_its_fit_would_be() {
        let mut uniform = uniforms(11);
        let mut likely = 0;
        for case in 0..2000 {
            let (e, stretch) = (4 + case % 60, 1.0 + uniform().powi(3));
            let mut sorted: Vec<f64> = (0..e).map(|_| -uniform().ln()).collect();
            sorted.sort_by(f64::total_cmp);
            let j = 1 + case % (e / 2);
            sorted[e - j..].iter_mut().for_each(|y| *y *= stretch);
            let bound = 10_f64.powf(-8.0 * uniform());
            let (kept, top) = sorted.split_at(e - j);
            let tail = fit_with_shape(kept, &vec![kept[e - j - 1]; j], SHAPE_FLOOR);
            let at = |y: f64| survival(y, tail.shape, tail.scale);
            let expected = (at(top[0]) / at(kept[e - j - 1])).powi(j as i32) >= bound;
            assert_eq!(is_likely_at_floor(kept, top, bound), expected, "case {case}");
            likely += u32::from(expected);
        }
        assert!((400..1600).contains(&likely), "{likely} of 2000 gaps are likely");
    }

    #[test]
    fn ties_and_extremes_do_not_disturb_it() {
        for mut excesses in [
            vec![1.0; 40],
            vec![5e-324; 10],
            vec![f64::MAX; 30],
            vec![1.0, 2.0],
            vec![f64::MAX, 5e-324],
        ] {
            let before = excesses.len() as u64;
            let dropped = reject_outliers(&mut excesses);
            assert_eq!(dropped + excesses.len() as u64, before);
        }
    }
}
