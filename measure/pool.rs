//! What does a pool cost: time a value beside one detector, memory a stream, saving and loading.
//!
//! `cargo run --release --features pool --example pool` takes some minutes and 6 GB of memory; with a number of keys
//! behind `--` it takes as many instead of a million, and less of both.

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::time::Instant;

use draws::Draws;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tailspot::{Config, Event, Outputs, Pool, Spot};

/// Values of each key.
const EACH: usize = 50;
/// Values of a column whose streams are in the cache.
const LONG: usize = 100_000;

fn main() {
    let keys = std::env::args().nth(1).map_or(1_000_000, |keys| keys.parse().expect("a number"));
    memory(keys.min(200_000)); // First, before other pools leave memory behind.
    println!("\nmillions of values a second (keys in random order; level 0.9, upper tail)\n");
    println!("in the cache: calibrated streams go on, columns of {LONG} values, one thread\n");
    println!("| keys | one detector | pool | pool / detector |\n|---:|---:|---:|---:|");
    [100, 300, 1000].into_iter().for_each(cached);
    println!("\nfrom the first value of each key on, {EACH} values a key\n");
    println!("| the streams | keys | one detector a key | pool, 1 thread | 2 threads | 2 / 1 |");
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, keys) in [("fit", 1000), ("fit", keys), ("n_init 30", 1000), ("n_init 30", keys)] {
        speed(name, keys, name == "fit");
    }
    saved(keys);
}

fn config() -> Config {
    Config { level: 0.9, n_init: 30, q: 1e-3, down: false, ..Config::default() }
}

fn template(is_fitted: bool) -> Spot {
    let mut spot = Spot::new(config()).expect("the configuration is valid");
    if is_fitted {
        let mut draws = Draws::new(1);
        let batch: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        spot.fit(&batch).expect("enough values");
    }
    spot
}

fn threads(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

/// Every key so many times in random order, and normal values; the key of a number is as good as random.
fn column(keys: usize, each: usize) -> (Vec<u64>, Vec<f64>) {
    let mut draws = Draws::new(2);
    let mut column: Vec<u64> =
        (0..keys * each).map(|i| ((i % keys) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    for i in (1..column.len()).rev() {
        column.swap(i, (draws.uniform() * (i + 1) as f64) as usize);
    }
    let values = column.iter().map(|_| draws.normal()).collect();
    (column, values)
}

fn best<T>(times: usize, mut run: impl FnMut() -> (f64, T)) -> (f64, T) {
    let first = run();
    (1..times).fold(first, |best, _| {
        let next = run();
        if next.0 < best.0 { next } else { best }
    })
}

/// One detector and a pool judge the same values again and again.
fn cached(keys: usize) {
    let (column, values) = column(keys, LONG / keys);
    let mut events = vec![Event::Normal; column.len()];
    let mut spot = template(true);
    let mut pool = Pool::with_template(template(true));
    let one = threads(1);
    let mut judge = |events: &mut [Event]| {
        let outputs = Outputs::events(events);
        one.install(|| pool.step_many(&column, &values, outputs)).expect("the lengths are equal");
    };
    judge(&mut events);
    let times = 500;
    let (mut detector_best, mut pool_best) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..times {
        let start = Instant::now();
        values.iter().for_each(|x| _ = std::hint::black_box(spot.step(*x)));
        detector_best = detector_best.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        judge(&mut events);
        pool_best = pool_best.min(start.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| values.len() as f64 / seconds / 1e6;
    let (detector, pool) = (rate(detector_best), rate(pool_best));
    println!("| {keys} | {detector:.1} | {pool:.1} | {:.2} |", pool / detector);
}

fn speed(name: &str, keys: usize, is_fitted: bool) {
    let (column, values) = column(keys, EACH);
    let times = (200_000 / keys).clamp(2, 7);
    let mut events = vec![Event::Normal; column.len()];
    // The same values in the order of the keys, each to a detector of its own.
    let (single, expected) = best(times, || {
        let mut expected = 0;
        let start = Instant::now();
        for values in values.chunks(EACH) {
            let mut spot = template_of(is_fitted).clone();
            expected += values.iter().filter(|x| spot.step(**x) == Event::InitBatch).count();
        }
        (start.elapsed().as_secs_f64(), expected)
    });
    let [one, two] = [1, 2].map(|count| {
        let pool_of_threads = threads(count);
        best(times, || {
            let mut pool = Pool::with_template(template(is_fitted));
            events.fill(Event::Missing);
            let start = Instant::now();
            let outputs = Outputs::events(&mut events);
            pool_of_threads
                .install(|| pool.step_many(&column, &values, outputs))
                .expect("the lengths are equal");
            let seconds = start.elapsed().as_secs_f64();
            let collected = events.iter().filter(|event| **event == Event::InitBatch).count();
            assert_eq!((pool.len(), collected), (keys, expected));
            (seconds, ())
        })
        .0
    });
    let [single_rate, one_rate, two_rate] =
        [single, one, two].map(|seconds| values.len() as f64 / seconds / 1e6);
    let ratio = one / two;
    println!("| {name} | {keys} | {single_rate:.1} | {one_rate:.1} | {two_rate:.1} | {ratio:.2} |");
}

fn template_of(is_fitted: bool) -> &'static Spot {
    static SPOTS: std::sync::OnceLock<[Spot; 2]> = std::sync::OnceLock::new();
    &SPOTS.get_or_init(|| [template(false), template(true)])[usize::from(is_fitted)]
}

/// What a stream with a full buffer takes of the machine's memory, the allocator's own included, by what the system says.
fn memory(keys: usize) {
    let resident = || {
        let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
        Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
    };
    let mut pools = Vec::new();
    let (column, values) = column(keys, EACH);
    let mut events = vec![Event::Missing; column.len()];
    for (sides, down) in [("one side", false), ("two sides", true)] {
        let mut spot = Spot::new(Config { down, ..config() }).expect("the configuration is valid");
        let mut draws = Draws::new(1);
        let batch: Vec<f64> = (0..20_000).map(|_| draws.normal()).collect();
        spot.fit(&batch).expect("enough values");
        let excesses = spot.status().up.excesses + spot.status().down.excesses;
        let Some(before) = resident() else { return };
        pools.push(Pool::with_template(spot));
        let pool = pools.last_mut().expect("it was just pushed");
        pool.step_many(&column, &values, Outputs::events(&mut events))
            .expect("the lengths are equal");
        let Some(after) = resident() else { return };
        let each = (after - before) as f64 / keys as f64;
        let beside = each - 8.0 * excesses as f64;
        println!(
            "{keys} keys, {sides}: {each:.0} bytes a stream, of which {beside:.0} beside {excesses} excesses"
        );
    }
}

fn saved(keys: usize) {
    let (column, values) = column(keys, EACH);
    let mut pool = Pool::new(config()).expect("the configuration is valid");
    let mut events = vec![Event::Normal; column.len()];
    pool.step_many(&column, &values, Outputs::events(&mut events)).expect("the lengths are equal");
    let start = Instant::now();
    let bytes = pool.save();
    let save = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let loaded = Pool::load(&bytes).expect("it was just saved");
    let load = start.elapsed().as_secs_f64();
    assert!(loaded.save() == bytes, "a loaded pool is the same, bit for bit");
    println!(
        "\n{keys} keys saved in {save:.2} s and loaded in {load:.2} s, {} bytes a key",
        bytes.len() / keys
    );
}
