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
        self.combined(self.members().map(|member| member.rarity(side, member.residual(x))).sum())
    }

    /// The tail probability of the set from the sum of the 1/p of its members.
    fn combined(&self, rarities: f64) -> f64 {
        let count = 1.0 + self.others.len() as f64;
        // A member beyond its t counts at least a little more than 1.
        if rarities > count { (count / rarities).max(f64::MIN_POSITIVE) } else { f64::NAN }
    }

    /// What the set answers to a finite value.
    pub(crate) fn set_event(&self, x: f64) -> Event {
        let rarities = self.members().map(|member| member.rarities(member.residual(x)));
        self.event_by(rarities.fold([0.0; 2], |sums, more| [sums[0] + more[0], sums[1] + more[1]]))
    }

    /// Judges a finite value, learns from it, and lets every baseline follow it.
    pub(crate) fn step_set(&mut self, x: f64) -> Event {
        let mut sums = [0.0; 2];
        for member in self.members_mut() {
            let mut rarities = [1.0; 2];
            if !member.pass(x) {
                let seen = member.see(x);
                rarities = member.rarities(seen.residual);
                member.learn(seen);
            }
            sums = [sums[0] + rarities[0], sums[1] + rarities[1]];
        }
        self.event_by(sums)
    }

    /// The answer by the sums of the 1/p of all members, up and down.
    #[inline]
    fn event_by(&self, rarities: [f64; 2]) -> Event {
        let count = 1.0 + self.others.len() as f64;
        if rarities == [count; 2] {
            return Event::Normal;
        }
        let side = if rarities[1] > rarities[0] { Side::Down } else { Side::Up };
        let p = self.combined(rarities[side.index()]);
        if self.config.alert && p < self.config.q {
            Event::alert(side)
        } else {
            Event::excess(side)
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

/// The last double between two at which a falling function is not below 0. Secants find the root fast, but from one side:
/// where one lands close to an end, the next place is as far beyond it, so that the other end follows. Halves where that
/// does not help.
fn last_not_below(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    let (mut above, mut below) = (function(low), function(high));
    if !(above >= 0.0) {
        return low;
    }
    if below >= 0.0 {
        return high;
    }
    let mut widths = [f64::INFINITY; 2];
    for _ in 0..200 {
        let (width, least) = (high - low, 4.0 * f64::EPSILON * low.abs().max(high.abs()));
        let (middle, secant) = (low + 0.5 * width, high - below * width / (below - above));
        let (from_low, from_high) = (secant - low, high - secant);
        let next = match () {
            // Two rounds did not halve it, or there is no secant.
            _ if width > 0.5 * widths[0] || above.is_infinite() => middle,
            _ if from_low < from_high / 8.0 => low + (2.0 * from_low).max(least),
            _ if from_high < from_low / 8.0 => high - (2.0 * from_high).max(least),
            _ => secant,
        };
        let next = if next > low && next < high { next } else { middle };
        if !(next > low && next < high) {
            break;
        }
        widths = [widths[1], width];
        let value = function(next);
        if value >= 0.0 {
            (low, above) = (next, value);
        } else {
            (high, below) = (next, value);
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::last_not_below;

    /// How often the function was asked, and the root.
    fn counted(function: impl Fn(f64) -> f64, low: f64, high: f64) -> (u32, f64) {
        let calls = Cell::new(0);
        let function = |x| {
            calls.set(calls.get() + 1);
            function(x)
        };
        let z = last_not_below(function, low, high);
        (calls.get(), z)
    }

    #[test]
    fn a_smooth_root_is_found_to_the_last_double_in_few_steps() {
        for (root, high) in
            [(1.001, 2.0_f64), (1.5, 2.0), (3.0, 100.0), (3.0, 3.000_001), (1e9, 1e10)]
        {
            let shape = |x: f64| -10.0 * (x / root).ln() - (x - root) / high;
            let (calls, z) = counted(shape, 1.0, high);
            assert!(shape(z) >= 0.0 && shape(z.next_up()) < 0.0, "{root}: {z}");
            assert!(calls <= 25, "{root}: {calls} calls");
        }
    }

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
