//! Where the numbers and dates below a picture stand.

use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

use super::X;
use crate::number;
use crate::time::Clock;

/// More do not fit.
const MOST: usize = 8;

pub(super) struct Ticks {
    /// The name of the axis.
    pub(super) name: String,
    /// The distance from the start, and the label.
    pub(super) marks: Vec<(f64, String)>,
}

impl Ticks {
    pub(super) fn label(&self, place: f64) -> String {
        let near =
            self.marks.iter().find(|(mark, _)| (mark - place).abs() <= 1e-9 * place.abs().max(1.0));
        near.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// The axis itself, as plotters wants it.
pub(super) struct Along {
    inner: RangedCoordf64,
    places: Vec<f64>,
}

impl Along {
    pub(super) fn new(length: f64, ticks: &Ticks) -> Self {
        let places = ticks.marks.iter().map(|(place, _)| *place).collect();
        Along { inner: (0.0..length).into(), places }
    }
}

impl Ranged for Along {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn range(&self) -> Range<f64> {
        self.inner.range()
    }

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.inner.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.places.clone()
    }
}

/// Ticks of an axis that begins at `start` and has this length.
pub(super) fn find(x: &X, start: u64, length: f64) -> Ticks {
    match x {
        X::Count { name, unit } => {
            let (first, length) = (start as f64 * unit, length * unit);
            let step = round_step(length / MOST as f64);
            let from = (first / step).ceil() as i64;
            let marks =
                (from..).map(|nth| nth as f64 * step).take_while(|place| *place <= first + length);
            let mark = |place: f64| ((place - first) / unit, number::short_count(place));
            Ticks { name: name.clone(), marks: marks.take(4 * MOST).map(mark).collect() }
        }
        X::Time(clock) => dates(clock, super::micros_of(start), length),
    }
}

/// 1, 2 or 5 times a power of ten, and not less than this.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// A distance between dates.
#[derive(Clone, Copy)]
enum Step {
    Micros(i64),
    Months(i64),
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

fn step_for(length: f64) -> Step {
    const SECONDS: [i64; 20] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
        86_400, 172_800, 604_800,
    ];
    let least = length / MOST as f64;
    if least < SECOND as f64 {
        return Step::Micros(round_step(least).max(1.0) as i64);
    }
    if let Some(seconds) = SECONDS.into_iter().find(|seconds| (seconds * SECOND) as f64 >= least) {
        return Step::Micros(seconds * SECOND);
    }
    let months = least / (30.44 * DAY as f64);
    match [1, 2, 3, 6, 12].into_iter().find(|&step| step as f64 >= months) {
        Some(months) => Step::Months(months),
        None => Step::Months(12 * round_step(months / 12.0) as i64),
    }
}

fn dates(clock: &Clock, start: i64, length: f64) -> Ticks {
    let step = step_for(length);
    let mut marks = Vec::new();
    let mut at = match first_date(clock, start, step) {
        Some(at) => at,
        None => return Ticks { name: clock.axis(), marks },
    };
    let within_a_day = length < DAY as f64;
    let mut name = clock.axis();
    if within_a_day && let Some(first) = clock.local(start) {
        name = format!("{name}, from {}", first.date());
    }
    loop {
        let place = (clock.micros_of_local(at) - start) as f64;
        if place > length || marks.len() > 4 * MOST {
            break;
        }
        if place >= 0.0 {
            marks.push((place, label(at, step, within_a_day)));
        }
        let next = match step {
            Step::Micros(micros) => at.checked_add(Span::new().microseconds(micros)),
            Step::Months(months) => at.checked_add(months.months()),
        };
        match next {
            Ok(next) => at = next,
            Err(_) => break,
        }
    }
    Ticks { name, marks }
}

/// The first round date at or after the start.
fn first_date(clock: &Clock, start: i64, step: Step) -> Option<DateTime> {
    let local = clock.local(start)?;
    match step {
        Step::Micros(micros) => {
            // Round numbers of a step since midnight, of days since a Monday.
            let origin = if micros <= DAY { local.date() } else { monday(local.date())? };
            let origin = origin.to_datetime(jiff::civil::Time::midnight());
            let since = local.duration_since(origin).as_micros() as i64;
            let steps = since.div_euclid(micros) + i64::from(since.rem_euclid(micros) > 0);
            origin.checked_add(Span::new().microseconds(steps.checked_mul(micros)?)).ok()
        }
        Step::Months(months) => {
            let since = i64::from(local.year()) * 12 + i64::from(local.month()) - 1;
            let round = since.div_euclid(months) * months;
            let (year, month) = (round.div_euclid(12), round.rem_euclid(12) + 1);
            let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
            Some(date.to_datetime(jiff::civil::Time::midnight()))
        }
    }
}

fn monday(date: Date) -> Option<Date> {
    date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()
}

fn label(at: DateTime, step: Step, within_a_day: bool) -> String {
    let date = at.date();
    match step {
        Step::Months(months) if months % 12 == 0 => format!("{}", at.year()),
        Step::Months(_) => format!("{}-{:02}", at.year(), at.month()),
        Step::Micros(micros) if micros >= DAY => date.to_string(),
        Step::Micros(micros) => {
            let time = match micros {
                ..SECOND => {
                    let fraction = format!("{:06}", at.subsec_nanosecond() / 1000);
                    format!(
                        "{:02}:{:02}.{}",
                        at.minute(),
                        at.second(),
                        fraction.trim_end_matches('0')
                    )
                }
                _ if micros % (60 * SECOND) == 0 => format!("{:02}:{:02}", at.hour(), at.minute()),
                _ => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
            };
            match within_a_day {
                true => time,
                false => format!("{:02}-{:02} {time}", at.month(), at.day()),
            }
        }
    }
}
