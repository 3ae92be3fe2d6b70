//! `_status_get_*` and `_config_get_*`: one field of a struct that `*_ptr` handed out.

use std::ffi::c_int;

use crate::gate::gate;
use crate::layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};

macro_rules! accessors {
    ($($(#[$doc:meta])* fn $name:ident($of:ident: $type:ty) -> $answer:ty { $field:expr })*) => {
        $(
            $(#[$doc])*
            #[unsafe(no_mangle)]
            pub extern "C" fn $name($of: Option<&$type>) -> $answer {
                gate($of, <$answer>::default(), |$of| $field)
            }
        )*
    };
}

accessors! {
    /// Values learned from.
    fn _status_get_n(of: SpotStatus) -> c_int { of.n }

    /// Excesses kept of the upper tail.
    fn _status_get_ex_up(of: SpotStatus) -> c_int { of.ex_up }

    /// Excesses kept of the lower tail.
    fn _status_get_ex_down(of: SpotStatus) -> c_int { of.ex_down }

    /// Excesses ever counted of the upper tail.
    fn _status_get_Nt_up(of: SpotStatus) -> c_int { of.Nt_up }

    /// Excesses ever counted of the lower tail.
    fn _status_get_Nt_down(of: SpotStatus) -> c_int { of.Nt_down }

    /// Alerts of the upper tail.
    fn _status_get_al_up(of: SpotStatus) -> c_int { of.al_up }

    /// Alerts of the lower tail.
    fn _status_get_al_down(of: SpotStatus) -> c_int { of.al_down }

    /// Where the upper tail starts.
    fn _status_get_t_up(of: SpotStatus) -> f64 { of.t_up }

    /// Where the lower tail starts.
    fn _status_get_t_down(of: SpotStatus) -> f64 { of.t_down }

    /// The upper anomaly threshold.
    fn _status_get_z_up(of: SpotStatus) -> f64 { of.z_up }

    /// The lower anomaly threshold.
    fn _status_get_z_down(of: SpotStatus) -> f64 { of.z_down }

    /// The moving mean.
    fn _status_get_drift(of: DSpotStatus) -> f64 { of.drift }

    /// Probability of an anomaly, for each watched tail.
    fn _config_get_q(of: SpotConfig) -> f64 { of.q }

    /// As it was given.
    fn _config_get_bounded(of: SpotConfig) -> c_int { of.bounded.into() }

    /// Excesses kept for each tail; all of them for 0 and -1.
    fn _config_get_max_excess(of: SpotConfig) -> c_int { of.max_excess }

    /// Whether anomalies are reported and kept out of the model.
    fn _config_get_alert(of: SpotConfig) -> c_int { of.alert.into() }

    /// Whether the upper tail is watched.
    fn _config_get_up(of: SpotConfig) -> c_int { of.up.into() }

    /// Whether the lower tail is watched.
    fn _config_get_down(of: SpotConfig) -> c_int { of.down.into() }

    /// Number of values of the calibration.
    fn _config_get_n_init(of: SpotConfig) -> c_int { of.n_init }

    /// Quantile level where the tails start.
    fn _config_get_level(of: SpotConfig) -> f64 { of.level }

    /// Length of the window of the moving mean.
    fn _config_get_depth(of: DSpotConfig) -> f64 { of.depth.into() }
}
