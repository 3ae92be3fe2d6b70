//! The detector by the letter of the specification: every value is a walk through the rules in their order. Of several
//! baselines it knows the first; `set` puts several detectors together.

use std::collections::VecDeque;

use tailspot::{Accounting, Config, Event, Side, Status};

use super::baseline::{Follower, baselines, is_moving};
use super::calibration::{split, value_at};
use super::likelihood::Entry;
use super::moving::Check;
use super::tail::{Tail, accounting};

/// What waits for its quarantine to end, with where it lies in a tail.
#[derive(Clone, Debug)]
enum Waiting {
    Value(Option<(Side, f64)>),
    /// An isolated, plausible departure; how plausible, from 1 on.
    Departure(Side, f64, f64),
}

/// A plausibility so near 1 is a matter of how the integral is taken: what the engine did is accepted.
const DOUBTFUL: std::ops::Range<f64> = 0.75..1.33;

/// The reference detector for `tailspot::Spot`.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) config: Config,
    pub(crate) follower: Follower,
    /// Where excesses begin, as residuals; for a side that is not watched the quantile of the calibration.
    bounds: (f64, f64),
    batch: Vec<f64>,
    /// Up, down; none before the calibration or if not watched.
    pub(crate) tails: [Option<Tail>; 2],
    /// Whether the thresholds may have moved since this was last asked.
    pub(crate) moved: [bool; 2],
    pub(crate) calibrated: bool,
    /// Values learned from.
    pub(crate) n: u64,
    pub(crate) missing: u64,
    pub(crate) alerts: [u64; 2],
    /// Values judged since the calibration.
    pub(crate) position: u64,
    last_departure: Option<u64>,
    /// Alerts of each side lately, and the position of the last.
    lately: [(f64, u64); 2],
    pub(crate) surplus: [u64; 2],
    check: Check,
    /// Every value that waits, with its position.
    queue: VecDeque<(u64, Waiting)>,
    /// What the engine reports after this step, for doubtful departures.
    engine: Option<Status>,
}

pub(crate) fn index(side: Side) -> usize {
    if side == Side::Up { 0 } else { 1 }
}

impl Reference {
    pub(crate) fn new(config: &Config) -> Reference {
        Reference {
            config: config.clone(),
            follower: Follower::new(config, baselines(config)[0]),
            bounds: (0.0, 0.0),
            batch: Vec::new(),
            tails: [None, None],
            moved: [false, false],
            calibrated: false,
            n: 0,
            missing: 0,
            alerts: [0, 0],
            position: 0,
            last_departure: None,
            lately: [(0.0, 0); 2],
            surplus: [0, 0],
            check: Check::default(),
            queue: VecDeque::new(),
            engine: None,
        }
    }

    /// Calibrates on all values at once; the detector starts anew. The sample must be large enough.
    pub(crate) fn fit(&mut self, values: &[f64]) {
        *self = Reference::new(&self.config);
        for &x in values {
            if self.not_finite(x).is_some() {
                continue;
            }
            if self.follower.is_warm() {
                self.batch.push(self.follower.residual(x));
                self.n += 1;
            }
            self.follower.collect(x);
        }
        self.calibrate();
    }

    /// One value, where the engine reports this after it.
    pub(crate) fn step(&mut self, x: f64, engine: Option<Status>) -> Event {
        self.engine = engine;
        if let Some(event) = self.not_finite(x) {
            return event;
        }
        if !self.follower.is_warm() {
            self.follower.collect(x);
            return Event::InitBatch;
        }
        let residual = self.follower.residual(x);
        if !self.calibrated {
            self.batch.push(residual);
            self.n += 1;
            self.follower.collect(x);
            if self.batch.len() < self.config.n_init {
                return Event::InitBatch;
            }
            self.calibrate();
            return Event::Calibration;
        }
        let event = self.judge(residual);
        self.follower.follow(x, self.bounds, event.is_alert());
        event
    }

    /// Takes effect at once.
    pub(crate) fn set_q(&mut self, q: f64) {
        self.config.q = q;
        self.moved = [true, true];
        for tail in self.tails.iter_mut().flatten() {
            tail.set_thresholds(&self.config, self.n);
        }
    }

    /// Whether there is any baseline, the published one included.
    pub(crate) fn is_moving(&self) -> bool {
        !baselines(&self.config)[0].is_plain()
    }

    /// Level and season; 0 for plain SPOT.
    pub(crate) fn drift(&self) -> f64 {
        self.follower.level()
    }

    /// Excess threshold and anomaly threshold in the scale of x; NaN where there is none.
    pub(crate) fn thresholds(&self, side: Side) -> (f64, f64) {
        let sign = f64::from(side as i8);
        let at = |residual: f64| sign * residual * self.follower.scale() + self.drift();
        let tail = self.tails[index(side)].as_ref();
        tail.map_or((f64::NAN, f64::NAN), |tail| (at(tail.t), at(tail.z)))
    }

    /// P(X > x), consistent with the threshold rule; NaN below the excess threshold.
    pub(crate) fn tail_probability(&self, side: Side, x: f64) -> f64 {
        let Some(tail) = &self.tails[index(side)] else { return f64::NAN };
        let residual = f64::from(side as i8) * self.follower.residual(x);
        tail.probability(&self.config, self.n, residual)
    }

    /// NaN and infinities.
    fn not_finite(&mut self, x: f64) -> Option<Event> {
        if x.is_finite() {
            return None;
        }
        self.follower.miss();
        if x == f64::INFINITY && self.config.up {
            self.infinite(Side::Up);
            return Some(Event::AlertUp);
        }
        if x == f64::NEG_INFINITY && self.config.down {
            self.infinite(Side::Down);
            return Some(Event::AlertDown);
        }
        self.missing += 1;
        Some(Event::Missing)
    }

    fn infinite(&mut self, side: Side) {
        self.alerts[index(side)] += 1;
        if self.calibrated {
            self.position += 1;
            if self.is_surplus(side) {
                self.wait(Waiting::Value(None));
                self.learn_due();
                self.pay(side);
            } else {
                self.depart();
            }
            self.learn_due();
        }
    }

    /// Whether alerts of a side were more than the limit lately: those of the last 1/q values or so.
    fn is_surplus(&mut self, side: Side) -> bool {
        let (alerts, last) = self.lately[index(side)];
        let before = alerts * (-self.config.q * (self.position - last) as f64).exp();
        self.lately[index(side)] = (before + 1.0, self.position);
        let is_surplus = self.config.limit > 0.0 && before >= self.config.limit;
        self.surplus[index(side)] += u64::from(is_surplus);
        is_surplus
    }

    /// A surplus alert takes its place in the bucket, too.
    fn pay(&mut self, side: Side) {
        if let Some(budget) = &mut self.tail(side).budget {
            budget.allowance = (budget.allowance - 1.0).max(0.0);
        }
    }

    fn quarantine(&self) -> u64 {
        let is_on = self.config.alert && !is_moving(&self.config);
        if is_on { self.config.quarantine as u64 } else { 0 }
    }

    fn watched(&self) -> Vec<Side> {
        let all = [(Side::Up, self.config.up), (Side::Down, self.config.down)];
        all.into_iter().filter(|(_, watched)| *watched).map(|(side, _)| side).collect()
    }

    fn calibrate(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        let [up, down] = [Side::Up, Side::Down].map(|side| value_at(&self.config, &batch, side));
        self.bounds = (up.min(down), up.max(down));
        let mut starts = Vec::new();
        for side in self.watched() {
            let mut start = split(&self.config, &batch, side);
            let is_budgeted = accounting(&self.config) == Accounting::Budgeted;
            let rejected = if is_budgeted { start.reject_outliers() } else { 0 };
            self.n -= rejected;
            starts.push((side, start, rejected));
        }
        for (side, start, rejected) in starts {
            let tail = Tail::new(&self.config, side, start, rejected, self.n);
            self.tails[index(side)] = Some(tail);
        }
        let is_beyond = |x: &&f64| self.place(**x).is_some();
        let beyond = batch.iter().filter(is_beyond).count() as f64;
        self.check = Check::new(beyond / batch.len() as f64);
        self.calibrated = true;
        self.moved = [true, true];
    }

    fn tail(&mut self, side: Side) -> &mut Tail {
        self.tails[index(side)].as_mut().expect("the side is watched")
    }

    /// The side that a residual is in, and how far.
    fn place(&self, residual: f64) -> Option<(Side, f64)> {
        let excess = |tail: &Tail| (tail.side, f64::from(tail.side as i8) * residual - tail.t);
        self.tails.iter().flatten().map(excess).find(|(_, y)| *y > 0.0)
    }

    fn judge(&mut self, residual: f64) -> Event {
        self.position += 1;
        let Some((side, y)) = self.place(residual) else {
            self.wait(Waiting::Value(None));
            self.learn_due();
            return Event::Normal;
        };
        let is_alert = self.config.alert && f64::from(side as i8) * residual > self.tail(side).z;
        if is_alert {
            self.alerts[index(side)] += 1;
        }
        let is_surplus = is_alert && self.is_surplus(side);
        let departs = is_alert || self.tail(side).is_beyond_limit(y);
        self.check.beyond(self.position);
        let follows = is_moving(&self.config) && accounting(&self.config) == Accounting::Budgeted;
        if is_surplus || departs && follows && self.check.is_refuted(self.position) {
            self.wait(Waiting::Value(None));
            self.learn_due();
            let farthest = 2.0 * (self.tail(side).z - self.tail(side).t);
            let y = if farthest > 0.0 { y.min(farthest) } else { y };
            self.push(side, Entry { y, censored: false });
            self.pay(side);
        } else if departs {
            let is_isolated = self.depart();
            self.account(side, y, is_isolated);
        } else {
            self.wait(Waiting::Value(Some((side, y))));
        }
        self.learn_due();
        match (is_alert, side) {
            (true, Side::Up) => Event::AlertUp,
            (true, Side::Down) => Event::AlertDown,
            (false, Side::Up) => Event::ExcessUp,
            (false, Side::Down) => Event::ExcessDown,
        }
    }

    fn is_far_from_departures(&self) -> bool {
        self.last_departure.is_none_or(|last| self.position - last > self.quarantine())
    }

    /// Whatever waits is dropped. Returns whether the departure is isolated.
    fn depart(&mut self) -> bool {
        let is_isolated = self.is_far_from_departures();
        self.queue.clear();
        self.last_departure = Some(self.position);
        is_isolated
    }

    /// What a departure leaves in the model.
    fn account(&mut self, side: Side, y: f64, is_isolated: bool) {
        match accounting(&self.config) {
            Accounting::Discarded => {}
            Accounting::Learned => {
                self.n += 1;
                self.push(side, Entry { y, censored: false });
            }
            Accounting::Censored => {
                self.n += 1;
                let tail = self.tail(side);
                let limit = tail.z - tail.t - tail.half_step;
                if limit > 0.0 {
                    self.push(side, Entry { y: limit, censored: true });
                } else {
                    // An excess of 0 has no place in the likelihood: it only counts.
                    self.moved[index(side)] = true;
                    let (config, n) = (self.config.clone(), self.n);
                    self.tail(side).n_t += 1;
                    self.tail(side).set_thresholds(&config, n);
                }
            }
            Accounting::Budgeted => {
                let (config, n) = (self.config.clone(), self.n);
                let plausibility = self.tail(side).plausibility(&config, n, y);
                let is_plausible = plausibility >= 1.0 || DOUBTFUL.contains(&plausibility);
                if is_isolated && is_plausible {
                    let departure = Waiting::Departure(side, y, plausibility);
                    self.queue.push_back((self.position, departure));
                }
            }
            other => panic!("the reference detector does not know {other:?}"),
        }
    }

    fn wait(&mut self, value: Waiting) {
        if self.is_far_from_departures() {
            self.queue.push_back((self.position, value));
        }
    }

    fn learn_due(&mut self) {
        while let Some((position, _)) = self.queue.front()
            && self.position - position >= self.quarantine()
            && let Some((_, waiting)) = self.queue.pop_front()
        {
            match waiting {
                Waiting::Value(excess) => self.learn(excess),
                Waiting::Departure(side, y, plausibility) => {
                    self.learn_departure(side, y, plausibility);
                }
            }
        }
    }

    fn learn(&mut self, excess: Option<(Side, f64)>) {
        self.n += 1;
        self.tails.iter_mut().flatten().for_each(Tail::fill);
        if let Some((side, y)) = excess {
            self.push(side, Entry { y, censored: false });
        }
    }

    /// Known to be at least the learning limit, once for each entry that the bucket has for it.
    fn learn_departure(&mut self, side: Side, y: f64, plausibility: f64) {
        let mut tail = self.tail(side).clone();
        let entries = tail.take();
        if DOUBTFUL.contains(&plausibility) && !self.engine_took(&tail, entries) {
            return;
        }
        *self.tail(side) = tail;
        for _ in 0..entries {
            let tail = self.tail(side);
            let limit = tail.budget.as_ref().map_or(0.0, |budget| budget.limit - tail.half_step);
            tail.added += 1;
            let censored = limit > 0.0;
            self.push(side, Entry { y: if censored { limit } else { y }, censored });
        }
    }

    /// Whether the engine, too, took a departure that leaves this tail before its entries are pushed.
    fn engine_took(&mut self, after: &Tail, entries: u64) -> bool {
        let Some(engine) = &self.engine else { return true };
        let engine = if after.side == Side::Up { &engine.up } else { &engine.down };
        let left = |tail: &Tail| tail.budget.as_ref().map_or(0.0, |budget| budget.allowance);
        let (with, without) =
            (left(after), left(self.tails[index(after.side)].as_ref().expect("watched")));
        if entries > 0 {
            engine.n_t > after.n_t
        } else {
            (engine.allowance - with).abs() <= (engine.allowance - without).abs()
        }
    }

    /// One more entry in the model of a side.
    fn push(&mut self, side: Side, entry: Entry) {
        let (config, n) = (self.config.clone(), self.n);
        self.moved[index(side)] = true;
        let tail = self.tail(side);
        tail.push(&config, entry, n);
        tail.follow(&config, n);
        let takes_back = config.limit == 0.0 && !is_moving(&config);
        if accounting(&config) == Accounting::Budgeted && takes_back {
            tail.review(&config, n);
        }
    }
}
