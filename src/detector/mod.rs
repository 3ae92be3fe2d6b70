//! The detector: SPOT, and DSPOT where the configuration has a depth (Siffer et al. 2017, algorithms 1 and 2).
//!
//! [`Spot`] is the public type. Inside, a [`model`] of one or two tails judges a value, [`learning`] decides what of it
//! is learned and when, [`batch`] does the same for many values at once. [`verdict`] is the answer with its reasons,
//! [`status`] what getters report, [`incident`] groups alerts.

mod batch;
mod certainty;
pub(crate) mod check;
mod incident;
pub(crate) mod learning;
pub(crate) mod member;
pub(crate) mod model;
mod reason;
mod root;
mod set;
mod status;
mod verdict;

use crate::baseline::Baseline;
use crate::config::Config;
use crate::error::Error;
use crate::event::{Event, Side};

use member::{Member, Phase};
use model::Model;

pub use batch::Outputs;
pub use incident::{Incident, Incidents};
pub use reason::Reason;
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
    /// The only member, or the first one of a set.
    pub(crate) first: Member,
    pub(crate) others: Vec<Member>,
    /// Up, down.
    pub(crate) alerts: [u64; 2],
    pub(crate) missing: u64,
    pub(crate) incidents: Incidents,
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
        let mut members =
            config.effective_baselines().into_iter().map(|one| Member::new(&config, one));
        let first = members.next().unwrap_or_else(|| Member::new(&config, Baseline::default()));
        let others = members.collect();
        let incidents = Incidents::of(&config);
        Spot { config, first, others, alerts: [0; 2], missing: 0, incidents }
    }

    /// Calibrates on a batch, whatever its length: like a [`reset`](Spot::reset) followed by as many calibration steps.
    /// With a baseline, the first values warm it up. NaN and infinities are counted, not learned.
    ///
    /// # Errors
    ///
    /// [`Error::TooFewValues`] if a watched side would be left without an excess; the detector is then unchanged.
    pub fn fit(&mut self, values: &[f64]) -> Result<(), Error> {
        let finite = values.iter().filter(|x| x.is_finite()).count();
        let warm_up = self.config.warm_up();
        let given = finite.saturating_sub(warm_up);
        let needed = self.config.least_values();
        if given < needed {
            return Err(Error::TooFewValues {
                given,
                warm_up,
                level: self.config.level.to_string(),
                needed,
            });
        }
        let mut fresh = Spot::empty(self.config.clone());
        for member in fresh.members_mut() {
            member.phase = Phase::Calibrating(Vec::with_capacity(given));
        }
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
        if self.pass(value) { Event::Normal } else { self.step_slow(value) }
    }

    /// Counts a value if it is normal and nothing is due, and returns whether it did. Not with several baselines.
    #[inline]
    pub(crate) fn pass(&mut self, value: f64) -> bool {
        self.others.is_empty() && self.first.pass(value)
    }

    #[inline(never)]
    pub(crate) fn step_slow(&mut self, value: f64) -> Event {
        let event = self.take(value);
        if event == Event::InitBatch && self.collected() >= self.config.n_init {
            self.calibrate();
            return Event::Calibration;
        }
        event
    }

    /// One value, but not the end of a calibration.
    fn take(&mut self, value: f64) -> Event {
        let (event, is_surplus) = match self.infinite_side(value) {
            _ if value.is_finite() => self.take_finite(value),
            Some(side) => {
                let step = |any, member: &mut Member| member.step_unknown(Some(value)) | any;
                (Event::alert(side), self.members_mut().fold(false, step))
            }
            None => {
                self.members_mut().for_each(|member| _ = member.step_unknown(None));
                (Event::Missing, false)
            }
        };
        match event {
            Event::Missing => self.missing += 1,
            Event::AlertUp | Event::AlertDown => self.count_alert(event, value, is_surplus),
            _ => {}
        }
        event
    }

    pub(super) fn count_alert(&mut self, event: Event, value: f64, is_surplus: bool) {
        let side = if event == Event::AlertDown { Side::Down } else { Side::Up };
        self.alerts[side.index()] += 1;
        if let Phase::Running(model) = &mut self.first.phase {
            if is_surplus {
                model.count_surplus(side);
            }
            let position = model.learning.position;
            // Only counted: the probability is not asked for.
            self.incidents.take(position, value, event, 0.0);
        }
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

    /// Returns whether it is a surplus alert, too.
    fn take_finite(&mut self, value: f64) -> (Event, bool) {
        if self.model().is_none() {
            self.members_mut().for_each(|member| member.collect(value));
            return (Event::InitBatch, false);
        }
        if self.others.is_empty() {
            return self.first.learn(self.first.see(value));
        }
        self.step_set(value)
    }

    fn calibrate(&mut self) {
        let config = self.config.clone();
        self.members_mut().for_each(|member| member.calibrate(&config));
    }

    /// The model of the first member, once it is calibrated.
    #[inline]
    pub(crate) fn model(&self) -> Option<&Model> {
        self.first.model()
    }

    /// Whether there is neither a baseline nor a set.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.first.follower.is_none() && self.others.is_empty()
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
        for member in self.members_mut() {
            if let Phase::Running(model) = &mut member.phase {
                model.set_q(q);
            }
        }
        Ok(())
    }

    /// The parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
    pub fn drift(&self) -> f64 {
        self.first.level()
    }

    /// z_q: a value beyond it is an anomaly of that side (equation 1 of Siffer et al. 2017; see [`Threshold`](crate::Threshold)).
    /// With a baseline it is the limit that the next value will be judged by; of several baselines it is the value at which
    /// their probability together is q.
    #[inline]
    pub fn anomaly_threshold(&self, side: Side) -> f64 {
        if self.others.is_empty() {
            self.first.threshold(side, |tail| tail.anomaly_threshold())
        } else {
            self.set_threshold(side)
        }
    }

    /// t: where the tail of that side starts; of several baselines the nearest.
    pub fn excess_threshold(&self, side: Side) -> f64 {
        let thresholds =
            self.members().map(|member| member.threshold(side, |tail| tail.excess_threshold()));
        match side {
            Side::Up => thresholds.fold(f64::NAN, f64::min),
            Side::Down => thresholds.fold(f64::NAN, f64::max),
        }
    }

    /// Shape γ of the tail of that side, of the first baseline (ξ in statistics texts; above 0 is a heavy tail).
    pub fn shape(&self, side: Side) -> f64 {
        self.first.tail(side).map_or(f64::NAN, |tail| tail.shape_and_scale().0)
    }

    /// Scale σ of the tail of that side, of the first baseline and in units of its residuals; 0 before the first excess.
    pub fn scale(&self, side: Side) -> f64 {
        self.first.tail(side).map_or(f64::NAN, |tail| tail.shape_and_scale().1)
    }

    /// The probability of a value beyond x: P(X > x) on the upper side, P(X < x) on the lower one, in [0, N_t/n].
    /// NaN for x that is not in the tail, where there is no model. Consistent with the threshold rule: when an excess
    /// was just learned it is `q` at the anomaly threshold, which stays until the next one.
    pub fn tail_probability(&self, side: Side, x: f64) -> f64 {
        if self.others.is_empty() {
            self.first.tail_probability(side, x)
        } else {
            self.set_probability(side, x)
        }
    }

    /// The return level: the value exceeded with probability q on that side, with the counts as they are now (the anomaly
    /// threshold uses those at the last learned excess). NaN unless 0 < q ≤ N_t/n, of every baseline; of several it is the
    /// value at which their probability together is q.
    pub fn quantile(&self, side: Side, q: f64) -> f64 {
        if self.others.is_empty() {
            self.first.quantile(side, q)
        } else {
            self.set_value(side, q, |member| member.quantile(side, q))
        }
    }

    /// A new detector that was given these finite values, which do not complete its calibration.
    #[cfg(feature = "pool")]
    pub(crate) fn collecting(config: &Config, batch: Vec<f64>) -> Self {
        let mut spot = Spot::empty(config.clone());
        spot.first.phase = Phase::Calibrating(batch);
        spot
    }

    /// Whether it has seen no value yet.
    #[cfg(feature = "pool")]
    pub(crate) fn is_new(&self) -> bool {
        *self == Spot::empty(self.config.clone())
    }
}
