//! Where the wanted cells of a table are.

use std::borrow::Cow;

use crate::failure::Failure;
use crate::input::selection::{self, Selection};
use crate::input::{Rules, Source};
use crate::number;
use crate::options::Header;

/// What a cell is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Value(usize),
    Key(usize),
    Time,
}

pub(super) struct Layout {
    /// The wanted cells from left to right.
    pub(super) cells: Vec<(usize, Role)>,
    /// Cells that are repeated in the output, and their names.
    pub(super) kept: Vec<(usize, String)>,
    /// What to call the columns in a message.
    pub(super) labels: Vec<String>,
    /// The names of the columns where several were meant by one word.
    pub(super) columns: Vec<String>,
    /// The first row holds names.
    pub(super) header: bool,
    /// Cells of the first row.
    pub(super) count: usize,
}

type Row<'a> = [Cow<'a, [u8]>];

/// A cell, and whether it was found by its name.
type Found = (usize, bool);

/// The first rows of a table, in which columns are looked for.
pub(super) struct Head<'a> {
    pub(super) first: &'a Row<'a>,
    pub(super) second: Option<&'a Row<'a>>,
    pub(super) source: &'a Source,
    pub(super) rules: &'a Rules,
}

impl Layout {
    pub(super) fn find(head: &Head<'_>, selection: &Selection) -> Result<Self, Failure> {
        let all = |names: &[String]| {
            names.iter().map(|name| head.locate(name)).collect::<Result<Vec<_>, _>>()
        };
        let keys = all(&selection.keys)?;
        let time = selection.time.as_deref().map(|name| head.locate(name)).transpose()?;
        let kept = all(&selection.keep)?;
        let mut values = Vec::new();
        let mut columns = Vec::new();
        for name in &selection.columns {
            for (cell, by_name) in head.expand(name)? {
                values.push((cell, by_name));
                columns.push(if by_name { text(&head.first[cell]) } else { cell.to_string() });
            }
        }
        // What the user wrote is what the output says, unless it means several columns.
        if values.len() == selection.columns.len() {
            columns.clone_from(&selection.columns);
        }
        let taken: Vec<usize> =
            keys.iter().chain(&time).chain(&kept).map(|found| found.0).collect();
        if selection.columns.is_empty() {
            values.push((head.only(&taken)?, false));
        }
        let header = head.is_header(values.iter().chain(&keys).chain(&time).chain(&kept), &values);
        let label = |(nth, &(cell, _)): (usize, &Found)| match columns.get(nth) {
            Some(name) => name.clone(),
            None if header => text(&head.first[cell]),
            None => cell.to_string(),
        };
        let labels = values.iter().enumerate().map(label).collect();
        let mut cells: Vec<(usize, Role)> = Vec::new();
        cells.extend(values.iter().enumerate().map(|(n, found)| (found.0, Role::Value(n))));
        cells.extend(keys.iter().enumerate().map(|(n, found)| (found.0, Role::Key(n))));
        cells.extend(time.map(|found| (found.0, Role::Time)));
        cells.sort_unstable();
        let name = |cell: usize| if header { text(&head.first[cell]) } else { cell.to_string() };
        let kept = match selection.keep_all {
            true => {
                let wanted = |cell: &usize| cells.iter().all(|(taken, _)| taken != cell);
                (0..head.first.len()).filter(wanted).map(|cell| (cell, name(cell))).collect()
            }
            false => kept.iter().map(|found| found.0).zip(selection.keep.iter().cloned()).collect(),
        };
        Ok(Layout { cells, kept, labels, columns, header, count: head.first.len() })
    }
}

impl Head<'_> {
    fn is_header<'f>(&self, named: impl Iterator<Item = &'f Found>, values: &[Found]) -> bool {
        match self.rules.header {
            Header::Yes => true,
            Header::No => false,
            Header::Auto => {
                let is_number = |&(cell, _): &Found| number::is_number(&self.first[cell]);
                let mut named = named;
                named.any(|&(_, by_name)| by_name) || !values.iter().any(is_number)
            }
        }
    }

    /// Every column that a word of the user means.
    fn expand(&self, wanted: &str) -> Result<Vec<Found>, Failure> {
        let names = || self.first.iter().map(|cell| text(cell)).enumerate();
        if names().any(|(_, name)| name == wanted) {
            return Ok(vec![self.locate(wanted)?]);
        }
        if let Some(range) =
            selection::range(wanted).filter(|range| *range.end() < self.first.len())
        {
            return Ok(range.map(|cell| (cell, false)).collect());
        }
        if selection::is_pattern(wanted) {
            let found = names().filter(|(_, name)| selection::matches(wanted, name));
            let found: Vec<_> = found.map(|(cell, _)| (cell, true)).collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(vec![self.locate(wanted)?])
    }

    fn locate(&self, wanted: &str) -> Result<Found, Failure> {
        let by_name = || self.first.iter().position(|cell| text(cell) == wanted);
        // With a header that the user is sure of, its names come first, although they may be numbers.
        if self.rules.header == Header::Yes
            && let Some(cell) = by_name()
        {
            return Ok((cell, true));
        }
        let index = wanted.parse::<usize>().ok();
        if let Some(index) = index.filter(|&index| index < self.first.len()) {
            return Ok((index, false));
        }
        if self.rules.header != Header::No
            && let Some(cell) = by_name()
        {
            return Ok((cell, true));
        }
        Err(Failure::new(format!("{} has no column {wanted:?}: {}", self.source, self.listing())))
    }

    /// The column that is meant where none was named: the only one, or the only one with a number below its name.
    fn only(&self, taken: &[usize]) -> Result<usize, Failure> {
        let rest: Vec<usize> = (0..self.first.len()).filter(|cell| !taken.contains(cell)).collect();
        match rest[..] {
            [cell] => return Ok(cell),
            [] => {
                return Err(Failure::new(format!("{} has no column but the key", self.source)));
            }
            _ => {}
        }
        let rows = self.second.into_iter().chain([self.first]);
        for row in rows {
            let is_number =
                |&&cell: &&usize| row.get(cell).is_some_and(|cell| number::is_number(cell));
            let mut numbers = rest.iter().filter(is_number);
            if let (Some(&cell), None) = (numbers.next(), numbers.next()) {
                return Ok(cell);
            }
        }
        Err(Failure::new(format!("{}: choose with --column; {}", self.source, self.listing())))
    }

    /// "its first row is a, b, c"
    fn listing(&self) -> String {
        let shown = |cell: &Cow<'_, [u8]>| text(cell).chars().take(40).collect::<String>();
        let mut names: Vec<_> = self.first.iter().take(20).map(shown).collect();
        if self.first.len() > names.len() {
            names.push("...".to_owned());
        }
        let is_influx = names.iter().any(|name| name.contains('=')) && self.rules.format.is_none();
        let hint = if is_influx { "; --input influx reads line protocol" } else { "" };
        format!("its first row is {}{hint}", names.join(", "))
    }
}

/// A cell as text, without spaces around it.
pub(super) fn text(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell.trim_ascii()).into_owned()
}
