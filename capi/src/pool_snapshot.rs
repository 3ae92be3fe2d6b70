//! Saving and resuming a pool.

use engine::Pool;
use libc::{c_void, size_t};

use super::codes::tailspot_result;
use super::gate::{self, Problem, write_new_handle};
use super::pool_handle::{PoolHandle, tailspot_pool};
use super::snapshot;
use super::threads::Threads;

/// ## Saving and resuming a pool
///
/// How many bytes tailspot_pool_save will write. They are made now, and kept until that call or until the pool changes. 0
/// if `pool` is NULL or poisoned, or if its threads could not be started.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_snapshot_size(pool: *mut tailspot_pool) -> size_t {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let bytes = handle.save()?;
            Ok(handle.saved.insert(bytes).len())
        })
    }
}

/// Saves the whole pool, also during calibrations: a pool that is loaded from it continues bit for bit. Writes the first
/// tailspot_pool_snapshot_size bytes of `buffer`, which has `size` bytes. The number of threads is not saved. To save one
/// key alone, use tailspot_pool_get and tailspot_save; to load it, tailspot_load and tailspot_pool_insert.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_save(
    pool: *mut tailspot_pool,
    buffer: *mut c_void,
    size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let bytes = handle.save()?;
            let written = snapshot::write(&bytes, buffer, size);
            if written.is_err() {
                handle.saved = Some(bytes); // For the next attempt.
            }
            written
        })
    }
}

/// Makes a pool as it was when tailspot_pool_save wrote the `size` bytes of `snapshot`. Foreign, cut, damaged or forged
/// bytes are refused. `threads` is as for tailspot_pool_set_threads; loading uses them too. The caller owns `*pool_out` and
/// frees it by tailspot_pool_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_SNAPSHOT (see tailspot_pool_explain_snapshot), TAILSPOT_ERROR_PARAMETER (see
/// tailspot_pool_explain_threads), TAILSPOT_ERROR_THREADS, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_load(
    snapshot: *const c_void,
    size: size_t,
    threads: u32,
    pool_out: *mut *mut tailspot_pool,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { write_new_handle(pool_out, || load(snapshot, size, threads)) })
}

/// # Safety
///
/// As for [`snapshot::bytes`].
pub(super) unsafe fn load(
    bytes: *const c_void,
    size: size_t,
    threads: u32,
) -> Result<PoolHandle, Problem> {
    // SAFETY: promised by the caller.
    let bytes = unsafe { snapshot::bytes(bytes, size) }?;
    let mut threads = Threads::new(threads)?;
    let pool = threads.ready()?.install(|| Pool::load(bytes))?;
    Ok(PoolHandle::new(pool, threads))
}
