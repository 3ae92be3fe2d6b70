//! Numbers as text, in and out.

use std::io::Write;

/// The number in a cell; `None` if it is something else. "nan" is a number that is missing.
#[inline]
pub(crate) fn parse(cell: &[u8]) -> Option<f64> {
    match fast_float2::parse::<f64, _>(cell) {
        Ok(value) => Some(value),
        Err(_) => fast_float2::parse(cell.trim_ascii()).ok(),
    }
}

/// Whether a first row with this cell holds data rather than names.
pub(crate) fn is_number(cell: &[u8]) -> bool {
    fast_float2::parse::<f64, _>(cell.trim_ascii()).is_ok()
}

/// The shortest text that reads back as `value`; `otherwise` for NaN.
pub(crate) fn write(out: &mut Vec<u8>, value: f64, otherwise: &str) {
    if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if value.is_nan() {
        out.extend_from_slice(otherwise.as_bytes());
    } else {
        out.extend_from_slice(if value > 0.0 { b"inf" } else { b"-inf" });
    }
}

/// The shortest JSON text; null for NaN, and an infinity, which JSON lacks, as text.
pub(crate) fn write_json(out: &mut Vec<u8>, value: f64) {
    match value.is_infinite() {
        true => out.extend_from_slice(if value > 0.0 { b"\"inf\"" } else { b"\"-inf\"" }),
        false => write(out, value, "null"),
    }
}

/// `text` if it is a finite number as JSON writes it.
pub(crate) fn as_read(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let starts = digits.starts_with(|c: char| c.is_ascii_digit());
    let is_json = starts && serde_json::from_str::<f64>(text).is_ok_and(f64::is_finite);
    is_json.then_some(text)
}

/// A whole number.
pub(crate) fn write_count(out: &mut Vec<u8>, count: u64) {
    // Writing to a vector does not fail.
    let _ = write!(out, "{count}");
}

/// Five significant digits, for people; empty for NaN.
pub(crate) fn short(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if value == 0.0 || value.is_infinite() {
        return value.to_string();
    }
    let scientific = format!("{value:.4e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..7).contains(&exponent) {
        let decimals = usize::try_from(4 - exponent).unwrap_or(0);
        return trimmed(&format!("{value:.decimals$}")).to_owned();
    }
    format!("{}e{exponent}", trimmed(digits))
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A number at an axis of counts or seconds: 1500, 2.5, 4M.
pub(crate) fn short_count(value: f64) -> String {
    match value.abs() {
        size if size >= 1e9 => short(value),
        size if size >= 1e6 => format!("{}M", short(value / 1e6)),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => short(value),
    }
}
