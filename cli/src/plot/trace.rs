//! A stream of any length in the memory of a picture: extremes, thresholds and alerts of some thousand buckets.

use std::collections::BTreeMap;

use tailspot::{Event, Side};

/// What one row leaves in the picture.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    /// Where on the axis; never smaller than the one before.
    pub(crate) at: u64,
    pub(crate) value: f64,
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    pub(crate) probability: f64,
    pub(crate) event: Event,
}

/// Where something is, and its value.
pub(crate) type Dot = (u64, f64);

/// Rows that share a place in the picture. NaN where there is nothing.
#[derive(Clone, Copy)]
pub(crate) struct Bucket {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Where its first row is.
    pub(crate) at: u64,
    /// Rows were here, with or without a value.
    pub(crate) visited: bool,
    /// The last thresholds.
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    /// The smallest tail probability.
    pub(crate) probability: f64,
    /// Where the highest alert of the upper side is, and its value; the lowest of the lower side.
    pub(crate) alert_up: Option<Dot>,
    pub(crate) alert_down: Option<Dot>,
    /// The same of the incidents, each at its first alert.
    pub(crate) incident_up: Option<Dot>,
    pub(crate) incident_down: Option<Dot>,
}

impl Bucket {
    const EMPTY: Bucket = Bucket {
        low: f64::NAN,
        high: f64::NAN,
        at: 0,
        visited: false,
        upper: f64::NAN,
        lower: f64::NAN,
        probability: f64::NAN,
        alert_up: None,
        alert_down: None,
        incident_up: None,
        incident_down: None,
    };

    fn add(&mut self, point: Point) {
        if !std::mem::replace(&mut self.visited, true) {
            self.at = point.at;
        }
        if point.value.is_finite() {
            // min and max prefer a number to NaN.
            self.low = self.low.min(point.value);
            self.high = self.high.max(point.value);
        }
        self.upper = if point.upper.is_nan() { self.upper } else { point.upper };
        self.lower = if point.lower.is_nan() { self.lower } else { point.lower };
        self.probability = self.probability.min(point.probability);
        let alert = Some((point.at, point.value));
        match point.event {
            Event::AlertUp => self.alert_up = further(self.alert_up, alert, Side::Up),
            Event::AlertDown => self.alert_down = further(self.alert_down, alert, Side::Down),
            _ => {}
        }
    }

    fn merge(self, later: Bucket) -> Bucket {
        Bucket {
            low: self.low.min(later.low),
            high: self.high.max(later.high),
            at: if self.visited { self.at } else { later.at },
            visited: self.visited || later.visited,
            upper: if later.upper.is_nan() { self.upper } else { later.upper },
            lower: if later.lower.is_nan() { self.lower } else { later.lower },
            probability: self.probability.min(later.probability),
            alert_up: further(self.alert_up, later.alert_up, Side::Up),
            alert_down: further(self.alert_down, later.alert_down, Side::Down),
            incident_up: further(self.incident_up, later.incident_up, Side::Up),
            incident_down: further(self.incident_down, later.incident_down, Side::Down),
        }
    }
}

/// The alert that lies further out.
fn further(first: Option<Dot>, second: Option<Dot>, side: Side) -> Option<Dot> {
    let sign = f64::from(side as i8);
    match (first, second) {
        (Some(a), Some(b)) => Some(if sign * b.1 > sign * a.1 { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The picture of one stream as it grows.
pub(crate) struct Trace {
    start: Option<u64>,
    end: u64,
    /// A bucket takes `1 << shift` places of the axis.
    shift: u32,
    buckets: Vec<Bucket>,
    /// When this many are full, each takes in its neighbour.
    most: usize,
    rows: u64,
    alerts: u64,
    /// The number of values that were judged.
    judged: u64,
    incidents: u64,
    /// From where on the thresholds lie, with a probability of 95 %, in which intervals: upper, lower.
    bands: Vec<(u64, [Interval; 2])>,
    /// Rows at which the intervals are looked at again.
    next_band: u64,
    /// Where the first value was judged.
    first_judged: Option<u64>,
    /// Why alerts are alerts, by their places.
    reasons: BTreeMap<u64, String>,
}

/// The ends of an interval, if it is known.
pub(crate) type Interval = Option<(f64, f64)>;

/// Alerts of a stream that keep their reasons.
const MOST_REASONS: usize = 10_000;

impl Trace {
    pub(crate) fn new(most: usize) -> Self {
        Trace {
            start: None,
            end: 0,
            shift: 0,
            buckets: Vec::new(),
            most,
            rows: 0,
            alerts: 0,
            judged: 0,
            incidents: 0,
            bands: Vec::new(),
            next_band: 0,
            first_judged: None,
            reasons: BTreeMap::new(),
        }
    }

    /// Takes more buckets from now on.
    pub(crate) fn refine(&mut self, most: usize) {
        self.most = self.most.max(most);
    }

    pub(crate) fn push(&mut self, point: Point) {
        let start = *self.start.get_or_insert(point.at);
        // Times may go backwards; a picture does not.
        let point = Point { at: point.at.max(self.end), ..point };
        let offset = point.at.saturating_sub(start);
        while offset >> self.shift >= self.most as u64 {
            self.halve();
        }
        let place = (offset >> self.shift) as usize;
        if place >= self.buckets.len() {
            self.buckets.resize(place + 1, Bucket::EMPTY);
        }
        self.buckets[place].add(point);
        self.end = point.at;
        self.rows += 1;
        self.alerts += u64::from(point.event.is_alert());
        let is_judged =
            !matches!(point.event, Event::InitBatch | Event::Calibration | Event::Missing);
        self.judged += u64::from(is_judged);
        if is_judged && self.first_judged.is_none() {
            self.first_judged = Some(point.at);
        }
    }

    /// Marks an incident at its first alert.
    pub(crate) fn mark(&mut self, at: u64, up: bool, value: f64) {
        self.incidents += 1;
        let at = at.min(self.end);
        let place = at.saturating_sub(self.start.unwrap_or(0)) >> self.shift;
        let Some(bucket) = self.buckets.get_mut(place as usize) else { return };
        match up {
            true => bucket.incident_up = further(bucket.incident_up, Some((at, value)), Side::Up),
            false => {
                bucket.incident_down = further(bucket.incident_down, Some((at, value)), Side::Down);
            }
        }
    }

    /// Why the alert at a place is one.
    pub(crate) fn explain(&mut self, at: u64, why: String) {
        if self.reasons.len() < MOST_REASONS {
            self.reasons.insert(at, why);
        }
    }

    pub(crate) fn reason(&self, at: u64) -> Option<&str> {
        self.reasons.get(&at).map(String::as_str)
    }

    /// Whether the intervals of the thresholds may have changed enough to be seen.
    pub(crate) fn needs_band(&self) -> bool {
        self.judged > 0 && self.rows >= self.next_band
    }

    pub(crate) fn set_band(&mut self, intervals: [Interval; 2]) {
        let at = match self.bands.is_empty() {
            true => self.first_judged.unwrap_or(self.end),
            false => self.end,
        };
        self.bands.push((at, intervals));
        self.next_band = self.rows + self.rows / 16 + 1;
    }

    pub(crate) fn bands(&self) -> &[(u64, [Interval; 2])] {
        &self.bands
    }

    /// Incidents, also those that share a place with another.
    pub(crate) fn incidents(&self) -> u64 {
        self.incidents
    }

    fn halve(&mut self) {
        let merged = self.buckets.chunks(2).map(|pair| match *pair {
            [first, second] => first.merge(second),
            [first, ..] => first,
            [] => Bucket::EMPTY,
        });
        self.buckets = merged.collect();
        self.shift += 1;
    }

    /// Alerts, also those that share a place with another.
    pub(crate) fn alerts(&self) -> u64 {
        self.alerts
    }

    /// Rows of a bucket that is full.
    pub(crate) fn density(&self) -> f64 {
        self.rows as f64 / self.buckets.len().max(1) as f64
    }

    /// Values that were judged.
    pub(crate) fn judged(&self) -> u64 {
        self.judged
    }

    /// The buckets, the middle of the first, and the distance to the next.
    pub(crate) fn grid(&self) -> (&[Bucket], f64, f64) {
        let width = (1_u64 << self.shift) as f64;
        (&self.buckets, (width - 1.0) / 2.0, width)
    }

    /// The first and the last place on the axis.
    pub(crate) fn range(&self) -> (u64, u64) {
        (self.start.unwrap_or(0), self.end)
    }

    /// From the first to the last place.
    pub(crate) fn length(&self) -> f64 {
        let (start, end) = self.range();
        end.saturating_sub(start) as f64
    }

    /// Every bucket, with the distance of its middle from the start.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (f64, &Bucket)> {
        let (buckets, first, width) = self.grid();
        buckets
            .iter()
            .enumerate()
            .map(move |(place, bucket)| (first + width * place as f64, bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 2048;

    fn point(at: u64, value: f64, event: Event) -> Point {
        Point { at, value, upper: 3.0, lower: f64::NAN, probability: f64::NAN, event }
    }

    #[test]
    fn extremes_and_alerts_survive_any_number_of_rows() {
        let mut trace = Trace::new(MOST);
        for at in 0..1_000_000 {
            let event = if at == 777_777 { Event::AlertUp } else { Event::Normal };
            let value = if at == 777_777 { 9.0 } else { (at % 7) as f64 / 7.0 };
            trace.push(point(at + 50, value, event));
        }
        assert!(trace.buckets.len() <= MOST && trace.buckets.len() > MOST / 4);
        assert_eq!(trace.range(), (50, 1_000_049));
        let alerts: Vec<_> = trace.buckets().filter_map(|(_, s)| s.alert_up).collect();
        assert_eq!(alerts, [(777_827, 9.0)]);
        assert!(trace.buckets().all(|(_, s)| s.low == 0.0 && s.upper == 3.0));
        assert_eq!(trace.buckets().filter(|(_, s)| s.high == 9.0).count(), 1);
    }

    #[test]
    fn missing_values_and_sparse_rows_leave_holes() {
        let mut trace = Trace::new(MOST);
        trace.push(point(10, 1.0, Event::Normal));
        trace.push(point(5_000_000_000, f64::NAN, Event::Missing));
        assert!(trace.buckets.len() <= MOST);
        assert_eq!(trace.buckets().filter(|(_, s)| s.low.is_finite()).count(), 1);
    }
}
