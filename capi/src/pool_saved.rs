//! Saving and resuming a pool.

use std::ffi::{c_char, c_void};
use std::ptr::copy_nonoverlapping;

use super::codes::tailspot_status;
use super::explain;
use super::fleet::{Fleet, tailspot_pool};
use super::gate::{Problem, gate, hand_over};
use super::saved;
use super::threads::Threads;
use engine::Pool;

/// ## Saving and resuming a pool
///
/// The bytes that tailspot_pool_save will write. They are made now, and kept until that call or the next one that
/// changes the pool. 0 if `pool` is NULL or dead, or if the system gives no threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_snapshot_size(pool: *mut tailspot_pool) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| fleet.save().map(|bytes| fleet.saved.insert(bytes).len())) }
}

/// Saves the whole pool, also in the middle of calibrations: a pool that is loaded from it continues bit for bit. Writes
/// the first tailspot_pool_snapshot_size bytes of `buffer`, which has `size` bytes. The threads are those of the
/// program and are not saved. One key alone is saved by tailspot_pool_get and tailspot_save, and loaded by tailspot_load
/// and tailspot_pool_insert.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_save(
    pool: *mut tailspot_pool,
    buffer: *mut c_void,
    size: usize,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            if buffer.is_null() {
                return Err(Problem::NULL);
            }
            let bytes = fleet.save()?;
            if bytes.len() > size {
                fleet.saved = Some(bytes);
                return Err(tailspot_status::TAILSPOT_ERROR_BUFFER.into());
            }
            copy_nonoverlapping(bytes.as_ptr(), buffer.cast(), bytes.len());
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Makes a pool as it was when tailspot_pool_save wrote the `size` bytes of `snapshot`, which are checked as by
/// tailspot_load. `threads` is that of tailspot_pool_set_threads, and already loads. `*pool_out` is the caller's, to be
/// freed by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_pool_explain_snapshot), TAILSPOT_ERROR_PARAMETER,
/// TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_load(
    snapshot: *const c_void,
    size: usize,
    threads: u32,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| hand_over(pool_out, || load(snapshot, size, threads))) }
}

/// What tailspot_pool_load has against a snapshot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_explain_snapshot(
    snapshot: *const c_void,
    snapshot_size: usize,
    text_out: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| Ok(explain::write(load(snapshot, snapshot_size, 1), text_out, size))) }
}

/// # Safety
///
/// `snapshot` is NULL or holds `size` bytes.
unsafe fn load(snapshot: *const c_void, size: usize, threads: u32) -> Result<Fleet, Problem> {
    // SAFETY: promised by the caller.
    let bytes = unsafe { saved::bytes(snapshot, size) }?;
    let mut threads = Threads::new(threads)?;
    let pool = threads.ready()?.install(|| Pool::load(bytes))?;
    Ok(Fleet::new(pool, threads))
}
