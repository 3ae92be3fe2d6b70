//! The keys of a pool and their detectors.

use libc::size_t;

use super::codes::tailspot_result;
use super::columns::check_alignment;
use super::gate::{self, Problem, tailspot_detector, write_new_handle};
use super::pool_handle::{PoolHandle, tailspot_pool};
use super::structs::{self, Growing};

/// What a pool reports about itself.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_pool_status {
    /// The size that was asked for.
    pub struct_size: u32,
    /// The number of threads as it was set; 0 means as many as there are cores.
    pub threads: u32,
    /// How many keys it has.
    pub keys: u64,
    /// The largest number of keys; 0 means no limit.
    pub limit: u64,
}

const _: () = assert!(size_of::<tailspot_pool_status>() == 24, "the ABI says 24 bytes");

// SAFETY: the sizes of the fields add up to 24, and all of them are integers.
unsafe impl Growing for tailspot_pool_status {
    const NAME: &'static str = "tailspot_pool_status";
    const FIRST: usize = 24;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

/// ## The keys of a pool
///
/// How many keys the pool has; 0 if `pool` is NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_size(pool: *const tailspot_pool) -> size_t {
    // SAFETY: the conventions of the header.
    unsafe { gate::read(pool, |handle: &PoolHandle| Ok(handle.pool.len())) }
}

/// Counters and settings. `struct_size` is sizeof(tailspot_pool_status) of the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get_status(
    pool: *const tailspot_pool,
    status_out: *mut tailspot_pool_status,
    struct_size: size_t,
) -> tailspot_result {
    let status = |handle: &PoolHandle| tailspot_pool_status {
        struct_size: 0,
        threads: handle.threads.wanted(),
        keys: handle.pool.len() as u64,
        limit: handle.pool.limit().unwrap_or(0) as u64,
    };
    // SAFETY: the conventions of the header.
    unsafe { gate::read(pool, |handle| structs::write(status_out, struct_size, status(handle))) }
}

/// Writes all keys, in no particular order, to `keys_out`, which has space for `count` keys: at least tailspot_pool_size.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_keys(
    pool: *const tailspot_pool,
    keys_out: *mut u64,
    count: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(pool, |handle: &PoolHandle| {
            check_place(keys_out)?;
            if handle.pool.len() > count {
                return Err(tailspot_result::TAILSPOT_ERROR_BUFFER.into());
            }
            for (i, key) in handle.pool.keys().enumerate() {
                keys_out.add(i).write(key);
            }
            gate::OK
        })
    }
}

fn check_place(keys: *mut u64) -> Result<(), Problem> {
    if keys.is_null() {
        return Err(Problem::NULL);
    }
    check_alignment(keys)
}

/// Makes a copy of the detector of a key, to read it or to save it alone. This does not count as using the key, and the
/// copy and the pool do not change each other. The caller owns `*detector_out` and frees it by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get(
    pool: *const tailspot_pool,
    key: u64,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(pool, |handle: &PoolHandle| {
            write_new_handle(detector_out, || handle.pool.get(key).ok_or(UNKNOWN))
        })
    }
}

const UNKNOWN: Problem = Problem::Result(tailspot_result::TAILSPOT_ERROR_KEY);

/// Makes a copy of the detector that new keys start from. The caller owns `*detector_out` and frees it by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get_template(
    pool: *const tailspot_pool,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(pool, |handle: &PoolHandle| {
            write_new_handle(detector_out, || Ok(handle.pool.template().clone()))
        })
    }
}

/// Gives a key a copy of `detector`, whatever its configuration, in place of the one that it may have. This counts as using
/// the key. `detector` stays the caller's.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED (either handle), TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_insert(
    pool: *mut tailspot_pool,
    key: u64,
    detector: *const tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let spot = gate::copy(detector)?;
            handle.change().insert(key, spot);
            gate::OK
        })
    }
}

/// Removes a key. If `detector_out` is not NULL, `*detector_out` becomes its detector; the caller owns it and frees it by
/// tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_remove(
    pool: *mut tailspot_pool,
    key: u64,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            let spot = handle.change().remove(key).ok_or(UNKNOWN)?;
            if detector_out.is_null() {
                return gate::OK;
            }
            write_new_handle(detector_out, || Ok(spot))
        })
    }
}
