//! Alerts that belong together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::streams::Verdict;
use crate::time::{self, Micros};
use tailspot::Event;

/// Alerts of one stream with no more than the cool-down between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Incident {
    /// Incidents of a run are counted from 1.
    pub(crate) number: u64,
    pub(crate) stream: usize,
    /// The rows of the first and the last alert.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// Their times, or `time::NONE`, and how the input wrote them.
    pub(crate) first_time: Micros,
    pub(crate) last_time: Micros,
    pub(crate) first_text: String,
    pub(crate) last_text: String,
    /// The first alert.
    pub(crate) onset: Peak,
    pub(crate) alerts: u64,
    /// The most improbable alert, and how the input wrote its value.
    pub(crate) peak: Peak,
    pub(crate) peak_text: String,
    /// The last alert is the most improbable one.
    #[serde(skip)]
    is_peak: bool,
    /// Values since the last alert.
    quiet: u64,
}

/// One alert of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peak {
    pub(crate) up: bool,
    pub(crate) value: f64,
    pub(crate) threshold: f64,
    pub(crate) probability: f64,
}

impl Peak {
    /// Whether an alert is less probable than another or, where both are too improbable for a number, further out.
    fn surpasses(&self, other: &Peak) -> bool {
        let beyond = |peak: &Peak| (peak.value - peak.threshold).abs();
        match self.probability == other.probability {
            true => beyond(self) > beyond(other),
            false => self.probability < other.probability || other.probability.is_nan(),
        }
    }

    fn new(verdict: &Verdict) -> Self {
        Peak {
            up: verdict.event == Event::AlertUp,
            value: verdict.value,
            threshold: verdict.threshold(),
            probability: verdict.probability,
        }
    }
}

impl Incident {
    /// In seconds, from its first to its last alert.
    pub(crate) fn duration(&self) -> Option<f64> {
        let known = self.first_time != time::NONE && self.last_time != time::NONE;
        known.then(|| (self.last_time.saturating_sub(self.first_time)) as f64 / 1e6)
    }
}

/// Follows the alerts of all streams.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Incidents {
    count: u64,
    open: BTreeMap<usize, Incident>,
    #[serde(skip)]
    cool_down: u64,
}

/// What a value was to the incidents of its stream.
pub(crate) enum Change {
    None,
    Started,
    Continued,
    Ended(Box<Incident>),
}

impl Incidents {
    /// An incident ends after this many values without an alert.
    pub(crate) fn set_cool_down(&mut self, values: u64) {
        self.cool_down = values;
    }

    /// How many have started.
    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Whether no incident is open.
    pub(crate) fn are_over(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn open(&self, stream: usize) -> Option<&Incident> {
        self.open.get(&stream)
    }

    /// How the input writes the time and the value of the alert that was taken last.
    pub(crate) fn describe(&mut self, stream: usize, time: &str, value: &str) {
        let Some(incident) = self.open.get_mut(&stream) else { return };
        time.clone_into(&mut incident.last_text);
        if incident.alerts == 1 {
            time.clone_into(&mut incident.first_text);
        }
        if incident.is_peak {
            value.clone_into(&mut incident.peak_text);
        }
    }

    /// Takes the next value of a stream.
    #[inline]
    pub(crate) fn take(
        &mut self,
        stream: usize,
        index: u64,
        time: Option<Micros>,
        verdict: &Verdict,
    ) -> Change {
        if !verdict.event.is_alert() && self.open.is_empty() {
            return Change::None;
        }
        self.change(stream, index, time.unwrap_or(time::NONE), verdict)
    }

    fn change(&mut self, stream: usize, index: u64, time: Micros, verdict: &Verdict) -> Change {
        let open = self.open.get_mut(&stream);
        if !verdict.event.is_alert() {
            let Some(incident) = open.filter(|_| verdict.event != Event::Missing) else {
                return Change::None;
            };
            incident.quiet += 1;
            if incident.quiet < self.cool_down {
                return Change::None;
            }
            return self
                .open
                .remove(&stream)
                .map_or(Change::None, |ended| Change::Ended(Box::new(ended)));
        }
        let peak = Peak::new(verdict);
        if let Some(incident) = open {
            (incident.last, incident.last_time, incident.quiet) = (index, time, 0);
            incident.alerts += 1;
            incident.is_peak = peak.surpasses(&incident.peak);
            if incident.is_peak {
                incident.peak = peak;
            }
            return Change::Continued;
        }
        self.count += 1;
        let incident = Incident {
            number: self.count,
            stream,
            first: index,
            last: index,
            first_time: time,
            last_time: time,
            first_text: String::new(),
            last_text: String::new(),
            onset: peak,
            alerts: 1,
            peak,
            peak_text: String::new(),
            is_peak: true,
            quiet: 0,
        };
        self.open.insert(stream, incident);
        Change::Started
    }

    /// Those that have not ended, in the order of their numbers.
    pub(crate) fn unfinished(&self) -> Vec<&Incident> {
        let mut open: Vec<_> = self.open.values().collect();
        open.sort_by_key(|incident| incident.number);
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(alert: bool) -> Verdict {
        let event = if alert { Event::AlertUp } else { Event::Normal };
        Verdict { value: 1.0, event, upper: 0.5, lower: f64::NAN, probability: 1e-5 }
    }

    #[test]
    fn an_alert_starts_an_incident_if_none_came_within_the_cool_down_before() {
        for (gap, expected) in [(1, 1), (19, 1), (20, 1), (21, 2), (50, 2)] {
            let mut incidents = Incidents::default();
            incidents.set_cool_down(20);
            for index in 0..=100 + gap {
                incidents.take(0, index, None, &verdict(index == 100 || index == 100 + gap));
            }
            assert_eq!(incidents.count(), expected, "a gap of {gap}");
        }
    }
}
