//! Saving and resuming.

use std::ptr::copy_nonoverlapping;

use engine::Spot;
use libc::{c_void, size_t};

use super::codes::tailspot_result;
use super::gate::{self, Problem, tailspot_detector, write_new_handle};

/// ## Saving and resuming
///
/// How many bytes tailspot_save will write if nothing is stepped in between; 0 if `detector` is NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_snapshot_size(detector: *const tailspot_detector) -> size_t {
    // SAFETY: the conventions of the header.
    unsafe { gate::read(detector, |spot: &Spot| Ok(spot.save().len())) }
}

/// Saves the whole state, also during a calibration: a detector that is loaded from it continues bit for bit. Writes the
/// first tailspot_snapshot_size bytes of `buffer`, which has `size` bytes. The format is the same on every machine, and
/// later versions read it.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_save(
    detector: *const tailspot_detector,
    buffer: *mut c_void,
    size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe { gate::read(detector, |spot: &Spot| write(&spot.save(), buffer, size)) }
}

/// Writes a snapshot to the caller's buffer.
///
/// # Safety
///
/// `buffer` is NULL or may be written for `size` bytes.
pub(super) unsafe fn write(
    bytes: &[u8],
    buffer: *mut c_void,
    size: size_t,
) -> Result<tailspot_result, Problem> {
    if buffer.is_null() {
        return Err(Problem::NULL);
    }
    if bytes.len() > size {
        return Err(tailspot_result::TAILSPOT_ERROR_BUFFER.into());
    }
    // SAFETY: promised by the caller.
    unsafe { copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len()) };
    gate::OK
}

/// Makes a detector as it was when tailspot_save wrote the `size` bytes of `snapshot`. Foreign, cut, damaged or forged
/// bytes are refused. The caller owns `*detector_out` and frees it by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_explain_snapshot), TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_load(
    snapshot: *const c_void,
    size: size_t,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { write_new_handle(detector_out, || read(snapshot, size)) })
}

/// # Safety
///
/// `snapshot` is NULL or holds `size` bytes.
pub(super) unsafe fn read(snapshot: *const c_void, size: size_t) -> Result<Spot, Problem> {
    // SAFETY: promised by the caller.
    Ok(Spot::load(unsafe { bytes(snapshot, size) }?)?)
}

/// The bytes of a snapshot.
///
/// # Safety
///
/// As for `read`.
pub(super) unsafe fn bytes<'a>(snapshot: *const c_void, size: size_t) -> Result<&'a [u8], Problem> {
    if snapshot.is_null() {
        return Err(Problem::NULL);
    }
    if size > isize::MAX as usize {
        let sentence = format!("size = {size} is out of range: needs at most {}", isize::MAX);
        return Err(Problem::Sentence(tailspot_result::TAILSPOT_ERROR_SNAPSHOT, sentence));
    }
    // SAFETY: promised by the caller.
    Ok(unsafe { std::slice::from_raw_parts(snapshot.cast::<u8>(), size) })
}
