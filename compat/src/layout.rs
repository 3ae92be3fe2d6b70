//! The structs of libspot 1, byte for byte. A flag is a byte that is 0 or 1.

use std::ffi::c_int;

/// A detector at one moment; 64 bytes. Counters stop at `INT_MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct SpotStatus {
    /// Values learned from: those of the calibration and all later ones that are no alerts.
    pub n: c_int,
    /// Excesses kept of the upper tail.
    pub ex_up: c_int,
    /// Excesses kept of the lower tail.
    pub ex_down: c_int,
    /// Excesses ever counted of the upper tail.
    pub Nt_up: c_int,
    /// Excesses ever counted of the lower tail.
    pub Nt_down: c_int,
    /// Alerts of the upper tail.
    pub al_up: c_int,
    /// Alerts of the lower tail.
    pub al_down: c_int,
    /// Where the upper tail starts.
    pub t_up: f64,
    /// Where the lower tail starts.
    pub t_down: f64,
    /// A larger value is an anomaly.
    pub z_up: f64,
    /// A smaller value is an anomaly.
    pub z_down: f64,
}

/// A detector with drift at one moment; 72 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct DSpotStatus {
    /// The first 64 bytes.
    pub spot: SpotStatus,
    /// The moving mean; 0 while its window fills.
    pub drift: f64,
}

/// The parameters of a detector; 32 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct SpotConfig {
    /// Probability of an anomaly, for each watched tail.
    pub q: f64,
    /// As it was given. The size of the buffers follows from `max_excess` alone.
    pub bounded: u8,
    /// Excesses kept for each tail; all of them for 0 and -1.
    pub max_excess: c_int,
    /// Whether anomalies are reported and kept out of the model.
    pub alert: u8,
    /// Whether the upper tail is watched.
    pub up: u8,
    /// Whether the lower tail is watched.
    pub down: u8,
    /// Number of values of the calibration.
    pub n_init: c_int,
    /// Quantile level where the tails start.
    pub level: f64,
}

/// The parameters of a detector with drift; 40 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct DSpotConfig {
    /// The first 32 bytes.
    pub spot: SpotConfig,
    /// Length of the window of the moving mean; 0 for no drift.
    pub depth: c_int,
}
