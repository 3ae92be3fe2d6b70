//! One run over a stream: judge, report, save, and write everything at the end.

mod calibrate;
mod exec;
pub(crate) mod incidents;
mod judging;
mod lines;
mod lock;
mod notes;
mod piece;
pub(crate) mod signals;
mod state;
pub(crate) mod streams;
mod summary;

use std::io::{self, Write};
use std::path::PathBuf;

use crate::failure::{Failure, warn};
use crate::input::{Batch, Position, Rows, Selection};
use crate::output::Report;
use crate::plot::Gallery;
use crate::time::Clock;
pub(crate) use calibrate::on_file;
pub(crate) use exec::Exec;
use incidents::Incidents;
use lines::Lines;
use notes::Notes;
use piece::Piece;
pub(crate) use state::{Saved, StateFile, load};
use streams::{Frozen, Streams};
pub(crate) use summary::interval;

/// What to write besides the lines of the report.
#[derive(Default)]
pub(crate) struct Artifacts {
    pub(crate) plot: Option<PathBuf>,
    pub(crate) state: Option<StateFile>,
    /// Also save the state every this many rows.
    pub(crate) checkpoint: Option<u64>,
    pub(crate) summary: bool,
}

/// What becomes of the values.
#[derive(Default)]
pub(crate) struct Mode {
    pub(crate) all: bool,
    pub(crate) incidents: bool,
    pub(crate) exec: Option<Exec>,
    /// Judge without learning.
    pub(crate) freeze: bool,
    pub(crate) exit_code: bool,
    /// Somebody waits for answers.
    pub(crate) live: bool,
    /// Nobody knows when the input ends.
    pub(crate) endless: bool,
}

pub(crate) struct Session {
    streams: Streams,
    report: Report,
    artifacts: Artifacts,
    mode: Mode,
    gallery: Option<Gallery>,
    incidents: Incidents,
    notes: Notes,
    frozen: Frozen,
    piece: Piece,
    /// The columns as the user named them.
    asked: Vec<String>,
    position: Option<Position>,
    clock: Option<Clock>,
    name: Option<String>,
    bad_rows: u64,
    judged: u64,
    alerts: u64,
    /// Lines could not be written: the detectors are ahead of what anybody has read.
    ahead: bool,
    /// Rows since the state was saved.
    dirty: bool,
    saving_fails: bool,
    failed: bool,
    finished: bool,
}

impl Session {
    pub(crate) fn new(
        streams: Streams,
        saved: Saved,
        report: Report,
        artifacts: Artifacts,
        mode: Mode,
        gallery: Option<Gallery>,
    ) -> Self {
        // A summary stands alone on standard error, unless somebody waits.
        let notes = Notes::new(mode.live, mode.live || mode.endless && !artifacts.summary);
        let Saved { incidents, position, asked } = saved;
        Session {
            streams,
            report,
            artifacts,
            mode,
            gallery,
            incidents,
            notes,
            frozen: Frozen::default(),
            piece: Piece::default(),
            asked,
            position,
            clock: None,
            name: None,
            bad_rows: 0,
            judged: 0,
            alerts: 0,
            ahead: false,
            dirty: false,
            saving_fails: false,
            failed: false,
            finished: false,
        }
    }

    /// Judges rows in order and passes on their lines.
    pub(crate) fn take(&mut self, batch: &Batch, rows: &mut Rows) -> Result<(), Failure> {
        self.learn_names(batch, rows);
        let mut done = 0;
        while done < batch.rows {
            let end = batch.rows.min(done.saturating_add(self.until_checkpoint()));
            let outcome = self.judge(batch, done..end, rows).and_then(|()| self.report.flush());
            if let Err(Failure::Output(why)) = outcome {
                self.ahead = true;
                return Err(Failure::Output(why));
            }
            // Lines first: a saved state means that its alerts were written.
            done = end;
            self.dirty = true;
            self.position = rows.position(batch, done).or(self.position.take());
            outcome?;
            // The first rows too: from then on it is known which file was read.
            let is_new = self.artifacts.state.as_ref().is_some_and(StateFile::is_new);
            if is_new && self.mode.live || self.at_checkpoint() {
                self.checkpoint();
            }
        }
        self.notes.progress(&self.streams);
        Ok(())
    }

    /// What the input says about itself.
    fn learn_names(&mut self, batch: &Batch, rows: &Rows) {
        self.streams.keys.extend(batch.new_keys.iter().cloned());
        self.bad_rows = rows.faults().count;
        if self.name.is_none() {
            self.name = rows.name().map(str::to_owned);
        }
        if !self.report.has_begun() {
            self.streams.selection.clone_from(rows.selection());
            self.begin(&rows.kept());
            let timed = self.streams.selection.time.is_some();
            self.gallery.iter_mut().for_each(|gallery| gallery.set_timed(timed));
        }
        if self.streams.selection.time.is_some() {
            self.clock = Some(rows.clock().clone());
        }
    }

    fn begin(&mut self, kept: &[String]) {
        let lines = Lines { selection: &self.streams.selection, mode: &self.mode };
        self.report.begin(lines.columns(kept));
    }

    /// Rows were bad, of which the session sees nothing.
    pub(crate) fn count_bad_rows(&mut self, count: u64) {
        self.bad_rows = count;
    }

    /// The run ends before its input does: what its detectors lack is not the user's first concern.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// Writes what was asked for; the second time nothing.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        let outcome = self.write_artifacts();
        // A summary has it.
        if !self.failed && !self.artifacts.summary {
            self.notes.doubts(&self.streams);
            self.notes.looks(&self.streams);
            // With a state file the calibration continues next time.
            if self.artifacts.state.is_none() {
                self.notes.conclude(&self.streams);
            }
        }
        // Others may have the state now.
        self.artifacts.state = None;
        outcome
    }

    fn write_artifacts(&mut self) -> Result<(), Failure> {
        if !self.report.has_begun() {
            let kept = self.streams.selection.keep.clone();
            self.begin(&kept);
        }
        if self.mode.incidents && self.artifacts.state.is_none() {
            let open: Vec<_> = self.incidents.unfinished().into_iter().cloned().collect();
            open.iter().for_each(|incident| self.write_end(incident));
        }
        let mut outcome = match self.report.flush() {
            Err(Failure::ClosedPipe) => Ok(()),
            outcome => outcome,
        };
        self.ahead |= outcome.is_err();
        if !self.ahead {
            outcome = outcome.and(self.save());
        }
        if let (Some(path), Some(gallery)) = (&self.artifacts.plot, &mut self.gallery) {
            for incident in self.incidents.unfinished() {
                gallery.end(incident);
            }
            let written =
                gallery.write(path, &self.streams, self.name.as_deref(), self.clock.as_ref());
            outcome = outcome.and(written);
        }
        if self.artifacts.summary {
            let text = summary::text(&self.streams, self.bad_rows);
            // Standard error may be closed; then the note is lost.
            let _ = writeln!(io::stderr(), "{text}");
        }
        outcome
    }

    /// The exit status of a run that ended well.
    pub(crate) fn status(&self) -> Result<u8, Failure> {
        match self.mode.exit_code {
            false => Ok(0),
            true if self.judged == 0 => Err(Failure::new("nothing was judged")),
            true => Ok(u8::from(self.alerts > 0)),
        }
    }

    pub(crate) fn has_state(&self) -> bool {
        self.artifacts.state.is_some()
    }

    /// Saves the state during the run; a full disk does not end the run.
    pub(crate) fn checkpoint(&mut self) {
        if self.finished || self.ahead || !self.dirty {
            return;
        }
        match self.save() {
            Ok(()) => self.saving_fails = false,
            Err(Failure::Message(why) | Failure::Output(why)) => {
                if !std::mem::replace(&mut self.saving_fails, true) {
                    warn(format!(
                        "{why}; the old state stays, and the next checkpoint tries again"
                    ));
                }
            }
            Err(Failure::ClosedPipe) => {}
        }
    }

    fn save(&mut self) -> Result<(), Failure> {
        let Some(state) = &mut self.artifacts.state else { return Ok(()) };
        if self.mode.freeze {
            return Ok(());
        }
        state.save(&self.streams, &self.incidents, self.position.as_ref(), &self.asked)?;
        self.dirty = false;
        Ok(())
    }

    fn until_checkpoint(&self) -> usize {
        let every = self.artifacts.checkpoint.unwrap_or(u64::MAX);
        usize::try_from(every - self.streams.rows % every).unwrap_or(usize::MAX)
    }

    fn at_checkpoint(&self) -> bool {
        self.artifacts.checkpoint.is_some_and(|every| self.streams.rows.is_multiple_of(every))
    }
}

/// Several columns or keys: lines say whose they are.
impl Selection {
    pub(crate) fn named(&self) -> bool {
        !self.columns.is_empty()
    }
}
