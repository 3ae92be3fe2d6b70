//! Arrays that come in and go out, for a detector and for a pool alike.

use std::borrow::Cow;

use engine::{Error, Event, Outputs, Verdict};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::tailspot_result;
use super::elements::Elements;
use super::gate::Problem;

/// No array has more elements: each has a byte at least in what is written, and eight as a double or a key.
const LARGEST_COUNT: usize = isize::MAX as usize / size_of::<f64>();

/// Values that are judged at a time: what is read and written of them stays in the first cache.
const BLOCK: usize = 1024;

fn check_count(count: size_t) -> Result<(), Problem> {
    if count > LARGEST_COUNT {
        return Err(tailspot_result::TAILSPOT_ERROR_COUNT.into());
    }
    Ok(())
}

pub(super) fn check_alignment<T>(pointer: *const T) -> Result<(), Problem> {
    if !pointer.is_aligned() {
        return Err(tailspot_result::TAILSPOT_ERROR_ALIGNMENT.into());
    }
    Ok(())
}

/// An array of doubles or keys; NULL if it is empty.
///
/// # Safety
///
/// `values` holds `count` of them, of eight bytes each, that nobody changes.
pub(super) unsafe fn items<'a, T>(values: *const T, count: size_t) -> Result<&'a [T], Problem> {
    check_count(count)?;
    check_alignment(values)?;
    match (values.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Problem::NULL),
        // SAFETY: promised by the caller, and checked as far as it can be.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(values, count) }),
    }
}

/// The values of a call: doubles as the program has them, or an array of any type and layout.
pub(super) enum Values<'a> {
    Doubles(&'a [f64]),
    Strided(Elements, usize),
}

impl<'a> Values<'a> {
    /// # Safety
    ///
    /// As for [`items`].
    pub(super) unsafe fn doubles(values: *const f64, count: size_t) -> Result<Self, Problem> {
        // SAFETY: promised by the caller.
        Ok(Values::Doubles(unsafe { items(values, count) }?))
    }

    /// # Safety
    ///
    /// `first` leads to `count` elements that nobody changes, as far apart as `stride` says.
    pub(super) unsafe fn strided(
        first: *const c_void,
        count: size_t,
        stride: ptrdiff_t,
        code: i32,
    ) -> Result<Self, Problem> {
        check_count(count)?;
        let elements = Elements::new(first, stride, code)?;
        if first.is_null() && count > 0 {
            return Err(Problem::NULL);
        }
        Ok(Values::Strided(elements, count))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Values::Doubles(values) => values.len(),
            Values::Strided(_, count) => *count,
        }
    }

    /// Value number `i`, which is less than the length.
    pub(super) fn at(&self, i: usize) -> f64 {
        match self {
            Values::Doubles(values) => values[i],
            Values::Strided(elements, _) => {
                let mut value = [0.0];
                // SAFETY: promised when this was made.
                unsafe { elements.skip(i).read(&mut value) };
                value[0]
            }
        }
    }

    /// All of them as doubles, which are copied only if they are of another type.
    pub(super) fn collect(self) -> Result<Cow<'a, [f64]>, Problem> {
        let (elements, count) = match self {
            Values::Doubles(values) => return Ok(Cow::Borrowed(values)),
            Values::Strided(elements, count) => (elements, count),
        };
        let mut values = Vec::new();
        // With a stride of 0 a small array may have any count.
        values.try_reserve_exact(count).map_err(|_| tailspot_result::TAILSPOT_ERROR_COUNT)?;
        values.resize(count, 0.0);
        // SAFETY: promised when this was made.
        unsafe { elements.read(&mut values) };
        Ok(Cow::Owned(values))
    }

    /// Gives them to `judge` block by block, with the place of the first of each block.
    pub(super) fn each_block(
        self,
        mut judge: impl FnMut(usize, &[f64]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Values::Doubles(values) => {
                let mut blocks = values.chunks(BLOCK).enumerate();
                blocks.try_for_each(|(i, block)| judge(i * BLOCK, block))
            }
            Values::Strided(elements, count) => {
                let mut buffer = [0.0; BLOCK];
                (0..count).step_by(BLOCK).try_for_each(|start| {
                    let block = &mut buffer[..BLOCK.min(count - start)];
                    // SAFETY: promised when this was made.
                    unsafe { elements.skip(start).read(block) };
                    judge(start, block)
                })
            }
        }
    }
}

/// Where the answers go; each may be NULL.
#[derive(Clone, Copy)]
pub(super) struct Outs {
    events: *mut i8,
    numbers: [*mut f64; 3],
}

impl Outs {
    pub(super) fn new(
        events: *mut i8,
        upper: *mut f64,
        lower: *mut f64,
        probability: *mut f64,
    ) -> Result<Self, Problem> {
        let numbers = [upper, lower, probability];
        numbers.into_iter().try_for_each(|number| check_alignment(number))?;
        Ok(Outs { events, numbers })
    }

    /// The outs of some values, as the engine wants them. Events are zeroed first, which is one; whatever bytes the
    /// others hold are a number.
    ///
    /// # Safety
    ///
    /// Each out that is not NULL may be written from `start` for `count` elements, and by nobody else.
    pub(super) unsafe fn outputs<'a>(self, start: usize, count: usize) -> Outputs<'a> {
        const { assert!(size_of::<Event>() == 1 && Event::Normal as i8 == 0) };
        // SAFETY: promised by the caller.
        unsafe {
            if !self.events.is_null() {
                self.events.add(start).write_bytes(0, count);
            }
            let [upper, lower, probability] = self.numbers.map(|out| slice(out, start, count));
            let events = slice(self.events.cast::<Event>(), start, count);
            Outputs { events, upper, lower, probability }
        }
    }
}

/// # Safety
///
/// As for [`Outs::outputs`]; what is there is a value of T.
unsafe fn slice<'a, T>(place: *mut T, start: usize, count: usize) -> Option<&'a mut [T]> {
    if place.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    Some(unsafe { std::slice::from_raw_parts_mut(place.add(start), count) })
}

/// Writes what a value was judged by, to outs that may be NULL. Returns the event.
///
/// # Safety
///
/// As for [`put`].
pub(super) unsafe fn put_verdict(
    verdict: Verdict,
    upper_out: *mut f64,
    lower_out: *mut f64,
    probability_out: *mut f64,
) -> i32 {
    // SAFETY: promised by the caller.
    unsafe {
        put(upper_out, verdict.upper);
        put(lower_out, verdict.lower);
        put(probability_out, verdict.probability);
    }
    verdict.event.code().into()
}

/// Writes a number to an out that may be NULL.
///
/// # Safety
///
/// `out` is NULL or may be written.
pub(super) unsafe fn put(out: *mut f64, number: f64) {
    if !out.is_null() {
        // SAFETY: promised by the caller.
        unsafe { out.write_unaligned(number) };
    }
}
