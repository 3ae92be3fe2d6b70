//! Rows of numbers from files and pipes, a block at a time.

mod batch;
mod block;
#[cfg(feature = "columnar")]
mod columnar;
mod csv;
mod decode;
mod follow;
mod json;
mod metrics;
mod rules;
mod selection;
mod source;

use std::collections::HashMap;

use crate::failure::{Failure, warn};
use crate::options::InputFormat;
use crate::time::Clock;
use batch::Sink;
pub(crate) use batch::{Batch, Details};
use block::Block;
pub(crate) use follow::Position;
pub(crate) use rules::{Faults, Rules};
pub(crate) use selection::{NO_KEY, Selection};
pub(crate) use source::Source;

/// The rows of all sources as one stream.
pub(crate) struct Rows {
    sources: std::vec::IntoIter<Source>,
    current: Option<Current>,
    /// The current source is at its end; it stays until its last rows were looked at.
    ended: bool,
    /// The last block was not taken as a whole; and whether it was the last of its source.
    again: Option<bool>,
    shared: Shared,
    failure: Option<Failure>,
    /// " of data.csv", if there is only one source.
    whose: String,
    rows: u64,
    bytes: u64,
    name: Option<String>,
    /// Where a followed file continues, the first time.
    resume: Option<Position>,
}

/// What parsers of all sources have in common.
struct Shared {
    selection: Selection,
    rules: Rules,
    faults: Faults,
    clock: Clock,
    keys: HashMap<String, u32>,
    /// Columns that no line of JSON had so far.
    absent: Vec<bool>,
}

/// One source that is being read.
struct Current {
    source: Source,
    block: Block,
    parser: Option<Parser>,
    follow: Option<follow::Identity>,
    /// In place of the user's rules: how columns with types are written.
    rules: Option<Rules>,
}

enum Parser {
    Csv(Box<csv::Csv>),
    Json(json::Json),
    Metrics(metrics::Metrics),
}

impl Rows {
    /// `known` are the keys that already have a number.
    pub(crate) fn new(
        sources: Vec<Source>,
        selection: Selection,
        rules: Rules,
        clock: Clock,
        known: &[String],
    ) -> Self {
        let keys = known.iter().cloned().zip(0..).collect();
        let shared =
            Shared { selection, rules, faults: Faults::default(), clock, keys, absent: Vec::new() };
        let whose = match &sources[..] {
            [only] => format!(" of {only}"),
            _ => String::new(),
        };
        Rows {
            sources: sources.into_iter(),
            current: None,
            ended: false,
            again: None,
            shared,
            failure: None,
            whose,
            rows: 0,
            bytes: 0,
            name: None,
            resume: None,
        }
    }

    /// A followed file continues here.
    pub(crate) fn resume_at(&mut self, position: Position) {
        self.resume = Some(position);
    }

    /// The next rows, as soon as there are any; false at the end. After a failure in the middle of a block the rows
    /// before it come first.
    pub(crate) fn next(&mut self, batch: &mut Batch) -> Result<bool, Failure> {
        batch.clear();
        while batch.rows == 0 {
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if std::mem::take(&mut self.ended) {
                self.current = None;
            }
            if self.current.is_none() && !self.open()? {
                return self.conclude().map(|()| false);
            }
            if let Err(failure) = self.advance(batch) {
                self.failure = Some(failure);
            }
        }
        self.rows += batch.rows as u64;
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

    pub(crate) fn selection(&self) -> &Selection {
        &self.shared.selection
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Names of the columns that are repeated in the output.
    pub(crate) fn kept(&self) -> Vec<String> {
        match self.current.as_ref().and_then(|current| current.parser.as_ref()) {
            Some(Parser::Csv(csv)) => csv.kept(),
            Some(_) if self.shared.selection.keep_all => vec!["row".to_owned()],
            _ => self.shared.selection.keep.clone(),
        }
    }

    /// How a row of this batch, the last one, is written in the input.
    pub(crate) fn details(&mut self, batch: &Batch, row: usize) -> Details {
        let mut details = Details::default();
        if let (Some(current), Some(span)) = (&mut self.current, batch.spans.get(row)) {
            let text = current.block.text(span);
            match &mut current.parser {
                Some(Parser::Csv(csv)) => csv.details(text, &mut details),
                Some(Parser::Json(json)) => {
                    json.details(text, &self.shared.selection, &mut details)
                }
                Some(Parser::Metrics(metrics)) => {
                    metrics.details(text, &self.shared.selection, &mut details);
                }
                None => {}
            }
        }
        details.time = details.time.map(|text| self.shared.clock.show(&text));
        details
    }

    /// Where a followed file continues after this many rows of the batch.
    pub(crate) fn position(&self, batch: &Batch, rows: usize) -> Option<Position> {
        let current = self.current.as_ref()?;
        let identity = current.follow.as_ref()?;
        let offset = match batch.spans.get(rows.checked_sub(1)?) {
            Some(span) if rows < batch.rows => current.block.offset_after(span),
            _ => current.block.offset(),
        };
        Some(identity.position(offset, current.head()))
    }

    fn open(&mut self) -> Result<bool, Failure> {
        let Some(source) = self.sources.next() else { return Ok(false) };
        let Source::Followed(path) = &source else {
            let decoded = source.open(&self.shared.selection)?;
            let rules = decoded.typed.then(|| self.shared.rules.typed(&source)).transpose()?;
            let block = Block::new(decoded.text);
            self.current = Some(Current { source, block, parser: None, follow: None, rules });
            return Ok(true);
        };
        let opened = follow::open(path, self.resume.take())?;
        let mut block = Block::new(opened.reader);
        block.begin_at(opened.offset);
        let head = opened.head;
        let parser = match head.is_empty() {
            true => None,
            false => csv::Csv::resumed(&source, &head, &mut self.shared)
                .map(|csv| Parser::Csv(Box::new(csv))),
        };
        // After this file comes the one that takes its place, with the columns of this one.
        let next = source.clone();
        let follow = Some(opened.identity);
        self.current = Some(Current { source, block, parser, follow, rules: None });
        self.sources = vec![next].into_iter();
        Ok(true)
    }

    /// Reads one block, which waits only if nothing has arrived, and takes the whole rows in it.
    fn advance(&mut self, batch: &mut Batch) -> Result<(), Failure> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let last = match self.again.take() {
            // What is left of the last block.
            Some(last) => last,
            None => match current.block.fill() {
                Ok(read) => {
                    self.bytes += read as u64;
                    read == 0
                }
                // What came before it still counts.
                Err(error) => {
                    let failure = Failure::io("read", &current.source, &error);
                    let _ = current.parse(&mut self.shared, false, batch);
                    return Err(failure);
                }
            },
        };
        current.parse(&mut self.shared, last, batch)?;
        if let Some(Parser::Csv(csv)) = &mut current.parser
            && csv.resume()
        {
            self.again = Some(last);
            return Ok(());
        }
        if self.name.is_none()
            && let Some(Parser::Csv(csv)) = &current.parser
        {
            self.name = csv.name(&self.shared.selection);
        }
        if last {
            self.ended = true;
            // The next file may lack a header, or repeat it.
            let end = current.block.offset();
            self.resume = current.follow.as_ref().map(|file| file.end(end, current.head()));
        }
        Ok(())
    }

    /// What is only known at the end.
    fn conclude(&mut self) -> Result<(), Failure> {
        let (selection, absent) = (&self.shared.selection, &self.shared.absent);
        if let (0, Some(first)) = (self.rows, &self.shared.faults.first) {
            return Err(Failure::new(format!("no row{} can be read; {first}", self.whose)));
        }
        self.shared.faults.conclude();
        if let Some(oddity) = self.shared.clock.oddity() {
            warn(oddity);
        }
        match selection.columns.iter().zip(absent).find(|(_, absent)| **absent) {
            Some((name, _)) => {
                Err(Failure::new(format!("no line{} has a value at {name:?}", self.whose)))
            }
            None => Ok(()),
        }
    }
}

impl Current {
    /// The first rows of a table as they stand in the file.
    fn head(&self) -> Vec<u8> {
        match &self.parser {
            Some(Parser::Csv(csv)) => csv.head().to_vec(),
            _ => Vec::new(),
        }
    }

    fn parse(&mut self, shared: &mut Shared, last: bool, batch: &mut Batch) -> Result<(), Failure> {
        if self.parser.is_none() {
            if !self.block.skip_mark(last) {
                return Ok(());
            }
            let rules = self.rules.as_ref().unwrap_or(&shared.rules);
            self.parser = Parser::find(self.block.pending(), last, &self.source, rules);
        }
        let mut sink = Sink::new(batch, shared, &self.source, self.block.start());
        sink.rules = self.rules.as_ref().unwrap_or(sink.rules);
        let pending = self.block.pending();
        let outcome = match &mut self.parser {
            None => Ok(0),
            Some(Parser::Csv(csv)) => csv.parse(pending, last, &mut sink),
            Some(Parser::Json(json)) => json.parse(pending, last, &mut sink),
            Some(Parser::Metrics(metrics)) => metrics.parse(pending, last, &mut sink),
        };
        // On a failure: what was taken before it.
        let used = *outcome.as_ref().unwrap_or(&sink.used);
        self.block.consume(used);
        if let Some(finding) = shared.clock.finding.take() {
            warn(finding);
        }
        outcome?;
        if self.block.is_too_long() {
            let line = self.parser.as_ref().map_or(1, Parser::line);
            let limit = block::LONGEST >> 20;
            return Err(Failure::new(format!(
                "{}, line {line}: longer than {limit} MiB",
                self.source
            )));
        }
        Ok(())
    }
}

impl Parser {
    /// Looks at the first bytes; nothing but white space says nothing yet.
    fn find(bytes: &[u8], last: bool, source: &Source, rules: &Rules) -> Option<Self> {
        let first = *bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
        let csv = || Parser::Csv(Box::new(csv::Csv::new(source, rules)));
        Some(match rules.format {
            Some(InputFormat::Csv) => csv(),
            Some(InputFormat::Json) => Parser::Json(json::Json::find(bytes, last)?),
            Some(format @ (InputFormat::Influx | InputFormat::Prometheus)) => {
                Parser::Metrics(metrics::Metrics::new(format))
            }
            None if matches!(first, b'{' | b'[') => Parser::Json(json::Json::find(bytes, last)?),
            None => csv(),
        })
    }

    /// The line that is not complete yet.
    fn line(&self) -> u64 {
        match self {
            Parser::Csv(csv) => csv.line() + 1,
            Parser::Json(json) => json.line() + 1,
            Parser::Metrics(metrics) => metrics.line() + 1,
        }
    }
}
