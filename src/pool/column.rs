//! A column of keys and values, sorted by shard and back again, without copying more than a part of it at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::detector::Outputs;

use super::batch::{Answers, Batch, Piece, SortBuffer};
use super::hash::{Hash, SHARDS};
use super::shard::Shard;
use super::stream::Template;

/// Values that are sorted together. A place in a block fits in 16 bits.
const BLOCK: usize = 1 << 14;
/// Fewer values are not worth other threads.
const FEW: usize = 1 << 12;

/// A part of a column: blocks of values, each in the order of the shards. What all blocks hold lies together, so that
/// the allocator gives it back to the system.
#[derive(Debug)]
pub(super) struct Part {
    keys: Vec<u64>,
    values: Vec<f64>,
    places: Vec<u16>,
    /// Where each shard begins in each block, and the end.
    starts: Vec<[u16; SHARDS + 1]>,
}

/// Puts a block in the order of the shards.
fn sort(
    hash: Hash,
    (keys, values): (&[u64], &[f64]),
    (keys_out, values_out, places_out): (&mut [u64], &mut [f64], &mut [u16]),
) -> [u16; SHARDS + 1] {
    let mut shards = [0_u8; BLOCK];
    let mut starts = [0; SHARDS + 1];
    for (shard, key) in shards.iter_mut().zip(keys) {
        *shard = Hash::shard(hash.of(*key)) as u8;
        starts[usize::from(*shard) + 1] += 1;
    }
    for shard in 0..SHARDS {
        starts[shard + 1] += starts[shard];
    }
    let mut next = starts;
    for place in 0..keys.len() {
        let to = &mut next[usize::from(shards[place])];
        keys_out[usize::from(*to)] = keys[place];
        values_out[usize::from(*to)] = values[place];
        places_out[usize::from(*to)] = place as u16;
        *to += 1;
    }
    starts
}

impl Part {
    pub(super) fn new(hash: Hash, keys: &[u64], values: &[f64]) -> Self {
        let len = keys.len();
        let mut part = Part {
            keys: vec![0; len],
            values: vec![0.0; len],
            places: vec![0; len],
            starts: Vec::new(),
        };
        let sorted = (&mut part.keys, &mut part.values, &mut part.places);
        let given = (keys.par_chunks(BLOCK), values.par_chunks(BLOCK)).into_par_iter();
        let out = (
            sorted.0.par_chunks_mut(BLOCK),
            sorted.1.par_chunks_mut(BLOCK),
            sorted.2.par_chunks_mut(BLOCK),
        );
        part.starts =
            given.zip(out.into_par_iter()).map(|(given, out)| sort(hash, given, out)).collect();
        part
    }

    /// What a block holds of a shard.
    fn piece(&self, block: usize, shard: usize) -> Piece<'_> {
        let [begin, end] =
            [0, 1].map(|i| BLOCK * block + usize::from(self.starts[block][shard + i]));
        let (keys, values) = (&self.keys[begin..end], &self.values[begin..end]);
        Piece {
            keys,
            values,
            places: &self.places[begin..end],
            begin: (BLOCK * block) as u32,
            first: 0,
        }
    }

    fn pieces(&self, shard: usize) -> impl Iterator<Item = Piece<'_>> {
        (0..self.starts.len()).map(move |block| self.piece(block, shard))
    }

    /// How many values have a key that no shard knows.
    pub(super) fn unknown(&self, hash: Hash, shards: &[Shard]) -> usize {
        let unknown = |(number, shard): (usize, &Shard)| {
            let keys = self.pieces(number).flat_map(|piece| piece.keys);
            keys.filter(|key| shard.find(hash.of(**key), **key).is_none()).count()
        };
        shards.par_iter().enumerate().with_min_len(self.least_shards()).map(unknown).sum()
    }

    /// Judges the values; the first is seen at `clock`.
    pub(super) fn judge(
        &self,
        shards: &mut [Shard],
        template: &Template,
        clock: u64,
        mut outputs: Outputs<'_>,
    ) {
        let wants = (outputs.wants_thresholds(), outputs.wants_probability());
        let buffers = Mutex::new(Vec::new());
        let run = |(number, shard): (usize, &mut Shard)| {
            let batch = self.batch(number, wants, clock);
            let mut buffer: SortBuffer = lock(&buffers).pop().unwrap_or_default();
            let answers = shard.run(&batch, template, &mut buffer);
            lock(&buffers).push(buffer);
            answers
        };
        let least = self.least_shards();
        let answers: Vec<Answers> =
            shards.par_iter_mut().enumerate().with_min_len(least).map(run).collect();
        self.put_back(&answers, &mut outputs);
    }

    /// The batch of a shard.
    fn batch(
        &self,
        number: usize,
        (wants_thresholds, wants_probability): (bool, bool),
        clock: u64,
    ) -> Batch<'_> {
        let mut pieces: Vec<_> = self.pieces(number).collect();
        let mut len = 0;
        for piece in &mut pieces {
            piece.first = len as u32;
            len += piece.keys.len();
        }
        Batch { pieces, len, wants_thresholds, wants_probability, clock }
    }

    /// From the answers of every shard to the order of the column.
    fn put_back(&self, answers: &[Answers], outputs: &mut Outputs<'_>) {
        let mut begins = vec![[0; SHARDS]; self.starts.len()];
        for i in 1..begins.len() {
            let len =
                |shard| usize::from(self.starts[i - 1][shard + 1] - self.starts[i - 1][shard]);
            begins[i] = std::array::from_fn(|shard| begins[i - 1][shard] + len(shard));
        }
        let blocks = begins.iter().enumerate();
        let outputs: Vec<_> = blocks.map(|block| (block, outputs.split_off(BLOCK))).collect();
        outputs.into_par_iter().for_each(|((block, begins), mut outputs)| {
            for (shard, answers) in answers.iter().enumerate() {
                let places =
                    self.piece(block, shard).places.iter().map(|place| usize::from(*place));
                let from = begins[shard];
                for (place, event) in places.clone().zip(&answers.events[from..]) {
                    outputs.put_event(place, *event);
                }
                if outputs.wants_thresholds() {
                    for (place, thresholds) in places.clone().zip(&answers.thresholds[from..]) {
                        outputs.put_thresholds(place, *thresholds);
                    }
                }
                if outputs.wants_probability() {
                    for (place, probability) in places.zip(&answers.probability[from..]) {
                        outputs.put_probability(place, *probability);
                    }
                }
            }
        });
    }

    /// Shards that a thread takes at least.
    fn least_shards(&self) -> usize {
        if self.keys.len() < FEW { SHARDS } else { 1 }
    }
}

/// Its contents are valid for one call only.
fn lock<T>(buffers: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    buffers.lock().unwrap_or_else(PoisonError::into_inner)
}
