//! How certain the tail is: estimates of shape and scale, and intervals for them and for the true quantiles.
//!
//! Given θ the posterior of the shape is γ = S/G, G a gamma variable of k - 1. So each of the three rises as G falls, and
//! lies beyond a value with a probability that is a sum over the nodes of distribution functions of G:
//!
//! ```text
//! shape γ = S/G      scale γ/θ = (S/θ)/G      quantile (r^-γ - 1)/θ > y  if  G < S ln(1/r)/ln(1 + θy)
//! ```
//!
//! For θ < 0, where S < 0, the shape rises with G instead.
//!
//! r = q/P(X > t), and P(X > t) is only estimated, from the number of excesses N_t: its logarithm has a deviation of about
//! 1/√N_t. The quantile's interval is a mean over it, by three points.

use statrs::function::gamma::gamma_lr;

use super::moving::Estimate;
use super::predictive::Predictive;
use crate::gpd::solve::find_root;

/// Points of a standard normal variable, and their weights (Gauss-Hermite).
const POINTS: [(f64, f64); 3] =
    [(-1.732_050_807_568_877_2, 1.0 / 6.0), (0.0, 2.0 / 3.0), (1.732_050_807_568_877_2, 1.0 / 6.0)];
/// The logarithm of anything positive is within these.
const WIDEST: f64 = 745.0;

impl Predictive<'_> {
    /// The mean over θ of the likeliest shape given θ, S/k. (The mean of γ itself is infinite for two excesses.)
    pub(crate) fn shape(&self) -> f64 {
        self.mean(|_, sum| sum) / self.counts.effective()
    }

    /// The same, and the variance of the shape about it.
    pub(crate) fn estimated_shape(&self) -> Estimate {
        let (mean, count) = (self.shape(), self.counts.effective());
        let square = self.mean(|_, sum| sum * sum) / (count * count);
        Estimate { mean, variance: (square - mean * mean).max(0.0) + square / count }
    }

    /// The mean over θ of the likeliest scale given θ.
    pub(crate) fn scale(&self) -> f64 {
        self.reference * self.mean(|theta, sum| sum / theta) / self.counts.effective()
    }

    /// The interval that the true quantile lies in with this probability, half of the rest on either side; it is exceeded
    /// with probability e^-l, where l has this deviation. NaN for fewer than two excesses.
    pub(crate) fn quantile_interval(&self, l: f64, deviation: f64, confidence: f64) -> (f64, f64) {
        let points = POINTS.map(|(x, weight)| (l + deviation * x, weight));
        let inside = points.into_iter().filter(|(l, _)| *l > 0.0);
        self.positive_interval(confidence, |y, theta, sum| {
            let given = |l: f64| match theta * y {
                0.0 => 1.0,
                x if x > -1.0 => self.gamma(sum * l / x.ln_1p()),
                _ => 0.0,
            };
            inside.clone().map(|(l, weight)| weight * given(l)).sum()
        })
    }

    /// The same for the scale.
    pub(crate) fn scale_interval(&self, confidence: f64) -> (f64, f64) {
        self.positive_interval(confidence, |scale, theta, sum| self.gamma(sum / theta / scale))
    }

    /// The same for the shape.
    pub(crate) fn shape_interval(&self, confidence: f64) -> (f64, f64) {
        let beyond = |shape: f64| {
            self.mean(|theta, sum| match (theta > 0.0, shape > 0.0) {
                (true, true) => self.gamma(sum / shape),
                (true, false) => 1.0,
                (false, true) => 0.0,
                (false, false) => 1.0 - self.gamma(sum / shape),
            })
        };
        self.both(confidence, |part| {
            let far = 2.0 * self.mean(|_, sum| sum.abs()).max(1.0);
            find_root(|shape| part - beyond(shape), -far, far)
        })
    }

    /// The interval of what lies beyond y (in units of the reference) with a mean probability of `beyond`.
    fn positive_interval(
        &self,
        confidence: f64,
        beyond: impl Fn(f64, f64, f64) -> f64,
    ) -> (f64, f64) {
        let limit = (f64::MAX.ln() - self.reference.ln()).min(WIDEST);
        let at = |part: f64| {
            let excess = |t: f64| part - self.mean(|theta, sum| beyond(t.exp(), theta, sum));
            if !(excess(limit) > 0.0) {
                return f64::MAX;
            }
            if !(excess(-WIDEST) < 0.0) {
                return 0.0;
            }
            self.reference * find_root(excess, -WIDEST, limit).exp()
        };
        self.both(confidence, at)
    }

    fn both(&self, confidence: f64, at: impl Fn(f64) -> f64) -> (f64, f64) {
        if !(self.is_known() && confidence > 0.0 && confidence < 1.0) {
            return (f64::NAN, f64::NAN);
        }
        let half = 0.5 * confidence;
        (at(0.5 + half), at(0.5 - half))
    }

    /// P(G < g).
    fn gamma(&self, g: f64) -> f64 {
        match g {
            g if !(g > 0.0) => 0.0,
            f64::INFINITY => 1.0,
            g => gamma_lr(self.power(), g),
        }
    }

    fn is_known(&self) -> bool {
        self.reference > 0.0 && self.counts.known >= 2.0
    }

    /// The posterior mean of a function of θ, in units of 1/reference, and S.
    fn mean(&self, f: impl Fn(f64, f64) -> f64) -> f64 {
        let mut mean = 0.0;
        for block in self.nodes.iter() {
            for ((growth, inverse), weight) in
                block.growth.iter().zip(&block.inverse_sum).zip(&block.weight)
            {
                if *weight > 0.0 {
                    mean += weight * f(growth - 1.0, 1.0 / inverse);
                }
            }
        }
        mean
    }
}
