//! The detector by the letter of the specification: every value is a walk through the rules in their order.

use std::collections::VecDeque;

use tailspot::{Accounting, Config, Event, Side};

use super::calibration::{drop_planted, split};
use super::likelihood::{Entry, Gpd};
use super::tail::Tail;

/// Isolated alerts count as far as clean data may show them: up to the kappa-quantile beyond the threshold.
pub(crate) const KAPPA: f64 = 0.7;
/// ... of a tail that is not lighter than this.
const PLAUSIBLE_SHAPE: f64 = -0.125;
/// The part of the mass beyond the threshold that is credited whatever the alerts look like.
pub(crate) const STEADY: f64 = 0.8;
/// What a side is owed after the calibration.
const OWED_AT_START: f64 = 0.5;
/// A credit is due from here on (repeated sums of q may miss 1 by rounding).
const DUE: f64 = 1.0 - 1e-9;

/// A value that waits for its quarantine to end.
#[derive(Clone, Debug)]
struct Pending {
    position: u64,
    excess: Option<(Side, f64)>,
}

/// The slow twin of `tailspot::Spot`.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    pub(crate) config: Config,
    window: VecDeque<f64>,
    batch: Vec<f64>,
    /// Up, down; none before the calibration or if not watched.
    pub(crate) tails: [Option<Tail>; 2],
    pub(crate) calibrated: bool,
    /// Values learned from.
    pub(crate) n: u64,
    pub(crate) missing: u64,
    pub(crate) alerts: [u64; 2],
    /// Values judged since the calibration.
    pub(crate) position: u64,
    last_alert: Option<u64>,
    candidate: Option<(u64, Side)>,
    pending: VecDeque<Pending>,
    /// Values learned since the last change of q.
    learned: u64,
}

fn index(side: Side) -> usize {
    if side == Side::Up { 0 } else { 1 }
}

impl Twin {
    pub(crate) fn new(config: &Config) -> Twin {
        Twin {
            config: config.clone(),
            window: VecDeque::new(),
            batch: Vec::new(),
            tails: [None, None],
            calibrated: false,
            n: 0,
            missing: 0,
            alerts: [0, 0],
            position: 0,
            last_alert: None,
            candidate: None,
            pending: VecDeque::new(),
            learned: 0,
        }
    }

    /// Calibrates on all values at once; the detector starts anew. The sample must be large enough.
    pub(crate) fn fit(&mut self, values: &[f64]) {
        *self = Twin::new(&self.config);
        for &x in values {
            if self.not_finite(x).is_some() {
                continue;
            }
            if self.window.len() >= self.config.depth {
                self.batch.push(x - self.drift());
                self.n += 1;
            }
            self.enter_window(x);
        }
        self.calibrate();
    }

    pub(crate) fn step(&mut self, x: f64) -> Event {
        if let Some(event) = self.not_finite(x) {
            return event;
        }
        if self.window.len() < self.config.depth {
            self.enter_window(x);
            return Event::InitBatch;
        }
        let residual = x - self.drift();
        if !self.calibrated {
            self.batch.push(residual);
            self.n += 1;
            self.enter_window(x);
            if self.batch.len() < self.config.n_init {
                return Event::InitBatch;
            }
            self.calibrate();
            return Event::Calibration;
        }
        let event = self.judge(residual);
        match event {
            Event::AlertUp => self.alert(Side::Up, Some(residual)),
            Event::AlertDown => self.alert(Side::Down, Some(-residual)),
            _ => {
                self.ordinary(event, residual);
                self.enter_window(x);
            }
        }
        event
    }

    /// Takes effect at once.
    pub(crate) fn set_q(&mut self, q: f64) {
        let owed = STEADY * self.config.q * self.learned as f64;
        self.learned = 0;
        self.config.q = q;
        for tail in self.tails.iter_mut().flatten() {
            tail.owed += owed;
            tail.set_threshold(&self.config, self.n);
        }
    }

    /// The mean of the window; 0 for plain SPOT.
    pub(crate) fn drift(&self) -> f64 {
        match self.config.depth {
            0 => 0.0,
            depth if self.window.len() < depth => f64::NAN,
            depth => self.window.iter().sum::<f64>() / depth as f64,
        }
    }

    /// Excess threshold and anomaly threshold in the scale of x; NaN where there is none.
    pub(crate) fn thresholds(&self, side: Side) -> (f64, f64) {
        let sign = f64::from(side as i8);
        match &self.tails[index(side)] {
            Some(tail) => (sign * tail.t + self.drift(), sign * tail.z + self.drift()),
            None => (f64::NAN, f64::NAN),
        }
    }

    /// P(X > x), consistent with the threshold rule; NaN below the excess threshold.
    pub(crate) fn tail_probability(&self, side: Side, x: f64) -> f64 {
        let Some(tail) = &self.tails[index(side)] else { return f64::NAN };
        let y = f64::from(side as i8) * (x - self.drift()) - tail.t;
        if y >= 0.0 { tail.probability(&self.config, self.n, y) } else { f64::NAN }
    }

    /// NaN and infinities.
    fn not_finite(&mut self, x: f64) -> Option<Event> {
        if x.is_finite() {
            return None;
        }
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
        if self.calibrated {
            self.alert(side, None);
        } else {
            self.alerts[index(side)] += 1;
        }
    }

    fn enter_window(&mut self, x: f64) {
        if self.config.depth == 0 {
            return;
        }
        if self.window.len() == self.config.depth {
            self.window.pop_front();
        }
        self.window.push_back(x);
    }

    fn quarantine(&self) -> u64 {
        if self.config.alert { self.config.quarantine as u64 } else { 0 }
    }

    fn accounting(&self) -> Accounting {
        if self.config.alert { self.config.accounting } else { Accounting::Discarded }
    }

    fn watched(&self) -> Vec<Side> {
        let all = [(Side::Up, self.config.up), (Side::Down, self.config.down)];
        all.into_iter().filter(|(_, watched)| *watched).map(|(side, _)| side).collect()
    }

    // Calibration -----------------------------------------------------------------------------------------------------

    fn calibrate(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        for side in self.watched() {
            let (t, mut excesses) = split(&batch, side, self.config.level);
            if self.accounting() == Accounting::Budgeted {
                let before = excesses.len();
                drop_planted(&mut excesses);
                self.n -= (before - excesses.len()) as u64;
            }
            self.tails[index(side)] =
                Some(Tail::new(&self.config, side, t, excesses, OWED_AT_START));
        }
        self.calibrated = true;
        for tail in self.tails.iter_mut().flatten() {
            tail.refit(&self.config, self.n);
        }
    }

    fn tail(&mut self, side: Side) -> &mut Tail {
        self.tails[index(side)].as_mut().expect("the side is watched")
    }

    /// One more entry in the model of a side.
    fn push(&mut self, side: Side, y: f64, censored: bool) {
        let (config, n) = (self.config.clone(), self.n);
        let tail = self.tail(side);
        tail.n_t += 1;
        tail.push(&config, Entry { y, censored });
        tail.refit(&config, n);
    }

    /// See [`Tail::adopt`].
    pub(crate) fn adopt(&mut self, side: Side, gpd: Gpd) -> bool {
        let (config, n) = (&self.config, self.n);
        self.tails[index(side)].as_mut().is_some_and(|tail| tail.adopt(config, n, gpd))
    }

    // One value -------------------------------------------------------------------------------------------------------

    fn judge(&self, residual: f64) -> Event {
        let above = |tail: &Tail| {
            let x = if tail.side == Side::Up { residual } else { -residual };
            (self.config.alert && x > tail.z, x > tail.t)
        };
        match (self.tails[0].as_ref().map(above), self.tails[1].as_ref().map(above)) {
            (Some((true, _)), _) => Event::AlertUp,
            (Some((_, true)), _) => Event::ExcessUp,
            (_, Some((true, _))) => Event::AlertDown,
            (_, Some((_, true))) => Event::ExcessDown,
            _ => Event::Normal,
        }
    }

    fn far_from_alerts(&self) -> bool {
        self.last_alert.is_none_or(|last| self.position - last > self.quarantine())
    }

    /// An alert at x (mirrored on the lower side), or at infinity.
    fn alert(&mut self, side: Side, x: Option<f64>) {
        self.position += 1;
        self.alerts[index(side)] += 1;
        let isolated = self.far_from_alerts();
        self.pending.clear();
        self.candidate = None;
        if let Some(x) = x {
            self.account(side, x, isolated);
        }
        self.last_alert = Some(self.position);
    }

    fn account(&mut self, side: Side, x: f64, isolated: bool) {
        let (t, z, gpd) = (self.tail(side).t, self.tail(side).z, self.tail(side).gpd);
        match self.accounting() {
            Accounting::Discarded => {}
            Accounting::Learned => {
                self.n += 1;
                self.push(side, x - t, false);
            }
            Accounting::Censored => {
                self.n += 1;
                if z > t {
                    self.push(side, z - t, true);
                } else {
                    // An excess of 0 has no place in the likelihood: it only counts.
                    let (config, n) = (self.config.clone(), self.n);
                    self.tail(side).n_t += 1;
                    self.tail(side).set_threshold(&config, n);
                }
            }
            Accounting::Budgeted => {
                let tail = Gpd { shape: gpd.shape.max(PLAUSIBLE_SHAPE), ..gpd };
                if isolated && tail.survival(x - t) >= KAPPA * tail.survival(z - t) {
                    self.candidate = Some((self.position, side));
                    if self.quarantine() == 0 {
                        self.redeem_candidate();
                    }
                }
            }
        }
    }

    /// A value that is no alert.
    fn ordinary(&mut self, event: Event, residual: f64) {
        self.position += 1;
        if let Some((position, _)) = self.candidate
            && self.position - position >= self.quarantine()
        {
            self.redeem_candidate();
        }
        if self.far_from_alerts() {
            let excess = match event {
                Event::ExcessUp => Some((Side::Up, residual - self.tail(Side::Up).t)),
                Event::ExcessDown => Some((Side::Down, -residual - self.tail(Side::Down).t)),
                _ => None,
            };
            self.pending.push_back(Pending { position: self.position, excess });
        }
        while let Some(first) = self.pending.front()
            && self.position - first.position >= self.quarantine()
        {
            let excess = first.excess;
            self.pending.pop_front();
            self.learn(excess);
        }
    }

    fn learn(&mut self, excess: Option<(Side, f64)>) {
        self.n += 1;
        if self.accounting() == Accounting::Budgeted {
            self.learned += 1;
            for side in self.watched() {
                self.settle(side);
            }
        }
        if let Some((side, y)) = excess {
            self.push(side, y, false);
        }
    }

    // Credits ---------------------------------------------------------------------------------------------------------

    fn redeem_candidate(&mut self) {
        if let Some((_, side)) = self.candidate.take() {
            self.tail(side).owed += (1.0 - STEADY) / (1.0 - KAPPA);
            self.settle(side);
        }
    }

    fn settle(&mut self, side: Side) {
        let steady = STEADY * self.config.q * self.learned as f64;
        while self.tail(side).owed + steady >= DUE {
            let tail = self.tail(side);
            tail.owed -= 1.0;
            if tail.z > tail.t {
                let y = tail.z - tail.t;
                tail.credits += 1;
                self.push(side, y, true);
            }
        }
    }
}
