//! What only `DSpot_*` has.

use std::ffi::c_int;

use crate::gate::{Handle, config, enter, open};
use crate::layout::{DSpotConfig, SpotConfig};

/// A detector with drift, with a q of 1e-3 until `DSpot_set_q`.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_new_light(
    d: c_int,
    n_init: c_int,
    level: f64,
    up: u8,
    down: u8,
    alert: u8,
    bounded: u8,
    max_excess: c_int,
) -> Option<Box<Handle>> {
    let spot = SpotConfig { q: 1e-3, bounded, max_excess, alert, up, down, n_init, level };
    open(DSpotConfig { spot, depth: d })
}

/// The parameters.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_config(handle: Option<&Handle>) -> DSpotConfig {
    config(handle)
}

/// The moving mean; 0 while its window fills.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getDrift(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.drift())
}
