//! The season: one level for each phase of a period.
//!
//! The level of a phase moves by a part of each winsorised residual: by 1/visits at first, which makes it a mean, and by
//! [`LEAST_WEIGHT`] from then on. A phase whose values are excesses of one side at three visits in a row starts again from the
//! last of them. A missing value advances the phase, since the season is a clock: what comes after a gap
//! belongs to the time it comes at. (A missing value does not change level and scale, which count values.)

use crate::event::Side;

/// The part of a residual by which a phase moves, once it has been visited often.
const LEAST_WEIGHT: f64 = 0.1;
/// From this many visits on.
const FULL: u8 = 10;
/// Excesses at this many visits in a row, on one side, restart a phase.
const RESTART: i8 = 3;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Season {
    pub(crate) levels: Vec<f64>,
    /// Values seen in each phase, counted up to `FULL`.
    pub(crate) visits: Vec<u8>,
    /// Visits in a row at which a phase held an excess: above 0 on the upper side, below on the lower one.
    pub(crate) runs: Vec<i8>,
    /// The phase of the next value.
    pub(crate) phase: usize,
}

impl Season {
    pub(crate) fn new(period: usize) -> Self {
        let (levels, visits, runs) = (vec![0.0; period], vec![0; period], vec![0; period]);
        Season { levels, visits, runs, phase: 0 }
    }

    /// Whether the phase of the next value has a level.
    #[inline]
    pub(crate) fn is_known(&self) -> bool {
        self.visits[self.phase] > 0
    }

    /// The level of the phase of the next value.
    #[inline]
    pub(crate) fn level(&self) -> f64 {
        self.levels[self.phase]
    }

    /// The first value of a phase is its level.
    pub(crate) fn start(&mut self, value: f64) {
        self.levels[self.phase] = value;
    }

    /// Takes in a value by its difference from the baseline, clipped to `winsorised`. `beyond` is the side on
    /// which the value is an excess.
    #[inline]
    pub(crate) fn absorb(&mut self, difference: f64, winsorised: f64, beyond: Option<Side>) {
        let (level, visits) = (&mut self.levels[self.phase], &mut self.visits[self.phase]);
        let mut movement = winsorised;
        let run = &mut self.runs[self.phase];
        *run = match beyond {
            None => 0,
            Some(side) => side as i8 + if *run * side as i8 > 0 { *run } else { 0 },
        };
        if run.abs() == RESTART {
            (movement, *visits, *run) = (difference, 0, 0);
        }
        let weight = if *visits >= FULL {
            LEAST_WEIGHT
        } else {
            *visits += 1;
            1.0 / f64::from(*visits)
        };
        *level = (*level + weight * movement).clamp(-f64::MAX, f64::MAX);
        self.go_on();
    }

    /// A time without a value to learn from. A phase that has no level yet takes that of the phase before it; before the
    /// first value nothing happens.
    pub(crate) fn skip(&mut self) {
        if self.visits[0] == 0 {
            return;
        }
        if self.visits[self.phase] == 0 {
            self.levels[self.phase] = self.levels[self.phase - 1];
        }
        self.go_on();
    }

    #[inline]
    fn go_on(&mut self) {
        self.phase = if self.phase + 1 == self.levels.len() { 0 } else { self.phase + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A season that was given values, where NaN is a missing one.
    fn of(period: usize, values: &[f64]) -> Season {
        let mut season = Season::new(period);
        for x in values {
            if x.is_nan() {
                season.skip();
            } else {
                if !season.is_known() {
                    season.start(*x);
                }
                season.absorb(x - season.level(), x - season.level(), None);
            }
        }
        season
    }

    #[test]
    fn is_the_mean_of_each_phase_then_weighted() {
        let season = of(2, &[1.0, 10.0, 3.0, 20.0]);
        assert_eq!(season.levels, [2.0, 15.0]);
        let mut season = of(2, &[0.0; 40]);
        season.absorb(5.0, 5.0, None);
        assert_eq!(season.levels, [0.5, 0.0]);
    }

    #[test]
    fn a_phase_starts_anew_after_three_excesses() {
        let mut season = of(2, &[0.0; 40]);
        for side in [Side::Up, Side::Down, Side::Up, Side::Up] {
            season.absorb(100.0, 0.0, Some(side));
            season.absorb(0.0, 0.0, None);
        }
        assert_eq!(season.levels, [0.0, 0.0]);
        season.absorb(100.0, 0.0, Some(Side::Up));
        assert_eq!((season.levels[0], season.visits[0]), (100.0, 1));
    }

    #[test]
    fn missing_values_are_time() {
        let season = of(3, &[f64::NAN, f64::NAN, 1.0, f64::NAN, 3.0, 2.0]);
        assert_eq!(season.phase, 1, "leading ones are not");
        assert_eq!(season.levels, [1.5, 1.0, 3.0], "a phase without a value has that before it");
        let season = of(2, &[1.0, f64::NAN, 1.0, f64::NAN]);
        assert_eq!(season.levels, [1.0, 1.0]);
    }
}
