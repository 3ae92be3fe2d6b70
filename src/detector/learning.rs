//! What the model learns, and when.
//!
//! **One idea.** Every value waits `quarantine` values in one queue. A value that departs from the model (an alert, or a
//! value beyond the learning limit) empties the queue and pauses learning for as long again. Whatever leaves the queue
//! enters the model: a value within the learning limit as it is; an isolated, plausible departure as the fact "at least
//! the limit", as far as the [`Allowance`] lasts. An attack therefore teaches the model nothing beyond what a clean
//! stream would have shown.
//!
//! What enters early is judged again once more is known: see [`Tail::review`](crate::tail::Tail::review).
//!
//! The positions count judged values. Since normal values only count, the number learned so far follows from the
//! position, and only what is in a tail stands in the queue. Nothing happens before the position `next_due`.

use std::collections::VecDeque;

use crate::event::Side;
use crate::tail::CleanStream;

/// Depth of the allowance, in standard deviations of what a clean stream shows in a full buffer.
const DEVIATIONS: f64 = 2.5;
/// A full bucket spills and an empty one gives nothing, so that a clean stream loses about 2 % of its departures. They are
/// put back.
const SPILLED: f64 = 1.02;

/// What waits: an excess (above 0), or a departure with its sign turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Waiting {
    pub(crate) position: u64,
    pub(crate) side: Side,
    pub(crate) entry: f64,
}

/// The queue, and the count of what was learned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Learning {
    /// Values that an entry waits.
    quarantine: u64,
    /// Values judged so far.
    pub(crate) position: u64,
    /// Up to here nothing is due while values are normal.
    idle_until: u64,
    /// Values learned by the time that learning (re)started, and the position after which it does.
    pub(crate) learned_before: u64,
    pub(crate) learning_from: u64,
    pub(crate) last_departure: Option<u64>,
    pub(crate) queue: VecDeque<Waiting>,
}

impl Learning {
    /// Starts after a calibration that learned n values.
    pub(crate) fn new(quarantine: u64, n: u64) -> Self {
        Learning::restored(quarantine, 0, [n, quarantine], None, VecDeque::new())
    }

    /// Goes on from `position`; `learned` is what was learned by the time that learning started, and when that is.
    pub(crate) fn restored(
        quarantine: u64,
        position: u64,
        learned: [u64; 2],
        last_departure: Option<u64>,
        queue: VecDeque<Waiting>,
    ) -> Self {
        let [learned_before, learning_from] = learned;
        let idle_until = 0;
        let mut learning = Learning {
            quarantine,
            position,
            idle_until,
            learned_before,
            learning_from,
            last_departure,
            queue,
        };
        learning.plan();
        learning
    }

    /// Values learned so far.
    #[inline]
    pub(crate) fn learned(&self) -> u64 {
        self.learned_before + self.position.saturating_sub(self.learning_from)
    }

    /// How many normal values may be counted before something is due.
    #[inline]
    pub(crate) fn idle(&self) -> u64 {
        self.idle_until.saturating_sub(self.position)
    }

    /// Counts values: normal ones up to [`idle`](Learning::idle), or one that [`pop_due`](Learning::pop_due) follows.
    #[inline]
    pub(crate) fn count(&mut self, values: u64) {
        self.position += values;
    }

    /// Puts an excess at this position into the queue, unless a departure is too near.
    #[inline]
    pub(crate) fn push(&mut self, side: Side, excess: f64) {
        if self.last_departure.is_none_or(|last| self.position - last > self.quarantine) {
            self.queue.push_back(Waiting { position: self.position, side, entry: excess });
        }
    }

    /// Counts a departure: it empties the queue and pauses learning. Returns whether it is isolated: whether no other one
    /// came in the quarantine before it.
    pub(crate) fn depart(&mut self) -> bool {
        self.learned_before = self.learned();
        self.position += 1;
        self.learning_from = self.position + 2 * self.quarantine;
        self.queue.clear();
        let last = self.last_departure.replace(self.position);
        last.is_none_or(|last| self.position - last > self.quarantine)
    }

    /// Puts the departure at this position into the queue.
    pub(crate) fn push_departure(&mut self, side: Side, excess: f64) {
        self.queue.push_back(Waiting { position: self.position, side, entry: -excess });
    }

    /// The departure at this position is part of the model at once.
    pub(crate) fn learn_departure(&mut self) {
        self.learned_before += 1;
    }

    /// What has waited long enough at this position. When there is nothing more, plans for the next time.
    #[inline]
    pub(crate) fn pop_due(&mut self) -> Option<Waiting> {
        match self.queue.front() {
            Some(first) if first.position + self.quarantine <= self.position => {
                self.queue.pop_front()
            }
            _ => {
                self.plan();
                None
            }
        }
    }

    #[inline]
    fn plan(&mut self) {
        self.idle_until = match self.queue.front() {
            Some(first) => (first.position + self.quarantine).max(self.position + 1) - 1,
            None => u64::MAX >> 1,
        };
    }
}

impl CleanStream {
    /// 2.5 standard deviations of the number of values beyond the limit.
    fn depth(&self) -> f64 {
        DEVIATIONS * (self.expected + self.variance * self.expected * self.expected).sqrt()
    }

    /// What a plausible departure counts, so that plausible ones stand for all.
    fn weight(&self) -> f64 {
        1.0 / (1.0 - self.implausible)
    }
}

/// How many departures of one side may enter the model: a bucket that every learned value fills by what a clean stream
/// has beyond the limit, and that holds no more than such a stream could show by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Allowance {
    pub(crate) tokens: f64,
    /// The part of a departure that was taken out of the bucket and has not entered the model yet.
    pub(crate) carried: f64,
    /// Values learned when the tokens were counted.
    pub(crate) as_of: u64,
    pub(crate) clean: CleanStream,
}

impl Allowance {
    /// Starts full: what the calibration has missed comes soon after it.
    pub(crate) fn new(clean: CleanStream, learned: u64) -> Self {
        Allowance { tokens: clean.depth(), carried: 0.0, as_of: learned, clean }
    }

    /// Takes what a clean stream shows by a model that has moved.
    #[inline]
    pub(crate) fn follow(&mut self, clean: CleanStream, learned: u64) {
        self.fill(learned);
        self.clean = clean;
        self.tokens = self.tokens.min(clean.depth());
    }

    #[inline]
    fn fill(&mut self, learned: u64) {
        self.tokens = self.at(learned);
        self.as_of = learned;
    }

    /// What the bucket holds by then.
    #[inline]
    pub(crate) fn at(&self, learned: u64) -> f64 {
        let filled = self.tokens + SPILLED * self.clean.rate * (learned - self.as_of) as f64;
        filled.min(self.clean.depth())
    }

    /// A departure entered the model without it.
    pub(crate) fn pay(&mut self, learned: u64) {
        self.fill(learned);
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    /// Takes a plausible departure out of the bucket, as far as there is enough in it. Returns how many enter the model.
    pub(crate) fn take(&mut self, learned: u64) -> u64 {
        self.fill(learned);
        let taken = self.clean.weight().min(self.tokens);
        self.tokens -= taken;
        let whole = (self.carried + taken).floor();
        self.carried += taken - whole;
        whole as u64
    }
}

/// How often a side raises alerts: those of the last 1/q values or so, the older ones forgotten exponentially.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Frequency {
    pub(crate) alerts: f64,
    pub(crate) at: u64,
    /// Alerts beyond the limit; those of a set are counted by its first member.
    pub(crate) surplus: u64,
}

impl Frequency {
    /// Counts an alert at this position; returns how many there were before it.
    pub(crate) fn count(&mut self, position: u64, q: f64) -> f64 {
        let before = self.alerts * (-q * (position - self.at) as f64).exp();
        (self.alerts, self.at) = (before + 1.0, position);
        before
    }
}
