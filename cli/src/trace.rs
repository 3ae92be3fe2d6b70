//! A stream of any length in the memory of a picture: extremes, thresholds and alerts of some thousand stretches.

use tailspot::{Event, Side};

/// More stretches than a picture has columns; when they are full, each takes in its neighbour.
const MOST: usize = 2048;

/// What one row leaves in the picture.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    /// Where on the axis; never smaller than the one before.
    pub(crate) at: u64,
    pub(crate) value: f64,
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    pub(crate) event: Event,
}

/// Rows that share a place in the picture. NaN where there is nothing.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Rows were here, with or without a value.
    pub(crate) visited: bool,
    /// The last thresholds.
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    /// Where the highest alert of the upper side is, and its value; the lowest of the lower side.
    pub(crate) alert_up: Option<(u64, f64)>,
    pub(crate) alert_down: Option<(u64, f64)>,
}

impl Stretch {
    const EMPTY: Stretch = Stretch {
        low: f64::NAN,
        high: f64::NAN,
        visited: false,
        upper: f64::NAN,
        lower: f64::NAN,
        alert_up: None,
        alert_down: None,
    };

    fn add(&mut self, point: Point) {
        self.visited = true;
        if point.value.is_finite() {
            // min and max prefer a number to NaN.
            self.low = self.low.min(point.value);
            self.high = self.high.max(point.value);
        }
        self.upper = if point.upper.is_nan() { self.upper } else { point.upper };
        self.lower = if point.lower.is_nan() { self.lower } else { point.lower };
        let alert = Some((point.at, point.value));
        match point.event {
            Event::AlertUp => self.alert_up = further(self.alert_up, alert, Side::Up),
            Event::AlertDown => self.alert_down = further(self.alert_down, alert, Side::Down),
            _ => {}
        }
    }

    fn merge(self, later: Stretch) -> Stretch {
        Stretch {
            low: self.low.min(later.low),
            high: self.high.max(later.high),
            visited: self.visited || later.visited,
            upper: if later.upper.is_nan() { self.upper } else { later.upper },
            lower: if later.lower.is_nan() { self.lower } else { later.lower },
            alert_up: further(self.alert_up, later.alert_up, Side::Up),
            alert_down: further(self.alert_down, later.alert_down, Side::Down),
        }
    }
}

/// The alert that lies further out.
fn further(
    first: Option<(u64, f64)>,
    second: Option<(u64, f64)>,
    side: Side,
) -> Option<(u64, f64)> {
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
    /// A stretch holds `1 << shift` rows.
    shift: u32,
    stretches: Vec<Stretch>,
    alerts: u64,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Trace { start: None, end: 0, shift: 0, stretches: Vec::new(), alerts: 0 }
    }

    pub(crate) fn push(&mut self, point: Point) {
        let start = *self.start.get_or_insert(point.at);
        let offset = point.at.saturating_sub(start);
        while offset >> self.shift >= MOST as u64 {
            self.halve();
        }
        let place = (offset >> self.shift) as usize;
        if place >= self.stretches.len() {
            self.stretches.resize(place + 1, Stretch::EMPTY);
        }
        self.stretches[place].add(point);
        self.end = point.at;
        self.alerts += u64::from(point.event.is_alert());
    }

    fn halve(&mut self) {
        let merged = self.stretches.chunks(2).map(|pair| match *pair {
            [first, second] => first.merge(second),
            [first, ..] => first,
            [] => Stretch::EMPTY,
        });
        self.stretches = merged.collect();
        self.shift += 1;
    }

    /// Alerts, also those that share a place with another.
    pub(crate) fn alerts(&self) -> u64 {
        self.alerts
    }

    /// The first and the last place on the axis.
    pub(crate) fn range(&self) -> (u64, u64) {
        (self.start.unwrap_or(0), self.end)
    }

    /// Every stretch that is not empty, with the middle of its place.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (f64, &Stretch)> {
        let start = self.start.unwrap_or(0) as f64;
        let width = (1_u64 << self.shift) as f64;
        let middle = move |place: usize| start + width * place as f64 + (width - 1.0) / 2.0;
        let all = self.stretches.iter().enumerate();
        all.map(move |(place, stretch)| (middle(place), stretch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: u64, value: f64, event: Event) -> Point {
        Point { at, value, upper: 3.0, lower: f64::NAN, event }
    }

    #[test]
    fn extremes_and_alerts_survive_any_number_of_rows() {
        let mut trace = Trace::new();
        for at in 0..1_000_000 {
            let event = if at == 777_777 { Event::AlertUp } else { Event::Normal };
            let value = if at == 777_777 { 9.0 } else { (at % 7) as f64 / 7.0 };
            trace.push(point(at + 50, value, event));
        }
        assert!(trace.stretches.len() <= MOST && trace.stretches.len() > MOST / 4);
        assert_eq!(trace.range(), (50, 1_000_049));
        let alerts: Vec<_> = trace.stretches().filter_map(|(_, s)| s.alert_up).collect();
        assert_eq!(alerts, [(777_827, 9.0)]);
        assert!(trace.stretches().all(|(_, s)| s.low == 0.0 && s.upper == 3.0));
        assert_eq!(trace.stretches().filter(|(_, s)| s.high == 9.0).count(), 1);
    }

    #[test]
    fn missing_values_and_sparse_rows_leave_holes() {
        let mut trace = Trace::new();
        trace.push(point(10, 1.0, Event::Normal));
        trace.push(point(5_000_000_000, f64::NAN, Event::Missing));
        assert!(trace.stretches.len() <= MOST);
        assert_eq!(trace.stretches().filter(|(_, s)| s.low.is_finite()).count(), 1);
    }
}
