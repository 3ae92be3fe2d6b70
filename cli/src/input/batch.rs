//! Some rows, in order, and how a parser fills them.

use std::collections::HashMap;
use std::ops::Range;

use super::{Faults, NO_KEY, Rules, Selection, Shared, Source};
use crate::failure::Failure;
use crate::time::{self, Clock, Micros};

/// The buffers are used again and again.
#[derive(Default)]
pub(crate) struct Batch {
    /// `rows` times the width of a row; NaN is missing.
    pub(crate) values: Vec<f64>,
    /// The number of the key of each row, if there are keys.
    pub(crate) keys: Vec<u32>,
    /// The time of each row, if there is a time column.
    pub(crate) times: Vec<Micros>,
    /// Where each row stands in the block, until the next one is read.
    pub(super) spans: Vec<Range<u32>>,
    /// Keys that were seen for the first time, in the order of their numbers.
    pub(crate) new_keys: Vec<String>,
    pub(crate) rows: usize,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.keys.clear();
        self.times.clear();
        self.spans.clear();
        self.new_keys.clear();
        self.rows = 0;
    }

    /// One more row: all missing until they are set.
    #[inline]
    pub(super) fn row(&mut self, width: usize) -> &mut [f64] {
        let start = self.rows * width;
        self.values.truncate(start);
        self.values.resize(start + width, f64::NAN);
        &mut self.values[start..]
    }

    /// The time of a row.
    pub(crate) fn time(&self, row: usize) -> Option<Micros> {
        self.times.get(row).copied().filter(|&time| time != time::NONE)
    }
}

/// How one row is written in the input.
#[derive(Clone, Default)]
pub(crate) struct Details {
    pub(crate) values: Vec<String>,
    pub(crate) time: Option<String>,
    /// The cells of the columns that are repeated in the output.
    pub(crate) kept: Vec<String>,
}

/// Where a parser leaves its rows.
pub(super) struct Sink<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) selection: &'a mut Selection,
    pub(super) rules: &'a Rules,
    pub(super) clock: &'a mut Clock,
    pub(super) absent: &'a mut Vec<bool>,
    faults: &'a mut Faults,
    keys: &'a mut HashMap<String, u32>,
    source: &'a Source,
    /// Where the bytes of the parser stand in the buffer.
    base: usize,
    /// Bytes that were taken before the row in hand.
    pub(super) used: usize,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        batch: &'a mut Batch,
        shared: &'a mut Shared,
        source: &'a Source,
        base: usize,
    ) -> Self {
        let Shared { selection, rules, faults, clock, keys, absent } = shared;
        Sink { batch, selection, rules, clock, absent, faults, keys, source, base, used: 0 }
    }

    /// The row is complete and counts; `span` is where it stands in the bytes of the parser.
    #[inline]
    pub(super) fn finish_row(
        &mut self,
        key: Option<&str>,
        time: Option<Micros>,
        span: Range<usize>,
    ) {
        if let Some(key) = key {
            let number = self.number_of(if key.is_empty() { NO_KEY } else { key });
            self.batch.keys.push(number);
        }
        if self.selection.time.is_some() {
            self.batch.times.push(time.unwrap_or(time::NONE));
        }
        self.batch.spans.push((self.base + span.start) as u32..(self.base + span.end) as u32);
        self.batch.rows += 1;
    }

    /// A row that cannot be read: an error, skipped, or a row of missing values.
    pub(super) fn fault(
        &mut self,
        line: u64,
        why: &str,
        key: Option<&str>,
        span: Range<usize>,
    ) -> Result<(), Failure> {
        let counts = self.faults.add(self.rules, self.source, line, why)?;
        // Without its key nobody knows whose value is missing.
        if counts && (key.is_some() || !self.selection.is_keyed()) {
            self.batch.row(self.selection.width());
            self.finish_row(key, None, span);
        }
        Ok(())
    }

    fn number_of(&mut self, key: &str) -> u32 {
        if let Some(&number) = self.keys.get(key) {
            return number;
        }
        let number = self.keys.len() as u32;
        self.keys.insert(key.to_owned(), number);
        self.batch.new_keys.push(key.to_owned());
        number
    }
}
