//! Why a call fails, in a sentence that names the value and the allowed range.

use std::ptr::copy_nonoverlapping;

use engine::{Config, Side, Spot};
use libc::{c_char, c_void, ptrdiff_t, size_t};

use super::codes::{TAILSPOT_ABI_VERSION, tailspot_result};
use super::columns::Values;
use super::gate::{self, Problem, tailspot_detector};
use super::incidents::Answers;
use super::parameters::{self, tailspot_config};
use super::threads::Threads;
use super::{pool_snapshot, snapshot};

/// Writes the sentence of a problem like snprintf: as much of it as fits, and a NUL. Returns its length without the NUL,
/// 0 if there is no problem.
///
/// # Safety
///
/// `text_out` is NULL or may be written for `size` bytes.
unsafe fn write<T>(outcome: Result<T, Problem>, text_out: *mut c_char, size: size_t) -> size_t {
    let sentence = outcome.err().map(|problem| problem.to_string()).unwrap_or_default();
    let space = if text_out.is_null() { 0 } else { size };
    if let Some(most) = space.checked_sub(1) {
        let mut length = most.min(sentence.len());
        while !sentence.is_char_boundary(length) {
            length -= 1;
        }
        // SAFETY: there is space for `length` bytes and one more.
        unsafe {
            copy_nonoverlapping(sentence.as_ptr(), text_out.cast::<u8>(), length);
            text_out.add(length).write(0);
        }
    }
    sentence.len()
}

/// ## Why a call failed
///
/// A tailspot_result says what kind of thing is wrong. These functions check the same arguments again and write a
/// sentence that names the value and the allowed range, such as "q = 2 is out of range: needs 0 < q < 1 - level = 0.01".
/// They write at most `size` bytes to `text_out`, UTF-8 with a NUL at the end, and return the length of the whole
/// sentence without the NUL; 0 means that nothing is wrong. `text_out` may be NULL to ask for the length only.
///
/// Explains why tailspot_new or tailspot_pool_new rejects a configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_config(
    config: *const tailspot_config,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { Ok(write(parameters::read(config), text_out, size)) })
}

/// Explains why tailspot_fit or tailspot_fit_strided rejects an array; for the former, `stride` is sizeof(double) and
/// `type` TAILSPOT_FLOAT64. 0 if `detector` is NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_fit(
    detector: *const tailspot_detector,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            let fitted = Values::strided(first, count, stride, r#type)
                .and_then(Values::collect)
                .and_then(|values| Ok(spot.clone().fit(&values)?));
            Ok(write(fitted, text_out, size))
        })
    }
}

/// Explains why tailspot_set_q rejects a q. 0 if `detector` is NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_q(
    detector: *const tailspot_detector,
    q: f64,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            let mut config = spot.config().clone();
            config.q = q;
            Ok(write(config.validate().map_err(Problem::from), text_out, size))
        })
    }
}

/// Explains why tailspot_threshold_interval and the others reject a confidence.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_confidence(
    confidence: f64,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    let checked = || Spot::new(Config::default())?.shape_interval(Side::Up, confidence);
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { Ok(write(checked().map_err(Problem::from), text_out, size)) })
}

/// Explains why tailspot_incidents_take_many or tailspot_incidents_take_strided rejects arrays; for the former, `stride`
/// is sizeof(double) and `type` TAILSPOT_FLOAT64; for tailspot_incidents_take, `count` is 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_incidents(
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    events: *const i8,
    probability: *const f64,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe {
        let values = Values::strided(first, count, stride, r#type);
        let checked = Answers::new(values, events, probability)
            .and_then(|answers| answers.check().map_err(Problem::from));
        Ok(write(checked, text_out, size))
    })
}

/// Explains why tailspot_load rejects a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_snapshot(
    snapshot: *const c_void,
    snapshot_size: size_t,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { Ok(write(snapshot::read(snapshot, snapshot_size), text_out, size)) })
}

/// Explains why tailspot_pool_load rejects a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_explain_snapshot(
    snapshot: *const c_void,
    snapshot_size: size_t,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe {
        Ok(write(pool_snapshot::load(snapshot, snapshot_size, 1), text_out, size))
    })
}

/// Explains why tailspot_pool_set_threads or tailspot_pool_load rejects a number of threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_explain_threads(
    threads: u32,
    text_out: *mut c_char,
    size: size_t,
) -> size_t {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { Ok(write(Threads::new(threads), text_out, size)) })
}

/// What a tailspot_result means, in a sentence; also for a number that is not one. Never NULL; static.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_result_message(result: i32) -> *const c_char {
    let known = tailspot_result::ALL.into_iter().find(|known| *known as i32 == result);
    known.map_or(c"not a tailspot_result", tailspot_result::message).as_ptr()
}

/// The version of the library, such as "0.1.0". Never NULL; static.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The TAILSPOT_ABI_VERSION of the library. A program that was compiled with a later header may miss functions.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_abi_version() -> u32 {
    TAILSPOT_ABI_VERSION
}
