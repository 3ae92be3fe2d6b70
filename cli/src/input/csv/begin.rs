//! The first rows of a table: its delimiter, its names, and where the wanted cells are.

use std::borrow::Cow;

use memchr::memchr;

use super::cells::{Quoted, Record, SPACES, split};
use super::layout::{Head, Layout};
use super::{Csv, looks, trim_break};
use crate::failure::Failure;
use crate::input::{Rules, Selection};

impl Csv {
    /// Looks at the first rows and finds the wanted cells. Returns the bytes of a header and what stands above it; `None`
    /// if too little has arrived.
    pub(super) fn begin(
        &mut self,
        bytes: &[u8],
        last: bool,
        selection: &mut Selection,
        rules: &Rules,
    ) -> Result<Option<usize>, Failure> {
        let mut at = 0;
        let mut lines = 0;
        // Empty lines and comments above the table.
        let first = loop {
            let rest = &bytes[at..];
            let Some(line) = first_line(rest, last) else { return Ok(None) };
            let is_comment = self.comment.as_ref().is_some_and(|mark| line.starts_with(mark));
            if !line.trim_ascii().is_empty() && !is_comment {
                break line;
            }
            (at, lines) = (at + line.len(), lines + 1);
        };
        let start = at;
        if first.starts_with(b"#separator ") {
            let Some(zeek) = looks::zeek(&bytes[at..]) else { return Ok(None) };
            self.delimiter = Some(zeek.delimiter);
            self.comment = Some(b"#".to_vec());
            let names = split(&zeek.fields, zeek.delimiter);
            self.arrange(&names, None, selection, rules)?;
            self.line = lines + zeek.lines;
            self.head = bytes[start..at + zeek.bytes].to_vec();
            return Ok(Some(at + zeek.bytes));
        }
        let quoted = memchr(b'"', first).is_some();
        let length = match quoted && self.delimiter != Some(SPACES) {
            true => match Quoted::new(self.delimiter.unwrap_or(b',')).read(&bytes[at..], last) {
                Record::Whole(length) => length,
                Record::Cut => return Ok(None),
                Record::Unclosed => first.len(),
            },
            false => first.len(),
        };
        let first = trim_break(&bytes[at..at + length]);
        at += length;
        let second = first_line(&bytes[at..], last).filter(|line| !line.is_empty());
        let delimiter = match self.delimiter {
            Some(delimiter) => delimiter,
            None => looks::delimiter(first, second, &selection.columns, rules.decimal_comma),
        };
        let cells = split(first, delimiter);
        let second_cells = second.map(|line| split(trim_break(line), delimiter));
        // A header alone does not say which of its columns holds numbers, nor that it is not one name with a space.
        let has_number = cells.iter().any(|cell| crate::number::is_number(cell));
        let is_open = selection.columns.is_empty() && cells.len() > 1
            || self.delimiter.is_none() && first.contains(&b' ');
        if second.is_none() && !last && !has_number && is_open {
            return Ok(None);
        }
        self.delimiter = Some(delimiter);
        self.arrange(&cells, second_cells.as_deref(), selection, rules)?;
        self.line = lines;
        let header = self.layout.as_ref().is_some_and(|layout| layout.header);
        self.head = bytes[start..at + second.map_or(0, <[u8]>::len)].to_vec();
        if !header {
            return Ok(Some(start));
        }
        self.header = first.to_vec();
        self.line += bytes[start..at].iter().filter(|&&byte| byte == b'\n').count().max(1) as u64;
        Ok(Some(at))
    }

    pub(super) fn arrange(
        &mut self,
        first: &[Cow<'_, [u8]>],
        second: Option<&[Cow<'_, [u8]>]>,
        selection: &mut Selection,
        rules: &Rules,
    ) -> Result<(), Failure> {
        let head = Head { first, second, source: &self.source, rules };
        let layout = Layout::find(&head, selection)?;
        if !selection.columns.is_empty() {
            selection.columns.clone_from(&layout.columns);
        }
        self.layout = Some(layout);
        Ok(())
    }
}

/// The first line with its break; without one only at the end of the input.
fn first_line(bytes: &[u8], last: bool) -> Option<&[u8]> {
    match memchr(b'\n', bytes) {
        Some(end) => Some(&bytes[..=end]),
        None if last && !bytes.is_empty() => Some(bytes),
        None => None,
    }
}
