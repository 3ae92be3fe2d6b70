//! Elements of foreign arrays: every real type, either byte order, any place in memory.

use libc::{c_void, ptrdiff_t};

use super::codes::tailspot_result;

/// The element type of an array. Combine with TAILSPOT_SWAPPED (bitwise OR) if the byte order is not the machine's.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_type {
    /// int8_t
    TAILSPOT_INT8 = 1,
    /// uint8_t, and bool
    TAILSPOT_UINT8 = 2,
    /// int16_t
    TAILSPOT_INT16 = 3,
    /// uint16_t
    TAILSPOT_UINT16 = 4,
    /// int32_t
    TAILSPOT_INT32 = 5,
    /// uint32_t
    TAILSPOT_UINT32 = 6,
    /// int64_t; rounded to the nearest double beyond 2^53
    TAILSPOT_INT64 = 7,
    /// uint64_t; rounded to the nearest double beyond 2^53
    TAILSPOT_UINT64 = 8,
    /// IEEE 754 half precision
    TAILSPOT_FLOAT16 = 9,
    /// float
    TAILSPOT_FLOAT32 = 10,
    /// double
    TAILSPOT_FLOAT64 = 11,
    /// Not a type: a flag.
    TAILSPOT_SWAPPED = 256,
}

impl tailspot_type {
    const ALL: [tailspot_type; 11] = [
        tailspot_type::TAILSPOT_INT8,
        tailspot_type::TAILSPOT_UINT8,
        tailspot_type::TAILSPOT_INT16,
        tailspot_type::TAILSPOT_UINT16,
        tailspot_type::TAILSPOT_INT32,
        tailspot_type::TAILSPOT_UINT32,
        tailspot_type::TAILSPOT_INT64,
        tailspot_type::TAILSPOT_UINT64,
        tailspot_type::TAILSPOT_FLOAT16,
        tailspot_type::TAILSPOT_FLOAT32,
        tailspot_type::TAILSPOT_FLOAT64,
    ];
}

/// An array in the memory of the caller.
#[derive(Clone, Copy)]
pub(super) struct Elements {
    first: *const u8,
    stride: ptrdiff_t,
    element: tailspot_type,
    is_swapped: bool,
}

impl Elements {
    pub(super) fn new(
        first: *const c_void,
        stride: ptrdiff_t,
        code: i32,
    ) -> Result<Self, tailspot_result> {
        let flag = tailspot_type::TAILSPOT_SWAPPED as i32;
        let element = tailspot_type::ALL.into_iter().find(|known| *known as i32 == code & !flag);
        let element = element.ok_or(tailspot_result::TAILSPOT_ERROR_TYPE)?;
        Ok(Elements { first: first.cast(), stride, element, is_swapped: code & flag != 0 })
    }

    /// The array without its first elements.
    pub(super) fn skip(self, count: usize) -> Self {
        let offset = (count as isize).wrapping_mul(self.stride);
        Elements { first: self.first.wrapping_offset(offset), ..self }
    }

    /// Reads as many elements as fit into `out`.
    ///
    /// # Safety
    ///
    /// The array has as many elements, all of them readable.
    pub(super) unsafe fn read(self, out: &mut [f64]) {
        // SAFETY: promised by the caller.
        unsafe {
            match self.element {
                tailspot_type::TAILSPOT_INT8 => {
                    self.decode(out, |bytes| i8::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_UINT8 => {
                    self.decode(out, |bytes| u8::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_INT16 => {
                    self.decode(out, |bytes| i16::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_UINT16 => {
                    self.decode(out, |bytes| u16::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_INT32 => {
                    self.decode(out, |bytes| i32::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_UINT32 => {
                    self.decode(out, |bytes| u32::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_INT64 => {
                    self.decode(out, |bytes| i64::from_ne_bytes(bytes) as f64);
                }
                tailspot_type::TAILSPOT_UINT64 => {
                    self.decode(out, |bytes| u64::from_ne_bytes(bytes) as f64);
                }
                tailspot_type::TAILSPOT_FLOAT16 => {
                    self.decode(out, |bytes| half(u16::from_ne_bytes(bytes)));
                }
                tailspot_type::TAILSPOT_FLOAT32 => {
                    self.decode(out, |bytes| f32::from_ne_bytes(bytes).into());
                }
                tailspot_type::TAILSPOT_FLOAT64 => self.decode(out, f64::from_ne_bytes),
                tailspot_type::TAILSPOT_SWAPPED => {}
            }
        }
    }

    /// # Safety
    ///
    /// As for `read`.
    #[inline(always)]
    unsafe fn decode<const N: usize>(self, out: &mut [f64], value: impl Fn([u8; N]) -> f64) {
        let mut place = self.first;
        for out in out {
            // SAFETY: this element is in the array, and bytes have no alignment.
            let mut bytes = unsafe { place.cast::<[u8; N]>().read() };
            if self.is_swapped {
                bytes.reverse();
            }
            *out = value(bytes);
            place = place.wrapping_offset(self.stride);
        }
    }
}

/// A number in half precision (IEEE 754-2008, 3.4: 1 bit of sign, 5 of exponent, 10 of fraction).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    sign * magnitude
}
