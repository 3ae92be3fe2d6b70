//! A buffer that is filled as data arrives and gives away whole lines.

use std::io::{self, Read};
use std::ops::Range;

/// Small enough for the cache, large enough that a system call is nothing.
const SIZE: usize = 256 << 10;

/// The longest line that is kept in memory.
pub(crate) const LONGEST: usize = 64 << 20;

pub(crate) struct Block {
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where the first byte of the buffer stands in the file.
    base: u64,
}

impl Block {
    pub(crate) fn new(reader: Box<dyn Read>) -> Self {
        Block { reader, buffer: vec![0; SIZE], start: 0, end: 0, base: 0 }
    }

    /// Reads once: what a pipe holds now, or a block of a file. 0 is the end.
    pub(crate) fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The reader begins at this offset of its file.
    pub(crate) fn begin_at(&mut self, offset: u64) {
        self.base = offset;
    }

    /// Where the pending bytes begin: in the buffer.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Where the pending bytes begin: in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Where what follows a part of the buffer stands in the file.
    pub(crate) fn offset_after(&self, span: &Range<u32>) -> u64 {
        self.base + u64::from(span.end)
    }

    /// Part of the buffer, which is there until the next `fill`.
    pub(crate) fn text(&self, span: &Range<u32>) -> &[u8] {
        self.buffer.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    pub(crate) fn pending(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Takes off the byte order mark that some programs write in front of UTF-8. False while too little has arrived
    /// to tell.
    pub(crate) fn skip_mark(&mut self, last: bool) -> bool {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if self.pending().starts_with(MARK) {
            self.consume(MARK.len());
        }
        last || !MARK.starts_with(self.pending())
    }

    pub(crate) fn is_too_long(&self) -> bool {
        self.end - self.start > LONGEST
    }
}
