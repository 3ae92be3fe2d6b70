//! One tail: where it starts, what was seen of it, and the threshold that follows.
//!
//! A tail is always an upper one. The lower tail of x is the upper tail of -x; [`Side::sign`](crate::Side) turns one
//! into the other at the door of [`Watch`](crate::watch::Watch).

#[allow(dead_code)]
mod elementary;
#[allow(dead_code)]
mod frame;
#[allow(dead_code)]
mod interval;
#[allow(dead_code)]
mod nodes;
#[allow(dead_code)] // until the tail asks it
mod posterior;
#[allow(dead_code)]
mod predictive;

use crate::config::Config;
use crate::gpd::survival;
use crate::refit::Refit;
use crate::status::SideStatus;
use crate::threshold::Rule;

/// Lightest tail by which an alert is called implausible.
const PLAUSIBLE_SHAPE: f64 = -0.125;

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Tail {
    excess_threshold: f64,
    anomaly_threshold: f64,
    refit: Refit,
    rule: Rule,
    /// Excesses ever counted, N_t.
    n_t: u64,
}

impl Tail {
    /// A tail that starts at `excess_threshold` with the excesses of the calibration, in the order of the stream.
    pub(crate) fn new(config: &Config, excess_threshold: f64, excesses: &[f64]) -> Self {
        let mut refit = Refit::new(config.capacity());
        refit.calibrate(excesses);
        Tail {
            excess_threshold,
            anomaly_threshold: excess_threshold,
            refit,
            rule: Rule::new(config.threshold),
            n_t: excesses.len() as u64,
        }
    }

    #[inline]
    pub(crate) fn excess_threshold(&self) -> f64 {
        self.excess_threshold
    }

    #[inline]
    pub(crate) fn anomaly_threshold(&self) -> f64 {
        self.anomaly_threshold
    }

    /// How far x is beyond the excess threshold, if it is. Finite even where the difference is not.
    #[inline]
    pub(crate) fn excess(&self, x: f64) -> Option<f64> {
        (x > self.excess_threshold).then(|| (x - self.excess_threshold).min(f64::MAX))
    }

    /// The excesses that are kept, to be taken out and put back as they were.
    #[cfg(feature = "pool")]
    pub(crate) fn entries_mut(&mut self) -> &mut Vec<f64> {
        self.refit.ring_mut().entries_mut()
    }

    /// Learns an excess. [`update`](Tail::update) moves the threshold.
    #[inline]
    pub(crate) fn learn(&mut self, excess: f64) {
        self.n_t += 1;
        self.refit.push(excess);
    }

    /// Learns that a value was at least the anomaly threshold. False, and nothing learned, where that is the excess
    /// threshold: an excess of 0 has no place in the likelihood.
    pub(crate) fn learn_censored(&mut self) -> bool {
        let at_least = (self.anomaly_threshold - self.excess_threshold).min(f64::MAX);
        let is_excess = at_least > 0.0;
        if is_excess {
            self.n_t += 1;
            self.refit.push(-at_least);
        }
        is_excess
    }

    /// An alert that counts as "at least the anomaly threshold"; it counts even where that is the excess threshold.
    pub(crate) fn learn_censored_alert(&mut self) {
        if !self.learn_censored() {
            self.n_t += 1;
        }
    }

    /// Recomputes the anomaly threshold for tail probability q after n values: z = t + σ h(γ, L) (Siffer et al. 2017,
    /// equation 1), or the calibrated one. Where q is not below N_t/n the tail starts at the anomaly threshold.
    #[inline]
    pub(crate) fn update(&mut self, q: f64, n: u64) {
        let l = self.log_ratio(q, n);
        let quantile = if l > 0.0 && self.n_t > 0 {
            self.rule.threshold(self.refit.shape(), self.refit.ring().uncensored(), l)
        } else {
            0.0
        };
        self.anomaly_threshold = self.at(quantile);
    }

    /// P(X > x) for x at or beyond the excess threshold; NaN below, where there is no tail model.
    pub(crate) fn probability(&self, x: f64, n: u64) -> f64 {
        if !(x >= self.excess_threshold) {
            return f64::NAN;
        }
        let share = self.n_t as f64 / n as f64;
        let y = (x - self.excess_threshold) / self.refit.scale();
        match y {
            y if y.is_nan() || y == 0.0 => share * f64::from(x == self.excess_threshold),
            y => {
                let k = self.refit.ring().uncensored();
                share * self.rule.probability(self.refit.shape(), k, y)
            }
        }
    }

    /// The value exceeded with probability q; NaN for q above N_t/n, where there is no tail model.
    pub(crate) fn quantile(&self, q: f64, n: u64) -> f64 {
        let l = self.log_ratio(q, n);
        // N_t/n itself, rounded, is still in range.
        if !(q > 0.0 && l >= -1e-14) || self.n_t == 0 {
            return f64::NAN;
        }
        self.at(self.rule.quantile(self.refit.shape(), self.refit.ring().uncensored(), l.max(0.0)))
    }

    /// Whether the estimated tail gives a value beyond x at least `part` of the probability beyond the anomaly threshold.
    /// A tail that was estimated too short would call every alert implausible and could not recover: its shape counts as
    /// at least [`PLAUSIBLE_SHAPE`].
    pub(crate) fn is_plausible(&self, x: f64, part: f64) -> bool {
        let shape = self.refit.shape().max(PLAUSIBLE_SHAPE);
        let beyond = |x: f64| {
            let y = (x - self.excess_threshold).min(f64::MAX);
            survival(y, shape, self.refit.scale())
        };
        beyond(x) >= part * beyond(self.anomaly_threshold)
    }

    /// L = -ln r, r = q n / N_t; finite for every q > 0 if there are excesses.
    #[inline]
    fn log_ratio(&self, q: f64, n: u64) -> f64 {
        let share = self.n_t as f64 / n as f64;
        let ratio = share / q;
        if ratio < f64::INFINITY { ratio.ln() } else { share.ln() - q.ln() }
    }

    /// t + σ·y; y = 0 is t itself, whatever the scale.
    #[inline]
    fn at(&self, y: f64) -> f64 {
        self.excess_threshold + if y > 0.0 { self.refit.scale() * y } else { 0.0 }
    }

    /// What a getter tells of this tail; `sign` and `drift` lead back to the scale of the stream.
    pub(crate) fn status(&self, alerts: u64, sign: f64, drift: f64) -> SideStatus {
        SideStatus {
            alerts,
            n_t: self.n_t,
            excesses: self.refit.ring().len() as u64,
            excess_threshold: sign * self.excess_threshold + drift,
            anomaly_threshold: sign * self.anomaly_threshold + drift,
            shape: self.refit.shape(),
            scale: self.refit.scale(),
            fit: self.refit.outcome(),
        }
    }

    /// Whether the parts agree with each other and with the parameters, for state that was read from bytes.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(&self, config: &Config) -> bool {
        self.excess_threshold.is_finite()
            && self.anomaly_threshold >= self.excess_threshold
            && self.refit.is_sound(config.capacity())
            && self.rule.is_sound(config.threshold)
            && self.n_t >= self.refit.ring().len() as u64
            && self.n_t < 1 << 62
    }
}
