//! One watched side: its tail, the buffer of excesses, and the allowance.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::MOST;
use super::fit::{MaximumV1, PosteriorV1};
use crate::config::{Accounting, Config, Threshold};
use crate::detector::learning::{Allowance, Frequency};
use crate::detector::model::Watched;
use crate::gpd::buffer::ExcessBuffer;
use crate::tail::moving::{self, Arrivals, Estimate, Moving, ShapeMemory};
use crate::tail::posterior::{FEW, Posterior};
use crate::tail::{CleanStream, Limit, Tail, background};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SideV1 {
    excess_threshold: f64,
    anomaly_threshold: f64,
    half_step: f64,
    n_t: u64,
    rejected: u64,
    added: u64,
    /// Alerts lately, as of a position, and the surplus ones.
    frequency: (f64, u64, u64),
    moving: Option<MovingV1>,
    oldest: usize,
    pub(super) entries: Vec<f64>,
    maximum: Option<MaximumV1>,
    /// From [`FEW`] excesses on; below it follows from the entries.
    posterior: Option<PosteriorV1>,
    budget: Option<BudgetV1>,
}

/// When the excesses came, and the shape that the tail had before.
#[derive(Debug, Serialize, Deserialize)]
struct MovingV1 {
    marks: VecDeque<u64>,
    /// Mean and variance of the blocks before the last one, and of the last one.
    before: [f64; 2],
    last: [f64; 2],
    movement: f64,
    blocks: u32,
    age: usize,
}

/// Learning limit and allowance.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BudgetV1 {
    limit: f64,
    plausible: f64,
    rate: f64,
    expected: f64,
    variance: f64,
    implausible: f64,
    tokens: f64,
    carried: f64,
    as_of: u64,
}

impl From<Watched> for SideV1 {
    fn from(Watched { tail, allowance, added, frequency }: Watched) -> Self {
        let (entries, oldest) = tail.buffer.into_entries();
        let budget = tail.limit.zip(allowance).map(|(limit, allowance)| BudgetV1 {
            limit: limit.excess,
            plausible: limit.plausible,
            rate: limit.clean.rate,
            expected: limit.clean.expected,
            variance: limit.clean.variance,
            implausible: limit.clean.implausible,
            tokens: allowance.tokens,
            carried: allowance.carried,
            as_of: allowance.as_of,
        });
        SideV1 {
            excess_threshold: tail.excess_threshold,
            anomaly_threshold: tail.anomaly_threshold,
            half_step: tail.half_step,
            n_t: tail.n_t,
            rejected: tail.rejected,
            added,
            frequency: (frequency.alerts, frequency.at, frequency.surplus),
            moving: tail.moving.map(|moving| MovingV1::from(*moving)),
            oldest,
            entries,
            maximum: tail.maximum.map(MaximumV1::from),
            posterior: tail.posterior.filter(Posterior::is_kept).map(PosteriorV1::from),
            budget,
        }
    }
}

pub(super) fn is_budgeted(config: &Config) -> bool {
    config.effective_accounting() == Accounting::Budgeted
}

impl SideV1 {
    pub(super) fn restore(self, config: &Config) -> Watched {
        let limit = self.budget.as_ref().map(BudgetV1::limit);
        let allowance = self.budget.as_ref().map(|budget| Allowance {
            tokens: budget.tokens,
            carried: budget.carried,
            as_of: budget.as_of,
            clean: budget.limit().clean,
        });
        let has_posterior = is_budgeted(config) || config.threshold != Threshold::PlugIn;
        let moving = self.moving.map(|moving| Box::new(moving.restore()));
        let posterior = has_posterior.then(|| match self.posterior {
            Some(state) => state.restore(),
            None => Posterior::of_few(&self.entries, background(&moving)),
        });
        let tail = Tail {
            excess_threshold: self.excess_threshold,
            anomaly_threshold: self.anomaly_threshold,
            half_step: self.half_step,
            n_t: self.n_t,
            rejected: self.rejected,
            buffer: ExcessBuffer::restored(self.entries, self.oldest, config.capacity()),
            maximum: self.maximum.map(MaximumV1::restore),
            posterior,
            limit,
            moving,
        };
        let (alerts, at, surplus) = self.frequency;
        let frequency = Frequency { alerts, at, surplus };
        Watched { tail, allowance, added: self.added, frequency }
    }

    pub(super) fn is_consistent(&self, config: &Config, position: u64, learned: u64) -> bool {
        let (alerts, at, surplus) = self.frequency;
        let n = learned + self.added.min(MOST);
        let is_budgeted = is_budgeted(config);
        let is_plug_in = config.threshold == Threshold::PlugIn;
        let is_entry = |entry: &f64| entry.is_finite() && *entry != 0.0;
        let uncensored = self.entries.iter().filter(|entry| **entry > 0.0).count();
        let is_many = uncensored >= FEW;
        self.excess_threshold.is_finite()
            && alerts >= 0.0
            && alerts.is_finite()
            && at <= position
            && surplus < MOST
            && self.moving.is_some() == config.has_span()
            && self.moving.as_ref().is_none_or(|moving| moving.is_consistent(self.entries.len(), n))
            && self.half_step >= 0.0
            && self.half_step.is_finite()
            && self.anomaly_threshold >= self.excess_threshold
            && self.entries.iter().all(is_entry)
            && config.capacity().is_none_or(|most| self.entries.len() <= most.get())
            && (self.oldest == 0 || self.oldest < self.entries.len())
            && self.n_t >= self.entries.len() as u64
            && self.added <= self.n_t
            && self.n_t < MOST
            && self.rejected < MOST
            && self.maximum.is_some() == is_plug_in
            && self.maximum.as_ref().is_none_or(|maximum| maximum.is_consistent(uncensored))
            && self.posterior.is_some() == ((is_budgeted || !is_plug_in) && is_many)
            && self
                .posterior
                .as_ref()
                .is_none_or(|posterior| posterior.is_consistent(&self.entries))
            && self.budget.is_some() == is_budgeted
            && self.budget.as_ref().is_none_or(|budget| budget.is_consistent(learned))
    }
}

impl From<Moving> for MovingV1 {
    fn from(Moving { arrivals, memory }: Moving) -> Self {
        let ShapeMemory { before, last, movement, blocks, age } = memory;
        let pair = |estimate: Estimate| [estimate.mean, estimate.variance];
        let (before, last) = (pair(before), pair(last));
        MovingV1 { marks: arrivals.into_marks(), before, last, movement, blocks, age }
    }
}

impl MovingV1 {
    fn memory(&self) -> ShapeMemory {
        let estimate = |[mean, variance]: [f64; 2]| Estimate { mean, variance };
        let (before, last) = (estimate(self.before), estimate(self.last));
        ShapeMemory { before, last, movement: self.movement, blocks: self.blocks, age: self.age }
    }

    fn restore(self) -> Moving {
        Moving { memory: self.memory(), arrivals: Arrivals::new(self.marks) }
    }

    /// Whether these are the marks of so many entries by the n-th learned value, and a shape that excesses can have.
    fn is_consistent(&self, entries: usize, n: u64) -> bool {
        let ShapeMemory { before, last, movement, age, .. } = self.memory();
        self.marks.len() == entries
            && self.marks.iter().is_sorted()
            && self.marks.back().is_none_or(|mark| *mark <= n)
            && before.is_sound()
            && last.is_sound()
            && movement.abs() < moving::MOST * moving::MOST
            && age < usize::MAX >> 1
    }
}

impl BudgetV1 {
    pub(super) fn limit(&self) -> Limit {
        let clean = CleanStream {
            rate: self.rate,
            expected: self.expected,
            variance: self.variance,
            implausible: self.implausible,
        };
        Limit { excess: self.limit, plausible: self.plausible, clean }
    }

    pub(super) fn is_consistent(&self, learned: u64) -> bool {
        let numbers = [self.limit, self.rate, self.expected, self.variance, self.tokens];
        numbers.iter().all(|number| *number >= 0.0 && number.is_finite())
            && (0.0..=1.0).contains(&self.plausible)
            && (0.0..1.0).contains(&self.implausible)
            && (0.0..1.0).contains(&self.carried)
            && self.as_of <= learned
    }
}
