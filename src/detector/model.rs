//! A calibrated detector: one or two tails and what they learn, one value at a time.

use crate::baseline::{Follower, Near};
use crate::config::{Accounting, Config};
use crate::detector::check::Check;
use crate::detector::learning::{Allowance, Frequency, Learning};
use crate::event::{Event, Side};
use crate::tail::Tail;
use crate::tail::calibration::{Start, start};

/// What the model needs to know of the configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Policy {
    pub(crate) q: f64,
    /// Whether values beyond the anomaly threshold are alerts.
    alert: bool,
    /// What an alert leaves in the model.
    accounting: Accounting,
    /// Alerts of a side in 1/q values beyond which they are surplus; 0 for no limit.
    limit: f64,
    /// Whether what was learned is looked at again. Where the stream may move, or alerts beyond a limit are the stream,
    /// nothing is taken back.
    reviews: bool,
    /// Whether departures are learned once the calibration is refuted: a baseline is asked to follow the stream.
    follows: bool,
}

impl Policy {
    fn of(config: &Config) -> Self {
        let accounting = config.effective_accounting();
        let limit = config.limit;
        let is_budgeted = accounting == Accounting::Budgeted;
        let reviews = is_budgeted && limit == 0.0 && !config.is_moving();
        let follows = is_budgeted && config.is_moving();
        Policy { q: config.q, alert: config.alert, accounting, limit, reviews, follows }
    }
}

/// One watched side.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watched {
    pub(crate) tail: Tail,
    /// How many departures the tail may learn; only budgeted accounting has one.
    pub(crate) allowance: Option<Allowance>,
    /// Values that the tail counts beyond those that were learned: departures that it learned, one for each.
    pub(crate) added: u64,
    /// How often it raised alerts lately.
    pub(crate) frequency: Frequency,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    /// Values from `low` to `high` are in no watched tail.
    low: f64,
    high: f64,
    /// What a baseline clips residuals to: the excess thresholds, or where they would be on a side that is not watched.
    pub(crate) clip: [f64; 2],
    /// Where a baseline takes residuals in as they are.
    near: Near,
    pub(crate) policy: Policy,
    pub(crate) check: Check,
    pub(crate) learning: Learning,
    /// Up, down.
    pub(crate) sides: [Option<Box<Watched>>; 2],
}

impl Model {
    /// Calibrates on finite values in the order of the stream.
    pub(crate) fn new(config: &Config, values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let starts = Side::BOTH
            .map(|side| config.watches(side).then(|| start(config, side, values, &sorted)));
        let rejected: u64 = starts.iter().flatten().map(|start| start.rejected).sum();
        let n = values.len() as u64 - rejected;
        let side = |start: Start| {
            let added = u64::from(start.rejected > 0 && !start.excesses.is_empty());
            let mut tail = Tail::new(config, &start, n);
            tail.calibrate(config.q, n + added);
            let allowance = tail.clean_stream().map(|clean| Allowance::new(clean, n));
            Box::new(Watched { tail, allowance, added, frequency: Frequency::default() })
        };
        let sides = starts.map(|start| start.map(side));
        let mut clip = [Side::Down, Side::Up].map(|side| sorted[config.rank(side, sorted.len())]);
        clip.sort_by(f64::total_cmp); // Below a level of one half the tails overlap.
        let beyond = values.iter().filter(|x| {
            let is_beyond =
                |watched: &Watched, sign: f64| watched.tail.excess(sign * **x).is_some();
            let watched = |side: Side| sides[side.index()].as_deref();
            Side::BOTH
                .into_iter()
                .any(|side| watched(side).is_some_and(|watched| is_beyond(watched, side.sign())))
        });
        let check = Check::new(beyond.count() as f64 / values.len() as f64);
        let learning = Learning::new(config.effective_quarantine(), n);
        Model::restored(config, learning, sides, clip, check)
    }

    /// A model of these parts.
    pub(crate) fn restored(
        config: &Config,
        learning: Learning,
        sides: [Option<Box<Watched>>; 2],
        clip: [f64; 2],
        check: Check,
    ) -> Self {
        let edge = |side: Side| {
            let watched = sides[side.index()].as_ref();
            side.sign() * watched.map_or(f64::MAX, |watched| watched.tail.excess_threshold())
        };
        let (low, high) = (edge(Side::Down), edge(Side::Up));
        let near = Near::new([low, high], clip);
        Model { low, high, clip, near, policy: Policy::of(config), check, learning, sides }
    }

    #[inline]
    pub(crate) fn tail(&self, side: Side) -> Option<&Tail> {
        self.sides[side.index()].as_ref().map(|watched| &watched.tail)
    }

    /// How many departures the tail of a side may still learn; NaN without a budget.
    pub(crate) fn allowance(&self, side: Side) -> f64 {
        let watched = self.sides[side.index()].as_ref();
        let allowance = watched.and_then(|watched| watched.allowance.as_ref());
        allowance.map_or(f64::NAN, |allowance| allowance.at(self.learning.learned()))
    }

    /// Counts a surplus alert of a side.
    pub(crate) fn count_surplus(&mut self, side: Side) {
        if let Some(watched) = &mut self.sides[side.index()] {
            watched.frequency.surplus += 1;
        }
    }

    /// Surplus alerts of a side so far.
    pub(crate) fn surplus(&self, side: Side) -> u64 {
        self.sides[side.index()].as_ref().map_or(0, |watched| watched.frequency.surplus)
    }

    /// Values that the tail of a side was learned from.
    #[inline]
    pub(crate) fn n(&self, side: Side) -> u64 {
        let added = self.sides[side.index()].as_ref().map_or(0, |watched| watched.added);
        self.learning.learned() + added
    }

    /// Counts x if it is in no watched tail and nothing is due; returns whether it did.
    #[inline]
    pub(crate) fn pass(&mut self, x: f64) -> bool {
        let passes = self.is_normal(x) && self.learning.idle() > 0;
        if passes {
            self.learning.count(1);
        }
        passes
    }

    /// The same of a value by its residual, which the baseline also follows.
    pub(crate) fn pass_by(&mut self, follower: &mut Follower, x: f64) -> bool {
        let passes = self.learning.idle() > 0 && follower.pass(x, self.near);
        if passes {
            self.learning.count(1);
        }
        passes
    }

    /// Whether x is in no watched tail.
    #[inline]
    pub(crate) fn is_normal(&self, x: f64) -> bool {
        x >= self.low && x <= self.high
    }

    /// Values from the first to the second are in no watched tail.
    pub(crate) fn normal_range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// How many normal values may be counted before something is due.
    #[inline]
    pub(crate) fn idle(&self) -> u64 {
        self.learning.idle()
    }

    /// Counts values in no watched tail, at most [`idle`](Model::idle) of them.
    #[inline]
    pub(crate) fn count_idle(&mut self, values: u64) {
        self.learning.count(values);
    }

    /// The tail that a value lies in, how far (above 0), and whether it is an alert.
    #[inline]
    pub(crate) fn place(&self, x: f64) -> Option<(Side, f64, bool)> {
        Side::BOTH.into_iter().find_map(|side| {
            let tail = self.tail(side)?;
            let x = side.sign() * x;
            let excess = tail.excess(x)?;
            let is_alert = x == f64::INFINITY || (self.policy.alert && tail.is_anomaly(x));
            Some((side, excess, is_alert))
        })
    }

    /// Judges a value that is finite, or an infinity on a watched side, and learns what it may. Returns whether it is a
    /// surplus alert, too.
    #[inline(never)]
    pub(crate) fn step(&mut self, x: f64) -> (Event, bool) {
        let Some((side, excess, is_alert)) = self.place(x) else {
            self.count_normal();
            return (Event::Normal, false);
        };
        let position = self.learning.position + 1;
        self.check.count(position);
        let is_surplus = is_alert && self.is_surplus(side);
        let departs = is_alert || self.tail(side).is_some_and(|tail| tail.is_beyond_limit(excess));
        let is_stream = departs && self.policy.follows && self.check.refuted(position) > 0;
        if is_surplus || is_stream {
            self.learn_as_stream(side, excess, x.is_finite());
        } else if departs {
            self.depart(side, excess, x.is_finite());
        } else {
            self.learning.count(1);
            self.learning.push(side, excess);
            self.learn_due();
        }
        (if is_alert { Event::alert(side) } else { Event::excess(side) }, is_surplus)
    }

    /// Whether there were more alerts of this side lately than the limit allows; counts this one.
    fn is_surplus(&mut self, side: Side) -> bool {
        let Policy { q, limit, .. } = self.policy;
        let position = self.learning.position;
        let watched = self.sides[side.index()].as_mut().filter(|_| limit > 0.0);
        watched.is_some_and(|watched| watched.frequency.count(position, q) >= limit)
    }

    /// What comes too often is the stream: learned at once, winsorised at twice the anomaly threshold.
    fn learn_as_stream(&mut self, side: Side, excess: f64, is_finite: bool) {
        self.count_normal();
        let (q, learned) = (self.policy.q, self.learning.learned());
        let Some(watched) = &mut self.sides[side.index()] else { return };
        let n = learned + watched.added;
        if is_finite && watched.tail.learn(watched.tail.winsorised(excess), q, n) {
            watched.follow(learned);
        }
        if let Some(allowance) = &mut watched.allowance {
            allowance.pay(learned);
        }
    }

    /// Counts a value that is not in a tail, and learns what is due by then.
    pub(crate) fn count_normal(&mut self) {
        self.learning.count(1);
        self.learn_due();
    }

    /// A value that departs from the model: learning pauses, and the accounting decides what the value leaves there.
    fn depart(&mut self, side: Side, excess: f64, is_finite: bool) {
        let is_isolated = self.learning.depart();
        match self.policy.accounting {
            _ if !is_finite => {}
            Accounting::Discarded => {}
            Accounting::Learned | Accounting::Censored => {
                self.learning.learn_departure();
                let (q, n) = (self.policy.q, self.n(side));
                match (&mut self.sides[side.index()], self.policy.accounting) {
                    (Some(watched), Accounting::Learned) => _ = watched.tail.learn(excess, q, n),
                    (Some(watched), _) => watched.tail.learn_censored(q, n),
                    (None, _) => {}
                }
            }
            Accounting::Budgeted => {
                if is_isolated && self.tail(side).is_some_and(|tail| tail.is_plausible(excess)) {
                    self.learning.push_departure(side, excess);
                }
            }
        }
        self.learn_due();
    }

    /// Learns whatever has waited long enough.
    #[inline]
    fn learn_due(&mut self) {
        while let Some(due) = self.learning.pop_due() {
            if due.entry > 0.0 {
                self.learn_excess(due.side, due.entry);
            } else {
                self.learn_departure(due.side, -due.entry);
            }
        }
    }

    #[inline]
    fn learn_excess(&mut self, side: Side, excess: f64) {
        let (q, learned) = (self.policy.q, self.learning.learned());
        let Some(watched) = &mut self.sides[side.index()] else { return };
        if watched.tail.learn(excess, q, learned + watched.added) {
            watched.follow(learned);
        }
        watched.review(&self.policy, learned);
    }

    /// A plausible departure, as far as a clean stream would have shown it: known to be at least the learning limit.
    fn learn_departure(&mut self, side: Side, excess: f64) {
        let (q, learned) = (self.policy.q, self.learning.learned());
        let Some(watched) = &mut self.sides[side.index()] else { return };
        let entering = watched.allowance.as_mut().map_or(0, |allowance| allowance.take(learned));
        for _ in 0..entering {
            watched.added += 1;
            if watched.tail.learn_departure(excess, q, learned + watched.added) {
                watched.follow(learned);
            }
            watched.review(&self.policy, learned);
        }
    }

    /// Takes another q from here on.
    pub(crate) fn set_q(&mut self, q: f64) {
        self.policy.q = q;
        let learned = self.learning.learned();
        for watched in self.sides.iter_mut().flatten() {
            watched.tail.update(q, learned + watched.added);
            watched.follow(learned);
        }
    }
}

impl Watched {
    /// Looks for what should not have been learned.
    #[inline]
    fn review(&mut self, policy: &Policy, learned: u64) {
        if !(policy.reviews && self.tail.is_review_due()) {
            return;
        }
        if let Some(limits) = self.tail.review() {
            self.added = self.added - limits + 1;
            self.tail.calibrate(policy.q, learned + self.added);
            self.follow(learned);
        }
    }

    /// The allowance follows a tail whose thresholds have moved.
    #[inline]
    fn follow(&mut self, learned: u64) {
        if let (Some(allowance), Some(clean)) = (&mut self.allowance, self.tail.clean_stream()) {
            allowance.follow(clean, learned);
        }
    }
}
