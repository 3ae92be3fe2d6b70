//! `_status_get_*` and `_config_get_*`: one field of a struct that `*_ptr` handed out.

use std::ffi::c_int;

use crate::gate::gate;
use crate::layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};

/// Values learned from.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_n(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.n)
}

/// Excesses kept of the upper tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_ex_up(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.ex_up)
}

/// Excesses kept of the lower tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_ex_down(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.ex_down)
}

/// Excesses ever counted of the upper tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_Nt_up(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.Nt_up)
}

/// Excesses ever counted of the lower tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_Nt_down(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.Nt_down)
}

/// Alerts of the upper tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_al_up(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.al_up)
}

/// Alerts of the lower tail.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_al_down(of: Option<&SpotStatus>) -> c_int {
    gate(of, 0, |of| of.al_down)
}

/// Where the upper tail starts.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_t_up(of: Option<&SpotStatus>) -> f64 {
    gate(of, 0.0, |of| of.t_up)
}

/// Where the lower tail starts.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_t_down(of: Option<&SpotStatus>) -> f64 {
    gate(of, 0.0, |of| of.t_down)
}

/// The upper anomaly threshold.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_z_up(of: Option<&SpotStatus>) -> f64 {
    gate(of, 0.0, |of| of.z_up)
}

/// The lower anomaly threshold.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_z_down(of: Option<&SpotStatus>) -> f64 {
    gate(of, 0.0, |of| of.z_down)
}

/// The moving mean.
#[unsafe(no_mangle)]
pub extern "C" fn _status_get_drift(of: Option<&DSpotStatus>) -> f64 {
    gate(of, 0.0, |of| of.drift)
}

/// Probability of an anomaly, for each watched tail.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_q(of: Option<&SpotConfig>) -> f64 {
    gate(of, 0.0, |of| of.q)
}

/// As it was given.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_bounded(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.bounded.into())
}

/// Excesses kept for each tail; all of them for 0 and -1.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_max_excess(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.max_excess)
}

/// Whether anomalies are reported and kept out of the model.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_alert(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.alert.into())
}

/// Whether the upper tail is watched.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_up(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.up.into())
}

/// Whether the lower tail is watched.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_down(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.down.into())
}

/// Number of values of the calibration.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_n_init(of: Option<&SpotConfig>) -> c_int {
    gate(of, 0, |of| of.n_init)
}

/// Quantile level where the tails start.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_level(of: Option<&SpotConfig>) -> f64 {
    gate(of, 0.0, |of| of.level)
}

/// Length of the window of the moving mean.
#[unsafe(no_mangle)]
pub extern "C" fn _config_get_depth(of: Option<&DSpotConfig>) -> f64 {
    gate(of, 0.0, |of| of.depth.into())
}
