//! The lines that a user reads: a table, CSV or JSON.

use std::io::{self, IsTerminal, Write};

use tailspot::Event;

use crate::args::Format;
use crate::failure::{self, Failure};
use crate::number;
use crate::progress::Progress;
use crate::streams::Verdict;

/// Written out once this much has gathered, and whenever the program would wait for more input.
const ENOUGH: usize = 64 << 10;

/// Where a verdict belongs.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) index: u64,
    pub(crate) column: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
}

pub(crate) struct Report {
    format: Format,
    all: bool,
    buffer: Vec<u8>,
    progress: Progress,
}

impl Report {
    /// Begins with the header line, if the format has one. `column` and `key` tell whether lines have them.
    pub(crate) fn new(format: Option<Format>, all: bool, column: bool, key: bool) -> Self {
        let default = if io::stdout().is_terminal() { Format::Table } else { Format::Csv };
        let format = format.unwrap_or(default);
        let mut report = Report { format, all, buffer: Vec::new(), progress: Progress::none() };
        report.header(column, key);
        report
    }

    /// Lines go around this progress bar.
    pub(crate) fn share_terminal_with(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// Whether this verdict has a line.
    pub(crate) fn wants(&self, event: Event) -> bool {
        self.all || event.is_alert()
    }

    pub(crate) fn all(&self) -> bool {
        self.all
    }

    /// Adds a line; it reaches the reader with the next `flush`.
    pub(crate) fn write(&mut self, origin: Origin<'_>, verdict: &Verdict) {
        match self.format {
            Format::Table => self.table(origin, verdict),
            Format::Csv => self.csv(origin, verdict),
            Format::Json => self.json(origin, verdict),
        }
    }

    /// Time to flush although more input is there.
    pub(crate) fn is_full(&self) -> bool {
        self.buffer.len() >= ENOUGH
    }

    /// Hands everything to the reader now.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let buffer = &self.buffer;
        let outcome = self.progress.aside(|| {
            let mut out = io::stdout().lock();
            out.write_all(buffer).and_then(|()| out.flush())
        });
        self.buffer.clear();
        failure::written(outcome, "standard output")
    }

    fn header(&mut self, column: bool, key: bool) {
        let mut names = match (self.format, self.all) {
            (Format::Json, _) => return,
            (_, false) => vec!["index", "value", "event", "threshold", "probability"],
            (_, true) => {
                vec!["index", "value", "event", "upper_threshold", "lower_threshold", "probability"]
            }
        };
        names.extend(column.then_some("column"));
        names.extend(key.then_some("key"));
        let line = match self.format {
            Format::Table => {
                aligned(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())
            }
            _ => names.join(","),
        };
        self.buffer.extend_from_slice(line.as_bytes());
        self.buffer.push(b'\n');
    }

    fn table(&mut self, origin: Origin<'_>, verdict: &Verdict) {
        let mut cells = vec![
            origin.index.to_string(),
            number::short(verdict.value),
            verdict.event.name().to_owned(),
        ];
        cells.extend(
            numbers(verdict, self.all).into_iter().map(|(_, number)| number::short(number)),
        );
        cells.extend([origin.column, origin.key].into_iter().flatten().map(str::to_owned));
        self.buffer.extend_from_slice(aligned(&cells).as_bytes());
        self.buffer.push(b'\n');
    }

    fn csv(&mut self, origin: Origin<'_>, verdict: &Verdict) {
        let out = &mut self.buffer;
        number::write_count(out, origin.index);
        out.push(b',');
        number::write(out, verdict.value, "");
        out.push(b',');
        out.extend_from_slice(verdict.event.name().as_bytes());
        for (_, number) in numbers(verdict, self.all) {
            out.push(b',');
            number::write(out, number, "");
        }
        for name in [origin.column, origin.key].into_iter().flatten() {
            out.push(b',');
            quote(out, name);
        }
        out.push(b'\n');
    }

    fn json(&mut self, origin: Origin<'_>, verdict: &Verdict) {
        let out = &mut self.buffer;
        out.extend_from_slice(b"{\"index\": ");
        number::write_count(out, origin.index);
        out.extend_from_slice(b", \"value\": ");
        number::write_json(out, verdict.value);
        out.extend_from_slice(b", \"event\": \"");
        out.extend_from_slice(verdict.event.name().as_bytes());
        out.push(b'"');
        for (name, number) in numbers(verdict, self.all) {
            out.extend_from_slice(b", \"");
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\": ");
            number::write_json(out, number);
        }
        for (name, text) in [("column", origin.column), ("key", origin.key)] {
            let Some(text) = text else { continue };
            let _ = write!(out, ", \"{name}\": ");
            // Writing to a vector does not fail.
            let _ = serde_json::to_writer(&mut *out, text);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// The numbers after the event, by name.
fn numbers(verdict: &Verdict, all: bool) -> impl IntoIterator<Item = (&'static str, f64)> {
    let (upper, lower) = (verdict.upper, verdict.lower);
    let thresholds = match all {
        true => [Some(("upper_threshold", upper)), Some(("lower_threshold", lower))],
        false => [Some(("threshold", verdict.threshold())), None],
    };
    thresholds.into_iter().flatten().chain([("probability", verdict.probability)])
}

/// Columns of a fixed width: lines appear one by one, so nothing is known of those to come.
fn aligned(cells: &[String]) -> String {
    let mut line = String::new();
    for (place, cell) in cells.iter().enumerate() {
        let width = match place {
            0 => 10,
            2 => 12,
            _ => 15,
        };
        let padded =
            if place == 2 { format!("  {cell:<width$}") } else { format!("{cell:>width$}") };
        line.push_str(&padded);
    }
    line.truncate(line.trim_end().len());
    line
}

/// A CSV cell, in quotes where it needs them.
fn quote(out: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
