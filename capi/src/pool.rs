//! Making a pool, and judging values by key.

use engine::{Pool, Spot};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::tailspot_result;
use super::columns::{Outs, Values, items, put_verdict};
use super::gate::{self, tailspot_detector, write_new_handle};
use super::parameters::{self, tailspot_config};
use super::pool_handle::{PoolHandle, tailspot_pool};
use super::threads::Threads;

/// ## A pool: many detectors by key
///
/// Makes a pool without keys. A key that is used for the first time gets a detector of its own, which calibrates itself on
/// the first `n_init` finite values of that key and gives exactly the answers that one of tailspot_new would give. The
/// caller owns `*pool_out` and frees it by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_new(
    config: *const tailspot_config,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_result {
    let make = || {
        // SAFETY: the conventions of the header.
        let config = unsafe { parameters::read(config) }?;
        Ok(PoolHandle::new(Pool::new(config)?, Threads::new(0)?))
    };
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { write_new_handle(pool_out, make) })
}

/// Makes a pool in which every key starts as a copy of `template`. If that was calibrated by tailspot_fit, every key is
/// calibrated from its first value on. `template` stays the caller's, who may free it. The caller owns `*pool_out` and
/// frees it by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_with_template(
    template: *const tailspot_detector,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(template, |spot: &Spot| {
            write_new_handle(pool_out, || {
                Ok(PoolHandle::new(Pool::with_template(spot.clone()), Threads::new(0)?))
            })
        })
    }
}

/// Frees a pool, poisoned or not, and ends its threads. NULL is fine. The handle must not be used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_free(pool: *mut tailspot_pool) {
    // SAFETY: the conventions of the header: it is freed once.
    unsafe { gate::free(pool) };
}

/// Keeps at most `limit` keys; 0 (the default) means no limit. When a new key would exceed it, the least recently used key
/// is dropped.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_set_limit(
    pool: *mut tailspot_pool,
    limit: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            handle.change().set_limit((limit > 0).then_some(limit))?;
            gate::OK
        })
    }
}

/// How many threads work on columns, at most 1024. 0 (the default) means as many as the machine has cores, or the
/// environment variable RAYON_NUM_THREADS. They are started on first use, and again in a forked child. Answers and
/// snapshots do not depend on their number.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_pool_explain_threads), TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_set_threads(
    pool: *mut tailspot_pool,
    threads: u32,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            handle.threads = Threads::new(threads)?;
            gate::OK
        })
    }
}

/// Classifies one value of a key, which may be new, and updates its model. Returns its event: a tailspot_event, or
/// TAILSPOT_INVALID if `pool` is NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step(pool: *mut tailspot_pool, key: u64, value: f64) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            Ok(i32::from(handle.change().step(key, value).code()))
        })
    }
}

/// Like tailspot_pool_step, and also writes what the value was judged by, as tailspot_verdict does. Each out may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_verdict(
    pool: *mut tailspot_pool,
    key: u64,
    value: f64,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let verdict = handle.change().verdict(key, value);
            Ok(put_verdict(verdict, upper_out, lower_out, probability_out))
        })
    }
}

/// Judges a column of `count` values in order: value i belongs to key i. The same events, thresholds, probabilities and
/// state as tailspot_pool_verdict on each, bit for bit, on all threads. Keys may come in any order and as often as they
/// like. The outs are those of tailspot_step_many. `keys` and `values` may be NULL if `count` is 0.
///
/// The caller's thread judges fewer than 1024 values alone. The call is faster without thresholds and probabilities. It
/// needs about 20 bytes of memory for each value, for at most 32 values a key (or 262,144 values) at a time.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS,
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step_many(
    pool: *mut tailspot_pool,
    keys: *const u64,
    values: *const f64,
    count: size_t,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let (keys, values) = (items(keys, count)?, Values::doubles(values, count)?);
            handle.step_many(keys, &values.collect()?, outs?)
        })
    }
}

/// Like tailspot_pool_step_many, for values of any element type and layout; `first`, `stride` and `type` are those of
/// tailspot_step_strided. The values are copied as doubles.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the keys and the outs),
/// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step_strided(
    pool: *mut tailspot_pool,
    keys: *const u64,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let (keys, values) =
                (items(keys, count)?, Values::strided(first, count, stride, r#type)?);
            handle.step_many(keys, &values.collect()?, outs?)
        })
    }
}
