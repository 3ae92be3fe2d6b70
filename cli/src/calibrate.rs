//! `--fit`: detectors that know their tail before the stream starts.

use std::path::Path;

use tailspot::Error;

use crate::failure::{Failure, note};
use crate::input::{Batch, Place, Rows};
use crate::streams::Streams;

/// Calibrates every stream on its own values in `path`, on the last `last` of them if that is given.
pub(crate) fn on_file(
    streams: &mut Streams,
    path: &Path,
    last: Option<usize>,
) -> Result<(), Failure> {
    let place = Place::File(path.to_owned());
    let mut rows = Rows::new(vec![place.clone()], streams.wanted.clone(), &streams.keys);
    let mut samples: Vec<Sample> = vec![Sample::new(last); streams.len()];
    let mut batch = Batch::default();
    let width = streams.wanted.width();
    while rows.next(&mut batch)? {
        streams.keys.extend(batch.new_keys.iter().cloned());
        samples.resize(streams.len(), Sample::new(last));
        for (row, values) in batch.values.chunks_exact(width).take(batch.rows).enumerate() {
            let first = batch.keys.get(row).map_or(0, |&key| key as usize * width);
            for (column, &value) in values.iter().enumerate() {
                samples[first + column].push(value);
            }
        }
    }
    fit(streams, &samples, &place)
}

fn fit(streams: &mut Streams, samples: &[Sample], place: &Place) -> Result<(), Failure> {
    let keyed = streams.wanted.key.is_some();
    let mut short = 0;
    for (stream, sample) in samples.iter().enumerate() {
        let mut spot = streams.pool.template().clone();
        match spot.fit(sample.values()) {
            Ok(()) => _ = streams.pool.insert(stream as u64, spot),
            // One rare key is no reason to refuse all others.
            Err(Error::TooFewValues { .. }) if keyed => short += 1,
            Err(error) => {
                let column =
                    streams.column(stream).map_or(String::new(), |name| format!(" {name}"));
                return Err(Failure::new(format!("cannot calibrate{column} on {place}: {error}")));
            }
        }
    }
    if short > 0 {
        let all = samples.len();
        note(format!(
            "{short} of {all} streams have too few values in {place}: they calibrate as they run"
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
