//! What `Spot_*` and `DSpot_*` have in common: two names for one function.

use std::ffi::c_int;

use tailspot::Side;

use crate::detector::OTHER;
use crate::gate::{Handle, close, config, enter, hand_out, status};
use crate::layout::{DSpotConfig, DSpotStatus, SpotStatus};

macro_rules! both {
    ($($(#[$doc:meta])* fn $spot:ident, $dspot:ident($($name:ident: $type:ty),*) $(-> $answer:ty)? { $body:expr })*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub extern "C" fn $spot($($name: $type),*) $(-> $answer)? {
                $body
            }

            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub extern "C" fn $dspot($($name: $type),*) $(-> $answer)? {
                $body
            }
        )*
    };
}

both! {
    /// Frees a handle.
    fn Spot_delete, DSpot_delete(handle: Option<Box<Handle>>) {
        close(handle)
    }

    /// Classifies one value and updates the model: 0 normal, 1 and -1 alerts, 2 and -2 excesses, 3 collected,
    /// 4 calibrated, 5 not judged.
    fn Spot_step, DSpot_step(handle: Option<&Handle>, x: f64) -> c_int {
        enter(handle, OTHER, |detector| detector.step(x))
    }

    /// Counters and thresholds, without the drift: 64 bytes, which is what `pylibspot` provides for a `DSpot` too.
    fn Spot_status, DSpot_status(handle: Option<&Handle>) -> SpotStatus {
        status(handle).spot
    }

    /// Counters, thresholds and drift, to be deleted by the function of that name.
    fn Spot_status_ptr, DSpot_status_ptr(handle: Option<&Handle>) -> Option<Box<DSpotStatus>> {
        hand_out(status(handle))
    }

    /// Frees a status.
    fn Spot_status_delete, DSpot_status_delete(status: Option<Box<DSpotStatus>>) {
        close(status)
    }

    /// The parameters, to be deleted by the function of that name.
    fn Spot_config_ptr, DSpot_config_ptr(handle: Option<&Handle>) -> Option<Box<DSpotConfig>> {
        hand_out(config(handle))
    }

    /// Frees parameters.
    fn Spot_config_delete, DSpot_config_delete(config: Option<Box<DSpotConfig>>) {
        close(config)
    }

    /// A larger value is an anomaly; 0 before the calibration.
    fn Spot_getUpperThreshold, DSpot_getUpperThreshold(handle: Option<&Handle>) -> f64 {
        enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Up))
    }

    /// A smaller value is an anomaly; 0 before the calibration.
    fn Spot_getLowerThreshold, DSpot_getLowerThreshold(handle: Option<&Handle>) -> f64 {
        enter(handle, 0.0, |detector| detector.anomaly_threshold(Side::Down))
    }

    /// Where the upper tail starts; 0 before the calibration.
    fn Spot_getUpper_t, DSpot_getUpper_t(handle: Option<&Handle>) -> f64 {
        enter(handle, 0.0, |detector| detector.excess_threshold(Side::Up))
    }

    /// Where the lower tail starts; 0 before the calibration.
    fn Spot_getLower_t, DSpot_getLower_t(handle: Option<&Handle>) -> f64 {
        enter(handle, 0.0, |detector| detector.excess_threshold(Side::Down))
    }

    /// Changes q, and with it the anomaly thresholds.
    fn Spot_set_q, DSpot_set_q(handle: Option<&Handle>, q: f64) {
        enter(handle, (), |detector| detector.set_q(q))
    }

    /// P(X > z).
    fn Spot_up_probability, DSpot_up_probability(handle: Option<&Handle>, z: f64) -> f64 {
        enter(handle, 0.0, |detector| detector.probability(Side::Up, z))
    }

    /// P(X < z).
    fn Spot_down_probability, DSpot_down_probability(handle: Option<&Handle>, z: f64) -> f64 {
        enter(handle, 0.0, |detector| detector.probability(Side::Down, z))
    }
}
