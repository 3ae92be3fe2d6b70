//! A page with the pictures of a run: zoom, values under the pointer, and a table of incidents. One file, which loads
//! nothing.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::trace::Bucket;
use super::{Panel, Style, X, micros_of};
use crate::atomic;
use crate::failure::Failure;
use crate::session::incidents::Incident;
use crate::time::{self, Clock};

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
const SCRIPT: &str = include_str!("../../assets/page.js");
const LIBRARY: &str = include_str!("../../assets/uplot/uPlot.iife.min.js");
const LIBRARY_STYLE: &str = include_str!("../../assets/uplot/uPlot.min.css");

/// The incidents of a run.
#[derive(Default)]
pub(super) struct Incidents {
    pub(super) rows: Vec<Row>,
    /// Also those that have no row.
    pub(super) count: u64,
}

pub(super) struct Row {
    /// The panel that shows it, if any.
    pub(super) panel: Option<usize>,
    pub(super) stream: String,
    pub(super) incident: Incident,
}

#[derive(Serialize)]
struct Page<'a> {
    panels: Vec<Drawn<'a>>,
    incidents: Vec<Listed>,
    count: u64,
    timed: bool,
}

/// A panel. Numbers have six digits; null is not a number.
#[derive(Serialize)]
struct Drawn<'a> {
    name: String,
    value: String,
    axis: String,
    q: f64,
    log: bool,
    judged: u64,
    alerts: u64,
    incidents: u64,
    /// Whether a bucket holds several rows.
    dense: bool,
    x: Vec<f64>,
    low: Vec<Number>,
    high: Vec<Number>,
    /// Thresholds as changes: where, and to what.
    upper: Vec<(usize, Number)>,
    lower: Vec<(usize, Number)>,
    probability: Vec<(usize, Number)>,
    /// The intervals of the thresholds, as changes too.
    upper_low: Vec<(usize, Number)>,
    upper_high: Vec<(usize, Number)>,
    lower_low: Vec<(usize, Number)>,
    lower_high: Vec<(usize, Number)>,
    /// Places and values of alerts, and what the baselines say of them.
    marks: Vec<(f64, Number, Option<&'a str>)>,
    /// Places and values of the first alerts of incidents.
    onsets: Vec<(f64, Number)>,
}

#[derive(Serialize)]
struct Listed {
    number: u64,
    panel: Option<usize>,
    stream: String,
    /// On the axis.
    from: f64,
    to: f64,
    first: String,
    last: String,
    seconds: Option<f64>,
    alerts: u64,
    up: bool,
    value: Number,
    threshold: Number,
    probability: Number,
}

/// Six digits.
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0;
        match value.is_finite() {
            true => serializer.serialize_f64(format!("{value:.5e}").parse().unwrap_or(value)),
            false if value.is_nan() => serializer.serialize_none(),
            false => serializer.serialize_str(if value > 0.0 { "inf" } else { "-inf" }),
        }
    }
}

pub(super) fn write(
    path: &Path,
    panels: &[Panel<'_>],
    incidents: &Incidents,
    style: &Style,
) -> Result<(), Failure> {
    let clock = panels.iter().find_map(|panel| match &panel.x {
        X::Time(clock) => Some(clock),
        X::Count { .. } => None,
    });
    let page = Page {
        panels: panels.iter().map(drawn).collect(),
        incidents: incidents.rows.iter().map(|row| listed(row, clock)).collect(),
        count: incidents.count,
        timed: clock.is_some(),
    };
    let data = serde_json::to_string(&page)
        .map_err(|error| Failure::new(format!("cannot draw {}: {error}", path.display())))?;
    let title = match (&style.title, panels) {
        (Some(title), _) => title.clone(),
        (None, [panel]) => panel.name.clone(),
        _ => "tailspot".to_owned(),
    };
    let (width, height) = style.size.map_or((0, 300), |(width, height)| (width, height));
    let parts = [
        ("{title}", escaped(&title)),
        ("{width}", width.to_string()),
        ("{height}", height.to_string()),
        ("{style}", format!("{LIBRARY_STYLE}\n{STYLE}")),
        // No text of the data ends the element that it stands in.
        ("{data}", data.replace('<', "\\u003c")),
        ("{library}", LIBRARY.to_owned()),
        ("{script}", SCRIPT.to_owned()),
    ];
    let mut text = String::with_capacity(data.len() + LIBRARY.len() + (32 << 10));
    let mut rest = PAGE;
    for (name, part) in &parts {
        let Some((before, after)) = rest.split_once(name) else { continue };
        let _ = write!(text, "{before}{part}");
        rest = after;
    }
    text.push_str(rest);
    atomic::write(path, text.as_bytes())
}

fn drawn<'a>(panel: &'a Panel<'_>) -> Drawn<'a> {
    let (buckets, ..) = panel.trace.grid();
    let rows: Vec<&Bucket> = buckets.iter().filter(|bucket| bucket.visited).collect();
    let axis = match &panel.x {
        X::Count { name, .. } => name.clone(),
        X::Time(clock) => clock.axis(),
    };
    let known = |value: f64| (!value.is_nan()).then_some(value);
    let probability =
        rows.iter().enumerate().filter_map(|(n, b)| Some((n, Number(known(b.probability)?))));
    let alerts = rows.iter().flat_map(|bucket| [bucket.alert_up, bucket.alert_down]).flatten();
    let onsets =
        rows.iter().flat_map(|bucket| [bucket.incident_up, bucket.incident_down]).flatten();
    let band = |side: usize, end: fn((f64, f64)) -> f64| -> Vec<(usize, Number)> {
        let place = |at: u64| rows.partition_point(|bucket| bucket.at < at);
        let bands = panel.trace.bands().iter();
        bands.map(|&(at, sides)| (place(at), Number(sides[side].map_or(f64::NAN, end)))).collect()
    };
    let why = |at: u64| panel.trace.reason(at);
    Drawn {
        name: panel.name.clone(),
        value: panel.value.clone(),
        axis,
        q: panel.q,
        log: panel.log,
        judged: panel.trace.judged(),
        alerts: panel.trace.alerts(),
        incidents: panel.trace.incidents(),
        dense: panel.trace.density() > 1.0,
        x: rows.iter().map(|bucket| place(&panel.x, bucket.at)).collect(),
        low: rows.iter().map(|bucket| Number(bucket.low)).collect(),
        high: rows.iter().map(|bucket| Number(bucket.high)).collect(),
        upper: changes(rows.iter().map(|bucket| bucket.upper)),
        lower: changes(rows.iter().map(|bucket| bucket.lower)),
        probability: probability.collect(),
        upper_low: band(0, |(low, _)| low),
        upper_high: band(0, |(_, high)| high),
        lower_low: band(1, |(low, _)| low),
        lower_high: band(1, |(_, high)| high),
        marks: alerts.map(|(at, value)| (place(&panel.x, at), Number(value), why(at))).collect(),
        onsets: onsets.map(|(at, value)| (place(&panel.x, at), Number(value))).collect(),
    }
}

/// Where a number changes, and what it is from there on.
fn changes(numbers: impl Iterator<Item = f64>) -> Vec<(usize, Number)> {
    let mut last = f64::NAN;
    let mut found = Vec::new();
    for (place, number) in numbers.enumerate() {
        if number.to_bits() != last.to_bits() {
            found.push((place, Number(number)));
            last = number;
        }
    }
    found
}

/// A place on the axis of the page: seconds since 1970 in the zone of the picture, or a count.
fn place(x: &X, at: u64) -> f64 {
    match x {
        X::Count { unit, .. } => at as f64 * unit,
        X::Time(clock) => seconds(clock, micros_of(at)),
    }
}

fn seconds(clock: &Clock, micros: time::Micros) -> f64 {
    micros as f64 / 1e6 + f64::from(clock.offset.seconds())
}

fn listed(row: &Row, clock: Option<&Clock>) -> Listed {
    let incident = &row.incident;
    let peak = &incident.peak;
    let at = |index: u64, micros: time::Micros| match clock {
        Some(clock) if micros != time::NONE => (seconds(clock, micros), clock.show_micros(micros)),
        _ => (index as f64, index.to_string()),
    };
    let (from, first) = at(incident.first, incident.first_time);
    let (to, last) = at(incident.last, incident.last_time);
    Listed {
        number: incident.number,
        panel: row.panel,
        stream: row.stream.clone(),
        from,
        to,
        first,
        last,
        seconds: incident.duration(),
        alerts: incident.alerts,
        up: peak.up,
        value: Number(peak.value),
        threshold: Number(peak.threshold),
        probability: Number(peak.probability),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
