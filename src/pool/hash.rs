//! Where a key belongs.

use std::hash::{BuildHasher, RandomState};

/// Shards of a pool, a power of two: enough to keep many threads busy and the streams of a shard in the cache.
pub(super) const SHARDS: usize = 64;

/// A hash with two secret numbers, drawn for each pool, so that nobody can choose keys that collide. No answer depends
/// on them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash {
    add: u64,
    factor: u64,
}

impl Hash {
    pub(super) fn new() -> Self {
        let draw = || RandomState::new().hash_one(0);
        Hash { add: draw(), factor: draw() | 1 }
    }

    /// The halves of the product, folded.
    #[inline]
    pub(super) fn of(self, key: u64) -> u64 {
        let product = u128::from(key ^ self.add) * u128::from(self.factor);
        product as u64 ^ (product >> 64) as u64
    }

    /// The tables of the shards use the low bits of a hash and its highest seven: this takes others.
    #[inline]
    pub(super) fn shard(hash: u64) -> usize {
        (hash >> 40) as usize % SHARDS
    }
}
