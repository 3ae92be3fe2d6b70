//! When a value is learned, and what an alert leaves behind: quarantine and the budget of alerts.
//!
//! The positions count judged values. A value is learned when it is `quarantine` values old and no alert fell within
//! `quarantine` values on either side of it; since normal values only count, the number learned so far follows from the
//! position, and only excesses wait in a queue. The step asks nothing of the ledger before `quiet_until`.

use std::collections::VecDeque;

use crate::config::{Accounting, Config};
use crate::event::Side;

/// Part of the probability q that a learned value owes to the tail beyond the threshold, whatever the alerts look like.
pub(crate) const STEADY: f64 = 0.8;
/// An alert is plausible if the tail gives a value beyond it at least this part of q.
pub(crate) const PLAUSIBLE: f64 = 0.7;
/// What an isolated, plausible alert is credited: the rest of q, shared by the alerts that a clean stream shows there.
const CREDIT: f64 = (1.0 - STEADY) / (1.0 - PLAUSIBLE);
/// The first payment falls due after half the usual time: neither early nor late on average.
const OWED_AT_START: f64 = 0.5;
/// A debt is due when it is 1 up to rounding.
const DUE: f64 = 1.0 - 1e-9;

/// An excess that waits for the end of its quarantine.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Pending {
    position: u64,
    pub(crate) side: Side,
    pub(crate) excess: f64,
}

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Ledger {
    quarantine: u64,
    /// Values judged so far.
    position: u64,
    /// Up to this position nothing is due while values are normal.
    quiet_until: u64,
    /// Values learned by the time that learning (re)started, and the position after which it does.
    learned_before: u64,
    learning_from: u64,
    /// Values that the budget added to the model of each side (up, down).
    credits: [u64; 2],
    last_alert: Option<u64>,
    pending: VecDeque<Pending>,
    /// An isolated, plausible alert, until its quarantine is over.
    candidate: Option<(u64, Side)>,
    /// What the model is owed on each side (up, down), as of `owed_at` learned values.
    owed: [f64; 2],
    owed_at: u64,
    /// Learned values by which the larger debt is due.
    owed_until: u64,
}

impl Ledger {
    /// Starts after a calibration that learned n values.
    pub(crate) fn new(config: &Config, n: u64) -> Self {
        let mut ledger = Ledger {
            quarantine: config.quarantine_in_force(),
            position: 0,
            quiet_until: 0,
            learned_before: n,
            learning_from: config.quarantine_in_force(),
            credits: [0; 2],
            last_alert: None,
            pending: VecDeque::new(),
            candidate: None,
            owed: [OWED_AT_START; 2],
            owed_at: n,
            owed_until: n,
        };
        ledger.fall_due(config);
        ledger.plan();
        ledger
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Values learned from.
    #[inline]
    pub(crate) fn learned(&self) -> u64 {
        self.learned_before + self.position.saturating_sub(self.learning_from)
    }

    /// Values in the model of a side: learned ones and its credits.
    #[inline]
    pub(crate) fn n(&self, side: Side) -> u64 {
        self.learned() + self.credits[side.index()]
    }

    /// How many normal values may be counted before something is due.
    #[inline]
    pub(crate) fn room(&self) -> u64 {
        self.quiet_until.saturating_sub(self.position)
    }

    /// Counts values; normal ones up to [`room`](Ledger::room), or one that [`settle`](crate::detector::model::Watch) follows.
    #[inline]
    pub(crate) fn count(&mut self, values: u64) {
        self.position += values;
    }

    /// Whether no alert came within the quarantine before the next value.
    pub(crate) fn is_isolated(&self) -> bool {
        self.last_alert.is_none_or(|last| self.position + 1 - last > self.quarantine)
    }

    /// Counts an alert: learning stops, and starts again after the quarantine. Returns whether it was isolated.
    pub(crate) fn alert(&mut self) {
        self.learned_before = self.learned();
        self.position += 1;
        self.learning_from = self.position + 2 * self.quarantine;
        self.last_alert = Some(self.position);
        self.pending.clear();
        self.candidate = None;
    }

    /// The alert at this position is part of the model at once.
    pub(crate) fn learn_alert(&mut self) {
        self.learned_before += 1;
    }

    /// Remembers the alert at this position as one that may be credited.
    pub(crate) fn propose(&mut self, side: Side) {
        self.candidate = Some((self.position, side));
    }

    /// The side of a candidate whose quarantine is over; it is credited.
    pub(crate) fn credit_candidate(&mut self, config: &Config) -> Option<Side> {
        let (position, side) = self.candidate?;
        if self.position - position < self.quarantine {
            return None;
        }
        self.candidate = None;
        self.accrue(config);
        self.owed[side.index()] += CREDIT;
        Some(side)
    }

    /// Takes an excess at this position into quarantine, unless an alert is too near.
    pub(crate) fn hold(&mut self, side: Side, excess: f64) {
        if self.last_alert.is_none_or(|last| self.position - last > self.quarantine) {
            self.pending.push_back(Pending { position: self.position, side, excess });
        }
    }

    /// The excess whose quarantine is over at this position.
    pub(crate) fn release(&mut self) -> Option<Pending> {
        let due = self.pending.front()?.position + self.quarantine <= self.position;
        if due { self.pending.pop_front() } else { None }
    }

    /// Brings what learning owes up to date. To be called before `q` changes, too; [`fall_due`](Ledger::fall_due) follows.
    pub(crate) fn accrue(&mut self, config: &Config) {
        let owed = rate(config) * (self.learned() - self.owed_at) as f64;
        self.owed = self.owed.map(|o| o + owed);
        self.owed_at = self.learned();
    }

    /// Whether learning has made a debt due.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        self.learned() >= self.owed_until
    }

    /// Pays one credit if it is due.
    pub(crate) fn pay(&mut self, side: Side) -> bool {
        let owed = &mut self.owed[side.index()];
        let is_due = *owed >= DUE;
        if is_due {
            *owed -= 1.0;
        }
        is_due
    }

    /// A paid credit entered the model.
    pub(crate) fn credit(&mut self, side: Side) {
        self.credits[side.index()] += 1;
    }

    /// Finds the next position at which something is due even if all values until then are normal.
    #[inline]
    pub(crate) fn plan(&mut self) {
        let mut due = self.next_payment();
        if let Some(pending) = self.pending.front() {
            due = due.min(pending.position + self.quarantine);
        }
        if let Some((position, _)) = self.candidate {
            due = due.min(position + self.quarantine);
        }
        self.quiet_until = due.max(self.position + 1) - 1;
    }

    /// Finds how many values must be learned until the larger debt is due, after the debts changed.
    pub(crate) fn fall_due(&mut self, config: &Config) {
        let rate = rate(config);
        // A float becomes an integer without overflow: far away is far enough.
        let values = ((DUE - self.owed[0].max(self.owed[1])) / rate).ceil();
        self.owed_until =
            if rate == 0.0 { u64::MAX } else { self.owed_at.saturating_add(values as u64) };
    }

    /// The position of that.
    #[inline]
    fn next_payment(&self) -> u64 {
        self.learning_from.saturating_add(self.owed_until.saturating_sub(self.learned_before))
    }

    /// Whether the parts agree with each other and with the parameters, for state that was read from bytes.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(&self, config: &Config) -> bool {
        const FAR: u64 = 1 << 62;
        let counts = [
            self.position,
            self.learned_before,
            self.learning_from,
            self.credits[0],
            self.credits[1],
        ];
        let is_past = |position: u64| position <= self.position;
        let is_planned = || {
            let mut planned = self.clone();
            planned.fall_due(config);
            planned.plan();
            planned == *self
        };
        counts.iter().all(|count| *count < FAR)
            && self.quarantine == config.quarantine_in_force()
            && self.owed_at <= self.learned()
            && rate(config) * ((self.learned() - self.owed_at) as f64) < 4.0
            && self.last_alert.is_none_or(is_past)
            && self
                .candidate
                .is_none_or(|(position, side)| is_past(position) && config.watches(side))
            && self.owed.iter().all(|owed| owed.is_finite() && owed.abs() < 4.0)
            && self.pending.iter().all(|p| {
                is_past(p.position)
                    && config.watches(p.side)
                    && p.excess > 0.0
                    && p.excess.is_finite()
            })
            && is_planned()
    }
}

/// What a learned value owes on each side.
fn rate(config: &Config) -> f64 {
    match config.accounting_in_force() {
        Accounting::Budgeted => STEADY * config.q,
        _ => 0.0,
    }
}
