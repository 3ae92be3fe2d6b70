//! Any sequence of calls on a pool: no call may find a bug, and a detector a key that is given every value alone must stay the same
//! to the bit.
#![no_main]

use std::ptr::null_mut;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

use capi::*;

#[allow(dead_code, unused_imports)]
#[path = "../../capi/src/lib.rs"]
mod capi;

#[derive(Arbitrary, Debug)]
struct Parameters {
    n_init: u8,
    max_excess: u8,
    depth: u8,
    quarantine: u8,
    accounting: u8,
    is_one_sided: bool,
    threads: u8,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Any(f64),
    Calm(i8),
    Wide(i16),
}

#[derive(Arbitrary, Debug)]
enum Call {
    Step(u8, Value),
    Column(Vec<(u8, Value)>),
    Repeated { column: Vec<(u8, Value)>, times: u8 },
    Bytes { keys: Vec<u8>, bytes: Vec<u8>, kind: i32 },
    Get(u8),
    Copy { from: u8, to: u8 },
    Remove(u8),
    Limit(u8),
    Threads(u16),
    SaveAndLoad,
}

fuzz_target!(|input: (Parameters, Vec<Call>)| {
    let (parameters, calls) = input;
    let config = config(&parameters);
    let mut pair = [null_mut::<tailspot_pool>(); 2];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        for pool in &mut pair {
            assert_eq!(tailspot_pool_new(&config, pool), tailspot_result::TAILSPOT_OK);
        }
        let threads = 1 + u32::from(parameters.threads % 3);
        assert_eq!(tailspot_pool_set_threads(pair[0], threads), tailspot_result::TAILSPOT_OK);
        for call in &calls {
            make(call, &mut pair);
        }
        assert_eq!(saved(pair[0]), saved(pair[1]), "columns and single values");
        for pool in pair {
            tailspot_pool_free(pool);
        }
    }
});

fn config(given: &Parameters) -> tailspot_config {
    tailspot_config {
        struct_size: 192,
        accounting: i32::from(given.accounting & 3),
        q: 0.01,
        level: 0.9,
        n_init: 20 + u64::from(given.n_init % 30),
        max_excess: 1 + u64::from(given.max_excess % 16),
        depth: u64::from(given.depth % 4),
        quarantine: u64::from(given.quarantine % 30),
        up: 1,
        down: u8::from(!given.is_one_sided),
        alert: 1,
        bounded: 1,
        threshold: 1,
        // SAFETY: integers and floats may be 0.
        ..unsafe { std::mem::zeroed() }
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Any(any) => *any,
        Value::Calm(calm) => f64::from(*calm) / 16.0,
        Value::Wide(wide) => f64::from(*wide),
    }
}

unsafe fn make(call: &Call, pair: &mut [*mut tailspot_pool; 2]) {
    let known = [tailspot_result::TAILSPOT_OK, tailspot_result::TAILSPOT_ERROR_KEY];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        match call {
            Call::Step(key, value) => column(pair, &[(u64::from(*key), number(value))]),
            Call::Column(pairs) => column(pair, &numbers(pairs)),
            Call::Repeated { column: pairs, times } => {
                column(pair, &numbers(pairs).repeat(usize::from(*times)));
            }
            Call::Bytes { keys, bytes, kind } => typed(pair, keys, bytes, *kind),
            Call::Get(key) => {
                let mut spots = [null_mut(); 2];
                let got = [0, 1].map(|i| tailspot_pool_get(pair[i], (*key).into(), &mut spots[i]));
                assert!(got[0] == got[1] && known.contains(&got[0]));
                spots.into_iter().for_each(|spot| tailspot_free(spot));
            }
            Call::Copy { from, to } => {
                for pool in &*pair {
                    let mut spot = null_mut();
                    if tailspot_pool_get(*pool, (*from).into(), &mut spot) == known[0] {
                        assert_eq!(tailspot_pool_insert(*pool, (*to).into(), spot), known[0]);
                    }
                    tailspot_free(spot);
                }
            }
            Call::Remove(key) => {
                let gone = pair.map(|pool| tailspot_pool_remove(pool, (*key).into(), null_mut()));
                assert!(gone[0] == gone[1] && known.contains(&gone[0]));
            }
            Call::Limit(limit) => {
                for pool in &*pair {
                    assert_eq!(tailspot_pool_set_limit(*pool, (*limit).into()), known[0]);
                }
            }
            Call::Threads(threads) => {
                let set = tailspot_pool_set_threads(pair[0], 1 + u32::from(threads % 4));
                assert_eq!(set, known[0]);
            }
            Call::SaveAndLoad => {
                let bytes = saved(pair[0]);
                let mut loaded = null_mut();
                let status = tailspot_pool_load(bytes.as_ptr().cast(), bytes.len(), 1, &mut loaded);
                assert_eq!(status, known[0]);
                tailspot_pool_free(std::mem::replace(&mut pair[0], loaded));
            }
        }
        assert_eq!(tailspot_pool_size(pair[0]), tailspot_pool_size(pair[1]));
    }
}

fn numbers(pairs: &[(u8, Value)]) -> Vec<(u64, f64)> {
    pairs.iter().map(|(key, value)| (u64::from(*key), number(value))).collect()
}

/// A column to one pool, its values one by one to the other: the same events.
unsafe fn column(pair: &[*mut tailspot_pool; 2], pairs: &[(u64, f64)]) {
    let (keys, values): (Vec<u64>, Vec<f64>) = pairs.iter().copied().unzip();
    let n = keys.len();
    let (mut events, mut upper, mut lower) = (vec![99_i8; n], vec![9.0; n], vec![9.0; n]);
    let mut probability = vec![9.0; n];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let status = tailspot_pool_step_many(
            pair[0],
            keys.as_ptr(),
            values.as_ptr(),
            n,
            events.as_mut_ptr(),
            upper.as_mut_ptr(),
            lower.as_mut_ptr(),
            probability.as_mut_ptr(),
        );
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        for i in 0..n {
            let mut verdict = [9.0; 3];
            let [u, l, p] = verdict.each_mut().map(|number| &raw mut *number);
            let event = tailspot_pool_verdict(pair[1], keys[i], values[i], u, l, p);
            assert_eq!(i32::from(events[i]), event);
            let expected = [upper[i], lower[i], probability[i]];
            assert_eq!(verdict.map(f64::to_bits), expected.map(f64::to_bits));
            assert!(verdict[2].is_nan() || (0.0..=1.0).contains(&verdict[2]));
        }
    }
}

/// Elements of any type, as they come, and the same ones alone.
unsafe fn typed(pair: &[*mut tailspot_pool; 2], keys: &[u8], bytes: &[u8], kind: i32) {
    let keys: Vec<u64> = keys.iter().map(|key| u64::from(*key)).collect();
    let count = keys.len().min(bytes.len() / 8);
    let mut events = vec![99_i8; count];
    let null = null_mut;
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let (first, at) = (bytes.as_ptr(), keys.as_ptr());
        let out = events.as_mut_ptr();
        let status = tailspot_pool_step_strided(
            pair[0],
            at,
            first.cast(),
            count,
            8,
            kind,
            out,
            null(),
            null(),
            null_mut(),
        );
        assert_ne!(status, tailspot_result::TAILSPOT_ERROR_BUG);
        for (i, event) in events.iter().enumerate() {
            let mut alone = 99_i8;
            let (place, key) = (first.add(8 * i).cast(), at.add(i));
            let one = tailspot_pool_step_strided(
                pair[1],
                key,
                place,
                1,
                1,
                kind,
                &mut alone,
                null(),
                null(),
                null_mut(),
            );
            assert_eq!((one, alone), (status, *event));
        }
    }
}

unsafe fn saved(pool: *mut tailspot_pool) -> Vec<u8> {
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let mut bytes = vec![0; tailspot_pool_snapshot_size(pool)];
        let status = tailspot_pool_save(pool, bytes.as_mut_ptr().cast(), bytes.len());
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        bytes
    }
}
