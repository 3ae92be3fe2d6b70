//! A part of the keys, which one thread at a time handles.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::detector::Spot;
use crate::event::Event;

use super::batch::{Answers, Batch, Entry, SortBuffer};
use super::hash::Hash;
use super::stream::{Scratch, Stream, Template};
use crate::detector::Verdict;

/// Streams that are allocated together.
const PAGE: usize = 64;
/// Detectors of a shard that are left open, so that streams that fit in the cache are never packed.
const OPEN: usize = 64;
/// This many are while each of many streams gets its values at once.
const OPEN_IN_A_CROWD: usize = 2;
/// Streams that fit in the innermost caches.
const FEW: usize = 4;

#[derive(Clone, Debug)]
pub(super) struct Shard {
    hash: Hash,
    /// From keys to slots.
    index: HashTable<u32>,
    pages: Vec<Vec<Stream>>,
    /// Slots without a key.
    free: Vec<u32>,
    /// Slots whose detector was opened, the first one first.
    open: VecDeque<u32>,
    /// How many of them may be.
    most_open: usize,
    scratch: Scratch,
}

impl Shard {
    pub(super) fn new(hash: Hash) -> Self {
        let (index, open) = (HashTable::new(), VecDeque::new());
        let (pages, free, scratch) = (Vec::new(), Vec::new(), Scratch::default());
        Shard { hash, index, pages, free, open, most_open: OPEN, scratch }
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

    /// Every slot with a key, in any order.
    pub(super) fn slots(&self) -> impl Iterator<Item = u32> {
        self.index.iter().copied()
    }

    /// The slot of a key, which is added if it is unknown.
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
        match self.count_idle(slot, value, seen) {
            true => Event::Normal,
            false => self.step_slow(slot, value, template),
        }
    }

    /// Like `step`, and also returns what the value was judged by.
    pub(super) fn verdict(
        &mut self,
        slot: u32,
        value: f64,
        seen: u64,
        template: &Template,
    ) -> Verdict {
        if self.count_idle(slot, value, seen) {
            let [upper, lower] = self.thresholds(slot, template);
            return Verdict { upper, lower, ..Verdict::of(Event::Normal) };
        }
        self.judge(slot, template, |spot| spot.verdict(value))
    }

    /// The same; without the thresholds for a value that is not in a tail.
    pub(super) fn tail_verdict(
        &mut self,
        slot: u32,
        value: f64,
        seen: u64,
        template: &Template,
    ) -> Verdict {
        if self.count_idle(slot, value, seen) {
            return Verdict::of(Event::Normal);
        }
        if self.stream_mut(slot).collect(template, value) {
            return Verdict::of(Event::InitBatch);
        }
        self.judge(slot, template, |spot| spot.tail_verdict(value))
    }

    #[inline]
    fn count_idle(&mut self, slot: u32, value: f64, seen: u64) -> bool {
        let stream = self.stream_mut(slot);
        stream.seen = seen;
        stream.count_idle([value].into_iter()) == 1
    }

    /// Judges a value that does more than count.
    #[inline(never)]
    fn step_slow(&mut self, slot: u32, value: f64, template: &Template) -> Event {
        if self.stream_mut(slot).collect(template, value) {
            return Event::InitBatch;
        }
        self.judge(slot, template, |spot| spot.step(value))
    }

    #[inline]
    fn judge<T>(&mut self, slot: u32, template: &Template, step: impl FnOnce(&mut Spot) -> T) -> T {
        let stream = &mut self.pages[slot as usize / PAGE][slot as usize % PAGE];
        let was_open = stream.is_open();
        let answer = stream.judge(template, &mut self.scratch, step);
        if !was_open && stream.may_rest() {
            self.open.push_back(slot);
            self.pack_all_but(self.most_open, template);
        }
        answer
    }

    /// The thresholds that the next value of a slot will be judged by.
    pub(super) fn thresholds(&mut self, slot: u32, template: &Template) -> [f64; 2] {
        let stream = &self.pages[slot as usize / PAGE][slot as usize % PAGE];
        stream.thresholds(template, &mut self.scratch)
    }

    /// Packs detectors until at most this many are open, those first that have been open longest.
    fn pack_all_but(&mut self, most: usize, template: &Template) {
        while self.open.len() > most {
            let Some(slot) = self.open.pop_front() else { return };
            let stream = &mut self.pages[slot as usize / PAGE][slot as usize % PAGE];
            stream.pack(template, &mut self.scratch);
        }
    }

    /// Judges a batch: the answers in its order. Only the values of one stream must be judged in order, so where there are
    /// enough of them each stream gets all of its own at once.
    pub(super) fn run(
        &mut self,
        batch: &Batch,
        template: &Template,
        buffer: &mut SortBuffer,
    ) -> Answers {
        let mut answers = Answers::new(batch);
        if self.len() > FEW && batch.len >= self.len() {
            self.run_by_slot(batch, template, buffer, &mut answers);
            return answers;
        }
        for piece in &batch.pieces {
            for (key, entry) in piece.keys.iter().zip(piece.entries()) {
                let slot = self.enter(self.hash.of(*key), *key, template);
                let i = entry.i as usize;
                if batch.wants_thresholds {
                    answers.thresholds[i] = self.thresholds(slot, template);
                }
                let seen = batch.clock + u64::from(entry.place);
                answers.events[i] = if batch.wants_probability {
                    let verdict = self.verdict(slot, entry.value, seen, template);
                    answers.probability[i] = verdict.probability;
                    verdict.event
                } else {
                    self.step(slot, entry.value, seen, template)
                };
            }
        }
        answers
    }

    fn run_by_slot(
        &mut self,
        batch: &Batch,
        template: &Template,
        buffer: &mut SortBuffer,
        answers: &mut Answers,
    ) {
        buffer.clear();
        for piece in &batch.pieces {
            let enter = |key: &u64| self.enter(self.hash.of(*key), *key, template);
            buffer.slots.extend(piece.keys.iter().map(enter));
        }
        buffer.sort(batch);
        if self.len() > OPEN {
            self.most_open = OPEN_IN_A_CROWD;
        }
        for (slot, entries) in buffer.by_slot() {
            self.run_one(slot, entries, batch, template, answers);
        }
        self.most_open = OPEN;
    }

    /// Judges values of one stream in order.
    #[inline]
    fn run_one(
        &mut self,
        slot: u32,
        entries: &[Entry],
        batch: &Batch,
        template: &Template,
        answers: &mut Answers,
    ) {
        let Some(last) = entries.last() else { return };
        self.stream_mut(slot).seen = batch.clock + u64::from(last.place);
        let mut rest = entries;
        while !rest.is_empty() {
            let values = rest.iter().map(|entry| entry.value);
            let idle = self.stream_mut(slot).count_idle(values);
            let judged = rest.len().min(idle + 1);
            if batch.wants_thresholds {
                let thresholds = self.thresholds(slot, template);
                rest[..judged].iter().for_each(|x| answers.thresholds[x.i as usize] = thresholds);
            }
            if idle < judged {
                let Entry { i, value, .. } = rest[idle];
                answers.events[i as usize] = if batch.wants_probability {
                    let verdict = self.judge(slot, template, |spot| spot.verdict(value));
                    answers.probability[i as usize] = verdict.probability;
                    verdict.event
                } else {
                    self.step_slow(slot, value, template)
                };
            }
            rest = &rest[judged..];
        }
    }
}
