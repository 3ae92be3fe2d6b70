//! The cells of columns of Arrow as text that the program reads: numbers in full, times in ISO 8601, nothing for null.

use std::fmt::Display;
use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, DecimalType, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, PrimitiveArray, RecordBatch, new_empty_array};
use arrow_schema::DataType;
use arrow_schema::TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
use jiff::civil::DateTime;

use crate::number;
use crate::time::utc;

/// Writes the cell of a row that is not null.
type Writer<'a> = Box<dyn Fn(usize, &mut Vec<u8>) + 'a>;

/// Whether each row of such a column is one number, text or time.
pub(super) fn is_plain(kind: &DataType) -> bool {
    writer(&*new_empty_array(kind)).is_some()
}

pub(super) fn write_rows(batch: &RecordBatch, chosen: &[usize], out: &mut Vec<u8>) {
    let columns: Vec<_> = chosen
        .iter()
        .map(|&column| {
            let column = batch.column(column);
            // A nested column is in the way of nothing until its cells are wanted.
            let nested = || -> Writer<'_> {
                let kind = column.data_type();
                Box::new(move |_, out| write_text(kind.to_string().as_bytes(), out))
            };
            (column.logical_nulls(), writer(column).unwrap_or_else(nested))
        })
        .collect();
    for row in 0..batch.num_rows() {
        let start = out.len();
        for (nth, (nulls, writer)) in columns.iter().enumerate() {
            delimit(nth, out);
            if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                writer(row, out);
            }
        }
        end(start, out);
    }
}

/// What stands in front of the cell of column `nth`.
pub(super) fn delimit(nth: usize, out: &mut Vec<u8>) {
    if nth > 0 {
        out.push(b',');
    }
}

/// Ends the row that begins at `start`: it is never an empty line.
pub(super) fn end(start: usize, out: &mut Vec<u8>) {
    if out.len() == start {
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

/// Text as a cell of CSV; a line break in it becomes `\n`.
pub(super) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let quoted = text.iter().any(|byte| matches!(byte, b',' | b'"'));
    if quoted {
        out.push(b'"');
    }
    for &byte in text {
        match byte {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'"' => out.extend_from_slice(b"\"\""),
            _ => out.push(byte),
        }
    }
    if quoted {
        out.push(b'"');
    }
}

/// `None` for a column that does not hold one number, text or time in each row.
fn writer(column: &dyn Array) -> Option<Writer<'_>> {
    Some(match column.data_type() {
        DataType::Null => Box::new(|_, _| ()),
        DataType::Boolean => {
            let column = column.as_boolean();
            Box::new(|row, out| show(out, column.value(row)))
        }
        DataType::Int8 => whole::<Int8Type>(column),
        DataType::Int16 => whole::<Int16Type>(column),
        DataType::Int32 => whole::<Int32Type>(column),
        DataType::Int64 => whole::<Int64Type>(column),
        DataType::UInt8 => whole::<UInt8Type>(column),
        DataType::UInt16 => whole::<UInt16Type>(column),
        DataType::UInt32 => whole::<UInt32Type>(column),
        DataType::UInt64 => whole::<UInt64Type>(column),
        DataType::Float16 => whole::<Float16Type>(column),
        // The shortest text: 0.1 stays 0.1.
        DataType::Float32 => whole::<Float32Type>(column),
        DataType::Float64 => {
            let column = column.as_primitive::<Float64Type>();
            Box::new(|row, out| number::write(out, column.value(row), "NaN"))
        }
        DataType::Decimal32(..) => decimal::<Decimal32Type>(column),
        DataType::Decimal64(..) => decimal::<Decimal64Type>(column),
        DataType::Decimal128(..) => decimal::<Decimal128Type>(column),
        DataType::Decimal256(..) => decimal::<Decimal256Type>(column),
        // In their own unit.
        DataType::Duration(Second) => whole::<DurationSecondType>(column),
        DataType::Duration(Millisecond) => whole::<DurationMillisecondType>(column),
        DataType::Duration(Microsecond) => whole::<DurationMicrosecondType>(column),
        DataType::Duration(Nanosecond) => whole::<DurationNanosecondType>(column),
        DataType::Timestamp(unit, zone) => {
            let zoned = zone.is_some();
            match unit {
                Second => moments::<TimestampSecondType>(column, 1, zoned),
                Millisecond => moments::<TimestampMillisecondType>(column, 1_000, zoned),
                Microsecond => moments::<TimestampMicrosecondType>(column, 1_000_000, zoned),
                Nanosecond => moments::<TimestampNanosecondType>(column, 1_000_000_000, zoned),
            }
        }
        DataType::Date32 => {
            let column = column.as_primitive::<Date32Type>();
            Box::new(|row, out| {
                let days = i64::from(column.value(row));
                local(out, days, 86_400 * days, 0, |local| local.date());
            })
        }
        DataType::Date64 => moments::<Date64Type>(column, 1_000, false),
        DataType::Time32(Second) => times::<Time32SecondType>(column, 1),
        DataType::Time32(_) => times::<Time32MillisecondType>(column, 1_000),
        DataType::Time64(Microsecond) => times::<Time64MicrosecondType>(column, 1_000_000),
        DataType::Time64(_) => times::<Time64NanosecondType>(column, 1_000_000_000),
        DataType::Utf8 => {
            let column = column.as_string::<i32>();
            Box::new(|row, out| write_text(column.value(row).as_bytes(), out))
        }
        DataType::LargeUtf8 => {
            let column = column.as_string::<i64>();
            Box::new(|row, out| write_text(column.value(row).as_bytes(), out))
        }
        DataType::Utf8View => {
            let column = column.as_string_view();
            Box::new(|row, out| write_text(column.value(row).as_bytes(), out))
        }
        // Old writers of Parquet do not mark text as text.
        DataType::Binary => {
            let column = column.as_binary::<i32>();
            Box::new(|row, out| write_text(column.value(row), out))
        }
        DataType::LargeBinary => {
            let column = column.as_binary::<i64>();
            Box::new(|row, out| write_text(column.value(row), out))
        }
        DataType::BinaryView => {
            let column = column.as_binary_view();
            Box::new(|row, out| write_text(column.value(row), out))
        }
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let values = writer(&**dictionary.values())?;
            if dictionary.values().is_empty() {
                return Some(Box::new(|_, _| ()));
            }
            let keys = dictionary.normalized_keys();
            Box::new(move |row, out| values(keys[row], out))
        }
        _ => return None,
    })
}

/// Writing to a vector does not fail.
fn show(out: &mut Vec<u8>, value: impl Display) {
    let _ = write!(out, "{value}");
}

fn whole<T: ArrowPrimitiveType<Native: Display>>(column: &dyn Array) -> Writer<'_> {
    let column = column.as_primitive::<T>();
    Box::new(|row, out| show(out, column.value(row)))
}

fn decimal<T: DecimalType>(column: &dyn Array) -> Writer<'_> {
    let column: &PrimitiveArray<T> = column.as_primitive();
    Box::new(|row, out| show(out, column.value_as_string(row)))
}

/// Times since 1970: UTC if the column has a zone, local ones if it has none.
fn moments<T: ArrowPrimitiveType<Native = i64>>(
    column: &dyn Array,
    a_second: i64,
    zoned: bool,
) -> Writer<'_> {
    let column = column.as_primitive::<T>();
    Box::new(move |row, out| {
        let value = column.value(row);
        let nanos = value.rem_euclid(a_second) * (1_000_000_000 / a_second);
        let zone = if zoned { "Z" } else { "" };
        local(out, value, value.div_euclid(a_second), nanos, |local| format!("{local}{zone}"));
    })
}

/// Times of a day.
fn times<T: ArrowPrimitiveType<Native: Into<i64>>>(
    column: &dyn Array,
    a_second: i64,
) -> Writer<'_> {
    let column = column.as_primitive::<T>();
    Box::new(move |row, out| {
        let value: i64 = column.value(row).into();
        let nanos = value.rem_euclid(a_second) * (1_000_000_000 / a_second);
        local(out, value, value.div_euclid(a_second), nanos, |local| local.time());
    })
}

/// Part of a date and time; of one that no calendar has a text that cannot be taken for another time.
fn local<D: Display>(
    out: &mut Vec<u8>,
    value: i64,
    seconds: i64,
    nanos: i64,
    part: impl Fn(DateTime) -> D,
) {
    match utc(seconds, nanos as i32) {
        Some(at) => show(out, part(at)),
        None => show(out, format_args!("{value} since 1970 (outside the years -9999 to 9999)")),
    }
}
