//! `DSpot_*`.

use std::ffi::c_int;

use tailspot::Side;

use crate::detector::OTHER;
use crate::gate::{Handle, close, config, enter, hand_out, open, status};
use crate::layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};

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

/// The end of a handle.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_delete(handle: Option<Box<Handle>>) {
    close(handle);
}

/// Judges one value, and learns from it: 0 normal, 1 and -1 alerts, 2 and -2 excesses, 3 collected, 4 calibrated, 5 not
/// judged.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_step(handle: Option<&Handle>, x: f64) -> c_int {
    enter(handle, OTHER, |detector| detector.step(x))
}

/// Counters and thresholds, without the drift: the 64 bytes for which `pylibspot` has room.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_status(handle: Option<&Handle>) -> SpotStatus {
    status(handle).spot
}

/// Counters, thresholds and drift, to be deleted by `DSpot_status_delete`.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_status_ptr(handle: Option<&Handle>) -> Option<Box<DSpotStatus>> {
    hand_out(status(handle))
}

/// The end of a status.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_status_delete(status: Option<Box<DSpotStatus>>) {
    close(status);
}

/// The parameters.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_config(handle: Option<&Handle>) -> DSpotConfig {
    config(handle)
}

/// The parameters, to be deleted by `DSpot_config_delete`.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_config_ptr(handle: Option<&Handle>) -> Option<Box<DSpotConfig>> {
    hand_out(config(handle))
}

/// The end of parameters.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_config_delete(config: Option<Box<DSpotConfig>>) {
    close(config);
}

/// A larger value is an anomaly; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getUpperThreshold(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Up))
}

/// A smaller value is an anomaly; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getLowerThreshold(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Down))
}

/// Where the upper tail starts; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getUpper_t(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.excess_threshold(Side::Up))
}

/// Where the lower tail starts; 0 before the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getLower_t(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.excess_threshold(Side::Down))
}

/// The moving mean; 0 while its window fills.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_getDrift(handle: Option<&Handle>) -> f64 {
    enter(handle, 0.0, |detector| detector.drift())
}

/// Changes q, and with it the anomaly thresholds.
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_set_q(handle: Option<&Handle>, q: f64) {
    enter(handle, (), |detector| detector.set_q(q));
}

/// P(X > z).
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_up_probability(handle: Option<&Handle>, z: f64) -> f64 {
    enter(handle, 0.0, |detector| detector.probability(Side::Up, z))
}

/// P(X < z).
#[unsafe(no_mangle)]
pub extern "C" fn DSpot_down_probability(handle: Option<&Handle>, z: f64) -> f64 {
    enter(handle, 0.0, |detector| detector.probability(Side::Down, z))
}
