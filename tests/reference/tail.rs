//! One tail: its buffer, its fit, its thresholds, and how much it may learn of departures.

use std::collections::VecDeque;

use tailspot::{Accounting, Config, Side, Threshold};

use super::baseline::is_moving;
use super::calibration::{Start, reject_outliers};
use super::likelihood::{Entry, Gpd, estimate, local_maxima};
use super::moving::{Memory, cluster};
use super::posterior::{Background, NOTHING, Posterior, effective};

/// A departure is plausible if a value beyond it is at least this part as likely as one beyond z.
const PLAUSIBLE: f64 = 0.2;

/// The learning limit, and the bucket of budgeted accounting.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    /// Excesses beyond it depart from the model.
    pub(crate) limit: f64,
    /// What the bucket holds, and at most.
    pub(crate) allowance: f64,
    pub(crate) depth: f64,
    /// What was taken out of the bucket and is not a whole entry yet.
    pub(crate) carried: f64,
    /// What every learned value adds.
    rate: f64,
    /// What a plausible departure costs.
    weight: f64,
}

/// A tail, as an upper one: the lower one sees -x.
#[derive(Clone, Debug)]
pub(crate) struct Tail {
    pub(crate) side: Side,
    /// Excess threshold (in the middle of a step, for a lattice) and anomaly threshold.
    pub(crate) t: f64,
    pub(crate) half_step: f64,
    pub(crate) z: f64,
    /// The maximum of the likelihood, or the means of the posterior.
    pub(crate) gpd: Gpd,
    /// As of the last time that it followed, how many excesses there were then, what else was known, and the entries since.
    pub(crate) posterior: Option<Posterior>,
    pub(crate) k_then: f64,
    known_then: Background,
    pub(crate) waiting: usize,
    pub(crate) buffer: VecDeque<Entry>,
    /// Excesses, and departures that were learned.
    pub(crate) n_t: u64,
    /// What the robust fits took for anomalies.
    pub(crate) rejected: u64,
    /// Entries that count as values, too, but for this side only, so that the sides are mirror images.
    pub(crate) added: u64,
    pub(crate) budget: Option<Budget>,
    /// Values learned when each entry of the buffer was, where the stream may move, and the shapes of earlier buffers.
    marks: Option<VecDeque<u64>>,
    memory: Memory,
}

/// What is done with alerts.
pub(crate) fn accounting(config: &Config) -> Accounting {
    if config.alert { config.accounting } else { Accounting::Discarded }
}

impl Tail {
    pub(crate) fn new(config: &Config, side: Side, start: Start, rejected: u64, n: u64) -> Tail {
        let Start { t, half_step, excesses, positions } = start;
        let mut tail = Tail {
            side,
            t,
            half_step,
            z: t,
            gpd: Gpd { shape: 0.0, scale: 0.0 },
            posterior: None,
            waiting: 0,
            k_then: 0.0,
            known_then: NOTHING,
            buffer: VecDeque::new(),
            n_t: 0,
            rejected,
            added: 0,
            budget: None,
            marks: None,
            memory: Memory::default(),
        };
        excesses.iter().for_each(|&y| tail.push(config, Entry { y, censored: false }, 0));
        if rejected > 0 {
            let y = excesses.iter().copied().fold(0.0, f64::max);
            tail.push(config, Entry { y, censored: true }, 0);
            tail.added += 1;
        }
        if config.bounded && (config.limit > 0.0 || is_moving(config)) {
            // The limit that stands for the rejected ones comes last.
            let mut marks: VecDeque<u64> = positions.iter().map(|i| n.min(*i)).collect();
            marks.extend((rejected > 0).then_some(n));
            marks.drain(..marks.len() - tail.buffer.len());
            tail.marks = Some(marks);
        }
        if accounting(config) == Accounting::Budgeted {
            tail.budget = Some(Budget {
                limit: 0.0,
                allowance: f64::INFINITY,
                depth: 0.0,
                carried: 0.0,
                rate: 0.0,
                weight: 1.0,
            });
        }
        tail.waiting = usize::MAX;
        tail.follow(config, n);
        if let Some(budget) = &mut tail.budget {
            budget.allowance = budget.depth;
        }
        tail
    }

    /// One more entry; the oldest leaves a full buffer.
    pub(crate) fn push(&mut self, config: &Config, mut entry: Entry, n: u64) {
        self.n_t += 1;
        self.waiting += 1;
        if !entry.censored {
            // A value between the points of the lattice stays an excess.
            let step = self.half_step.min(entry.y);
            entry.y += step * (2.0 * golden_part(self.n_t) - 1.0);
        }
        let is_known = self.k() >= 40.0;
        if config.bounded && self.buffer.len() == config.max_excess {
            self.buffer.pop_front();
        }
        self.buffer.push_back(Entry { y: entry.y.min(f64::MAX), ..entry });
        if let Some(marks) = &mut self.marks {
            marks.push_back(n + self.added);
            marks.drain(..marks.len() - self.buffer.len());
            if self.buffer.len() == config.max_excess {
                self.remember(config, is_known);
            }
        }
    }

    /// Once all of a full buffer is new, what it says of the shape is kept.
    fn remember(&mut self, config: &Config, is_known: bool) {
        self.memory.age += 1;
        let has_posterior = self.budget.is_some() || config.threshold == Threshold::Calibrated;
        if self.memory.age >= self.buffer.len() && is_known && has_posterior {
            let alone = Background { shape: None, ..self.background() };
            let posterior = Posterior::new(self.buffer.make_contiguous(), alone);
            self.memory.take(posterior.expect("there are excesses").shape_and_variance());
        }
    }

    /// What is known besides the entries.
    fn background(&self) -> Background {
        match &self.marks {
            Some(marks) => Background { cluster: cluster(marks), shape: self.memory.prior() },
            None => NOTHING,
        }
    }

    /// The excesses that count.
    fn effective(&self) -> f64 {
        effective(self.k(), self.known_then.cluster)
    }

    /// The thresholds follow the buffer after n learned values: the maximum of the likelihood at once, the posterior when
    /// a quarter of its excesses is new; at once while it had, or has, fewer than 40.
    pub(crate) fn follow(&mut self, config: &Config, n: u64) {
        let is_plug_in = config.threshold == Threshold::PlugIn;
        if is_plug_in && let Some(gpd) = estimate(self.buffer.make_contiguous()) {
            self.gpd = gpd;
        }
        let is_few = self.k().min(self.k_then) < 40.0;
        let is_due = is_few || self.waiting >= (self.k() / 4.0) as usize;
        if is_due {
            self.integrate(config);
        }
        if is_plug_in || is_due {
            self.set_thresholds(config, n);
        }
    }

    /// The robust fit once more, four times while N_t doubles, from 64 on: what lies beyond the kept excesses goes, and one
    /// limit at the largest of them stands for it.
    pub(crate) fn review(&mut self, config: &Config, n: u64) {
        let is_due = (4..8).any(|i| (4..60).any(|j| self.n_t == i << j));
        if !is_due {
            return;
        }
        let excesses = self.buffer.iter().filter(|entry| !entry.censored).map(|entry| entry.y);
        let mut excesses: Vec<f64> = excesses.collect();
        if reject_outliers(&mut excesses) == 0 {
            return;
        }
        let largest = excesses.iter().copied().fold(0.0, f64::max);
        let (kept, gone): (Vec<Entry>, Vec<Entry>) =
            self.buffer.drain(..).partition(|entry| entry.y <= largest);
        self.buffer = kept.into();
        self.buffer.push_back(Entry { y: largest, censored: true });
        self.n_t = self.n_t + 1 - gone.len() as u64;
        self.rejected += gone.len() as u64;
        self.added = self.added + 1 - gone.iter().filter(|entry| entry.censored).count() as u64;
        self.waiting = usize::MAX;
        self.follow(config, n);
    }

    /// The posterior of what is in the buffer now.
    pub(crate) fn integrate(&mut self, config: &Config) {
        let is_plug_in = config.threshold == Threshold::PlugIn;
        (self.waiting, self.k_then) = (0, self.k());
        self.known_then = self.background();
        if !is_plug_in || self.budget.is_some() {
            self.posterior = Posterior::new(self.buffer.make_contiguous(), self.known_then);
        }
        if !is_plug_in {
            let none = (0.0, 0.0);
            let (shape, scale) = self.posterior.as_ref().map_or(none, Posterior::shape_and_scale);
            self.gpd = Gpd { shape, scale };
        }
    }

    /// Excesses in the buffer that are not only limits.
    pub(crate) fn k(&self) -> f64 {
        self.buffer.iter().filter(|entry| !entry.censored).count() as f64
    }

    /// P(X > t) after n learned values.
    fn share(&self, config: &Config, n: u64) -> f64 {
        if let Some(marks) = &self.marks
            && self.buffer.len() == config.max_excess
            && self.buffer.len() >= 20
        {
            let span = (n + self.added - marks[0]).max(marks.len() as u64);
            return marks.len() as f64 / span as f64;
        }
        let one = if config.threshold == Threshold::PlugIn { 0.0 } else { 1.0 };
        (self.n_t as f64 + one) / ((n + self.added) as f64 + one)
    }

    /// The probability beyond z among excesses, as the predictive has to give it: its exceedance is too small by about
    /// k/(k + 1), and deep in the tail it says too little.
    pub(crate) fn wanted(&self, config: &Config, n: u64) -> f64 {
        let beyond = config.q / self.share(config, n);
        let fitted = if beyond < 1e-3 { 1e-3 * (beyond / 1e-3).powf(1.0 / 0.9) } else { beyond };
        fitted * self.effective() / (self.effective() + 1.0)
    }

    /// The same beyond the learning limit: four excesses of a full buffer (two if the shape is known from before), but at
    /// most half.
    pub(crate) fn wanted_beyond_limit(&self, config: &Config, n: u64) -> f64 {
        let most = if self.known_then.shape.is_some() { 2.0 } else { 4.0 };
        self.wanted(config, n).min(1.0).max((most / self.k()).min(0.5))
    }

    /// Anomaly threshold and learning limit after n learned values.
    pub(crate) fn set_thresholds(&mut self, config: &Config, n: u64) {
        let inside = match config.threshold {
            Threshold::PlugIn => match config.q / self.share(config, n) {
                r if r < 1.0 && self.gpd.scale > 0.0 => self.gpd.quantile(r),
                _ => 0.0,
            },
            _ => self.predictive_quantile(self.wanted(config, n)),
        };
        self.z = self.t + (inside + self.half_step);
        if self.budget.is_some() {
            self.set_limit(config, n, inside);
        }
    }

    fn set_limit(&mut self, config: &Config, n: u64, anomaly: f64) {
        let (k, share) = (self.effective(), self.share(config, n));
        let cluster = self.k() / k;
        let wanted = self.wanted(config, n).min(1.0);
        let beyond = self.wanted_beyond_limit(config, n);
        let at =
            if beyond > wanted { self.predictive_quantile(beyond).min(anomaly) } else { anomaly };
        let Some(budget) = &mut self.budget else { return };
        let (expected, variance);
        match &self.posterior {
            Some(posterior) => {
                let each = (k + 1.0) / k;
                budget.limit = at + self.half_step;
                budget.rate = share * beyond * each;
                budget.weight = 1.0 / (1.0 - PLAUSIBLE * wanted / beyond);
                expected = (self.buffer.len() as f64).min(200.0) * beyond * each;
                let spread = posterior.square(at) / (beyond * beyond) - 1.0;
                variance = spread.max(0.0) + cluster / self.n_t as f64 + (cluster - 1.0) / expected;
            }
            None => {
                // Nothing is known but where the tail starts.
                (budget.limit, budget.rate, budget.weight) = (self.half_step, share, 1.0);
                (expected, variance) = (1.0, 1.0);
            }
        }
        budget.depth = 2.5 * (expected + variance * expected * expected).sqrt();
        budget.allowance = budget.allowance.min(budget.depth);
    }

    fn predictive_quantile(&self, r: f64) -> f64 {
        self.posterior.as_ref().map_or(0.0, |posterior| posterior.quantile(r))
    }

    /// Whether an excess departs from the model although it may not be an alert.
    pub(crate) fn is_beyond_limit(&self, y: f64) -> bool {
        self.budget.as_ref().is_some_and(|budget| y > budget.limit)
    }

    /// How likely a value beyond the departure is, in parts of what makes it plausible: it is from 1 on.
    pub(crate) fn plausibility(&self, config: &Config, n: u64, y: f64) -> f64 {
        let Some(posterior) = &self.posterior else { return f64::INFINITY };
        let probability = posterior.probability((y - self.half_step).max(0.0));
        probability / (PLAUSIBLE * self.wanted(config, n).min(1.0))
    }

    /// A value was learned: the bucket fills.
    pub(crate) fn fill(&mut self) {
        if let Some(budget) = &mut self.budget {
            budget.allowance = (budget.allowance + 1.02 * budget.rate).min(budget.depth);
        }
    }

    /// A plausible departure takes what it costs out of the bucket, or what there is. Returns how many entries it makes.
    pub(crate) fn take(&mut self) -> u64 {
        let Some(budget) = &mut self.budget else { return 0 };
        let taken = budget.weight.min(budget.allowance);
        budget.allowance -= taken;
        let whole = (budget.carried + taken).floor();
        budget.carried += taken - whole;
        whole as u64
    }

    /// P(beyond x), consistent with the threshold rule; NaN below t.
    pub(crate) fn probability(&self, config: &Config, n: u64, x: f64) -> f64 {
        if !(x >= self.t) {
            return f64::NAN;
        }
        let y = (x - self.t - self.half_step).max(0.0);
        let inside = match (config.threshold, &self.posterior) {
            (Threshold::PlugIn, _) => self.gpd.survival(y),
            (_, Some(posterior)) => {
                let k = self.effective();
                (posterior.probability(y) * (k + 1.0) / k).min(1.0)
            }
            (_, None) => 1.0,
        };
        let is_deep = config.threshold == Threshold::Calibrated && inside < 1e-3;
        let inside = if is_deep { 1e-3 * (inside / 1e-3).powf(0.9) } else { inside };
        self.share(config, n) * inside
    }

    /// The maximum of the likelihood that this is, if it is one.
    pub(crate) fn maximum_near(&mut self, gpd: Gpd) -> Option<Gpd> {
        let near = |other: &Gpd| {
            (other.shape - gpd.shape).abs() < 1e-7 && (other.scale / gpd.scale - 1.0).abs() < 1e-7
        };
        local_maxima(self.buffer.make_contiguous()).into_iter().find(near)
    }
}

/// The fraction of i times the golden ratio: where in its step an excess of a lattice is put, since nobody knows where it
/// was before it was rounded.
fn golden_part(i: u64) -> f64 {
    let bits = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11;
    (bits as f64 + 0.5) / 2_f64.powi(53)
}
