//! What is behind a pool's pointer.

use engine::Pool;

use super::codes::tailspot_result;
use super::columns::Outs;
use super::gate::{self, Handle, Problem};
use super::threads::Threads;

/// Fewer values are judged by the caller's thread: to hand them over would take longer.
const FEW: usize = 1024;
/// That is done in parts so short that a pool judges them one by one, without a look at rayon.
const ALONE: usize = 63;

/// A pool.
pub type tailspot_pool = Handle<PoolHandle>;

/// A pool, and who works on it.
pub struct PoolHandle {
    pub(super) pool: Pool,
    pub(super) threads: Threads,
    /// What tailspot_pool_snapshot_size made, for tailspot_pool_save.
    pub(super) saved: Option<Vec<u8>>,
}

impl PoolHandle {
    pub(super) fn new(pool: Pool, threads: Threads) -> Self {
        PoolHandle { pool, threads, saved: None }
    }

    /// The pool for a call that changes it.
    pub(super) fn change(&mut self) -> &mut Pool {
        self.saved = None;
        &mut self.pool
    }

    /// # Safety
    ///
    /// As for [`Outs::outputs`], for as many elements as there are keys.
    pub(super) unsafe fn step_many(
        &mut self,
        keys: &[u64],
        values: &[f64],
        outs: Outs,
    ) -> Result<tailspot_result, Problem> {
        self.saved = None;
        let pool = &mut self.pool;
        if keys.len() < FEW {
            let parts = keys.chunks(ALONE).zip(values.chunks(ALONE));
            for (i, (keys, values)) in parts.enumerate() {
                // SAFETY: promised by the caller.
                let outputs = unsafe { outs.outputs(i * ALONE, keys.len()) };
                pool.step_many(keys, values, outputs)?;
            }
        } else {
            let threads = self.threads.ready()?;
            // SAFETY: promised by the caller.
            let outputs = unsafe { outs.outputs(0, keys.len()) };
            threads.install(|| pool.step_many(keys, values, outputs))?;
        }
        gate::OK
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
