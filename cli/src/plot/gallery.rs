//! The pictures of a run, and which of them are worth showing.

use std::path::Path;

use tailspot::Side;

use super::{BUCKETS, MOST_PANELS, Panel, Point, Style, Trace, X, html, place_of};
use crate::failure::{Failure, warn};
use crate::session::incidents::Incident;
use crate::session::interval;
use crate::session::streams::{Streams, Verdict};
use crate::time::{self, Clock, Micros};

/// Buckets of a page, into which one can zoom.
const FINE: usize = 16384;

/// Buckets of a stream that is not among the first and has no alert.
const COARSE: usize = 256;

/// So many streams with an alert are kept as finely as the first ones.
const MOST_FINE: usize = 24;

/// Incidents in the table of a page.
const MOST_INCIDENTS: usize = 10_000;

pub(crate) struct Gallery {
    style: Style,
    page: bool,
    traces: Vec<Trace>,
    fine: usize,
    incidents: Vec<Incident>,
    count: u64,
    /// Rows have times, and that of the last row that had one.
    timed: bool,
    last: Option<Micros>,
}

impl Gallery {
    pub(crate) fn new(path: &Path, style: Style) -> Self {
        let page = path.extension().is_some_and(|extension| extension == "html");
        Gallery {
            style,
            page,
            traces: Vec::new(),
            fine: 0,
            incidents: Vec::new(),
            count: 0,
            timed: false,
            last: None,
        }
    }

    /// The axis shows times.
    pub(crate) fn set_timed(&mut self, timed: bool) {
        self.timed = timed;
    }

    fn buckets(&self) -> usize {
        if self.page { FINE } else { BUCKETS }
    }

    /// Takes the next value of a stream; its place on the axis is its time, if rows have times.
    pub(crate) fn push(
        &mut self,
        stream: usize,
        index: u64,
        time: Option<Micros>,
        verdict: &Verdict,
        why: Option<String>,
    ) {
        let most = self.buckets();
        while self.traces.len() <= stream {
            let first = self.traces.len() < MOST_PANELS;
            self.traces.push(Trace::new(if first { most } else { COARSE }));
        }
        let trace = &mut self.traces[stream];
        if verdict.event.is_alert() && trace.alerts() == 0 && self.fine < MOST_FINE {
            self.fine += 1;
            trace.refine(most);
        }
        self.last = time.or(self.last);
        let Verdict { value, event, upper, lower, probability } = *verdict;
        let at = match (self.timed, self.last) {
            (false, _) => index,
            (true, Some(time)) => place_of(time),
            // Nobody knows where it belongs.
            (true, None) => return,
        };
        trace.push(Point { at, value, upper, lower, probability, event });
        if let Some(why) = why {
            trace.explain(at, why);
        }
    }

    /// Whether alerts are asked for their reasons, which hold more than the thresholds where there is a baseline.
    pub(crate) fn wants_reasons(&self, streams: &Streams) -> bool {
        self.page && streams.has_baseline()
    }

    /// Looks now and then at how well the thresholds are known, which takes a millisecond. With a baseline they move with
    /// every value, and there is no band; nor where there are many streams.
    pub(crate) fn follow_certainty(&mut self, streams: &Streams) {
        if streams.has_baseline() || self.traces.len() > MOST_PANELS {
            return;
        }
        for (stream, trace) in self.traces.iter_mut().enumerate() {
            if trace.needs_band() {
                let spot = streams.spot(stream);
                trace.set_band([Side::Up, Side::Down].map(|side| interval(&spot, side)));
            }
        }
    }

    /// An incident is over, or the run is.
    pub(crate) fn end(&mut self, incident: &Incident) {
        self.count += 1;
        let at = match (self.timed, incident.first_time) {
            (false, _) => incident.first,
            (true, time::NONE) => u64::MAX,
            (true, time) => place_of(time),
        };
        if let Some(trace) = self.traces.get_mut(incident.stream) {
            trace.mark(at, incident.onset.up, incident.onset.value);
        }
        if self.page && self.incidents.len() < MOST_INCIDENTS {
            self.incidents.push(incident.clone());
        }
    }

    pub(crate) fn write(
        &mut self,
        path: &Path,
        streams: &Streams,
        name: Option<&str>,
        clock: Option<&Clock>,
    ) -> Result<(), Failure> {
        let known = streams.len().clamp(1, MOST_PANELS);
        while self.traces.len() < known {
            self.traces.push(Trace::new(BUCKETS));
        }
        let shown = self.shown();
        if self.traces.len() > shown.len() {
            let (few, all) = (shown.len(), self.traces.len());
            warn(format!("the picture shows {few} of {all} streams, those with most alerts first"));
        }
        let x = match clock.filter(|_| self.last.is_some()) {
            Some(clock) => X::Time(clock.clone()),
            None => X::Count { name: "index".to_owned(), unit: 1.0 },
        };
        let panel = |&stream: &usize| {
            let column = streams.column(stream).or(name).unwrap_or("value");
            let name = match streams.key(stream) {
                Some(key) => format!("{column} of {key}"),
                None => column.to_owned(),
            };
            Panel {
                name,
                value: column.to_owned(),
                x: x.clone(),
                q: streams.config().q,
                log: self.style.log,
                trace: &self.traces[stream],
            }
        };
        let panels: Vec<_> = shown.iter().map(panel).collect();
        if !self.page {
            return super::write(path, &panels, &self.style);
        }
        let name = |stream: usize| match (streams.column(stream).or(name), streams.key(stream)) {
            (Some(column), Some(key)) => format!("{column} of {key}"),
            (column, _) => column.unwrap_or("value").to_owned(),
        };
        let one = |incident: &Incident| html::Row {
            panel: shown.iter().position(|&stream| stream == incident.stream),
            stream: name(incident.stream),
            incident: incident.clone(),
        };
        let incidents =
            html::Incidents { rows: self.incidents.iter().map(one).collect(), count: self.count };
        html::write(path, &panels, &incidents, &self.style)
    }

    /// Streams with alerts first, those with most of them before the others.
    fn shown(&self) -> Vec<usize> {
        let mut streams: Vec<usize> = (0..self.traces.len()).collect();
        if streams.len() > MOST_PANELS {
            streams.sort_by_key(|&stream| std::cmp::Reverse(self.traces[stream].alerts()));
            streams.truncate(MOST_PANELS);
        }
        streams
    }
}
