//! Many values in one call: the answers of a loop of steps, bit for bit, at the speed of a scan.
//!
//! A value within both excess thresholds only counts, and those do not move after the calibration. So the slice is
//! scanned in blocks: the compiler vectorises the comparison of a block, and only blocks with something in them are
//! judged value by value.

use crate::detector::Spot;
#[cfg(feature = "pool")]
use crate::detector::Verdict;
use crate::detector::member::Phase;
use crate::detector::model::Model;
use crate::error::Error;
use crate::event::{Event, Side};

/// Values that are compared at once: a bit for each.
const BLOCK: usize = 64;

/// Where `step_many` writes; every part is optional and as long as the values.
#[derive(Debug, Default)]
pub struct Outputs<'a> {
    /// The answer to each value.
    pub events: Option<&'a mut [Event]>,
    /// The upper anomaly threshold that each value was judged by; NaN before the calibration and if not watched.
    pub upper: Option<&'a mut [f64]>,
    /// The lower one.
    pub lower: Option<&'a mut [f64]>,
    /// The tail probability of each value; NaN for values that are not in a tail.
    pub probability: Option<&'a mut [f64]>,
}

impl<'a> Outputs<'a> {
    /// Only the events.
    pub fn events(events: &'a mut [Event]) -> Self {
        Outputs { events: Some(events), ..Outputs::default() }
    }

    pub(crate) fn check(&self, expected: usize) -> Result<(), Error> {
        let lengths = [
            ("events", self.events.as_ref().map(|out| out.len())),
            ("upper", self.upper.as_ref().map(|out| out.len())),
            ("lower", self.lower.as_ref().map(|out| out.len())),
            ("probability", self.probability.as_ref().map(|out| out.len())),
        ];
        for (output, given) in lengths {
            if let Some(given) = given.filter(|given| *given != expected) {
                return Err(Error::Length { output, given, expected });
            }
        }
        Ok(())
    }

    /// Where the next values are written, no more than `len`; these outputs continue after them.
    #[cfg(feature = "pool")]
    pub(crate) fn split_off(&mut self, len: usize) -> Self {
        fn front<'a, T>(out: &mut Option<&'a mut [T]>, len: usize) -> Option<&'a mut [T]> {
            let all = out.take()?;
            let (front, rest) = all.split_at_mut(len.min(all.len()));
            *out = Some(rest);
            Some(front)
        }
        let upper = front(&mut self.upper, len);
        let lower = front(&mut self.lower, len);
        let probability = front(&mut self.probability, len);
        Outputs { events: front(&mut self.events, len), upper, lower, probability }
    }

    pub(crate) fn wants_thresholds(&self) -> bool {
        self.upper.is_some() || self.lower.is_some()
    }

    pub(crate) fn wants_probability(&self) -> bool {
        self.probability.is_some()
    }

    pub(crate) fn put_thresholds(&mut self, index: usize, [upper, lower]: [f64; 2]) {
        put(&mut self.upper, index, upper);
        put(&mut self.lower, index, lower);
    }

    #[cfg(feature = "pool")]
    pub(crate) fn put(&mut self, index: usize, verdict: Verdict) {
        self.put_event(index, verdict.event);
        self.put_thresholds(index, [verdict.upper, verdict.lower]);
        self.put_probability(index, verdict.probability);
    }

    pub(crate) fn put_probability(&mut self, index: usize, probability: f64) {
        put(&mut self.probability, index, probability);
    }

    pub(crate) fn put_event(&mut self, index: usize, event: Event) {
        put(&mut self.events, index, event);
    }
}

/// Writes as the scan goes: events where they are not normal, thresholds when they change, up to the value that
/// changed them.
struct Writer<'a, 'b> {
    outputs: &'b mut Outputs<'a>,
    thresholds: [f64; 2],
    written: usize,
}

impl Writer<'_, '_> {
    /// All values before `end` were judged, the last of them by the thresholds known so far.
    fn judged(&mut self, spot: &Spot, end: usize) {
        if self.outputs.upper.is_none() && self.outputs.lower.is_none() {
            return;
        }
        let next = spot.first.anomaly_thresholds();
        if next.map(f64::to_bits) != self.thresholds.map(f64::to_bits) {
            self.fill(end);
            self.thresholds = next;
        }
    }

    fn fill(&mut self, end: usize) {
        let [upper, lower] = self.thresholds;
        if let Some(out) = &mut self.outputs.upper {
            out[self.written..end].fill(upper);
        }
        if let Some(out) = &mut self.outputs.lower {
            out[self.written..end].fill(lower);
        }
        self.written = end;
    }
}

impl Spot {
    /// Judges values in order: the same answers, thresholds and state as [`step`](Spot::step) on each, bit for bit.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if an output is not as long as `values`; nothing is judged then.
    pub fn step_many(&mut self, values: &[f64], mut outputs: Outputs<'_>) -> Result<(), Error> {
        outputs.check(values.len())?;
        let mut done = 0;
        while done < values.len() && (self.model().is_none() || !self.is_plain()) {
            self.step_into(done, values[done], &mut outputs);
            done += 1;
        }
        if done < values.len() {
            self.scan(values, done, &mut outputs);
        }
        Ok(())
    }

    /// Judges values without learning from them: for each the answer that [`step`](Spot::step) would give now.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if an output is not as long as `values`; nothing is judged then.
    pub fn judge_many(&self, values: &[f64], mut outputs: Outputs<'_>) -> Result<(), Error> {
        outputs.check(values.len())?;
        if outputs.wants_thresholds() {
            let thresholds = self.thresholds();
            (0..values.len()).for_each(|i| outputs.put_thresholds(i, thresholds));
        }
        for (i, value) in values.iter().enumerate() {
            let event = self.event_of(*value);
            if outputs.wants_probability() {
                outputs.put_probability(i, self.probability_of(*value, event));
            }
            outputs.put_event(i, event);
        }
        Ok(())
    }

    /// Judges one value and writes the answer, the reasons only as far as they are wanted.
    #[inline]
    fn step_into(&mut self, index: usize, value: f64, outputs: &mut Outputs<'_>) {
        if outputs.wants_thresholds() {
            outputs.put_thresholds(index, self.thresholds());
        }
        let event = if outputs.wants_probability() {
            let (event, probability) = self.step_with_probability(value);
            outputs.put_probability(index, probability);
            event
        } else {
            self.step(value)
        };
        outputs.put_event(index, event);
    }

    /// The anomaly thresholds of both sides.
    #[inline]
    pub(crate) fn thresholds(&self) -> [f64; 2] {
        if self.others.is_empty() {
            self.first.anomaly_thresholds()
        } else {
            Side::BOTH.map(|side| self.anomaly_threshold(side))
        }
    }

    /// The values from `start` on, for a calibrated detector without a baseline.
    fn scan(&mut self, values: &[f64], start: usize, outputs: &mut Outputs<'_>) {
        let Some((low, high)) = self.model().map(Model::normal_range) else { return };
        if let Some(events) = &mut outputs.events {
            events[start..].fill(Event::Normal);
        }
        if let Some(probability) = &mut outputs.probability {
            probability[start..].fill(f64::NAN);
        }
        let mut writer = Writer { outputs, thresholds: self.thresholds(), written: start };
        let mut done = start;
        for (i, block) in values[start..].chunks(BLOCK).enumerate() {
            let mut bits = beyond(block, low, high);
            while bits != 0 {
                let next = start + i * BLOCK + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                self.pass_range(done, next, &mut writer);
                if writer.outputs.probability.is_some() {
                    let probability = self.judge(values[next]).probability;
                    writer.outputs.put_probability(next, probability);
                }
                writer.outputs.put_event(next, self.step_beyond(values[next]));
                done = next + 1;
                writer.judged(self, done);
            }
        }
        self.pass_range(done, values.len(), &mut writer);
        writer.fill(values.len());
    }

    /// Judges a value that is not within both excess thresholds.
    #[inline]
    fn step_beyond(&mut self, value: f64) -> Event {
        let Phase::Running(model) = &mut self.first.phase else { return self.step_slow(value) };
        if !value.is_finite() {
            return self.step_slow(value);
        }
        let (event, is_surplus) = model.step(value);
        if event.is_alert() {
            self.count_alert(event, value, is_surplus);
        }
        event
    }

    /// Counts the normal values of a range, and learns what is due among them.
    fn pass_range(&mut self, mut from: usize, to: usize, writer: &mut Writer<'_, '_>) {
        while from < to {
            let Phase::Running(model) = &mut self.first.phase else { return };
            let idle = model.idle().min((to - from) as u64);
            model.count_idle(idle);
            from += idle as usize;
            if from < to {
                model.count_normal();
                from += 1;
                writer.judged(self, from);
            }
        }
    }
}

fn put<T>(out: &mut Option<&mut [T]>, index: usize, value: T) {
    if let Some(out) = out {
        out[index] = value;
    }
}

/// A bit for each of at most 64 values that is not within both excess thresholds (NaN is not), the first in the lowest.
#[inline]
fn beyond(block: &[f64], low: f64, high: f64) -> u64 {
    // Two lanes fill a register of every x86-64; with whole blocks the compiler knows every bit's place.
    const LANES: usize = 2;
    let is_beyond = |x: f64| !((x >= low) & (x <= high));
    let Ok(block): Result<&[f64; BLOCK], _> = block.try_into() else {
        return block.iter().rev().fold(0, |bits, x| bits << 1 | u64::from(is_beyond(*x)));
    };
    let mut bits = [0_u64; LANES];
    for (i, row) in block.as_chunks::<LANES>().0.iter().enumerate() {
        for j in 0..LANES {
            bits[j] |= if is_beyond(row[j]) { 1 << (i * LANES + j) } else { 0 };
        }
    }
    bits[0] | bits[1]
}
