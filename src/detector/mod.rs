//! The detector: SPOT, and DSPOT where the configuration has a depth (Siffer et al. 2017, algorithms 1 and 2).

mod batch;
mod learning;
pub(crate) mod model;
#[cfg(feature = "pool")]
mod verdict;

use crate::baseline::level::MovingMean;
use crate::config::Config;
use crate::error::Error;
use crate::event::{Event, Side};
use crate::status::{SideStatus, Status};
use model::Watch;

pub use batch::Outputs;
#[cfg(feature = "pool")]
pub use verdict::Verdict;

/// A streaming detector of values that are too large or too small.
///
/// It learns the tails of a stream from its first values ([`Config::n_init`] of them, or a batch given to
/// [`fit`](Spot::fit)) and then answers every value with an [`Event`]. Each watched side raises alerts on a share of
/// about [`Config::q`] of clean, independent values.
///
/// ```
/// use tailspot::{Config, Event, Side, Spot};
///
/// let mut spot = Spot::new(Config { q: 1e-3, level: 0.95, down: false, ..Config::default() })?;
/// let calm: Vec<f64> = (0..2000).map(|i| f64::from(i * 7919 % 2003) / 2003.0).collect();
/// spot.fit(&calm)?;
/// assert_eq!(spot.step(0.5), Event::Normal);
/// assert_eq!(spot.step(3.0), Event::AlertUp);
/// assert!(spot.anomaly_threshold(Side::Up) < 1.5);
/// # Ok::<(), tailspot::Error>(())
/// ```
///
/// No method panics on any value. Getters answer NaN where there is nothing to tell: before the calibration, or on a
/// side that is not watched.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub struct Spot {
    pub(crate) config: Config,
    /// The window of the drift, if there is one.
    pub(crate) window: Option<MovingMean>,
    /// Values collected for the calibration.
    batch: Vec<f64>,
    pub(crate) watch: Option<Watch>,
    /// Up, down.
    alerts: [u64; 2],
    missing: u64,
}

/// What [`Spot::parts`] writes.
#[cfg(feature = "pool")]
pub(crate) type Parts =
    (Option<Config>, Vec<f64>, Option<crate::detector::model::Parts>, [u64; 2], u64);

impl Spot {
    /// A detector that will calibrate itself on the first `config.n_init` finite values.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if a field of the configuration is out of range.
    pub fn new(config: Config) -> Result<Self, Error> {
        config.validate()?;
        Ok(Spot::empty(config))
    }

    fn empty(config: Config) -> Self {
        let window = (config.depth > 0).then(|| MovingMean::new(config.depth));
        Spot { config, window, batch: Vec::new(), watch: None, alerts: [0; 2], missing: 0 }
    }

    /// Calibrates on a batch, whatever its length: like a [`reset`](Spot::reset) followed by as many calibration steps.
    /// With drift, the first `depth` finite values fill the window. NaN and infinities are counted, not learned.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewValues`] if a watched side would be left without an excess; the detector is then unchanged.
    pub fn fit(&mut self, values: &[f64]) -> Result<(), Error> {
        let finite = values.iter().filter(|x| x.is_finite()).count();
        let given = finite.saturating_sub(self.config.depth);
        let needed = self.config.least_values();
        if given < needed {
            return Err(Error::TooFewValues {
                given,
                level: self.config.level.to_string(),
                needed,
            });
        }
        let mut fresh = Spot::empty(self.config.clone());
        fresh.batch.reserve_exact(given);
        for x in values {
            fresh.take(*x);
        }
        fresh.calibrate();
        *self = fresh;
        Ok(())
    }

    /// Judges one value, and learns from it what the model may learn.
    #[inline]
    pub fn step(&mut self, value: f64) -> Event {
        if let Some(watch) = &mut self.watch
            && self.window.is_none()
            && watch.is_quiet(value)
        {
            watch.count_quiet(1);
            return Event::Normal;
        }
        self.step_in_full(value)
    }

    #[inline(never)]
    pub(crate) fn step_in_full(&mut self, value: f64) -> Event {
        let event = self.take(value);
        if event == Event::InitBatch && self.batch.len() == self.config.n_init {
            self.calibrate();
            return Event::Calibration;
        }
        event
    }

    /// One value, without the end of a calibration.
    fn take(&mut self, value: f64) -> Event {
        let infinite = infinite_side(value).filter(|side| self.config.watches(*side));
        let event = match infinite {
            None if !value.is_finite() => Event::Missing,
            None => self.take_finite(value),
            Some(side) => match &mut self.watch {
                Some(watch) => watch.step(&self.config, value),
                None => Event::alert(side),
            },
        };
        match event {
            Event::Missing => self.missing += 1,
            Event::AlertUp => self.alerts[0] += 1,
            Event::AlertDown => self.alerts[1] += 1,
            _ => {}
        }
        event
    }

    fn take_finite(&mut self, value: f64) -> Event {
        let residual = match &mut self.window {
            None => value,
            Some(window) if window.is_full() => (value - window.mean()).clamp(-f64::MAX, f64::MAX),
            Some(window) => {
                window.push(value);
                return Event::InitBatch;
            }
        };
        let event = match &mut self.watch {
            Some(watch) => watch.step(&self.config, residual),
            None => {
                self.batch.push(residual);
                Event::InitBatch
            }
        };
        if let Some(window) = &mut self.window
            && !event.is_alert()
        {
            window.push(value);
        }
        event
    }

    fn calibrate(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        self.watch = Some(Watch::new(&self.config, &batch));
    }

    /// Forgets everything but the configuration.
    pub fn reset(&mut self) {
        *self = Spot::empty(self.config.clone());
    }

    /// Changes the tail probability of an anomaly; the anomaly thresholds move at once.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < q < 1 - level; nothing changes then.
    pub fn set_q(&mut self, q: f64) -> Result<(), Error> {
        self.config.validate_q(q)?;
        match &mut self.watch {
            Some(watch) => watch.set_q(&mut self.config, q),
            None => self.config.q = q,
        }
        Ok(())
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Counters, thresholds and fits of both sides.
    pub fn status(&self) -> Status {
        let side = |side: Side| {
            let alerts = self.alerts[side.index()];
            match self.watch.as_ref().and_then(|watch| watch.tail(side)) {
                Some(tail) => tail.status(alerts, side.sign(), self.drift()),
                None => SideStatus::without_tail(alerts),
            }
        };
        let ledger = self.watch.as_ref().map(Watch::ledger);
        Status {
            calibrated: ledger.is_some(),
            n: ledger.map_or(self.batch.len() as u64, |ledger| ledger.learned()),
            seen: ledger.map_or(0, |ledger| ledger.position()),
            missing: self.missing,
            drift: self.drift(),
            up: side(Side::Up),
            down: side(Side::Down),
        }
    }

    /// The mean of the last `depth` values that were no alerts; 0 without drift, NaN while the window fills.
    pub fn drift(&self) -> f64 {
        self.window.as_ref().map_or(0.0, MovingMean::mean)
    }

    /// z_q: a value beyond it is an anomaly of that side (equation 1 of Siffer et al. 2017; see [`Threshold`](crate::Threshold)).
    /// With drift it is the limit that the next value will be judged by.
    pub fn anomaly_threshold(&self, side: Side) -> f64 {
        self.status_of(side, |tail| tail.anomaly_threshold())
    }

    /// t: where the tail of that side starts.
    pub fn excess_threshold(&self, side: Side) -> f64 {
        self.status_of(side, |tail| tail.excess_threshold())
    }

    fn status_of(&self, side: Side, threshold: impl Fn(&crate::tail::Tail) -> f64) -> f64 {
        match self.watch.as_ref().and_then(|watch| watch.tail(side)) {
            Some(tail) => side.sign() * threshold(tail) + self.drift(),
            None => f64::NAN,
        }
    }

    /// Shape γ of the tail of that side (ξ in statistics texts; above 0 is a heavy tail), from -1/2 to 3.
    pub fn shape(&self, side: Side) -> f64 {
        self.status_side(side).shape
    }

    /// Scale σ of the tail of that side; 0 if no excess was ever seen.
    pub fn scale(&self, side: Side) -> f64 {
        self.status_side(side).scale
    }

    fn status_side(&self, side: Side) -> SideStatus {
        let status = self.status();
        match side {
            Side::Up => status.up,
            Side::Down => status.down,
        }
    }

    /// The probability of a value beyond x: P(X > x) on the upper side, P(X < x) on the lower one, in [0, N_t/n].
    /// NaN for x that is not in the tail, where there is no model. Consistent with the threshold rule: when an excess
    /// was just learned it is `q` at the anomaly threshold, which stays until the next one.
    pub fn tail_probability(&self, side: Side, x: f64) -> f64 {
        let Some(watch) = &self.watch else { return f64::NAN };
        let Some(tail) = watch.tail(side) else { return f64::NAN };
        // Taking off what the getter added may miss t by rounding.
        let is_edge = x == self.excess_threshold(side);
        let residual =
            if is_edge { tail.excess_threshold() } else { side.sign() * (x - self.drift()) };
        tail.probability(residual, watch.ledger().n(side))
    }

    /// The value beyond which a value falls with probability q on that side (the return level): as of now:
    /// what the anomaly threshold for this q would be if an excess had just been learned. NaN unless 0 < q ≤ N_t/n.
    pub fn quantile(&self, side: Side, q: f64) -> f64 {
        let Some(watch) = &self.watch else { return f64::NAN };
        let residual =
            watch.tail(side).map_or(f64::NAN, |tail| tail.quantile(q, watch.ledger().n(side)));
        side.sign() * residual + self.drift()
    }

    /// All of a detector without drift; the configuration only if it is not the `shared` one.
    #[cfg(feature = "pool")]
    pub(crate) fn parts<'a>(&'a self, shared: &Config) -> impl serde::Serialize + use<'a> {
        let own = (self.config != *shared).then_some(&self.config);
        (own, &self.batch, self.watch.as_ref().map(Watch::parts), self.alerts, self.missing)
    }

    /// The detector of [`parts`](Spot::parts).
    #[cfg(feature = "pool")]
    pub(crate) fn from_parts(parts: Parts, shared: &Config) -> Self {
        let (own, batch, watch, alerts, missing) = parts;
        let config = own.unwrap_or_else(|| shared.clone());
        let watch = watch.map(Watch::from_parts);
        Spot { config, window: None, batch, watch, alerts, missing }
    }

    /// A new detector that was given these finite values, which do not complete its calibration.
    #[cfg(feature = "pool")]
    pub(crate) fn collecting(config: &Config, batch: Vec<f64>) -> Self {
        Spot { batch, ..Spot::empty(config.clone()) }
    }

    /// Whether it was given nothing yet.
    #[cfg(feature = "pool")]
    pub(crate) fn is_new(&self) -> bool {
        *self == Spot::empty(self.config.clone())
    }

    /// Whether the parts agree with each other, for state that was read from bytes.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(&self) -> bool {
        let window = match &self.window {
            Some(window) => self.config.depth > 0 && window.is_sound(self.config.depth),
            None => self.config.depth == 0,
        };
        let phase = match &self.watch {
            Some(watch) => self.batch.is_empty() && watch.is_sound(&self.config),
            None => self.batch.len() < self.config.n_init,
        };
        self.config.validate().is_ok()
            && window
            && phase
            && self.batch.iter().all(|x| x.is_finite())
            && self.alerts.iter().chain([&self.missing]).all(|count| *count < 1 << 62)
    }
}

/// The side of an infinity.
fn infinite_side(value: f64) -> Option<Side> {
    match value {
        f64::INFINITY => Some(Side::Up),
        f64::NEG_INFINITY => Some(Side::Down),
        _ => None,
    }
}
