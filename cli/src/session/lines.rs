//! What stands in a line of the report, and in the environment of a command.

use super::Mode;
use super::incidents::Incident;
use super::streams::Verdict;
use crate::input::{Details, Selection};
use crate::number;
use crate::output::{Cell, Column, Look, Report};

/// Column and key of a stream.
pub(super) type Names<'a> = (Option<&'a str>, Option<&'a str>);

pub(super) struct Lines<'a> {
    pub(super) selection: &'a Selection,
    pub(super) mode: &'a Mode,
}

impl Lines<'_> {
    /// The columns of the report; `kept` are those that come from the input.
    pub(super) fn columns(&self, kept: &[String]) -> Vec<Column> {
        let has_time = self.selection.time.is_some();
        let mut columns = Vec::new();
        let mut add = |name: &str, look| columns.push(Column::new(name, look));
        if self.mode.incidents {
            add("incident", Look::Index);
        }
        add("index", Look::Index);
        if has_time {
            add("time", Look::Time);
        }
        add("value", Look::Number);
        add("event", Look::Word);
        if self.mode.all {
            add("upper_threshold", Look::Number);
            add("lower_threshold", Look::Number);
        } else {
            add("threshold", Look::Number);
        }
        add("probability", Look::Number);
        if self.mode.incidents {
            add("alerts", Look::Number);
            add("last_index", Look::Number);
            if has_time {
                add("last_time", Look::Time);
                add("seconds", Look::Number);
            }
        }
        if self.selection.named() {
            add("column", Look::Name);
        }
        if self.selection.is_keyed() {
            add("key", Look::Name);
        }
        kept.iter().for_each(|name| add(name, Look::Name));
        columns
    }

    /// The line of one value.
    pub(super) fn value(
        &self,
        report: &mut Report,
        index: u64,
        verdict: &Verdict,
        names: Names<'_>,
        stream: usize,
        details: &Details,
    ) {
        let mut cells = vec![Cell::Count(index)];
        if self.selection.time.is_some() {
            cells.push(details.time.as_deref().map_or(Cell::Empty, Cell::Text));
        }
        cells.push(Cell::Number(verdict.value, self.as_read(stream, verdict.value, details)));
        cells.push(Cell::Text(verdict.event.name()));
        match self.mode.all {
            true => {
                cells.extend([Cell::Number(verdict.upper, None), Cell::Number(verdict.lower, None)])
            }
            false => cells.push(Cell::Number(verdict.threshold(), None)),
        }
        cells.push(Cell::Number(verdict.probability, None));
        self.finish(report, cells, names, details);
    }

    /// The line where an incident starts.
    pub(super) fn start(
        &self,
        report: &mut Report,
        incident: &Incident,
        names: Names<'_>,
        stream: usize,
        details: &Details,
    ) {
        let peak = &incident.peak;
        let mut cells = vec![Cell::Count(incident.number), Cell::Count(incident.first)];
        if self.selection.time.is_some() {
            cells.push(details.time.as_deref().map_or(Cell::Empty, Cell::Text));
        }
        cells.push(Cell::Number(peak.value, self.as_read(stream, peak.value, details)));
        cells.push(Cell::Text(if peak.up { "start_up" } else { "start_down" }));
        cells.extend([Cell::Number(peak.threshold, None), Cell::Number(peak.probability, None)]);
        cells.extend([Cell::Count(incident.alerts), Cell::Empty]);
        if self.selection.time.is_some() {
            cells.extend([Cell::Empty, Cell::Empty]);
        }
        self.finish(report, cells, names, details);
    }

    /// The line where an incident has ended, with its most improbable value.
    pub(super) fn end(&self, report: &mut Report, incident: &Incident, names: Names<'_>) {
        let peak = &incident.peak;
        let time = |text| if str::is_empty(text) { Cell::Empty } else { Cell::Text(text) };
        let mut cells = vec![Cell::Count(incident.number), Cell::Count(incident.first)];
        if self.selection.time.is_some() {
            cells.push(time(incident.first_text.as_str()));
        }
        let read = number::as_read(&incident.peak_text).filter(|_| peak.value.is_finite());
        cells.push(Cell::Number(peak.value, read));
        cells.push(Cell::Text(if peak.up { "end_up" } else { "end_down" }));
        cells.extend([Cell::Number(peak.threshold, None), Cell::Number(peak.probability, None)]);
        cells.extend([Cell::Count(incident.alerts), Cell::Count(incident.last)]);
        if self.selection.time.is_some() {
            cells.push(time(incident.last_text.as_str()));
            cells.push(Cell::Number(incident.duration().unwrap_or(f64::NAN), None));
        }
        self.finish(report, cells, names, &Details::default());
    }

    fn finish<'a>(
        &self,
        report: &mut Report,
        mut cells: Vec<Cell<'a>>,
        names: Names<'a>,
        details: &'a Details,
    ) {
        if self.selection.named() {
            cells.push(names.0.map_or(Cell::Empty, Cell::Text));
        }
        if self.selection.is_keyed() {
            cells.push(names.1.map_or(Cell::Empty, Cell::Text));
        }
        for text in &details.kept {
            let is_json = self.selection.keep_all && text.starts_with(['{', '[']);
            cells.push(if is_json { Cell::Json(text) } else { Cell::Text(text) });
        }
        // A line about several rows repeats no cell of theirs.
        cells.resize(cells.len() + report.missing(&cells), Cell::Empty);
        report.write(&cells);
    }

    /// How the input wrote a value, if that is a number as any program reads it.
    fn as_read<'d>(&self, stream: usize, value: f64, details: &'d Details) -> Option<&'d str> {
        let text = details.values.get(stream % self.selection.width())?;
        number::as_read(text).filter(|_| value.is_finite())
    }

    /// What a command finds in its environment.
    pub(super) fn variables(
        &self,
        index: u64,
        verdict: &Verdict,
        names: Names<'_>,
        stream: usize,
        details: &Details,
        incident: Option<u64>,
    ) -> Vec<(&'static str, String)> {
        let text = |value: f64| {
            let mut text = Vec::new();
            number::write(&mut text, value, "");
            String::from_utf8(text).unwrap_or_default()
        };
        let read = self.as_read(stream, verdict.value, details);
        let value = read.map_or_else(|| text(verdict.value), str::to_owned);
        let mut variables = vec![
            ("EVENT", verdict.event.name().to_owned()),
            ("INDEX", index.to_string()),
            ("VALUE", value),
            ("THRESHOLD", text(verdict.threshold())),
            ("PROBABILITY", text(verdict.probability)),
        ];
        variables.extend(details.time.clone().map(|time| ("TIME", time)));
        variables.extend(names.0.map(|column| ("COLUMN", column.to_owned())));
        variables.extend(names.1.map(|key| ("KEY", key.to_owned())));
        variables.extend(incident.map(|number| ("INCIDENT", number.to_string())));
        variables
    }
}
