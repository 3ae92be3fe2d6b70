//! What one value was judged by.

use crate::event::{Event, Side};

use super::Pool;

/// The answer to one value of a [`Pool`], and what it was judged by: the model as it was before the value, which may have
/// changed it.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The answer.
    pub event: Event,
    /// The upper anomaly threshold; NaN before the calibration and if not watched.
    pub upper: f64,
    /// The lower one.
    pub lower: f64,
    /// The tail probability of a value beyond one of them; NaN for any other.
    pub probability: f64,
}

impl Pool {
    /// Judges one value as [`step`](Pool::step) does, and tells by what.
    pub fn verdict(&mut self, key: u64, value: f64) -> Verdict {
        let [upper, lower] = self.thresholds(key);
        let probability = if value > upper {
            self.tail_probability(key, Side::Up, value)
        } else if value < lower {
            self.tail_probability(key, Side::Down, value)
        } else {
            f64::NAN
        };
        Verdict { event: self.step(key, value), upper, lower, probability }
    }

    #[cold]
    fn tail_probability(&self, key: u64, side: Side, value: f64) -> f64 {
        match self.get(key) {
            Some(spot) => spot.tail_probability(side, value),
            None => self.template().tail_probability(side, value),
        }
    }
}
