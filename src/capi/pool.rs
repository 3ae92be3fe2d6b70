//! Many detectors by key.

use std::ffi::{c_char, c_void};
use std::ptr::copy_nonoverlapping;

use super::arrays::{Places, check_alignment, collect, items};
use super::codes::tailspot_status;
use super::explain;
use super::gate::{self, Handle, Life, Opaque, Problem, Subject, gate, hand_over};
use super::parameters::{self, tailspot_config};
use super::saved;
use super::structs::{self, Growing};
use super::threads::Threads;
use crate::pool::Pool;

/// A pool: detectors by a key of 64 bits, for as many streams as memory holds. Opaque: made by tailspot_pool_new,
/// tailspot_pool_from_spot or tailspot_pool_load, freed by tailspot_pool_free, owned by the caller.
///
/// The rules for threads are those of a tailspot. A pool has threads of its own, which work only during its calls.
pub struct tailspot_pool(Life<Fleet>);

/// A pool, and who works on it.
pub(super) struct Fleet {
    pool: Pool,
    threads: Threads,
    /// What tailspot_pool_snapshot_size made, for tailspot_pool_save.
    saved: Option<Vec<u8>>,
}

impl Fleet {
    fn new(pool: Pool, threads: Threads) -> Self {
        Fleet { pool, threads, saved: None }
    }

    /// The pool for a call that changes it.
    fn change(&mut self) -> &mut Pool {
        self.saved = None;
        &mut self.pool
    }

    /// # Safety
    ///
    /// As for [`Places::outputs`], for as many elements as there are keys.
    unsafe fn step_many(
        &mut self,
        keys: &[u64],
        values: &[f64],
        places: Places,
    ) -> Result<tailspot_status, Problem> {
        self.saved = None;
        // SAFETY: promised by the caller.
        let outputs = unsafe { places.outputs(0, keys.len()) };
        let pool = &mut self.pool;
        let judge = || Ok(pool.step_many(keys, values, outputs)?);
        if keys.len() < FEW {
            judge()?
        } else {
            self.threads.run(judge)?
        }
        Ok(tailspot_status::TAILSPOT_OK)
    }

    fn save(&mut self) -> Result<Vec<u8>, Problem> {
        match self.saved.take() {
            Some(bytes) => Ok(bytes),
            None => {
                let pool = &self.pool;
                self.threads.run(|| Ok(pool.save()))
            }
        }
    }
}

/// A pool judges fewer values one by one, without a look at any thread.
const FEW: usize = 64;

impl Opaque for tailspot_pool {
    type Inside = Fleet;

    fn new(fleet: Fleet) -> Self {
        tailspot_pool(Life::new(fleet))
    }

    unsafe fn life(this: *const Self) -> *const Life<Fleet> {
        // SAFETY: promised by the caller; no reference is made.
        unsafe { &raw const (*this).0 }
    }
}

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

/// Judges a column of `count` values in order: value i belongs to key i. The same events, thresholds and state as
/// tailspot_pool_step on each, bit for bit, by all threads. Keys may come in any order and as often as they like. What
/// is said of the outs of tailspot_step_many holds for these. `keys` and `values` may be NULL if `count` is 0.
///
/// Without thresholds it is faster; the memory that it takes on the way is about 20 bytes for each value, for at most
/// 16 values a key (or 262,144) at a time.
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
    let pool = threads.run(|| Ok(Pool::load(bytes)?))?;
    Ok(Fleet::new(pool, threads))
}

/// A bug, for tests of what follows one: see `tailspot_fault`.
#[cfg(feature = "fault")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_fault(pool: *mut tailspot_pool) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&pool, |fleet| fleet.threads.run(|| panic!("a bug in a thread, as the test asked")))
    }
}
