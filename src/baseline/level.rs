//! The level: the mean of the last `depth` values, in amortised O(1), without the rounding error that adding and subtracting
//! accumulates.
//!
//! A value far from the level enters the mean clipped (winsorised): one outlier moves the level little, and none stops it.
//! After [`RESTART`] values in a row beyond t on one side the stream has moved, and the level starts
//! again from them. Equal values need not be that many: a window full of one value is not an outlier.
//! A window that still fills does not start again: where values rise all the time, the lag of a short one would look like
//! another movement without end.
//!
//! Values enter a ring with a running sum. At the end of a round each becomes the sum of itself and those after it, so that
//! the older part of the window is one of these sums. No sum is ever subtracted from, so a huge value leaves no error
//! behind.

use crate::event::Side;

/// Values beyond t on one side in a row after which the level starts again from them.
pub(crate) const RESTART: usize = 20;
/// Equal values among them after which it does: as many as the window holds, but at least these.
const LEAST_EQUAL: usize = 5;

/// The level of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    pub(crate) window: MovingMean,
    /// The last values beyond t on one side, in a row, at most [`RESTART`], and on which side: 1, -1, or 0 if the
    /// level has just started again from them.
    pub(crate) run: Vec<f64>,
    pub(crate) run_side: f64,
}

impl Level {
    pub(crate) fn new(depth: usize) -> Self {
        Level { window: MovingMean::new(depth), run: Vec::new(), run_side: 0.0 }
    }

    /// The mean of what is in the window; 0 while it is empty.
    #[inline]
    pub(crate) fn mean(&self) -> f64 {
        self.window.mean_so_far()
    }

    /// Takes in a value that is not an excess and lies near the level.
    #[inline]
    pub(crate) fn absorb(&mut self, value: f64) {
        self.run.clear();
        self.window.push(value);
    }

    /// Takes in any value by its difference from the level, clipped to `winsorised`. `beyond` is the side on which
    /// the value is an excess. Returns whether the level starts again, with the values of the run.
    pub(crate) fn absorb_far(
        &mut self,
        value: f64,
        difference: f64,
        winsorised: f64,
        beyond: Option<Side>,
    ) -> bool {
        match beyond {
            Some(side) if self.completes_run(value, side.sign()) => return true,
            Some(_) => {}
            None => self.run.clear(),
        }
        let drawn_in = (self.mean() + winsorised).clamp(-f64::MAX, f64::MAX);
        self.window.push(if winsorised == difference { value } else { drawn_in });
        false
    }

    fn completes_run(&mut self, value: f64, side: f64) -> bool {
        if side != self.run_side {
            self.run.clear();
            self.run_side = side;
        }
        if !self.window.is_full() {
            return false;
        }
        self.run.push(value);
        let needed = self.window.depth.clamp(LEAST_EQUAL, RESTART);
        let equal = self.run.iter().rev().take_while(|x| **x == value).count();
        let is_equal = equal >= needed;
        let is_complete = is_equal || self.run.len() >= RESTART;
        if is_complete {
            self.run_side = 0.0;
            self.run.drain(..if is_equal { self.run.len() - equal } else { 0 });
            self.window = MovingMean::new(self.window.depth);
            self.run.iter().for_each(|value| self.window.push(*value));
        }
        is_complete
    }
}

/// The mean of the last `depth` values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MovingMean {
    pub(crate) depth: usize,
    /// A power of two under which no sum of `depth` finite values overflows.
    unit: f64,
    /// Before `next` the newest values in their order, from it on the sum of each older value and those that came after it.
    slots: Vec<f64>,
    next: usize,
    /// The sum of the newest values.
    newest: f64,
    /// The mean of what is in the window; 0 while it is empty.
    mean: f64,
}

impl MovingMean {
    pub(crate) fn new(depth: usize) -> Self {
        MovingMean::restored(depth, Vec::new(), &[], 0.0)
    }

    /// A window of the newest values and their sum, and the sums of the older ones.
    pub(crate) fn restored(depth: usize, newest: Vec<f64>, older: &[f64], sum: f64) -> Self {
        let exponent = depth.next_power_of_two().trailing_zeros();
        let unit = f64::from_bits((1023 - u64::from(exponent)) << 52);
        let next = newest.len();
        let mut slots = newest;
        slots.extend_from_slice(older);
        let mut window = MovingMean { depth, unit, slots, next, newest: sum, mean: 0.0 };
        if !window.slots.is_empty() {
            window.update();
        }
        window
    }

    /// The newest values, the sums of the older ones, and the sum of the newest ones.
    #[cfg(feature = "snapshot")]
    pub(crate) fn parts(&self) -> (&[f64], &[f64], f64) {
        let (newest, older) = self.slots.split_at(self.next);
        (newest, older, self.newest)
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.slots.len() == self.depth
    }

    /// The mean of the window; NaN while it fills.
    #[inline]
    pub(crate) fn mean(&self) -> f64 {
        if self.is_full() { self.mean } else { f64::NAN }
    }

    /// The mean of what is in the window; 0 while it is empty.
    #[inline]
    pub(crate) fn mean_so_far(&self) -> f64 {
        self.mean
    }

    /// Takes a finite value in; the oldest one leaves a full window.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: f64) {
        let scaled = value * self.unit;
        if !self.is_full() {
            self.slots.push(scaled);
        } else {
            if self.next == self.depth {
                self.turn_over();
            }
            self.slots[self.next] = scaled;
        }
        self.next += 1;
        self.newest += scaled;
        self.update();
    }

    #[inline]
    fn update(&mut self) {
        let sum = self.slots.get(self.next).unwrap_or(&0.0) + self.newest;
        self.mean = sum / (self.slots.len() as f64 * self.unit);
    }

    /// The newest values are the older ones from here on.
    #[inline(never)]
    fn turn_over(&mut self) {
        let mut sum = 0.0;
        for slot in self.slots.iter_mut().rev() {
            sum += *slot;
            *slot = sum;
        }
        (self.next, self.newest) = (0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn starts_again_from_equal_values_before_it_does_from_others() {
        let values_until_it_moves = |depth: usize, value: fn(usize) -> f64| {
            let mut level = Level::new(depth);
            (0..depth).for_each(|_| level.absorb(0.0));
            let moves = |i: &usize| level.absorb_far(value(*i), value(*i), 1.0, Some(Side::Up));
            let values = 1 + (0..100).find(moves).expect("it moves");
            (values, level.mean())
        };
        for (depth, equal) in [(1, 5), (5, 5), (10, 10), (100, 20)] {
            assert_eq!(values_until_it_moves(depth, |_| 9.0), (equal, 9.0), "depth {depth}");
            let (values, _) = values_until_it_moves(depth, |i| 9.0 + i as f64);
            assert_eq!(values, 20, "depth {depth}");
        }
        let (values, mean) = values_until_it_moves(7, |i| if i < 3 { i as f64 } else { 9.0 });
        assert_eq!((values, mean), (10, 9.0), "what came before them is left out");
    }

    #[test]
    fn does_not_start_again_while_it_fills() {
        let mut level = Level::new(50);
        (0..50).for_each(|_| level.absorb(0.0));
        let mut starts = |side| {
            let moves = |_: &usize| level.absorb_far(1e3, 1e3, 1.0, Some(side));
            (1..100).find(moves)
        };
        assert_eq!(starts(Side::Up), Some(20));
        assert_eq!(starts(Side::Down), Some(30 + 20));
    }

    #[test]
    fn equals_the_mean_of_the_last_values() {
        for depth in [1, 2, 3, 10, 64] {
            let values: Vec<f64> = (0..500).map(|i| f64::from(i * 7919 % 101) - 50.0).collect();
            let mut window = MovingMean::new(depth);
            for (i, value) in values.iter().enumerate() {
                window.push(*value);
                if i + 1 >= depth {
                    let expected = plain_mean(&values[i + 1 - depth..=i]);
                    assert!((window.mean() - expected).abs() < 1e-12, "depth {depth}, value {i}");
                } else {
                    assert!(window.mean().is_nan());
                }
            }
        }
    }

    #[test]
    fn a_huge_value_leaves_nothing_behind() {
        let mut window = MovingMean::new(3);
        [1.0, 2.0, 1e300, 3.0, 4.0, 5.0].into_iter().for_each(|value| window.push(value));
        assert_eq!(window.mean(), 4.0);
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        let mut window = MovingMean::new(5);
        (0..12).for_each(|_| window.push(f64::MAX));
        assert!((window.mean() / f64::MAX - 1.0).abs() < 1e-15);
    }
}
