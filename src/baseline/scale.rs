//! The scale: how far the stream moves around its level, as an exponentially weighted mean of the difference
//! from the level.
//!
//! Only a movement counts: a value that repeats the last one, or lies on the level, leaves the scale as it is. So a stretch
//! of constant values is judged, and left, by the scale from before it; and on a stream of mostly equal values the scale
//! is that of the others.
//!
//! A movement counts up to [`RATIO`] times the current scale, so that an outlier widens it little. But [`RESTART`]
//! movements in a row that are all that much larger, or all that much smaller, mean that the scale is wrong: it starts again
//! from them.
//!
//! The scale is never below the smallest step that the stream was seen to take: among whole numbers a typical movement of
//! half a one means that most values repeat, and not that a one is large. A stream of doubles takes steps that are far
//! smaller than its scale, and this changes nothing.

use super::level::RESTART;
use super::unless_rounding;

/// A movement this many times larger, or smaller, than the scale does not fit it.
const RATIO: f64 = 5.0;
/// Until the calibration, differences up to this many scales are taken as they are.
const ORDINARY: f64 = 20.0;
/// Movements that the first estimate takes as they are.
pub(crate) const FIRST: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) depth: usize,
    pub(crate) weight: f64,
    /// 0 as long as nothing moved.
    pub(crate) mean: f64,
    /// The smallest step from a value to the next one that differs; 0 before there was one.
    pub(crate) step: f64,
    /// Movements seen, counted up to the depth.
    pub(crate) seen: usize,
    pub(crate) large: Run,
    pub(crate) small: Run,
}

/// The latest movements, if none of them fits the scale: how many, and their sum divided by `RESTART`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) length: usize,
    pub(crate) sum: f64,
}

impl Run {
    #[inline]
    fn add(&mut self, movement: f64) {
        self.length += 1;
        self.sum += movement * (1.0 / RESTART as f64);
    }

    /// Without a branch: chance decides what is small, and no processor foresees it.
    #[inline]
    fn add_if(&mut self, is_in: bool, movement: f64) {
        self.add(movement);
        self.length *= usize::from(is_in);
        self.sum *= f64::from(u8::from(is_in));
    }
}

impl Scale {
    pub(crate) fn new(depth: usize) -> Self {
        let weight = 2.0 / (depth as f64 + 1.0);
        let (large, small) = (Run::default(), Run::default());
        Scale { depth, weight, mean: 0.0, step: 0.0, seen: 0, large, small }
    }

    /// What residuals are divided by; 1 as long as nothing moved.
    #[inline]
    pub(crate) fn value(&self) -> f64 {
        let larger = if self.mean > self.step { self.mean } else { self.step };
        if self.mean > 0.0 { larger } else { 1.0 }
    }

    /// Differences that are too large to be absorbed before the calibration; none while the scale is new.
    pub(crate) fn most(&self) -> f64 {
        if self.is_new() { f64::INFINITY } else { ORDINARY * self.mean }
    }

    #[inline]
    fn is_new(&self) -> bool {
        self.seen < FIRST.min(self.depth)
    }

    /// Whether there was no such small difference of a value from the one before it.
    #[inline]
    pub(crate) fn is_smaller_step(&self, difference: f64) -> bool {
        difference.abs() < self.step || self.step == 0.0
    }

    /// Absorbs the difference of a value from the one before it.
    #[cold]
    pub(crate) fn absorb_step(&mut self, difference: f64) {
        if difference != 0.0 && self.is_smaller_step(difference) {
            self.step = difference.abs().min(f64::MAX);
        }
    }

    /// Absorbs a difference from the level.
    #[inline]
    pub(crate) fn absorb(&mut self, difference: f64) {
        let movement = difference.abs();
        if movement == 0.0 {
            return;
        }
        let most = RATIO * self.mean;
        self.small.add_if(movement * RATIO < self.mean, movement);
        if movement <= most && self.seen >= self.depth && self.small.length < RESTART {
            self.large = Run::default();
            self.mean += self.weight * (movement - self.mean);
        } else {
            self.absorb_slow(movement, most);
        }
    }

    /// The first movements, large ones, and the ends of runs.
    #[cold]
    fn absorb_slow(&mut self, movement: f64, most: f64) {
        let weight = self.weight.max(1.0 / (self.seen as f64 + 1.0));
        let is_first = self.is_new();
        self.seen = self.depth.min(self.seen + 1);
        let counted = if is_first { movement } else { movement.min(most) };
        self.mean += weight * (counted - self.mean);
        self.large.add_if(movement > counted, movement);
        for run in [&mut self.large, &mut self.small] {
            if run.length == RESTART {
                self.mean = run.sum.min(f64::MAX);
                *run = Run::default();
            }
        }
    }

    /// Starts again from the values that a level started again from; if these do not move, it stays.
    #[cold]
    pub(crate) fn restart(&mut self, values: &[f64]) {
        (self.large, self.small) = (Run::default(), Run::default());
        let part = 1.0 / values.len() as f64;
        let mean: f64 = values.iter().map(|x| x * part).sum();
        let deviation: f64 =
            values.iter().map(|x| unless_rounding(x - mean, *x).abs() * part).sum();
        if deviation > 0.0 {
            self.mean = deviation.min(f64::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled() -> Scale {
        let mut scale = Scale::new(40);
        (0..200).for_each(|i| scale.absorb(if i % 2 == 0 { 1.0 } else { -1.0 }));
        scale
    }

    #[test]
    fn is_the_mean_of_the_first_movements_then_weighted() {
        let mut scale = Scale::new(40);
        [1.0, -2.0, 3.0, 0.0].into_iter().for_each(|x| scale.absorb(x));
        assert!((scale.value() - 2.0).abs() < 1e-15);
        let mut scale = settled();
        assert_eq!(scale.value(), 1.0);
        scale.absorb(3.0);
        assert!((scale.value() - (1.0 + 2.0 * 2.0 / 41.0)).abs() < 1e-15);
    }

    #[test]
    fn is_never_below_the_smallest_step() {
        let mut scale = settled();
        scale.absorb_step(0.0);
        assert_eq!(scale.value(), 1.0);
        [-3.0, 2.0, f64::INFINITY].into_iter().for_each(|step| scale.absorb_step(step));
        assert_eq!(scale.value(), 2.0);
        scale.absorb_step(1e-3);
        assert_eq!(scale.value(), 1.0);
    }

    #[test]
    fn an_outlier_counts_five_scales() {
        let mut scale = settled();
        scale.absorb(f64::MAX);
        assert!((scale.value() - (1.0 + 4.0 * 2.0 / 41.0)).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_move_leaves_it() {
        let mut scale = settled();
        (0..100_000).for_each(|_| scale.absorb(0.0));
        assert_eq!(scale.value(), 1.0);
    }

    #[test]
    fn twenty_large_movements_start_it_anew() {
        for size in [1e6, 1e307] {
            let mut scale = settled();
            (0..19).for_each(|_| scale.absorb(size));
            assert!(scale.value() < 40.0);
            scale.absorb(-size);
            assert!((scale.value() / size - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn twenty_small_movements_start_it_anew() {
        let mut scale = settled();
        (0..19).for_each(|_| scale.absorb(1e-9));
        assert!(scale.value() > 0.3);
        scale.absorb(-1e-9);
        assert!((scale.value() / 1e-9 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn starts_anew_with_a_level() {
        let mut scale = settled();
        scale.restart(&[4.0, 6.0, 4.0, 6.0]);
        assert_eq!(scale.value(), 1.0);
        scale.restart(&[7.0; 20]);
        assert_eq!(scale.value(), 1.0, "constant values say nothing");
        scale.restart(&[f64::MAX, -f64::MAX]);
        assert!(scale.value().is_finite());
    }
}
