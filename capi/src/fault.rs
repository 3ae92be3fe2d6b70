//! Bugs on demand, for tests of what follows one. Not in the header, and not in a release build.

use engine::Spot;

use super::codes::tailspot_result;
use super::gate::{self, tailspot_detector};
use super::incidents::{IncidentList, tailspot_incidents};
use super::pool_handle::{PoolHandle, tailspot_pool};

/// A bug while a detector is changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fault(detector: *mut tailspot_detector) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe { gate::change(detector, |_: &mut Spot| panic!("a bug, as the test asked")) }
}

/// A bug in a thread of a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_pool_fault(pool: *mut tailspot_pool) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(pool, |handle: &mut PoolHandle| {
            handle.threads.ready()?.install(|| panic!("a bug in a thread, as the test asked"))
        })
    }
}

/// A bug in a list of incidents.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_fault(
    incidents: *mut tailspot_incidents,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe { gate::change(incidents, |_: &mut IncidentList| panic!("a bug, as the test asked")) }
}
