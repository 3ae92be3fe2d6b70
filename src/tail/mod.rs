//! One tail: where it starts, its excesses, and the thresholds that follow.
//!
//! A tail is always an upper one. The lower tail of x is the upper tail of -x; the model of the detector turns the sign.
//! [`calibration`] makes a tail from the first values, [`outliers`] removes anomalies from them, [`posterior`] is the
//! predictive distribution of the next excess, and [`threshold`] turns it into the anomaly threshold and the learning
//! limit. [`moving`] is what is kept in addition where the stream may move.

pub(crate) mod calibration;
mod elementary;
pub(crate) mod frame;
mod interval;
pub(crate) mod moving;
pub(crate) mod nodes;
mod outliers;
pub(crate) mod posterior;
mod predictive;
mod threshold;

use crate::config::{Accounting, Config, Threshold};
use crate::gpd::buffer::ExcessBuffer;
use crate::gpd::fit::Outcome;
use crate::gpd::formula::{log_survival, standard_quantile};
use crate::gpd::refit::Refit;

use calibration::Start;
use moving::{Arrivals, Background, Moving};
use outliers::reject_outliers;
use posterior::Posterior;
use predictive::Predictive;
use threshold::{extrapolated, extrapolated_jet, fitted};

/// N_t from which on the robust fit is repeated, four times while N_t doubles: 64, 80, 96, 112, 128, 160, ...
const FIRST_REVIEW: u64 = 64;
const MOST_ODD: u64 = 7;

/// What a clean stream has beyond the learning limit, as the model of the tail knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CleanStream {
    /// Probability of a value beyond the limit.
    pub(crate) rate: f64,
    /// Values beyond the limit that are expected while the buffer fills once.
    pub(crate) expected: f64,
    /// Relative variance of that expectation, since the tail is only estimated.
    pub(crate) variance: f64,
    /// The part of them that is not plausible.
    pub(crate) implausible: f64,
}

/// The learning limit of budgeted accounting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Limit {
    /// Excesses beyond it are not learned as they are.
    pub(crate) excess: f64,
    /// A departure is plausible if the tail gives a value beyond it at least this probability.
    pub(crate) plausible: f64,
    pub(crate) clean: CleanStream,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tail {
    pub(crate) excess_threshold: f64,
    pub(crate) anomaly_threshold: f64,
    /// Half the step between the values of a lattice, 0 for values that are not rounded.
    pub(crate) half_step: f64,
    /// Excesses ever counted, N_t.
    pub(crate) n_t: u64,
    /// Excesses that the robust fits took for anomalies.
    pub(crate) rejected: u64,
    pub(crate) buffer: ExcessBuffer,
    /// The maximum of the likelihood, for the plug-in threshold.
    pub(crate) maximum: Option<Refit>,
    /// The predictive distribution, for the calibrated threshold and the learning limit.
    pub(crate) posterior: Option<Posterior>,
    /// Only budgeted accounting has one.
    pub(crate) limit: Option<Limit>,
    /// Only where the stream may move.
    pub(crate) moving: Option<Box<Moving>>,
}

impl Tail {
    /// The tail that a calibration on n values found.
    pub(crate) fn new(config: &Config, start: &Start, n: u64) -> Self {
        let mut buffer = ExcessBuffer::new(config.capacity());
        for (y, i) in start.excesses.iter().zip(1..) {
            buffer.push(spread(*y, start.half_step, i));
        }
        let largest = start.excesses.iter().copied().fold(0.0, f64::max);
        let is_cut = start.rejected > 0 && largest > 0.0;
        if is_cut {
            buffer.push(-largest); // What was set aside lies beyond all others.
        }
        let is_budgeted = config.effective_accounting() == Accounting::Budgeted;
        let is_plug_in = config.threshold == Threshold::PlugIn;
        let maximum = is_plug_in.then(Refit::new);
        let moving = config.has_span().then(|| {
            let mut arrivals = Arrivals::default();
            let cut = is_cut.then_some(n);
            for position in start.positions.iter().copied().chain(cut) {
                arrivals.push(n.min(position), buffer.len());
            }
            Box::new(Moving::new(arrivals))
        });
        let background = background(&moving);
        let posterior = (is_budgeted || !is_plug_in).then(|| Posterior::new(background));
        let n_t = start.excesses.len() as u64 + u64::from(is_cut);
        Tail {
            excess_threshold: start.excess_threshold,
            anomaly_threshold: start.excess_threshold,
            half_step: start.half_step,
            n_t,
            rejected: start.rejected,
            buffer,
            maximum,
            posterior,
            limit: is_budgeted.then(Limit::default),
            moving,
        }
    }

    /// Fits the tail to all that the buffer holds.
    pub(crate) fn calibrate(&mut self, q: f64, n: u64) {
        if let Some(maximum) = &mut self.maximum {
            maximum.calibrate(&self.buffer);
        }
        if let Some(posterior) = &mut self.posterior {
            posterior.place(self.buffer.entries());
        }
        self.update(q, n);
    }

    #[inline]
    pub(crate) fn excess_threshold(&self) -> f64 {
        self.excess_threshold
    }

    #[inline]
    pub(crate) fn anomaly_threshold(&self) -> f64 {
        self.anomaly_threshold
    }

    /// The value from which on nothing is learned as it is; NaN if there is no such limit.
    pub(crate) fn learning_limit(&self) -> f64 {
        self.limit.as_ref().map_or(f64::NAN, |limit| self.excess_threshold + limit.excess)
    }

    /// Whether x lies beyond the anomaly threshold.
    #[inline]
    pub(crate) fn is_anomaly(&self, x: f64) -> bool {
        x > self.anomaly_threshold
    }

    /// How far x is beyond the excess threshold, if it is. Finite even where the difference is not.
    #[inline]
    pub(crate) fn excess(&self, x: f64) -> Option<f64> {
        (x > self.excess_threshold).then(|| (x - self.excess_threshold).min(f64::MAX))
    }

    /// Whether an excess is beyond the learning limit, if there is one.
    #[inline]
    pub(crate) fn is_beyond_limit(&self, excess: f64) -> bool {
        self.limit.as_ref().is_some_and(|limit| excess > limit.excess)
    }

    /// What a clean stream has beyond the learning limit, if there is one.
    #[inline]
    pub(crate) fn clean_stream(&self) -> Option<CleanStream> {
        self.limit.as_ref().map(|limit| limit.clean)
    }

    /// Whether the tail makes this departure plausible.
    pub(crate) fn is_plausible(&self, excess: f64) -> bool {
        let Some(limit) = &self.limit else { return false };
        let probability = self
            .predictive()
            .map_or(1.0, |tail| tail.probability((excess - self.half_step).max(0.0)));
        probability >= limit.plausible
    }

    /// Learns an excess; `n` values were learned with it. Returns whether the thresholds moved.
    #[inline]
    pub(crate) fn learn(&mut self, excess: f64, q: f64, n: u64) -> bool {
        self.n_t += 1;
        self.push(spread(excess, self.half_step, self.n_t), q, n)
    }

    /// Learns that a value was at least the anomaly threshold; it only counts where that is the excess threshold, since
    /// an excess of 0 has no place in the likelihood.
    pub(crate) fn learn_censored(&mut self, q: f64, n: u64) {
        let at_least = self.anomaly_threshold - self.excess_threshold - self.half_step;
        self.n_t += 1;
        if at_least > 0.0 {
            self.push(-at_least.min(f64::MAX), q, n);
        } else {
            self.update(q, n);
        }
    }

    /// Learns that a value was at least the learning limit; while there is none, the excess itself.
    pub(crate) fn learn_departure(&mut self, excess: f64, q: f64, n: u64) -> bool {
        let limit = self.limit.as_ref().map_or(0.0, |limit| limit.excess - self.half_step);
        self.n_t += 1;
        self.push(if limit > 0.0 { -limit } else { spread(excess, self.half_step, self.n_t) }, q, n)
    }

    /// Whether the robust fit is to be repeated: four times while N_t doubles.
    #[inline]
    pub(crate) fn is_review_due(&self) -> bool {
        self.n_t >= FIRST_REVIEW && self.n_t >> self.n_t.trailing_zeros() <= MOST_ODD
    }

    /// Repeats the robust fit of the calibration on the buffer. What entered early, when
    /// little was known, may turn out to lie far from all others: then it goes, and one limit at the largest of the
    /// others stands for it, as after the calibration. Returns how many limits went, if anything did; the caller fits
    /// the tail anew.
    #[cold]
    pub(crate) fn review(&mut self) -> Option<u64> {
        let excesses = self.buffer.entries().iter().copied().filter(|entry| *entry > 0.0);
        let mut excesses: Vec<f64> = excesses.collect();
        if reject_outliers(&mut excesses) == 0 {
            return None;
        }
        let largest = excesses.into_iter().fold(0.0, f64::max);
        let (entries, limits) = (self.buffer.len(), self.buffer.censored());
        self.buffer.retain(|entry| entry.abs() <= largest);
        let gone = (entries - self.buffer.len()) as u64;
        let limits = (limits - self.buffer.censored()) as u64;
        self.buffer.push(-largest);
        self.n_t = self.n_t - gone + 1;
        self.rejected += gone;
        Some(limits)
    }

    /// An excess as a surplus alert counts: no farther than twice the anomaly threshold.
    pub(crate) fn winsorised(&self, excess: f64) -> f64 {
        let farthest = 2.0 * (self.anomaly_threshold - self.excess_threshold);
        if farthest > 0.0 { excess.min(farthest) } else { excess }
    }

    #[inline]
    fn push(&mut self, entry: f64, q: f64, n: u64) -> bool {
        let evicted = self.buffer.push(entry);
        let entries = self.buffer.entries();
        if let Some(moving) = &mut self.moving {
            moving.arrivals.push(n, entries.len());
            if self.buffer.is_full()
                && moving.memory.completes(entries.len())
                && let Some(posterior) = &self.posterior
                && let Some(shape) = posterior.shape_alone(entries, moving.arrivals.cluster())
            {
                moving.memory.take(shape);
            }
        }
        let mut follows = false;
        if let Some(maximum) = &mut self.maximum {
            maximum.push(&self.buffer, entry, evicted);
            follows = true;
        }
        if let Some(posterior) = &mut self.posterior {
            follows |= posterior.push(entries, entry, evicted, || background(&self.moving));
        }
        if follows {
            self.update(q, n);
        }
        follows
    }

    /// The predictive distribution, if there is an excess.
    #[inline]
    fn predictive(&self) -> Option<Predictive<'_>> {
        let posterior = self.posterior.as_ref().filter(|_| self.buffer.uncensored() > 0)?;
        Some(posterior.predictive(self.buffer.entries()))
    }

    /// P(X > x) for x at or beyond the excess threshold; NaN below, where there is no tail model.
    pub(crate) fn probability(&self, x: f64, n: u64) -> f64 {
        if !(x >= self.excess_threshold) {
            return f64::NAN;
        }
        let y = (x - self.excess_threshold - self.half_step).max(0.0);
        if let Some(maximum) = &self.maximum {
            return match y / maximum.scale() {
                y if y.is_nan() || y == 0.0 => {
                    self.share(n) * f64::from(x == self.excess_threshold)
                }
                y => self.share(n) * (-log_survival(maximum.shape(), y)).exp(),
            };
        }
        let k = self.effective();
        let inside = self.predictive().map_or(1.0, |tail| tail.probability(y) * (k + 1.0) / k);
        self.share(n) * if y == f64::INFINITY { 0.0 } else { extrapolated(inside.min(1.0)) }
    }

    /// P(X > x) and its two derivatives by x/unit, for x beyond the excess threshold.
    pub(crate) fn probability_jet(&self, x: f64, n: u64, unit: f64) -> [f64; 3] {
        let y = x - self.excess_threshold - self.half_step;
        if !(y > 0.0) {
            return [self.probability(x, n), 0.0, 0.0];
        }
        let k = self.effective();
        // By ln y.
        let [p, first, second] = match (&self.maximum, self.predictive()) {
            (Some(maximum), _) => {
                let (shape, scaled) = (maximum.shape(), y / maximum.scale());
                let (p, fall) =
                    ((-log_survival(shape, scaled)).exp(), scaled / (1.0 + shape * scaled));
                [p, -p * fall, p * fall * (fall * (1.0 + shape) - 1.0)]
            }
            (None, Some(predictive)) => {
                extrapolated_jet(predictive.jet(y).map(|part| part * (k + 1.0) / k))
            }
            (None, None) => [1.0, 0.0, 0.0],
        };
        let (share, steps) = (self.share(n), unit / y);
        if p >= 1.0 {
            return [share, 0.0, 0.0];
        }
        [share * p, share * first * steps, share * (second - first) * steps * steps]
    }

    /// The value exceeded with probability p; NaN for p above N_t/n, where there is no tail model.
    pub(crate) fn quantile(&self, p: f64, n: u64) -> f64 {
        let l = self.log_ratio(p, n);
        // N_t/n itself, rounded, is still in range.
        if !(p > 0.0 && l >= -1e-14) || self.buffer.len() == 0 {
            return f64::NAN;
        }
        let beyond = match &self.maximum {
            Some(maximum) => maximum.scale() * standard_quantile(maximum.shape(), l.max(0.0)),
            None => {
                let wanted = self.shrunk(p / self.share(n));
                self.predictive().map_or(0.0, |tail| tail.quantile(wanted, 0.0))
            }
        };
        self.excess_threshold + if beyond > 0.0 { beyond + self.half_step } else { self.half_step }
    }

    /// Shape and scale: those of the maximum of the likelihood, or the posterior means; 0 without an excess.
    pub(crate) fn shape_and_scale(&self) -> (f64, f64) {
        match (&self.maximum, self.predictive()) {
            (Some(maximum), _) => (maximum.shape(), maximum.scale()),
            (None, Some(predictive)) => (predictive.shape(), predictive.scale()),
            (None, None) => (0.0, 0.0),
        }
    }

    /// Where an excess lies that is counted from the start of the tail.
    pub(crate) fn at(&self, beyond: f64) -> f64 {
        self.excess_threshold + beyond + self.half_step
    }

    /// The interval of the excess that is exceeded with probability q.
    pub(crate) fn quantile_interval(&self, q: f64, n: u64, confidence: f64) -> (f64, f64) {
        let l = self.log_ratio(q, n).max(0.0);
        let l = if self.maximum.is_some() { l } else { -fitted((-l).exp()).ln() };
        let (counted, cluster) = match &self.moving {
            Some(moving) => (self.buffer.len() as u64, moving.background().cluster),
            None => (self.n_t, 1.0),
        };
        let deviation = 1.0 / (counted as f64 / cluster).sqrt();
        self.known(|predictive| predictive.quantile_interval(l, deviation, confidence))
    }

    pub(crate) fn shape_interval(&self, confidence: f64) -> (f64, f64) {
        self.known(|predictive| predictive.shape_interval(confidence))
    }

    pub(crate) fn scale_interval(&self, confidence: f64) -> (f64, f64) {
        self.known(|predictive| predictive.scale_interval(confidence))
    }

    /// An interval from the posterior, which the plug-in rule computes on request.
    fn known(&self, interval: impl Fn(&Predictive<'_>) -> (f64, f64)) -> (f64, f64) {
        if self.buffer.uncensored() < 2 {
            return (f64::NAN, f64::NAN);
        }
        if let Some(predictive) = self.predictive() {
            return interval(&predictive);
        }
        let mut posterior = Posterior::new(background(&self.moving));
        posterior.place(self.buffer.entries());
        interval(&posterior.predictive(self.buffer.entries()))
    }

    /// How the last fit went; the calibrated rule does not fit.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.maximum.as_ref().and_then(Refit::outcome)
    }
}

/// What is known besides the excesses.
#[inline]
pub(crate) fn background(moving: &Option<Box<Moving>>) -> Background {
    moving.as_ref().map_or_else(Background::default, |moving| moving.background())
}

/// The i-th excess of a lattice, anywhere in its step: where it was before it was rounded is not known, and many in the
/// middle of the same step would look like the end of the tail. Multiples of the golden ratio spread them evenly.
#[inline]
fn spread(excess: f64, half_step: f64, i: u64) -> f64 {
    if half_step == 0.0 {
        return excess;
    }
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let part = ((i.wrapping_mul(GOLDEN) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    // A value between the points of the lattice stays an excess.
    let step = half_step.min(excess);
    (excess + step * (2.0 * part - 1.0)).clamp(f64::MIN_POSITIVE, f64::MAX)
}
