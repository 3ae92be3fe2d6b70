//! `--fit`: detectors that know their tail before the stream starts.

use std::path::Path;

use tailspot::Error;

use super::streams::Streams;
use crate::failure::{Failure, warn};
use crate::input::{Batch, Rows, Rules, Source};
use crate::time::Clock;

/// Calibrates every stream on its own values in `path`, on the last `last` of them if that is given.
pub(crate) fn on_file(
    streams: &mut Streams,
    rules: &Rules,
    path: &Path,
    last: Option<usize>,
) -> Result<(), Failure> {
    let source = Source::File(path.to_owned());
    let mut selection = streams.selection.clone();
    (selection.time, selection.keep, selection.keep_all) = (None, Vec::new(), false);
    let mut rows =
        Rows::new(vec![source.clone()], selection, rules.clone(), Clock::new(None), &streams.keys);
    let mut samples: Vec<Sample> = Vec::new();
    let mut batch = Batch::default();
    while rows.next(&mut batch)? {
        streams.selection.columns.clone_from(&rows.selection().columns);
        let width = streams.selection.width();
        streams.keys.extend(batch.new_keys.iter().cloned());
        samples.resize(streams.len(), Sample::new(last));
        for (row, values) in batch.values.chunks_exact(width).take(batch.rows).enumerate() {
            let first = batch.keys.get(row).map_or(0, |&key| key as usize * width);
            for (column, &value) in values.iter().enumerate() {
                samples[first + column].push(value);
            }
        }
    }
    samples.resize(streams.len(), Sample::new(last));
    fit(streams, &samples, &source)
}

fn fit(streams: &mut Streams, samples: &[Sample], source: &Source) -> Result<(), Failure> {
    let keyed = streams.selection.is_keyed();
    let mut short = 0;
    for (stream, sample) in samples.iter().enumerate() {
        let mut spot = streams.pool.template().clone();
        match spot.fit(sample.values()) {
            Ok(()) => _ = streams.pool.insert(stream as u64, spot),
            // One rare key must not stop all others.
            Err(Error::TooFewValues { .. }) if keyed => short += 1,
            Err(error) => {
                let column =
                    streams.column(stream).map_or(String::new(), |name| format!(" {name}"));
                return Err(Failure::new(format!("cannot calibrate{column} on {source}: {error}")));
            }
        }
    }
    if short > 0 {
        let all = samples.len();
        warn(format!(
            "{short} of {all} streams have too few values in {source}: they calibrate as they run"
        ));
    }
    Ok(())
}

/// The values of one stream, or the last of them.
#[derive(Clone)]
struct Sample {
    values: Vec<f64>,
    last: usize,
}

impl Sample {
    fn new(last: Option<usize>) -> Self {
        Sample { values: Vec::new(), last: last.unwrap_or(usize::MAX) }
    }

    fn push(&mut self, value: f64) {
        self.values.push(value);
        // Twice as many as wanted, then one move: no ring to unroll.
        if self.values.len() / 2 >= self.last.max(512) {
            self.values.drain(..self.values.len() - self.last);
        }
    }

    fn values(&self) -> &[f64] {
        &self.values[self.values.len().saturating_sub(self.last)..]
    }
}
