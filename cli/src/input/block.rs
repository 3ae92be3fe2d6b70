//! A buffer that is filled as data arrives and gives away whole lines.

use std::io::{self, Read};

/// Small enough for the cache, large enough that a system call is nothing.
const SIZE: usize = 256 << 10;

/// The longest line that is kept in memory.
pub(crate) const LONGEST: usize = 64 << 20;

pub(crate) struct Block {
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Block {
    pub(crate) fn new(reader: Box<dyn Read>) -> Self {
        Block { reader, buffer: vec![0; SIZE], start: 0, end: 0 }
    }

    /// Reads once: what a pipe holds now, or a block of a file. 0 is the end.
    pub(crate) fn fill(&mut self) -> io::Result<usize> {
        self.buffer.copy_within(self.start..self.end, 0);
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
