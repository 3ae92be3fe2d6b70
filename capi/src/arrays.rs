//! Many values in one call.

use std::ffi::c_void;

use super::codes::tailspot_status;
use super::elements::Elements;
use super::gate::{Handle, Problem, gate};
use engine::Event;
use engine::Outputs;

/// Values that are judged at a time: what is read and written of them stays in the first cache.
const BLOCK: usize = 1024;

/// No array has more elements: each has a byte at least in what is written, and eight as a double or a key.
const LARGEST_COUNT: usize = isize::MAX as usize / size_of::<f64>();

fn check_count(count: usize) -> Result<(), Problem> {
    if count > LARGEST_COUNT {
        return Err(tailspot_status::TAILSPOT_ERROR_COUNT.into());
    }
    Ok(())
}

pub(super) fn check_alignment<T>(pointer: *const T) -> Result<(), Problem> {
    if !pointer.is_aligned() {
        return Err(tailspot_status::TAILSPOT_ERROR_ALIGNMENT.into());
    }
    Ok(())
}

/// An array of doubles or keys; NULL if it is empty.
///
/// # Safety
///
/// `values` holds `count` of them, of eight bytes each, that nobody changes.
pub(super) unsafe fn items<'a, T>(values: *const T, count: usize) -> Result<&'a [T], Problem> {
    check_count(count)?;
    check_alignment(values)?;
    match (values.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Problem::NULL),
        // SAFETY: promised by the caller, and checked as far as it can be.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(values, count) }),
    }
}

/// A foreign array, checked.
fn elements(
    first: *const c_void,
    count: usize,
    stride: isize,
    code: i32,
) -> Result<Elements, Problem> {
    check_count(count)?;
    let elements = Elements::new(first, stride, code)?;
    if first.is_null() && count > 0 {
        return Err(Problem::NULL);
    }
    Ok(elements)
}

/// A copy of a foreign array as doubles.
///
/// # Safety
///
/// As for [`Elements::read`].
pub(super) unsafe fn collect(
    first: *const c_void,
    count: usize,
    stride: isize,
    code: i32,
) -> Result<Vec<f64>, Problem> {
    let elements = elements(first, count, stride, code)?;
    let mut values = Vec::new();
    // With a stride of 0 a small array may have any count.
    values.try_reserve_exact(count).map_err(|_| tailspot_status::TAILSPOT_ERROR_COUNT)?;
    values.resize(count, 0.0);
    // SAFETY: promised by the caller.
    unsafe { elements.read(&mut values) };
    Ok(values)
}

/// Where the answers go; each may be NULL.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) events: *mut i8,
    pub(super) upper: *mut f64,
    pub(super) lower: *mut f64,
}

impl Places {
    pub(super) fn check(self) -> Result<Self, Problem> {
        check_alignment(self.upper)?;
        check_alignment(self.lower)?;
        Ok(self)
    }

    /// The places of some values, as the engine wants them. Events are zeroed first, which is one; whatever bytes the
    /// other places hold are a threshold.
    ///
    /// # Safety
    ///
    /// Each place that is not NULL may be written from `start` for `count` elements, and by nobody else.
    pub(super) unsafe fn outputs<'a>(self, start: usize, count: usize) -> Outputs<'a> {
        const { assert!(size_of::<Event>() == 1 && Event::Normal as i8 == 0) };
        // SAFETY: promised by the caller.
        unsafe {
            if !self.events.is_null() {
                self.events.add(start).write_bytes(0, count);
            }
            Outputs {
                events: slice(self.events.cast::<Event>(), start, count),
                upper: slice(self.upper, start, count),
                lower: slice(self.lower, start, count),
            }
        }
    }
}

/// # Safety
///
/// As for [`Places::outputs`]; what is there is a value of T.
unsafe fn slice<'a, T>(place: *mut T, start: usize, count: usize) -> Option<&'a mut [T]> {
    if place.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    Some(unsafe { std::slice::from_raw_parts_mut(place.add(start), count) })
}

/// ## Arrays
///
/// Judges `count` doubles in order: the same events, thresholds and state as tailspot_step on each, bit for bit, and
/// many times as fast. `events_out[i]` becomes the event of value i (a tailspot_event); `upper_out[i]` and
/// `lower_out[i]` the anomaly thresholds that it was judged by, NaN before the calibration and on a side that is not
/// watched. Each of the outs is NULL or has room for `count` elements; none may overlap the values or another. `values`
/// may be NULL if `count` is 0.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_DEAD,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step_many(
    spot: *mut Handle,
    values: *const f64,
    count: usize,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
) -> tailspot_status {
    let places = Places { events: events_out, upper: upper_out, lower: lower_out };
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            let (values, places) = (items(values, count)?, places.check()?);
            for (i, block) in values.chunks(BLOCK).enumerate() {
                spot.step_many(block, places.outputs(i * BLOCK, block.len()))?;
            }
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}

/// The same for an array of any element type and layout, read where it is: `type` is a tailspot_type, `stride` the
/// distance from one element to the next in bytes, negative for an array that is read backwards and 0 for one value
/// again and again; `first` points to the element that is judged first. Nothing needs to be aligned.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of upper_out, lower_out),
/// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_DEAD, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_step_strided(
    spot: *mut Handle,
    first: *const c_void,
    count: usize,
    stride: isize,
    r#type: i32,
    events_out: *mut i8,
    upper_out: *mut f64,
    lower_out: *mut f64,
) -> tailspot_status {
    let places = Places { events: events_out, upper: upper_out, lower: lower_out };
    // SAFETY: the conventions of the header.
    unsafe {
        gate(&spot, |spot| {
            let (elements, places) = (elements(first, count, stride, r#type)?, places.check()?);
            let mut buffer = [0.0; BLOCK];
            for start in (0..count).step_by(BLOCK) {
                let block = &mut buffer[..BLOCK.min(count - start)];
                elements.skip(start).read(block);
                spot.step_many(block, places.outputs(start, block.len()))?;
            }
            Ok(tailspot_status::TAILSPOT_OK)
        })
    }
}
