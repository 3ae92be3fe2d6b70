//! What becomes of each value: its line, its command, its incident, its place in the picture.

use std::ops::Range;

use tailspot::Event;

use super::Session;
use super::incidents::{Change, Incident};
use super::lines::Lines;
use super::piece::Wanted;
use super::streams::Verdict;
use crate::failure::Failure;
use crate::input::{Batch, Details, Rows};

/// Values that are judged in one call.
const PIECE: usize = 8192;

/// The same where there is a picture, which looks after each piece how well the thresholds are known.
const DRAWN_PIECE: usize = 512;

/// Where a value stands.
#[derive(Clone, Copy)]
struct At {
    /// In the batch.
    row: usize,
    stream: usize,
    /// Of its row in the whole stream.
    index: u64,
}

impl Session {
    /// Judges some rows of a batch, a piece at a time.
    pub(super) fn judge(
        &mut self,
        batch: &Batch,
        range: Range<usize>,
        rows: &mut Rows,
    ) -> Result<(), Failure> {
        let width = self.streams.selection.width();
        let thresholds = self.mode.all || self.gallery.is_some();
        let streams = &self.streams;
        let reasons = self.gallery.as_ref().is_some_and(|gallery| gallery.wants_reasons(streams));
        let wanted = Wanted { thresholds, reasons };
        let most = if self.gallery.is_some() { DRAWN_PIECE } else { PIECE };
        let mut piece = std::mem::take(&mut self.piece);
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + (most / width).max(1));
            let frozen = self.mode.freeze.then_some(&mut self.frozen);
            piece.judge(&mut self.streams.pool, frozen, wanted, batch, start..end, width);
            let first_index = self.streams.rows;
            self.streams.rows += (end - start) as u64;
            let mut judged = 0;
            for place in 0..piece.events.len() {
                let event = piece.events[place];
                // Nearly every value is quiet.
                if event == Event::Normal && !thresholds && self.incidents.are_over() {
                    self.judged += 1;
                    continue;
                }
                let value = batch.values[start * width + place];
                let verdict = match thresholds || event != Event::Normal {
                    true => {
                        judged += 1;
                        piece.verdicts[judged - 1]
                    }
                    false => Verdict::normal(value),
                };
                let at = At {
                    row: start + place / width,
                    stream: piece.streams[place] as usize,
                    index: first_index + (place / width) as u64,
                };
                self.look_at(batch, at, &verdict, piece.why(place), rows);
                if self.report.is_full() {
                    self.report.flush()?;
                }
            }
            if let Some(gallery) = &mut self.gallery {
                gallery.follow_certainty(&self.streams);
            }
            start = end;
        }
        self.piece = piece;
        Ok(())
    }

    /// Everything that a value can be a reason for.
    fn look_at(
        &mut self,
        batch: &Batch,
        at: At,
        verdict: &Verdict,
        why: Option<String>,
        rows: &mut Rows,
    ) {
        if let Some(gallery) = &mut self.gallery {
            gallery.push(at.stream, at.index, batch.time(at.row), verdict, why);
        }
        if self.mode.all || verdict.event != Event::Normal {
            self.report_on(batch, at, verdict, rows);
        } else {
            self.judged += 1;
        }
        self.follow_incidents(batch, at, verdict, rows);
    }

    /// A value that is not quiet, or that has a line like all.
    fn report_on(&mut self, batch: &Batch, at: At, verdict: &Verdict, rows: &mut Rows) {
        let At { row, stream, index } = at;
        let event = verdict.event;
        let is_judged = !matches!(event, Event::InitBatch | Event::Calibration | Event::Missing);
        self.judged += u64::from(is_judged);
        if event.is_alert() || event == Event::Calibration {
            self.alerts += u64::from(event.is_alert());
            self.notes.event(&self.streams, stream, event);
        }
        let has_line = self.mode.all || event.is_alert() && !self.mode.incidents;
        let has_command = event.is_alert() && !self.mode.incidents && self.mode.exec.is_some();
        if !has_line && !has_command {
            return;
        }
        let details = rows.details(batch, row);
        let lines = Lines { selection: &self.streams.selection, mode: &self.mode };
        let names = (self.streams.column(stream), self.streams.key(stream));
        if has_line {
            lines.value(&mut self.report, index, verdict, names, stream, &details);
        }
        if let (true, Some(exec)) = (has_command, &self.mode.exec) {
            exec.run(&lines.variables(index, verdict, names, stream, &details, None));
        }
    }

    fn follow_incidents(&mut self, batch: &Batch, at: At, verdict: &Verdict, rows: &mut Rows) {
        let At { row, stream, index } = at;
        let change = self.incidents.take(stream, index, batch.time(row), verdict);
        if matches!(change, Change::None) {
            return;
        }
        if let Change::Ended(incident) = &change {
            if let Some(gallery) = &mut self.gallery {
                gallery.end(incident);
            }
            if self.mode.incidents {
                self.write_end(incident);
            }
            return;
        }
        if self.mode.incidents {
            let details = rows.details(batch, row);
            let value = details.values.get(stream % self.streams.selection.width());
            let time = details.time.as_deref().unwrap_or_default();
            self.incidents.describe(stream, time, value.map_or("", String::as_str));
            if matches!(change, Change::Started) {
                self.start_incident(stream, index, verdict, &details);
            }
        }
    }

    fn start_incident(&mut self, stream: usize, index: u64, verdict: &Verdict, details: &Details) {
        let Some(incident) = self.incidents.open(stream) else { return };
        let lines = Lines { selection: &self.streams.selection, mode: &self.mode };
        let names = (self.streams.column(stream), self.streams.key(stream));
        lines.start(&mut self.report, incident, names, stream, details);
        if let Some(exec) = &self.mode.exec {
            let number = Some(incident.number);
            exec.run(&lines.variables(index, verdict, names, stream, details, number));
        }
    }

    pub(super) fn write_end(&mut self, incident: &Incident) {
        let stream = incident.stream;
        let lines = Lines { selection: &self.streams.selection, mode: &self.mode };
        let names = (self.streams.column(stream), self.streams.key(stream));
        lines.end(&mut self.report, incident, names);
    }
}
