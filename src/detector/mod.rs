//! The detector: SPOT, and DSPOT where the configuration has a depth (Siffer et al. 2017, algorithms 1 and 2).
//!
//! [`Spot`] is what users hold. Behind it a [`model`] of one or two tails judges a value, [`learning`] decides what of it
//! is learned and when, [`batch`] does the same for many values at once. [`verdict`] is the answer with its reasons,
//! [`status`] what getters report, [`incident`] puts alerts together.

mod batch;
mod incident;
pub(crate) mod learning;
pub(crate) mod model;
mod status;
mod verdict;

use crate::baseline::level::MovingMean;
use crate::config::Config;
use crate::error::Error;
use crate::event::{Event, Side};
use crate::tail::Tail;

use model::Model;

pub use batch::Outputs;
pub use incident::{Incident, Incidents};
pub use status::{SideStatus, Status};
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
/// No method panics on any value. Getters return NaN if the number is not available: before the calibration, or for a
/// side that is not watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub(crate) config: Config,
    /// The window of the drift, if there is one.
    pub(crate) window: Option<MovingMean>,
    pub(crate) phase: Phase,
    /// Up, down.
    pub(crate) alerts: [u64; 2],
    pub(crate) missing: u64,
}

/// Before and after the calibration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// The values collected so far.
    Calibrating(Vec<f64>),
    Running(Model),
}

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
        let phase = Phase::Calibrating(Vec::new());
        Spot { config, window, phase, alerts: [0; 2], missing: 0 }
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
        fresh.phase = Phase::Calibrating(Vec::with_capacity(given));
        for x in values {
            fresh.take(*x);
        }
        fresh.calibrate();
        *self = fresh;
        Ok(())
    }

    /// Classifies one value and updates the model.
    #[inline]
    pub fn step(&mut self, value: f64) -> Event {
        if let Phase::Running(model) = &mut self.phase
            && self.window.is_none()
            && model.is_idle(value)
        {
            model.count_idle(1);
            return Event::Normal;
        }
        self.step_slow(value)
    }

    #[inline(never)]
    pub(crate) fn step_slow(&mut self, value: f64) -> Event {
        let event = self.take(value);
        if event == Event::InitBatch
            && let Phase::Calibrating(batch) = &self.phase
            && batch.len() == self.config.n_init
        {
            self.calibrate();
            return Event::Calibration;
        }
        event
    }

    /// One value, without the end of a calibration.
    fn take(&mut self, value: f64) -> Event {
        let event = match self.infinite_side(value) {
            None if !value.is_finite() => Event::Missing,
            None => self.take_finite(value),
            Some(side) => match &mut self.phase {
                Phase::Running(model) => model.step(value),
                Phase::Calibrating(_) => Event::alert(side),
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

    /// The watched side of an infinity.
    fn infinite_side(&self, value: f64) -> Option<Side> {
        let side = match value {
            f64::INFINITY => Side::Up,
            f64::NEG_INFINITY => Side::Down,
            _ => return None,
        };
        self.config.watches(side).then_some(side)
    }

    fn take_finite(&mut self, value: f64) -> Event {
        if let Some(window) = self.window.as_mut().filter(|window| !window.is_full()) {
            window.push(value);
            return Event::InitBatch;
        }
        let residual = self.residual(value);
        let event = match &mut self.phase {
            Phase::Running(model) => model.step(residual),
            Phase::Calibrating(batch) => {
                batch.push(residual);
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

    /// What is left of a finite value without the drift.
    fn residual(&self, value: f64) -> f64 {
        match &self.window {
            None => value,
            Some(window) => (value - window.mean()).clamp(-f64::MAX, f64::MAX),
        }
    }

    fn calibrate(&mut self) {
        if let Phase::Calibrating(batch) = &self.phase {
            self.phase = Phase::Running(Model::new(&self.config, batch));
        }
    }

    /// The model, once it is calibrated.
    #[inline]
    pub(crate) fn model(&self) -> Option<&Model> {
        match &self.phase {
            Phase::Running(model) => Some(model),
            Phase::Calibrating(_) => None,
        }
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
        self.config.q = q;
        if let Phase::Running(model) = &mut self.phase {
            model.set_q(q);
        }
        Ok(())
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The mean of the last `depth` values that were no alerts; 0 without drift, NaN while the window fills.
    pub fn drift(&self) -> f64 {
        self.window.as_ref().map_or(0.0, MovingMean::mean)
    }

    /// z_q: a value beyond it is an anomaly of that side (equation 1 of Siffer et al. 2017; see [`Threshold`](crate::Threshold)).
    /// With drift it is the limit that the next value will be judged by.
    pub fn anomaly_threshold(&self, side: Side) -> f64 {
        self.threshold(side, |tail| tail.anomaly_threshold())
    }

    /// t: where the tail of that side starts.
    pub fn excess_threshold(&self, side: Side) -> f64 {
        self.threshold(side, |tail| tail.excess_threshold())
    }

    fn threshold(&self, side: Side, threshold: impl Fn(&Tail) -> f64) -> f64 {
        match self.tail(side) {
            Some(tail) => side.sign() * threshold(tail) + self.drift(),
            None => f64::NAN,
        }
    }

    fn tail(&self, side: Side) -> Option<&Tail> {
        self.model()?.tail(side)
    }

    /// Shape γ of the tail of that side (ξ in statistics texts; above 0 is a heavy tail).
    pub fn shape(&self, side: Side) -> f64 {
        self.tail(side).map_or(f64::NAN, |tail| tail.shape_and_scale().0)
    }

    /// Scale σ of the tail of that side; 0 if no excess was ever seen.
    pub fn scale(&self, side: Side) -> f64 {
        self.tail(side).map_or(f64::NAN, |tail| tail.shape_and_scale().1)
    }

    /// The probability of a value beyond x: P(X > x) on the upper side, P(X < x) on the lower one, in [0, N_t/n].
    /// NaN for x that is not in the tail, where there is no model. Consistent with the threshold rule: when an excess
    /// was just learned it is `q` at the anomaly threshold, which stays until the next one.
    pub fn tail_probability(&self, side: Side, x: f64) -> f64 {
        let Some(model) = self.model() else { return f64::NAN };
        let Some(tail) = model.tail(side) else { return f64::NAN };
        // Taking off what the getter added may miss t by rounding.
        let is_edge = x == self.excess_threshold(side);
        let residual =
            if is_edge { tail.excess_threshold() } else { side.sign() * (x - self.drift()) };
        tail.probability(residual, model.n(side))
    }

    /// The return level: the value exceeded with probability q on that side, with the counts as they are now (the anomaly
    /// threshold uses those at the last learned excess). NaN unless 0 < q ≤ N_t/n.
    pub fn quantile(&self, side: Side, q: f64) -> f64 {
        let Some(model) = self.model() else { return f64::NAN };
        let residual = model.tail(side).map_or(f64::NAN, |tail| tail.quantile(q, model.n(side)));
        side.sign() * residual + self.drift()
    }

    /// A new detector that was given these finite values, which do not complete its calibration.
    #[cfg(feature = "pool")]
    pub(crate) fn collecting(config: &Config, batch: Vec<f64>) -> Self {
        Spot { phase: Phase::Calibrating(batch), ..Spot::empty(config.clone()) }
    }

    /// Whether it was given nothing yet.
    #[cfg(feature = "pool")]
    pub(crate) fn is_new(&self) -> bool {
        *self == Spot::empty(self.config.clone())
    }
}
