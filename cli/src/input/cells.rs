//! A row of CSV, split into cells.

use csv_core::{ReadRecordResult, Reader};
use memchr::memchr;

/// The cells of one row, asked for from left to right.
pub(super) trait Cells<'a> {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]>;
    fn count(&self) -> usize;
}

/// A line without quotes; no more of it is read than is asked for.
pub(super) struct Commas<'a> {
    line: &'a [u8],
    /// Where cell `number` starts; `None` after the last one.
    next: Option<usize>,
    number: usize,
}

impl<'a> Commas<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        Commas { line, next: Some(0), number: 0 }
    }
}

impl<'a> Cells<'a> for Commas<'a> {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]> {
        let mut rest = &self.line[self.next?..];
        while self.number < cell {
            rest = &rest[memchr(b',', rest)? + 1..];
            self.number += 1;
            self.next = Some(self.line.len() - rest.len());
        }
        Some(&rest[..memchr(b',', rest).unwrap_or(rest.len())])
    }

    fn count(&self) -> usize {
        self.line.iter().filter(|&&byte| byte == b',').count() + 1
    }
}

/// A record as csv-core splits it.
pub(super) struct Quoted {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Default for Quoted {
    fn default() -> Self {
        // `Reader::default()` lacks the tables of a built one.
        Quoted { reader: Reader::new(), text: vec![0; 1024], ends: vec![0; 64], count: 0 }
    }
}

impl Quoted {
    /// Splits the record at the start of `bytes` and answers its length; `None` if it is not complete yet.
    pub(super) fn read(&mut self, bytes: &[u8], last: bool) -> Option<usize> {
        self.reader.reset();
        let (mut used, mut written, mut count) = (0, 0, 0);
        loop {
            let (text, ends) = (&mut self.text[written..], &mut self.ends[count..]);
            let (result, read, wrote, ended) = self.reader.read_record(&bytes[used..], text, ends);
            (used, written, count) = (used + read, written + wrote, count + ended);
            match result {
                // An empty input tells csv-core that nothing follows.
                ReadRecordResult::InputEmpty if last => {}
                ReadRecordResult::InputEmpty => return None,
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.count = count;
        // The record ends at \r; a \n right after it belongs to it too.
        match bytes.get(used) {
            _ if used == 0 || bytes[used - 1] != b'\r' => Some(used),
            Some(b'\n') => Some(used + 1),
            None if !last => None,
            _ => Some(used),
        }
    }

    fn cell(&self, cell: usize) -> &[u8] {
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] };
        &self.text[start..self.ends[cell]]
    }

    pub(super) fn all(&self) -> Vec<&[u8]> {
        (0..self.count).map(|cell| self.cell(cell)).collect()
    }
}

impl<'a> Cells<'a> for &'a Quoted {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]> {
        (cell < self.count).then(|| self.cell(cell))
    }

    fn count(&self) -> usize {
        self.count
    }
}
