//! Some rows of a batch, judged in one call, which is faster than one by one.

use std::ops::Range;

use tailspot::{Event, Outputs, Pool};

use super::streams::{Frozen, Verdict};
use crate::failure::Failure;
use crate::input::Batch;

/// The buffers are used again and again.
#[derive(Default)]
pub(super) struct Piece {
    /// The stream of each value.
    pub(super) keys: Vec<u64>,
    pub(super) events: Vec<Event>,
    upper: Vec<f64>,
    lower: Vec<f64>,
    probability: Vec<f64>,
}

impl Piece {
    /// Judges rows of a batch, and learns from them unless the detectors are frozen.
    pub(super) fn judge(
        &mut self,
        pool: &mut Pool,
        frozen: Option<&mut Frozen>,
        batch: &Batch,
        rows: Range<usize>,
        width: usize,
    ) -> Result<(), Failure> {
        let values = &batch.values[rows.start * width..rows.end * width];
        self.keys.clear();
        for row in rows {
            let first = batch.keys.get(row).map_or(0, |&key| u64::from(key) * width as u64);
            self.keys.extend((0..width as u64).map(|column| first + column));
        }
        self.events.resize(values.len(), Event::Normal);
        let numbers = [&mut self.upper, &mut self.lower, &mut self.probability];
        for numbers in numbers {
            numbers.resize(values.len(), f64::NAN);
        }
        if let Some(frozen) = frozen {
            for (place, (&stream, &value)) in self.keys.iter().zip(values).enumerate() {
                let verdict = frozen.judge(pool, stream as usize, value);
                self.events[place] = verdict.event;
                (self.upper[place], self.lower[place]) = (verdict.upper, verdict.lower);
                self.probability[place] = verdict.probability;
            }
            return Ok(());
        }
        let outputs = Outputs {
            events: Some(&mut self.events),
            upper: Some(&mut self.upper),
            lower: Some(&mut self.lower),
            probability: Some(&mut self.probability),
        };
        Ok(pool.step_many(&self.keys, values, outputs)?)
    }

    /// The verdict on a value of the piece.
    pub(super) fn verdict(&self, place: usize, value: f64) -> Verdict {
        let (upper, lower, probability) =
            (self.upper[place], self.lower[place], self.probability[place]);
        Verdict { value, event: self.events[place], upper, lower, probability }
    }
}
