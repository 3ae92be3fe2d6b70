//! The keys of a pool and their detectors.

use super::arrays::check_alignment;
use super::codes::tailspot_status;
use super::fleet::{Fleet, tailspot_pool};
use super::gate::{Handle, Problem, Subject, gate, hand_over};
use super::structs::{self, Growing};

/// What a pool tells about itself.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_pool_status {
    /// The size that was asked for.
    pub struct_size: u32,
    /// The number of threads as it was set; 0 is as many as there are cores.
    pub threads: u32,
    /// How many keys are known.
    pub keys: u64,
    /// The largest number of keys; 0 is no limit.
    pub limit: u64,
}

const _: () = assert!(size_of::<tailspot_pool_status>() == 24, "the ABI says 24 bytes");

// SAFETY: the sizes of the fields add up to 24, and all of them are integers.
unsafe impl Growing for tailspot_pool_status {
    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

/// ## The keys of a pool
///
/// How many keys are known; 0 if `pool` is NULL or dead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_size(pool: *const tailspot_pool) -> usize {
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| Ok(fleet.pool.len())) }
}

/// Counters and settings. `struct_size` is sizeof(tailspot_pool_status) of the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get_status(
    pool: *const tailspot_pool,
    status_out: *mut tailspot_pool_status,
    struct_size: usize,
) -> tailspot_status {
    let tell = |fleet: &Fleet| tailspot_pool_status {
        struct_size: 0,
        threads: fleet.threads.wanted(),
        keys: fleet.pool.len() as u64,
        limit: fleet.pool.limit().unwrap_or(0) as u64,
    };
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| structs::write(status_out, struct_size, tell(fleet))) }
}

/// Writes all known keys, in no order, to `keys_out`, which has room for `count` keys: at least tailspot_pool_size.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_BUFFER, TAILSPOT_ERROR_DEAD,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_keys(
    pool: *const tailspot_pool,
    keys_out: *mut u64,
    count: usize,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            check_place(keys_out)?;
            if fleet.pool.len() > count {
                return Err(tailspot_status::TAILSPOT_ERROR_BUFFER.into());
            }
            for (i, key) in fleet.pool.keys().enumerate() {
                keys_out.add(i).write(key);
            }
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

fn check_place(keys: *mut u64) -> Result<(), Problem> {
    if keys.is_null() {
        return Err(Problem::NULL);
    }
    check_alignment(keys)
}

/// Makes a copy of the detector of a key, for all that a detector tells, or to save one key. The key is not seen by
/// this, and what is done with the copy is not done with the pool. `*spot_out` is the caller's, to be freed by
/// tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get(
    pool: *const tailspot_pool,
    key: u64,
    spot_out: *mut *mut Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| hand_over(spot_out, || fleet.pool.get(key).ok_or(UNKNOWN))) }
}

const UNKNOWN: Problem = Problem::Status(tailspot_status::TAILSPOT_ERROR_KEY);

/// Makes a copy of what a new key starts from. `*spot_out` is the caller's, to be freed by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_get_template(
    pool: *const tailspot_pool,
    spot_out: *mut *mut Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate(&pool, |fleet| hand_over(spot_out, || Ok(fleet.pool.template().clone()))) }
}

/// Gives a key a copy of `spot`, whatever its configuration, in place of the detector that it may have, and counts as
/// seeing the key. `spot` stays the caller's.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD (of either), TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_insert(
    pool: *mut tailspot_pool,
    key: u64,
    spot: *const Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            let spot = (&spot).enter()?.clone();
            fleet.change().insert(key, spot);
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Forgets a key. If `spot_out` is not NULL, `*spot_out` becomes its detector, which is the caller's, to be freed by
/// tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_KEY, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_remove(
    pool: *mut tailspot_pool,
    key: u64,
    spot_out: *mut *mut Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| {
            let spot = fleet.change().remove(key).ok_or(UNKNOWN)?;
            if spot_out.is_null() {
                return Ok(tailspot_status::TAILSPOT_OK);
            }
            hand_over(spot_out, || Ok(spot))
        })
    }
}
