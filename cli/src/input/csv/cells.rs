//! A row of CSV, split into cells.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter};

/// The delimiter that stands for any run of spaces and tabs.
pub(super) const SPACES: u8 = b' ';

/// The cells of one row, asked for from left to right.
pub(super) trait Cells<'a> {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]>;
    fn count(&self) -> usize;
}

/// A line without quotes; no more of it is read than is asked for.
pub(super) struct Plain<'a> {
    line: &'a [u8],
    delimiter: u8,
    /// The cell in hand, where it starts, and where it ends if that is known.
    number: usize,
    start: usize,
    end: Option<usize>,
}

impl<'a> Plain<'a> {
    #[inline]
    pub(super) fn new(line: &'a [u8], delimiter: u8) -> Self {
        Plain { line, delimiter, number: 0, start: 0, end: None }
    }

    #[inline(always)]
    fn end(&mut self) -> usize {
        let (line, start, delimiter) = (self.line, self.start, self.delimiter);
        *self.end.get_or_insert_with(|| {
            memchr(delimiter, &line[start..]).map_or(line.len(), |length| start + length)
        })
    }
}

impl<'a> Cells<'a> for Plain<'a> {
    // Two calls for every row.
    #[inline(always)]
    fn get(&mut self, cell: usize) -> Option<&'a [u8]> {
        while self.number < cell {
            let end = self.end();
            if end == self.line.len() {
                return None;
            }
            (self.number, self.start, self.end) = (self.number + 1, end + 1, None);
        }
        let end = self.end();
        Some(&self.line[self.start..end])
    }

    fn count(&self) -> usize {
        memchr_iter(self.delimiter, self.line).count() + 1
    }
}

/// A line of words with spaces or tabs between them.
#[derive(Clone)]
pub(super) struct Words<'a>(pub(super) &'a [u8]);

impl<'a> Words<'a> {
    fn words(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty())
    }
}

impl<'a> Cells<'a> for Words<'a> {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]> {
        self.words().nth(cell)
    }

    fn count(&self) -> usize {
        self.words().count()
    }
}

/// All cells of one line or record.
pub(super) fn split(record: &[u8], delimiter: u8) -> Vec<Cow<'_, [u8]>> {
    if delimiter == SPACES {
        return Words(record).words().map(Cow::Borrowed).collect();
    }
    if memchr(b'"', record).is_some() {
        let mut quoted = Quoted::new(delimiter);
        quoted.read(record, true);
        return (0..quoted.count).map(|cell| Cow::Owned(quoted.cell(cell).to_vec())).collect();
    }
    record.split(|&byte| byte == delimiter).map(Cow::Borrowed).collect()
}

/// A quoted cell of several lines must end within this many lines and bytes, or its quote is a stray one.
const LINES: usize = 100;
const BYTES: usize = 64 << 10;

/// What stands at the start of some bytes.
pub(super) enum Record {
    /// So many bytes.
    Whole(usize),
    /// Its last line has not arrived yet.
    Cut,
    /// A quote that is not closed.
    Unclosed,
}

/// A record as csv-core splits it.
pub(super) struct Quoted {
    delimiter: u8,
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Quoted {
    pub(super) fn new(delimiter: u8) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Quoted { delimiter, reader, text: vec![0; 1024], ends: vec![0; 64], count: 0 }
    }

    /// Splits the record at the start of `bytes`.
    pub(super) fn read(&mut self, bytes: &[u8], last: bool) -> Record {
        let mut breaks = memchr_iter(b'\n', bytes);
        let first = breaks.next().unwrap_or(bytes.len());
        let end = breaks.nth(LINES - 2).map_or(bytes.len(), |end| end + 1);
        let end = end.min((first + 1).max(BYTES)).min(bytes.len());
        let bounded = end < bytes.len();
        let whole = self.read_within(&bytes[..end], last || bounded);
        if let Some((used, _)) = whole
            && used > first + 1
            && !is_sound(&bytes[..used], self.delimiter)
        {
            return Record::Unclosed;
        }
        match whole {
            // The end of the bound is not the end of the cell.
            Some((used, closed)) if (bounded || last) && !closed && used == end => Record::Unclosed,
            Some((used, _)) if bytes.get(used - 1) == Some(&b'\r') => match bytes.get(used) {
                // The record ends at \r; a \n right after it belongs to it too.
                Some(b'\n') => Record::Whole(used + 1),
                None if !last => Record::Cut,
                _ => Record::Whole(used),
            },
            Some((used, _)) => Record::Whole(used),
            None => Record::Cut,
        }
    }

    /// The length of the record and whether it ends with its own line; `None` if it is not complete.
    fn read_within(&mut self, bytes: &[u8], last: bool) -> Option<(usize, bool)> {
        self.reader.reset();
        let (mut used, mut written, mut count) = (0, 0, 0);
        let mut closed = true;
        loop {
            let (text, ends) = (&mut self.text[written..], &mut self.ends[count..]);
            let (result, read, wrote, ended) = self.reader.read_record(&bytes[used..], text, ends);
            (used, written, count) = (used + read, written + wrote, count + ended);
            match result {
                // An empty input means to csv-core that nothing follows.
                ReadRecordResult::InputEmpty if last => closed = false,
                ReadRecordResult::InputEmpty => return None,
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.count = count;
        Some((used.max(1), closed || !is_open(bytes)))
    }

    pub(super) fn cell(&self, cell: usize) -> &[u8] {
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] };
        &self.text[start..self.ends[cell]]
    }
}

/// Whether every quote that closes a cell stands at its end; in a record of several lines it is a stray one otherwise.
fn is_sound(record: &[u8], delimiter: u8) -> bool {
    let (mut quoted, mut at_start, mut at) = (false, true, 0);
    while let Some(&byte) = record.get(at) {
        match (quoted, byte) {
            (true, b'"') if record.get(at + 1) == Some(&b'"') => at += 1,
            (true, b'"') => {
                quoted = false;
                if record
                    .get(at + 1)
                    .is_some_and(|&next| next != delimiter && !matches!(next, b'\r' | b'\n'))
                {
                    return false;
                }
            }
            (true, _) => {}
            (false, b'"') if at_start => quoted = true,
            (false, _) => {}
        }
        at_start = !quoted && byte == delimiter;
        at += 1;
    }
    true
}

/// Whether these bytes, the end of the input, end inside of quotes: the number of quotes in them is odd.
fn is_open(bytes: &[u8]) -> bool {
    !memchr_iter(b'"', bytes).count().is_multiple_of(2)
}

impl<'a> Cells<'a> for &'a Quoted {
    fn get(&mut self, cell: usize) -> Option<&'a [u8]> {
        (cell < self.count).then(|| self.cell(cell))
    }

    fn count(&self) -> usize {
        self.count
    }
}
