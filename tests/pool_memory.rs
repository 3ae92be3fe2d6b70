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

#[test]
fn a_stream_takes_at_most_768_bytes_in_addition_to_the_excesses_of_a_side() {
    let [one, two] = [false, true].map(without_excesses);
    println!("in addition to the excesses: {one} bytes a stream with one side, {two} with two");
    assert!(one <= 768, "{one} bytes with one side");
    assert!(two <= 1280, "{two} bytes with two sides");
}
