//! The threads of a pool: its own, started on first use. A child of fork has none of its parent's threads, so it starts
//! others.

use std::mem::ManuallyDrop;
use std::process;
use std::thread::{Builder, JoinHandle};

use rayon::{ThreadBuilder, ThreadPool, ThreadPoolBuilder};

use super::codes::tailspot_result;
use super::gate::Problem;

/// More are a mistake.
const MOST: u32 = 1024;

/// Threads, and how many are wanted: 0 means as many as rayon chooses.
pub(super) struct Threads {
    wanted: usize,
    made: Option<Made>,
}

impl Threads {
    pub(super) fn new(wanted: u32) -> Result<Self, Problem> {
        if wanted > MOST {
            return Err(Problem::Sentence(
                tailspot_result::TAILSPOT_ERROR_PARAMETER,
                format!("threads = {wanted} is out of range: needs at most {MOST}"),
            ));
        }
        Ok(Threads { wanted: wanted as usize, made: None })
    }

    pub(super) fn wanted(&self) -> u32 {
        self.wanted as u32
    }

    /// The threads, which are made if this process has none yet.
    pub(super) fn ready(&mut self) -> Result<&ThreadPool, Problem> {
        let here = self.made.take().filter(|made| made.process == process::id());
        let made = match here {
            Some(made) => made,
            None => Made::new(self.wanted)?,
        };
        Ok(&self.made.insert(made).pool)
    }
}

/// The threads that a process made.
struct Made {
    process: u32,
    pool: ManuallyDrop<ThreadPool>,
    handles: ManuallyDrop<Vec<JoinHandle<()>>>,
}

impl Made {
    fn new(wanted: usize) -> Result<Self, Problem> {
        let mut handles = Vec::new();
        let start = |thread: ThreadBuilder| {
            let name = format!("tailspot-{}", thread.index());
            handles.push(Builder::new().name(name).spawn(|| thread.run())?);
            Ok(())
        };
        let pool = ThreadPoolBuilder::new().num_threads(wanted).spawn_handler(start).build();
        let pool = pool.map_err(|_| tailspot_result::TAILSPOT_ERROR_THREADS)?;
        Ok(Made {
            process: process::id(),
            pool: ManuallyDrop::new(pool),
            handles: ManuallyDrop::new(handles),
        })
    }
}

impl Drop for Made {
    /// Ends the threads and waits for them. In a child of fork there are none to end, and a search for them could
    /// hang: what is left of them is leaked.
    fn drop(&mut self) {
        if self.process != process::id() {
            return;
        }
        // SAFETY: neither is used again.
        let (pool, handles) =
            unsafe { (ManuallyDrop::take(&mut self.pool), ManuallyDrop::take(&mut self.handles)) };
        drop(pool);
        for handle in handles {
            // One that panicked has ended too.
            let _ = handle.join();
        }
    }
}
