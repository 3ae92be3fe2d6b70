//! The detectors: one for each column, or for each column and key.

use tailspot::{Config, Event, Side, Spot};

use crate::failure::Failure;
use crate::input::Wanted;

/// All detectors of a run. Those of one key lie together, in the order of the columns.
pub(crate) struct Streams {
    pub(crate) config: Config,
    pub(crate) wanted: Wanted,
    /// The keys by their numbers; empty without a key column.
    pub(crate) keys: Vec<String>,
    pub(crate) spots: Vec<Spot>,
    /// Rows of the whole stream that were judged.
    pub(crate) rows: u64,
}

/// What the detector of a value said about it.
#[derive(Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) value: f64,
    pub(crate) event: Event,
    /// The thresholds that the value was judged by.
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    /// The tail probability of an alert, by the model that judged it.
    pub(crate) probability: f64,
}

impl Verdict {
    /// The threshold on the side of the event.
    pub(crate) fn threshold(&self) -> f64 {
        match self.event.side() {
            Some(Side::Up) => self.upper,
            Some(Side::Down) => self.lower,
            None => f64::NAN,
        }
    }
}

impl Streams {
    /// Detectors that have seen nothing. Those of a key are made when it comes.
    pub(crate) fn new(config: Config, wanted: Wanted) -> Result<Self, Failure> {
        config.validate()?;
        let mut streams = Streams { config, wanted, keys: Vec::new(), spots: Vec::new(), rows: 0 };
        if streams.wanted.key.is_none() {
            streams.add_group()?;
        }
        Ok(streams)
    }

    /// Detectors for a key that was not seen before.
    pub(crate) fn add_key(&mut self, key: &str) -> Result<(), Failure> {
        self.keys.push(key.to_owned());
        self.add_group()
    }

    fn add_group(&mut self) -> Result<(), Failure> {
        for _ in 0..self.wanted.width() {
            self.spots.push(Spot::new(self.config.clone())?);
        }
        Ok(())
    }

    /// The name of the column of a detector, where columns were asked for.
    pub(crate) fn column(&self, spot: usize) -> Option<&str> {
        let column = spot % self.wanted.width();
        self.wanted.columns.get(column).map(String::as_str)
    }

    /// The key of a detector, where there are keys.
    pub(crate) fn key(&self, spot: usize) -> Option<&str> {
        self.keys.get(spot / self.wanted.width()).map(String::as_str)
    }
}

/// Judges one value. With `tail` an excess has its probability told too.
#[inline]
pub(crate) fn judge(spot: &mut Spot, value: f64, tail: bool) -> Verdict {
    // Asked before the step: an alert may move the model.
    let (upper, lower) = (spot.anomaly_threshold(Side::Up), spot.anomaly_threshold(Side::Down));
    let mut probability = f64::NAN;
    if tail || value > upper || value < lower {
        probability = tail_probability(spot, value);
    }
    let event = spot.step(value);
    Verdict { value, event, upper, lower, probability }
}

/// The probability of the tail that a value lies in; NaN if in none.
#[cold]
fn tail_probability(spot: &Spot, value: f64) -> f64 {
    if value > spot.excess_threshold(Side::Up) {
        spot.tail_probability(Side::Up, value)
    } else if value < spot.excess_threshold(Side::Down) {
        spot.tail_probability(Side::Down, value)
    } else {
        f64::NAN
    }
}
