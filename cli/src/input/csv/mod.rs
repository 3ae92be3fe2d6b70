//! CSV: lines split by a delimiter, and the quoting rules of csv-core where a line has quotes.

mod begin;
mod cells;
mod layout;
mod looks;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

use super::batch::{Details, Sink};
use super::selection::{Selection, join_keys};
use super::{NO_KEY, Rules, Shared, Source};
use crate::failure::Failure;
use crate::time::Micros;
use cells::{Cells, Plain, Quoted, Record, SPACES, Words, split};
use layout::{Layout, Role, text};

pub(crate) struct Csv {
    source: Source,
    delimiter: Option<u8>,
    /// Known once the first rows were seen.
    layout: Option<Layout>,
    /// The first rows as they stand in the file: with them a later part of it can be read.
    head: Vec<u8>,
    /// The line of names.
    header: Vec<u8>,
    comment: Option<Vec<u8>>,
    line: u64,
    /// Empty lines of a file with one column: missing values if another row follows.
    blank: usize,
    /// Made for the first line with quotes.
    quoted: Option<Box<Quoted>>,
    key: String,
    parts: Vec<String>,
    paused: bool,
}

impl Csv {
    pub(crate) fn new(source: &Source, rules: &Rules) -> Self {
        Csv {
            source: source.clone(),
            delimiter: rules.delimiter,
            layout: None,
            head: Vec::new(),
            header: Vec::new(),
            comment: rules.comment.as_ref().map(|mark| mark.as_bytes().to_vec()),
            line: 0,
            blank: 0,
            quoted: None,
            key: String::new(),
            parts: Vec::new(),
            paused: false,
        }
    }

    /// A later part of a file that began with `head`.
    pub(super) fn resumed(source: &Source, head: &[u8], shared: &mut Shared) -> Option<Self> {
        let mut csv = Csv::new(source, &shared.rules);
        csv.begin(head, true, &mut shared.selection, &shared.rules).ok()??;
        csv.line = 0;
        Some(csv)
    }

    /// Complete lines so far.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The first rows as they stand in the file.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The name of the only column, if it has one and none was asked for.
    pub(crate) fn name(&self, selection: &Selection) -> Option<String> {
        let layout = self.layout.as_ref().filter(|layout| layout.header)?;
        if selection.columns.is_empty() { layout.labels.first().cloned() } else { None }
    }

    /// The names of the columns that are repeated in the output.
    pub(super) fn kept(&self) -> Vec<String> {
        let kept = self.layout.as_ref().map(|layout| &layout.kept);
        kept.into_iter().flatten().map(|(_, name)| name.clone()).collect()
    }

    /// Takes the rows that are complete, and the rest too if nothing follows. Returns how many bytes that were.
    pub(super) fn parse(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        if self.layout.is_none() {
            match self.begin(bytes, last, sink.selection, sink.rules)? {
                Some(used) => at = used,
                None if last => return Ok(bytes.len()),
                None => return Ok(0),
            }
        }
        let quote = if self.delimiter == Some(SPACES) { b'\n' } else { b'"' };
        while at < bytes.len() {
            sink.used = at;
            let rest = &bytes[at..];
            match memchr2(b'\n', quote, rest) {
                Some(end) if rest[end] == b'\n' => {
                    self.line += 1;
                    self.plain(&rest[..end], at..at + end + 1, sink)?;
                    if self.paused {
                        break;
                    }
                    at += end + 1;
                }
                Some(_) => {
                    let Some(used) = self.record(rest, at, last, sink)? else { break };
                    if self.paused {
                        break;
                    }
                    at += used;
                }
                None if last => {
                    self.line += 1;
                    self.plain(rest, at..bytes.len(), sink)?;
                    if self.paused {
                        break;
                    }
                    at = bytes.len();
                }
                None => break,
            }
        }
        if self.paused {
            self.line -= 1;
        }
        Ok(at)
    }

    /// Whether it stopped in front of a header of other columns, for which the rows before it must be looked at first.
    pub(super) fn resume(&mut self) -> bool {
        std::mem::take(&mut self.paused)
    }

    /// A line without quotes.
    #[inline]
    fn plain(
        &mut self,
        line: &[u8],
        span: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failure> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.blank += 1;
            return Ok(());
        }
        if self.comment.as_ref().is_some_and(|mark| line.starts_with(mark)) {
            return Ok(());
        }
        match self.delimiter {
            Some(SPACES) => self.row(Words(line), line, span, sink),
            delimiter => self.row(Plain::new(line, delimiter.unwrap_or(b',')), line, span, sink),
        }
    }

    /// A record with quotes, which may span several lines. Returns its length; `None` if it is not complete.
    fn record(
        &mut self,
        rest: &[u8],
        at: usize,
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<Option<usize>, Failure> {
        let delimiter = self.delimiter.unwrap_or(b',');
        let mut quoted = self.quoted.take().unwrap_or_else(|| Box::new(Quoted::new(delimiter)));
        let record = quoted.read(rest, last);
        let first = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let outcome = match record {
            Record::Cut => Ok(None),
            Record::Unclosed => {
                self.line += 1;
                let why = "a stray quote: no cell ends with another within 100 lines and 64 KiB";
                sink.fault(self.line, why, None, at..at + first).map(|()| Some(first))
            }
            Record::Whole(used) => {
                // Messages name the line where the record begins.
                self.line += 1;
                let raw = &rest[..used];
                match self.fill(&mut &*quoted, sink) {
                    Ok(time) => {
                        self.finish(time, at..at + used, sink);
                        self.line +=
                            raw[..used - 1].iter().filter(|&&byte| byte == b'\n').count() as u64;
                        Ok(Some(used))
                    }
                    // Of several lines only the first is bad: its quote may be a stray one.
                    Err(why) => {
                        let used = used.min(first);
                        self.reject(trim_break(&raw[..used]), &why, at..at + used, sink)
                            .map(|()| Some(used))
                    }
                }
            }
        };
        self.quoted = Some(quoted);
        outcome
    }

    #[inline]
    fn row<'a>(
        &mut self,
        mut cells: impl Cells<'a>,
        line: &[u8],
        span: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failure> {
        match self.fill(&mut cells, sink) {
            Ok(time) => {
                self.finish(time, span, sink);
                Ok(())
            }
            Err(why) => self.reject(line, &why, span, sink),
        }
    }

    /// Empty lines before a row of a file with one column were rows; with several columns they are not rows.
    fn take_blanks(&mut self, at: usize, sink: &mut Sink<'_>) {
        let blank = std::mem::take(&mut self.blank);
        if self.layout.as_ref().is_some_and(|layout| layout.count == 1) {
            for _ in 0..blank {
                sink.batch.row(sink.selection.width());
                sink.finish_row(sink.selection.is_keyed().then_some(NO_KEY), None, at..at);
            }
        }
    }

    /// Sets the values, the key and the time of a row; the error says what is wrong with it.
    #[inline]
    fn fill<'a>(
        &mut self,
        cells: &mut impl Cells<'a>,
        sink: &mut Sink<'_>,
    ) -> Result<Option<Micros>, String> {
        if self.blank > 0 {
            self.take_blanks(sink.used, sink);
        }
        let Some(layout) = &self.layout else { return Ok(None) };
        let rules = sink.rules;
        let mut time = None;
        let mut keys = 0;
        let row = sink.batch.row(layout.labels.len());
        for &(cell, role) in &layout.cells {
            let Some(text) = cells.get(cell) else {
                let count = cells.count();
                let cells = if count == 1 { "cell" } else { "cells" };
                return Err(format!("only {count} {cells}: there is no column {cell}"));
            };
            match role {
                Role::Value(place) => match rules.number(text) {
                    Some(value) => row[place] = value,
                    None => {
                        let label = format!("column {}", layout.labels[place]);
                        return Err(rules.not_a_number(&label, &String::from_utf8_lossy(text)));
                    }
                },
                Role::Key(place) => {
                    let text = std::str::from_utf8(text)
                        .map_err(|_| format!("the key \"{}\" is not UTF-8", text.escape_ascii()))?;
                    if self.parts.len() <= place {
                        self.parts.resize(place + 1, String::new());
                    }
                    let is_missing = text.is_empty() || text == "\\N";
                    self.parts[place].clear();
                    self.parts[place].push_str(if is_missing { NO_KEY } else { text });
                    keys += 1;
                }
                Role::Time => time = Some(text),
            }
        }
        // 1,234 or 1,5 below one name: the part before the comma is not the number.
        if layout.count == 1 && cells.get(1).is_some_and(|cell| !cell.trim_ascii().is_empty()) {
            let count = cells.count();
            return Err(format!(
                "{count} cells, but the first row has 1 (--decimal-comma, --delimiter)"
            ));
        }
        let time = match time.filter(|text| !rules.is_missing(text.trim_ascii())) {
            Some(text) => Some(sink.clock.read(&String::from_utf8_lossy(text))?.micros()),
            None => None,
        };
        if keys > 1 {
            self.key.clear();
            join_keys(self.parts.iter().map(String::as_str), &mut self.key);
        }
        Ok(time)
    }

    #[inline(always)]
    fn finish(&self, time: Option<Micros>, span: Range<usize>, sink: &mut Sink<'_>) {
        let key = match self.parts.len() {
            0 => None,
            1 => Some(self.parts[0].as_str()),
            _ => Some(self.key.as_str()),
        };
        sink.finish_row(key, time, span);
    }

    /// A row that cannot be read: the header once more, a header of other columns, or a bad row.
    #[cold]
    fn reject(
        &mut self,
        line: &[u8],
        why: &str,
        span: Range<usize>,
        sink: &mut Sink<'_>,
    ) -> Result<(), Failure> {
        if !self.header.is_empty() && line.trim_ascii() == self.header.trim_ascii() {
            return Ok(());
        }
        let row = split(line, self.delimiter.unwrap_or(b','));
        let selection = &*sink.selection;
        let named = selection.columns.iter().chain(&selection.keys).chain(&selection.time);
        let named: Vec<&String> = named.chain(&selection.keep).collect();
        let has = |name: &&String| row.iter().any(|cell| text(cell) == **name);
        let has_header = self.layout.as_ref().is_some_and(|layout| layout.header);
        if has_header && !named.is_empty() && named.iter().all(has) {
            if sink.batch.rows > 0 {
                self.paused = true;
                return Ok(());
            }
            self.header = line.to_vec();
            self.head = [line, b"\n"].concat();
            return self.arrange(&row, None, sink.selection, sink.rules);
        }
        let key = self.key_of(&row).filter(|_| sink.selection.is_keyed());
        sink.fault(self.line, why, key.as_deref(), span)
    }

    /// The key of a row that may lack it.
    fn key_of(&self, row: &[Cow<'_, [u8]>]) -> Option<String> {
        let mut parts = vec![""; self.parts.len()];
        for &(cell, role) in &self.layout.as_ref()?.cells {
            if let Role::Key(place) = role {
                *parts.get_mut(place)? = std::str::from_utf8(row.get(cell)?).ok()?;
            }
        }
        let mut key = String::new();
        match parts[..] {
            [only] => key.push_str(only),
            _ => join_keys(parts, &mut key),
        }
        Some(key)
    }

    /// How a row is written in the file.
    pub(super) fn details(&self, row: &[u8], details: &mut Details) {
        let Some(layout) = &self.layout else { return };
        let cells = split(trim_break(row), self.delimiter.unwrap_or(b','));
        let cell = |cell: usize| cells.get(cell).map(|cell| text(cell)).unwrap_or_default();
        details.values.resize(layout.labels.len(), String::new());
        for &(place, role) in &layout.cells {
            match role {
                Role::Value(nth) => details.values[nth] = cell(place),
                Role::Time => details.time = Some(cell(place)),
                Role::Key(_) => {}
            }
        }
        details.kept = layout.kept.iter().map(|&(place, _)| cell(place)).collect();
    }
}

fn trim_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
