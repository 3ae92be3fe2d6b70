//! `version` and `Spot_*`.

use std::ffi::{c_char, c_int};

use tailspot::Side;

use crate::detector::OTHER;
use crate::gate::{Handle, close, config, enter, gate, hand_out, open, status};
use crate::layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};

/// What `version` tells: the libspot that this stands in for, then what it is.
const VERSION: &str = concat!("1.3.1+tailspot.", env!("CARGO_PKG_VERSION"), "\0");

/// Copies the version and a zero byte to `buffer` if they fit into `size` bytes.
///
/// # Safety
///
/// `buffer` is NULL or has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn version(buffer: *mut c_char, size: usize) {
    let buffer = std::ptr::NonNull::new(buffer).filter(|_| size >= VERSION.len());
    gate(buffer, (), |buffer| {
        // SAFETY: the caller's buffer has room for `size` bytes, which are enough; it is not part of a constant.
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

/// The end of a handle.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_delete(handle: Option<Box<Handle>>) {
    close(handle);
}

/// Judges one value, and learns from it: 0 normal, 1 and -1 alerts, 2 and -2 excesses, 3 collected, 4 calibrated, 5 not
/// judged.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_step(handle: Option<&Handle>, x: f64) -> c_int {
    enter(handle, OTHER, |detector| detector.step(x))
}

/// Counters and thresholds.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_status(handle: Option<&Handle>) -> SpotStatus {
    status(handle).spot
}

/// Counters and thresholds, to be deleted by `Spot_status_delete`.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_status_ptr(handle: Option<&Handle>) -> Option<Box<DSpotStatus>> {
    hand_out(status(handle))
}

/// The end of a status.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_status_delete(status: Option<Box<DSpotStatus>>) {
    close(status);
}

/// The parameters but the depth.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_config(handle: Option<&Handle>) -> SpotConfig {
    config(handle).spot
}

/// The parameters, to be deleted by `Spot_config_delete`.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_config_ptr(handle: Option<&Handle>) -> Option<Box<DSpotConfig>> {
    hand_out(config(handle))
}

/// The end of parameters.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_config_delete(config: Option<Box<DSpotConfig>>) {
    close(config);
}

/// A larger value is an anomaly; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_getUpperThreshold(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Up))
}

/// A smaller value is an anomaly; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_getLowerThreshold(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Down))
}

/// Where the upper tail starts; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_getUpper_t(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.excess_threshold(Side::Up))
}

/// Where the lower tail starts; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_getLower_t(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.excess_threshold(Side::Down))
}

/// Changes q, and with it the anomaly thresholds.
#[unsafe(no_mangle)]
pub extern "C" fn Spot_set_q(handle: Option<&Handle>, q: f64) {
    enter(handle, (), |detector| detector.set_q(q));
}

/// P(X > z).
#[unsafe(no_mangle)]
pub extern "C" fn Spot_up_probability(handle: Option<&Handle>, z: f64) -> f64 {
    enter(handle, 0.0, |detector| detector.probability(Side::Up, z))
}

/// P(X < z).
#[unsafe(no_mangle)]
pub extern "C" fn Spot_down_probability(handle: Option<&Handle>, z: f64) -> f64 {
    enter(handle, 0.0, |detector| detector.probability(Side::Down, z))
}
