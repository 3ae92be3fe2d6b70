//! Where a falling function is 0, in two or three steps.

/// More steps than a bracket and halving it to the last double take.
const MOST_STEPS: usize = 200;
/// No step is longer than four times the last one, but from so many units on than the last one squared.
const FAR: f64 = 1e6;
/// A step from a value so small leaves an error of about its cube, and is the last.
const LAST: f64 = 1e-4;

/// Where a falling function is 0, to rounding; where it jumps over 0, a place on either side of the jump. The function
/// returns its value and two derivatives by x/unit. Halley's steps, and halves where these leave the bracket or do not come
/// nearer; no step is longer than a unit at first. Halves are those of [`middle`].
pub(super) fn root(function: impl Fn(f64) -> [f64; 3], start: f64, unit: f64) -> f64 {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut x, mut reach, mut last) = (start.min(f64::MAX), 1.0, f64::INFINITY);
    for _ in 0..MOST_STEPS {
        let [y, slope, bend] = function(x);
        if y >= 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = (-y / slope).clamp(-reach, reach);
        let step = newton / (1.0 + 0.5 * newton * bend / slope).clamp(0.5, 2.0);
        let next = x + step * unit;
        let is_nearer = slope < 0.0 && next >= low && next <= high && y.abs() <= 0.9 * last;
        if is_nearer && y.abs() < LAST {
            return next;
        }
        let is_bracket = low.is_finite() && high.is_finite();
        x = match is_nearer {
            true => next,
            false if is_bracket => middle(low, high),
            false => (x + reach.copysign(y) * unit).clamp(-f64::MAX, f64::MAX),
        };
        (last, reach) = (y.abs(), reach * if reach < FAR { 4.0 } else { reach });
        if high - low <= 2.0 * f64::EPSILON * x.abs() {
            break;
        }
    }
    x
}

/// Between numbers of one sign the double in the middle of all those between them; 0 between signs; and from 0 a number
/// that is nearer by 64 binades. So a power of two changes no digit.
fn middle(low: f64, high: f64) -> f64 {
    if low > 0.0 || high < 0.0 {
        let middle = low.abs().to_bits().midpoint(high.abs().to_bits());
        return f64::from_bits(middle).copysign(low);
    }
    if low < 0.0 && high > 0.0 { 0.0 } else { (low + high) * 2_f64.powi(-64) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::root;

    /// How often the function was asked, and the root.
    fn counted(function: impl Fn(f64) -> [f64; 3], start: f64, unit: f64) -> (u32, f64) {
        let calls = Cell::new(0);
        let function = |x| {
            calls.set(calls.get() + 1);
            function(x)
        };
        let z = root(function, start, unit);
        (calls.get(), z)
    }

    #[test]
    fn a_smooth_root_is_found_in_few_steps() {
        for (truth, start) in [
            (1.001, 1.0),
            (1.5, 1.4),
            (3.0, 3.01),
            (3.0, 3.3),
            (1e9, 1.1e9),
            (3.0, 9.0),
            (3.0, 0.1),
        ] {
            let unit = 0.3 * truth;
            let function = |x: f64| {
                let value = -10.0 * (x / truth).ln() - (x - truth) / truth;
                [value, unit * (-10.0 / x - 1.0 / truth), 10.0 * (unit / x).powi(2)]
            };
            let (calls, z) = counted(function, start, unit);
            assert!((z / truth - 1.0).abs() < 1e-15, "{truth}: {z}");
            let near = (start / truth - 1.0_f64).abs() < 0.1;
            assert!(calls <= if near { 3 } else { 12 }, "{truth} from {start}: {calls} calls");
        }
    }

    #[test]
    fn a_jump_over_zero_is_found() {
        for truth in [-1.0, 0.1, 1.9, 1.999_999, 1e12, 1e-200, -1e-200, 1e200, -1e300] {
            for (inside, slope) in [(f64::INFINITY, f64::NAN), (1.0, -3.0), (1e-6, 0.0)] {
                let jump = |x: f64| [if x > truth { -1.0 } else { inside }, slope, 0.0];
                let (calls, z) = counted(jump, 1.0, 2.0);
                assert!((z / truth - 1.0).abs() < 1e-15, "{truth}: {z} after {calls} calls");
            }
        }
    }
}
