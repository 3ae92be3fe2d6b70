//! A baseline with the tails of its residuals: one detector of a set, or the only one.

use crate::baseline::{Baseline, Follower, Seen};
use crate::config::{Accounting, Config};
use crate::detector::model::Model;
use crate::event::{Event, Side};
use crate::tail::Tail;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    /// None for plain SPOT, which judges the values themselves.
    pub(crate) follower: Option<Follower>,
    pub(crate) phase: Phase,
}

/// Before and after the calibration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// The residuals collected so far.
    Calibrating(Vec<f64>),
    Running(Model),
}

impl Member {
    pub(crate) fn new(config: &Config, baseline: Baseline) -> Self {
        let is_published = config.effective_accounting() == Accounting::Discarded;
        let follower = (!baseline.is_plain()).then(|| Follower::new(baseline, is_published));
        Member { follower, phase: Phase::Calibrating(Vec::new()) }
    }

    /// Whether values have residuals.
    pub(crate) fn is_warm(&self) -> bool {
        self.follower.as_ref().is_none_or(Follower::is_warm)
    }

    /// A finite value as it is now.
    #[inline]
    pub(crate) fn see(&self, x: f64) -> Seen {
        self.follower.as_ref().map_or_else(|| Seen::plain(x), |follower| follower.see(x))
    }

    /// The residual of a finite value.
    #[inline]
    pub(crate) fn residual(&self, x: f64) -> f64 {
        self.see(x).residual
    }

    /// The value that has this residual.
    #[inline]
    fn to_stream(&self, residual: f64) -> f64 {
        self.follower.as_ref().map_or(residual, |follower| follower.to_stream(residual))
    }

    /// Level and season; 0 without a baseline, NaN while it warms up.
    pub(crate) fn level(&self) -> f64 {
        self.follower.as_ref().map_or(0.0, Follower::level)
    }

    /// Residuals collected for the calibration.
    pub(crate) fn collected(&self) -> usize {
        match &self.phase {
            Phase::Calibrating(batch) => batch.len(),
            Phase::Running(_) => 0,
        }
    }

    /// Collects a finite value for the calibration.
    pub(crate) fn collect(&mut self, x: f64) {
        let residual = self.is_warm().then(|| self.residual(x));
        if let (Some(residual), Phase::Calibrating(batch)) = (residual, &mut self.phase) {
            batch.push(residual);
        }
        if let Some(follower) = &mut self.follower {
            follower.collect(x);
        }
    }

    pub(crate) fn calibrate(&mut self, config: &Config) {
        if let Phase::Calibrating(batch) = &self.phase {
            self.phase = Phase::Running(Model::new(config, batch));
        }
    }

    #[inline]
    pub(crate) fn model(&self) -> Option<&Model> {
        match &self.phase {
            Phase::Running(model) => Some(model),
            Phase::Calibrating(_) => None,
        }
    }

    #[inline]
    pub(crate) fn tail(&self, side: Side) -> Option<&Tail> {
        self.model()?.tail(side)
    }

    /// Counts and follows a value that is normal and at which nothing is due; returns whether it did.
    #[inline]
    pub(crate) fn pass(&mut self, x: f64) -> bool {
        let Phase::Running(model) = &mut self.phase else { return false };
        match &mut self.follower {
            None => model.pass(x),
            Some(follower) => model.pass_by(follower, x),
        }
    }

    /// Judges a finite value, learns from it, and lets the baseline follow it. Returns whether it is a surplus alert, too.
    pub(crate) fn learn(&mut self, seen: Seen) -> (Event, bool) {
        let Phase::Running(model) = &mut self.phase else { return (Event::InitBatch, false) };
        let passes = model.pass(seen.residual);
        let (event, is_surplus) =
            if passes { (Event::Normal, false) } else { model.step(seen.residual) };
        if let Some(follower) = &mut self.follower {
            follower.absorb(seen, model.clip, event.is_alert());
        }
        (event, is_surplus)
    }

    /// An infinity on a watched side, or (if none) a missing value. Returns whether it is a surplus alert.
    pub(crate) fn step_unknown(&mut self, infinity: Option<f64>) -> bool {
        let is_surplus = match (infinity, &mut self.phase) {
            (Some(infinity), Phase::Running(model)) => model.step(infinity).1,
            _ => false,
        };
        if let Some(follower) = &mut self.follower {
            follower.skip();
        }
        is_surplus
    }

    /// The anomaly thresholds of both sides, in the scale of the stream; NaN without the tail.
    #[inline]
    pub(crate) fn anomaly_thresholds(&self) -> [f64; 2] {
        let residuals = Side::BOTH.map(|side| {
            self.tail(side).map_or(f64::NAN, |tail| side.sign() * tail.anomaly_threshold())
        });
        match &self.follower {
            None => residuals,
            Some(follower) => {
                let (scale, level) = (follower.scale(), follower.level());
                residuals.map(|residual| residual * scale + level)
            }
        }
    }

    /// A threshold of a tail, in the scale of the stream; NaN without the tail.
    #[inline]
    pub(crate) fn threshold(&self, side: Side, threshold: impl Fn(&Tail) -> f64) -> f64 {
        match self.tail(side) {
            Some(tail) => self.to_stream(side.sign() * threshold(tail)),
            None => f64::NAN,
        }
    }

    /// The probability of a value beyond x; NaN for x that is not in the tail.
    pub(crate) fn tail_probability(&self, side: Side, x: f64) -> f64 {
        let Some(model) = self.model() else { return f64::NAN };
        let Some(tail) = model.tail(side) else { return f64::NAN };
        // Subtracting what the getter added may miss t by rounding.
        let is_edge = x == self.threshold(side, Tail::excess_threshold);
        let residual = match is_edge {
            true => tail.excess_threshold(),
            false if x.is_finite() => side.sign() * self.residual(x),
            false => side.sign() * x,
        };
        tail.probability(residual, model.n(side))
    }

    /// The value exceeded with probability p.
    pub(crate) fn quantile(&self, side: Side, p: f64) -> f64 {
        let Some(model) = self.model() else { return f64::NAN };
        let residual = model.tail(side).map_or(f64::NAN, |tail| tail.quantile(p, model.n(side)));
        self.to_stream(side.sign() * residual)
    }

    /// 1/P(X > x) where the residual is strictly beyond the excess threshold of the side, else 1.
    pub(crate) fn rarity(&self, side: Side, residual: f64) -> f64 {
        let residual = side.sign() * residual;
        match (self.model(), self.tail(side)) {
            (Some(model), Some(tail)) if residual > tail.excess_threshold() => {
                1.0 / tail.probability(residual, model.n(side)).max(f64::MIN_POSITIVE)
            }
            _ => 1.0,
        }
    }

    /// The same of a value, and its derivatives by value/unit in the direction of the side.
    pub(crate) fn rarity_jet(&self, side: Side, x: f64, unit: f64) -> [f64; 3] {
        let seen = self.see(x);
        let residual = side.sign() * seen.residual;
        match (self.model(), self.tail(side)) {
            (Some(model), Some(tail)) if residual > tail.excess_threshold() => {
                let [p, first, second] =
                    tail.probability_jet(residual, model.n(side), unit / seen.scale());
                let rarity = 1.0 / p.max(f64::MIN_POSITIVE);
                let slope = -first * rarity;
                [rarity, slope * rarity, (2.0 * slope * slope - second * rarity) * rarity]
            }
            _ => [1.0, 0.0, 0.0],
        }
    }

    /// The same of both sides; 1 without asking where the residual is not in a tail.
    #[inline]
    pub(crate) fn rarities(&self, residual: f64) -> [f64; 2] {
        match self.model() {
            Some(model) if model.is_normal(residual) => [1.0; 2],
            _ => Side::BOTH.map(|side| self.rarity(side, residual)),
        }
    }
}
