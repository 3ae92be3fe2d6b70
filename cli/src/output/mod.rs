//! The lines that a user reads: a table, CSV, TSV, JSON or Markdown.

mod formats;
mod progress;

use std::io::{self, IsTerminal, Write};

use crate::failure::{self, Failure};
use crate::options::Format;
pub(crate) use progress::Progress;

/// Written out once this much has gathered, and whenever the program would wait for more input.
const ENOUGH: usize = 64 << 10;

/// One cell of a line.
#[derive(Clone, Copy)]
pub(crate) enum Cell<'a> {
    Count(u64),
    /// A number, and how the input wrote it.
    Number(f64, Option<&'a str>),
    Text(&'a str),
    /// Text that is JSON already.
    Json(&'a str),
    Empty,
}

/// How a column looks in a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Index,
    Number,
    Word,
    Time,
    Name,
}

pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) look: Look,
}

impl Column {
    pub(crate) fn new(name: &str, look: Look) -> Self {
        Column { name: name.to_owned(), look }
    }
}

pub(crate) struct Report {
    format: Format,
    columns: Vec<Column>,
    buffer: Vec<u8>,
    progress: Progress,
    /// No lines at all.
    quiet: bool,
    header: bool,
}

impl Report {
    pub(crate) fn new(format: Option<Format>) -> Self {
        let default = if io::stdout().is_terminal() { Format::Table } else { Format::Csv };
        Report {
            format: format.unwrap_or(default),
            columns: Vec::new(),
            buffer: Vec::new(),
            progress: Progress::none(),
            quiet: false,
            header: true,
        }
    }

    pub(crate) fn set_quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    pub(crate) fn set_header(&mut self, header: bool) {
        self.header = header;
    }

    /// Lines go around this progress bar.
    pub(crate) fn share_terminal_with(&mut self, progress: Progress) {
        self.progress = progress;
    }

    /// Settles the columns and adds the line of names, if the format has one; the second time nothing.
    pub(crate) fn begin(&mut self, columns: Vec<Column>) {
        if !self.columns.is_empty() {
            return;
        }
        self.columns = columns;
        if self.header && !self.quiet {
            formats::header(self.format, &self.columns, &mut self.buffer);
        }
    }

    /// How many cells these lack for a line.
    pub(crate) fn missing(&self, cells: &[Cell<'_>]) -> usize {
        self.columns.len().saturating_sub(cells.len())
    }

    pub(crate) fn has_begun(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Adds a line; it reaches the reader with the next `flush`.
    pub(crate) fn write(&mut self, cells: &[Cell<'_>]) {
        if !self.quiet {
            formats::line(self.format, &self.columns, cells, &mut self.buffer);
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
        failure::written(outcome)
    }
}
