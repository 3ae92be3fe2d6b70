//! The memory of a detector and of a key that the header names, by counting every byte that is asked of the allocator.

#[path = "../../tests/counting/mod.rs"]
mod counting;

use std::fs;
use std::path::Path;

use counting::live;
use engine::{Config, Outputs, Pool, Spot};

/// Nearly normal values: sums of twelve uniform ones.
fn values(count: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| (0..12).map(|_| uniform()).sum::<f64>() - 6.0).collect()
}

/// Bytes of a detector with the defaults after so many values, itself included.
fn detector(values: &[f64]) -> usize {
    let before = live();
    let mut spot = Box::new(Spot::new(Config::default()).expect("the defaults are valid"));
    spot.step_many(values, Outputs::default()).expect("equal lengths");
    live() - before
}

/// Bytes of a key whose buffers are full, beyond the detectors that a pool keeps in a faster form.
fn key(values: &[f64]) -> usize {
    let mut spot = Spot::new(Config::default()).expect("the defaults are valid");
    spot.step_many(values, Outputs::default()).expect("equal lengths");
    let before = live();
    let mut pool = Pool::with_template(spot);
    const KEYS: u64 = 20_000;
    for i in 0..2 * KEYS {
        pool.step(i % KEYS, 10.0 * (1 + i / KEYS) as f64); // Beyond every threshold.
    }
    (live() - before) / KEYS as usize
}

/// The number of kilobytes before some words of the header.
fn named(words: &str) -> f64 {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/tailspot.h");
    let header = fs::read_to_string(header).expect("the header is there").replace("\n * ", " ");
    let (before, _) =
        header.split_once(words).unwrap_or_else(|| panic!("no {words} in the header"));
    before.trim_end().rsplit(' ').next().and_then(|word| word.parse().ok()).expect("a number")
}

#[test]
fn the_header_names_the_memory_that_is_taken() {
    let values = values(60_000);
    let taken = [
        ("kB while it collects", detector(&values[..1999])),
        ("kB when its buffers are full", detector(&values)),
        ("kB for each key", key(&values)),
    ];
    for (words, bytes) in taken {
        println!("{bytes} bytes: {words}");
    }
    for (words, bytes) in taken {
        let (bytes, named) = (bytes as f64 / 1000.0, named(words));
        assert!(named >= bytes && named <= 1.25 * bytes, "{bytes} kB, not {named} {words}");
    }
}
