//! Making, stepping and reading a detector.

use engine::{Event, Outputs, Side, Spot};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::{tailspot_result, tailspot_side};
use super::columns::{Values, put, put_verdict};
use super::gate::{self, tailspot_detector, write_new_handle};
use super::parameters::{self, tailspot_config};

/// Makes a detector that calibrates itself on the first `n_init` finite values. The caller owns `*detector_out` and
/// frees it by tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_new(
    config: *const tailspot_config,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    let make = || Ok(Spot::new(unsafe { parameters::read(config) }?)?);
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { write_new_handle(detector_out, make) })
}

/// Makes a copy of a detector; the two do not change each other. The caller owns `*detector_out` and frees it by
/// tailspot_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_clone(
    detector: *const tailspot_detector,
    detector_out: *mut *mut tailspot_detector,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe { gate::read(detector, |spot| write_new_handle(detector_out, || Ok(spot.clone()))) }
}

/// Frees a detector, poisoned or not. NULL is fine. The handle must not be used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_free(detector: *mut tailspot_detector) {
    // SAFETY: the conventions of the header: it is freed once.
    unsafe { gate::free(detector) };
}

/// Calibrates on a batch of any length: like tailspot_reset followed by `count` calibration steps. A baseline warms up on
/// the first finite values. NaN and infinities are counted, not learned. `values` holds `count` doubles; it may be NULL
/// if `count` is 0.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TOO_FEW_VALUES (see
/// tailspot_explain_fit), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fit(
    detector: *mut tailspot_detector,
    values: *const f64,
    count: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            spot.fit(&Values::doubles(values, count)?.collect()?)?;
            gate::OK
        })
    }
}

/// Like tailspot_fit, for an array of any element type and layout; the parameters are those of tailspot_step_strided.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_TOO_FEW_VALUES (see
/// tailspot_explain_fit), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_fit_strided(
    detector: *mut tailspot_detector,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            spot.fit(&Values::strided(first, count, stride, r#type)?.collect()?)?;
            gate::OK
        })
    }
}

/// Classifies one value and updates the model. Returns its event: a tailspot_event, or TAILSPOT_INVALID if `detector` is
/// NULL or poisoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step(detector: *mut tailspot_detector, value: f64) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe { gate::change(detector, |spot: &mut Spot| Ok(i32::from(spot.step(value).code()))) }
}

/// Like tailspot_step, and also writes what the value was judged by: the upper and the lower anomaly threshold (NaN if
/// not available: before the calibration, or for a side that is not watched) and the tail probability of the value (NaN
/// if it is not in a tail). Print these with an alert, not tailspot_anomaly_threshold after the step: an alert may move
/// the model. Each out may be NULL; several baselines solve for the thresholds, so without them the call is faster.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_verdict(
    detector: *mut tailspot_detector,
    value: f64,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> i32 {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            if !(upper_out.is_null() && lower_out.is_null()) {
                return Ok(put_verdict(spot.verdict(value), upper_out, lower_out, probability_out));
            }
            // Several baselines would solve for the thresholds.
            let (mut event, mut probability) = ([Event::Normal], [f64::NAN]);
            let probability_wanted = (!probability_out.is_null()).then_some(&mut probability[..]);
            let events = Some(&mut event[..]);
            let outputs = Outputs { events, probability: probability_wanted, ..Outputs::default() };
            spot.step_many(&[value], outputs)?;
            put(probability_out, probability[0]);
            Ok(i32::from(event[0].code()))
        })
    }
}

/// Forgets everything but the configuration.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_reset(detector: *mut tailspot_detector) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            spot.reset();
            gate::OK
        })
    }
}

/// Changes the tail probability of an anomaly; the anomaly thresholds move at once. 0 < q < 1 - level.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_q), TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_set_q(
    detector: *mut tailspot_detector,
    q: f64,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            spot.set_q(q)?;
            gate::OK
        })
    }
}

/// The side of a code.
pub(super) fn side_of(code: i32) -> Option<Side> {
    [Side::Up, Side::Down].into_iter().find(|side| i32::from(*side as i8) == code)
}

/// What a getter reads of one side; NaN if there is no such side.
///
/// # Safety
///
/// As for [`gate::read`].
pub(super) unsafe fn on_side(
    detector: *const tailspot_detector,
    side: i32,
    get: impl FnOnce(&Spot, Side) -> f64,
) -> f64 {
    // SAFETY: promised by the caller.
    unsafe {
        gate::read(detector, |spot| Ok(side_of(side).map_or(f64::NAN, |side| get(spot, side))))
    }
}

/// ## Thresholds, probabilities, the fitted tail
///
/// These getters take a `side`, TAILSPOT_UP or TAILSPOT_DOWN. They return NaN if the number is not available: before the
/// calibration, for a side that is not watched, for any other `side`, for a NULL or poisoned handle. Thresholds are in
/// the scale of the stream: the baseline is added.
///
/// z_q, the threshold that the next value will be judged by: a value beyond it is an anomaly of that side. For a value
/// that was already judged, see tailspot_verdict.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_anomaly_threshold(
    detector: *const tailspot_detector,
    side: i32,
) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, Spot::anomaly_threshold) }
}

/// t, where the tail of that side starts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_excess_threshold(
    detector: *const tailspot_detector,
    side: i32,
) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, Spot::excess_threshold) }
}

/// The tail probability of a value: P(X > value) on the upper side, P(X < value) on the lower one, from 0 to N_t / n.
/// NaN for a value that is not in the tail, where there is no model. It uses the counts as they are now, the anomaly
/// threshold those at the last learned excess: so q at that threshold only then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_tail_probability(
    detector: *const tailspot_detector,
    side: i32,
    value: f64,
) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, |spot, side| spot.tail_probability(side, value)) }
}

/// The return level: the value exceeded with probability q on that side, with the counts as they are now (the anomaly
/// threshold uses those at the last learned excess). NaN unless 0 < q <= N_t / n, of every baseline; of several it is the
/// value at which their probability together is q.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_quantile(
    detector: *const tailspot_detector,
    side: i32,
    q: f64,
) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, |spot, side| spot.quantile(side, q)) }
}

/// Shape of the generalized Pareto tail of that side (gamma; xi in statistics texts), from -1/2 to 3. Above 0 the tail
/// is heavy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_shape(detector: *const tailspot_detector, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, Spot::shape) }
}

/// Scale of the generalized Pareto tail of that side (sigma), of the first baseline and in the unit of its residuals; 0
/// if there never was an excess.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_scale(detector: *const tailspot_detector, side: i32) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, Spot::scale) }
}

/// What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_drift(detector: *const tailspot_detector) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { gate::read(detector, |spot| Ok(spot.drift())) }
}

const _: () = assert!(tailspot_side::TAILSPOT_UP as i8 == Side::Up as i8);
const _: () = assert!(tailspot_side::TAILSPOT_DOWN as i8 == Side::Down as i8);
