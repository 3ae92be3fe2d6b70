//! Incidents: alerts come in clusters, and people count clusters.

use crate::config::Config;
use crate::event::{Event, Side};

/// Alerts that belong together: each of them came within the gap after the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Incident {
    /// The side of the peak.
    pub side: Side,
    /// Index of the first alert.
    pub first: u64,
    /// Index of the last alert.
    pub last: u64,
    /// Number of alerts.
    pub count: u64,
    /// The value of the least probable alert; of equally probable ones the most extreme.
    pub peak: f64,
    /// The tail probability of the peak; 0 for an infinity.
    pub probability: f64,
}

impl Incident {
    /// The incident of one alert.
    fn new(index: u64, side: Side, value: f64, probability: f64) -> Self {
        Incident { side, first: index, last: index, count: 1, peak: value, probability }
    }

    /// Adds an alert.
    fn join(&mut self, index: u64, side: Side, value: f64, probability: f64) {
        self.last = index;
        self.count += 1;
        let is_farther = side == self.side && side.sign() * value > side.sign() * self.peak;
        let is_peak = match self.probability {
            known if known == probability => is_farther,
            known if known.is_nan() => !probability.is_nan(),
            known => probability < known,
        };
        if is_peak {
            (self.side, self.peak, self.probability) = (side, value, probability);
        }
    }
}

/// Groups the alerts of a stream into incidents.
///
/// An alert starts an incident if no alert of either side came within the gap before it: a burst that swings both ways is
/// one incident. Missing values do not count as values of the gap. [`count`](Incidents::count) looks at one side alone, as
/// `q` does: there an alert starts an incident if no alert of that side came within the gap before it.
///
/// ```
/// use tailspot::{Config, Incidents, Spot};
///
/// let config = Config { q: 1e-5, down: false, ..Config::default() };
/// let (mut spot, mut incidents) = (Spot::new(config.clone())?, Incidents::of(&config));
/// let mut values: Vec<f64> = (0..6000).map(|i| f64::from(i * 7919 % 2003) / 2003.0).collect();
/// values[5000] = 9.0;
/// values[5003] = 8.0;
/// let mut finished = Vec::new();
/// for (i, x) in (0..).zip(values) {
///     let verdict = spot.verdict(x);
///     finished.extend(incidents.take(i, x, verdict.event, verdict.probability));
/// }
/// finished.extend(incidents.finish());
/// assert_eq!(finished.len(), 1);
/// assert_eq!((finished[0].first, finished[0].last, finished[0].count), (5000, 5003, 2));
/// assert_eq!(finished[0].peak, 9.0);
/// # Ok::<(), tailspot::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Incidents {
    pub(crate) gap: u64,
    pub(crate) open: Option<Incident>,
    /// Index of the last alert of each side, and so much more as values were missing since: up, down.
    pub(crate) last: [Option<u64>; 2],
    /// Incidents that started: up, down, either.
    pub(crate) started: [u64; 3],
}

impl Incidents {
    /// The smallest gap of a detector, in values.
    pub const LEAST_GAP: u64 = 20;

    /// Alerts that are at most `gap` values apart belong together.
    pub fn new(gap: u64) -> Self {
        Incidents { gap, open: None, last: [None; 2], started: [0; 3] }
    }

    /// Those of a detector: the gap is its quarantine, but at least [`LEAST_GAP`](Incidents::LEAST_GAP).
    pub fn of(config: &Config) -> Self {
        Incidents::new((config.quarantine as u64).max(Incidents::LEAST_GAP))
    }

    /// The largest distance of two alerts of one incident.
    pub fn gap(&self) -> u64 {
        self.gap
    }

    /// Takes the answer to the value at `index`, where indices ascend; values that are neither alerts nor missing may be left
    /// out. Returns the incident that ended, as soon as it is certain that no alert joins it.
    #[inline]
    pub fn take(
        &mut self,
        index: u64,
        value: f64,
        event: Event,
        probability: f64,
    ) -> Option<Incident> {
        if event == Event::Missing {
            self.last.iter_mut().flatten().for_each(|last| *last = last.saturating_add(1));
            return None;
        }
        if self.open.is_none() && !event.is_alert() {
            return None;
        }
        let last = self.last.iter().flatten().max().copied().unwrap_or(0);
        let ended = self.open.take_if(|_| index.saturating_sub(last) > self.gap);
        if let Some(side) = event.side().filter(|_| event.is_alert()) {
            self.alert(index, side, value, probability);
        }
        ended
    }

    fn alert(&mut self, index: u64, side: Side, value: f64, probability: f64) {
        let probability = if value.is_infinite() { 0.0 } else { probability };
        let last = self.last[side.index()].replace(index);
        if last.is_none_or(|last| index.saturating_sub(last) > self.gap) {
            self.started[side.index()] += 1;
        }
        match &mut self.open {
            Some(open) => open.join(index, side, value, probability),
            None => {
                self.started[2] += 1;
                self.open = Some(Incident::new(index, side, value, probability));
            }
        }
    }

    /// The incident that further alerts may join.
    pub fn open(&self) -> Option<&Incident> {
        self.open.as_ref()
    }

    /// Ends the open incident, as at the end of a stream.
    pub fn finish(&mut self) -> Option<Incident> {
        self.open.take()
    }

    /// Incidents of one side alone that have started so far.
    pub fn count(&self, side: Side) -> u64 {
        self.started[side.index()]
    }

    /// Incidents that have started so far, each of either side or both.
    pub fn total(&self) -> u64 {
        self.started[2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The incidents of alerts given as (index, value, probability); the side is the sign of the value.
    fn of(gap: u64, alerts: &[(u64, f64, f64)]) -> (Vec<Incident>, Incidents) {
        let mut incidents = Incidents::new(gap);
        let mut ended = Vec::new();
        let mut next = 0;
        for (index, value, probability) in alerts.iter().copied() {
            for quiet in next..index {
                ended.extend(incidents.take(quiet, 0.0, Event::Normal, f64::NAN));
            }
            next = index + 1;
            let event = if value > 0.0 { Event::AlertUp } else { Event::AlertDown };
            ended.extend(incidents.take(index, value, event, probability));
        }
        ended.extend(incidents.finish());
        (ended, incidents)
    }

    #[test]
    fn an_alert_joins_up_to_the_gap() {
        let alerts = [(0, 5.0, 1e-5), (20, 7.0, 1e-7), (41, 4.0, 1e-4)];
        let (ended, incidents) = of(20, &alerts);
        let first =
            Incident { side: Side::Up, first: 0, last: 20, count: 2, peak: 7.0, probability: 1e-7 };
        assert_eq!(ended, [first, Incident::new(41, Side::Up, 4.0, 1e-4)]);
        assert_eq!((incidents.total(), incidents.count(Side::Up)), (2, 2));
        assert_eq!(incidents.count(Side::Down), 0);
    }

    #[test]
    fn both_sides_make_one_incident_and_each_counts_its_own() {
        let alerts = [(3, 5.0, 1e-5), (10, -9.0, 1e-9), (30, -4.0, 1e-4), (31, 5.0, 1e-5)];
        let (ended, incidents) = of(20, &alerts);
        assert_eq!(ended.len(), 1);
        assert_eq!((ended[0].side, ended[0].peak, ended[0].count), (Side::Down, -9.0, 4));
        assert_eq!((incidents.count(Side::Up), incidents.count(Side::Down)), (2, 1));
    }

    #[test]
    fn ends_as_soon_as_no_alert_can_join() {
        let mut incidents = Incidents::new(2);
        assert_eq!(incidents.take(5, 3.0, Event::AlertUp, 1e-3), None);
        assert_eq!(incidents.take(6, 0.0, Event::ExcessUp, 1e-2), None);
        assert_eq!(incidents.take(7, f64::NAN, Event::Missing, f64::NAN), None);
        assert_eq!(incidents.open().map(|open| open.count), Some(1));
        assert_eq!(incidents.take(8, 0.0, Event::Normal, f64::NAN), None);
        let ended = incidents.take(9, 0.0, Event::Normal, f64::NAN);
        assert_eq!(ended.map(|ended| ended.last), Some(5));
        assert_eq!(incidents.finish(), None);
    }

    #[test]
    fn missing_values_are_not_counted() {
        for (missing, total) in [(0..0, 2), (3..4, 1), (3..9, 1)] {
            let mut incidents = Incidents::new(5);
            for index in 0..9 {
                let event = match index {
                    1 | 7 => Event::AlertUp,
                    _ if missing.contains(&index) => Event::Missing,
                    _ => Event::Normal,
                };
                incidents.take(index, 9.0, event, 1e-9);
            }
            assert_eq!(
                (incidents.total(), incidents.count(Side::Up)),
                (total, total),
                "{missing:?}"
            );
        }
    }

    #[test]
    fn quiet_values_may_be_left_out() {
        let alerts = [(0, 5.0, 1e-5), (1, -6.0, 1e-6), (30, 7.0, 1e-7), (90, 4.0, 1e-4)];
        let (every, _) = of(20, &alerts);
        let mut incidents = Incidents::new(20);
        let mut ended = Vec::new();
        for (index, value, probability) in alerts {
            let event = if value > 0.0 { Event::AlertUp } else { Event::AlertDown };
            ended.extend(incidents.take(index, value, event, probability));
        }
        ended.extend(incidents.finish());
        assert_eq!(ended, every);
    }

    #[test]
    fn an_infinity_is_the_peak_and_no_nan_comes_out() {
        let alerts = [(0, 5.0, f64::NAN), (1, f64::INFINITY, f64::NAN), (2, 1e300, 1e-9)];
        let (ended, _) = of(20, &alerts);
        assert_eq!((ended[0].peak, ended[0].probability), (f64::INFINITY, 0.0));
        let (ended, _) = of(20, &[(0, 5.0, f64::NAN), (1, 4.0, 1e-4)]);
        assert_eq!((ended[0].peak, ended[0].probability), (4.0, 1e-4));
    }

    #[test]
    fn equally_probable_alerts_give_the_most_extreme() {
        let (ended, _) = of(20, &[(0, -5.0, 0.0), (1, -7.0, 0.0), (2, -6.0, 0.0)]);
        assert_eq!(ended[0].peak, -7.0);
    }
}
