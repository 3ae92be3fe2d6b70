//! Where a row of JSON begins and ends, without reading it.

use std::ops::Range;

use memchr::memchr;

/// What stands at the start of some bytes.
pub(super) enum Next {
    /// It has not arrived yet.
    Cut,
    /// Nothing of a row; and whether what follows stands inside of an array.
    Skip { bytes: usize, inside: bool },
    /// A row, and how many bytes are taken with it.
    Row { span: Range<usize>, used: usize },
}

/// A row is a line.
pub(super) fn line(bytes: &[u8], last: bool) -> Next {
    let end = match memchr(b'\n', bytes) {
        Some(end) => end,
        None if last => bytes.len(),
        None => return Next::Cut,
    };
    let line = &bytes[..end];
    let start = line.len() - line.trim_ascii_start().len();
    let span = start..start + line.trim_ascii().len();
    Next::Row { span, used: (end + 1).min(bytes.len()) }
}

/// A row is an element of an array.
pub(super) fn element(bytes: &[u8], inside: bool, last: bool) -> Next {
    let start = bytes.len() - bytes.trim_ascii_start().len();
    if start > 0 {
        return Next::Skip { bytes: start, inside };
    }
    match (bytes.first(), inside) {
        (None, _) => Next::Cut,
        (Some(b'['), false) => Next::Skip { bytes: 1, inside: true },
        (Some(b']'), true) => Next::Skip { bytes: 1, inside: false },
        (Some(b','), _) => Next::Skip { bytes: 1, inside },
        _ => match value(bytes, last) {
            Some(end) => Next::Row { span: 0..end, used: end },
            None => Next::Cut,
        },
    }
}

/// The length of the value at the start: brackets and quotes are closed, or a word ends.
fn value(bytes: &[u8], last: bool) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (place, &byte) in bytes.iter().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(place + 1);
                }
            }
            b',' | b']' | b'}' | b'\n' if depth == 0 => return Some(place.max(1)),
            _ => {}
        }
    }
    last.then_some(bytes.len())
}
