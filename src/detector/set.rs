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
use crate::detector::root::root;
use crate::event::{Event, Side};
use crate::tail::Tail;

impl Spot {
    /// All members.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(crate) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        std::iter::once(&mut self.first).chain(&mut self.others)
    }

    /// Residuals collected for the calibration, by the member that has the fewest.
    pub(crate) fn collected(&self) -> usize {
        self.members().map(Member::collected).min().unwrap_or(0)
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

    /// Judges a finite value, learns from it, and lets every baseline follow it. Returns whether an alert is surplus to one
    /// of them, too.
    pub(crate) fn step_set(&mut self, x: f64) -> (Event, bool) {
        let (mut sums, mut surplus) = ([0.0; 2], [false; 2]);
        for member in self.members_mut() {
            let mut rarities = [1.0; 2];
            if !member.pass(x) {
                let seen = member.see(x);
                rarities = member.rarities(seen.residual);
                let (alone, is_surplus) = member.learn(seen);
                alone.side().into_iter().for_each(|side| surplus[side.index()] |= is_surplus);
            }
            sums = [sums[0] + rarities[0], sums[1] + rarities[1]];
        }
        let event = self.event_by(sums);
        (event, event.side().is_some_and(|side| surplus[side.index()]))
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

    /// The value at which the probability of the set is q.
    pub(crate) fn set_threshold(&self, side: Side) -> f64 {
        let threshold = |member: &Member| member.threshold(side, Tail::anomaly_threshold);
        self.set_value(side, self.config.q, threshold)
    }

    /// The value at which the probability of the set is q; of each member it is near `alone`. NaN if one of those is.
    ///
    /// Were the tails of all members exponential with a common scale s, the set would have it where
    /// Σ exp((z - z_k)/s) = K. This is the start.
    pub(crate) fn set_value(&self, side: Side, q: f64, alone: impl Fn(&Member) -> f64) -> f64 {
        let (sign, count) = (side.sign(), 1.0 + self.others.len() as f64);
        let values: Vec<f64> = self.members().map(|member| sign * alone(member)).collect();
        let starts = self.members().map(|member| member.threshold(side, Tail::excess_threshold));
        let nearest = values.iter().copied().fold(f64::INFINITY, f64::min);
        match values.iter().any(|z| z.is_nan()) {
            true => return f64::NAN,
            false if nearest.is_infinite() => return sign * nearest,
            false => {}
        }
        let gaps = values.iter().zip(starts).map(|(z, t)| z - sign * t);
        let gap = gaps.filter(|gap| *gap > 0.0).fold(f64::INFINITY, f64::min);
        // A predictive tail falls slower at its end than in the mean.
        let fall = 0.7 * ((1.0 - self.config.level) / q).ln().max(1.0);
        let gap = if gap.is_finite() { gap } else { nearest.abs().max(f64::MIN_POSITIVE) };
        let unit = gap / fall;
        let sum: f64 = values.iter().map(|z| ((nearest - z) / unit).exp()).sum();
        let start = nearest - (sum / count).ln() * unit;
        let too_probable = |z: f64| {
            let mut sum = [0.0; 3];
            for member in self.members() {
                let rarity = member.rarity_jet(side, sign * z, unit);
                (0..3).for_each(|i| sum[i] += rarity[i]);
            }
            let (slope, bend) = (sum[1] / sum[0], sum[2] / sum[0]);
            let is_in_tail = sum[0] > count;
            let log = if is_in_tail { (count / sum[0] / q).ln() } else { f64::INFINITY };
            [log, -slope, slope * slope - bend]
        };
        sign * root(too_probable, start, unit)
    }
}
