//! Parquet and Arrow IPC as the table that they hold: a header and rows of CSV, some thousand at a time. Each row is one
//! line.

mod cells;
mod guard;
mod messages;

use std::fs::File;
use std::io::{self, BufReader, Read};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema};
use guard::guarded;
use messages::Messages;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;

use super::decode::Columnar;
use super::selection::{self, Selection};

/// Rows that are in memory at once, as far as the file allows.
const ROWS: usize = 4096;

/// The table in a file of Parquet, which can seek; only the columns that the selection may mean.
pub(super) fn parquet(file: File, selection: &Selection) -> io::Result<Box<dyn Read>> {
    let kind = Columnar::Parquet;
    let builder = guarded(kind, || ParquetRecordBatchReaderBuilder::try_new(file))?;
    let mut columns = builder.metadata().row_groups().iter().flat_map(|group| group.columns());
    if columns.any(|column| matches!(column.compression(), Compression::BROTLI(_))) {
        return Err(refused("it is compressed by Brotli, which is not supported".to_owned()));
    }
    let chosen = choose(builder.schema(), selection)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), chosen);
    let builder = builder.with_batch_size(ROWS).with_projection(mask);
    table(kind, guarded(kind, || builder.build())?, selection)
}

/// The table in a file of Arrow IPC, which can seek.
pub(super) fn arrow(mut file: File, selection: &Selection) -> io::Result<Box<dyn Read>> {
    let kind = Columnar::ArrowFile;
    guarded(kind, || messages::check_file(&mut file))?;
    let reader = guarded(kind, || FileReader::try_new(BufReader::new(file), None))?;
    table(kind, reader, selection)
}

/// The table in a stream of Arrow IPC, as it arrives.
pub(super) fn arrow_stream(raw: Box<dyn Read>, selection: &Selection) -> io::Result<Box<dyn Read>> {
    let kind = Columnar::ArrowStream;
    let messages = BufReader::new(Messages::new(raw));
    table(kind, guarded(kind, || StreamReader::try_new(messages, None))?, selection)
}

fn table(
    kind: Columnar,
    reader: impl RecordBatchReader + 'static,
    selection: &Selection,
) -> io::Result<Box<dyn Read>> {
    let schema = reader.schema();
    let chosen = choose(&schema, selection)?;
    let mut text = Vec::new();
    for (nth, &column) in chosen.iter().enumerate() {
        cells::delimit(nth, &mut text);
        cells::write_text(schema.field(column).name().as_bytes(), &mut text);
    }
    cells::end(0, &mut text);
    let batches = Box::new(reader);
    Ok(Box::new(Table { kind, batches, chosen, batch: None, row: 0, text, given: 0 }))
}

/// The columns that the user's words may mean, from left to right: all of them if a word is an index.
fn choose(schema: &Schema, selection: &Selection) -> io::Result<Vec<usize>> {
    let fields = schema.fields();
    let Selection { columns, keys, time, keep, keep_all } = selection;
    let words: Vec<&String> = columns.iter().chain(keys).chain(time).chain(keep).collect();
    let is_name = |word: &String| fields.iter().any(|field| field.name() == word);
    let means = |word: &String, name: &str| match is_name(word) {
        true => word == name,
        false => selection::is_pattern(word) && selection::matches(word, name),
    };
    let mut chosen = Vec::new();
    let mut numbers = Vec::new();
    for (column, field) in fields.iter().enumerate() {
        let (name, kind) = (field.name(), field.data_type());
        let wanted = words.iter().any(|word| means(word, name));
        if wanted && !cells::is_plain(kind) {
            return Err(refused(format!(
                "column {name:?} is {kind}: only columns with a number, a text or a time in each row can be read"
            )));
        }
        let is_free_number = !wanted && columns.is_empty() && kind.is_numeric();
        if is_free_number {
            numbers.push(name.as_str());
        }
        if wanted || is_free_number {
            chosen.push(column);
        }
    }
    if numbers.len() > 1 {
        return Err(refused(format!(
            "choose with --column; its columns of numbers are {}",
            numbers.join(", ")
        )));
    }
    let is_found = |word: &&String| fields.iter().any(|field| means(word, field.name()));
    let all = *keep_all || !words.iter().all(is_found) || columns.is_empty() && numbers.is_empty();
    Ok(if all { (0..fields.len()).collect() } else { chosen })
}

struct Table {
    kind: Columnar,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>,
    /// The columns that are written.
    chosen: Vec<usize>,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    row: usize,
    text: Vec<u8>,
    /// So much of the text was read.
    given: usize,
}

impl Table {
    /// Writes the next rows; false at the end.
    fn refill(&mut self) -> io::Result<bool> {
        self.given = 0;
        self.text.clear();
        if self.batch.is_none() {
            self.batch = guarded(self.kind, || self.batches.next().transpose())?;
        }
        let Some(batch) = &self.batch else { return Ok(false) };
        let end = batch.num_rows().min(self.row + ROWS);
        let part = batch.slice(self.row, end - self.row);
        cells::write_rows(&part, &self.chosen, &mut self.text);
        self.row = end;
        if end == batch.num_rows() {
            (self.batch, self.row) = (None, 0);
        }
        Ok(true)
    }
}

impl Read for Table {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..][..count]);
        self.given += count;
        Ok(count)
    }
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
