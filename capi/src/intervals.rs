//! How well a detector knows its tail.

use engine::{Error, Side, Spot};

use super::codes::tailspot_result;
use super::columns::put;
use super::detector::{on_side, side_of};
use super::gate::{self, Problem, tailspot_detector};

/// Writes an interval; NaN if there is no such side.
///
/// # Safety
///
/// As for [`gate::read`] and [`put`].
unsafe fn interval(
    detector: *const tailspot_detector,
    side: i32,
    low_out: *mut f64,
    high_out: *mut f64,
    of: impl Fn(&Spot, Side) -> Result<(f64, f64), Error>,
) -> tailspot_result {
    // SAFETY: promised by the caller.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            if low_out.is_null() || high_out.is_null() {
                return Err(Problem::NULL);
            }
            // The error of a confidence is the same on every side.
            let (low, high) = of(spot, side_of(side).unwrap_or(Side::Up))?;
            let is_known = side_of(side).is_some();
            put(low_out, if is_known { low } else { f64::NAN });
            put(high_out, if is_known { high } else { f64::NAN });
            gate::OK
        })
    }
}

/// ## How well the tail is known
///
/// An interval that holds the true z_q of that side, the value exceeded with probability q, with the probability
/// `confidence` (0 < confidence < 1), in the scale of the stream. The rest is shared by either side of the interval. Both
/// outs become NaN if it is not available: before the calibration, for a side that is not watched, and with fewer than two
/// excesses. Of several baselines: the threshold less, and plus, the longest way that one of theirs has to the end of its
/// own interval.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_threshold_interval(
    detector: *const tailspot_detector,
    side: i32,
    confidence: f64,
    low_out: *mut f64,
    high_out: *mut f64,
) -> tailspot_result {
    let of = |spot: &Spot, side| spot.threshold_interval(side, confidence);
    // SAFETY: the conventions of the header.
    unsafe { interval(detector, side, low_out, high_out, of) }
}

/// Like tailspot_threshold_interval, for the shape of the tail.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_shape_interval(
    detector: *const tailspot_detector,
    side: i32,
    confidence: f64,
    low_out: *mut f64,
    high_out: *mut f64,
) -> tailspot_result {
    let of = |spot: &Spot, side| spot.shape_interval(side, confidence);
    // SAFETY: the conventions of the header.
    unsafe { interval(detector, side, low_out, high_out, of) }
}

/// Like tailspot_threshold_interval, for the scale of the tail, in units of the residuals.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (confidence), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_scale_interval(
    detector: *const tailspot_detector,
    side: i32,
    confidence: f64,
    low_out: *mut f64,
    high_out: *mut f64,
) -> tailspot_result {
    let of = |spot: &Spot, side| spot.scale_interval(side, confidence);
    // SAFETY: the conventions of the header.
    unsafe { interval(detector, side, low_out, high_out, of) }
}

/// How badly z_q of that side is known: how many times farther from the excess threshold the upper end of its 95 %
/// interval lies (or z_q, where that is farther) than the lower end. Above 10 the calibration cannot know this q: give
/// it more values, a lower level or a larger q. NaN where the interval is; infinite where q is not below N_t / n at one
/// end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_threshold_spread(
    detector: *const tailspot_detector,
    side: i32,
) -> f64 {
    // SAFETY: the conventions of the header.
    unsafe { on_side(detector, side, Spot::threshold_spread) }
}
