//! The detector by the letter of the specification: every value is a walk through the rules in their order.

use std::collections::VecDeque;

use tailspot::{Accounting, Config, Event, Side, Threshold};

use super::likelihood::{Entry, Gpd, calibrated, correction, estimate, local_maxima};

/// Isolated alerts count as far as clean data may show them: up to the kappa-quantile beyond the threshold.
pub(crate) const KAPPA: f64 = 0.3;
/// The part of the mass beyond the threshold that is credited whatever the alerts look like.
pub(crate) const STEADY: f64 = 0.75;
/// A credit is due from here on (repeated sums of q may miss 1 by rounding).
const DUE: f64 = 1.0 - 1e-9;

/// One tail, as an upper tail: the lower one sees -x.
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
    owed: f64,
}

impl Tail {
    fn uncensored(&self) -> usize {
        self.buffer.iter().filter(|entry| !entry.censored).count()
    }
}

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
        for side in [Side::Up, Side::Down] {
            if let Some(tail) = &mut self.tails[index(side)] {
                tail.owed += STEADY * self.config.q * self.learned as f64;
            }
        }
        self.learned = 0;
        self.config.q = q;
        self.set_threshold(Side::Up);
        self.set_threshold(Side::Down);
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
        if !(y >= 0.0) {
            return f64::NAN;
        }
        let mut r = tail.gpd.survival(y);
        if self.config.threshold == Threshold::Calibrated && r > 0.0 {
            r *= 1.0 + correction(r, tail.gpd.shape, tail.uncensored());
        }
        tail.n_t as f64 / (self.n + tail.credits) as f64 * r
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
            self.tails[index(side)] = Some(Tail {
                side,
                t,
                z: t,
                gpd: Gpd { shape: 0.0, scale: 0.0 },
                buffer: VecDeque::new(),
                n_t: excesses.len() as u64,
                credits: 0,
                owed: 0.0,
            });
            for y in excesses {
                self.push(side, Entry { y, censored: false });
            }
        }
        self.calibrated = true;
        for side in self.watched() {
            self.refit(side);
        }
    }

    fn tail(&mut self, side: Side) -> &mut Tail {
        self.tails[index(side)].as_mut().expect("the side is watched")
    }

    fn push(&mut self, side: Side, entry: Entry) {
        let (bounded, most) = (self.config.bounded, self.config.max_excess);
        let buffer = &mut self.tail(side).buffer;
        if bounded && buffer.len() == most {
            buffer.pop_front();
        }
        buffer.push_back(Entry { y: entry.y.min(f64::MAX), ..entry });
    }

    fn refit(&mut self, side: Side) {
        let tail = self.tail(side);
        if let Some(gpd) = estimate(tail.buffer.make_contiguous()) {
            tail.gpd = gpd;
        }
        self.set_threshold(side);
    }

    /// Takes over another local maximum of the likelihood. The engine follows one maximum from push to push, and where
    /// a sample has two (about one in 2,000) it may be on the other; true if `gpd` is one.
    pub(crate) fn adopt(&mut self, side: Side, gpd: Gpd) -> bool {
        let Some(tail) = &mut self.tails[index(side)] else { return false };
        let near = |other: &Gpd| {
            (other.shape - gpd.shape).abs() < 1e-7 && (other.scale / gpd.scale - 1.0).abs() < 1e-7
        };
        let Some(other) = local_maxima(tail.buffer.make_contiguous()).into_iter().find(near) else {
            return false;
        };
        tail.gpd = other;
        self.set_threshold(side);
        true
    }

    fn set_threshold(&mut self, side: Side) {
        let (q, n, rule) = (self.config.q, self.n, self.config.threshold);
        let Some(tail) = &mut self.tails[index(side)] else { return };
        let r = q * (n + tail.credits) as f64 / tail.n_t as f64;
        tail.z = tail.t;
        if r < 1.0 && tail.gpd.scale > 0.0 {
            let r = match rule {
                Threshold::PlugIn => r,
                Threshold::Calibrated => calibrated(r, tail.gpd.shape, tail.uncensored()),
            };
            tail.z += tail.gpd.quantile(r);
        }
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
                self.tail(side).n_t += 1;
                self.push(side, Entry { y: x - t, censored: false });
                self.refit(side);
            }
            Accounting::Censored => {
                self.n += 1;
                self.tail(side).n_t += 1;
                if z > t {
                    self.push(side, Entry { y: z - t, censored: true });
                }
                self.refit(side);
            }
            Accounting::Budgeted => {
                if isolated && gpd.survival(x - t) >= KAPPA * gpd.survival(z - t) {
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
            self.tail(side).n_t += 1;
            self.push(side, Entry { y, censored: false });
            self.refit(side);
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
                tail.n_t += 1;
                tail.credits += 1;
                self.push(side, Entry { y, censored: true });
                self.refit(side);
            }
        }
    }
}

/// Where the tail of a batch starts (mirrored on the lower side), and its excesses in the order of the stream.
fn split(batch: &[f64], side: Side, level: f64) -> (f64, Vec<f64>) {
    let mut ascending = batch.to_vec();
    ascending.sort_by(f64::total_cmp);
    let (sign, fraction) = if side == Side::Up { (1.0, level) } else { (-1.0, 1.0 - level) };
    let t = sign * ascending[rank(batch.len(), fraction)];
    let excesses = batch.iter().map(|x| sign * x - t).filter(|y| *y > 0.0);
    (t, excesses.map(|y| y.min(f64::MAX)).collect())
}

/// floor(n * fraction); a product within 1e-12 n of a whole number is that number.
fn rank(n: usize, fraction: f64) -> usize {
    let product = n as f64 * fraction;
    let down = (product + 1e-12 * n as f64).floor() as usize;
    down.min(n - 1)
}

/// The robust first fit: the largest j for which the j-th largest excess is too far out, seen from the lower ones, for
/// j clean excesses to be there; the top j are dropped.
fn drop_planted(excesses: &mut Vec<f64>) {
    let e = excesses.len();
    let mut ascending = excesses.clone();
    ascending.sort_by(f64::total_cmp);
    let mut dropped = 0;
    for j in 1..=e / 2 {
        let (inside, outside) = (ascending[e - j - 1], ascending[e - j]);
        let mut entries: Vec<Entry> =
            ascending[..e - j].iter().map(|&y| Entry { y, censored: false }).collect();
        entries.extend((0..j).map(|_| Entry { y: inside, censored: true }));
        let gpd = estimate(&entries).expect("at least one excess is uncensored");
        let ratio = gpd.survival(outside) / gpd.survival(inside);
        if ratio.powi(j as i32) < 0.002 / (e / 2) as f64 {
            dropped = j;
        }
    }
    if dropped > 0 {
        let last = ascending[e - dropped - 1];
        excesses.retain(|y| *y <= last);
    }
}
