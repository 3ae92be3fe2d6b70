//! What is behind a pool's pointer.

use super::arrays::Places;
use super::codes::tailspot_status;
use super::gate::{Life, Opaque, Problem};
use super::threads::Threads;
use engine::Pool;

/// A pool: detectors by a key of 64 bits, for as many streams as memory holds. Opaque: made by tailspot_pool_new,
/// tailspot_pool_from_spot or tailspot_pool_load, freed by tailspot_pool_free, owned by the caller.
///
/// The rules for threads are those of a tailspot. A pool has threads of its own, which work only during its calls.
pub struct tailspot_pool(Life<Fleet>);

/// A pool, and who works on it.
pub(super) struct Fleet {
    pub(super) pool: Pool,
    pub(super) threads: Threads,
    /// What tailspot_pool_snapshot_size made, for tailspot_pool_save.
    pub(super) saved: Option<Vec<u8>>,
}

impl Fleet {
    pub(super) fn new(pool: Pool, threads: Threads) -> Self {
        Fleet { pool, threads, saved: None }
    }

    /// The pool for a call that changes it.
    pub(super) fn change(&mut self) -> &mut Pool {
        self.saved = None;
        &mut self.pool
    }

    /// # Safety
    ///
    /// As for [`Places::outputs`], for as many elements as there are keys.
    pub(super) unsafe fn step_many(
        &mut self,
        keys: &[u64],
        values: &[f64],
        places: Places,
    ) -> Result<tailspot_status, Problem> {
        self.saved = None;
        let pool = &mut self.pool;
        if keys.len() < FEW {
            let parts = keys.chunks(ALONE).zip(values.chunks(ALONE));
            for (i, (keys, values)) in parts.enumerate() {
                // SAFETY: promised by the caller.
                let outputs = unsafe { places.outputs(i * ALONE, keys.len()) };
                pool.step_many(keys, values, outputs)?;
            }
        } else {
            let threads = self.threads.ready()?;
            // SAFETY: promised by the caller.
            let outputs = unsafe { places.outputs(0, keys.len()) };
            threads.install(|| pool.step_many(keys, values, outputs))?;
        }
        Ok(tailspot_status::TAILSPOT_OK)
    }

    pub(super) fn save(&mut self) -> Result<Vec<u8>, Problem> {
        match self.saved.take() {
            Some(bytes) => Ok(bytes),
            None => {
                let pool = &self.pool;
                Ok(self.threads.ready()?.install(|| pool.save()))
            }
        }
    }
}

/// Fewer values are judged by the caller's thread: to hand them over would take longer.
const FEW: usize = 1024;
/// That is done in parts so short that a pool judges them one by one, without a look at rayon.
const ALONE: usize = 63;

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
