//! Compressed files and UTF-16 as the UTF-8 that they hold, recognized by their first bytes.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UTF16_LE: &[u8] = &[0xff, 0xfe];
const UTF16_BE: &[u8] = &[0xfe, 0xff];

/// The first bytes of what is not plain text.
pub(super) const MARKS: [&[u8]; 4] = [GZIP, ZSTD, UTF16_LE, UTF16_BE];

/// Decides when the first bytes arrive, and waits for no more of them than it needs to decide.
pub(super) enum Decoded {
    Undecided(Option<Box<dyn Read>>),
    Decided(Box<dyn Read>),
}

impl Decoded {
    pub(super) fn new(raw: Box<dyn Read>) -> Self {
        Decoded::Undecided(Some(raw))
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Decoded::Undecided(raw) = self {
            let Some(raw) = raw.take() else { return Ok(0) };
            *self = Decoded::Decided(decide(raw)?);
        }
        match self {
            Decoded::Decided(reader) => reader.read(buffer),
            Decoded::Undecided(_) => Ok(0),
        }
    }
}

fn decide(mut raw: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    let mut head = Vec::new();
    // One byte at a time, and only while it may still become a mark: a live "7\n" must not wait for a third byte.
    while MARKS.iter().any(|mark| mark.len() > head.len() && mark.starts_with(&head)) {
        let mut byte = [0];
        match raw.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mark = MARKS.into_iter().find(|mark| head.starts_with(mark));
    let all = Cursor::new(head).chain(raw);
    Ok(match mark {
        Some(GZIP) => Box::new(MultiGzDecoder::new(all)),
        Some(ZSTD) => Box::new(Zstd { raw: Some(Box::new(all)), frame: None }),
        Some(UTF16_LE) => Box::new(Utf16::new(Box::new(all), u16::from_le_bytes)),
        Some(UTF16_BE) => Box::new(Utf16::new(Box::new(all), u16::from_be_bytes)),
        _ => Box::new(all),
    })
}

/// Frames of Zstandard, one after the other.
struct Zstd {
    raw: Option<Box<dyn Read>>,
    frame: Option<Box<StreamingDecoder<Box<dyn Read>, ruzstd::decoding::FrameDecoder>>>,
}

impl Read for Zstd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                match frame.read(buffer)? {
                    0 => self.raw = self.frame.take().map(|frame| frame.into_inner()),
                    count => return Ok(count),
                }
            }
            let Some(mut raw) = self.raw.take() else { return Ok(0) };
            let mut byte = [0];
            if raw.read(&mut byte)? == 0 {
                return Ok(0);
            }
            let raw: Box<dyn Read> = Box::new(Cursor::new(byte).chain(raw));
            let frame = StreamingDecoder::new(raw).map_err(|error| bad("Zstandard", &error))?;
            self.frame = Some(Box::new(frame));
        }
    }
}

fn bad(format: &str, why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("damaged {format}: {why}"))
}

/// UTF-16 with a mark in front, which stays out.
struct Utf16 {
    raw: Box<dyn Read>,
    unit: fn([u8; 2]) -> u16,
    bytes: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    begun: bool,
}

impl Utf16 {
    fn new(raw: Box<dyn Read>, unit: fn([u8; 2]) -> u16) -> Self {
        Utf16 { raw, unit, bytes: Vec::new(), text: Vec::new(), given: 0, begun: false }
    }

    /// Decodes what has arrived, up to half a character.
    fn decode(&mut self, last: bool) {
        let units: Vec<u16> =
            self.bytes.chunks_exact(2).map(|b| (self.unit)([b[0], b[1]])).collect();
        let mut end = units.len();
        if !last && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            end -= 1;
        }
        for c in char::decode_utf16(units[..end].iter().copied()) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            if self.begun || c != '\u{feff}' {
                self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            self.begun = true;
        }
        self.bytes.drain(..2 * end);
    }
}

impl Read for Utf16 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            (self.given, self.text) = (0, Vec::new());
            let mut block = [0; 8192];
            let count = self.raw.read(&mut block)?;
            self.bytes.extend_from_slice(&block[..count]);
            self.decode(count == 0);
            if count == 0 && self.text.is_empty() {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..][..count]);
        self.given += count;
        Ok(count)
    }
}
