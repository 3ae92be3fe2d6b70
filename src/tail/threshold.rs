//! How the anomaly threshold and the learning limit follow from a tail and q.

use super::predictive::Predictive;
use super::{CleanStream, Limit, Tail};
use crate::gpd::formula::standard_quantile;

/// The learning limit lies where the excesses of a full buffer hold this many values beyond it, if that is nearer than
/// the anomaly threshold.
const BEYOND_LIMIT: f64 = 4.0;
/// And half as many where the shape is known from before.
const BEYOND_KNOWN_LIMIT: f64 = 2.0;
/// But it leaves at least this part of the tail to learn from.
const MOST_BEYOND: f64 = 0.5;
/// A departure is plausible if the tail gives a value beyond it at least this part of the probability beyond the anomaly
/// threshold.
const PLAUSIBLE: f64 = 0.2;
/// Excesses over which a clean stream is compared with what is learned.
const HORIZON: f64 = 200.0;
/// The span of fewer excesses says too little of how often they come.
const LEAST_SPAN: usize = 20;

/// No tail is quite Pareto, and that shows the more the farther out: beyond this probability of an excess, ln P is only
/// this part of what the predictive distribution says.
const DEEP: f64 = 1e-3;
const EXTRAPOLATED: f64 = 0.9;

/// The probability beyond an excess, of what the predictive distribution says.
pub(super) fn extrapolated(p: f64) -> f64 {
    if p < DEEP { DEEP * (p / DEEP).powf(EXTRAPOLATED) } else { p }
}

/// What the predictive distribution says where the probability is p.
pub(super) fn fitted(p: f64) -> f64 {
    if p < DEEP { DEEP * (p / DEEP).powf(1.0 / EXTRAPOLATED) } else { p }
}

/// [`extrapolated`], and what becomes of two derivatives.
pub(super) fn extrapolated_jet([p, first, second]: [f64; 3]) -> [f64; 3] {
    if !(0.0 < p && p < DEEP) {
        return [p, first, second];
    }
    let slope = first / p;
    let [rate, bend] = [EXTRAPOLATED * slope, second / p + (EXTRAPOLATED - 1.0) * slope * slope];
    let p = extrapolated(p);
    [p, p * rate, p * EXTRAPOLATED * bend]
}

impl Tail {
    /// Moves the thresholds to tail probability q after n values.
    ///
    /// Plug-in: z = t + σ h(γ, L), L = -ln r, r = q n/N_t (Siffer et al. 2017, equation 1). Calibrated: the value that
    /// the next excess exceeds with probability r k/(k + 1) by the predictive distribution of k excesses. Where q is not
    /// below N_t/n the tail starts at the anomaly threshold.
    #[inline]
    pub(crate) fn update(&mut self, q: f64, n: u64) {
        let predictive = self.predictive();
        let wanted = self.shrunk(q / self.share(n));
        let last = self.anomaly_threshold - self.excess_threshold - self.half_step;
        let beyond = match (&self.maximum, &predictive) {
            (Some(maximum), _) => {
                let l = self.log_ratio(q, n);
                let is_inside = l > 0.0 && self.n_t > 0;
                if is_inside {
                    maximum.scale() * standard_quantile(maximum.shape(), l)
                } else {
                    0.0
                }
            }
            (None, Some(predictive)) => predictive.quantile(wanted, last),
            (None, None) => 0.0,
        };
        // 0 is t itself, whatever the scale.
        let beyond = if beyond > 0.0 { beyond } else { 0.0 };
        let limit = self.limit.is_some().then(|| match &predictive {
            Some(predictive) => self.limit_within(beyond, wanted, n, predictive),
            None => self.first_limit(n),
        });
        self.anomaly_threshold = self.excess_threshold + (beyond + self.half_step);
        self.limit = limit;
    }

    /// The learning limit: the anomaly threshold, or nearer while the excesses determine it badly.
    #[inline]
    fn limit_within(
        &self,
        anomaly: f64,
        wanted: f64,
        n: u64,
        predictive: &Predictive<'_>,
    ) -> Limit {
        let k = self.buffer.uncensored() as f64;
        let wanted = wanted.min(1.0);
        let remembers =
            self.posterior.as_ref().is_some_and(|p| p.counts.background.is_shape_known());
        let most = if remembers { BEYOND_KNOWN_LIMIT } else { BEYOND_LIMIT };
        let beyond = wanted.max((most / k).min(MOST_BEYOND));
        let excess = match beyond > wanted {
            true => predictive.quantile(beyond, self.limit.map_or(0.0, |l| l.excess)).min(anomaly),
            false => anomaly,
        };
        let effective = self.effective();
        let (per_clean, cluster) = ((effective + 1.0) / effective, k / effective);
        let square = predictive.square(excess) / (beyond * beyond);
        let expected = (self.buffer.len() as f64).min(HORIZON) * beyond * per_clean;
        let clean = CleanStream {
            rate: self.share(n) * beyond * per_clean,
            expected,
            // Of the tail, of its share, and of clusters.
            variance: (square - 1.0).max(0.0)
                + cluster / self.n_t as f64
                + (cluster - 1.0) / expected,
            implausible: PLAUSIBLE * wanted / beyond,
        };
        Limit {
            excess: (excess + self.half_step).min(f64::MAX),
            plausible: PLAUSIBLE * wanted,
            clean,
        }
    }

    /// The limit while nothing is known of the tail but where it starts.
    fn first_limit(&self, n: u64) -> Limit {
        let rate = self.share(n);
        let clean = CleanStream { rate, expected: 1.0, variance: 1.0, implausible: 0.0 };
        Limit { excess: self.half_step, plausible: 0.0, clean }
    }

    /// The excesses that count: all, or fewer where they come in clusters.
    #[inline]
    pub(super) fn effective(&self) -> f64 {
        let k = self.buffer.uncensored() as f64;
        self.posterior.as_ref().map_or(k, |posterior| posterior.counts.background.effective(k))
    }

    /// What the predictive distribution is asked for, so that it is exceeded with probability `wanted` on average: its
    /// exceedance is too small by about k/(k + 1), less than it would be without learning.
    #[inline]
    pub(super) fn shrunk(&self, wanted: f64) -> f64 {
        let k = self.effective();
        fitted(wanted) * k / (k + 1.0)
    }

    /// P(X > t): N_t/n, or (N_t + 1)/(n + 1) for the calibrated rule, which is its expectation where t is an order
    /// statistic. Where the stream may move: what part of its span a full buffer is.
    #[inline]
    pub(super) fn share(&self, n: u64) -> f64 {
        if let Some(moving) = &self.moving
            && self.buffer.is_full()
            && self.buffer.len() >= LEAST_SPAN
        {
            let span = moving.arrivals.span(n).max(self.buffer.len() as u64);
            return self.buffer.len() as f64 / span as f64;
        }
        let one = if self.maximum.is_some() { 0.0 } else { 1.0 };
        (self.n_t as f64 + one) / (n as f64 + one)
    }

    /// L = -ln r, r = q n / N_t; finite for every q > 0 if there are excesses.
    #[inline]
    pub(super) fn log_ratio(&self, q: f64, n: u64) -> f64 {
        let share = self.share(n);
        let ratio = share / q;
        if ratio < f64::INFINITY { ratio.ln() } else { share.ln() - q.ln() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::event::Side;
    use crate::tail::calibration::start;

    #[test]
    fn deep_in_the_tail_probabilities_fall_more_slowly_and_nothing_jumps() {
        assert_eq!((extrapolated(0.3), fitted(0.3), extrapolated(0.0)), (0.3, 0.3, 0.0));
        for (p, expected) in
            [(1e-3, 1e-3), (1e-5, 1e-3 * 0.01_f64.powf(0.9)), (1e-300, 1e-3 * 1e-297_f64.powf(0.9))]
        {
            assert!((extrapolated(p) / expected - 1.0).abs() < 1e-12, "{p}");
            assert!((fitted(extrapolated(p)) / p - 1.0).abs() < 1e-9, "{p}");
        }
    }

    #[test]
    fn derivatives_are_those_of_the_function() {
        // P = x^-4 at x, above and below the bend.
        let at = |x: f64| extrapolated(x.powi(-4));
        for x in [3.0_f64, 7.0, 40.0] {
            let [p, first, second] =
                extrapolated_jet([x.powi(-4), -4.0 * x.powi(-5), 20.0 * x.powi(-6)]);
            let h = 1e-4 * x;
            let slope = (at(x + h) - at(x - h)) / (2.0 * h);
            let bend = (at(x + h) - 2.0 * at(x) + at(x - h)) / (h * h);
            assert_eq!(p, at(x));
            assert!(
                (first / slope - 1.0).abs() < 1e-6 && (second / bend - 1.0).abs() < 1e-4,
                "{x}"
            );
        }
    }

    /// With few excesses the predictive corrected for them exceeds 1 just beyond t, and a probability does not.
    #[test]
    fn the_jet_is_that_of_the_probability() {
        let values: Vec<f64> = (1..=60).map(|i| -(f64::from(i) / 61.0).ln()).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let config = Config { level: 0.9, ..Config::default() };
        let mut tail = Tail::new(&config, &start(&config, Side::Up, &values, &sorted), 60);
        tail.calibrate(1e-3, 60);
        for beyond in [1e-9, 1e-3, 0.02, 0.1, 0.5, 2.0, 30.0] {
            let x = tail.excess_threshold() + beyond;
            let [p, first, _] = tail.probability_jet(x, 60, 1.0);
            assert!((p / tail.probability(x, 60) - 1.0).abs() < 1e-12, "{beyond} beyond t: {p}");
            let ahead = tail.probability(x + 1e-6, 60);
            assert!((ahead - p - 1e-6 * first).abs() < 1e-10, "{beyond} beyond t: {first}");
        }
    }
}
