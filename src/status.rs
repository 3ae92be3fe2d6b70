//! What a detector tells about itself.

use crate::gpd::fit::Outcome;

/// A detector at one moment. Thresholds are in the scale of the stream (the drift is added).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Status {
    /// Whether the calibration is complete.
    pub calibrated: bool,
    /// Values learned from: those of the calibration, and every later one that is neither an alert nor (still) in
    /// quarantine.
    pub n: u64,
    /// Values judged since the calibration, alerts included.
    pub seen: u64,
    /// NaN, and infinities on a side that is not watched.
    pub missing: u64,
    /// The moving mean that is taken off each value; 0 without drift, NaN while its window fills.
    pub drift: f64,
    /// The upper tail.
    pub up: SideStatus,
    /// The lower tail.
    pub down: SideStatus,
}

/// One tail at one moment; NaN in its numbers, and no fit, if it is not watched or not calibrated.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SideStatus {
    /// Alerts so far.
    pub alerts: u64,
    /// Excesses ever counted, N_t.
    pub n_t: u64,
    /// Excesses in the buffer.
    pub excesses: u64,
    /// Where the tail starts, t.
    pub excess_threshold: f64,
    /// Where an anomaly starts, z_q.
    pub anomaly_threshold: f64,
    /// Shape γ of the fitted tail.
    pub shape: f64,
    /// Scale σ of the fitted tail.
    pub scale: f64,
    /// How the last fit went.
    pub fit: Option<Outcome>,
}

impl SideStatus {
    pub(crate) fn without_tail(alerts: u64) -> Self {
        SideStatus {
            alerts,
            n_t: 0,
            excesses: 0,
            excess_threshold: f64::NAN,
            anomaly_threshold: f64::NAN,
            shape: f64::NAN,
            scale: f64::NAN,
            fit: None,
        }
    }
}
