//! The detectors: one for each column, or for each column and key.

use tailspot::{Config, Event, Pool, Side, Spot};

use crate::failure::Failure;
use crate::input::Selection;

/// All detectors of a run. A stream has a number: that of its key, times the number of columns, plus that of its column.
pub(crate) struct Streams {
    pub(crate) selection: Selection,
    /// The keys by their numbers; empty without a key column.
    pub(crate) keys: Vec<String>,
    /// By the numbers of the streams.
    pub(crate) pool: Pool,
    /// Rows of the whole stream that were judged.
    pub(crate) rows: u64,
}

/// A value and the verdict of its detector, by the model as it was before the value.
#[derive(Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) value: f64,
    pub(crate) event: Event,
    pub(crate) upper: f64,
    pub(crate) lower: f64,
    /// The tail probability of a value in a tail.
    pub(crate) probability: f64,
}

impl Verdict {
    pub(crate) fn new(value: f64, verdict: tailspot::Verdict) -> Self {
        let tailspot::Verdict { event, upper, lower, probability, .. } = verdict;
        Verdict { value, event, upper, lower, probability }
    }

    /// A value that is not in a tail, without its thresholds.
    pub(super) fn normal(value: f64) -> Self {
        let [upper, lower, probability] = [f64::NAN; 3];
        Verdict { value, event: Event::Normal, upper, lower, probability }
    }

    /// The threshold on the side of the event.
    pub(crate) fn threshold(&self) -> f64 {
        match self.event.side() {
            Some(Side::Up) => self.upper,
            Some(Side::Down) => self.lower,
            None => f64::NAN,
        }
    }
}

impl Streams {
    /// Detectors that have seen nothing. Those of a key are made when it comes.
    pub(crate) fn new(config: Config, selection: Selection) -> Result<Self, Failure> {
        Ok(Streams { selection, keys: Vec::new(), pool: Pool::new(config)?, rows: 0 })
    }

    pub(crate) fn config(&self) -> &Config {
        self.pool.template().config()
    }

    /// Whether thresholds move with every value.
    pub(crate) fn has_baseline(&self) -> bool {
        has_baseline(self.config())
    }

    /// How many streams there are.
    pub(crate) fn len(&self) -> usize {
        let groups = if self.selection.is_keyed() { self.keys.len() } else { 1 };
        groups * self.selection.width()
    }

    /// The detector of a stream as it is now.
    pub(crate) fn spot(&self, stream: usize) -> Spot {
        self.pool.get(stream as u64).unwrap_or_else(|| self.pool.template().clone())
    }

    /// The name of the column of a stream, where columns were asked for.
    pub(crate) fn column(&self, stream: usize) -> Option<&str> {
        let column = stream % self.selection.width();
        self.selection.columns.get(column).map(String::as_str)
    }

    /// The key of a stream, where there are keys.
    pub(crate) fn key(&self, stream: usize) -> Option<&str> {
        self.keys.get(stream / self.selection.width()).map(String::as_str)
    }
}

/// Whether thresholds move with every value: with a baseline that is not plain, and those of a set.
pub(super) fn has_baseline(config: &Config) -> bool {
    config.warm_up() > 0 || config.baselines.len() > 1
}

/// Detectors that judge and do not learn.
#[derive(Default)]
pub(crate) struct Frozen(Vec<Option<Spot>>);

impl Frozen {
    /// Judges one value by the detector as it is in the pool.
    pub(crate) fn judge(&mut self, pool: &Pool, stream: usize, value: f64) -> Verdict {
        if self.0.len() <= stream {
            self.0.resize(stream + 1, None);
        }
        let get = || pool.get(stream as u64).unwrap_or_else(|| pool.template().clone());
        Verdict::new(value, self.0[stream].get_or_insert_with(get).judge(value))
    }
}
