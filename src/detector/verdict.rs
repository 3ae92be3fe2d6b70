//! What one value was judged by.

use crate::detector::Spot;
use crate::event::{Event, Side};

/// The answer to one value of a [`Pool`](super::Pool), and what it was judged by: the model as it was before the value,
/// which may have changed it.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    /// The answer.
    pub event: Event,
    /// The anomaly threshold of the tail that the value lies in; NaN if in none, as before the calibration.
    pub threshold: f64,
    /// The tail probability of the value; NaN if it lies in no tail.
    pub probability: f64,
}

impl Verdict {
    /// On a value that lies in no tail.
    pub(crate) fn plain(event: Event) -> Self {
        Verdict { event, threshold: f64::NAN, probability: f64::NAN }
    }

    /// Judges a value.
    pub(crate) fn of(spot: &mut Spot, value: f64) -> Self {
        let side = if value > spot.excess_threshold(Side::Up) {
            Side::Up
        } else if value < spot.excess_threshold(Side::Down) {
            Side::Down
        } else {
            return Verdict::plain(spot.step(value));
        };
        let threshold = spot.anomaly_threshold(side);
        let probability = spot.tail_probability(side, value);
        Verdict { event: spot.step(value), threshold, probability }
    }
}
