//! The level: the mean of the last `depth` values, in amortised O(1), without the rounding error that adding and subtracting
//! accumulates.
//!
//! A value far from the level enters the mean clipped (winsorised): one outlier moves the level little, and none stops it.
//! After [`RESTART`] values in a row beyond t on one side the stream has moved, and the level starts
//! again from them.
//!
//! Two stacks make a queue: new values go onto `back` with a running sum; when the oldest value must go and `front` is
//! empty, `back` is reversed into `front` as sums from each value to the newest. No sum is ever subtracted from, so
//! a huge value leaves no error behind.

use crate::event::Side;

/// Values beyond t on one side in a row after which the level starts again from them.
pub(crate) const RESTART: usize = 20;

/// The level of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    pub(crate) window: MovingMean,
    /// The last values beyond t on one side, in a row, at most [`RESTART`], and on which side (1 or -1).
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
        if side != self.run_side || self.run.len() == RESTART {
            self.run.clear();
            self.run_side = side;
        }
        self.run.push(value);
        let is_complete = self.run.len() == RESTART;
        if is_complete {
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
    /// Sums from a value to the newest one of its generation; the last one starts at the oldest value.
    pub(crate) front: Vec<f64>,
    pub(crate) back: Vec<f64>,
    pub(crate) back_sum: f64,
}

impl MovingMean {
    pub(crate) fn new(depth: usize) -> Self {
        MovingMean { depth, front: Vec::new(), back: Vec::new(), back_sum: 0.0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.front.len() + self.back.len() == self.depth
    }

    /// The mean of the window; NaN while it fills.
    #[inline]
    pub(crate) fn mean(&self) -> f64 {
        if !self.is_full() {
            return f64::NAN;
        }
        let sum = self.front.last().unwrap_or(&0.0) + self.back_sum;
        sum / (self.depth as f64 * self.unit())
    }

    /// The mean of what is in the window; 0 while it is empty.
    #[inline]
    pub(crate) fn mean_so_far(&self) -> f64 {
        let len = self.front.len() + self.back.len();
        let sum = self.front.last().unwrap_or(&0.0) + self.back_sum;
        if len == 0 { 0.0 } else { sum / (len as f64 * self.unit()) }
    }

    /// Takes a finite value in; the oldest one leaves a full window.
    #[inline]
    pub(crate) fn push(&mut self, value: f64) {
        if self.is_full() {
            if self.front.is_empty() {
                self.turn_over();
            }
            self.front.pop();
        }
        let scaled = value * self.unit();
        self.back.push(scaled);
        self.back_sum += scaled;
    }

    fn turn_over(&mut self) {
        let mut sum = 0.0;
        self.front.extend(self.back.drain(..).rev().map(|value| {
            sum += value;
            sum
        }));
        self.back_sum = 0.0;
    }

    /// A power of two under which no sum of `depth` finite values overflows.
    #[inline]
    fn unit(&self) -> f64 {
        let exponent = self.depth.next_power_of_two().trailing_zeros();
        f64::from_bits((1023 - u64::from(exponent)) << 52)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain_mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
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
