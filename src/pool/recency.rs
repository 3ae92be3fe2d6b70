//! Which key was seen least recently.
//!
//! While values are judged, only the time at which each key was last seen is kept. When a key must go, the oldest quarter
//! of all keys becomes a queue, which serves until it is empty. A key of the queue that was seen since is skipped; the
//! first one that was not is the least recently seen of all, because every key outside the queue was seen later. Making
//! a queue reads every key, and the next one is needed only after a quarter of them have gone or been seen.

use std::collections::VecDeque;

/// A stream: when it was last seen, its shard and its slot.
pub(super) type LastSeen = (u64, usize, u32);

#[derive(Clone, Debug, Default)]
pub(super) struct Recency {
    queue: VecDeque<LastSeen>,
}

impl Recency {
    /// The next candidate, which may have been seen since; `None` if a new queue is needed.
    pub(super) fn next(&mut self) -> Option<LastSeen> {
        self.queue.pop_front()
    }

    /// Makes a queue from all streams.
    pub(super) fn renew(&mut self, mut all: Vec<LastSeen>) {
        let oldest = all.len().div_ceil(4);
        if oldest < all.len() {
            all.select_nth_unstable(oldest);
            all.truncate(oldest);
        }
        all.sort_unstable();
        self.queue = all.into();
    }
}
