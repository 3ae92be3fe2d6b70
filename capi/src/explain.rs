//! Why a call is refused, in a sentence that names the value and the allowed range.

use std::ffi::{c_char, c_void};
use std::ptr::copy_nonoverlapping;

use super::arrays::collect;
use super::codes::{TAILSPOT_ABI_VERSION, tailspot_status};
use super::gate::{Handle, Problem, gate};
use super::parameters::{self, tailspot_config};
use super::saved;

/// Writes the sentence of a problem like snprintf: as much of it as there is room for, and a NUL. Returns its length
/// without the NUL, 0 if there is no problem.
///
/// # Safety
///
/// `text_out` is NULL or may be written for `size` bytes.
pub(super) unsafe fn write<T>(
    outcome: Result<T, Problem>,
    text_out: *mut c_char,
    size: usize,
) -> usize {
    let sentence = outcome.err().map(|problem| problem.to_string()).unwrap_or_default();
    let room = if text_out.is_null() { 0 } else { size };
    if let Some(most) = room.checked_sub(1) {
        let mut length = most.min(sentence.len());
        while !sentence.is_char_boundary(length) {
            length -= 1;
        }
        // SAFETY: there is room for `length` bytes and one more.
        unsafe {
            copy_nonoverlapping(sentence.as_ptr(), text_out.cast::<u8>(), length);
            text_out.add(length).write(0);
        }
    }
    sentence.len()
}

/// ## What was refused, and why
///
/// A status says what kind of thing is wrong. These functions look at the same arguments again and say it in a sentence
/// that names the value and the allowed range, such as "q = 2 is out of range: needs 0 < q < 1 - level = 0.01". They
/// write at most `size` bytes to `text_out`, UTF-8 with a NUL at the end, and return the length of the whole sentence
/// without the NUL; 0 means that nothing is wrong. `text_out` may be NULL if only the length is asked for.
///
/// What tailspot_new has against a configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_config(
    config: *const tailspot_config,
    text_out: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| Ok(write(parameters::read(config), text_out, size))) }
}

/// What tailspot_fit and tailspot_fit_strided have against an array; for the former, `stride` is sizeof(double) and
/// `type` TAILSPOT_FLOAT64. 0 if `spot` is NULL or dead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_fit(
    spot: *const Handle,
    first: *const c_void,
    count: usize,
    stride: isize,
    r#type: i32,
    text_out: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            let fitted = collect(first, count, stride, r#type)
                .and_then(|values| Ok(spot.clone().fit(&values)?));
            Ok(write(fitted, text_out, size))
        })
    }
}

/// What tailspot_load has against a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_explain_snapshot(
    snapshot: *const c_void,
    snapshot_size: usize,
    text_out: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| Ok(write(saved::read(snapshot, snapshot_size), text_out, size))) }
}

/// What a status means, in a sentence; also for a number that is no status. Never NULL; static.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_status_message(status: i32) -> *const c_char {
    let known = tailspot_status::ALL.into_iter().find(|known| *known as i32 == status);
    known.map_or(c"not a tailspot_status", tailspot_status::message).as_ptr()
}

/// The version of the library, such as "0.1.0". Never NULL; static.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The TAILSPOT_ABI_VERSION of the library. A program that was compiled with a later header than this may miss
/// functions.
#[unsafe(no_mangle)]
pub extern "C" fn tailspot_abi_version() -> u32 {
    TAILSPOT_ABI_VERSION
}
