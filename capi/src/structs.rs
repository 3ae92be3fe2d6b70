//! Structs that may grow: each begins with its own size. A smaller one lacks the fields that were added later, a larger
//! one comes from a later version.

use std::ptr::copy_nonoverlapping;

use super::codes::tailspot_status;
use super::gate::Problem;

/// The largest size that is believed: a larger one is not a size, and would be written to.
const LARGEST: usize = 4096;

/// A struct of the ABI.
///
/// # Safety
///
/// `repr(C)`, without padding, of integers and floats only, so that any bytes are a value; the first field is the size.
pub(super) unsafe trait Growing: Copy {
    fn set_size(&mut self, size: u32);
}

fn check(size: usize) -> Result<u32, Problem> {
    match u32::try_from(size) {
        Ok(small) if (size_of::<u32>()..=LARGEST).contains(&size) => Ok(small),
        _ => Err(tailspot_status::TAILSPOT_ERROR_STRUCT_SIZE.into()),
    }
}

/// Reads the fields that the caller's struct has, of those that end at `ends`; the others stay as in `defaults`.
///
/// # Safety
///
/// `given` is NULL, or points to a struct whose first four bytes are its size.
pub(super) unsafe fn read<T: Growing>(
    given: *const T,
    defaults: T,
    ends: &[usize],
) -> Result<T, Problem> {
    if given.is_null() {
        return Err(Problem::NULL);
    }
    // SAFETY: the struct begins with its size.
    let size = unsafe { given.cast::<u32>().read_unaligned() } as usize;
    check(size)?;
    let known = ends.iter().copied().take_while(|end| *end <= size).last().unwrap_or(0);
    let unknown = size_of::<T>()..size.max(size_of::<T>());
    // SAFETY: the struct has `size` bytes.
    let is_zero = |offset: usize| unsafe { given.cast::<u8>().add(offset).read() } == 0;
    if !unknown.into_iter().all(is_zero) {
        return Err(tailspot_status::TAILSPOT_ERROR_STRUCT_SIZE.into());
    }
    let mut read = defaults;
    // SAFETY: `known` is at most the size of either struct, and any bytes are a value of T.
    unsafe { copy_nonoverlapping(given.cast::<u8>(), (&raw mut read).cast::<u8>(), known) };
    Ok(read)
}

/// Writes as much of a struct as the caller's has room for, zeros beyond what this version knows, and its size.
///
/// # Safety
///
/// `out` is NULL, or may be written for `size` bytes.
pub(super) unsafe fn write<T: Growing>(
    out: *mut T,
    size: usize,
    mut value: T,
) -> Result<tailspot_status, Problem> {
    if out.is_null() {
        return Err(Problem::NULL);
    }
    value.set_size(check(size)?);
    let known = size.min(size_of::<T>());
    // SAFETY: `out` has `size` bytes, `value` at least `known`.
    unsafe {
        copy_nonoverlapping((&raw const value).cast::<u8>(), out.cast::<u8>(), known);
        out.cast::<u8>().add(known).write_bytes(0, size - known);
    }
    Ok(tailspot_status::TAILSPOT_OK)
}
