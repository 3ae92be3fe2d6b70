//! Structs that may grow: each begins with its own size. A smaller one lacks the fields that were added later, a larger
//! one comes from a later version.

use std::ptr::copy_nonoverlapping;

use super::codes::tailspot_result;
use super::gate::{self, Problem};

/// The largest size that is believed: a larger one is not a size, and would be written to.
const LARGEST: usize = 4096;

/// Structs grow by as many bytes, or a multiple.
const STEP: usize = 8;

/// A struct of the ABI.
///
/// # Safety
///
/// `repr(C)`, without padding, of integers and floats only, so that any bytes are a value; the first field is the size.
pub(super) unsafe trait Growing: Copy {
    /// Its name in C.
    const NAME: &'static str;
    /// Its size in the first version.
    const FIRST: usize;

    fn set_size(&mut self, size: u32);
}

fn check<T: Growing>(size: usize) -> Result<u32, Problem> {
    match u32::try_from(size) {
        Ok(small) if (T::FIRST..=LARGEST).contains(&size) && size.is_multiple_of(STEP) => Ok(small),
        _ => Err(sentence::<T>(size, "")),
    }
}

fn sentence<T: Growing>(size: usize, why: &str) -> Problem {
    let (name, known) = (T::NAME, size_of::<T>());
    Problem::Sentence(
        tailspot_result::TAILSPOT_ERROR_STRUCT_SIZE,
        format!("struct_size = {size} is out of range: needs sizeof({name}), here {known}{why}"),
    )
}

/// Reads the fields that the caller's struct has; the others stay as in `defaults`.
///
/// # Safety
///
/// `given` is NULL, or points to a struct whose first four bytes are its size.
pub(super) unsafe fn read<T: Growing>(given: *const T, defaults: T) -> Result<T, Problem> {
    if given.is_null() {
        return Err(Problem::NULL);
    }
    // SAFETY: the struct begins with its size.
    let size = unsafe { given.cast::<u32>().read_unaligned() } as usize;
    check::<T>(size)?;
    let unknown = size_of::<T>()..size.max(size_of::<T>());
    // SAFETY: the struct has `size` bytes.
    let is_zero = |offset: usize| unsafe { given.cast::<u8>().add(offset).read() } == 0;
    if !unknown.into_iter().all(is_zero) {
        return Err(sentence::<T>(size, ", or zeros beyond it"));
    }
    let mut read = defaults;
    let known = size.min(size_of::<T>());
    // SAFETY: `known` is at most the size of either struct, and any bytes are a value of T.
    unsafe { copy_nonoverlapping(given.cast::<u8>(), (&raw mut read).cast::<u8>(), known) };
    Ok(read)
}

/// Writes as much of a struct as fits into the caller's, zeros beyond what this version knows, and its size.
///
/// # Safety
///
/// `out` is NULL, or may be written for `size` bytes.
pub(super) unsafe fn write<T: Growing>(
    out: *mut T,
    size: usize,
    mut value: T,
) -> Result<tailspot_result, Problem> {
    if out.is_null() {
        return Err(Problem::NULL);
    }
    value.set_size(check::<T>(size)?);
    let known = size.min(size_of::<T>());
    // SAFETY: `out` has `size` bytes, `value` at least `known`.
    unsafe {
        copy_nonoverlapping((&raw const value).cast::<u8>(), out.cast::<u8>(), known);
        out.cast::<u8>().add(known).write_bytes(0, size - known);
    }
    gate::OK
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A struct that had one field in its first version, and has three now.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Grown {
        struct_size: u32,
        first: u32,
        second: u64,
        third: u64,
    }

    // SAFETY: integers only, without padding.
    unsafe impl Growing for Grown {
        const NAME: &'static str = "grown";
        const FIRST: usize = 8;

        fn set_size(&mut self, size: u32) {
            self.struct_size = size;
        }
    }

    const DEFAULTS: Grown = Grown { struct_size: 0, first: 1, second: 2, third: 3 };

    fn given(size: u32) -> Result<Grown, Problem> {
        let given = [Grown { struct_size: size, first: 10, second: 20, third: 30 }, DEFAULTS];
        // SAFETY: an array of as many bytes as any size here.
        unsafe { read(given.as_ptr(), DEFAULTS) }
    }

    #[test]
    fn a_smaller_struct_gets_defaults_for_what_it_lacks() {
        for (size, second, third) in [(8, 2, 3), (16, 20, 3), (24, 20, 30)] {
            let expected = Grown { struct_size: size, first: 10, second, third };
            assert_eq!(given(size).ok(), Some(expected));
        }
        for size in [0, 4, 7, 12, 23, 25] {
            assert!(given(size).is_err(), "{size}");
        }
    }

    #[test]
    fn a_larger_struct_may_only_add_zeros() {
        let sentence = given(32).err().map(|problem| problem.to_string()).unwrap_or_default();
        assert!(sentence.starts_with("struct_size = 32"), "{sentence}");
        let mut larger = [DEFAULTS, DEFAULTS];
        larger[0].struct_size = 32;
        (larger[1].struct_size, larger[1].first) = (0, 0);
        // SAFETY: an array of 48 bytes.
        let read = unsafe { read(larger.as_ptr(), DEFAULTS) };
        assert_eq!(read.ok(), Some(Grown { struct_size: 32, ..DEFAULTS }));
    }

    #[test]
    fn as_much_is_written_as_fits() {
        for size in [8, 16, 24, 32] {
            let mut out = [Grown { struct_size: 9, first: 9, second: 9, third: 9 }; 2];
            // SAFETY: an array of 48 bytes.
            assert!(unsafe { write(out.as_mut_ptr(), size, DEFAULTS) }.is_ok());
            assert_eq!((out[0].struct_size as usize, out[0].first), (size, 1));
            assert_eq!(out[0].second, if size > 8 { 2 } else { 9 });
            assert_eq!(out[0].third, if size > 16 { 3 } else { 9 });
            assert_eq!(out[1].first, if size > 24 { 0 } else { 9 });
        }
    }
}
