//! Several baselines, judged apart: what each of them finds probable makes one tail probability.
//!
//! For each side, S is the sum over the members of 1/p if the residual is strictly beyond that member's excess threshold,
//! and of 1 if it is not. The probability of the set is p = K/S, the harmonic mean of K members. It needs no knowledge of
//! how the members depend on each other: it is exact for members that agree, and K times the smallest p where one speaks
//! alone. The value is an alert if p < q.
//!
//! As everywhere, a tail is an upper one here: the caller turns the sign for the lower side.

/// The sum S of one side, member by member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Combination {
    members: f64,
    sum: f64,
}

impl Combination {
    /// Adds a member that gives a value beyond this one the probability p; NaN if the value is not strictly beyond its
    /// excess threshold.
    #[inline]
    pub(crate) fn add(&mut self, p: f64) {
        self.members += 1.0;
        self.sum += if p.is_nan() { 1.0 } else { 1.0 / p.clamp(0.0, 1.0) };
    }

    /// The probability of the set; 1 for a value in no tail.
    #[inline]
    pub(crate) fn probability(&self) -> f64 {
        if self.sum > 0.0 { (self.members / self.sum).min(1.0) } else { 1.0 }
    }

    /// Whether the value is an anomaly.
    #[inline]
    pub(crate) fn is_anomaly(&self, q: f64) -> bool {
        self.probability() < q
    }
}

/// Evaluations at which the search ends; by then it has halved the floating-point numbers down to two neighbours.
const MOST_STEPS: usize = 100;

/// The anomaly threshold of a set: the largest x with p(x) ≥ q, where p does not grow with x. `low` and `high` are the
/// smallest and the largest of the members' anomaly thresholds, between which it lies unless these are older than p.
///
/// p may jump (from 1 to N_t/n at an excess threshold) and its logarithm is nearly straight between the jumps: so every
/// other step follows the secant of ln p, and the others halve the interval.
pub(crate) fn anomaly_threshold(
    (low, high): (f64, f64),
    q: f64,
    probability: impl Fn(f64) -> f64,
) -> f64 {
    if !(low <= high) {
        return f64::NAN;
    }
    let excess = |x: f64| probability(x).ln() - q.ln(); // ≥ 0 up to the threshold
    let (mut inside, mut beyond) = (low, high);
    let (mut at_inside, mut at_beyond) = (excess(inside), excess(beyond));
    if !(at_inside >= 0.0) {
        (beyond, at_beyond) = (inside, at_inside);
        (inside, at_inside) = widen(beyond, -1.0, &excess, |y| y >= 0.0);
    } else if at_beyond >= 0.0 {
        (inside, at_inside) = (beyond, at_beyond);
        (beyond, at_beyond) = widen(inside, 1.0, &excess, |y| !(y >= 0.0));
    }
    for step in 0..MOST_STEPS {
        let middle = halfway(inside, beyond);
        if middle == inside || middle == beyond {
            break;
        }
        let part = at_inside / (at_inside - at_beyond);
        let secant = inside + part * (beyond - inside);
        let is_secant = step % 2 == 0 && secant > inside && secant < beyond;
        let x = if is_secant { secant } else { middle };
        let y = excess(x);
        if y >= 0.0 {
            (inside, at_inside) = (x, y);
        } else {
            (beyond, at_beyond) = (x, y);
        }
    }
    inside
}

/// Goes away from x in growing steps to where `ends` holds, at most to the end of the numbers.
fn widen(
    x: f64,
    sign: f64,
    excess: &impl Fn(f64) -> f64,
    ends: impl Fn(f64) -> bool,
) -> (f64, f64) {
    let mut step = (x.abs() * f64::EPSILON).max(f64::MIN_POSITIVE);
    loop {
        let to = (x + sign * step).clamp(-f64::MAX, f64::MAX);
        let y = excess(to);
        if ends(y) || to.abs() == f64::MAX {
            return (to, y);
        }
        step *= 16.0;
    }
}

/// The number in the middle of the floating-point numbers between two.
fn halfway(low: f64, high: f64) -> f64 {
    let key = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    let middle = (i128::from(key(low)) + i128::from(key(high))).div_euclid(2) as i64;
    f64::from_bits(if middle < 0 { i64::MIN - middle } else { middle } as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combined(probabilities: &[f64]) -> f64 {
        let mut combination = Combination::default();
        probabilities.iter().for_each(|p| combination.add(*p));
        combination.probability()
    }

    #[test]
    fn one_member_is_itself() {
        assert_eq!(combined(&[1e-3]), 1e-3);
        assert_eq!(combined(&[f64::NAN]), 1.0);
        assert_eq!(combined(&[0.0]), 0.0);
        assert_eq!(Combination::default().probability(), 1.0);
    }

    #[test]
    fn is_the_harmonic_mean() {
        assert!((combined(&[1e-3, 1e-3]) - 1e-3).abs() < 1e-18);
        assert!((combined(&[1e-3, f64::NAN]) - 2.0 / 1001.0).abs() < 1e-18);
        assert_eq!(combined(&[0.0, f64::NAN, 0.5]), 0.0);
        let mut alone = Combination::default();
        [4e-4, f64::NAN].into_iter().for_each(|p| alone.add(p));
        assert!(alone.is_anomaly(1e-3));
        let mut weak = Combination::default();
        [6e-4, f64::NAN].into_iter().for_each(|p| weak.add(p));
        assert!(!weak.is_anomaly(1e-3));
    }

    /// Members with exponential tails: (t, scale), each with 2 % beyond t.
    fn set(members: &[(f64, f64)], x: f64) -> f64 {
        let mut combination = Combination::default();
        for (t, scale) in members {
            let p = if x > *t { 0.02 * (-(x - t) / scale).exp() } else { f64::NAN };
            combination.add(p);
        }
        combination.probability()
    }

    fn thresholds(members: &[(f64, f64)], q: f64) -> (f64, f64) {
        let each = |(t, scale): &(f64, f64)| t + scale * (0.02 / q).ln();
        let all: Vec<f64> = members.iter().map(each).collect();
        (all.iter().copied().fold(f64::MAX, f64::min), all.iter().copied().fold(f64::MIN, f64::max))
    }

    #[test]
    fn the_threshold_divides_anomalies_from_others() {
        let sets: [&[(f64, f64)]; 5] = [
            &[(2.0, 0.5)],
            &[(2.0, 0.5), (2.5, 0.4)],
            &[(-7.0, 1e-9), (1e3, 2.0), (1e3, 2.0)],
            &[(0.0, 1.0), (100.0, 1e-3), (-100.0, 50.0), (1e6, 1e5)],
            &[(-1e308, 1e300), (1e308, 1e300)],
        ];
        for members in sets {
            for q in [1e-3, 1e-6, 1e-300] {
                let range = thresholds(members, q);
                let z = anomaly_threshold(range, q, |x| set(members, x));
                let slack = 1e-15 * z.abs();
                assert!(z >= range.0 - slack && z <= range.1 + slack, "{members:?} {q}: {z}");
                // Up to the rounding of p, which is as large as the exponent of the tail.
                assert!(set(members, z) >= q * (1.0 - 1e-12), "{members:?} {q}: {z}");
                let after = z + 1e-12 * z.abs();
                assert!(set(members, after) < q, "{members:?} {q}: {z}");
            }
        }
    }

    #[test]
    fn takes_few_evaluations() {
        let members = [(2.0, 0.5), (2.5, 0.4), (1.0, 0.7)];
        let count = std::cell::Cell::new(0);
        let probability = |x: f64| {
            count.set(count.get() + 1);
            set(&members, x)
        };
        anomaly_threshold(thresholds(&members, 1e-3), 1e-3, probability);
        assert!(count.get() < 60, "{}", count.get());
    }

    #[test]
    fn the_range_may_be_out_of_date_or_one_point() {
        let members = [(2.0, 0.5), (2.5, 0.4)];
        let right = anomaly_threshold(thresholds(&members, 1e-3), 1e-3, |x| set(&members, x));
        for range in [(-5.0, -4.0), (50.0, 60.0), (0.0, 0.0), (right, right), (-1e300, 1e300)] {
            assert_eq!(anomaly_threshold(range, 1e-3, |x| set(&members, x)), right, "{range:?}");
        }
        assert!(anomaly_threshold((f64::NAN, 1.0), 1e-3, |x| set(&members, x)).is_nan());
    }

    #[test]
    fn a_jump_at_the_excess_threshold_is_found() {
        // Where q is above the share of the tail, everything beyond t is an anomaly.
        let z = anomaly_threshold((2.0, 2.0), 0.1, |x| set(&[(2.0, 0.5)], x));
        assert_eq!(z, 2.0);
    }
}
