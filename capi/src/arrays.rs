//! Many values in one call.

use std::ptr::null_mut;

use engine::{Error, Outputs, Spot};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::tailspot_result;
use super::columns::{Outs, Values};
use super::detector::side_of;
use super::gate::{self, Problem, tailspot_detector};

/// Judges values block by block.
///
/// # Safety
///
/// The outs may be written for as many elements.
unsafe fn judge_all(
    values: Result<Values<'_>, Problem>,
    outs: Result<Outs, Problem>,
    mut judge: impl FnMut(&[f64], Outputs<'_>) -> Result<(), Error>,
) -> Result<tailspot_result, Problem> {
    let (values, outs) = (values?, outs?);
    values.each_block(|start, block| {
        // SAFETY: promised by the caller; each element is written once.
        judge(block, unsafe { outs.outputs(start, block.len()) })
    })?;
    gate::OK
}

/// ## Arrays
///
/// Judges `count` doubles in order: the same events, thresholds, probabilities and state as tailspot_verdict on each,
/// bit for bit, and many times as fast. For value i, `events_out[i]` is its event (a tailspot_event), `upper_out[i]` and
/// `lower_out[i]` are the anomaly thresholds that it was judged by, and `probability_out[i]` is its tail probability.
/// Each of the outs is NULL or has space for `count` elements; none may overlap the values or another. `values` may be
/// NULL if `count` is 0.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step_many(
    detector: *mut tailspot_detector,
    values: *const f64,
    count: size_t,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            let values = Values::doubles(values, count);
            judge_all(values, outs, |block, outputs| spot.step_many(block, outputs))
        })
    }
}

/// Like tailspot_step_many, for an array of any element type and layout, which is read where it is. `type` is a
/// tailspot_type. `first` points to the element that is judged first, and `stride` is the distance from one element to
/// the next in bytes: negative to read an array backwards; 0 repeats the first element. Nothing needs to be aligned.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the outs), TAILSPOT_ERROR_COUNT,
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step_strided(
    detector: *mut tailspot_detector,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(detector, |spot: &mut Spot| {
            let values = Values::strided(first, count, stride, r#type);
            judge_all(values, outs, |block, outputs| spot.step_many(block, outputs))
        })
    }
}

/// Judges `count` doubles without learning from them: for each the answers that tailspot_verdict would give now. The
/// detector does not change. The parameters are those of tailspot_step_many.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_judge(
    detector: *const tailspot_detector,
    values: *const f64,
    count: size_t,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            let values = Values::doubles(values, count);
            judge_all(values, outs, |block, outputs| spot.judge_many(block, outputs))
        })
    }
}

/// Like tailspot_judge, for an array of any element type and layout; the parameters are those of tailspot_step_strided.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the outs), TAILSPOT_ERROR_COUNT,
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_judge_strided(
    detector: *const tailspot_detector,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(events_out, upper_out, lower_out, probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            let values = Values::strided(first, count, stride, r#type);
            judge_all(values, outs, |block, outputs| spot.judge_many(block, outputs))
        })
    }
}

/// The tail probabilities of `count` values: `probability_out[i]` is what tailspot_tail_probability returns for value i,
/// bit for bit. The detector does not change. `side` is TAILSPOT_UP or TAILSPOT_DOWN; for any other all are NaN. `first`,
/// `stride` and `type` are those of tailspot_step_strided. `probability_out` has space for `count` elements, and may be
/// NULL if `count` is 0.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the out), TAILSPOT_ERROR_COUNT,
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_tail_probability_strided(
    detector: *const tailspot_detector,
    side: i32,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    probability_out: *mut f64,
) -> tailspot_result {
    let outs = Outs::new(null_mut(), null_mut(), null_mut(), probability_out);
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(detector, |spot: &Spot| {
            if probability_out.is_null() && count > 0 {
                return Err(Problem::NULL);
            }
            let side = side_of(side);
            judge_all(Values::strided(first, count, stride, r#type), outs, |block, outputs| {
                for (value, out) in block.iter().zip(outputs.probability.into_iter().flatten()) {
                    *out = side.map_or(f64::NAN, |side| spot.tail_probability(side, *value));
                }
                Ok(())
            })
        })
    }
}
