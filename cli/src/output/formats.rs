//! How each format writes a line.

use std::io::Write;

use super::{Cell, Column, Look};
use crate::failure::printable;
use crate::number;
use crate::options::Format;

pub(super) fn header(format: Format, columns: &[Column], out: &mut Vec<u8>) {
    match format {
        Format::Json => {}
        Format::Table => {
            let names = columns.iter().map(|column| printable(&column.name)).collect::<Vec<_>>();
            aligned(columns, &names, out);
        }
        _ => {
            let names: Vec<_> = columns.iter().map(|column| Cell::Text(&column.name)).collect();
            line(format, columns, &names, out);
            if format == Format::Markdown {
                let rule = columns.iter().map(|column| match column.look {
                    Look::Index | Look::Number => "---:|",
                    _ => "---|",
                });
                out.extend_from_slice(format!("|{}\n", rule.collect::<String>()).as_bytes());
            }
        }
    }
}

pub(super) fn line(format: Format, columns: &[Column], cells: &[Cell<'_>], out: &mut Vec<u8>) {
    match format {
        Format::Table => {
            let cells: Vec<_> = cells.iter().map(for_people).collect();
            aligned(columns, &cells, out);
        }
        Format::Markdown => {
            for cell in cells {
                out.extend_from_slice(b"| ");
                out.extend_from_slice(for_people(cell).replace('|', "\\|").as_bytes());
                out.push(b' ');
            }
            out.extend_from_slice(b"|\n");
        }
        Format::Csv => separated(cells, b',', quote, out),
        Format::Tsv => separated(cells, b'\t', without_tabs, out),
        Format::Json => json(columns, cells, out),
    }
}

fn separated(cells: &[Cell<'_>], delimiter: u8, text: fn(&mut Vec<u8>, &str), out: &mut Vec<u8>) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.push(delimiter);
        }
        match *cell {
            Cell::Count(count) => number::write_count(out, count),
            Cell::Number(_, Some(read)) => out.extend_from_slice(read.as_bytes()),
            Cell::Number(number, None) => number::write(out, number, ""),
            Cell::Text(words) | Cell::Json(words) => text(out, words),
            Cell::Empty => {}
        }
    }
    out.push(b'\n');
}

fn json(columns: &[Column], cells: &[Cell<'_>], out: &mut Vec<u8>) {
    for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
        out.extend_from_slice(if place == 0 { b"{" } else { b", " });
        json_text(out, &column.name);
        out.extend_from_slice(b": ");
        match *cell {
            Cell::Count(count) => number::write_count(out, count),
            Cell::Number(_, Some(read)) => out.extend_from_slice(read.as_bytes()),
            Cell::Number(number, None) => number::write_json(out, number),
            Cell::Text(words) => json_text(out, words),
            Cell::Json(words) => out.extend_from_slice(words.as_bytes()),
            Cell::Empty => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b"}\n");
}

/// JSON escapes the control characters of ASCII; a terminal obeys some others too.
fn json_text(out: &mut Vec<u8>, text: &str) {
    let is_other = |c: char| c.is_control() && !c.is_ascii_control() || c == '\x7f';
    if !text.contains(is_other) {
        // Writing to a vector does not fail.
        let _ = serde_json::to_writer(out, text);
        return;
    }
    let text = serde_json::to_string(text).unwrap_or_default();
    for c in text.chars() {
        match is_other(c) {
            true => _ = write!(out, "\\u{:04x}", c as u32),
            false => _ = write!(out, "{c}"),
        }
    }
}

fn for_people(cell: &Cell<'_>) -> String {
    match *cell {
        Cell::Count(count) => count.to_string(),
        Cell::Number(number, _) => number::short(number),
        Cell::Text(text) | Cell::Json(text) => printable(text),
        Cell::Empty => String::new(),
    }
}

/// Columns of a fixed width: lines appear one by one, so nothing is known of those to come.
fn aligned(columns: &[Column], cells: &[String], out: &mut Vec<u8>) {
    let mut line = String::new();
    for (column, cell) in columns.iter().zip(cells) {
        let padded = match column.look {
            Look::Index => format!("{cell:>10}"),
            Look::Number | Look::Name => format!("{cell:>15}"),
            Look::Word => format!("  {cell:<12}"),
            Look::Time => format!("  {cell:<24}"),
        };
        // A long cell keeps its distance.
        if !line.is_empty() && !line.ends_with(' ') && !padded.starts_with(' ') {
            line.push_str("  ");
        }
        line.push_str(&padded);
    }
    out.extend_from_slice(line.trim_end().as_bytes());
    out.push(b'\n');
}

/// A CSV cell, in quotes where it needs them.
fn quote(out: &mut Vec<u8>, text: &str) {
    if !text.contains([',', '"', '\n', '\r']) {
        out.extend_from_slice(printable(text).as_bytes());
        return;
    }
    out.push(b'"');
    let is_break = |c: char| matches!(c, '\n' | '\r' | '\t');
    for part in text.replace('"', "\"\"").split_inclusive(is_break) {
        let (words, end) = part.split_at(part.trim_end_matches(is_break).len());
        out.extend_from_slice(printable(words).as_bytes());
        out.extend_from_slice(end.as_bytes());
    }
    out.push(b'"');
}

fn without_tabs(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(printable(text).as_bytes());
}
