//! What a tail keeps in addition where the stream may move: when its excesses came, and which shape it had before.
//!
//! **Clusters.** Where neighbours depend on each other excesses come in clusters, and the k excesses of a buffer say no
//! more of the tail than k/c that are independent, c being the mean size of a cluster. So the posterior counts each excess
//! as 1/c of one. c is the inverse of the extremal index, which the gaps T between excesses give (Ferro and Segers 2003,
//! equation 5):
//!
//! ```text
//! 1/c = 2 (Σ (T - 1))² / (n Σ (T - 1)(T - 2))
//! ```
//!
//! **Shape.** The scale of a tail moves with the stream, its shape hardly does. The buffer forgets both after `max_excess`
//! excesses, too early to know the shape well. So each full turn of the buffer is a block that leaves an estimate of the
//! shape behind; a Kalman filter over the blocks is the prior of the shape for what comes. How far the shape moves from
//! block to block is learned: it is what the estimates differ by, beyond their own variance.

use std::collections::VecDeque;

/// Fewer gaps say nothing of clusters.
const LEAST_GAPS: usize = 20;
/// Gaps by chance look like clusters of up to 1 + this/√n, rarely more.
const BY_CHANCE: f64 = 1.0;
/// However large the clusters are, at least this many excesses count.
const LEAST_EFFECTIVE: f64 = 5.0;

/// From one block to the next a shape is taken to move by this much before anything is known, which counts like
/// `FIRST_BLOCKS` blocks, and at least by `LEAST_MOVE`.
const FIRST_MOVE: f64 = 0.1;
const FIRST_BLOCKS: f64 = 4.0;
const LEAST_MOVE: f64 = 0.03;
/// The movement is a mean over this many blocks.
const MOST_BLOCKS: f64 = 50.0;

/// No shape, cluster or variance is beyond this.
pub(crate) const MOST: f64 = 1e9;

/// What is known of a tail besides its excesses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Background {
    /// The mean size of a cluster of excesses, at least 1.
    pub(crate) cluster: f64,
    /// The prior of the shape: its mean, and 1/deviation (0 for none).
    pub(crate) shape: f64,
    pub(crate) sharpness: f64,
}

impl Default for Background {
    fn default() -> Self {
        Background { cluster: 1.0, shape: 0.0, sharpness: 0.0 }
    }
}

impl Background {
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(self) -> bool {
        (1.0..MOST).contains(&self.cluster)
            && self.shape.abs() < MOST
            && (0.0..MOST).contains(&self.sharpness)
    }

    #[inline]
    pub(crate) fn is_shape_known(&self) -> bool {
        self.sharpness > 0.0
    }

    /// How many independent excesses say as much as k excesses.
    #[inline]
    pub(crate) fn effective(&self, k: f64) -> f64 {
        (k / self.cluster).max(LEAST_EFFECTIVE.min(k))
    }
}

/// An estimate of the shape.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl Estimate {
    /// Whether excesses can lead to it.
    pub(crate) fn is_sound(self) -> bool {
        self.mean.abs() < MOST && (0.0..MOST).contains(&self.variance)
    }
}

/// When the excesses of a buffer came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Arrivals {
    /// Values learned when each entry was.
    marks: VecDeque<u64>,
    /// Σ (T - 1)(T - 2).
    squares: u128,
}

impl Arrivals {
    #[cfg(feature = "snapshot")]
    pub(crate) fn new(marks: VecDeque<u64>) -> Self {
        let gaps = marks.iter().zip(marks.iter().skip(1));
        let squares = gaps.map(|(before, after)| square(*before, *after)).sum();
        Arrivals { marks, squares }
    }

    #[cfg(feature = "snapshot")]
    pub(crate) fn into_marks(self) -> VecDeque<u64> {
        self.marks
    }

    /// An entry came, and the oldest ones of more than `most` left.
    pub(crate) fn push(&mut self, mark: u64, most: usize) {
        if let Some(last) = self.marks.back() {
            self.squares += square(*last, mark);
        }
        self.marks.push_back(mark);
        while self.marks.len() > most {
            let oldest = self.marks.pop_front();
            if let (Some(oldest), Some(next)) = (oldest, self.marks.front()) {
                self.squares -= square(oldest, *next);
            }
        }
    }

    /// Values between the oldest entry and the n-th learned value.
    pub(crate) fn span(&self, n: u64) -> u64 {
        self.marks.front().map_or(0, |oldest| n.saturating_sub(*oldest))
    }

    /// The mean size of a cluster.
    pub(crate) fn cluster(&self) -> f64 {
        let gaps = self.marks.len().saturating_sub(1);
        if gaps < LEAST_GAPS || self.squares == 0 {
            return 1.0;
        }
        let (first, last) = (self.marks[0], self.marks[gaps]);
        let n = gaps as f64;
        let sum = last.saturating_sub(first) as f64 - n;
        if !(sum > 0.0) {
            return 1.0;
        }
        let cluster = n * self.squares as f64 / (2.0 * sum * sum);
        (cluster / (1.0 + BY_CHANCE / n.sqrt())).clamp(1.0, 0.5 * MOST)
    }
}

fn square(before: u64, after: u64) -> u128 {
    let gap = after.saturating_sub(before);
    u128::from(gap.saturating_sub(1)) * u128::from(gap.saturating_sub(2))
}

/// The shape of the blocks so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ShapeMemory {
    /// Of the blocks before the last one.
    pub(crate) before: Estimate,
    pub(crate) last: Estimate,
    /// The variance of a movement from one block to the next.
    pub(crate) movement: f64,
    pub(crate) blocks: u32,
    /// Entries since the last block.
    pub(crate) age: usize,
}

impl ShapeMemory {
    /// An entry came; returns whether that completes a block of this size.
    pub(crate) fn completes(&mut self, block: usize) -> bool {
        self.age += 1;
        self.age >= block
    }

    pub(crate) fn take(&mut self, block: Estimate) {
        self.age = 0;
        let moved = block.mean - self.last.mean;
        match self.blocks {
            0 => self.movement = FIRST_MOVE * FIRST_MOVE,
            blocks => {
                let of_chance = block.variance + self.last.variance;
                let weight = 1.0 / (f64::from(blocks) + FIRST_BLOCKS).min(MOST_BLOCKS);
                self.movement += weight * (moved * moved - of_chance - self.movement);
                self.before = self.filtered();
            }
        }
        self.last = block;
        self.blocks = self.blocks.saturating_add(1);
    }

    fn step(&self) -> f64 {
        self.movement.max(LEAST_MOVE * LEAST_MOVE)
    }

    /// The blocks before the last one, and it.
    fn filtered(&self) -> Estimate {
        if self.blocks < 2 {
            return self.last;
        }
        let variance = self.before.variance + self.step();
        let gain = variance / (variance + self.last.variance);
        let mean = self.before.mean + gain * (self.last.mean - self.before.mean);
        Estimate { mean, variance: (1.0 - gain) * variance }
    }

    /// What the blocks before the last one say of what the buffer holds: the last block leaves it, and the next one comes.
    fn prior(&self) -> Option<Estimate> {
        let variance = self.before.variance + 2.0 * self.step();
        (self.blocks >= 2).then_some(Estimate { mean: self.before.mean, variance })
    }
}

/// What a tail of a stream that may move keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moving {
    pub(crate) arrivals: Arrivals,
    pub(crate) memory: ShapeMemory,
}

impl Moving {
    pub(crate) fn new(arrivals: Arrivals) -> Self {
        Moving { arrivals, memory: ShapeMemory::default() }
    }

    pub(crate) fn background(&self) -> Background {
        let cluster = self.arrivals.cluster();
        match self.memory.prior() {
            Some(Estimate { mean, variance }) => {
                Background { cluster, shape: mean, sharpness: 1.0 / variance.sqrt() }
            }
            None => Background { cluster, ..Background::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(gaps: impl Iterator<Item = u64>) -> VecDeque<u64> {
        let mut at = 0;
        gaps.map(|gap| {
            at += gap;
            at
        })
        .collect()
    }

    #[test]
    fn clusters_of_five_count_as_one() {
        // The long gaps are exponential, by the multiples of the golden ratio.
        let gap = |size: u64, i: u64| match i % size {
            0 => 1 - (250.0 * ((i / size) as f64 * 0.618_033_988_7 + 0.5).fract().ln()) as i64,
            _ => 1,
        };
        let gap = |size, i| gap(size, i).unsigned_abs();
        for (size, low, high) in [(1, 1.0, 1.05), (2, 1.6, 2.1), (5, 4.2, 5.2), (20, 16.0, 20.0)] {
            let cluster = Arrivals::new(marks((0..2001).map(|i| gap(size, i)))).cluster();
            assert!(low <= cluster && cluster < high, "clusters of {size}: {cluster}");
        }
    }

    #[test]
    fn follows_what_comes_and_goes() {
        let gap = |i: u64| 1 + i * i % 97;
        let all = marks((0..500).map(gap));
        let mut arrivals = Arrivals::new(marks((0..100).map(gap)));
        for mark in all.iter().skip(100) {
            arrivals.push(*mark, 100);
        }
        assert_eq!(arrivals, Arrivals::new(all.into_iter().skip(400).collect()));
    }
}
