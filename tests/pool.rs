//! A pool of detectors answers as one detector for each key, whatever the columns, the threads and the limit.

use crate::reference;

use std::collections::HashMap;
use std::ops::Range;

use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use reference::arbitrary;
use reference::streams::{Kind, Random};
use tailspot::{Config, Error, Event, Outputs, Pool, Side, Spot};

/// Streams by key, in one column, and how a pool is to judge it.
#[derive(Clone, Debug)]
struct Scene {
    config: Config,
    is_fitted: bool,
    keys: Vec<u64>,
    values: Vec<f64>,
    threads: usize,
    seed: u64,
}

impl Scene {
    fn any() -> impl Strategy<Value = Scene> {
        let shape = (1_usize..9, 0_usize..6000, any::<bool>());
        let rest = (any::<bool>(), 1_usize..4, any::<u64>());
        (arbitrary::config(), arbitrary::kind(), shape, rest).prop_map(
            |(config, kind, (streams, len, holes), (is_fitted, threads, seed))| {
                let (keys, values) = column(kind, seed, streams, len, holes);
                Scene { config, is_fitted, keys, values, threads, seed }
            },
        )
    }

    fn template(&self) -> Spot {
        let mut spot = spot(&self.config);
        if self.is_fitted {
            // A batch may be too short for the level; then keys start anew.
            _ = spot.fit(&Kind::ALL[0].values(self.seed, 400));
        }
        spot
    }

    /// Judges the column in pieces of any length.
    fn judge(&self, pool: &mut Pool) -> Answers {
        let threads = ThreadPoolBuilder::new().num_threads(self.threads).build().expect("threads");
        let mut random = Random::new(self.seed ^ 2);
        let mut answers = Answers::new(self.keys.len());
        let mut done = 0;
        while done < self.keys.len() {
            let longest = if random.happens(0.5) { 100 } else { 5000 };
            let end = self.keys.len().min(done + (random.uniform() * f64::from(longest)) as usize);
            let (keys, values) = (&self.keys[done..end], &self.values[done..end]);
            let outputs = answers.outputs(done..end);
            threads.install(|| pool.step_many(keys, values, outputs)).expect("equal lengths");
            done = end;
        }
        answers
    }
}

/// What a column is answered: events, and the thresholds that its values were judged by.
struct Answers {
    events: Vec<Event>,
    thresholds: [Vec<f64>; 2],
}

impl Answers {
    fn new(len: usize) -> Self {
        Answers { events: vec![Event::Missing; len], thresholds: [vec![0.0; len], vec![0.0; len]] }
    }

    fn outputs(&mut self, range: Range<usize>) -> Outputs<'_> {
        let [upper, lower] = &mut self.thresholds;
        Outputs {
            events: Some(&mut self.events[range.clone()]),
            upper: Some(&mut upper[range.clone()]),
            lower: Some(&mut lower[range]),
            ..Outputs::default()
        }
    }

    /// Answer i, bit for bit.
    fn at(&self, i: usize) -> (Event, [u64; 2]) {
        (self.events[i], self.thresholds.each_ref().map(|side| side[i].to_bits()))
    }
}

fn spot(config: &Config) -> Spot {
    Spot::new(config.clone()).expect("a valid configuration")
}

fn column(kind: Kind, seed: u64, streams: usize, len: usize, holes: bool) -> (Vec<u64>, Vec<f64>) {
    let mut random = Random::new(seed ^ 1);
    let names: Vec<u64> = (0..streams).map(|_| random.bits()).collect();
    let keys = (0..len).map(|_| names[(random.uniform() * streams as f64) as usize]).collect();
    let mut values = kind.values(seed, len);
    if holes {
        arbitrary::make_holes(&mut values, seed ^ 3);
    }
    (keys, values)
}

/// One detector a key, and the least recently seen of them gone when there are too many.
struct Naive {
    template: Spot,
    limit: usize,
    spots: HashMap<u64, (usize, Spot)>,
    clock: usize,
}

impl Naive {
    fn new(template: Spot, limit: usize) -> Naive {
        Naive { template, limit, spots: HashMap::new(), clock: 0 }
    }

    fn step(&mut self, key: u64, value: f64) -> (Event, [u64; 2]) {
        if !self.spots.contains_key(&key) && self.spots.len() == self.limit {
            let oldest = self.spots.iter().min_by_key(|(_, (seen, _))| *seen);
            let oldest = *oldest.expect("the limit is not 0").0;
            self.spots.remove(&oldest);
        }
        self.clock += 1;
        let fresh = || (0, self.template.clone());
        let (seen, spot) = self.spots.entry(key).or_insert_with(fresh);
        *seen = self.clock;
        let thresholds = [Side::Up, Side::Down].map(|side| spot.anomaly_threshold(side).to_bits());
        (spot.step(value), thresholds)
    }

    fn assert_equals(&self, pool: &Pool) {
        let mut keys: Vec<u64> = pool.keys().collect();
        let mut expected: Vec<u64> = self.spots.keys().copied().collect();
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        assert_eq!(pool.len(), keys.len());
        for (key, (_, spot)) in &self.spots {
            assert_eq!(pool.get(*key).expect("a known key").save(), spot.save(), "key {key}");
        }
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(300))]

    #[test]
    fn a_pool_answers_as_one_detector_for_each_key(scene in Scene::any()) {
        let mut naive = Naive::new(scene.template(), usize::MAX);
        let mut pool = Pool::with_template(scene.template());
        let answers = scene.judge(&mut pool);
        for i in 0..scene.keys.len() {
            prop_assert_eq!(answers.at(i), naive.step(scene.keys[i], scene.values[i]), "value {}", i);
        }
        naive.assert_equals(&pool);
    }

    #[test]
    fn the_least_recently_seen_key_goes_first(scene in Scene::any(), limit in 1_usize..9) {
        let mut naive = Naive::new(scene.template(), limit);
        let mut pool = Pool::with_template(scene.template());
        pool.set_limit(Some(limit)).expect("not 0");
        let answers = scene.judge(&mut pool);
        for i in 0..scene.keys.len() {
            prop_assert_eq!(answers.at(i), naive.step(scene.keys[i], scene.values[i]), "value {}", i);
        }
        naive.assert_equals(&pool);
    }

    #[test]
    fn a_saved_pool_continues_bit_for_bit(scene in Scene::any(), part in 0.0..1.0_f64, limit in 1_usize..9) {
        let cut = (scene.keys.len() as f64 * part) as usize;
        let (mut before, mut after) = (scene.clone(), scene.clone());
        after.keys.drain(..cut);
        after.values.drain(..cut);
        before.keys.truncate(cut);
        before.values.truncate(cut);
        let mut pool = Pool::with_template(scene.template());
        pool.set_limit(Some(limit)).expect("not 0");
        before.judge(&mut pool);
        let bytes = pool.save();
        let mut loaded = Pool::load(&bytes).expect("it was just saved");
        prop_assert!(loaded.save() == bytes);
        prop_assert_eq!(loaded.limit(), Some(limit));
        let (answers, expected) = (after.judge(&mut loaded), after.judge(&mut pool));
        for i in 0..after.keys.len() {
            prop_assert_eq!(answers.at(i), expected.at(i), "value {}", i);
        }
        prop_assert!(loaded.save() == pool.save());
    }
}

/// Streams of which some calibrate, some were seen with infinities, and more are calibrated than are left open.
fn crowd(threads: usize, column_of: usize) -> (Pool, Naive) {
    let config = Config { level: 0.9, n_init: 30, max_excess: 20, q: 1e-2, ..Config::default() };
    let mut pool = Pool::new(config.clone()).expect("a valid configuration");
    let mut naive = Naive::new(spot(&config), usize::MAX);
    let (streams, len) = (9000_u64, 9000 * 45);
    let mut random = Random::new(11);
    let keys: Vec<u64> = (0..len).map(|_| random.bits() % streams).collect();
    let values: Vec<f64> = keys
        .iter()
        .map(|_| if random.happens(1e-3) { f64::INFINITY } else { random.normal() })
        .collect();
    let threads = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let mut answers = Answers::new(len);
    for begin in (0..len).step_by(column_of) {
        let part = begin..len.min(begin + column_of);
        let (keys, values) = (&keys[part.clone()], &values[part.clone()]);
        let outputs = answers.outputs(part);
        threads.install(|| pool.step_many(keys, values, outputs)).expect("equal lengths");
    }
    for i in 0..len {
        assert_eq!(answers.at(i), naive.step(keys[i], values[i]), "value {i}");
    }
    (pool, naive)
}

#[test]
fn a_crowd_answers_the_same_in_every_cut_and_on_every_number_of_threads() {
    let (pool, naive) = crowd(1, 50_000);
    naive.assert_equals(&pool);
    let bytes = pool.save();
    for (threads, column_of) in [(2, 500_000), (3, 70), (2, 1000)] {
        assert!(crowd(threads, column_of).0.save() == bytes, "{threads} threads, {column_of}");
    }
    let loaded = Pool::load(&bytes).expect("it was just saved");
    naive.assert_equals(&loaded);
    assert!(loaded.save() == bytes);
}

#[test]
fn a_crowd_over_its_limit_forgets_like_a_list() {
    let config = Config { level: 0.9, n_init: 30, q: 1e-2, ..Config::default() };
    let mut pool = Pool::new(config.clone()).expect("a valid configuration");
    let mut naive = Naive::new(spot(&config), 200);
    pool.set_limit(Some(200)).expect("not 0");
    let mut random = Random::new(5);
    for round in 0..60 {
        // Some rounds bring no new key, and are judged by all threads.
        let streams = if round % 3 == 0 { 150.0 } else { 300.0 };
        let keys: Vec<u64> = (0..500).map(|_| (random.uniform() * streams) as u64).collect();
        let values: Vec<f64> = keys.iter().map(|_| random.normal()).collect();
        let mut events = vec![Event::Missing; keys.len()];
        pool.step_many(&keys, &values, Outputs::events(&mut events)).expect("equal lengths");
        for i in 0..keys.len() {
            assert_eq!(events[i], naive.step(keys[i], values[i]).0, "round {round}, value {i}");
        }
        naive.assert_equals(&pool);
    }
    pool.set_limit(Some(20)).expect("not 0");
    let mut seen: Vec<(usize, u64)> =
        naive.spots.iter().map(|(key, (at, _))| (*at, *key)).collect();
    seen.sort_unstable();
    let mut left: Vec<u64> = pool.keys().collect();
    let mut expected: Vec<u64> = seen[180..].iter().map(|(_, key)| *key).collect();
    left.sort_unstable();
    expected.sort_unstable();
    assert_eq!(left, expected);
}

#[test]
fn one_key_moves_from_pool_to_pool() {
    let (mut pool, naive) = crowd(2, 50_000);
    let (_, expected) = &naive.spots[&17];
    let saved = pool.get(17).expect("a known key").save();
    assert_eq!(saved, expected.save());
    let mut other = Pool::new(Config::default()).expect("a valid configuration");
    assert_eq!(other.insert(17, Spot::load(&saved).expect("it was just saved")), None);
    let mut alone = expected.clone();
    for x in Kind::ALL[0].values(3, 300) {
        let event = alone.step(x);
        assert_eq!((pool.step(17, x), other.step(17, x)), (event, event));
    }
    assert_eq!(pool.remove(17), Some(alone.clone()));
    assert_eq!((pool.get(17), pool.remove(17)), (None, None));
    let template = pool.template().clone();
    assert_eq!(other.insert(17, template.clone()), Some(alone));
    assert_eq!(other.get(17), Some(template));
    assert_eq!(pool.step(17, 0.5), Event::InitBatch);
}

#[test]
fn what_must_not_work_changes_nothing() {
    let mut pool = Pool::new(Config::default()).expect("a valid configuration");
    let mut events = [Event::Missing; 2];
    for (values, events, output) in [(1, 2, "values"), (2, 1, "events"), (0, 2, "values")] {
        let mut given = vec![Event::Missing; events];
        let error = pool
            .step_many(&[1, 2], &vec![0.0; values], Outputs::events(&mut given))
            .expect_err("lengths");
        assert!(matches!(error, Error::Length { output: name, expected: 2, .. } if name == output));
    }
    assert!(pool.is_empty());
    pool.step_many(&[], &[], Outputs::events(&mut [])).expect("nothing is judged");
    assert!(pool.is_empty());
    assert!(pool.set_limit(Some(0)).expect_err("a limit of 0").to_string().contains("at least 1"));
    assert_eq!(pool.limit(), None);
    assert!(Pool::new(Config { level: 2.0, ..Config::default() }).is_err());
    pool.step_many(&[1, 2], &[0.0, 1.0], Outputs::events(&mut events)).expect("equal lengths");
    assert_eq!((pool.len(), events), (2, [Event::InitBatch; 2]));
}

#[test]
fn damaged_bytes_are_refused() {
    let mut pool = Pool::new(Config { level: 0.9, n_init: 30, q: 1e-2, ..Config::default() })
        .expect("a valid configuration");
    for (i, x) in Kind::ALL[0].values(1, 150).into_iter().enumerate() {
        pool.step([1, 2, 2, 2][i % 4], x);
    }
    let bytes = pool.save();
    for length in 0..bytes.len() {
        assert!(Pool::load(&bytes[..length]).is_err(), "{length} bytes");
    }
    let mut damaged = bytes.clone();
    for place in 0..bytes.len() {
        for change in [1, 128, 255] {
            damaged[place] ^= change;
            assert!(Pool::load(&damaged).is_err(), "byte {place}");
            damaged[place] ^= change;
        }
    }
    let why = |error: Error| error.to_string();
    let spot = pool.get(2).expect("a known key").save();
    assert!(why(Pool::load(&spot).expect_err("one detector")).contains("kind 1 is not a pool"));
    assert!(why(Spot::load(&bytes).expect_err("a pool")).contains("kind 2 is not one detector"));
}

/// Whatever stands in a body with a fitting checksum is refused or loaded, and what is loaded works.
#[test]
fn forged_bodies_do_no_harm() {
    const HEADER: usize = 24;
    let mut pool = Pool::new(Config { level: 0.9, n_init: 30, q: 1e-2, ..Config::default() })
        .expect("a valid configuration");
    for (i, x) in Kind::ALL[0].values(1, 130).into_iter().enumerate() {
        pool.step([1, 2, 2, 2][i % 4], x);
    }
    let bytes = pool.save();
    let (mut loaded, mut refused) = (0, 0);
    for place in HEADER..bytes.len() {
        for change in [1, 2, 128, 255] {
            let mut forged = bytes.clone();
            forged[place] ^= change;
            let checksum = crc32(forged[..20].iter().chain(&forged[HEADER..]));
            forged[20..HEADER].copy_from_slice(&checksum.to_le_bytes());
            match Pool::load(&forged) {
                Ok(mut pool) => {
                    (0..50).for_each(|i| _ = pool.step(i % 3, i as f64));
                    loaded += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(loaded > 100 && refused > 100, "{loaded} loaded, {refused} refused");
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

#[test]
fn a_verdict_tells_what_the_value_was_judged_by() {
    let config = Config { q: 5e-3, level: 0.95, n_init: 200, quarantine: 0, ..Config::default() };
    for depth in [0, 7] {
        let config = Config { depth, ..config.clone() };
        let (keys, mut values) = column(Kind::ALL[0], 5, 6, 9000, true);
        values.iter_mut().step_by(97).for_each(|x| *x *= 5.0);
        values[3] = f64::INFINITY;
        let mut pool = Pool::new(config.clone()).expect("a valid configuration");
        let mut stepped = Pool::new(config.clone()).expect("a valid configuration");
        let mut spots: HashMap<u64, Spot> = HashMap::new();
        let mut alerts = 0;
        for (key, value) in keys.into_iter().zip(values) {
            let spot = spots.entry(key).or_insert_with(|| spot(&config));
            let side = [Side::Up, Side::Down].into_iter().find(|side| {
                let t = spot.excess_threshold(*side);
                if *side == Side::Up { value > t } else { value < t }
            });
            let told = |of: &dyn Fn(Side) -> f64| side.map_or(f64::NAN, of).to_bits();
            let expected = [
                told(&|side| spot.anomaly_threshold(side)),
                told(&|side| spot.tail_probability(side, value)),
            ];
            let thresholds =
                [Side::Up, Side::Down].map(|side| spot.anomaly_threshold(side).to_bits());
            assert_eq!(pool.anomaly_thresholds(key).map(f64::to_bits), thresholds);
            let verdict = pool.verdict(key, value);
            assert_eq!(verdict.event, spot.step(value));
            assert_eq!(verdict.event, stepped.step(key, value));
            let given = [verdict.threshold(), verdict.probability].map(f64::to_bits);
            assert_eq!(given, expected);
            alerts += u32::from(verdict.event.is_alert() && verdict.probability < 5e-3);
        }
        assert!(alerts > 50, "{alerts}");
        assert_eq!(pool.save(), stepped.save());
    }
}
