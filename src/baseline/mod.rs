//! What a value is compared with before its tail is looked at: the [`level`], the [`scale`] and the [`season`] of the
//! stream, each of them optional.
//!
//! The tails see the residual, (x - season - level) / scale. [`BaselineState`] is the one face: the
//! [`residual`](BaselineState::residual) of a value, the way [back](BaselineState::to_stream) to the scale of the stream,
//! and [`absorb`](BaselineState::absorb), by which the baseline follows.

pub(crate) mod level;
pub(crate) mod scale;
pub(crate) mod season;

use crate::error::Error;
use crate::event::Side;

use level::Level;
use scale::Scale;
use season::Season;

/// A difference up to this part of the value is rounding and not a movement.
const ROUNDING: f64 = 1e-13;
/// Level and season take a value in no farther away than this many times the nearer excess threshold.
const REACH: f64 = 2.0;
/// Values that the scale warms up with.
const SCALE_WARM_UP: usize = 20;
/// Depth of the scale that does until the calibration.
const EARLY_SCALE_DEPTH: usize = 40;
/// Sizes are whole numbers that a double holds exactly, with enough left to add them up.
const LARGEST_SIZE: usize = usize::MAX >> 12;
/// A period takes nine bytes a phase at once.
const LARGEST_PERIOD: usize = 1 << 27;

/// What a value is compared with: level, scale and season of the stream as they were just before it. Each part is off
/// at 0; with all of them off a value is compared with nothing.
///
/// ```
/// use tailspot::Baseline;
/// let daily = Baseline { depth: 10, scale_depth: 40, period: 288 };
/// assert!(daily.validate().is_ok());
/// assert!(Baseline { period: 1, ..daily }.validate().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Baseline {
    /// The level is the mean of so many values, each drawn in to the excess thresholds. 0 is no level.
    pub depth: usize,
    /// The scale is the mean |residual| of about so many values, exponentially weighted. 0 is no scale; at least 2.
    pub scale_depth: usize,
    /// The season has so many phases, one value each. 0 is no season; at least 2.
    pub period: usize,
}

impl Baseline {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] names the first field that is out of range, its value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        if self.scale_depth == 1 {
            return Err(Error::parameter("scale_depth", 1, "0 (no scale) or at least 2"));
        }
        if self.period == 1 {
            return Err(Error::parameter("period", 1, "0 (no season) or at least 2"));
        }
        let sizes = [
            ("depth", self.depth, LARGEST_SIZE),
            ("scale_depth", self.scale_depth, LARGEST_SIZE),
            ("period", self.period, LARGEST_PERIOD),
        ];
        match sizes.into_iter().find(|(_, size, most)| size > most) {
            Some((name, size, most)) => {
                Err(Error::parameter(name, size, format!("at most {most}")))
            }
            None => Ok(()),
        }
    }

    /// Whether every part is off.
    pub fn is_off(&self) -> bool {
        *self == Baseline::default()
    }

    /// Values that pass before the first residual, if none is missing (missing ones count for the season).
    pub(crate) fn warm_up(&self) -> usize {
        let scale = if self.scale_depth > 0 { SCALE_WARM_UP } else { 0 };
        self.depth.max(2 * self.period) + scale
    }
}

/// Where the excesses of the residual begin, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bounds {
    /// Every value is taken in as it is, as published.
    Off,
    /// Nothing is calibrated yet: the scale of the differences has to do.
    Unknown,
    /// The lower and the upper excess threshold. For a side that is not watched, the quantile of the calibration.
    Thresholds(f64, f64),
}

/// A baseline that follows a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BaselineState {
    pub(crate) level: Option<Level>,
    /// Without a scale in the configuration it only serves until the calibration.
    pub(crate) scale: Scale,
    pub(crate) is_scaled: bool,
    pub(crate) season: Option<Season>,
    /// Values left until the scale is warm, once level and season are.
    pub(crate) warming: usize,
    /// The last value; NaN before the first.
    pub(crate) last: f64,
}

impl BaselineState {
    /// Nothing is known yet. The configuration is valid.
    pub(crate) fn new(config: &Baseline) -> Self {
        let is_on = |size: usize| (size > 0).then_some(size);
        let scale_depth = is_on(config.scale_depth);
        BaselineState {
            level: is_on(config.depth).map(Level::new),
            scale: Scale::new(scale_depth.unwrap_or(EARLY_SCALE_DEPTH)),
            is_scaled: scale_depth.is_some(),
            season: is_on(config.period).map(Season::new),
            warming: if scale_depth.is_some() { SCALE_WARM_UP } else { 0 },
            last: f64::NAN,
        }
    }

    /// What the next value is judged by; `None` while the baseline warms up. Never NaN or infinite for a finite value.
    #[inline]
    pub(crate) fn residual(&self, x: f64) -> Option<f64> {
        if self.warming > 0 || !self.is_warm() {
            return None;
        }
        let (difference, scale) = (self.difference(x), self.scale());
        // Where nothing ever moved, the first movement is its own scale.
        let residual = match difference {
            _ if !self.is_scaled => difference,
            _ if scale > 0.0 => (difference / scale).clamp(-f64::MAX, f64::MAX),
            0.0 => 0.0,
            _ => difference.signum(),
        };
        Some(residual)
    }

    /// The value of the stream that has this residual.
    #[inline]
    pub(crate) fn to_stream(&self, residual: f64) -> f64 {
        residual * self.scale() + self.level() + self.season()
    }

    /// Follows a finite value. Level and season take it drawn in (winsorised) to its excess threshold, and to no more than
    /// [`REACH`] times the one of the other side: an outlier in the long tail of a skewed stream would put the level off by
    /// more than the short tail can bear.
    #[inline]
    pub(crate) fn absorb(&mut self, x: f64, bounds: Bounds) {
        let Bounds::Thresholds(low, high) = bounds else {
            self.absorb_early(x, bounds);
            return;
        };
        let (low, high) = (low * self.scale(), high * self.scale());
        let difference = self.difference(x);
        let is_ordinary = difference.abs() <= reach(low, high)
            && difference >= low
            && difference <= high
            && self.warming == 0
            && self.is_warm();
        if !is_ordinary {
            self.absorb_far(x, [low, high], self.is_scaled);
            return;
        }
        if self.is_scaled && x != self.last {
            self.scale.absorb(difference);
        }
        self.last = x;
        if let Some(level) = &mut self.level {
            level.absorb(match &self.season {
                Some(season) => (x - season.level()).clamp(-f64::MAX, f64::MAX),
                None => x,
            });
        }
        if let Some(season) = &mut self.season {
            season.absorb(difference, difference, None);
        }
    }

    /// Follows a value while there are no thresholds.
    #[cold]
    fn absorb_early(&mut self, x: f64, bounds: Bounds) {
        if let Some(season) = &mut self.season {
            season.begin_phase(x);
        }
        let everything = (f64::NEG_INFINITY, f64::INFINITY);
        let (low, high) = match bounds {
            Bounds::Unknown if self.is_centred() => self.scale.range(),
            _ => everything,
        };
        self.absorb_far(x, [low, high], self.is_scaled || bounds == Bounds::Unknown);
    }

    /// Follows any value. `low` and `high` are the differences at which the excesses begin.
    #[inline(never)]
    fn absorb_far(&mut self, x: f64, [low, high]: [f64; 2], is_scaling: bool) {
        let is_movement = x != self.last;
        self.last = x;
        let value = (x - self.season()).clamp(-f64::MAX, f64::MAX);
        let difference = self.difference(x);
        let beyond = match difference {
            difference if difference > high => Some(Side::Up),
            difference if difference < low => Some(Side::Down),
            _ => None,
        };
        let reach = reach(low, high);
        let winsorised = difference.min(high.min(reach)).max(low.max(-reach));
        if self.warming > 0 && self.is_warm() {
            self.warming -= 1;
        }
        let is_centred = self.is_centred();
        if is_movement && is_centred && is_scaling {
            self.scale.absorb(difference);
        }
        if let Some(level) = &mut self.level {
            if !is_centred {
                level.push(value);
            } else if level.absorb_far(value, difference, winsorised, beyond) {
                self.scale.restart(&level.run);
            }
        }
        if let Some(season) = &mut self.season {
            season.absorb(difference, winsorised, beyond);
        }
    }

    /// A time at which there is nothing to learn: a missing value. It moves the season on; level and scale stand still.
    pub(crate) fn skip(&mut self) {
        if let Some(season) = &mut self.season {
            season.skip();
        }
    }

    /// The level; 0 without one, NaN while it warms up.
    #[inline]
    pub(crate) fn level(&self) -> f64 {
        self.level.as_ref().map_or(0.0, Level::mean)
    }

    /// The scale; 1 without one, 0 while nothing has moved.
    #[inline]
    pub(crate) fn scale(&self) -> f64 {
        if self.is_scaled { self.scale.mean() } else { 1.0 }
    }

    /// The season at the next value; 0 without one.
    #[inline]
    pub(crate) fn season(&self) -> f64 {
        self.season.as_ref().map_or(0.0, Season::level)
    }

    /// Whether level and season are warm.
    #[inline]
    fn is_warm(&self) -> bool {
        self.season.as_ref().is_none_or(Season::is_warm) && self.is_centred()
    }

    /// Whether the level is known.
    #[inline]
    fn is_centred(&self) -> bool {
        self.level.as_ref().is_none_or(|level| !level.mean().is_nan())
    }

    /// How far x is from season and level, which counts as 0 while it warms up.
    #[inline]
    fn difference(&self, x: f64) -> f64 {
        let level = self.level();
        unless_rounding(x - self.season() - if level.is_nan() { 0.0 } else { level }, x)
    }
}

/// How far level and season take a value in.
#[inline]
fn reach(low: f64, high: f64) -> f64 {
    let nearer = if high < -low { high } else { -low };
    if nearer > 0.0 { REACH * nearer } else { 0.0 }
}

/// The difference of a value from another, as a finite number; 0 if it is no more than rounding.
#[inline]
fn unless_rounding(difference: f64, x: f64) -> f64 {
    if difference.abs() <= ROUNDING * x.abs() {
        return 0.0;
    }
    difference.clamp(-f64::MAX, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Bounds = Bounds::Thresholds(-3.0, 3.0);

    fn of(depth: usize, scale_depth: usize, period: usize) -> BaselineState {
        let config = Baseline { depth, scale_depth, period };
        config.validate().expect("it is valid");
        BaselineState::new(&config)
    }

    fn wave(i: usize) -> f64 {
        (i * 7919 % 101) as f64 / 50.0 - 1.0
    }

    #[test]
    fn refuses_with_name_value_and_range() {
        let message = |depth, scale_depth, period| {
            let refused = Baseline { depth, scale_depth, period }.validate();
            refused.expect_err("it is out of range").to_string()
        };
        assert!(message(0, 1, 0).starts_with("scale_depth = 1"), "{}", message(0, 1, 0));
        assert!(message(10, 40, 1).starts_with("period = 1"), "{}", message(10, 40, 1));
        assert!(message(usize::MAX, 0, 0).contains("at most"));
        assert!(message(0, usize::MAX, 0).contains("at most"));
        assert!(message(0, 0, usize::MAX).contains("at most"));
    }

    #[test]
    fn warms_up_for_as_long_as_it_says() {
        for (depth, scale_depth, period) in
            [(0, 0, 0), (10, 0, 0), (0, 40, 0), (0, 0, 7), (10, 40, 0), (3, 2, 7), (100, 5, 7)]
        {
            let config = Baseline { depth, scale_depth, period };
            let mut state = BaselineState::new(&config);
            for i in 0..config.warm_up() {
                assert_eq!(state.residual(1.0), None, "{config:?} {i}");
                state.absorb(wave(i), Bounds::Unknown);
            }
            assert!(state.residual(1.0).is_some(), "{config:?}");
        }
    }

    #[test]
    fn off_is_the_value_itself() {
        let mut state = of(0, 0, 0);
        for x in [0.0, -1e308, 5.5, 5e-324] {
            assert_eq!(state.residual(x), Some(x));
            assert_eq!(state.to_stream(x), x);
            state.absorb(x, T);
        }
    }

    #[test]
    fn leads_back_to_the_stream() {
        let mut state = of(10, 40, 12);
        for i in 0..500 {
            let x = 100.0 + 3.0 * wave(i) + (i % 12) as f64;
            if let Some(residual) = state.residual(x) {
                assert!((state.to_stream(residual) - x).abs() < 1e-12);
            }
            state.absorb(x, T);
        }
        assert!((state.scale() - 1.5).abs() < 0.5, "{}", state.scale());
        assert!((state.level() + state.season() - 100.0 - (500 % 12) as f64).abs() < 3.0);
    }

    #[test]
    fn published_takes_every_value_as_it_is() {
        let mut state = of(2, 0, 0);
        for x in [1.0, 3.0, 1e9] {
            state.absorb(x, Bounds::Off);
        }
        assert_eq!(state.level(), 0.5 * (3.0 + 1e9));
    }

    #[test]
    fn one_outlier_moves_no_part_far() {
        for bounds in [T, Bounds::Unknown] {
            let mut state = of(10, 40, 5);
            (0..200).for_each(|i| state.absorb(wave(i), bounds));
            let before = (state.level(), state.scale());
            let seasons = state.season.clone();
            state.absorb(1e300, bounds);
            assert!((state.level() - before.0).abs() < 1.2, "{}", state.level());
            assert!((state.scale() / before.1 - 1.0) < 0.21, "{}", state.scale());
            let levels = |season: &Option<Season>| season.as_ref().map(|season| season.levels[0]);
            let (then, now) = (levels(&seasons), levels(&state.season));
            assert!(then.zip(now).is_some_and(|(then, now)| (now - then).abs() < 1.2));
        }
    }

    #[test]
    fn constant_values_keep_the_scale_and_are_left_by_it() {
        let mut state = of(10, 40, 0);
        (0..200).for_each(|i| state.absorb(wave(i), T));
        let scale = state.scale();
        (0..100_000).for_each(|_| state.absorb(0.1, T));
        assert!((state.scale() / scale - 1.0).abs() < 0.1);
        assert!(state.residual(1.0).is_some_and(|residual| residual.abs() < 4.0));
        let mut constant = of(10, 40, 0);
        for _ in 0..1000 {
            constant.absorb(0.1, T);
            assert!(constant.residual(0.1).is_none_or(|residual| residual == 0.0));
        }
        assert_eq!((constant.scale(), constant.residual(7.0)), (0.0, Some(1.0)));
    }

    #[test]
    fn nothing_is_ever_nan_or_infinite() {
        let extremes = [f64::MAX, -f64::MAX, 5e-324, 0.0, 1e308, -1e308, 1.0, -1e-300];
        for (depth, scale_depth, period) in
            [(1, 0, 0), (10, 2, 0), (3, 40, 2), (0, 2, 3), (0, 0, 2), (25, 40, 0)]
        {
            for bounds in [T, Bounds::Unknown, Bounds::Thresholds(0.0, 0.0)] {
                let mut state = of(depth, scale_depth, period);
                for i in 0..4000_usize {
                    let run = i / 50;
                    let x = extremes[if run % 3 == 0 { run % 8 } else { i * 7919 % 8 }];
                    let residual = state.residual(x);
                    assert!(residual.is_none_or(f64::is_finite), "{state:?}");
                    let parts = [state.scale(), state.season()];
                    assert!(parts.iter().all(|part| part.is_finite()), "{state:?}");
                    assert!(residual.is_none() || state.level().is_finite());
                    if i % 11 == 0 { state.skip() } else { state.absorb(x, bounds) }
                }
            }
        }
    }

    #[test]
    fn a_scale_that_is_far_off_is_left_soon() {
        for factor in [1e6, 1e-6] {
            let mut state = of(10, 40, 0);
            (0..200).for_each(|i| state.absorb(wave(i), T));
            (200..260).for_each(|i| state.absorb(factor * wave(i), T));
            let ratio = state.scale() / (0.5 * factor);
            assert!((0.3..3.0).contains(&ratio), "{factor}: {ratio}");
        }
    }

    #[test]
    fn powers_of_two_scale_everything_exactly() {
        let mut states = [of(10, 40, 12), of(10, 40, 12)];
        for i in 0..3000 {
            let x = wave(i) + (i % 12) as f64 + if i % 500 == 7 { 100.0 } else { 0.0 };
            let residuals = [states[0].residual(x), states[1].residual(x * 1024.0)];
            assert_eq!(residuals[0], residuals[1]);
            states[0].absorb(x, T);
            states[1].absorb(x * 1024.0, T);
            let [one, other] = [1024.0 * states[0].level(), states[1].level()];
            assert!(one == other || one.is_nan() && other.is_nan(), "{one} {other}");
        }
    }
}
