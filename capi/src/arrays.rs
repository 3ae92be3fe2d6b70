//! Many values in one call.

use engine::{Error, Outputs, Spot};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::tailspot_result;
use super::columns::{self, Outs, items};
use super::gate::{self, Problem, tailspot_detector};

/// Values that are judged at a time: what is read and written of them stays in the first cache.
const BLOCK: usize = 1024;

/// Judges the values of an array of doubles, block by block.
///
/// # Safety
///
/// As for [`items`], and the outs may be written for `count` elements.
unsafe fn each_block(
    values: *const f64,
    count: size_t,
    outs: Result<Outs, Problem>,
    mut judge: impl FnMut(&[f64], Outputs<'_>) -> Result<(), Error>,
) -> Result<tailspot_result, Problem> {
    // SAFETY: promised by the caller.
    let values = unsafe { items(values, count) }?;
    let outs = outs?;
    for (i, block) in values.chunks(BLOCK).enumerate() {
        // SAFETY: promised by the caller; each element is written once.
        judge(block, unsafe { outs.outputs(i * BLOCK, block.len()) })?;
    }
    Ok(tailspot_result::TAILSPOT_OK)
}

/// The same for an array of any type and layout.
///
/// # Safety
///
/// As for [`columns::collect`], and the outs may be written for `count` elements.
unsafe fn each_strided_block(
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    code: i32,
    outs: Result<Outs, Problem>,
    mut judge: impl FnMut(&[f64], Outputs<'_>) -> Result<(), Error>,
) -> Result<tailspot_result, Problem> {
    let elements = columns::elements(first, count, stride, code)?;
    let outs = outs?;
    let mut buffer = [0.0; BLOCK];
    for start in (0..count).step_by(BLOCK) {
        let block = &mut buffer[..BLOCK.min(count - start)];
        // SAFETY: promised by the caller; each element is written once.
        unsafe {
            elements.skip(start).read(block);
            judge(block, outs.outputs(start, block.len()))?;
        }
    }
    Ok(tailspot_result::TAILSPOT_OK)
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
            each_block(values, count, outs, |block, outputs| spot.step_many(block, outputs))
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
            each_strided_block(first, count, stride, r#type, outs, |block, outputs| {
                spot.step_many(block, outputs)
            })
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
            each_block(values, count, outs, |block, outputs| spot.judge_many(block, outputs))
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
            each_strided_block(first, count, stride, r#type, outs, |block, outputs| {
                spot.judge_many(block, outputs)
            })
        })
    }
}
