//! The arguments of a call: a list of values, a configuration, a snapshot; each of the last two may be absent or NULL.

use std::borrow::Cow;

use libduckdb_sys::{duckdb_data_chunk, duckdb_list_entry, duckdb_vector, duckdb_vector_get_data};
use quack_rs::data_chunk::DataChunk;
use quack_rs::vector::VectorReader;
use quack_rs::vector::complex::ListVector;

/// The rows of a chunk.
pub(crate) struct Arguments {
    rows: usize,
    lists: VectorReader,
    entries: duckdb_vector,
    /// The values of all rows.
    values: *const f64,
    validity: VectorReader,
    config: Option<VectorReader>,
    snapshot: Option<VectorReader>,
}

impl Arguments {
    /// # Safety
    ///
    /// The chunk has a column of DOUBLE[], perhaps one of VARCHAR, perhaps one of BLOB, and lives as long as this.
    pub(crate) unsafe fn new(input: duckdb_data_chunk) -> Self {
        // SAFETY: promised by the caller.
        unsafe {
            let chunk = DataChunk::from_raw(input);
            let entries = chunk.vector(0);
            let child = ListVector::get_child(entries);
            let count = ListVector::get_size(entries);
            let column = |index| (chunk.column_count() > index).then(|| chunk.reader(index));
            Arguments {
                rows: chunk.size(),
                lists: chunk.reader(0),
                entries,
                values: duckdb_vector_get_data(child).cast(),
                validity: VectorReader::from_vector(child, count),
                config: column(1),
                snapshot: column(2),
            }
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The values of a row, where they are if none is NULL; a NULL among them is NaN, a missing value.
    pub(crate) fn values(&self, row: usize) -> Option<Cow<'_, [f64]>> {
        // SAFETY: the row is one of the chunk; an entry lies within the values.
        unsafe {
            if !self.lists.is_valid(row) {
                return None;
            }
            let entry: duckdb_list_entry = ListVector::get_entry(self.entries, row);
            let (offset, length) = (entry.offset as usize, entry.length as usize);
            if length == 0 {
                return Some(Cow::Borrowed(&[]));
            }
            let values = std::slice::from_raw_parts(self.values.add(offset), length);
            if (offset..offset + length).all(|i| self.validity.is_valid(i)) {
                return Some(Cow::Borrowed(values));
            }
            let or_missing = |(i, x): (usize, &f64)| {
                if self.validity.is_valid(offset + i) { *x } else { f64::NAN }
            };
            Some(Cow::Owned(values.iter().enumerate().map(or_missing).collect()))
        }
    }

    pub(crate) fn config(&self, row: usize) -> Option<&str> {
        // SAFETY: the row is one of the chunk; the column is VARCHAR, which DuckDB keeps as UTF-8.
        unsafe {
            self.config
                .as_ref()
                .filter(|column| column.is_valid(row))
                .map(|column| column.read_str(row))
        }
    }

    pub(crate) fn snapshot(&self, row: usize) -> Option<&[u8]> {
        // SAFETY: the row is one of the chunk; the column is BLOB.
        unsafe {
            self.snapshot
                .as_ref()
                .filter(|column| column.is_valid(row))
                .map(|column| column.read_blob(row))
        }
    }
}
