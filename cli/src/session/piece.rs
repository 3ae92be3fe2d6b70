//! Some rows of a batch, judged one after the other before any of their lines is written.

use std::ops::Range;

use tailspot::{Event, Pool, Side};

use super::streams::{Frozen, Verdict};
use crate::input::Batch;

/// The buffers are used again and again.
#[derive(Default)]
pub(super) struct Piece {
    /// The stream of each value.
    pub(super) streams: Vec<u64>,
    pub(super) events: Vec<Event>,
    /// Where and on what there is more to say than that a value is normal; all values if thresholds are wanted.
    verdicts: Vec<Verdict>,
    /// The values that are normal whatever comes, by the numbers of the streams.
    calm: Vec<[f64; 2]>,
}

impl Piece {
    /// Judges rows of a batch, and learns from them unless the detectors are frozen. `thresholds` are wanted of every value,
    /// or of those that are not normal.
    pub(super) fn judge(
        &mut self,
        pool: &mut Pool,
        mut frozen: Option<&mut Frozen>,
        thresholds: bool,
        batch: &Batch,
        rows: Range<usize>,
        width: usize,
    ) {
        let values = &batch.values[rows.start * width..rows.end * width];
        self.streams.clear();
        for row in rows {
            let first = batch.keys.get(row).map_or(0, |&key| u64::from(key) * width as u64);
            self.streams.extend((0..width as u64).map(|column| first + column));
        }
        self.events.clear();
        self.verdicts.clear();
        let is_quick = !thresholds && frozen.is_none();
        for (&stream, &value) in self.streams.iter().zip(values) {
            let place = stream as usize;
            let [low, high] = self.calm.get(place).copied().unwrap_or(UNKNOWN);
            if is_quick && value >= low && value <= high {
                self.events.push(pool.step(stream, value));
                continue;
            }
            let verdict = match &mut frozen {
                Some(frozen) => frozen.judge(pool, place, value),
                None => Verdict::new(value, pool.verdict(stream, value)),
            };
            self.events.push(verdict.event);
            if thresholds || verdict.event != Event::Normal {
                self.verdicts.push(verdict);
            } else if is_quick && low == f64::INFINITY {
                self.calm.resize(self.calm.len().max(place + 1), UNKNOWN);
                self.calm[place] = calm(pool, stream);
            }
        }
    }

    /// The verdicts on the values that `judge` gave one, in order.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter()
    }
}

const UNKNOWN: [f64; 2] = [f64::INFINITY, f64::NEG_INFINITY];

/// The values that are normal whatever comes: without a baseline excess thresholds do not move. NaN with one.
fn calm(pool: &Pool, stream: u64) -> [f64; 2] {
    let Some(spot) = pool.get(stream) else { return UNKNOWN };
    let config = spot.config();
    let has_baseline = config.depth > 0 || config.scale_depth > 0 || config.period > 0;
    if has_baseline || !config.baselines.is_empty() {
        return [f64::NAN; 2];
    }
    let low = if config.down { spot.excess_threshold(Side::Down) } else { f64::MIN };
    let high = if config.up { spot.excess_threshold(Side::Up) } else { f64::MAX };
    [low, high]
}
