//! One tail: its buffer, its fit, its thresholds.

use std::collections::VecDeque;

use tailspot::{Config, Side, Threshold};

use super::likelihood::{Entry, Gpd, calibrated, correction, estimate, local_maxima};

/// A tail, as an upper one: the lower one sees -x.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    pub(crate) side: Side,
    /// Excess threshold and anomaly threshold.
    pub(crate) t: f64,
    pub(crate) z: f64,
    pub(crate) gpd: Gpd,
    pub(crate) buffer: VecDeque<Entry>,
    /// Excesses, censored alerts and credits.
    pub(crate) n_t: u64,
    /// What the budget added: these count as values, too, but for this side only, so that the sides are mirror images.
    pub(crate) credits: u64,
    /// What clean data owe, less the steady part since the last change of q, less what was paid.
    pub(crate) owed: f64,
}

impl Tail {
    pub(crate) fn new(config: &Config, side: Side, t: f64, excesses: Vec<f64>, owed: f64) -> Tail {
        let gpd = Gpd { shape: 0.0, scale: 0.0 };
        let (buffer, n_t) = (VecDeque::new(), excesses.len() as u64);
        let mut tail = Tail { side, t, z: t, gpd, buffer, n_t, credits: 0, owed };
        excesses.into_iter().for_each(|y| tail.push(config, Entry { y, censored: false }));
        tail
    }

    /// The oldest entry leaves a full buffer.
    pub(crate) fn push(&mut self, config: &Config, entry: Entry) {
        if config.bounded && self.buffer.len() == config.max_excess {
            self.buffer.pop_front();
        }
        self.buffer.push_back(Entry { y: entry.y.min(f64::MAX), ..entry });
    }

    /// The fit of the buffer, and the threshold after n learned values.
    pub(crate) fn refit(&mut self, config: &Config, n: u64) {
        if let Some(gpd) = estimate(self.buffer.make_contiguous()) {
            self.gpd = gpd;
        }
        self.set_threshold(config, n);
    }

    pub(crate) fn set_threshold(&mut self, config: &Config, n: u64) {
        let r = config.q * (n + self.credits) as f64 / self.n_t as f64;
        self.z = self.t;
        if r < 1.0 && self.gpd.scale > 0.0 {
            let inside = match config.threshold {
                Threshold::PlugIn => r,
                Threshold::Calibrated => calibrated(r, self.gpd.shape, self.uncensored()),
            };
            self.z += self.gpd.quantile(inside);
        }
    }

    /// P(beyond t + y), consistent with the threshold rule.
    pub(crate) fn probability(&self, config: &Config, n: u64, y: f64) -> f64 {
        let mut r = self.gpd.survival(y);
        if config.threshold == Threshold::Calibrated && r > 0.0 {
            r *= 1.0 + correction(r, self.gpd.shape, self.uncensored());
        }
        self.n_t as f64 / (n + self.credits) as f64 * r
    }

    /// Takes over another local maximum of the likelihood. The engine follows one maximum from push to push, and where
    /// a sample has two (about one in 2,000) it may be on the other; true if `gpd` is one.
    pub(crate) fn adopt(&mut self, config: &Config, n: u64, gpd: Gpd) -> bool {
        let near = |other: &Gpd| {
            (other.shape - gpd.shape).abs() < 1e-7 && (other.scale / gpd.scale - 1.0).abs() < 1e-7
        };
        let maxima = local_maxima(self.buffer.make_contiguous());
        let Some(other) = maxima.into_iter().find(near) else { return false };
        self.gpd = other;
        self.set_threshold(config, n);
        true
    }

    fn uncensored(&self) -> usize {
        self.buffer.iter().filter(|entry| !entry.censored).count()
    }
}
