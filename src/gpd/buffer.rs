//! The buffer of the excesses of one side: the last `capacity` entries.
//!
//! An entry is one signed number, so that an excess takes eight bytes: `y > 0` is an excess of `y`, `-y` is
//! an excess known only to be at least `y` (right-censored).

use std::num::NonZeroUsize;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExcessBuffer {
    entries: Vec<f64>,
    /// Where the next entry goes once the buffer is full: the oldest one.
    oldest: usize,
    /// `None` keeps everything.
    capacity: Option<NonZeroUsize>,
    censored: usize,
}

impl ExcessBuffer {
    pub(crate) fn new(capacity: Option<NonZeroUsize>) -> Self {
        ExcessBuffer { entries: Vec::new(), oldest: 0, capacity, censored: 0 }
    }

    /// Stores a signed entry and returns the one that had to go.
    #[inline]
    pub(crate) fn push(&mut self, entry: f64) -> Option<f64> {
        self.censored += usize::from(entry < 0.0);
        if self.capacity.is_none_or(|capacity| self.entries.len() < capacity.get()) {
            self.grow(entry);
            return None;
        }
        let evicted = std::mem::replace(&mut self.entries[self.oldest], entry);
        self.oldest += 1;
        if self.oldest == self.entries.len() {
            self.oldest = 0;
        }
        self.censored -= usize::from(evicted < 0.0);
        Some(evicted)
    }

    /// Out of the hot path. A bounded buffer never holds more memory than its capacity needs.
    #[cold]
    fn grow(&mut self, entry: f64) {
        if self.entries.len() == self.entries.capacity() {
            let wanted = (2 * self.entries.len()).max(16);
            let limit = self.capacity.map_or(wanted, NonZeroUsize::get);
            self.entries.reserve_exact(wanted.min(limit) - self.entries.len());
        }
        self.entries.push(entry);
    }

    /// Keeps the entries for which this is true.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(f64) -> bool) {
        self.entries.rotate_left(self.oldest);
        self.oldest = 0;
        self.entries.retain(|entry| is_kept(*entry));
        self.censored = self.entries.iter().filter(|entry| **entry < 0.0).count();
    }

    pub(crate) fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// Whether the next entry takes the place of another.
    pub(crate) fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.entries.len() == capacity.get())
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub(crate) fn censored(&self) -> usize {
        self.censored
    }

    #[inline]
    pub(crate) fn uncensored(&self) -> usize {
        self.entries.len() - self.censored
    }

    /// A buffer with these entries, of which the one at `oldest` goes first.
    #[cfg(feature = "snapshot")]
    pub(crate) fn restored(
        entries: Vec<f64>,
        oldest: usize,
        capacity: Option<NonZeroUsize>,
    ) -> Self {
        let censored = entries.iter().filter(|entry| **entry < 0.0).count();
        ExcessBuffer { entries, oldest, capacity, censored }
    }

    /// The entries, and which of them goes first.
    #[cfg(feature = "snapshot")]
    pub(crate) fn into_entries(self) -> (Vec<f64>, usize) {
        (self.entries, self.oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_entries_and_counts_the_censored_ones() {
        let mut buffer = ExcessBuffer::new(NonZeroUsize::new(3));
        assert_eq!([1.0, -2.0, 3.0].map(|entry| buffer.push(entry)), [None; 3]);
        assert_eq!(buffer.censored(), 1);
        assert_eq!(buffer.push(4.0), Some(1.0));
        assert_eq!(buffer.push(5.0), Some(-2.0));
        assert_eq!((buffer.censored(), buffer.uncensored()), (0, 3));
        let mut left = buffer.entries().to_vec();
        left.sort_by(f64::total_cmp);
        assert_eq!(left, [3.0, 4.0, 5.0]);
    }

    #[test]
    fn what_is_kept_stays_in_the_order_of_the_stream() {
        let mut buffer = ExcessBuffer::new(NonZeroUsize::new(4));
        [1.0, 9.0, -3.0, 4.0, -8.0, 2.0].iter().for_each(|entry| _ = buffer.push(*entry));
        buffer.retain(|entry| entry.abs() < 5.0);
        assert_eq!((buffer.entries(), buffer.censored()), ([-3.0, 4.0, 2.0].as_slice(), 1));
        assert_eq!([5.0, 6.0].map(|entry| buffer.push(entry)), [None, Some(-3.0)]);
    }

    #[test]
    fn a_bounded_ring_reserves_no_more_than_it_needs() {
        let mut buffer = ExcessBuffer::new(NonZeroUsize::new(200));
        (1..=1000).for_each(|i| _ = buffer.push(f64::from(i)));
        assert_eq!(buffer.entries.capacity(), 200);
    }
}
