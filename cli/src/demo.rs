//! `tailspot demo`: the whole program on live data that every machine has, its own scheduling jitter.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use tailspot::{Config, Side, Spot, Status, Verdict};

use crate::failure::Failure;
use crate::number::short;
use crate::options::{Demo, Format};
use crate::output::{Cell, Column, Look, Report};
use crate::plot::{self, BUCKETS, Panel, Point, Style, Trace, X};
use crate::{atomic, failure};

/// How long to sleep each time. An idle machine wakes some 50 µs late, so a second gives about 1800 values.
const NAP: Duration = Duration::from_micros(500);

/// The tail starts at the level 0.98, so this leaves a dozen excesses even where a nap takes milliseconds.
const LEAST: usize = 600;

pub(crate) fn run(options: &Demo) -> Result<(), Failure> {
    atomic::check(&options.plot)?;
    match watch(options) {
        Err(Failure::ClosedPipe) => Ok(()),
        outcome => outcome,
    }
}

fn watch(options: &Demo) -> Result<(), Failure> {
    let seconds = options.seconds;
    print(format_args!(
        "How late does this machine wake a program that sleeps {} µs? Watching for {seconds} s.",
        NAP.as_micros()
    ))?;
    let mut clock = Clock::new(Duration::from_secs(u64::from(seconds)));
    let mut trace = Trace::new(BUCKETS);
    let mut spot = calibrated(&mut clock, &mut trace)?;
    let config = spot.config().clone();
    print(format_args!(
        "Calibrated on {} naps: an alert is more than {} µs late (q = {}).\n",
        spot.status().n,
        short(spot.anomaly_threshold(Side::Up)),
        short(config.q)
    ))?;
    let mut report = Report::new(Some(Format::Table));
    report.begin(vec![
        Column::new("index", Look::Index),
        Column::new("value", Look::Number),
        Column::new("event", Look::Word),
        Column::new("threshold", Look::Number),
        Column::new("probability", Look::Number),
    ]);
    report.flush()?;
    let mut index = spot.status().n;
    while let Some((at, late)) = clock.nap() {
        let Verdict { upper, lower, event, probability, .. } = spot.verdict(late);
        trace.push(Point { at, value: late, upper, lower, probability, event });
        if event.is_alert() {
            report.write(&[
                Cell::Count(index),
                Cell::Number(late, None),
                Cell::Text(event.name()),
                Cell::Number(upper, None),
                Cell::Number(probability, None),
            ]);
            report.flush()?;
        }
        index += 1;
    }
    draw(options, &trace, config.q)?;
    conclude(options, &spot.status(), config.q)
}

/// Naps for a quarter of the time, or until there are enough values.
fn calibrated(clock: &mut Clock, trace: &mut Trace) -> Result<Spot, Failure> {
    let quarter = clock.length / 4;
    let mut values = Vec::new();
    while clock.elapsed() < quarter || values.len() < LEAST {
        let Some((at, late)) = clock.nap() else {
            let count = values.len();
            return Err(Failure::new(format!(
                "only {count} naps in this time, and {LEAST} are needed to calibrate: try more --seconds"
            )));
        };
        let [upper, lower, probability] = [f64::NAN; 3];
        let event = tailspot::Event::InitBatch;
        trace.push(Point { at, value: late, upper, lower, probability, event });
        values.push(late);
    }
    let config = Config { q: 1e-3, level: 0.98, down: false, ..Config::default() };
    let mut spot = Spot::new(config)?;
    spot.fit(&values)?;
    Ok(spot)
}

fn draw(options: &Demo, trace: &Trace, q: f64) -> Result<(), Failure> {
    let panel = Panel {
        name: "Scheduling jitter of this machine".to_owned(),
        value: "woken late by (µs)".to_owned(),
        x: X::Count { name: "time (s)".to_owned(), unit: 1e-6 },
        q,
        log: true,
        trace,
    };
    plot::draw(&options.plot, &[panel], &Style::default())
}

fn conclude(options: &Demo, status: &Status, q: f64) -> Result<(), Failure> {
    let (seen, alerts) = (status.seen, status.up.alerts);
    print(format_args!(
        "\n{seen} naps judged, {alerts} alerts: an alert rate of {} where q = {} was asked for.\n\
         Jitter comes in bursts, so the rate is above q on a machine that was disturbed.\n\
         The picture is in {}",
        short(alerts as f64 / seen.max(1) as f64),
        short(q),
        options.plot.display()
    ))
}

/// A line for the user.
fn print(sentence: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    failure::written(writeln!(io::stdout(), "{sentence}"))
}

/// Measures naps until the time is over.
struct Clock {
    start: Instant,
    length: Duration,
}

impl Clock {
    fn new(length: Duration) -> Self {
        Clock { start: Instant::now(), length }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// When a nap ended and how much too late, both in microseconds.
    fn nap(&self) -> Option<(u64, f64)> {
        let began = Instant::now();
        if began - self.start >= self.length {
            return None;
        }
        thread::sleep(NAP);
        let late = began.elapsed().saturating_sub(NAP);
        Some((self.elapsed().as_micros() as u64, late.as_nanos() as f64 / 1e3))
    }
}
