//! `version`, and what only `Spot_*` has.

use std::ffi::{c_char, c_int};

use crate::gate::{Handle, config, gate, open};
use crate::layout::{DSpotConfig, SpotConfig};

/// What `version` reports: the libspot that this replaces, then what it is.
const VERSION: &str = concat!("1.3.1+tailspot.", env!("CARGO_PKG_VERSION"), "\0");

/// Copies the version and a zero byte to `buffer` if they fit into `size` bytes.
///
/// # Safety
///
/// `buffer` is NULL or has space for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn version(buffer: *mut c_char, size: usize) {
    let buffer = std::ptr::NonNull::new(buffer).filter(|_| size >= VERSION.len());
    gate(buffer, (), |buffer| {
        // SAFETY: the caller's buffer has space for `size` bytes, which are enough; it is not part of a constant.
        unsafe {
            std::ptr::copy_nonoverlapping(VERSION.as_ptr(), buffer.as_ptr().cast(), VERSION.len());
        }
    });
}

/// A detector. Sizes that are 0 or less have a meaning: an `n_init` of 1000, a `max_excess` without end.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_new(
    q: f64,
    n_init: c_int,
    level: f64,
    up: u8,
    down: u8,
    alert: u8,
    bounded: u8,
    max_excess: c_int,
) -> Option<Box<Handle>> {
    let spot = SpotConfig { q, bounded, max_excess, alert, up, down, n_init, level };
    open(DSpotConfig { spot, depth: 0 })
}

/// The parameters but the depth.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_config(handle: Option<&Handle>) -> SpotConfig {
    config(handle).spot
}
