//! Rows of numbers from files and pipes, a block at a time.

mod block;
mod cells;
mod csv;
mod json;

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::{fmt, fs};

use crate::failure::Failure;
use block::Block;

/// What to take from each row.
#[derive(Clone, Default)]
pub(crate) struct Wanted {
    /// Names, indices or dotted paths; empty for the only column.
    pub(crate) columns: Vec<String>,
    /// The column that names the detector.
    pub(crate) key: Option<String>,
}

impl Wanted {
    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.columns.len().max(1)
    }
}

/// Where rows come from.
#[derive(Clone)]
pub(crate) enum Place {
    Standard,
    File(PathBuf),
}

impl Place {
    /// The places on a command line: none, or `-`, is standard input.
    pub(crate) fn list(files: &[PathBuf]) -> Vec<Place> {
        if files.is_empty() {
            return vec![Place::Standard];
        }
        let place = |path: &PathBuf| match path.to_str() {
            Some("-") => Place::Standard,
            _ => Place::File(path.clone()),
        };
        files.iter().map(place).collect()
    }

    /// Whether somebody sits there and may not know that the program waits.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Place::Standard) && io::stdin().is_terminal()
    }

    /// The size in bytes, 0 where nobody knows. Fails now for a file that is not there, not after hours of others.
    pub(crate) fn size(&self) -> Result<u64, Failure> {
        let Place::File(path) = self else { return Ok(0) };
        let found = fs::metadata(path).map_err(|error| Failure::io("read", self, &error))?;
        if found.is_dir() {
            return Err(Failure::new(format!("cannot read {self}: it is a folder")));
        }
        Ok(if found.is_file() { found.len() } else { 0 })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Standard => f.write_str("standard input"),
            Place::File(path) => path.display().fmt(f),
        }
    }
}

/// Some rows, in order. The buffers are used again and again.
#[derive(Default)]
pub(crate) struct Batch {
    /// `rows` times the width of a row; NaN is missing.
    pub(crate) values: Vec<f64>,
    /// The number of the key of each row, if there are keys.
    pub(crate) keys: Vec<u32>,
    /// Keys that were seen for the first time, in the order of their numbers.
    pub(crate) new_keys: Vec<String>,
    pub(crate) rows: usize,
}

impl Batch {
    fn clear(&mut self) {
        self.values.clear();
        self.keys.clear();
        self.new_keys.clear();
        self.rows = 0;
    }
}

/// The rows of all places as one stream.
pub(crate) struct Rows {
    places: std::vec::IntoIter<Place>,
    current: Option<Source>,
    wanted: Wanted,
    keys: HashMap<String, u32>,
    failure: Option<Failure>,
    bytes: u64,
    name: Option<String>,
}

/// One place that is being read.
struct Source {
    place: Place,
    block: Block,
    parser: Option<Parser>,
}

enum Parser {
    Csv(csv::Csv),
    Json(json::Json),
}

impl Rows {
    /// `known` are the keys that already have a number.
    pub(crate) fn new(places: Vec<Place>, wanted: Wanted, known: &[String]) -> Self {
        let keys = known.iter().cloned().zip(0..).collect();
        let places = places.into_iter();
        Rows { places, current: None, wanted, keys, failure: None, bytes: 0, name: None }
    }

    /// The next rows, as soon as there are any; false at the end. After a failure in the middle of a block the rows
    /// before it come first.
    pub(crate) fn next(&mut self, batch: &mut Batch) -> Result<bool, Failure> {
        batch.clear();
        while batch.rows == 0 {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if self.current.is_none() && !self.open()? {
                return Ok(false);
            }
            if let Err(failure) = self.advance(batch) {
                self.failure = Some(failure);
            }
        }
        Ok(true)
    }

    /// Bytes that were read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The name in the header of the only column, where none was asked for.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn open(&mut self) -> Result<bool, Failure> {
        let Some(place) = self.places.next() else { return Ok(false) };
        let block = match &place {
            Place::Standard => Block::new(Box::new(io::stdin())),
            Place::File(path) => {
                place.size()?;
                let file = fs::File::open(path).map_err(|e| Failure::io("read", &place, &e))?;
                Block::new(Box::new(file))
            }
        };
        self.current = Some(Source { place, block, parser: None });
        Ok(true)
    }

    /// Reads one block, which waits only if nothing has arrived, and takes the whole rows in it.
    fn advance(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let Some(source) = &mut self.current else { return Ok(()) };
        let read = source.block.fill().map_err(|e| Failure::io("read", &source.place, &e))?;
        self.bytes += read as u64;
        let last = read == 0;
        let mut sink = Sink { batch, keys: &mut self.keys };
        source.parse(&self.wanted, last, &mut sink)?;
        if let Some(Parser::Csv(csv)) = &source.parser {
            self.name = self.name.take().or_else(|| csv.name());
        }
        if last {
            if let Some(Parser::Json(json)) = &source.parser {
                json.warn_of_absent_columns();
            }
            self.current = None;
        }
        Ok(())
    }
}

impl Source {
    fn parse(&mut self, wanted: &Wanted, last: bool, sink: &mut Sink<'_>) -> Result<(), Failure> {
        if self.parser.is_none() {
            if !self.block.skip_mark(last) {
                return Ok(());
            }
            // Nothing but white space tells nothing yet.
            let first = self.block.pending().iter().find(|byte| !byte.is_ascii_whitespace());
            self.parser = first.map(|&first| Parser::new(first, &self.place, wanted));
        }
        let used = match &mut self.parser {
            None => 0,
            Some(Parser::Csv(csv)) => csv.parse(self.block.pending(), last, sink)?,
            Some(Parser::Json(json)) => json.parse(self.block.pending(), last, sink)?,
        };
        self.block.consume(used);
        if self.block.is_too_long() {
            let line = self.parser.as_ref().map_or(1, Parser::line);
            let limit = block::LONGEST >> 20;
            return Err(Failure::new(format!(
                "{}, line {line}: longer than {limit} MiB",
                self.place
            )));
        }
        Ok(())
    }
}

impl Parser {
    fn new(first: u8, place: &Place, wanted: &Wanted) -> Self {
        match first {
            b'{' | b'[' => Parser::Json(json::Json::new(place, wanted)),
            _ => Parser::Csv(csv::Csv::new(place, wanted)),
        }
    }

    /// The line that is not complete yet.
    fn line(&self) -> u64 {
        match self {
            Parser::Csv(csv) => csv.line() + 1,
            Parser::Json(json) => json.line() + 1,
        }
    }
}

/// Where a parser leaves its rows.
pub(crate) struct Sink<'a> {
    batch: &'a mut Batch,
    keys: &'a mut HashMap<String, u32>,
}

impl Sink<'_> {
    /// Room for one more row: all missing until they are set.
    fn row(&mut self, width: usize) -> &mut [f64] {
        let start = self.batch.rows * width;
        self.batch.values.truncate(start);
        self.batch.values.resize(start + width, f64::NAN);
        &mut self.batch.values[start..]
    }

    /// The row is complete and counts.
    fn finish_row(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            let number = self.number_of(key);
            self.batch.keys.push(number);
        }
        self.batch.rows += 1;
    }

    fn number_of(&mut self, key: &str) -> u32 {
        if let Some(&number) = self.keys.get(key) {
            return number;
        }
        let number = self.keys.len() as u32;
        self.keys.insert(key.to_owned(), number);
        self.batch.new_keys.push(key.to_owned());
        number
    }
}

/// "data.csv, line 17: column load holds "abc", which is not a number"
fn not_a_number(place: &Place, line: u64, column: &str, value: &str) -> Failure {
    let shown: String = value.chars().take(40).collect();
    let dots = if shown.len() < value.len() { "..." } else { "" };
    Failure::new(format!(
        "{place}, line {line}: {column} holds {:?}, which is not a number",
        shown + dots
    ))
}
