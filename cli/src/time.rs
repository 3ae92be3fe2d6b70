//! Times as they stand in data: ISO 8601, Unix time in any unit, or a pattern.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Microseconds since 1970, in UTC or, for times without a zone, in theirs.
pub(crate) type Micros = i64;

/// A row without a time.
pub(crate) const NONE: Micros = i64::MIN;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// How times are written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Iso,
    Unix(Unit),
    /// For strptime.
    Pattern(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

const UNITS: [Unit; 4] = [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos];

/// Unix times are recognized between 1990 and 2100: there no unit can be taken for another, and neither can a date
/// that is written as one number, like 20140701 or 201407010930.
const PLAUSIBLE: std::ops::Range<f64> = 631_152_000.0..4_102_444_800.0;

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Millis => "milliseconds",
            Unit::Micros => "microseconds",
            Unit::Nanos => "nanoseconds",
        }
    }

    /// How many of them make a second.
    fn a_second(self) -> i64 {
        match self {
            Unit::Seconds => 1,
            Unit::Millis => 1_000,
            Unit::Micros => 1_000_000,
            Unit::Nanos => 1_000_000_000,
        }
    }

    /// The unit in which a number is a plausible time.
    fn of(number: f64) -> Option<Unit> {
        UNITS.into_iter().find(|unit| PLAUSIBLE.contains(&(number / unit.a_second() as f64)))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "iso" => Ok(Format::Iso),
            "s" => Ok(Format::Unix(Unit::Seconds)),
            "ms" => Ok(Format::Unix(Unit::Millis)),
            "us" | "µs" => Ok(Format::Unix(Unit::Micros)),
            "ns" => Ok(Format::Unix(Unit::Nanos)),
            _ if text.contains('%') => Ok(Format::Pattern(text.to_owned())),
            _ => {
                Err("a format is iso, s, ms, us, ns or a pattern like %d/%m/%Y %H:%M:%S".to_owned())
            }
        }
    }
}

/// One time, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moment {
    micros: Micros,
    /// `None` for a time without a zone, which stands as if it were UTC.
    offset: Option<Offset>,
}

impl Moment {
    pub(crate) fn micros(self) -> Micros {
        self.micros
    }

    fn unix(at: Timestamp) -> Self {
        Moment { micros: at.as_microsecond(), offset: Some(Offset::UTC) }
    }

    /// A date and time at an offset, or without any.
    fn civil(local: DateTime, offset: Option<Offset>) -> Self {
        let since = local.duration_since(EPOCH).as_micros() as i64;
        let east = offset.map_or(0, |offset| i64::from(offset.seconds()) * 1_000_000);
        Moment { micros: since - east, offset }
    }
}

/// Reads one column of times, all of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    format: Option<Format>,
    /// The user named the format.
    given: bool,
    /// Whether the times have a zone, once one was read.
    zoned: Option<bool>,
    /// The offset of the first one, in which pictures show all.
    pub(crate) offset: Offset,
    /// What was found by looking.
    pub(crate) finding: Option<String>,
    last: Micros,
    /// How many times are earlier than the one before, and the first of them.
    backward: u64,
    first_backward: String,
}

impl Clock {
    pub(crate) fn new(format: Option<Format>) -> Self {
        let given = format.is_some();
        Clock {
            format,
            given,
            zoned: None,
            offset: Offset::UTC,
            finding: None,
            last: NONE,
            backward: 0,
            first_backward: String::new(),
        }
    }

    /// Reads a time; the error says what is wrong with it.
    pub(crate) fn read(&mut self, text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if self.format.is_none() {
            self.format = Some(self.look(text)?);
        }
        let moment = match &self.format {
            Some(Format::Unix(unit)) => {
                Moment::civil(unix(text, *unit, self.given)?, Some(Offset::UTC))
            }
            Some(Format::Pattern(pattern)) => by_pattern(text, pattern)?,
            _ => iso(text)?,
        };
        let zoned = moment.offset.is_some();
        match self.zoned {
            None => {
                self.zoned = Some(zoned);
                self.offset = moment.offset.unwrap_or(Offset::UTC);
            }
            Some(true) if !zoned => {
                return Err(format!("{text:?} has no zone, unlike the times before it"));
            }
            Some(false) if zoned => {
                return Err(format!("{text:?} has a zone, unlike the times before it"));
            }
            _ => {}
        }
        if moment.micros() < self.last {
            self.backward += 1;
            if self.backward == 1 {
                text.clone_into(&mut self.first_backward);
            }
        }
        self.last = moment.micros();
        Ok(moment)
    }

    /// What is odd about the times that were read.
    pub(crate) fn oddity(&self) -> Option<String> {
        let first = &self.first_backward;
        match self.backward {
            0 => None,
            1 => Some(format!("1 time is earlier than the one before: {first:?}")),
            many => Some(format!(
                "{many} times are earlier than the one before; the first is {first:?}"
            )),
        }
    }

    fn look(&mut self, text: &str) -> Result<Format, String> {
        let Ok(number) = text.parse::<f64>() else { return iso(text).map(|_| Format::Iso) };
        let unit = Unit::of(number).ok_or_else(|| {
            format!("{text:?} is not a Unix time of 1990 to 2100 in any unit: give --time-format s, ms, us, ns or a pattern")
        })?;
        let at = unix(text, unit, false)?;
        self.finding =
            Some(format!("times are read as Unix {}; the first is {}Z", unit.name(), at));
        Ok(Format::Unix(unit))
    }

    /// A time for people: dates as they were read, Unix times as dates.
    pub(crate) fn show(&self, text: &str) -> String {
        let text = text.trim();
        match &self.format {
            Some(Format::Unix(unit)) => unix(text, *unit, self.given).map(|at| format!("{at}Z")),
            _ => Ok(text.to_owned()),
        }
        .unwrap_or_default()
    }

    /// A moment on an axis or in a table, in the zone of the first time.
    pub(crate) fn show_micros(&self, micros: Micros) -> String {
        let Some(local) = self.local(micros) else { return String::new() };
        match self.zoned {
            Some(true) if self.offset == Offset::UTC => format!("{local}Z"),
            Some(true) => format!("{local}{}", offset_name(self.offset)),
            _ => local.to_string(),
        }
    }

    /// The name of the time axis: "time (UTC)".
    pub(crate) fn axis(&self) -> String {
        match self.zoned {
            Some(true) if self.offset == Offset::UTC => "time (UTC)".to_owned(),
            Some(true) => format!("time (UTC{})", offset_name(self.offset)),
            _ => "time".to_owned(),
        }
    }
}

/// "+05:30"
fn offset_name(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// The date and time, in UTC, of a moment so many seconds and nanoseconds after 1970 began. To the end of the year 9999: a
/// timestamp of jiff ends a day earlier.
pub(crate) fn utc(seconds: i64, nanos: i32) -> Option<DateTime> {
    EPOCH.checked_add(SignedDuration::new(seconds, nanos)).ok()
}

fn unix(text: &str, unit: Unit, given: bool) -> Result<DateTime, String> {
    let wrong = || format!("{text:?} is not a Unix time in {}", unit.name());
    let number: f64 = text.parse().map_err(|_| wrong())?;
    if !number.is_finite() || number.abs() > 9e18 {
        return Err(wrong());
    }
    if !given && Unit::of(number.floor()) != Some(unit) {
        return Err(format!("{text:?} is not in {} like the times before it", unit.name()));
    }
    let nanos_a_unit = 1_000_000_000 / i128::from(unit.a_second());
    // Digits exactly: 0.1 s is not 99999999 ns. What has an exponent as exactly as a number of 64 bits.
    let nanos = decimal(text, nanos_a_unit).unwrap_or_else(|| {
        let whole = number.floor();
        let part = (number - whole) * nanos_a_unit as f64;
        whole as i128 * nanos_a_unit + part.round() as i128
    });
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| utc(seconds, nanos as i32))
        .ok_or_else(|| format!("{text:?} is outside the years -9999 to 9999 in {}", unit.name()))
}

/// "-1.25" times `scale`, rounded; `None` if there is more than digits and a point.
fn decimal(text: &str, scale: i128) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // Behind the eighteenth digit is nothing that counts.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let all: i128 = format!("{whole}{fraction}").parse().ok()?;
    let one = 10_i128.checked_pow(fraction.len() as u32)?;
    let scaled = (all.checked_mul(scale)?.checked_add(one / 2)?) / one;
    Some(if negative { -scaled } else { scaled })
}

fn by_pattern(text: &str, pattern: &str) -> Result<Moment, String> {
    let wrong = |error: jiff::Error| format!("{text:?} does not match {pattern:?}: {error}");
    let parts = BrokenDownTime::parse(pattern, text).map_err(wrong)?;
    if let Some(at) = parts.timestamp() {
        return Ok(Moment::unix(at));
    }
    let date = parts.to_date().map_err(wrong)?;
    let local = date.to_datetime(parts.to_time().unwrap_or_default());
    Ok(Moment::civil(local, parts.offset()))
}

fn iso(text: &str) -> Result<Moment, String> {
    let pieces = Pieces::parse(text)
        .map_err(|_| ())
        .or_else(|()| Pieces::parse(&tidied(text)).map(Pieces::into_owned).map_err(|_| ()));
    let pieces = pieces.map_err(|()| not_a_time(text))?;
    if pieces.time_zone_annotation().is_some() && pieces.offset().is_none() {
        return Err(format!("{text:?} has the name of a zone and no offset"));
    }
    let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    // "Z" is an offset that is not a number.
    let offset = pieces.to_numeric_offset().or(pieces.offset().map(|_| Offset::UTC));
    Ok(Moment::civil(local, offset))
}

/// Spellings that many programs write and ISO 8601 lacks: "2014/07/01", " UTC", " +0000".
fn tidied(text: &str) -> String {
    let mut text = text.to_owned();
    let bytes = text.as_bytes();
    if bytes.len() >= 10
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'/'
        && bytes[7] == b'/'
    {
        text.replace_range(4..5, "-");
        text.replace_range(7..8, "-");
    }
    for zone in [" UTC", " GMT", " Z", "UTC"] {
        if let Some(local) = text.strip_suffix(zone) {
            return format!("{local}Z");
        }
    }
    if let Some((local, offset)) = text.rsplit_once(' ')
        && offset.starts_with(['+', '-'])
    {
        return format!("{local}{offset}");
    }
    text
}

fn not_a_time(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    let pattern = if text.contains('/') { "like %d/%m/%Y %H:%M:%S" } else { "with %" };
    format!(
        "{shown:?} is not a date in ISO 8601 or a Unix time: --time-format takes a pattern {pattern}"
    )
}

impl Clock {
    /// The date and time of a moment in the zone of pictures.
    pub(crate) fn local(&self, micros: Micros) -> Option<DateTime> {
        let east = i64::from(self.offset.seconds()) * 1_000_000;
        EPOCH.checked_add(SignedDuration::from_micros(micros.checked_add(east)?)).ok()
    }

    pub(crate) fn micros_of_local(&self, local: DateTime) -> Micros {
        Moment::civil(local, Some(self.offset)).micros
    }
}
