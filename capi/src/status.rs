//! What a detector reports about itself.

use engine::{Outcome, Reason, SideStatus, Spot, Status};
use libc::size_t;

use super::codes::tailspot_result;
use super::gate::{self, Problem, tailspot_detector};
use super::parameters::{tailspot_baseline, tailspot_config};
use super::structs::{self, Growing};

/// How the last fit of a tail ended.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_outcome {
    /// Not calibrated, not watched, no excess, or TAILSPOT_CALIBRATED, which weighs all fits.
    TAILSPOT_NO_FIT = 0,
    /// At the best local maximum of the likelihood with a shape from -1/2 to 3.
    TAILSPOT_CONVERGED = 1,
    /// No such maximum: the best scale for the shape -1/2, where the likelihood stops being regular.
    TAILSPOT_FLOOR = 2,
    /// No such maximum: the best scale for the shape 3.
    TAILSPOT_CAP = 3,
    /// All excesses are equal: the best scale for the shape -1/2.
    TAILSPOT_DEGENERATE = 4,
    /// Fewer than 20 excesses: the posterior mean of Zhang and Stephens (2009).
    TAILSPOT_TOO_FEW = 5,
}

/// A detector at one moment. Thresholds are in the scale of the stream. Doubles are NaN if not available: before the
/// calibration, or for a side that is not watched.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_status {
    /// The size that was asked for.
    pub struct_size: u32,
    /// 1 if the calibration is complete, else 0.
    pub calibrated: u32,
    /// Values learned from: those of the calibration, and every later one that is neither an alert nor (still) in
    /// quarantine.
    pub n: u64,
    /// Values judged since the calibration, alerts included.
    pub seen: u64,
    /// NaN, and infinities on a side that is not watched.
    pub missing: u64,
    /// What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
    pub drift: f64,
    /// Upper tail: alerts so far.
    pub alerts_up: u64,
    /// Lower tail: alerts so far.
    pub alerts_down: u64,
    /// Upper tail: excesses ever counted, N_t.
    pub n_t_up: u64,
    /// Lower tail: excesses ever counted, N_t.
    pub n_t_down: u64,
    /// Upper tail: excesses in the buffer.
    pub excesses_up: u64,
    /// Lower tail: excesses in the buffer.
    pub excesses_down: u64,
    /// Upper tail: where it starts, t.
    pub excess_threshold_up: f64,
    /// Lower tail: where it starts, t.
    pub excess_threshold_down: f64,
    /// Upper tail: where an anomaly starts, z_q.
    pub anomaly_threshold_up: f64,
    /// Lower tail: where an anomaly starts, z_q.
    pub anomaly_threshold_down: f64,
    /// Upper tail: shape of the fit.
    pub shape_up: f64,
    /// Lower tail: shape of the fit.
    pub shape_down: f64,
    /// Upper tail: scale of the fit.
    pub scale_up: f64,
    /// Lower tail: scale of the fit.
    pub scale_down: f64,
    /// Upper tail: how the last fit ended, a tailspot_outcome.
    pub fit_up: i32,
    /// Lower tail: how the last fit ended, a tailspot_outcome.
    pub fit_down: i32,
    /// Upper tail: where learning stops. Values from here to the anomaly threshold are excesses, but are treated like
    /// alerts. NaN unless the accounting is budgeted.
    pub learning_limit_up: f64,
    /// Lower tail: where learning stops.
    pub learning_limit_down: f64,
    /// Upper tail: how many values beyond the learning limit the model may still learn, as far as a clean stream would
    /// have shown them by now. NaN unless the accounting is budgeted.
    pub allowance_up: f64,
    /// Lower tail: how many values beyond the learning limit the model may still learn.
    pub allowance_down: f64,
    /// Incidents so far: alerts of either side that came close together count once.
    pub incidents: u64,
    /// For how many values the calibration has been refuted: so many lay beyond an excess threshold that the stream has
    /// left what it was calibrated on. 0 if it is not.
    pub refuted: u64,
    /// Upper tail: incidents of this side so far.
    pub incidents_up: u64,
    /// Lower tail: incidents of this side so far.
    pub incidents_down: u64,
    /// Upper tail: alerts beyond tailspot_config.limit, which were learned; of several baselines, beyond that of one.
    pub surplus_up: u64,
    /// Lower tail: alerts beyond tailspot_config.limit, which were learned; of several baselines, beyond that of one.
    pub surplus_down: u64,
    /// Upper tail: excesses rejected as anomalies by the robust fits, of the calibration and later.
    pub rejected_up: u64,
    /// Lower tail: excesses rejected as anomalies by the robust fits.
    pub rejected_down: u64,
}

const _: () = assert!(size_of::<tailspot_status>() == 256, "the ABI says 256 bytes");

// SAFETY: the sizes of the fields add up to 256, and all of them are integers or floats.
unsafe impl Growing for tailspot_status {
    const NAME: &'static str = "tailspot_status";
    const FIRST: usize = 256;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

impl From<&Status> for tailspot_status {
    fn from(status: &Status) -> Self {
        let (up, down) = (&status.up, &status.down);
        tailspot_status {
            struct_size: 0,
            calibrated: status.calibrated.into(),
            n: status.n,
            seen: status.seen,
            missing: status.missing,
            drift: status.drift,
            alerts_up: up.alerts,
            alerts_down: down.alerts,
            n_t_up: up.n_t,
            n_t_down: down.n_t,
            excesses_up: up.excesses,
            excesses_down: down.excesses,
            excess_threshold_up: up.excess_threshold,
            excess_threshold_down: down.excess_threshold,
            anomaly_threshold_up: up.anomaly_threshold,
            anomaly_threshold_down: down.anomaly_threshold,
            shape_up: up.shape,
            shape_down: down.shape,
            scale_up: up.scale,
            scale_down: down.scale,
            fit_up: outcome(up) as i32,
            fit_down: outcome(down) as i32,
            learning_limit_up: up.learning_limit,
            learning_limit_down: down.learning_limit,
            allowance_up: up.allowance,
            allowance_down: down.allowance,
            incidents: status.incidents,
            refuted: status.refuted,
            incidents_up: up.incidents,
            incidents_down: down.incidents,
            surplus_up: up.surplus,
            surplus_down: down.surplus,
            rejected_up: up.rejected,
            rejected_down: down.rejected,
        }
    }
}

fn outcome(side: &SideStatus) -> tailspot_outcome {
    match side.fit {
        Some(Outcome::Converged) => tailspot_outcome::TAILSPOT_CONVERGED,
        Some(Outcome::Floor) => tailspot_outcome::TAILSPOT_FLOOR,
        Some(Outcome::Cap) => tailspot_outcome::TAILSPOT_CAP,
        Some(Outcome::Degenerate) => tailspot_outcome::TAILSPOT_DEGENERATE,
        Some(Outcome::TooFew) => tailspot_outcome::TAILSPOT_TOO_FEW,
        // The engine may add an outcome; it needs a code here then.
        None | Some(_) => tailspot_outcome::TAILSPOT_NO_FIT,
    }
}

/// ## What a detector reports about itself
///
/// Counters, thresholds and fits of both sides. `struct_size` is sizeof(tailspot_status) of the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_get_status(
    detector: *const tailspot_detector,
    status_out: *mut tailspot_status,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            structs::write(status_out, struct_size, (&spot.status()).into())
        })
    }
}

/// The parameters, with q as it is now. `struct_size` is sizeof(tailspot_config) of the program; tailspot_new takes the
/// struct.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_get_config(
    detector: *const tailspot_detector,
    config_out: *mut tailspot_config,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            structs::write(config_out, struct_size, spot.config().into())
        })
    }
}

/// What one baseline says of a value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_reason {
    /// The size that was asked for.
    pub struct_size: u32,
    /// The tail that the residual is in, a tailspot_side; 0 if it is not in a tail.
    pub side: i32,
    /// The baseline.
    pub baseline: tailspot_baseline,
    /// Its level; 0 without one.
    pub level: f64,
    /// Its local scale; 1 without one.
    pub scale: f64,
    /// The season at this value; 0 without one.
    pub season: f64,
    /// The value without them: (value - season - level) / scale.
    pub residual: f64,
    /// The tail probability of the residual; NaN if it is not in a tail.
    pub probability: f64,
    /// The upper anomaly threshold of this baseline alone, in the scale of the stream.
    pub upper: f64,
    /// The lower anomaly threshold of this baseline alone, in the scale of the stream.
    pub lower: f64,
}

const _: () = assert!(size_of::<tailspot_reason>() == 88, "the ABI says 88 bytes");

// SAFETY: the sizes of the fields add up to 88, and all of them are integers or floats.
unsafe impl Growing for tailspot_reason {
    const NAME: &'static str = "tailspot_reason";
    const FIRST: usize = 88;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

impl From<&Reason> for tailspot_reason {
    fn from(reason: &Reason) -> Self {
        tailspot_reason {
            struct_size: 0,
            side: reason.side.map_or(0, |side| (side as i8).into()),
            baseline: (&reason.baseline).into(),
            level: reason.level,
            scale: reason.scale,
            season: reason.season,
            residual: reason.residual,
            probability: reason.probability,
            upper: reason.upper,
            lower: reason.lower,
        }
    }
}

/// What baseline number `index`, counted from 0, says of a finite value, before the value is judged. A detector without
/// baselines has one that is zero. `struct_size` is sizeof(tailspot_reason) of the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (no such baseline, a value that is
/// not finite, or not yet calibrated), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_get_reason(
    detector: *const tailspot_detector,
    value: f64,
    index: size_t,
    reason_out: *mut tailspot_reason,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            let reasons = spot.reasons(value);
            let reason = reasons.get(index).ok_or(tailspot_result::TAILSPOT_ERROR_PARAMETER);
            match reason {
                _ if reason_out.is_null() => Err(Problem::NULL),
                Ok(reason) => structs::write(reason_out, struct_size, reason.into()),
                Err(result) => Err(result.into()),
            }
        })
    }
}
