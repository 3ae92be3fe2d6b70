//! What a stream of a pool takes, by counting every byte that is asked of the allocator.

mod counting;
mod reference;

use counting::live;
use reference::streams::Random;
use tailspot::{Config, Event, Outputs, Pool, Spot};

/// Bytes of a stream without 8 for each excess that it may keep, after each of many keys learned.
fn without_excesses(down: bool) -> usize {
    let config = Config { level: 0.9, n_init: 30, q: 1e-3, down, ..Config::default() };
    let (streams, sides) = (25_000, 1 + usize::from(down));
    let mut spot = Spot::new(config.clone()).expect("a valid configuration");
    let mut random = Random::new(1);
    spot.fit(&(0..20_000).map(|_| random.normal()).collect::<Vec<f64>>()).expect("enough values");
    assert_eq!(spot.status().up.excesses, config.max_excess as u64);
    let keys: Vec<u64> = (0..streams * 100).map(|i| (i % streams) as u64).collect();
    let values: Vec<f64> = keys.iter().map(|_| random.normal()).collect();
    let mut events = vec![Event::Normal; keys.len()];
    let before = live();
    let mut pool = Pool::with_template(spot);
    pool.step_many(&keys, &values, Outputs::events(&mut events)).expect("equal lengths");
    let bytes = (live() - before) / streams;
    assert_eq!(pool.len(), streams);
    bytes - 8 * config.max_excess * sides
}

/// Bytes of a running detector with these baselines.
fn detector(depth: usize, scale_depth: usize, period: usize) -> usize {
    let config = Config { depth, scale_depth, period, ..Config::default() };
    let mut spot = Spot::new(config).expect("a valid configuration");
    let mut random = Random::new(1);
    (0..60_000).for_each(|_| _ = spot.step(random.normal()));
    let before = live();
    let copies = vec![spot; 100];
    (live() - before) / copies.len()
}

/// One test: what others allocate meanwhile would count, too.
#[test]
fn a_stream_takes_little_in_addition_to_its_excesses_and_windows() {
    let [one, two] = [false, true].map(without_excesses);
    println!("in addition to the excesses: {one} bytes a stream with one side, {two} with two");
    assert!(one <= 768, "{one} bytes with one side");
    assert!(two <= 1280, "{two} bytes with two sides");

    let [plain, level, scaled] = [(0, 0), (10, 0), (10, 40)].map(|(d, n)| detector(d, n, 0));
    let season = detector(10, 40, 288);
    println!("{plain} bytes without a baseline, {level} with level 10, {scaled} with scale 40");
    println!("{season} bytes for two baselines, one of them with a season of 288");
    assert!(level <= plain + 4200 && scaled == level, "{plain}, {level}, {scaled}");
    assert!(season <= 2 * scaled + 10 * 288 + 64, "{scaled}, {season}");
}
