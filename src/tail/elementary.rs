//! ln and exp in plain arithmetic, which the compiler vectorises over an array: the library's functions are calls.
//!
//! Only what the nodes need: arguments are finite, and those of `ln` normal and above 0. The results are good to a few
//! units in the last place (`ln` near 1 absolutely, `exp` to 1e-14), and the same on every machine.

const MANTISSA_OF_SQRT_2: u64 = 0x0006_a09e_667f_3bcd;
const EXPONENT_OF_ONE: u64 = 0x3ff0_0000_0000_0000;
/// 1.5 · 2^52: added to a small number it leaves that number's nearest integer in the last bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
const ROUND_BITS: u64 = 0x4338_0000_0000_0000;
/// ln 2 in two parts: multiples of the first have no rounding error.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Beyond ±700 the exponential is held at its value there.
const WIDEST: f64 = 700.0;

/// ln of each lane.
#[inline(never)]
pub(super) fn ln_each<const N: usize>(x: &[f64; N]) -> [f64; N] {
    let mut y = [0.0; N];
    for j in 0..N {
        y[j] = ln(x[j]);
    }
    y
}

/// exp of each lane.
#[inline(never)]
pub(super) fn exp_each<const N: usize>(x: &[f64; N]) -> [f64; N] {
    let mut y = [0.0; N];
    for j in 0..N {
        y[j] = exp(x[j]);
    }
    y
}

/// 1 for x > 0, else 0, without a branch; for no x between 0 and 1e-200.
#[inline(always)]
pub(super) fn is_positive(x: f64) -> f64 {
    let x = x * 1e200;
    let x = if x < 1.0 { x } else { 1.0 };
    if x > 0.0 { x } else { 0.0 }
}

/// x = 2^e m with m from √½ to √2; ln m = 2 artanh((m - 1)/(m + 1)) by its series.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let carry = (1 << 52) - (MANTISSA_OF_SQRT_2 + 1);
    let exponent = (bits.wrapping_add(carry) >> 52).wrapping_sub(1023);
    let m = f64::from_bits(bits.wrapping_sub(exponent << 52));
    let e = f64::from_bits(exponent.wrapping_add(ROUND_BITS)) - ROUND;
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let q2 = q * q;
    let low = (1.0 / 3.0 + q * (1.0 / 5.0)) + q2 * (1.0 / 7.0 + q * (1.0 / 9.0));
    let high = (1.0 / 11.0 + q * (1.0 / 13.0)) + q2 * (1.0 / 15.0 + q * (1.0 / 17.0));
    let series = low + q2 * q2 * high;
    let twice = s + s;
    e * LN_2_HIGH + (twice + (twice * q * series + e * LN_2_LOW))
}

/// x = k ln 2 + r with |r| up to ½ ln 2; e^r by its series.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let x = if x > -WIDEST { x } else { -WIDEST };
    let x = if x < WIDEST { x } else { WIDEST };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let r2 = r * r;
    let r4 = r2 * r2;
    let a = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0));
    let b = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let c = (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(EXPONENT_OF_ONE));
    (a + r4 * (b + r4 * c)) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_library() {
        let mut x = 1e-307_f64;
        while x < 1e307 {
            for x in [x, 1.0 + x.min(1e9), 1.0 - x.min(0.999)] {
                assert!((ln(x) - x.ln()).abs() <= 4e-16 * (1.0 + x.ln().abs()), "ln {x}");
            }
            for x in [x.ln(), -x.ln(), x.min(690.0), -x.min(690.0)] {
                let expected = x.clamp(-690.0, 690.0).exp();
                let error = exp(x.clamp(-690.0, 690.0)) / expected - 1.0;
                assert!(error.abs() < 1e-14, "exp {x}: {error:e}");
            }
            x *= 1.0371;
        }
        assert_eq!((ln(1.0), exp(0.0)), (0.0, 1.0));
    }

    #[test]
    fn beyond_its_range_exp_stays_where_it_is() {
        assert_eq!(exp(-1e300), exp(-700.0));
        assert_eq!(exp(1e300), exp(700.0));
        assert!(exp(-700.0) > 0.0 && exp(700.0).is_finite());
    }
}
