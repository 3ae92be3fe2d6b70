//! A part of the keys, which one thread at a time looks after.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::event::Event;
use crate::spot::Spot;

use super::hash::Hash;
use super::stream::{Stream, Template};

/// Streams that are allocated together.
const PAGE: usize = 64;
/// Detectors of a shard that are left open, so that streams that fit in the cache are never packed.
const OPEN: usize = 64;
#[derive(Debug)]
pub(super) struct Shard {
    hash: Hash,
    /// From keys to slots.
    index: HashTable<u32>,
    pages: Vec<Vec<Stream>>,
    /// Slots without a key.
    free: Vec<u32>,
    /// Slots whose detector was opened, the first one first.
    open: VecDeque<u32>,
    scratch: Vec<u8>,
}

impl Shard {
    pub(super) fn new(hash: Hash) -> Self {
        let (index, open) = (HashTable::new(), VecDeque::new());
        Shard { hash, index, pages: Vec::new(), free: Vec::new(), open, scratch: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, key: u64) -> Option<u32> {
        self.index.find(hash, |slot| self.stream(*slot).key == key).copied()
    }

    #[inline]
    pub(super) fn stream(&self, slot: u32) -> &Stream {
        &self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    #[inline]
    fn stream_mut(&mut self, slot: u32) -> &mut Stream {
        &mut self.pages[slot as usize / PAGE][slot as usize % PAGE]
    }

    /// Every slot with a key, in no order.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.index.iter().copied()
    }

    /// The slot of a key, which is new where it was not known.
    #[inline]
    pub(super) fn enter(&mut self, hash: u64, key: u64, template: &Template) -> u32 {
        match self.find(hash, key) {
            Some(slot) => slot,
            None => self.insert(hash, Stream::new(key, template)),
        }
    }

    /// A stream whose key is not known yet.
    #[cold]
    pub(super) fn insert(&mut self, hash: u64, stream: Stream) -> u32 {
        let slot = match self.free.pop() {
            Some(slot) => {
                *self.stream_mut(slot) = stream;
                slot
            }
            None => self.append(stream),
        };
        let (pages, keys) = (&self.pages, self.hash);
        self.index.insert_unique(hash, slot, |slot| {
            keys.of(pages[*slot as usize / PAGE][*slot as usize % PAGE].key)
        });
        slot
    }

    fn append(&mut self, stream: Stream) -> u32 {
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        let before = (self.pages.len() - 1) * PAGE;
        let page = self.pages.last_mut().expect("there is a page");
        page.push(stream);
        u32::try_from(before + page.len() - 1).expect("memory ends before 2^32 streams of a shard")
    }

    /// Forgets a key; its detector as it is now.
    pub(super) fn remove(&mut self, hash: u64, key: u64, template: &Template) -> Option<Spot> {
        let slot = self.find(hash, key)?;
        let spot = self.stream(slot).spot(template);
        self.forget(hash, slot, template);
        Some(spot)
    }

    /// Forgets the key of a slot.
    pub(super) fn forget(&mut self, hash: u64, slot: u32, template: &Template) {
        if let Ok(entry) = self.index.find_entry(hash, |known| *known == slot) {
            entry.remove();
            *self.stream_mut(slot) = Stream::new(0, template);
            self.free.push(slot);
        }
    }

    /// Judges a value of the stream in a slot.
    #[inline]
    pub(super) fn step(&mut self, slot: u32, value: f64, seen: u64, template: &Template) -> Event {
        let stream = self.stream_mut(slot);
        stream.seen = seen;
        if stream.count_quiet(value) {
            return Event::Normal;
        }
        if stream.collect(template, value) {
            return Event::InitBatch;
        }
        self.judge(slot, value, template)
    }

    #[inline(never)]
    fn judge(&mut self, slot: u32, value: f64, template: &Template) -> Event {
        let stream = self.stream_mut(slot);
        let was_open = stream.is_open();
        let event = stream.judge(template, value);
        if !was_open && stream.may_rest() {
            self.open.push_back(slot);
            if self.open.len() > OPEN {
                self.pack_first();
            }
        }
        event
    }

    /// Packs the detector that has been open for longest.
    fn pack_first(&mut self) {
        let Some(slot) = self.open.pop_front() else { return };
        let mut scratch = std::mem::take(&mut self.scratch);
        self.stream_mut(slot).pack(&mut scratch);
        self.scratch = scratch;
    }

    /// Appends the slots of keys, which are new where they were not known.
    pub(super) fn enter_all(&mut self, keys: &[u64], template: &Template, slots: &mut Vec<u32>) {
        slots.extend(keys.iter().map(|key| self.enter(self.hash.of(*key), *key, template)));
    }

    /// Judges a batch: the answers in its order. Only the values of one stream must be judged in order, so where there
    /// are enough of them each stream gets all of its own at once.
    pub(super) fn run(&mut self, batch: &Batch, clock: u64, template: &Template) -> Answers {
        let mut events = vec![Event::Normal; batch.slots.len()];
        let wanted = if batch.wants_thresholds { events.len() } else { 0 };
        let mut thresholds = vec![[f64::NAN; 2]; wanted];
        let is_dense = batch.slots.len() >= self.len();
        let mut judge = |i: usize| {
            let seen = clock + u64::from(batch.places[i]);
            if let Some(thresholds) = thresholds.get_mut(i) {
                *thresholds = self.stream(batch.slots[i]).thresholds(template);
            }
            events[i] = self.step(batch.slots[i], batch.values[i], seen, template);
        };
        if is_dense {
            batch.by_slot().into_iter().for_each(|i| judge(i as usize));
        } else {
            (0..batch.slots.len()).for_each(judge);
        }
        Answers { events, thresholds }
    }
}

/// Values of one shard in the order of their column.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) slots: Vec<u32>,
    pub(super) values: Vec<f64>,
    /// Where they stand in the part of the column.
    pub(super) places: Vec<u32>,
    pub(super) wants_thresholds: bool,
}

/// The answers to a batch in its order, and the thresholds that it was judged by where they are wanted.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) events: Vec<Event>,
    pub(super) thresholds: Vec<[f64; 2]>,
}

impl Batch {
    pub(super) fn with_capacity(len: usize, wants_thresholds: bool) -> Self {
        let (slots, places) = (Vec::with_capacity(len), Vec::with_capacity(len));
        Batch { slots, values: Vec::with_capacity(len), places, wants_thresholds }
    }

    /// The order of the slots, in which the values of each stay in order.
    fn by_slot(&self) -> Vec<u32> {
        let most = self.slots.iter().max().map_or(0, |slot| *slot as usize + 1);
        let mut next = vec![0; most + 1];
        for slot in &self.slots {
            next[*slot as usize + 1] += 1_u32;
        }
        for slot in 0..most {
            next[slot + 1] += next[slot];
        }
        let mut order = vec![0; self.slots.len()];
        for (i, slot) in self.slots.iter().enumerate() {
            let to = &mut next[*slot as usize];
            order[*to as usize] = i as u32;
            *to += 1;
        }
        order
    }
}
