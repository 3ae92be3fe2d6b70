//! Compressed files, UTF-16 and columnar files as the UTF-8 text that they hold, recognized by their first bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

#[cfg(feature = "columnar")]
use super::columnar;
use super::selection::Selection;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UTF16_LE: &[u8] = &[0xff, 0xfe];
const UTF16_BE: &[u8] = &[0xfe, 0xff];
// Each with the bytes behind it that no text has: a column of a CSV may be named PAR1.
const PARQUET: &[u8] = b"PAR1\x15";
const ARROW_FILE: &[u8] = b"ARROW1\0\0";
const ARROW_STREAM: &[u8] = &[0xff; 4];

/// The first bytes of what is not plain text; first those of compression.
pub(super) const MARKS: [&[u8]; 7] =
    [GZIP, ZSTD, UTF16_LE, UTF16_BE, PARQUET, ARROW_FILE, ARROW_STREAM];

/// A format of columns with types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columnar {
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl fmt::Display for Columnar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Columnar::Parquet { "Parquet" } else { "Arrow IPC" })
    }
}

/// Text, and what is known of it.
pub(super) struct Decoded {
    pub(super) text: Box<dyn Read>,
    /// It is a table with commas and a header, made of columns with types.
    pub(super) typed: bool,
}

/// Waits for the first bytes, and for no more of them than it needs to decide. `file` is what `raw` reads, if it can seek.
pub(super) fn decoded(
    raw: Box<dyn Read>,
    file: Option<File>,
    selection: &Selection,
) -> io::Result<Decoded> {
    by_marks(&MARKS, raw, file, selection)
}

fn by_marks(
    marks: &[&'static [u8]],
    mut raw: Box<dyn Read>,
    file: Option<File>,
    selection: &Selection,
) -> io::Result<Decoded> {
    let mut head = Vec::new();
    // One byte at a time, and only while it may still become a mark: a live "7\n" must not wait for a third byte.
    while marks.iter().any(|mark| mark.len() > head.len() && mark.starts_with(&head)) {
        let mut byte = [0];
        match raw.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => head.push(byte[0]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let mark = marks.iter().find(|mark| head.starts_with(mark)).copied();
    let all = Box::new(Cursor::new(head).chain(raw));
    let table = |kind, all| Ok(Decoded { text: columns(kind, all, file, selection)?, typed: true });
    let text: Box<dyn Read> = match mark {
        // What is in it may be anything but compressed once more.
        Some(GZIP) => {
            let inner = Box::new(MultiGzDecoder::new(all));
            return by_marks(&marks[2..], inner, None, selection);
        }
        Some(ZSTD) => {
            let inner = Box::new(Zstd { raw: Some(all), frame: None });
            return by_marks(&marks[2..], inner, None, selection);
        }
        Some(UTF16_LE) => Box::new(Utf16::new(all, u16::from_le_bytes)),
        Some(UTF16_BE) => Box::new(Utf16::new(all, u16::from_be_bytes)),
        Some(PARQUET) => return table(Columnar::Parquet, all),
        Some(ARROW_FILE) => return table(Columnar::ArrowFile, all),
        Some(ARROW_STREAM) => return table(Columnar::ArrowStream, all),
        _ => all,
    };
    Ok(Decoded { text, typed: false })
}

/// The text of a log that was rotated away.
pub(super) fn log(raw: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    match decoded(raw, None, &Selection::default())? {
        Decoded { text, typed: false } => Ok(text),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is columnar")),
    }
}

#[cfg(feature = "columnar")]
fn columns(
    kind: Columnar,
    mut all: Box<dyn Read>,
    file: Option<File>,
    selection: &Selection,
) -> io::Result<Box<dyn Read>> {
    if kind == Columnar::ArrowStream {
        return columnar::arrow_stream(all, selection);
    }
    let file = match file {
        Some(file) => file,
        // Its table of contents is at its end.
        None => {
            let mut copy = tempfile::tempfile()?;
            io::copy(&mut all, &mut copy)?;
            copy
        }
    };
    match kind {
        Columnar::Parquet => columnar::parquet(file, selection),
        _ => columnar::arrow(file, selection),
    }
}

#[cfg(not(feature = "columnar"))]
fn columns(
    kind: Columnar,
    _: Box<dyn Read>,
    _: Option<File>,
    _: &Selection,
) -> io::Result<Box<dyn Read>> {
    let why = format!(
        "it is {kind}, which this tailspot was built without: cargo install --path cli --features columnar"
    );
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
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
