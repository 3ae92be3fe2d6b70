//! The answer to one value with its reasons.

use crate::detector::Spot;
use crate::detector::member::Member;
use crate::event::{Event, Side};

/// The answer to one value, and what it was judged by: the model as it was before the value, which may have moved it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The answer.
    pub event: Event,
    /// The upper anomaly threshold that the value was judged by; NaN before the calibration and if not watched.
    pub upper: f64,
    /// The lower one.
    pub lower: f64,
    /// The tail probability of the value: P(X > x) in the upper tail, P(X < x) in the lower one; NaN if the value is not
    /// in a tail.
    pub probability: f64,
}

impl Verdict {
    /// An event without anything that it was judged by.
    #[cfg(feature = "pool")]
    pub(crate) fn of(event: Event) -> Self {
        Verdict { event, upper: f64::NAN, lower: f64::NAN, probability: f64::NAN }
    }

    /// The anomaly threshold of the side of the event; NaN if the value is not in a tail.
    pub fn threshold(&self) -> f64 {
        match self.event.side() {
            Some(Side::Up) => self.upper,
            Some(Side::Down) => self.lower,
            None => f64::NAN,
        }
    }
}

/// Equal if all parts are; a NaN equals a NaN.
impl PartialEq for Verdict {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |verdict: &Verdict| {
            [verdict.upper, verdict.lower, verdict.probability]
                .map(|x| if x.is_nan() { None } else { Some(x) })
        };
        self.event == other.event && numbers(self) == numbers(other)
    }
}

impl Spot {
    /// Classifies one value like [`step`](Spot::step), and also returns the thresholds and the tail probability that it
    /// was judged by.
    ///
    /// ```
    /// use tailspot::{Config, Event, Spot};
    /// # let values = (0..3000).map(|i| f64::from(i * 7919 % 3001));
    /// let mut spot = Spot::new(Config { down: false, ..Config::default() })?;
    /// values.for_each(|x| _ = spot.step(x));
    /// let verdict = spot.verdict(1e9);
    /// assert_eq!(verdict.event, Event::AlertUp);
    /// assert!(verdict.upper < 1e9 && verdict.probability < 1e-4);
    /// # Ok::<(), tailspot::Error>(())
    /// ```
    #[inline]
    pub fn verdict(&mut self, value: f64) -> Verdict {
        let [upper, lower] = self.thresholds();
        let (event, probability) = self.step_with_probability(value);
        Verdict { event, upper, lower, probability }
    }

    /// What [`step`](Spot::step) answers, and the tail probability of the value; NaN if it is not in a tail.
    #[inline]
    pub(crate) fn step_with_probability(&mut self, value: f64) -> (Event, f64) {
        if self.pass(value) {
            return (Event::Normal, f64::NAN);
        }
        let probability = self.probability_of(value, self.event_of(value));
        (self.step_slow(value), probability)
    }

    /// The same; without the thresholds for a value that is not in a tail.
    #[cfg(feature = "pool")]
    pub(crate) fn tail_verdict(&mut self, value: f64) -> Verdict {
        match self.event_of(value).side() {
            Some(_) => self.verdict(value),
            None => Verdict::of(self.step(value)),
        }
    }

    /// Judges one value without learning from it: what [`verdict`](Spot::verdict) would return, and nothing changes.
    pub fn judge(&self, value: f64) -> Verdict {
        let [upper, lower] = self.thresholds();
        let event = self.event_of(value);
        Verdict { event, upper, lower, probability: self.probability_of(value, event) }
    }

    /// The tail probability of a value with this event.
    pub(crate) fn probability_of(&self, value: f64, event: Event) -> f64 {
        event.side().map_or(f64::NAN, |side| self.tail_probability(side, value))
    }

    /// What [`step`](Spot::step) would return.
    pub(crate) fn event_of(&self, value: f64) -> Event {
        if let Some(side) = self.infinite_side(value) {
            return Event::alert(side);
        }
        if !value.is_finite() {
            return Event::Missing;
        }
        let Some(model) = self.model() else {
            let lacks = |member: &Member| {
                let next = usize::from(member.is_warm());
                member.collected() + next < self.config.n_init
            };
            let is_incomplete = self.members().any(lacks);
            return if is_incomplete { Event::InitBatch } else { Event::Calibration };
        };
        if !self.others.is_empty() {
            return self.set_event(value);
        }
        match model.place(self.first.residual(value)) {
            Some((side, _, true)) => Event::alert(side),
            Some((side, _, false)) => Event::excess(side),
            None => Event::Normal,
        }
    }
}
