//! Making a pool, and judging values by key.

use std::ffi::c_void;

use super::arrays::{Places, collect, items};
use super::codes::tailspot_status;
use super::fleet::{Fleet, tailspot_pool};
use super::gate::{self, Handle, gate, hand_over};
use super::parameters::{self, tailspot_config};
use super::threads::Threads;
use engine::Pool;

/// ## A pool: many detectors by key
///
/// Makes a pool without keys. A key that is seen for the first time gets a detector of its own, which calibrates itself
/// on the first `n_init` finite values of that key, and answers as one of tailspot_new would. `*pool_out` is the
/// caller's, to be freed by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_new(
    config: *const tailspot_config,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate((), |()| {
            hand_over(pool_out, || {
                Ok(Fleet::new(Pool::new(parameters::read(config)?)?, Threads::new(0)?))
            })
        })
    }
}

/// Makes a pool in which every key starts as a copy of `spot`: of one that was given a batch by tailspot_fit, so that
/// every key is calibrated from its first value on. `spot` stays the caller's, and is not needed any more. `*pool_out`
/// is the caller's, to be freed by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_from_spot(
    spot: *const Handle,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            hand_over(pool_out, || {
                Ok(Fleet::new(Pool::with_template(spot.clone()), Threads::new(0)?))
            })
        })
    }
}

/// Frees a pool, dead or alive, and ends its threads. NULL is fine. The handle must not be used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_free(pool: *mut tailspot_pool) {
    // SAFETY: the conventions of the header: it is freed once.
    unsafe { gate::free(pool) };
}

/// Keeps at most `limit` keys; 0, as at first, is no limit. Where a new key would be one too many, the key that was seen
/// least recently is forgotten first.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_set_limit(
    pool: *mut tailspot_pool,
    limit: usize,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            fleet.change().set_limit((limit > 0).then_some(limit))?;
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// How many threads work on columns, at most 1024; 0, as at first, is as many as the machine has cores, or as the
/// environment variable RAYON_NUM_THREADS says. They are made when they are first needed, and once more in a child of
/// fork. No answer and no saved byte depends on how many they are.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_set_threads(
    pool: *mut tailspot_pool,
    threads: u32,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            fleet.threads = Threads::new(threads)?;
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Judges one value of a key, which is new where it was not known. Returns its event: a tailspot_event, or
/// TAILSPOT_INVALID if `pool` is NULL or dead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step(pool: *mut tailspot_pool, key: u64, value: f64) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| Ok(i32::from(fleet.change().step(key, value).code()))) }
}

/// The same, and tells what an alert was judged by: `*threshold_out` becomes the anomaly threshold of its side and
/// `*probability_out` its tail probability, by the model before this value. Both are NaN for any other event, and for an
/// infinity during the calibration. Each may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_verdict(
    pool: *mut tailspot_pool,
    key: u64,
    value: f64,
    threshold_out: *mut f64,
    probability_out: *mut f64,
) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            let verdict = fleet.change().verdict(key, value);
            let is_alert = verdict.event.is_alert();
            let told = |number: f64| if is_alert { number } else { f64::NAN };
            let outs = [(threshold_out, verdict.threshold), (probability_out, verdict.probability)];
            for (place, number) in outs {
                if !place.is_null() {
                    place.write_unaligned(told(number));
                }
            }
            Ok(i32::from(verdict.event.code()))
        })
    }
}

/// Judges a column of `count` values in order: value i belongs to key i. The same events, thresholds and state as
/// tailspot_pool_step on each, bit for bit, by all threads. Keys may come in any order and as often as they like. What
/// is said of the outs of tailspot_step_many holds for these. `keys` and `values` may be NULL if `count` is 0.
///
/// Fewer than 1024 values are judged by the caller's thread. Without thresholds it is faster. On the way it takes memory
/// of about 20 bytes for each value, for at most 32 values a key (or 262,144) at a time.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS,
/// TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step_many(
    pool: *mut tailspot_pool,
    keys: *const u64,
    values: *const f64,
    count: usize,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
) -> tailspot_status {
    let places = Places { events: events_out, upper: upper_out, lower: lower_out };
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            let (keys, values) = (items(keys, count)?, items(values, count)?);
            fleet.step_many(keys, values, places.check()?)
        })
    }
}

/// The same for values of any element type and layout; `first`, `stride` and `type` are those of tailspot_step_strided.
/// A copy of the values as doubles is made.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of keys, upper_out, lower_out),
/// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_step_strided(
    pool: *mut tailspot_pool,
    keys: *const u64,
    first: *const c_void,
    count: usize,
    stride: isize,
    r#type: i32,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
) -> tailspot_status {
    let places = Places { events: events_out, upper: upper_out, lower: lower_out };
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            let (keys, places) = (items(keys, count)?, places.check()?);
            fleet.step_many(keys, &collect(first, count, stride, r#type)?, places)
        })
    }
}

/// A bug, for tests of what follows one: see `tailspot_fault`.
#[cfg(feature = "fault")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_fault(pool: *mut tailspot_pool) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            fleet.threads.ready()?.install(|| panic!("a bug in a thread, as the test asked"))
        })
    }
}
