//! JSON: one value for each row, in lines or in an array, of which only the wanted paths are read.

mod extent;
mod paths;
mod walk;

use std::ops::Range;

use super::NO_KEY;
use super::batch::{Details, Sink};
use super::selection::{Selection, is_pattern, join_keys};
use crate::failure::{Failure, warn};
use extent::Next;
use walk::Found;

pub(crate) struct Json {
    line: u64,
    rows: u64,
    /// The rows are the elements of arrays.
    in_array: bool,
    /// Within the brackets of such an array.
    inside: bool,
    resolved: bool,
    /// Rows are numbers and nothing else.
    bare: bool,
    warned: bool,
}

/// So many rows without a value at a path are more likely a slip of the user than a stream that begins late.
const PATIENCE: u64 = 1000;

impl Json {
    /// Looks at the first bytes: an array of objects or of arrays holds a row in each element. `None` if too little has
    /// arrived.
    pub(super) fn find(bytes: &[u8], last: bool) -> Option<Self> {
        let text = bytes.trim_ascii_start();
        let is_broken =
            |rest: &[u8]| rest.iter().take_while(|b| b.is_ascii_whitespace()).any(|&b| b == b'\n');
        let in_array = match text.split_first() {
            Some((b'[', rest)) => match rest.trim_ascii_start().first() {
                Some(b'{' | b'[') => true,
                Some(_) => is_broken(rest),
                None if is_broken(rest) => true,
                None if last => false,
                None => return None,
            },
            _ => false,
        };
        Some(Json {
            line: 0,
            rows: 0,
            in_array,
            inside: false,
            resolved: false,
            bare: false,
            warned: false,
        })
    }

    /// Complete lines so far.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Takes the rows that are complete, and the rest too if nothing follows. Returns how many bytes that were.
    pub(super) fn parse(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() {
            sink.used = at;
            let rest = &bytes[at..];
            let next = match self.in_array {
                true => extent::element(rest, self.inside, last),
                false => extent::line(rest, last),
            };
            match next {
                Next::Cut => break,
                Next::Skip { bytes, inside } => {
                    self.line += count_lines(&rest[..bytes]);
                    self.inside = inside;
                    at += bytes;
                }
                Next::Row { span, used } => {
                    let above = count_lines(&rest[..span.start]);
                    // Messages name the line where the row begins.
                    self.line += above + 1;
                    if !span.is_empty() {
                        self.row(&rest[span.clone()], at + span.start..at + used, sink)?;
                    }
                    self.line =
                        (self.line + count_lines(&rest[span.start..used])).saturating_sub(1);
                    at += used;
                }
            }
        }
        Ok(at)
    }

    fn row(&mut self, text: &[u8], span: Range<usize>, sink: &mut Sink<'_>) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.resolved, true) {
            self.bare = self.in_array && sink.selection.columns.is_empty() && paths::is_bare(text);
            if self.bare {
                sink.selection.columns.push("value".to_owned());
            }
            resolve(text, sink.selection)?;
        }
        let width = sink.selection.width();
        sink.absent.resize(width, true);
        let outcome = match self.fill(text, sink) {
            Err(Bad::Malformed(why)) => match walk::without_nan(text) {
                Some(mended) => self.fill(&mended, sink),
                None => Err(Bad::Malformed(why)),
            },
            outcome => outcome,
        };
        match outcome {
            Ok((key, time)) => sink.finish_row(key.as_deref(), time, span),
            Err(Bad::Malformed(why)) => {
                sink.fault(self.line, &why, None, span)?;
            }
            Err(Bad::Row(why, key)) => sink.fault(self.line, &why, key.as_deref(), span)?,
        }
        self.rows += 1;
        if self.rows == PATIENCE && !self.warned {
            self.warned = true;
            let names = sink.selection.columns.iter().zip(sink.absent.iter());
            for (name, _) in names.filter(|(_, absent)| **absent) {
                warn(format!("none of the first {PATIENCE} lines has a value at {name:?}"));
            }
        }
        Ok(())
    }

    /// Sets the values of a row and returns its key and time.
    fn fill(&self, text: &[u8], sink: &mut Sink<'_>) -> Result<(Option<String>, Option<i64>), Bad> {
        let Sink { batch, selection, rules, clock, absent, .. } = sink;
        if self.bare {
            let text = String::from_utf8_lossy(text);
            let number = rules.number(text.trim_matches('"').as_bytes());
            let number =
                number.ok_or_else(|| Bad::Row(rules.not_a_number("the array", &text), None))?;
            batch.row(1)[0] = number;
            absent[0] = false;
            return Ok((selection.is_keyed().then(String::new), None));
        }
        let mut found = Found::new(batch.row(selection.width()), absent, selection, rules);
        let outcome = found.read(text);
        let Found { keys, time, fault, .. } = found;
        let key = selection.is_keyed().then(|| {
            let parts = keys.iter().map(|key| if key.is_empty() { NO_KEY } else { key });
            let mut key = String::new();
            match selection.keys.len() {
                1 => key.push_str(&keys[0]),
                _ => join_keys(parts, &mut key),
            }
            key
        });
        outcome.map_err(|error| Bad::Malformed(malformed(&error)))?;
        if let Some((place, shown)) = fault {
            let path = selection.columns.get(place).map_or("the value", String::as_str);
            return Err(Bad::Row(rules.not_a_number(path, &shown), key));
        }
        let time = time.filter(|text| !rules.is_missing(text.trim().as_bytes()));
        match time.map(|text| clock.read(&text)).transpose() {
            Ok(moment) => Ok((key, moment.map(|moment| moment.micros()))),
            Err(why) => Err(Bad::Row(why, key)),
        }
    }

    /// How a row is written in the file.
    pub(super) fn details(&self, row: &[u8], selection: &Selection, details: &mut Details) {
        let text = row.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text).trim_ascii();
        let Ok(text) = std::str::from_utf8(text) else { return };
        if self.bare {
            details.values = vec![text.to_owned()];
            return;
        }
        let at = |path: &str| paths::lookup(text, path).unwrap_or_default();
        details.values = selection.columns.iter().map(|path| at(path)).collect();
        details.time = selection.time.as_deref().map(at);
        details.kept = match selection.keep_all {
            true => vec![text.to_owned()],
            false => selection.keep.iter().map(|path| at(path)).collect(),
        };
    }
}

enum Bad {
    Malformed(String),
    /// A row with its key.
    Row(String, Option<String>),
}

/// Finds the paths that patterns mean, or the only path with a number, in the first row.
fn resolve(text: &[u8], selection: &mut Selection) -> Result<(), Failure> {
    let has_pattern = selection.columns.iter().any(|column| is_pattern(column));
    if !selection.columns.is_empty() && !has_pattern {
        return Ok(());
    }
    let known = paths::numbers(text);
    if selection.columns.is_empty() {
        let mut free = known.iter().filter(|path| selection.leaves_free(path));
        return match (free.next(), free.next()) {
            (Some(path), None) => {
                selection.columns.push(path.clone());
                Ok(())
            }
            _ => {
                let shown: Vec<_> = known.iter().take(20).map(String::as_str).collect();
                let list = if shown.is_empty() { "no number".to_owned() } else { shown.join(", ") };
                Err(Failure::new(format!(
                    "choose with --column which value to watch; the first line has {list}"
                )))
            }
        };
    }
    let mut columns = Vec::new();
    for column in &selection.columns {
        let found = known.iter().filter(|path| super::selection::matches(column, path));
        let before = columns.len();
        if is_pattern(column) && !known.contains(column) {
            columns.extend(found.cloned());
        }
        if columns.len() == before {
            columns.push(column.clone());
        }
    }
    selection.columns = columns;
    Ok(())
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn malformed(error: &serde_json::Error) -> String {
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or(&why);
    format!("not a JSON object: {why} at column {}", error.column())
}
