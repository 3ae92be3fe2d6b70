//! The full fit of the tail: the best of all local maxima of the likelihood, or what takes its place.

use crate::error::{Error, number};
use crate::gpd::likelihood::{Profile, Sample, sum};
use crate::gpd::maxima::{SHAPE_CAP, SHAPE_FLOOR, brackets};
use crate::gpd::small_sample;
use crate::gpd::solve::{find_root, follow_root};

/// With fewer uncensored excesses the maximum is often on the boundary, and a posterior mean takes its place.
pub(crate) const MIN_MLE: usize = 20;

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Outcome {
    /// At the best local maximum of the likelihood with a shape from -1/2 to 3.
    Converged,
    /// No such maximum: the best scale for the shape -1/2, where the likelihood stops being regular.
    Floor,
    /// No such maximum: the best scale for the shape 3.
    Cap,
    /// All excesses are equal: the best scale for the shape -1/2.
    Degenerate,
    /// Fewer than 20 excesses: the posterior mean of Zhang & Stephens (2009), its shape kept within -1/2 and 3.
    TooFew,
}

/// A generalized Pareto tail fitted to excesses.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fit {
    /// The shape, from -1/2 to 3.
    pub shape: f64,
    /// The scale, in the unit of the excesses.
    pub scale: f64,
    /// The log-likelihood of the whole sample at this shape and scale.
    pub log_likelihood: f64,
    /// How the fit ended.
    pub outcome: Outcome,
}

/// Fits a generalized Pareto distribution to excesses by maximum likelihood, with a shape from -1/2 to 3. Fewer than 20
/// excesses are fitted by a posterior mean instead; the [`Outcome`] says so.
///
/// ```
/// let excesses: Vec<f64> = (1..100).map(|i| -(i as f64 / 100.0).ln()).collect();
/// let fit = tailspot::fit(&excesses)?;
/// assert_eq!(fit.outcome, tailspot::Outcome::Converged);
/// assert!(fit.shape.abs() < 0.1 && (fit.scale - 1.0).abs() < 0.1);
/// # Ok::<(), tailspot::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Excess`] if an excess is not a finite number above 0, [`Error::Parameter`] if there are no excesses.
pub fn fit(excesses: &[f64]) -> Result<Fit, Error> {
    if excesses.is_empty() {
        return Err(Error::TooFewExcesses);
    }
    if let Some(index) = excesses.iter().position(|y| !(*y > 0.0 && y.is_finite())) {
        return Err(Error::Excess { index, value: number(excesses[index]) });
    }
    Ok(fit_censored(excesses, &[]))
}

/// Fits excesses of which some are only known to be larger than a value. All must be positive and finite, and at least
/// one uncensored.
pub(crate) fn fit_censored(uncensored: &[f64], censored: &[f64]) -> Fit {
    let sample = Sample::new(uncensored, censored);
    if uncensored.len() < MIN_MLE {
        return sample.posterior_mean();
    }
    if sample.is_constant() {
        return sample.with_shape(SHAPE_FLOOR, Outcome::Degenerate);
    }
    sample.best_maximum().unwrap_or_else(|| sample.best_bound())
}

/// The best scale for a given shape.
pub(crate) fn fit_with_shape(uncensored: &[f64], censored: &[f64], shape: f64) -> Fit {
    // The likelihood is continuous through 0, where the equation for the scale is not defined.
    let shape = if shape.abs() < 1e-9 { 1e-9 } else { shape };
    Sample::new(uncensored, censored).with_shape(shape, Outcome::Converged)
}

/// The sums of τv/(1 + τv), and of τ/(1 + τ) times their derivatives by ln(1 + τ).
fn rates(values: &[f64], tau: f64) -> [f64; 2] {
    let add = |[a, b]: [f64; 2], [c, d]: [f64; 2]| [a + c, b + d];
    let rate = |v: &f64| {
        let inverse = 1.0 / (1.0 + tau * v);
        [tau * v * inverse, tau * v * inverse * inverse]
    };
    let part = |part: &[f64]| part.iter().map(rate).fold([0.0; 2], add);
    values.chunks(64).map(part).fold([0.0; 2], add)
}

impl Sample {
    /// The best interior local maximum with an admissible shape.
    fn best_maximum(&self) -> Option<Fit> {
        brackets(self)
            .into_iter()
            .map(|(low, high)| self.profile(find_root(|tau| self.profile(tau).slope, low, high)))
            .filter(|top| (SHAPE_FLOOR..=SHAPE_CAP).contains(&top.shape()))
            .max_by(|a, b| a.height().total_cmp(&b.height()))
            .map(|top| self.at(&top, Outcome::Converged))
    }

    /// Without an interior maximum the likelihood is highest at the floor or at the cap.
    fn best_bound(&self) -> Fit {
        let floor = self.with_shape(SHAPE_FLOOR, Outcome::Floor);
        let cap = self.with_shape(SHAPE_CAP, Outcome::Cap);
        if cap.log_likelihood > floor.log_likelihood { cap } else { floor }
    }

    fn posterior_mean(&self) -> Fit {
        let quartile = small_sample::lower_quartile(self.known());
        let height = |tau: f64| self.k() * self.profile(tau).height();
        let mean = self.profile(small_sample::posterior_mean(self.uncensored, quartile, height));
        if mean.shape() < SHAPE_FLOOR {
            self.with_shape(SHAPE_FLOOR, Outcome::TooFew)
        } else if mean.shape() > SHAPE_CAP {
            self.with_shape(SHAPE_CAP, Outcome::TooFew)
        } else {
            self.at(&mean, Outcome::TooFew)
        }
    }

    /// The fit at a τ, with the shape and scale that are best for it.
    fn at(&self, top: &Profile, outcome: Outcome) -> Fit {
        // With the best shape the sum V/γ of the log-likelihood is k.
        self.finish(top.shape(), top.scale, self.k() * (top.spread + 1.0), outcome)
    }

    /// The fit with a given shape: the scale solves k - τW' - τV'/γ = 0, which has one root.
    fn with_shape(&self, shape: f64, outcome: Outcome) -> Fit {
        let (k, censored) = (self.k(), self.censored().len() as f64);
        // With all entries equal to the largest the sums τW' and τV' are at their extremes; so is the root.
        let all_equal = shape * k / (k + censored);
        let (low, high) = if shape < 0.0 {
            (-(k + 1.0).ln(), all_equal.ln_1p())
        } else {
            (all_equal.ln_1p(), (all_equal / self.smallest()).ln_1p())
        };
        let imbalance = |place: f64| {
            let tau = place.exp_m1();
            let (known, censored) = (rates(self.known(), tau), rates(self.censored(), tau));
            let [rate, slope] = [0, 1].map(|i| known[i] + (known[i] + censored[i]) / shape);
            ((rate - k) * shape, slope * (1.0 + tau) / tau * shape)
        };
        // As if the tail were exponential.
        let total = sum(self.known(), |v| *v) + sum(self.censored(), |v| *v);
        let start = (shape * k / total).max(-0.5).ln_1p();
        let tau = follow_root(imbalance, low, high, start).exp_m1();
        let log = |v: &f64| (tau * v).ln_1p();
        let known = sum(self.known(), log);
        let cost = known + (known + sum(self.censored(), log)) / shape;
        self.finish(shape, shape / tau, cost, outcome)
    }

    /// Back to the unit of the excesses: the log-likelihood is -k ln σ less the `cost`.
    fn finish(&self, shape: f64, scale: f64, cost: f64, outcome: Outcome) -> Fit {
        let log_likelihood = -self.k() * (scale.ln() + self.unit.ln()) - cost;
        let scale = (scale * self.unit).clamp(f64::from_bits(1), f64::MAX);
        Fit { shape, scale, log_likelihood, outcome }
    }
}

#[cfg(test)]
#[allow(clippy::excessive_precision)]
mod tests {
    use super::*;

    fn squares(n: i32) -> Vec<f64> {
        (1..=n).map(|i| f64::from(i * i) / 64.0).collect()
    }

    /// Knuth's linear congruential generator, in (0, 1).
    fn uniforms(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }
    }

    /// ln S(y), and with it the log-likelihood term by term.
    fn likelihood(known: &[f64], censored: &[f64], shape: f64, scale: f64) -> f64 {
        let hazard = |y: &f64| (shape * y / scale).ln_1p() / shape;
        let density = |y: &f64| -scale.ln() - (1.0 + shape) * hazard(y);
        known.iter().map(density).sum::<f64>() - censored.iter().map(hazard).sum::<f64>()
    }

    #[test]
    fn no_scale_is_better_for_a_shape() {
        for (known, censored) in
            [(squares(2), vec![0.5]), (squares(40), vec![]), (squares(9), vec![30.0; 4])]
        {
            for shape in [-0.5, -0.3, -0.05, 0.02, 0.4, 1.0, 3.0] {
                let fit = fit_with_shape(&known, &censored, shape);
                let at = |factor: f64| likelihood(&known, &censored, shape, factor * fit.scale);
                assert!((fit.log_likelihood - at(1.0)).abs() < 1e-9 * at(1.0).abs());
                assert!(at(1.0) > at(1.0 + 1e-4) && !(at(1.0) <= at(1.0 - 1e-4)), "shape {shape}");
            }
        }
    }

    /// References by mpmath with 40 digits from the plain two-parameter likelihood; the last from the posterior mean.
    #[test]
    fn censored_samples() {
        use Outcome::*;
        let uniform: Vec<f64> = (1..=32).map(|i| f64::from(i) / 32.0).collect();
        let wide: Vec<f64> = (-12..=12).map(|i| f64::from(3 * i).exp2()).collect();
        let far = 2f64.powi(30);
        type Case<'a> = (Vec<f64>, &'a [f64], Outcome, [f64; 3]);
        let cases: [Case<'_>; 7] = [
            (
                squares(22),
                &[],
                Converged,
                [-0.46163458193187238, 4.1333902373553963, -43.064194118403820],
            ),
            (
                squares(22),
                &[5.0, 6.5, 6.5],
                Converged,
                [-0.45680936301288264, 4.8988855895620838, -49.399534198759060],
            ),
            (
                squares(22),
                &[5.0, 40.0, 40.0],
                Converged,
                [1.1024021118315389, 2.0541127479733629, -54.561463215465603],
            ),
            (uniform, &[0.5, 1.125], Floor, [-0.5, 0.71995218056957625, -9.2838979709679710]),
            (wide, &[far, far], Cap, [3.0, 1.9228348301373740e-5, -213.04159029363233]),
            // σ = (k + c)/k, by hand.
            (
                vec![1.0; 20],
                &[1.0; 20],
                Degenerate,
                [-0.5, 2.0, 60.0 * 0.75f64.ln() - 20.0 * 2f64.ln()],
            ),
            (
                squares(11),
                &[2.0; 3],
                TooFew,
                [0.75832626657784487, 0.79114099038869095, -13.552806107770944],
            ),
        ];
        for (known, censored, outcome, expected) in cases {
            let fit = fit_censored(&known, censored);
            assert_eq!(fit.outcome, outcome, "{fit:?}");
            for (value, expected) in [fit.shape, fit.scale, fit.log_likelihood].iter().zip(expected)
            {
                assert!((value / expected - 1.0).abs() < 1e-12, "{fit:?}, expected {expected}");
            }
        }
    }

    /// No point of a grid over shape and ln scale is more likely; also with many and with far censored entries.
    #[test]
    fn censored_fits_beat_a_grid() {
        let mut uniform = uniforms(1);
        for i in 0..150 {
            let shape = 3.0 * uniform() - 0.9;
            let mut draw = |n: f64| -> Vec<f64> {
                (0..n as usize).map(|_| (-shape * uniform().ln()).exp_m1() / shape).collect()
            };
            let (known, mut censored) = (draw(20.0 + f64::from(i)), draw(f64::from(i % 40)));
            censored.iter_mut().for_each(|y| *y *= [1.0, 0.1, 30.0][i as usize % 3]);
            let fit = fit_censored(&known, &censored);
            let reached = likelihood(&known, &censored, fit.shape, fit.scale);
            assert!(
                (reached - fit.log_likelihood).abs() < 1e-11 * reached.abs(),
                "sample {i}: {fit:?}"
            );
            for step in 0..70 {
                for place in -30..=30 {
                    let scale = fit.scale * (f64::from(place) * 0.1).exp();
                    let other =
                        likelihood(&known, &censored, 0.05 * f64::from(step) - 0.499, scale);
                    assert!(
                        other.is_nan() || other <= reached + 1e-9,
                        "sample {i}: {fit:?}, {other} > {reached}"
                    );
                }
            }
        }
    }

    /// Any positive finite input has a finite answer.
    #[test]
    fn censored_extremes() {
        let values = [5e-324, 1e-308, 1e-12, 1.0, 1e15, 1e308, f64::MAX];
        for count in [1, 2, 19, 20, 33] {
            for (i, a) in values.iter().enumerate() {
                for b in values {
                    for c in values {
                        let mut known = vec![*a; count];
                        known[count / 2] = b;
                        for censored in [vec![], vec![c], vec![c; 100], vec![c, *a, values[6 - i]]]
                        {
                            let fit = fit_censored(&known, &censored);
                            let shape = (SHAPE_FLOOR..=SHAPE_CAP).contains(&fit.shape);
                            let scale = fit.scale > 0.0 && fit.scale.is_finite();
                            assert!(
                                shape && scale && fit.log_likelihood.is_finite(),
                                "{known:?} {censored:?}: {fit:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
