//! A column of keys and values, sorted by shard and back again, without copying more than a part of it at a time.

use rayon::prelude::*;

use crate::batch::Outputs;

use super::hash::{Hash, SHARDS};
use super::shard::{Answers, Batch, Shard};
use super::stream::Template;

/// Values that are sorted together. A place in a block fits in 16 bits.
const BLOCK: usize = 1 << 14;
/// Fewer values are not worth other threads.
const FEW: usize = 1 << 12;

/// Values in the order of their shards.
#[derive(Debug)]
struct Block {
    keys: Vec<u64>,
    values: Vec<f64>,
    places: Vec<u16>,
    /// Where each shard begins, and the end.
    starts: [usize; SHARDS + 1],
}

impl Block {
    fn new(hash: Hash, keys: &[u64], values: &[f64]) -> Self {
        let shards: Vec<u8> = keys.iter().map(|key| Hash::shard(hash.of(*key)) as u8).collect();
        let mut starts = [0; SHARDS + 1];
        for shard in &shards {
            starts[usize::from(*shard) + 1] += 1;
        }
        for shard in 0..SHARDS {
            starts[shard + 1] += starts[shard];
        }
        let (mut next, len) = (starts, keys.len());
        let mut block =
            Block { keys: vec![0; len], values: vec![0.0; len], places: vec![0; len], starts };
        for (place, shard) in shards.into_iter().enumerate() {
            let to = &mut next[usize::from(shard)];
            block.keys[*to] = keys[place];
            block.values[*to] = values[place];
            block.places[*to] = place as u16;
            *to += 1;
        }
        block
    }

    fn range(&self, shard: usize) -> std::ops::Range<usize> {
        self.starts[shard]..self.starts[shard + 1]
    }
}

/// A part of a column.
#[derive(Debug)]
pub(super) struct Part {
    blocks: Vec<Block>,
    len: usize,
}

impl Part {
    pub(super) fn new(hash: Hash, keys: &[u64], values: &[f64]) -> Self {
        let blocks = (keys.par_chunks(BLOCK), values.par_chunks(BLOCK))
            .into_par_iter()
            .map(|(keys, values)| Block::new(hash, keys, values))
            .collect();
        Part { blocks, len: keys.len() }
    }

    /// How many values have a key that no shard knows.
    pub(super) fn unknown(&self, hash: Hash, shards: &[Shard]) -> usize {
        let unknown = |(number, shard): (usize, &Shard)| {
            let keys = self.blocks.iter().flat_map(|block| &block.keys[block.range(number)]);
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
        let run = |(number, shard): (usize, &mut Shard)| {
            let len = self.blocks.iter().map(|block| block.range(number).len()).sum();
            let mut batch = Batch::with_capacity(len, outputs.wants_thresholds());
            for (block, begin) in self.blocks.iter().zip((0..).step_by(BLOCK)) {
                let range = block.range(number);
                batch.values.extend(&block.values[range.clone()]);
                batch
                    .places
                    .extend(block.places[range.clone()].iter().map(|p| begin + u32::from(*p)));
                shard.enter_all(&block.keys[range], template, &mut batch.slots);
            }
            shard.run(&batch, clock, template)
        };
        let least = self.least_shards();
        let answers: Vec<Answers> =
            shards.par_iter_mut().enumerate().with_min_len(least).map(run).collect();
        self.put_back(&answers, &mut outputs);
    }

    /// From the answers of every shard to the order of the column.
    fn put_back(&self, answers: &[Answers], outputs: &mut Outputs<'_>) {
        let mut begins = vec![[0; SHARDS]; self.blocks.len()];
        for i in 1..self.blocks.len() {
            let before = &self.blocks[i - 1];
            begins[i] =
                std::array::from_fn(|shard| begins[i - 1][shard] + before.range(shard).len());
        }
        let outputs: Vec<_> =
            self.blocks.iter().map(|block| outputs.split_off(block.keys.len())).collect();
        let parts = (&self.blocks, &begins, outputs).into_par_iter();
        parts.for_each(|(block, begins, mut outputs)| {
            for (shard, answers) in answers.iter().enumerate() {
                let places = block.places[block.range(shard)].iter().map(|p| usize::from(*p));
                let from = begins[shard];
                for (place, event) in places.clone().zip(&answers.events[from..]) {
                    outputs.put_event(place, *event);
                }
                if outputs.wants_thresholds() {
                    for (place, thresholds) in places.zip(&answers.thresholds[from..]) {
                        outputs.put_thresholds(place, *thresholds);
                    }
                }
            }
        });
    }

    /// Shards that a thread takes at least.
    fn least_shards(&self) -> usize {
        if self.len < FEW { SHARDS } else { 1 }
    }
}
