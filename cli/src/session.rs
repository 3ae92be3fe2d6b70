//! One run over a stream: judge, report, save, and leave everything behind at the end.

use std::io::{self, Write};
use std::ops::Range;
use std::path::PathBuf;

use crate::failure::{self, Failure, note};
use crate::input::Batch;
use crate::output::{Origin, Report};
use crate::plot::{self, Panel};
use crate::state;
use crate::streams::{self, Streams, Verdict};
use crate::summary;
use crate::trace::{Point, Trace};

/// What to leave behind besides the lines of the report.
#[derive(Default)]
pub(crate) struct Leavings {
    pub(crate) plot: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    /// Save the state every so many rows too.
    pub(crate) checkpoint: Option<u64>,
    pub(crate) summary: bool,
}

pub(crate) struct Session {
    streams: Streams,
    report: Report,
    leavings: Leavings,
    /// The name of the only column, if it has one and none was asked for.
    pub(crate) name: Option<String>,
    traces: Vec<Trace>,
    finished: bool,
}

impl Session {
    pub(crate) fn new(streams: Streams, report: Report, leavings: Leavings) -> Self {
        let mut traces = Vec::new();
        if leavings.plot.is_some() {
            let known = streams.len().clamp(1, plot::MOST_PANELS);
            traces.resize_with(known, Trace::new);
        }
        Session { streams, report, leavings, name: None, traces, finished: false }
    }

    /// Judges rows in order and hands over their lines.
    pub(crate) fn take(&mut self, batch: &Batch) -> Result<(), Failure> {
        self.streams.keys.extend(batch.new_keys.iter().cloned());
        let mut done = 0;
        while done < batch.rows {
            let end = batch.rows.min(done.saturating_add(self.until_checkpoint()));
            self.judge(batch, done..end)?;
            done = end;
            // Lines first: a saved state means that its alerts were told.
            self.report.flush()?;
            if self.at_checkpoint() {
                self.save()?;
            }
        }
        self.report.flush()
    }

    /// Writes what was asked for; the second time nothing.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        match self.report.flush() {
            Ok(()) | Err(Failure::ClosedPipe) => {}
            Err(failure) => return Err(failure),
        }
        self.save()?;
        if let Some(path) = &self.leavings.plot {
            plot::write(path, &self.panels())?;
        }
        if self.leavings.summary {
            let text = summary::text(&self.streams);
            failure::written(writeln!(io::stderr(), "{text}"), "standard error")?;
        }
        self.tell_what_is_not_calibrated();
        Ok(())
    }

    fn judge(&mut self, batch: &Batch, rows: Range<usize>) -> Result<(), Failure> {
        let width = self.streams.wanted.width();
        let thresholds = self.report.all() || self.leavings.plot.is_some();
        for row in rows {
            let first = batch.keys.get(row).map_or(0, |&key| key as usize * width);
            let index = self.streams.rows;
            self.streams.rows += 1;
            for (column, &value) in batch.values[row * width..][..width].iter().enumerate() {
                let place = first + column;
                let verdict = streams::judge(&mut self.streams.pool, place, value, thresholds);
                if self.leavings.plot.is_some() {
                    self.draw(place, index, &verdict);
                }
                if self.report.wants(verdict.event) {
                    let (column, key) = (self.streams.column(place), self.streams.key(place));
                    self.report.write(Origin { index, column, key }, &verdict);
                }
            }
            if self.report.is_full() {
                self.report.flush()?;
            }
        }
        Ok(())
    }

    fn draw(&mut self, place: usize, index: u64, verdict: &Verdict) {
        if place >= plot::MOST_PANELS {
            return;
        }
        if place >= self.traces.len() {
            self.traces.resize_with(place + 1, Trace::new);
        }
        let Verdict { value, event, upper, lower, .. } = *verdict;
        self.traces[place].push(Point { at: index, value, upper, lower, event });
    }

    /// The pictures of the first streams.
    fn panels(&self) -> Vec<Panel<'_>> {
        let (drawn, count) = (self.traces.len(), self.streams.len());
        if count > plot::MOST_PANELS {
            note(format!("the picture shows the first {drawn} of {count} streams"));
        }
        let panel = |(place, trace)| {
            let column = self.streams.column(place).or(self.name.as_deref()).unwrap_or("value");
            let name = match self.streams.key(place) {
                Some(key) => format!("{column} of {key}"),
                None => column.to_owned(),
            };
            Panel {
                name,
                value: column.to_owned(),
                axis: "index".to_owned(),
                q: self.streams.config().q,
                unit: 1.0,
                log: false,
                trace,
            }
        };
        self.traces.iter().enumerate().map(panel).collect()
    }

    fn save(&mut self) -> Result<(), Failure> {
        match &self.leavings.state {
            Some(path) => state::save(path, &self.streams),
            None => Ok(()),
        }
    }

    fn until_checkpoint(&self) -> usize {
        let every = self.leavings.checkpoint.unwrap_or(u64::MAX);
        usize::try_from(every - self.streams.rows % every).unwrap_or(usize::MAX)
    }

    fn at_checkpoint(&self) -> bool {
        self.leavings.checkpoint.is_some_and(|every| self.streams.rows.is_multiple_of(every))
    }

    /// Silence could be taken for "nothing found". With a state file the calibration simply goes on next time, and a
    /// summary, which stands alone on standard error, says it too.
    fn tell_what_is_not_calibrated(&self) {
        if self.leavings.state.is_some() || self.leavings.summary {
            return;
        }
        let (n_init, all) = (self.streams.config().n_init, self.streams.len());
        let states = (0..all).map(|stream| self.streams.spot(stream).status());
        let waiting = states.filter(|status| !status.calibrated).map(|status| status.n);
        let (most, count) =
            waiting.fold((None, 0), |(most, count), n| (most.max(Some(n)), count + 1));
        match most {
            Some(n) if all == 1 => note(format!(
                "nothing was judged: {n} values are not enough to calibrate (n_init = {n_init}); \
                 give fewer with --n-init or another file with --fit"
            )),
            Some(_) => note(format!(
                "{count} of {all} streams were not judged: they have too few values to calibrate \
                 (n_init = {n_init}); give fewer with --n-init or another file with --fit"
            )),
            None => {}
        }
    }
}
