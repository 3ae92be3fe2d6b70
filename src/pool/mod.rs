//! Many detectors in one process, by key.

mod batch;
mod column;
mod hash;
mod packed;
mod recency;
mod saved;
mod shard;
mod stream;

use crate::config::Config;
use crate::detector::Outputs;
use crate::detector::{Spot, Verdict};
use crate::error::Error;
use crate::event::Event;

use column::Part;
use hash::{Hash, SHARDS};
use recency::Recency;
use shard::Shard;
use stream::{Scratch, Stream, Template};

/// Fewer values are judged one by one.
const FEW: usize = 64;

/// Columns are processed in chunks of this many values per key: long enough to group each stream's values, short enough
/// that the chunk is smaller than the streams.
const EACH: usize = 32;
const LEAST_PART: usize = 1 << 18;
const MOST_PART: usize = 1 << 25;

/// Detectors by key, for as many streams as memory holds. A new key gets a detector of its
/// own, and every key gets exactly the answers that a [`Spot`] of its own would give.
///
/// ```
/// use tailspot::{Config, Event, Outputs, Pool};
///
/// let mut pool = Pool::new(Config { q: 1e-3, level: 0.95, n_init: 500, down: false, ..Config::default() })?;
/// let (mut keys, mut values) = (Vec::new(), Vec::new());
/// for i in 0..1000_u32 {
///     keys.extend([7, 11]); // Two streams, in one column.
///     values.extend([f64::from(i * 7919 % 1009), f64::from(i * 7919 % 1013) + 500.0]);
/// }
/// let mut events = vec![Event::Normal; keys.len()];
/// pool.step_many(&keys, &values, Outputs::events(&mut events))?;
/// assert_eq!(pool.step(7, 100_000.0), Event::AlertUp);
/// assert_eq!(pool.get(11).map(|spot| spot.status().seen), Some(500)); // The first 500 calibrated it.
/// # Ok::<(), tailspot::Error>(())
/// ```
///
/// # Threads
///
/// [`step_many`](Pool::step_many) uses the threads of rayon: all cores, `RAYON_NUM_THREADS`, or those of the
/// `rayon::ThreadPool` that it is called from with `install`. No answer and no saved byte depends on how many they are, nor on
/// how a stream is cut into columns.
///
/// # Memory
///
/// A calibrated stream without a baseline that has seen at least one tail value takes 8 bytes for each excess that it keeps, and at most 768
/// with one watched side, 1,280 with two; one that has seen only normal values takes 75. In addition, up to 4096 detectors that were used
/// last are kept in a faster form, which takes about 1 kB more each. Allocators add what is lost between allocations: about a fifth
/// with that of the system. A stream that collects for its calibration takes 75 bytes, and 8 to 16 for each
/// value. One with a baseline is always in the faster form, and takes 16 bytes for each value of its window. A call takes about
/// 20 bytes for each value, for at most 32 values for each key (or 262,144) at a time.
#[derive(Clone)]
pub struct Pool {
    template: Template,
    limit: Option<usize>,
    /// Values judged so far, of all keys.
    clock: u64,
    hash: Hash,
    shards: Vec<Shard>,
    recency: Recency,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut pool = f.debug_struct("Pool");
        pool.field("len", &self.len()).field("limit", &self.limit);
        pool.field("config", self.template().config()).finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool in which every key calibrates itself on its first `config.n_init` finite values.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if a field of the configuration is out of range.
    pub fn new(config: Config) -> Result<Self, Error> {
        Spot::new(config).map(Pool::with_template)
    }

    /// A pool in which every key starts as a copy of `spot`: with one that was calibrated by [`Spot::fit`], every new
    /// key is judged from its first value on.
    pub fn with_template(spot: Spot) -> Self {
        let hash = Hash::new();
        let shards = (0..SHARDS).map(|_| Shard::new(hash)).collect();
        let recency = Recency::default();
        Pool { template: Template::new(spot), limit: None, clock: 0, hash, shards, recency }
    }

    /// Keeps at most this many keys, at least 1; `None` (the default) means no limit. When a new key would exceed it, the
    /// least recently used key is dropped. Values count as seen in the order of their column.
    /// While the limit leaves no space for the new keys of a column, one thread judges it.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if the limit is 0; nothing changes then.
    pub fn set_limit(&mut self, limit: Option<usize>) -> Result<(), Error> {
        if limit == Some(0) {
            return Err(Error::parameter("limit", 0, "at least 1"));
        }
        self.limit = limit;
        while limit.is_some_and(|limit| self.len() > limit) {
            self.forget_oldest();
        }
        Ok(())
    }

    /// The largest number of keys.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Judges one value of a key; an unknown key gets a new detector.
    pub fn step(&mut self, key: u64, value: f64) -> Event {
        let (number, slot, seen) = self.enter(key);
        self.shards[number].step(slot, value, seen, &self.template)
    }

    /// Like [`step`](Pool::step), and also returns the thresholds and the tail probability used.
    pub fn verdict(&mut self, key: u64, value: f64) -> Verdict {
        let (number, slot, seen) = self.enter(key);
        self.shards[number].verdict(slot, value, seen, &self.template)
    }

    /// Like [`verdict`](Pool::verdict), but the thresholds are NaN for a value that is not in a tail: then it costs no more than
    /// a [`step`](Pool::step).
    pub fn tail_verdict(&mut self, key: u64, value: f64) -> Verdict {
        let (number, slot, seen) = self.enter(key);
        self.shards[number].tail_verdict(slot, value, seen, &self.template)
    }

    /// The shard and the slot of a key, which is added if it is unknown, and the time of this use.
    #[inline]
    fn enter(&mut self, key: u64) -> (usize, u32, u64) {
        let hash = self.hash.of(key);
        let number = Hash::shard(hash);
        let slot = match self.shards[number].find(hash, key) {
            Some(slot) => slot,
            None => {
                self.make_room();
                self.shards[number].enter(hash, key, &self.template)
            }
        };
        (number, slot, self.tick())
    }

    /// Judges a column: value i belongs to key i. The same answers and the same state as [`step`](Pool::step) on each in
    /// order, bit for bit. Keys may come in any order and any number of times.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] if `values` or an output is not as long as `keys`; nothing is judged then.
    pub fn step_many(
        &mut self,
        keys: &[u64],
        values: &[f64],
        mut outputs: Outputs<'_>,
    ) -> Result<(), Error> {
        let (given, expected) = (values.len(), keys.len());
        if given != expected {
            return Err(Error::Length { output: "values", given, expected });
        }
        outputs.check(expected)?;
        let (mut keys, mut values) = (keys, values);
        while !keys.is_empty() {
            let part = keys.len().min(self.part());
            self.judge(&keys[..part], &values[..part], outputs.split_off(part));
            (keys, values) = (&keys[part..], &values[part..]);
        }
        Ok(())
    }

    fn judge(&mut self, keys: &[u64], values: &[f64], mut outputs: Outputs<'_>) {
        if keys.len() >= FEW {
            let part = Part::new(self.hash, keys, values);
            let is_roomy = self.limit.is_none_or(|limit| {
                let free = limit - self.len();
                free >= keys.len() || free >= part.unknown(self.hash, &self.shards)
            });
            if is_roomy {
                part.judge(&mut self.shards, &self.template, self.clock, outputs);
                self.clock += keys.len() as u64;
                return;
            }
        }
        for (key, value) in keys.iter().zip(values) {
            let mut answer = outputs.split_off(1);
            if answer.wants_thresholds() || answer.wants_probability() {
                answer.put(0, self.verdict(*key, *value));
            } else {
                answer.put_event(0, self.step(*key, *value));
            }
        }
    }

    /// How many values are judged before the next ones are looked at, by all shards.
    fn part(&self) -> usize {
        (EACH * self.len()).clamp(LEAST_PART, MOST_PART)
    }

    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock - 1
    }

    fn make_room(&mut self) {
        if self.limit.is_some_and(|limit| self.len() >= limit) {
            self.forget_oldest();
        }
    }

    /// Forgets the key that was seen least recently.
    fn forget_oldest(&mut self) {
        while !self.is_empty() {
            let Some((seen, number, slot)) = self.recency.next() else {
                self.recency.renew(self.last_seen().collect());
                continue;
            };
            let stream = self.shards[number].stream(slot);
            let (key, hash) = (stream.key, self.hash.of(stream.key));
            let is_known = self.shards[number].find(hash, key) == Some(slot);
            if is_known && stream.seen == seen {
                self.shards[number].forget(hash, slot, &self.template);
                return;
            }
        }
    }

    fn last_seen(&self) -> impl Iterator<Item = recency::LastSeen> {
        self.shards.iter().enumerate().flat_map(|(number, shard)| {
            shard.slots().map(move |slot| (shard.stream(slot).seen, number, slot))
        })
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.shards.iter().flat_map(|shard| shard.slots().map(|slot| shard.stream(slot)))
    }

    /// How many keys are known.
    pub fn len(&self) -> usize {
        self.shards.iter().map(Shard::len).sum()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.len() == 0)
    }

    /// The known keys, in any order.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.streams().map(|stream| stream.key)
    }

    /// What a new key starts from.
    pub fn template(&self) -> &Spot {
        &self.template.spot
    }

    /// The upper and the lower anomaly threshold that the next value of a key will be judged by; NaN before the
    /// calibration and if not watched.
    pub fn anomaly_thresholds(&self, key: u64) -> [f64; 2] {
        let hash = self.hash.of(key);
        let shard = &self.shards[Hash::shard(hash)];
        match shard.find(hash, key) {
            Some(slot) => shard.stream(slot).thresholds(&self.template, &mut Scratch::default()),
            None => self.template.thresholds,
        }
    }

    /// A copy of the detector of a key, for all that a [`Spot`] reports, or to save one key; `None` for a key that is not
    /// known. This does not count as using the key.
    pub fn get(&self, key: u64) -> Option<Spot> {
        let hash = self.hash.of(key);
        let shard = &self.shards[Hash::shard(hash)];
        shard.find(hash, key).map(|slot| shard.stream(slot).spot(&self.template))
    }

    /// Gives a key this detector, whatever its configuration, and counts as seeing the key. Returns the detector that the
    /// key had.
    pub fn insert(&mut self, key: u64, spot: Spot) -> Option<Spot> {
        let before = self.remove(key);
        self.make_room();
        let mut stream = Stream::with_spot(key, spot, &self.template);
        stream.seen = self.tick();
        let hash = self.hash.of(key);
        self.shards[Hash::shard(hash)].insert(hash, stream);
        before
    }

    /// Forgets a key, and returns its detector.
    pub fn remove(&mut self, key: u64) -> Option<Spot> {
        let hash = self.hash.of(key);
        self.shards[Hash::shard(hash)].remove(hash, key, &self.template)
    }
}
