//! The level: the mean of the last `depth` values, each of them drawn in towards the level (winsorised).
//!
//! No value is kept out, so the window never freezes, and one outlier moves it little. A jump of the stream is followed at
//! that pace, or by a restart: after [`RESTART`] excesses in a row on one side the level starts anew from these values.
//!
//! [`MovingMean`] is the mean in amortised O(1), without the rounding that adding and subtracting piles up.
//! Two stacks make a queue: new values go onto `back` with a running sum; when the oldest value must go and `front` is
//! empty, `back` is turned over into `front` as sums from each value to the newest. No sum is ever subtracted from, so
//! one huge value leaves nothing behind when it goes.

use crate::event::Side;

/// Excesses in a row on one side after which a level starts anew from them.
pub(crate) const RESTART: usize = 20;

/// What the stream stands at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Level {
    pub(crate) window: MovingMean,
    /// The mean of the window, as long as it is; NaN until it was full once.
    mean: f64,
    /// The latest values, as they came, if they were all excesses of one side; at most [`RESTART`].
    pub(crate) run: Vec<f64>,
    pub(crate) run_is_up: bool,
}

impl Level {
    pub(crate) fn new(depth: usize) -> Self {
        Level::restored(MovingMean::new(depth), false, Vec::new(), false)
    }

    /// Goes on from these parts; `is_known` is whether the window was full once.
    pub(crate) fn restored(
        window: MovingMean,
        is_known: bool,
        run: Vec<f64>,
        run_is_up: bool,
    ) -> Self {
        let mean = if is_known { 0.0 } else { f64::NAN };
        let mut level = Level { window, mean, run, run_is_up };
        level.follow();
        level
    }

    #[inline]
    pub(crate) fn mean(&self) -> f64 {
        self.mean
    }

    #[inline]
    fn follow(&mut self) {
        if !self.mean.is_nan() || self.window.is_full() {
            self.mean = self.window.mean_so_far();
        }
    }

    /// Takes a value in as it is.
    #[inline]
    pub(crate) fn push(&mut self, value: f64) {
        self.window.push(value);
        self.follow();
    }

    /// Takes in a value that is not an excess and lies near the mean.
    #[inline]
    pub(crate) fn absorb(&mut self, value: f64) {
        self.run.clear();
        self.push(value);
    }

    /// Takes in any value by its difference from the mean, which was drawn in to `winsorised`. `beyond` is the side on
    /// which the value is an excess. Returns whether the level starts anew, with the values of the run.
    pub(crate) fn absorb_far(
        &mut self,
        value: f64,
        difference: f64,
        winsorised: f64,
        beyond: Option<Side>,
    ) -> bool {
        match beyond {
            Some(side) if self.continues_run(value, side) => return true,
            Some(_) => {}
            None => self.run.clear(),
        }
        let is_drawn_in = winsorised != difference;
        let drawn_in = (self.mean + winsorised).clamp(-f64::MAX, f64::MAX);
        self.push(if is_drawn_in { drawn_in } else { value });
        false
    }

    fn continues_run(&mut self, value: f64, side: Side) -> bool {
        let is_up = side == Side::Up;
        if is_up != self.run_is_up || self.run.len() == RESTART {
            self.run.clear();
            self.run_is_up = is_up;
        }
        self.run.push(value);
        if self.run.len() < RESTART {
            return false;
        }
        self.window.clear();
        for value in &self.run[RESTART.saturating_sub(self.window.depth)..] {
            self.window.push(*value);
        }
        self.follow();
        true
    }
}

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

    /// The mean of what is in the window; NaN if nothing is.
    #[inline]
    pub(crate) fn mean_so_far(&self) -> f64 {
        let sum = self.front.last().unwrap_or(&0.0) + self.back_sum;
        sum / ((self.front.len() + self.back.len()) as f64 * self.unit())
    }

    /// Empties the window.
    fn clear(&mut self) {
        self.front.clear();
        self.back.clear();
        self.back_sum = 0.0;
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
    fn a_value_that_is_drawn_in_enters_there() {
        let mut level = Level::new(2);
        level.push(0.0);
        assert!(level.mean().is_nan());
        level.push(2.0);
        assert_eq!(level.mean(), 1.0);
        assert!(!level.absorb_far(100.0, 99.0, 3.0, Some(Side::Up))); // enters as 4
        assert_eq!(level.mean(), 3.0);
        assert!(!level.absorb_far(-100.0, -103.0, -3.0, Some(Side::Down))); // enters as 0
        assert_eq!(level.mean(), 2.0);
        level.absorb(1.5);
        assert_eq!(level.mean(), 0.75);
    }

    #[test]
    fn starts_anew_after_twenty_excesses_of_one_side() {
        for depth in [1, 5, 20, 100] {
            let mut level = Level::new(depth);
            (0..depth).for_each(|_| level.push(0.0));
            let jump = |level: &mut Level, value: f64| {
                let difference = value - level.mean();
                let side = if difference > 0.0 { Side::Up } else { Side::Down };
                level.absorb_far(value, difference, 0.1 * difference.signum(), Some(side))
            };
            (0..19).for_each(|_| assert!(!jump(&mut level, 1000.0)));
            assert!(!jump(&mut level, -1000.0), "the other side breaks the run");
            for i in 0..20 {
                assert_eq!(jump(&mut level, 1000.0 + f64::from(i)), i == 19, "depth {depth}");
            }
            let kept = depth.min(20) as f64;
            assert_eq!(level.mean(), 1019.0 - 0.5 * (kept - 1.0), "depth {depth}");
            assert!(!jump(&mut level, 2000.0), "the next run starts at 1");
            assert!(level.mean().is_finite());
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
