//! Saving and resuming.

use std::ffi::c_void;
use std::ptr::copy_nonoverlapping;

use super::codes::tailspot_status;
use super::gate::{Handle, Problem, gate, hand_over};
use engine::Error;
use engine::Spot;

/// ## Saving and resuming
///
/// The bytes that tailspot_save will write if nothing is stepped in between; 0 if `spot` is NULL or dead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_snapshot_size(spot: *const Handle) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate(&spot, |spot| Ok(spot.save().len())) }
}

/// Saves the whole state, also in the middle of a calibration: a detector that is loaded from it continues bit for bit.
/// Writes the first tailspot_snapshot_size bytes of `buffer`, which has `size` bytes. The format is the same on every
/// machine, and later versions read it.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_save(
    spot: *const Handle,
    buffer: *mut c_void,
    size: usize,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            if buffer.is_null() {
                return Err(Problem::NULL);
            }
            let bytes = spot.save();
            if bytes.len() > size {
                return Err(tailspot_status::TAILSPOT_ERROR_BUFFER.into());
            }
            copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len());
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Makes a detector as it was when tailspot_save wrote the `size` bytes of `snapshot`. They are checked: foreign, cut,
/// damaged or forged bytes are refused. `*spot_out` is the caller's, to be freed by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_explain_snapshot), TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_load(
    snapshot: *const c_void,
    size: usize,
    spot_out: *mut *mut Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| hand_over(spot_out, || read(snapshot, size))) }
}

/// # Safety
///
/// `snapshot` is NULL or holds `size` bytes.
pub(super) unsafe fn read(snapshot: *const c_void, size: usize) -> Result<Spot, Problem> {
    // SAFETY: promised by the caller.
    Ok(Spot::load(unsafe { bytes(snapshot, size) }?)?)
}

/// The bytes of a snapshot.
///
/// # Safety
///
/// As for `read`.
pub(super) unsafe fn bytes<'a>(snapshot: *const c_void, size: usize) -> Result<&'a [u8], Problem> {
    if snapshot.is_null() {
        return Err(Problem::NULL);
    }
    if size > isize::MAX as usize {
        let why = format!("{size} bytes are more than an address space can hold");
        return Err(Error::Snapshot(why).into());
    }
    // SAFETY: promised by the caller.
    Ok(unsafe { std::slice::from_raw_parts(snapshot.cast::<u8>(), size) })
}
