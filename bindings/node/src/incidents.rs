//! Incidents among many answers, as places among the values.

use std::collections::HashMap;

use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use tailspot::{Config, Event, Incidents, Side};

/// Alerts that belong together.
#[napi(object, object_from_js = false)]
pub struct Incident {
    pub first: f64,
    pub last: f64,
    pub count: f64,
    pub side: String,
    pub peak: f64,
    pub probability: f64,
    pub key: Option<BigInt>,
}

impl Incident {
    /// An incident whose alerts are in these rows.
    fn new(ended: tailspot::Incident, rows: &[usize], key: Option<u64>) -> Self {
        Incident {
            first: rows[0] as f64,
            last: rows[rows.len() - 1] as f64,
            count: ended.count as f64,
            side: name(ended.side).to_owned(),
            peak: ended.peak,
            probability: ended.probability,
            key: key.map(BigInt::from),
        }
    }
}

/// The name of a side, as in every language.
pub(crate) fn name(side: Side) -> &'static str {
    match side {
        Side::Up => "up",
        Side::Down => "down",
    }
}

/// An alert: its row, its key, and its place in the stream of the key without missing values, which gaps are measured in.
struct Alert {
    row: usize,
    key: Option<u64>,
    place: u64,
}

fn alerts(keys: Option<&[u64]>, events: &[Event]) -> Vec<Alert> {
    let rows = events.iter().enumerate().filter(|(_, event)| event.is_alert()).map(|(row, _)| row);
    let mut found = Vec::new();
    let Some(keys) = keys else {
        let mut place = 0;
        for (row, event) in events.iter().enumerate() {
            if event.is_alert() {
                found.push(Alert { row, key: None, place });
            }
            place += u64::from(*event != Event::Missing);
        }
        return found;
    };
    let mut counts: HashMap<u64, u64> = rows.map(|row| (keys[row], 0)).collect();
    if counts.is_empty() {
        return found;
    }
    for (row, (key, event)) in keys.iter().zip(events).enumerate() {
        let Some(count) = counts.get_mut(key) else { continue };
        if event.is_alert() {
            found.push(Alert { row, key: Some(*key), place: *count });
        }
        *count += u64::from(*event != Event::Missing);
    }
    found
}

/// The incidents of these answers, each of one stream, in the order of their first alerts.
pub(crate) fn among(
    config: &Config,
    keys: Option<&[u64]>,
    values: &[f64],
    events: &[Event],
    probability: &[f64],
) -> Vec<Incident> {
    let mut found = Vec::new();
    let mut streams: HashMap<Option<u64>, (Incidents, Vec<usize>)> = HashMap::new();
    for Alert { row, key, place } in alerts(keys, events) {
        let (open, rows) =
            streams.entry(key).or_insert_with(|| (Incidents::of(config), Vec::new()));
        if let Some(ended) = open.take(place, values[row], events[row], probability[row]) {
            found.push(Incident::new(ended, rows, key));
            rows.clear();
        }
        rows.push(row);
    }
    for (key, (mut open, rows)) in streams {
        found.extend(open.finish().map(|ended| Incident::new(ended, &rows, key)));
    }
    found.sort_by(|one, other| one.first.total_cmp(&other.first));
    found
}
