//! What a stream of a pool takes, by counting every byte that is asked of the allocator.

mod reference;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use reference::streams::Random;
use tailspot::{Config, Event, Outputs, Pool, Spot};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the allocator of the system as it came; only lengths are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the same promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the same promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes a stream beside 8 for each excess that it may keep, after each of many keys learned.
fn beside_excesses(down: bool) -> usize {
    let config = Config { level: 0.9, n_init: 30, q: 1e-3, down, ..Config::default() };
    let (streams, sides) = (100_000, 1 + usize::from(down));
    let mut spot = Spot::new(config.clone()).expect("a valid configuration");
    let mut random = Random::new(1);
    spot.fit(&(0..20_000).map(|_| random.normal()).collect::<Vec<f64>>()).expect("enough values");
    assert_eq!(spot.status().up.excesses, config.max_excess as u64);
    let keys: Vec<u64> = (0..streams * 100).map(|i| (i % streams) as u64).collect();
    let values: Vec<f64> = keys.iter().map(|_| random.normal()).collect();
    let mut events = vec![Event::Normal; keys.len()];
    let before = LIVE.load(Ordering::Relaxed);
    let mut pool = Pool::with_template(spot);
    pool.step_many(&keys, &values, Outputs::events(&mut events)).expect("equal lengths");
    let bytes = (LIVE.load(Ordering::Relaxed) - before) / streams;
    assert_eq!(pool.len(), streams);
    bytes - 8 * config.max_excess * sides
}

#[test]
fn a_stream_takes_at_most_768_bytes_beside_the_excesses_of_a_side() {
    let [one, two] = [false, true].map(beside_excesses);
    println!("beside the excesses: {one} bytes a stream with one side, {two} with two");
    assert!(one <= 768, "{one} bytes with one side");
    assert!(two <= 1280, "{two} bytes with two sides");
}
