//! CSV: lines split by commas, and the quoting rules of csv-core where a line has quotes.

use memchr::memchr2;

use super::cells::{Cells, Commas, Quoted};
use super::{Place, Sink, Wanted, not_a_number};
use crate::failure::Failure;
use crate::number;

pub(crate) struct Csv {
    place: Place,
    wanted: Wanted,
    /// Known once the first row was seen.
    layout: Option<Layout>,
    line: u64,
    /// Empty lines of a file with one column: missing values if another row follows.
    blank: usize,
    /// Made for the first line with quotes.
    quoted: Option<Box<Quoted>>,
}

/// Where the wanted cells are.
struct Layout {
    /// Cell of a row and place among the wanted ones, by cell; the key has the place `KEY`.
    cells: Vec<(usize, usize)>,
    /// What to call the columns in a message.
    labels: Vec<String>,
    /// The first row holds names.
    header: bool,
    /// Cells of the first row.
    count: usize,
}

const KEY: usize = usize::MAX;

impl Csv {
    pub(crate) fn new(place: &Place, wanted: &Wanted) -> Self {
        Csv {
            place: place.clone(),
            wanted: wanted.clone(),
            layout: None,
            line: 0,
            blank: 0,
            quoted: None,
        }
    }

    /// Complete lines so far.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The name of the only column, if it has one and none was asked for.
    pub(crate) fn name(&self) -> Option<String> {
        let layout = self.layout.as_ref().filter(|layout| layout.header)?;
        if self.wanted.columns.is_empty() { layout.labels.first().cloned() } else { None }
    }

    /// Takes the rows that are complete, and the rest too if nothing follows; answers how many bytes that were.
    pub(crate) fn parse(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match memchr2(b'\n', b'"', rest) {
                Some(end) if rest[end] == b'\n' => {
                    self.line += 1;
                    self.plain(&rest[..end], sink)?;
                    at += end + 1;
                }
                Some(_) => match self.quoted.get_or_insert_default().read(rest, last) {
                    Some(used) => {
                        self.record(&rest[..used], sink)?;
                        at += used;
                    }
                    None => break,
                },
                None if last => {
                    self.line += 1;
                    self.plain(rest, sink)?;
                    at = bytes.len();
                }
                None => break,
            }
        }
        Ok(at)
    }

    /// A line without quotes.
    fn plain(&mut self, line: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.blank += 1;
            return Ok(());
        }
        if self.layout.is_none() && self.begin(&line.split(|&b| b == b',').collect::<Vec<_>>())? {
            return Ok(());
        }
        self.row(Commas::new(line), sink)
    }

    /// A record with quotes, already split; it may span several lines.
    fn record(&mut self, raw: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        // Messages name the line where the record begins.
        self.line += 1;
        let Some(quoted) = self.quoted.take() else { return Ok(()) };
        let outcome = match self.layout.is_none() && self.begin(&quoted.all())? {
            true => Ok(()),
            false => self.row(&*quoted, sink),
        };
        self.quoted = Some(quoted);
        let newlines = raw.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.line += newlines.saturating_sub(1);
        outcome
    }

    /// Looks at the first row; true if it holds names.
    fn begin(&mut self, first: &[&[u8]]) -> Result<bool, Failure> {
        let layout = Layout::find(first, &self.wanted, &self.place)?;
        let header = layout.header;
        self.layout = Some(layout);
        self.blank = 0;
        Ok(header)
    }

    fn row<'a>(&mut self, mut cells: impl Cells<'a>, sink: &mut Sink<'_>) -> Result<(), Failure> {
        let Some(layout) = &self.layout else { return Ok(()) };
        if self.blank > 0 {
            let blank = std::mem::take(&mut self.blank);
            // In a file with several columns an empty line is no row at all.
            if layout.count == 1 {
                (0..blank).for_each(|_| missing_row(&self.wanted, sink));
            }
        }
        let row = sink.row(self.wanted.width());
        let mut key = None;
        for &(cell, place) in &layout.cells {
            let Some(text) = cells.get(cell) else {
                return Err(self.too_short(cells.count(), cell));
            };
            if place == KEY {
                key = Some(std::str::from_utf8(text).map_err(|_| self.not_text(text))?);
            } else {
                row[place] = number::parse(text).ok_or_else(|| {
                    let label = format!("column {}", layout.labels[place]);
                    not_a_number(&self.place, self.line, &label, &String::from_utf8_lossy(text))
                })?;
            }
        }
        sink.finish_row(key);
        Ok(())
    }

    fn too_short(&self, count: usize, cell: usize) -> Failure {
        let (place, line) = (&self.place, self.line);
        Failure::new(format!("{place}, line {line}: {count} cells, but column {cell} is wanted"))
    }

    fn not_text(&self, key: &[u8]) -> Failure {
        let (place, line, shown) = (&self.place, self.line, key.escape_ascii());
        Failure::new(format!("{place}, line {line}: the key \"{shown}\" is not UTF-8"))
    }
}

fn missing_row(wanted: &Wanted, sink: &mut Sink<'_>) {
    sink.row(wanted.width());
    sink.finish_row(wanted.key.as_ref().map(|_| ""));
}

impl Layout {
    fn find(first: &[&[u8]], wanted: &Wanted, place: &Place) -> Result<Self, Failure> {
        let key = wanted.key.as_deref().map(|name| locate(first, name, place)).transpose()?;
        let mut found = Vec::new();
        for name in &wanted.columns {
            found.push(locate(first, name, place)?);
        }
        if wanted.columns.is_empty() {
            found.push((only(first, key, place)?, false));
        }
        let named = found.iter().chain(&key).any(|&(_, by_name)| by_name);
        let header = named || !found.iter().any(|&(cell, _)| number::is_number(first[cell]));
        let label = |(nth, &(cell, _)): (usize, &(usize, bool))| match wanted.columns.get(nth) {
            Some(name) => name.clone(),
            None if header => text(first[cell]),
            None => cell.to_string(),
        };
        let labels = found.iter().enumerate().map(label).collect();
        let mut cells: Vec<_> = found.iter().enumerate().map(|(n, &(cell, _))| (cell, n)).collect();
        cells.extend(key.map(|(cell, _)| (cell, KEY)));
        cells.sort_unstable();
        Ok(Layout { cells, labels, header, count: first.len() })
    }
}

/// The cell of a column, and whether it was found by its name.
fn locate(first: &[&[u8]], wanted: &str, place: &Place) -> Result<(usize, bool), Failure> {
    let index = wanted.parse::<usize>().ok();
    if let Some(index) = index.filter(|&index| index < first.len()) {
        return Ok((index, false));
    }
    if let Some(cell) = first.iter().position(|cell| text(cell) == wanted) {
        return Ok((cell, true));
    }
    Err(Failure::new(format!("{place} has no column {wanted:?}: {}", listing(first))))
}

fn only(first: &[&[u8]], key: Option<(usize, bool)>, place: &Place) -> Result<usize, Failure> {
    let mut rest = (0..first.len()).filter(|&cell| key.is_none_or(|(key, _)| cell != key));
    match (rest.next(), rest.next()) {
        (Some(cell), None) => Ok(cell),
        (None, _) => Err(Failure::new(format!("{place} has no column beside the key"))),
        _ => Err(Failure::new(format!("{place}: choose with --column; {}", listing(first)))),
    }
}

/// "the first row is a, b, c"
fn listing(first: &[&[u8]]) -> String {
    let mut names: Vec<_> = first.iter().take(20).map(|cell| shortened(&text(cell))).collect();
    if first.len() > names.len() {
        names.push("...".to_owned());
    }
    format!("its first row is {}", names.join(", "))
}

fn shortened(name: &str) -> String {
    name.chars().take(40).collect()
}

fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell.trim_ascii()).into_owned()
}
