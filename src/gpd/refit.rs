//! The amortised O(1) refit: shape and scale after every new excess, without looking at the other excesses.
//!
//! The likelihood near the last optimum comes from power sums about an anchor ([`Expansion`]). A new excess, and the one
//! that it evicts, change the sums; the optimum follows by one to three Halley steps. When the error bound of the
//! expansion exceeds the tolerance, the likelihood is expanded about a new anchor (one pass, a few times in a
//! hundred excesses), and when that does not help either the certified full fit answers.

use crate::gpd::buffer::ExcessBuffer;
use crate::gpd::expansion::{Expansion, Jet};
use crate::gpd::fit::{MIN_MLE, Outcome, fit_censored};
use crate::gpd::maxima::{SHAPE_CAP, SHAPE_FLOOR};

/// Largest error of τ that the expansion may leave, relative to max(|τ|, 1) in units of the mean excess.
const TOLERANCE: f64 = 1e-9;
/// Steps below this part of τ are followed by an error of about their cube, which is below the tolerance.
const LAST_STEP: f64 = 5e-4;
/// Closer to 0 than this the anchor is 0, where the expansion has a form without cancellation.
const NEAR_ZERO: f64 = 2e-3;
/// Newton on a fixed shape and about 0 converges quadratically.
const LAST_NEWTON_STEP: f64 = 1e-6;
/// Part of the radius of convergence that is used.
const RADIUS: f64 = 0.7;
const MAX_STEPS: usize = 12;
const MAX_ANCHORS: usize = 4;

/// Where the optimum is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// A stationary point of the profile likelihood.
    Interior,
    /// The shape is held at a bound (floor or cap).
    Bound(f64),
}

/// The answer of one attempt to solve with the expansion.
enum Attempt {
    Solved,
    /// The optimum is near this τ, too far from the anchor.
    Expand(f64),
    /// The expansion does not hold.
    Lost,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refit {
    pub(crate) expansion: Expansion,
    /// Distance of the optimum from the anchor.
    pub(crate) delta: f64,
    pub(crate) mode: Mode,
    /// Whether the expansion describes the buffer.
    pub(crate) expanded: bool,
    pub(crate) shape: f64,
    pub(crate) scale: f64,
    pub(crate) outcome: Option<Outcome>,
}

impl Refit {
    pub(crate) fn new() -> Self {
        Refit {
            expansion: Expansion::new(),
            delta: 0.0,
            mode: Mode::Interior,
            expanded: false,
            shape: 0.0,
            scale: 0.0,
            outcome: None,
        }
    }

    /// Fits all that the buffer holds.
    pub(crate) fn calibrate(&mut self, buffer: &ExcessBuffer) {
        self.full_fit(buffer);
    }

    /// Learns an entry that the buffer has just taken, and the one that it evicted.
    #[inline]
    pub(crate) fn push(&mut self, buffer: &ExcessBuffer, entry: f64, evicted: Option<f64>) {
        if !(self.expanded
            && self.expansion.exchange(buffer, entry, evicted)
            && self.follow(buffer))
        {
            self.full_fit(buffer);
        }
    }

    pub(crate) fn shape(&self) -> f64 {
        self.shape
    }

    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Follows the optimum, with new anchors where needed. False if it got lost.
    #[inline]
    fn follow(&mut self, buffer: &ExcessBuffer) -> bool {
        if buffer.uncensored() < MIN_MLE {
            return false;
        }
        if self.expansion.age >= buffer.len().max(64) {
            if self.mode != Mode::Interior {
                return false; // Beside a bound there may be an interior maximum: the full fit looks, once a turnover.
            }
            // Bounds the drift of the sums and refreshes unit and maxima.
            let tau = (self.expansion.anchor + self.delta) * self.expansion.rescan(buffer);
            if !self.expand(buffer, tau) {
                return false;
            }
        }
        match self.solve(buffer) {
            Attempt::Solved => true,
            Attempt::Expand(tau) => self.follow_anew(buffer, tau),
            Attempt::Lost => false,
        }
    }

    fn follow_anew(&mut self, buffer: &ExcessBuffer, mut tau: f64) -> bool {
        for _ in 0..MAX_ANCHORS {
            if !self.expansion.is_feasible(tau) {
                tau *= self.expansion.rescan(buffer);
            }
            if !self.expand(buffer, tau) {
                return false;
            }
            match self.solve(buffer) {
                Attempt::Solved => return true,
                Attempt::Expand(next) => tau = next,
                Attempt::Lost => return false,
            }
        }
        false
    }

    /// Expands the likelihood about τ, or about 0 if τ is near it. False if the expansion would not hold.
    fn expand(&mut self, buffer: &ExcessBuffer, tau: f64) -> bool {
        if !self.expansion.is_feasible(tau) {
            return false;
        }
        let anchor = if tau.abs() < NEAR_ZERO { 0.0 } else { tau };
        self.expansion.expand(buffer, anchor);
        self.delta = tau - anchor;
        self.expansion.w_max.is_finite()
    }

    #[inline]
    fn solve(&mut self, buffer: &ExcessBuffer) -> Attempt {
        match self.mode {
            Mode::Bound(shape) => self.solve_bound(buffer, shape),
            Mode::Interior if self.expansion.anchor == 0.0 => self.solve_about_zero(buffer),
            Mode::Interior => self.solve_interior(buffer),
        }
    }

    /// ℓ'(τ) = 1/τ - V'/V - W'/k = 0 by Halley's method.
    #[inline]
    fn solve_interior(&mut self, buffer: &ExcessBuffer) -> Attempt {
        let per_k = 1.0 / buffer.uncensored() as f64;
        let anchor = self.expansion.anchor;
        let radius = RADIUS / self.expansion.w_max;
        let mut delta = self.delta;
        for _ in 0..MAX_STEPS {
            let v = self.expansion.all(delta);
            let w = self.expansion.uncensored(buffer, delta, &v);
            let tau = anchor + delta;
            let inverse = 1.0 / (tau * v[0]);
            let (t, iv) = (inverse * v[0], inverse * tau);
            let r = v[1] * iv;
            let f = t - r - w[1] * per_k;
            let f1 = r * r - t * t - v[2] * iv - w[2] * per_k;
            let f2 =
                2.0 * t * t * t - v[3] * iv + r * (3.0 * v[2] * iv - 2.0 * r * r) - w[3] * per_k;
            if !(f1 < 0.0) || v[0] * per_k < -1.0 {
                return Attempt::Lost;
            }
            let halley = f1 * f1 - 0.5 * f * f2;
            let step = if halley > 0.25 * f1 * f1 { -f * f1 / halley } else { -f / f1 };
            delta += step;
            let next = anchor + delta;
            if !(delta.abs() < radius && next * anchor > 0.0 && next.abs() > 0.5 * NEAR_ZERO) {
                return Attempt::Expand(anchor + delta.max(-radius).min(radius));
            }
            if step.abs() < LAST_STEP * next.abs().min(1.0) {
                let error = self.expansion.remainder(delta, 1) * (per_k + iv.abs()) / -f1;
                if !(error <= TOLERANCE) {
                    return Attempt::Expand(next);
                }
                return self.accept(buffer, delta, shape_after(&v, step) * per_k);
            }
        }
        Attempt::Lost
    }

    /// Takes an interior optimum, or holds the shape at the bound that it passed.
    #[inline]
    fn accept(&mut self, buffer: &ExcessBuffer, delta: f64, shape: f64) -> Attempt {
        self.delta = delta;
        if !(SHAPE_FLOOR..=SHAPE_CAP).contains(&shape) {
            let bound = if shape < SHAPE_FLOOR { SHAPE_FLOOR } else { SHAPE_CAP };
            self.mode = Mode::Bound(bound);
            return self.solve_bound(buffer, bound);
        }
        self.shape = shape;
        self.scale = shape / (self.expansion.anchor + delta) / self.expansion.unit;
        self.outcome = Some(Outcome::Converged);
        Attempt::Solved
    }

    /// The same equation about τ = 0 as -g'/g - W'/k = 0 with g = V/τ, by Newton's method.
    fn solve_about_zero(&mut self, buffer: &ExcessBuffer) -> Attempt {
        let k = buffer.uncensored() as f64;
        let radius = RADIUS / self.expansion.w_max;
        let mut tau = self.delta;
        for _ in 0..MAX_STEPS {
            let ([g, g1, g2], [w1, w2]) = self.expansion.about_zero(buffer, tau);
            let r = g1 / g;
            let f = -r - w1 / k;
            let f1 = r * r - g2 / g - w2 / k;
            if !(f1 < 0.0) {
                return Attempt::Lost;
            }
            let step = -f / f1;
            tau += step;
            if !(tau.abs() < radius) {
                return Attempt::Expand(tau.max(-radius).min(radius));
            }
            if step.abs() < LAST_NEWTON_STEP {
                let error = self.expansion.remainder(tau, 2) * (1.0 / k + 1.0 / g) / -f1;
                if !(error <= TOLERANCE) {
                    return Attempt::Expand(if tau.abs() < NEAR_ZERO {
                        NEAR_ZERO.copysign(tau)
                    } else {
                        tau
                    });
                }
                let scaled = (g + g1 * step) / k;
                self.delta = tau;
                self.shape = tau * scaled;
                self.scale = scaled / self.expansion.unit;
                self.outcome = Some(Outcome::Converged);
                return Attempt::Solved;
            }
        }
        Attempt::Lost
    }

    /// The likelihood at a fixed shape γ: 1/τ - W'/k - V'/(kγ) = 0 by Newton's method; unique and smooth.
    fn solve_bound(&mut self, buffer: &ExcessBuffer, bound: f64) -> Attempt {
        let per_k = 1.0 / buffer.uncensored() as f64;
        let anchor = self.expansion.anchor;
        let radius = RADIUS / self.expansion.w_max;
        let mut delta = self.delta;
        for _ in 0..MAX_STEPS {
            let v = self.expansion.all(delta);
            let w = self.expansion.uncensored(buffer, delta, &v);
            let t = 1.0 / (anchor + delta);
            let f = t - (w[1] + v[1] / bound) * per_k;
            let f1 = -t * t - (w[2] + v[2] / bound) * per_k;
            let step = -f / f1;
            delta += step;
            let next = anchor + delta;
            if !(delta.abs() < radius && next * bound > 0.0) {
                let tau = anchor + delta.max(-radius).min(radius);
                return if tau * bound > 0.0 { Attempt::Expand(tau) } else { Attempt::Lost };
            }
            if step.abs() < LAST_NEWTON_STEP * next.abs() {
                let error = self.expansion.remainder(delta, 1) * per_k * (1.0 + 1.0 / bound.abs())
                    / f1.abs();
                if !(error <= TOLERANCE) {
                    return Attempt::Expand(next);
                }
                self.delta = delta;
                let free = shape_after(&v, step) * per_k;
                return self.hold_or_release(buffer, bound, free);
            }
        }
        Attempt::Lost
    }

    /// The optimum stays at a bound as long as the likelihood still rises beyond it.
    fn hold_or_release(&mut self, buffer: &ExcessBuffer, bound: f64, free: f64) -> Attempt {
        if (free - bound) * bound < 0.0 {
            self.mode = Mode::Interior;
            return if self.expansion.anchor == 0.0 {
                Attempt::Lost
            } else {
                self.solve_interior(buffer)
            };
        }
        self.shape = bound;
        self.scale = bound / (self.expansion.anchor + self.delta) / self.expansion.unit;
        self.outcome = Some(if bound < 0.0 { Outcome::Floor } else { Outcome::Cap });
        Attempt::Solved
    }

    /// The certified answer, and a fresh expansion about it.
    #[cold]
    fn full_fit(&mut self, buffer: &ExcessBuffer) {
        self.expanded = false;
        let (censored, uncensored): (Vec<f64>, Vec<f64>) =
            buffer.entries().iter().partition(|y| **y < 0.0);
        if uncensored.is_empty() {
            return; // Nothing to estimate a shape from: the last one stays.
        }
        let censored: Vec<f64> = censored.iter().map(|y| -y).collect();
        let fit = fit_censored(&uncensored, &censored);
        (self.shape, self.scale, self.outcome) = (fit.shape, fit.scale, Some(fit.outcome));
        if uncensored.len() < MIN_MLE {
            return;
        }
        self.mode = match fit.outcome {
            Outcome::Converged => Mode::Interior,
            _ => Mode::Bound(fit.shape),
        };
        self.expansion.rescan(buffer);
        let tau = fit.shape / (fit.scale * self.expansion.unit);
        self.expanded = tau.is_finite() && self.expand(buffer, tau);
    }
}

/// V at the point that the last step led to.
#[inline]
fn shape_after(v: &Jet, step: f64) -> f64 {
    v[0] + step * (v[1] + step * (0.5 * v[2] + step * v[3] * (1.0 / 6.0)))
}
