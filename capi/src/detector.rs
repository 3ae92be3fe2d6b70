//! Making, stepping and asking a detector.

use super::arrays::{self, items};
use super::codes::{tailspot_side, tailspot_status};
use super::gate::{self, Handle, gate, hand_over};
use super::parameters::{self, tailspot_config};
use engine::Side;
use engine::Spot;

/// Makes a detector that will calibrate itself on the first `n_init` finite values. `*spot_out` is the caller's, to be
/// freed by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_new(
    config: *const tailspot_config,
    spot_out: *mut *mut Handle,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate((), |()| hand_over(spot_out, || Ok(Spot::new(parameters::read(config)?)?))) }
}

/// Frees a detector, dead or alive. NULL is fine. The handle must not be used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_free(spot: *mut Handle) {
    // SAFETY: the conventions of the header: it is freed once.
    unsafe { gate::free(spot) };
}

/// Calibrates on a batch, whatever its length: like tailspot_reset followed by `count` calibration steps. With drift,
/// the first `depth` finite values fill the window. NaN and infinities are counted, not learned. `values` holds `count`
/// doubles; it may be NULL if `count` is 0. After an error the detector is as it was.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TOO_FEW_VALUES (see
/// tailspot_explain_fit), TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fit(
    spot: *mut Handle,
    values: *const f64,
    count: usize,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            spot.fit(items(values, count)?)?;
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// The same for an array of any element type and layout; its parameters are those of tailspot_step_strided.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_TOO_FEW_VALUES (see
/// tailspot_explain_fit), TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fit_strided(
    spot: *mut Handle,
    first: *const std::ffi::c_void,
    count: usize,
    stride: isize,
    r#type: i32,
) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            spot.fit(&arrays::collect(first, count, stride, r#type)?)?;
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Judges one value, and learns from it what the model may learn. Returns its event: a tailspot_event, or
/// TAILSPOT_INVALID if `spot` is NULL or dead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step(spot: *mut Handle, value: f64) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe { gate(&spot, |spot| Ok(i32::from(spot.step(value).code()))) }
}

/// Forgets everything but the configuration.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_reset(spot: *mut Handle) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            spot.reset();
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// Changes the tail probability of an anomaly; the anomaly thresholds move at once. 0 < q < 1 - level; after an error
/// nothing changed.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_set_q(spot: *mut Handle, q: f64) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            spot.set_q(q)?;
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// What a getter finds out about one side; NaN if there is no such side.
///
/// # Safety
///
/// `spot` is as the conventions of the header want it.
unsafe fn about(spot: *const Handle, side: i32, find: impl FnOnce(&Spot, Side) -> f64) -> f64 {
    let known = [Side::Up, Side::Down].into_iter().find(|known| i32::from(*known as i8) == side);
    // SAFETY: promised by the caller.
    unsafe { gate(&spot, |spot| Ok(known.map_or(f64::NAN, |side| find(spot, side)))) }
}

/// ## Thresholds, probabilities, the fitted tail
///
/// The getters take a `side`, TAILSPOT_UP or TAILSPOT_DOWN, and answer NaN where there is nothing to tell: before the
/// calibration, on a side that is not watched, for any other `side`, for a NULL or dead handle. Thresholds are in the
/// scale of the stream: the drift is added.
///
/// z_q: a value beyond it is an anomaly of that side (equation 1 of Siffer et al., KDD 2017, corrected as
/// tailspot_config.threshold says). With drift it is the limit that the next value will be judged by.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_anomaly_threshold(spot: *const Handle, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, Spot::anomaly_threshold) }
}

/// t: where the tail of that side starts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_excess_threshold(spot: *const Handle, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, Spot::excess_threshold) }
}

/// The tail probability of a value: P(X > value) on the upper side, P(X < value) on the lower one, from 0 to N_t / n.
/// NaN for a value that is not in the tail, where there is no model. When an excess was just learned it is q at the
/// anomaly threshold, which stays until the next one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_probability(spot: *const Handle, side: i32, value: f64) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, |spot, side| spot.tail_probability(side, value)) }
}

/// The return level: the value beyond which a value falls with probability q on that side, as of now: what the anomaly
/// threshold for this q would be if an excess had just been learned. NaN unless 0 < q <= N_t / n.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_quantile(spot: *const Handle, side: i32, q: f64) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, |spot, side| spot.quantile(side, q)) }
}

/// Shape of the generalized Pareto tail of that side (gamma; xi in statistics texts), from -1/2 to 3. Above 0 is a
/// heavy tail.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_shape(spot: *const Handle, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, Spot::shape) }
}

/// Scale of the generalized Pareto tail of that side (sigma), in the unit of the stream; 0 if no excess was ever seen.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_scale(spot: *const Handle, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { about(spot, side, Spot::scale) }
}

/// The mean of the last `depth` values that were no alerts; 0 without drift, NaN while the window fills.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_drift(spot: *const Handle) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { gate(&spot, |spot| Ok(spot.drift())) }
}

const _: () = assert!(tailspot_side::TAILSPOT_UP as i8 == Side::Up as i8);
const _: () = assert!(tailspot_side::TAILSPOT_DOWN as i8 == Side::Down as i8);

/// A bug, for tests of what follows one. Not in the header, and not in any library but that of the tests.
#[cfg(feature = "fault")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fault(spot: *mut Handle) -> tailspot_status {
    // SAFETY: the conventions of the header.
    unsafe { gate(&spot, |_| panic!("a bug, as the test asked")) }
}
