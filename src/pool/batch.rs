//! The values of a column that one shard judges, and its answers.

use crate::event::Event;

/// Values of a shard in the order of their column.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) len: usize,
    pub(super) wants_thresholds: bool,
    pub(super) wants_probability: bool,
    /// When the part of the column begins.
    pub(super) clock: u64,
}

/// Values that stand together in memory.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    pub(super) keys: &'a [u64],
    pub(super) values: &'a [f64],
    /// Where they are after the beginning of their block, and where that is in the part of the column.
    pub(super) places: &'a [u16],
    pub(super) begin: u32,
    /// Numbers of the batch that come before.
    pub(super) first: u32,
}

/// A value of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) value: f64,
    /// Its number in the batch.
    pub(super) i: u32,
    /// Its number in the part of the column.
    pub(super) place: u32,
}

impl Piece<'_> {
    #[inline]
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        let placed = self.values.iter().zip(self.places);
        (self.first..).zip(placed).map(|(i, (value, place))| Entry {
            value: *value,
            i,
            place: self.begin + u32::from(*place),
        })
    }
}

/// The answers to a batch in its order; the thresholds that it was judged by, and the tail probabilities, where they are
/// wanted.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) events: Vec<Event>,
    pub(super) thresholds: Vec<[f64; 2]>,
    pub(super) probability: Vec<f64>,
}

impl Answers {
    pub(super) fn new(batch: &Batch) -> Self {
        let wanted = |is_wanted: bool| if is_wanted { batch.len } else { 0 };
        Answers {
            events: vec![Event::Normal; batch.len],
            thresholds: vec![[f64::NAN; 2]; wanted(batch.wants_thresholds)],
            probability: vec![f64::NAN; wanted(batch.wants_probability)],
        }
    }
}

/// Memory to sort batches in, one after the other.
#[derive(Debug, Default)]
pub(super) struct SortBuffer {
    pub(super) slots: Vec<u32>,
    entries: Vec<Entry>,
    /// Where the entries of each slot end.
    ends: Vec<u32>,
}

impl SortBuffer {
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.ends.clear();
    }

    /// Groups the entries by slot, in order.
    pub(super) fn sort(&mut self, batch: &Batch) {
        let most = self.slots.iter().max().map_or(0, |slot| *slot as usize + 1);
        self.ends.resize(most, 0);
        for slot in &self.slots {
            self.ends[*slot as usize] += 1;
        }
        let mut begin = 0;
        for end in &mut self.ends {
            (*end, begin) = (begin, begin + *end);
        }
        self.entries.resize(self.slots.len(), Entry::default());
        let mut slots = self.slots.iter();
        for piece in &batch.pieces {
            for (entry, slot) in piece.entries().zip(&mut slots) {
                let to = &mut self.ends[*slot as usize];
                self.entries[*to as usize] = entry;
                *to += 1;
            }
        }
    }

    /// The slots in ascending order, with their entries.
    pub(super) fn by_slot(&self) -> impl Iterator<Item = (u32, &[Entry])> {
        let mut begin = 0;
        (0..).zip(&self.ends).map(move |(slot, end)| {
            let entries = &self.entries[begin..*end as usize];
            begin = *end as usize;
            (slot, entries)
        })
    }
}
