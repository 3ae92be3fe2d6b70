//! The text formats of metrics: Influx line protocol and the exposition format of Prometheus. Each line is a row with
//! names: those of its tags or labels, of its fields, `time`, and `series`, which is everything but value and time.

use std::ops::Range;

use memchr::memchr;

use super::batch::{Details, Sink};
use super::selection::{Selection, is_pattern, join_keys, matches};
use crate::failure::Failure;
use crate::options::InputFormat;

pub(crate) struct Metrics {
    format: InputFormat,
    line: u64,
    /// The metrics of Prometheus that are wanted: then the values of all have one column.
    wanted: Vec<String>,
    resolved: bool,
}

/// One line.
#[derive(Default)]
struct Sample {
    /// Measurement or metric.
    name: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, String)>,
    time: Option<String>,
}

const VALUE: &str = "value";

impl Metrics {
    pub(super) fn new(format: InputFormat) -> Self {
        Metrics { format, line: 0, wanted: Vec::new(), resolved: false }
    }

    /// Complete lines so far.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Takes the rows that are complete, and the rest too if nothing follows. Returns how many bytes that were.
    pub(super) fn parse(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() {
            sink.used = at;
            let end = match memchr(b'\n', &bytes[at..]) {
                Some(length) => at + length,
                None if last => bytes.len(),
                None => break,
            };
            self.line += 1;
            let next = (end + 1).min(bytes.len());
            let line = bytes[at..end].trim_ascii();
            if !line.is_empty() && line[0] != b'#' {
                self.row(line, at..next, sink)?;
            }
            at = next;
        }
        Ok(at)
    }

    fn row(&mut self, line: &[u8], span: Range<usize>, sink: &mut Sink<'_>) -> Result<(), Failure> {
        let Some(sample) = self.sample(line) else {
            let format = if self.format == InputFormat::Influx {
                "Influx line protocol"
            } else {
                "a Prometheus sample"
            };
            return sink.fault(self.line, &format!("not {format}"), None, span);
        };
        self.resolve(&sample, sink.selection)?;
        if !self.wanted.is_empty() && !self.wanted.iter().any(|name| matches(name, &sample.name)) {
            return Ok(());
        }
        let mut key = String::new();
        match &sink.selection.keys[..] {
            [only] => key = sample.get(only).unwrap_or_default(),
            several => {
                let parts: Vec<_> =
                    several.iter().map(|name| sample.get(name).unwrap_or_default()).collect();
                join_keys(parts.iter().map(String::as_str), &mut key);
            }
        }
        let time = match sink.selection.time.as_deref().and_then(|name| sample.get(name)) {
            Some(text) => match sink.clock.read(&text) {
                Ok(moment) => Some(moment.micros()),
                Err(why) => return sink.fault(self.line, &why, Some(&key), span),
            },
            None => None,
        };
        let (rules, width) = (sink.rules, sink.selection.width());
        let mut values = vec![f64::NAN; width];
        for (value, name) in values.iter_mut().zip(&sink.selection.columns) {
            let Some(text) =
                sample.fields.iter().find(|(field, _)| field == name).map(|(_, text)| text)
            else {
                continue;
            };
            let Some(number) = rules.number(bare(text).as_bytes()) else {
                return sink.fault(self.line, &rules.not_a_number(name, text), Some(&key), span);
            };
            *value = number;
        }
        if sample.fields.iter().all(|(name, _)| !sink.selection.columns.contains(name)) {
            // A line of other fields is another table's.
            return Ok(());
        }
        sink.batch.row(width).copy_from_slice(&values);
        sink.finish_row(Some(&key), time, span);
        Ok(())
    }

    /// Decides what is watched, by the first line.
    fn resolve(&mut self, sample: &Sample, selection: &mut Selection) -> Result<(), Failure> {
        if std::mem::replace(&mut self.resolved, true) {
            return Ok(());
        }
        if self.format == InputFormat::Prometheus {
            self.wanted = std::mem::take(&mut selection.columns)
                .into_iter()
                .filter(|name| name != VALUE)
                .collect();
            selection.columns.push(VALUE.to_owned());
            return Ok(());
        }
        let names = sample.fields.iter().map(|(name, _)| name.clone());
        if selection.columns.is_empty() {
            if sample.fields.len() != 1 {
                let names: Vec<_> = names.collect();
                return Err(Failure::new(format!(
                    "choose with --column which field to watch; the first line has {}",
                    names.join(", ")
                )));
            }
            selection.columns = names.collect();
            return Ok(());
        }
        let columns = std::mem::take(&mut selection.columns);
        for column in columns {
            let found: Vec<_> = names
                .clone()
                .filter(|name| is_pattern(&column) && matches(&column, name))
                .collect();
            match found.is_empty() {
                true => selection.columns.push(column),
                false => selection.columns.extend(found),
            }
        }
        Ok(())
    }

    fn sample(&self, line: &[u8]) -> Option<Sample> {
        let line = std::str::from_utf8(line).ok()?;
        match self.format {
            InputFormat::Influx => influx(line),
            _ => prometheus(line),
        }
    }

    /// How a row is written in the file.
    pub(super) fn details(&self, row: &[u8], selection: &Selection, details: &mut Details) {
        let Some(sample) = self.sample(row.trim_ascii()) else { return };
        let get = |name: &String| sample.get(name).unwrap_or_default();
        details.values = selection.columns.iter().map(|name| bare(&get(name)).to_owned()).collect();
        details.time = selection.time.as_ref().map(get);
        details.kept = match selection.keep_all {
            true => vec![String::from_utf8_lossy(row.trim_ascii()).into_owned()],
            false => selection.keep.iter().map(get).collect(),
        };
    }
}

impl Sample {
    fn get(&self, name: &str) -> Option<String> {
        let pair = self.tags.iter().chain(&self.fields).find(|(known, _)| known == name);
        match name {
            _ if pair.is_some() => pair.map(|(_, text)| text.clone()),
            "time" => self.time.clone(),
            "measurement" | "metric" => Some(self.name.clone()),
            "series" => Some(self.series()),
            _ => None,
        }
    }

    fn series(&self) -> String {
        if self.tags.is_empty() {
            return self.name.clone();
        }
        let tags: Vec<_> = self.tags.iter().map(|(name, text)| format!("{name}={text}")).collect();
        format!("{}{{{}}}", self.name, tags.join(","))
    }
}

/// The number in a field of Influx: 12i and 12u are whole numbers.
fn bare(text: &str) -> &str {
    match text.strip_suffix(['i', 'u']) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => digits,
        _ => text,
    }
}

/// "cpu,host=a load=1.5,free=2i 1556813561098000000"
fn influx(line: &str) -> Option<Sample> {
    let mut parts = parted(line, ' ').into_iter().filter(|part| !part.is_empty());
    let (series, fields) = (parts.next()?, parts.next()?);
    let time = parts.next().map(str::to_owned);
    let mut series = parted(series, ',').into_iter();
    let name = plain(series.next()?);
    let pair = |text: &str| {
        let at = parted(text, '=').first()?.len();
        let value = plain(text.get(at + 1..)?);
        Some((plain(&text[..at]), value.trim_matches('"').to_owned()))
    };
    let tags = series.map(pair).collect::<Option<Vec<_>>>()?;
    let fields = parted(fields, ',').into_iter().map(pair).collect::<Option<Vec<_>>>()?;
    let is_text = |text: &String| matches!(text.as_str(), "t" | "T" | "true" | "f" | "F" | "false");
    let fields = fields.into_iter().filter(|(_, text)| !is_text(text)).collect();
    Some(Sample { name, tags, fields, time })
}

/// Parts between delimiters that are neither escaped nor in quotes.
fn parted(text: &str, delimiter: char) -> Vec<&str> {
    let (mut parts, mut start, mut escaped, mut quoted) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if c == delimiter && !quoted => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Without the backslashes of escapes.
fn plain(text: &str) -> String {
    let mut escaped = false;
    text.chars()
        .filter(|&c| {
            escaped = c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// "http_requests_total{method=\"post\"} 1027 1395066363000"
fn prometheus(line: &str) -> Option<Sample> {
    let mut sample = Sample::default();
    let rest = match line.find(['{', ' ', '\t']) {
        Some(at) if line[at..].starts_with('{') => {
            sample.name = line[..at].to_owned();
            labels(&line[at + 1..], &mut sample.tags)?
        }
        Some(at) => {
            sample.name = line[..at].to_owned();
            &line[at..]
        }
        None => return None,
    };
    // What follows a # is an exemplar of OpenMetrics.
    let mut words = rest.split(" # ").next()?.split_whitespace();
    sample.fields.push((VALUE.to_owned(), words.next()?.to_owned()));
    sample.time = words.next().map(str::to_owned);
    words.next().is_none().then_some(sample)
}

/// Reads labels up to the closing bracket, and returns what follows it.
fn labels<'a>(text: &'a str, tags: &mut Vec<(String, String)>) -> Option<&'a str> {
    let mut rest = text.trim_start();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(after) = rest.strip_prefix('}') {
            return Some(after);
        }
        let (name, after) = rest.split_once("=\"")?;
        let mut escaped = false;
        let end = after.find(|c| {
            let is_end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            is_end
        })?;
        tags.push((name.trim().to_owned(), plain(&after[..end])));
        rest = &after[end + 1..];
    }
}
