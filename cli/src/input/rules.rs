//! How cells are read, and what becomes of those that cannot be.

use crate::failure::{self, Failure, warn};
use crate::input::Source;
use crate::number;
use crate::options::{Header, InputFormat, OnError};

/// The user's word on how to read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// Names of missing values in place of the usual ones.
    pub(crate) missing: Option<Vec<String>>,
    /// Units that are stripped.
    pub(crate) strip: Vec<String>,
    pub(crate) decimal_comma: bool,
    /// `None` is found by looking; a space is any run of them.
    pub(crate) delimiter: Option<u8>,
    /// Lines that begin with it are skipped.
    pub(crate) comment: Option<String>,
    pub(crate) header: Header,
    pub(crate) format: Option<InputFormat>,
    pub(crate) on_error: Option<OnError>,
    /// Line 1 is the names of columns with types, each other line one of their rows.
    pub(crate) typed: bool,
}

/// Names that missing values have in the world; upper or lower case.
const MISSING: [&str; 9] = ["-", "NA", "N/A", "#N/A", "null", "None", "nan", "nil", "\\N"];

impl Rules {
    /// For the table that a columnar source is decoded to: what its cells mean is not in question.
    pub(super) fn typed(&self, source: &Source) -> Result<Rules, Failure> {
        if let Some(InputFormat::Influx | InputFormat::Prometheus) = self.format {
            return Err(Failure::new(format!("{source} is Parquet or Arrow IPC, unlike --input")));
        }
        Ok(Rules {
            decimal_comma: false,
            delimiter: Some(b','),
            comment: None,
            header: Header::Yes,
            format: Some(InputFormat::Csv),
            typed: true,
            ..self.clone()
        })
    }

    /// The number in a cell: NaN if it is missing, `None` if it is something else.
    #[inline]
    pub(crate) fn number(&self, cell: &[u8]) -> Option<f64> {
        if self.missing.is_none()
            && !self.decimal_comma
            && let Some(value) = number::parse(cell)
        {
            return Some(value);
        }
        self.odd_number(cell.trim_ascii())
    }

    fn odd_number(&self, cell: &[u8]) -> Option<f64> {
        if self.is_missing(cell) {
            return Some(f64::NAN);
        }
        let mut cell = cell;
        for unit in &self.strip {
            let unit = unit.as_bytes();
            cell = cell.strip_suffix(unit).or_else(|| cell.strip_prefix(unit)).unwrap_or(cell);
            cell = cell.trim_ascii();
        }
        if self.decimal_comma && cell.iter().any(|byte| matches!(byte, b',' | b'.')) {
            // 1.234,5: points only part the thousands.
            let plain: Vec<u8> = cell.iter().filter(|&&byte| byte != b'.').copied().collect();
            let plain: Vec<u8> = plain.iter().map(|&b| if b == b',' { b'.' } else { b }).collect();
            return number::parse(&plain);
        }
        number::parse(cell)
    }

    /// Whether a trimmed cell stands for a missing value.
    pub(crate) fn is_missing(&self, cell: &[u8]) -> bool {
        if cell.is_empty() {
            return true;
        }
        match &self.missing {
            Some(names) => names.iter().any(|name| name.as_bytes() == cell),
            None => MISSING.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(cell)),
        }
    }

    /// "column load holds "abc", which is not a number", and what would help.
    pub(crate) fn not_a_number(&self, column: &str, cell: &str) -> String {
        let shown: String = cell.chars().take(40).collect();
        let dots = if shown.len() < cell.len() { "..." } else { "" };
        let hint = self.hint(cell.trim());
        format!("{column} holds {:?}, which is not a number{hint}", shown + dots)
    }

    fn hint(&self, cell: &str) -> String {
        let is_number = |text: &str| number::parse(text.as_bytes()).is_some_and(|x| !x.is_nan());
        if !self.decimal_comma
            && cell.matches(',').count() == 1
            && is_number(&cell.replace(',', "."))
        {
            return format!("; --decimal-comma reads it as {}", cell.replace(',', "."));
        }
        let digits = cell.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = cell[digits.len()..].trim();
        if !unit.is_empty() && unit.chars().count() <= 8 && is_number(digits) {
            return format!("; --strip {} takes the unit off", quoted(unit));
        }
        let number = cell.trim_start_matches(|c: char| !c.is_ascii_digit() && !"+-.".contains(c));
        let unit = cell[..cell.len() - number.len()].trim();
        if !unit.is_empty() && unit.chars().count() <= 4 && is_number(number) {
            return format!("; --strip {} takes the unit off", quoted(unit));
        }
        if cell.starts_with("# HELP ") || cell.starts_with("# TYPE ") {
            return "; --input prometheus reads the text format of Prometheus".to_owned();
        }
        if cell.starts_with('#') && self.comment.is_none() {
            return "; --comment '#' skips such lines".to_owned();
        }
        String::new()
    }

    /// What becomes of a bad row of `source`: a file can be mended and read again, but a pipe cannot, and what follows a
    /// log must outlive its odd lines.
    fn policy(&self, source: &Source) -> OnError {
        self.on_error.unwrap_or_else(|| match source {
            Source::File(path) if path.is_file() => OnError::Stop,
            _ => OnError::Skip,
        })
    }
}

/// A word as a shell wants it.
fn quoted(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_alphanumeric() || "%/_-.".contains(c));
    if is_plain { text.to_owned() } else { format!("'{text}'") }
}

/// The bad rows of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) count: u64,
    /// The first one.
    pub(crate) first: Option<String>,
}

impl Faults {
    /// One more bad row. Whether it counts as a row of missing values; otherwise it is skipped.
    pub(crate) fn add(
        &mut self,
        rules: &Rules,
        source: &Source,
        line: u64,
        why: &str,
    ) -> Result<bool, Failure> {
        let policy = rules.policy(source);
        self.count += 1;
        if self.count > 1 && policy != OnError::Stop {
            return Ok(policy == OnError::Missing);
        }
        let place = match rules.typed {
            true => format!("row {}", line - 1),
            false => format!("line {line}"),
        };
        let sentence = format!("{source}, {place}: {why}");
        let first = self.first.get_or_insert_with(|| sentence.clone());
        match policy {
            OnError::Stop => Err(Failure::new(sentence)),
            OnError::Skip | OnError::Missing => {
                let fate = if policy == OnError::Skip { "skipped" } else { "a missing value" };
                warn(format!("{first}: {fate}, and so are other bad rows (--on-error)"));
                Ok(policy == OnError::Missing)
            }
        }
    }

    /// Reports how many there were.
    pub(crate) fn conclude(&self) {
        if let (2.., Some(first)) = (self.count, &self.first) {
            failure::warn(format!("{} bad rows; the first: {first}", self.count));
        }
    }
}
