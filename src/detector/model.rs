//! A calibrated detector: one or two tails and the ledger, one value at a time.

use crate::config::{Accounting, Config};
use crate::detector::learning::{Ledger, PLAUSIBLE};
use crate::event::{Event, Side};
use crate::tail::Tail;
use crate::tail::calibration::start;

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Watch {
    /// Values from `low` to `high` are in no watched tail.
    low: f64,
    high: f64,
    ledger: Ledger,
    /// Up, down.
    tails: [Option<Box<Tail>>; 2],
}

/// What a watch consists of.
pub(crate) type Parts = (Ledger, [Option<Box<Tail>>; 2]);

impl Watch {
    /// Calibrates on finite values in the order of the stream.
    pub(crate) fn new(config: &Config, values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let starts = Side::BOTH
            .map(|side| config.watches(side).then(|| start(config, side, values, &sorted)));
        let dropped: u64 = starts.iter().flatten().map(|start| start.dropped).sum();
        let tails: [Option<Box<Tail>>; 2] = starts.map(|start| {
            start.map(|start| Tail::new(config, start.excess_threshold, &start.excesses).into())
        });
        let ledger = Ledger::new(config, values.len() as u64 - dropped);
        let mut watch = Watch::from_parts((ledger, tails));
        watch.update_all(config);
        watch
    }

    /// What the rest follows from.
    #[cfg(feature = "pool")]
    pub(crate) fn parts(&self) -> impl serde::Serialize + use<'_> {
        (&self.ledger, &self.tails)
    }

    pub(crate) fn from_parts((ledger, tails): Parts) -> Self {
        let edge = |side: Side| {
            let tail = tails[side.index()].as_ref();
            side.sign() * tail.map_or(f64::MAX, |tail| tail.excess_threshold())
        };
        Watch { low: edge(Side::Down), high: edge(Side::Up), ledger, tails }
    }

    pub(crate) fn tail(&self, side: Side) -> Option<&Tail> {
        self.tails[side.index()].as_deref()
    }

    /// The excesses that the tails keep, to be taken out and put back as they were.
    #[cfg(feature = "pool")]
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        self.tails.iter_mut().flatten().map(|tail| tail.entries_mut())
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether x is in no watched tail and nothing is due: then it only counts.
    #[inline]
    pub(crate) fn is_quiet(&self, x: f64) -> bool {
        self.is_normal(x) && self.ledger.room() > 0
    }

    /// Whether x is a finite value in no watched tail.
    #[inline]
    pub(crate) fn is_normal(&self, x: f64) -> bool {
        x >= self.low && x <= self.high
    }

    /// The bounds of [`is_normal`](Watch::is_normal).
    pub(crate) fn normal_range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Counts values for which [`is_quiet`](Watch::is_quiet) holds.
    #[inline]
    pub(crate) fn count_quiet(&mut self, values: u64) {
        self.ledger.count(values);
    }

    /// Judges a value that is finite, or an infinity on a watched side, and learns what it may.
    #[inline(never)]
    pub(crate) fn step(&mut self, config: &Config, x: f64) -> Event {
        for side in Side::BOTH {
            let Some(tail) = &self.tails[side.index()] else { continue };
            let x = side.sign() * x;
            let Some(excess) = tail.excess(x) else { continue };
            if x == f64::INFINITY || (config.alert && x > tail.anomaly_threshold()) {
                self.alert(config, side, x);
                return Event::alert(side);
            }
            self.learn_next(config, Some((side, excess)));
            return Event::excess(side);
        }
        self.learn_next(config, None);
        Event::Normal
    }

    /// An alert: learning pauses, and the accounting decides what it leaves in the model.
    fn alert(&mut self, config: &Config, side: Side, x: f64) {
        let is_isolated = self.ledger.is_isolated();
        self.ledger.alert();
        let Some(tail) = &mut self.tails[side.index()] else { return };
        match config.accounting_in_force() {
            _ if x.is_infinite() => {}
            Accounting::Discarded => {}
            Accounting::Learned => {
                if let Some(excess) = tail.excess(x) {
                    tail.learn(excess);
                    self.ledger.learn_alert();
                    self.update(config, side);
                }
            }
            Accounting::Censored => {
                tail.learn_censored_alert();
                self.ledger.learn_alert();
                self.update(config, side);
            }
            Accounting::Budgeted => {
                if is_isolated && tail.is_plausible(x, PLAUSIBLE) {
                    self.ledger.propose(side);
                    self.credit_candidate(config);
                }
            }
        }
        self.ledger.plan();
    }

    /// Counts a value that is no alert, and learns whatever is due by it: the credit of an alert, the value whose
    /// quarantine is over, and what that value owes.
    pub(crate) fn learn_next(&mut self, config: &Config, excess: Option<(Side, f64)>) {
        self.ledger.count(1);
        self.credit_candidate(config);
        if let Some((side, excess)) = excess {
            self.ledger.hold(side, excess);
        }
        if self.ledger.is_due() {
            self.ledger.accrue(config);
            Side::BOTH.into_iter().for_each(|side| self.settle(config, side));
            self.ledger.fall_due(config);
        }
        if let Some(released) = self.ledger.release() {
            if let Some(tail) = &mut self.tails[released.side.index()] {
                tail.learn(released.excess);
            }
            self.update(config, released.side);
        }
        self.ledger.plan();
    }

    fn credit_candidate(&mut self, config: &Config) {
        if let Some(side) = self.ledger.credit_candidate(config) {
            self.settle(config, side);
            self.ledger.fall_due(config);
        }
    }

    /// Pays what is due on a side: values known to be at least the anomaly threshold.
    fn settle(&mut self, config: &Config, side: Side) {
        while self.ledger.pay(side) {
            if self.tails[side.index()].as_mut().is_some_and(|tail| tail.learn_censored()) {
                self.ledger.credit(side);
                self.update(config, side);
            }
        }
    }

    #[inline]
    fn update(&mut self, config: &Config, side: Side) {
        let n = self.ledger.n(side);
        if let Some(tail) = &mut self.tails[side.index()] {
            tail.update(config.q, n);
        }
    }

    fn update_all(&mut self, config: &Config) {
        Side::BOTH.into_iter().for_each(|side| self.update(config, side));
    }

    /// Takes another q from here on.
    pub(crate) fn set_q(&mut self, config: &mut Config, q: f64) {
        self.ledger.accrue(config);
        config.q = q;
        self.update_all(config);
        self.ledger.fall_due(config);
        self.ledger.plan();
    }

    /// Whether the parts agree with each other and with the parameters, for state that was read from bytes.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(&self, config: &Config) -> bool {
        let is_edge = |side: Side, edge: f64| match self.tail(side) {
            Some(tail) => {
                config.watches(side)
                    && tail.excess_threshold() == side.sign() * edge
                    && tail.is_sound(config)
            }
            None => !config.watches(side) && edge == side.sign() * f64::MAX,
        };
        is_edge(Side::Up, self.high)
            && is_edge(Side::Down, self.low)
            && self.ledger.is_sound(config)
    }
}
