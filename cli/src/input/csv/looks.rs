//! What the first lines of a table say about it: its delimiter, and whether it is a log of Zeek.

use memchr::memchr;

use super::cells::{SPACES, split};
use crate::number;

/// The delimiter of a table, by its first line and, for words with spaces between them, its second. A comma stays one
/// unless another delimiter is more frequent and the columns that were asked for are not found with commas.
pub(super) fn delimiter(
    first: &[u8],
    second: Option<&[u8]>,
    columns: &[String],
    decimal_comma: bool,
) -> u8 {
    let first = first.trim_ascii();
    let count = |delimiter: u8| split(first, delimiter).len() - 1;
    // A comma in a number parts no cells.
    let other = if decimal_comma { b';' } else { b',' };
    let commas = if decimal_comma { 0 } else { count(b',') };
    let names = split(first, b',');
    let has = |name: &String| names.iter().any(|cell| cell.trim_ascii() == name.as_bytes());
    if commas > 0 && !columns.is_empty() && columns.iter().all(has) {
        return b',';
    }
    let best = [b'\t', b';', b'|']
        .into_iter()
        .max_by_key(|&delimiter| (count(delimiter), delimiter == b'\t'));
    match best {
        Some(best) if count(best) > commas => best,
        _ if commas > 0 => b',',
        _ if are_words(first, second) => SPACES,
        _ => other,
    }
}

/// Several numbers in a line, or two lines of as many words, the second with a number.
fn are_words(first: &[u8], second: Option<&[u8]>) -> bool {
    let words = split(first, SPACES);
    if words.len() < 2 || memchr(b'"', first).is_some() {
        return false;
    }
    let is_number = |word: &[u8]| number::is_number(word);
    if words.iter().any(|word| is_number(word)) {
        return true;
    }
    let second = second.map(|second| split(second.trim_ascii(), SPACES));
    second.is_some_and(|second| {
        second.len() == words.len() && second.iter().any(|word| is_number(word))
    })
}

/// The header of a log of Zeek: lines that begin with `#`.
pub(super) struct Zeek {
    pub(super) delimiter: u8,
    pub(super) fields: Vec<u8>,
    /// Its bytes and lines, up to the line of the field names.
    pub(super) bytes: usize,
    pub(super) lines: u64,
}

/// Reads the header up to the names of the fields; `None` if they have not arrived yet.
pub(super) fn zeek(bytes: &[u8]) -> Option<Zeek> {
    let mut found = Zeek { delimiter: b'\t', fields: Vec::new(), bytes: 0, lines: 0 };
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let text = line.strip_suffix(b"\n")?;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        found.bytes += line.len();
        found.lines += 1;
        if let Some(separator) = text.strip_prefix(b"#separator ") {
            let hex = std::str::from_utf8(separator).ok().and_then(|text| text.strip_prefix("\\x"));
            found.delimiter = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(b'\t');
            continue;
        }
        let mut cells = text.splitn(2, |&byte| byte == found.delimiter);
        let (name, rest) = (cells.next()?, cells.next().unwrap_or_default());
        if name == b"#fields" {
            found.fields = rest.to_vec();
            return Some(found);
        }
    }
    None
}
