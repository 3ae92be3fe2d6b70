//! Several baselines, judged apart: the combined answer of their tails.
//!
//! For each side the tail probability of the set is the harmonic mean of those of its members,
//!
//! ```text
//! p = K / Σ 1/p_k        p_k = 1 where the residual is not strictly beyond the member's excess threshold
//! ```
//!
//! It needs no correlations between the members: it is exact where they agree, and K times the smallest p where only one
//! sees an excess. With one member it is that member's p.

use crate::detector::Spot;
use crate::detector::member::Member;
use crate::event::{Event, Side};

impl Spot {
    /// All members.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// The tail probability of a value by all members; NaN if it is beyond no excess threshold of that side.
    pub(crate) fn set_probability(&self, side: Side, x: f64) -> f64 {
        if x.is_infinite() {
            return if x == side.sign() * f64::INFINITY { 0.0 } else { f64::NAN };
        }
        let sum: f64 = self.members().map(|member| member.rarity(side, x)).sum();
        let count = 1.0 + self.others.len() as f64;
        // A member beyond its t counts at least a little more than 1.
        if sum > count { (count / sum).max(f64::MIN_POSITIVE) } else { f64::NAN }
    }

    /// What the set answers to a finite value.
    pub(crate) fn set_event(&self, x: f64) -> Event {
        let sides = Side::BOTH.map(|side| (side, self.set_probability(side, x)));
        let rarest = |(_, p): &(Side, f64)| if p.is_nan() { 1.0 } else { *p };
        let (side, p) = match rarest(&sides[1]) < rarest(&sides[0]) {
            true => sides[1],
            false => sides[0],
        };
        match p {
            p if p.is_nan() => Event::Normal,
            p if self.config.alert && p < self.config.q => Event::alert(side),
            _ => Event::excess(side),
        }
    }

    /// The value at which the probability of the set is q: it lies between the anomaly thresholds of the members.
    pub(crate) fn set_threshold(&self, side: Side) -> f64 {
        let sign = side.sign();
        let thresholds = self
            .members()
            .map(|member| sign * member.threshold(side, |tail| tail.anomaly_threshold()));
        let (low, high) = thresholds.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), z| {
            match z.is_nan() {
                true => (f64::NAN, f64::NAN),
                false => (low.min(z), high.max(z)),
            }
        });
        if !low.is_finite() {
            return sign * low;
        }
        let high = high.min(f64::MAX);
        let excess = |z: f64| {
            let p = self.set_probability(side, sign * z);
            if p.is_nan() { f64::INFINITY } else { (p / self.config.q).ln() }
        };
        sign * last_not_below(excess, low, high)
    }
}

/// The last double between two at which a falling function is not below 0: the Illinois method, then halves.
fn last_not_below(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    let (mut above, mut below) = (function(low), function(high));
    if !(above >= 0.0) {
        return low;
    }
    if below >= 0.0 {
        return high;
    }
    for round in 0..200 {
        let secant = high - below * (high - low) / (below - above);
        let middle = low + 0.5 * (high - low);
        let is_secant = round % 3 != 2 && secant > low && secant < high;
        let next = if is_secant { secant } else { middle };
        if !(next > low && next < high) {
            break;
        }
        let value = function(next);
        if value >= 0.0 {
            (low, above) = (next, value);
            below *= 0.5;
        } else {
            (high, below) = (next, value);
            above *= 0.5;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::last_not_below;

    #[test]
    fn the_root_is_found_to_the_last_double() {
        for root in [0.1, 1.0, 1.9, 1.999_999] {
            let z = last_not_below(|x| root - x, 0.0, 2.0);
            assert_eq!(z, root);
            let z = last_not_below(|x| if x > root { -1.0 } else { f64::INFINITY }, 0.0, 2.0);
            assert_eq!(z, root);
        }
    }
}
