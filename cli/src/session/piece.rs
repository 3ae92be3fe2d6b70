//! Some rows of a batch, judged one after the other before any of their lines is written.

use std::collections::VecDeque;
use std::ops::Range;

use tailspot::{Event, Pool, Reason, Side};

use super::streams::{Frozen, Verdict, has_baseline};
use crate::input::Batch;
use crate::number::short;

/// What is wanted besides the events.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The thresholds of all values, not only of those that are not normal.
    pub(super) thresholds: bool,
    /// What each baseline says of an alert.
    pub(super) reasons: bool,
}

/// The buffers are used again and again.
#[derive(Default)]
pub(super) struct Piece {
    /// The stream of each value.
    pub(super) streams: Vec<u64>,
    pub(super) events: Vec<Event>,
    /// Where and on what there is more to say than that a value is normal; all values if thresholds are wanted.
    pub(super) verdicts: Vec<Verdict>,
    /// Why alerts are alerts, by their places, if somebody asks.
    reasons: VecDeque<(usize, String)>,
    /// The values that are normal whatever comes, by the numbers of the streams.
    calm: Vec<[f64; 2]>,
}

impl Piece {
    /// Judges rows of a batch, and learns from them unless the detectors are frozen.
    pub(super) fn judge(
        &mut self,
        pool: &mut Pool,
        mut frozen: Option<&mut Frozen>,
        wanted: Wanted,
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
        self.reasons.clear();
        let Wanted { thresholds, reasons } = wanted;
        let is_quick = !thresholds && frozen.is_none();
        for (nth, (&stream, &value)) in self.streams.iter().zip(values).enumerate() {
            let place = stream as usize;
            if reasons && let Some(why) = why(pool, stream, value) {
                self.reasons.push_back((nth, why));
            }
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

    /// Why the value at a place is an alert, if that was asked for. Places come in order.
    pub(super) fn why(&mut self, place: usize) -> Option<String> {
        let is_it = self.reasons.front().is_some_and(|(at, _)| *at == place);
        if is_it { self.reasons.pop_front().map(|(_, why)| why) } else { None }
    }
}

const UNKNOWN: [f64; 2] = [f64::INFINITY, f64::NEG_INFINITY];

/// The values that are normal whatever comes: without a baseline excess thresholds do not move. NaN with one.
fn calm(pool: &Pool, stream: u64) -> [f64; 2] {
    let Some(spot) = pool.get(stream) else { return UNKNOWN };
    let config = spot.config();
    if has_baseline(config) {
        return [f64::NAN; 2];
    }
    let low = if config.down { spot.excess_threshold(Side::Down) } else { f64::MIN };
    let high = if config.up { spot.excess_threshold(Side::Up) } else { f64::MAX };
    [low, high]
}

/// What each baseline says of a value beyond a threshold, before it is judged.
fn why(pool: &Pool, stream: u64, value: f64) -> Option<String> {
    let [upper, lower] = pool.anomaly_thresholds(stream);
    if !(value > upper || value < lower) {
        return None;
    }
    let one = |reason: &Reason| {
        let baseline = &reason.baseline;
        let part = |name: &str, value: f64, used: bool| match used {
            true => format!("{name} {}, ", short(value)),
            false => String::new(),
        };
        let p = match reason.side {
            Some(_) => format!("p = {}", short(reason.probability)),
            None => "not in a tail".to_owned(),
        };
        format!(
            "baseline {}/{}/{}: {}{}{}residual {}, {p}",
            baseline.depth,
            baseline.scale_depth,
            baseline.period,
            part("level", reason.level, baseline.depth > 0),
            part("scale", reason.scale, baseline.scale_depth > 0),
            part("season", reason.season, baseline.period > 0),
            short(reason.residual),
        )
    };
    let lines: Vec<_> = pool.get(stream)?.reasons(value).iter().map(one).collect();
    Some(lines.join("\n"))
}
