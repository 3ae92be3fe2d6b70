//! What a value is compared with: [`level`], [`scale`] and [`season`] of the stream.
//!
//! A value is judged by its residual r = (x - season - level)/scale. [`Follower`] is the interface: `see` and `to_stream`
//! convert both ways, `absorb` lets the baseline follow a value that was judged.

pub(crate) mod level;
pub(crate) mod scale;
pub(crate) mod season;

use crate::error::Error;
use crate::event::Side;

use level::{Level, MovingMean};
use scale::Scale;
use season::Season;

/// Differences up to this part of the value are rounding, not a movement.
const ROUNDING: f64 = 1e-13;
/// Level and season take a value in no farther away than this many times the nearer excess threshold.
const REACH: f64 = 2.0;
/// Depth of the scale that serves until the calibration, if the configuration has none.
const EARLY_SCALE_DEPTH: usize = 40;

/// The season of a stream takes nine bytes for each value of its period at once.
const LONGEST_PERIOD: usize = 1 << 24;

/// What a value is compared with: its residual is (x - season - level)/scale. A part that is 0 is left out.
///
/// ```
/// use tailspot::{Baseline, Config, Spot};
/// // The level of the last 10 values, in units of the local scale; and the same with the season of a day of 288 values.
/// let plain = Baseline { depth: 10, scale_depth: 40, period: 0 };
/// let config = Config { baselines: vec![plain, Baseline { period: 288, ..plain }], ..Config::default() };
/// # assert!(Spot::new(config).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Baseline {
    /// Values in the moving mean that is the level; 0 for none.
    pub depth: usize,
    /// Values over which the local scale, the mean of |residual|, forgets; 0 for none, else at least 2.
    pub scale_depth: usize,
    /// Values of a season; 0 for none, else at least 2.
    pub period: usize,
}

impl Baseline {
    /// Whether every part is left out.
    pub fn is_plain(&self) -> bool {
        *self == Baseline::default()
    }

    /// Values before the first residual.
    pub(crate) fn warm_up(&self) -> usize {
        let scale = if self.scale_depth > 0 { scale::FIRST } else { 0 };
        self.depth.max(2 * self.period) + scale
    }

    pub(crate) fn validate(&self, most: usize) -> Result<(), Error> {
        let sizes = [
            ("depth", self.depth, most),
            ("scale_depth", self.scale_depth, most),
            ("period", self.period, LONGEST_PERIOD),
        ];
        for (name, size, most) in sizes {
            if size > most {
                return Err(Error::parameter(name, size, format!("at most {most}")));
            }
            if name != "depth" && size == 1 {
                return Err(Error::parameter(name, 1, format!("{name} = 0 (off) or at least 2")));
            }
        }
        Ok(())
    }
}

/// A finite value as a baseline sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    x: f64,
    /// Without the season.
    value: f64,
    /// Without season and level; 0 if that is only rounding.
    difference: f64,
    scale: f64,
    /// What is judged.
    pub(crate) residual: f64,
}

impl Seen {
    /// Without a baseline.
    #[inline]
    pub(crate) fn plain(x: f64) -> Self {
        Seen { x, value: x, difference: x, scale: 1.0, residual: x }
    }

    /// What the residual is divided by.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }
}

/// A baseline that follows its stream.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // Published is rare, and a detector has one or a few.
pub(crate) enum Follower {
    /// The moving mean of the published DSPOT, which takes in no alerts (Siffer et al. 2017, algorithm 2).
    Published(MovingMean),
    /// Level, scale and season.
    Parts(Parts),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) level: Option<Level>,
    /// Without a scale in the configuration it only serves until the calibration.
    pub(crate) scale: Scale,
    pub(crate) is_scaled: bool,
    pub(crate) season: Option<Season>,
    /// Values until the first residual.
    pub(crate) left: usize,
    pub(crate) last: Option<f64>,
}

impl Follower {
    /// `published` asks for the moving mean of the paper.
    pub(crate) fn new(baseline: Baseline, published: bool) -> Self {
        if published {
            return Follower::Published(MovingMean::new(baseline.depth));
        }
        Follower::Parts(Parts {
            level: (baseline.depth > 0).then(|| Level::new(baseline.depth)),
            scale: Parts::scale_of(baseline),
            is_scaled: baseline.scale_depth > 0,
            season: (baseline.period > 0).then(|| Season::new(baseline.period)),
            left: baseline.warm_up(),
            last: None,
        })
    }

    /// Whether values have residuals.
    #[inline]
    pub(crate) fn is_warm(&self) -> bool {
        match self {
            Follower::Published(window) => window.is_full(),
            Follower::Parts(parts) => parts.left == 0,
        }
    }

    /// A finite value as it is now.
    #[inline]
    pub(crate) fn see(&self, x: f64) -> Seen {
        match self {
            Follower::Published(window) => {
                let residual = (x - window.mean()).clamp(-f64::MAX, f64::MAX);
                Seen { residual, ..Seen::plain(x) }
            }
            Follower::Parts(parts) => parts.see(x),
        }
    }

    /// The value that has this residual; also of infinities and NaN.
    #[inline]
    pub(crate) fn to_stream(&self, residual: f64) -> f64 {
        residual * self.scale() + self.level()
    }

    /// Level and season together; NaN before the first residual.
    pub(crate) fn level(&self) -> f64 {
        match self {
            Follower::Published(window) => window.mean(),
            Follower::Parts(parts) if parts.left > 0 => f64::NAN,
            Follower::Parts(parts) => parts.level() + parts.season(),
        }
    }

    /// The local scale; 1 without one.
    pub(crate) fn scale(&self) -> f64 {
        match self {
            Follower::Published(_) => 1.0,
            Follower::Parts(parts) => parts.scale(),
        }
    }

    /// The season of the next value; 0 without one.
    pub(crate) fn season(&self) -> f64 {
        match self {
            Follower::Published(_) => 0.0,
            Follower::Parts(parts) => parts.season(),
        }
    }

    /// Follows a value before the calibration, as it is.
    pub(crate) fn collect(&mut self, x: f64) {
        match self {
            Follower::Published(window) => window.push(x),
            Follower::Parts(parts) => parts.collect(x),
        }
    }

    /// Follows a finite value that is strictly between two residuals, as [`absorb`](Follower::absorb) would, but without
    /// a division; returns whether it did. The place of every normal value.
    #[inline]
    pub(crate) fn pass(&mut self, x: f64, near: Near) -> bool {
        match self {
            Follower::Published(_) => false,
            Follower::Parts(parts) => parts.pass(x, near),
        }
    }

    /// Follows a value that was judged, with its residual winsorised to the bounds: the excess thresholds of both sides.
    pub(crate) fn absorb(&mut self, seen: Seen, [low, high]: [f64; 2], is_alert: bool) {
        match self {
            Follower::Published(window) if !is_alert => window.push(seen.x),
            Follower::Published(_) => {}
            Follower::Parts(parts) => {
                parts.absorb(seen, [low * seen.scale, high * seen.scale], parts.is_scaled);
            }
        }
    }

    /// A value is missing: only the phase of the season advances.
    pub(crate) fn skip(&mut self) {
        if let Follower::Parts(Parts { season: Some(season), .. }) = self {
            season.skip();
        }
    }
}

impl Parts {
    #[inline]
    fn level(&self) -> f64 {
        self.level.as_ref().map_or(0.0, Level::mean)
    }

    #[inline]
    fn season(&self) -> f64 {
        self.season.as_ref().map_or(0.0, Season::level)
    }

    #[inline]
    fn scale(&self) -> f64 {
        if self.is_scaled { self.scale.value() } else { 1.0 }
    }

    /// The scale at the start.
    pub(crate) fn scale_of(baseline: Baseline) -> Scale {
        Scale::new(if baseline.scale_depth > 0 { baseline.scale_depth } else { EARLY_SCALE_DEPTH })
    }

    /// A finite value as it is now.
    #[inline]
    fn see(&self, x: f64) -> Seen {
        let (without_season, scale) = (x - self.season(), self.scale());
        let difference = unless_rounding(without_season - self.level(), x);
        let value = without_season.clamp(-f64::MAX, f64::MAX);
        let residual = (difference / scale).clamp(-f64::MAX, f64::MAX);
        Seen { x, value, difference, scale, residual }
    }

    #[inline]
    fn pass(&mut self, x: f64, near: Near) -> bool {
        let (value, scale) = (x - self.season(), self.scale());
        let unrounded = value - self.level();
        let difference = if unrounded.abs() <= ROUNDING * x.abs() { 0.0 } else { unrounded };
        let is_near = difference > near.low * scale && difference < near.high * scale;
        if !(is_near && x.is_finite()) {
            return false;
        }
        if self.moves_to(x) && self.is_scaled {
            self.scale.absorb(difference);
        }
        if let Some(level) = &mut self.level {
            level.absorb(value);
        }
        if let Some(season) = &mut self.season {
            season.absorb(difference, difference, None);
        }
        true
    }

    /// Whether a value differs from the last one.
    #[inline]
    fn moves_to(&mut self, x: f64) -> bool {
        let Some(last) = self.last.replace(x) else { return true };
        if self.is_scaled && self.scale.is_smaller_step(x - last) {
            self.scale.absorb_step(unless_rounding(x - last, x));
        }
        last != x
    }

    /// Follows any value. `low` and `high` are the differences at which the excesses begin. Level and season take it
    /// clipped to them, and to no more than [`REACH`] times the nearer one: an outlier in the long tail of a skewed stream
    /// would move the level by more than the short tail spans. Clipped, a value still moves them to its own side.
    #[inline(never)]
    fn absorb(&mut self, seen: Seen, [low, high]: [f64; 2], is_scaling: bool) {
        let Seen { x, value, difference, .. } = seen;
        let beyond = match difference {
            difference if difference > high => Some(Side::Up),
            difference if difference < low => Some(Side::Down),
            _ => None,
        };
        let reach = reach(low, high);
        let most = [low.min(0.0).max(-reach), high.max(0.0).min(reach)];
        let winsorised = difference.min(most[1]).max(most[0]);
        if self.moves_to(x) && is_scaling {
            self.scale.absorb(difference);
        }
        if let Some(level) = &mut self.level
            && level.absorb_far(value, difference, winsorised, beyond)
        {
            self.scale.restart(&level.run);
        }
        if let Some(season) = &mut self.season {
            season.absorb(difference, winsorised, beyond);
        }
    }

    /// Follows a value before the calibration: what is far out by the scale so far is clipped, too.
    fn collect(&mut self, x: f64) {
        let is_filling = self.level.as_ref().is_some_and(|level| !level.window.is_full());
        let is_new = self.season.as_ref().is_some_and(|season| !season.is_known());
        if let Some(season) = self.season.as_mut().filter(|_| is_new) {
            season.start(x);
        }
        let is_centred = !is_filling && !is_new;
        let most = if is_centred { self.scale.most() } else { f64::INFINITY };
        self.absorb(self.see(x), [-most, most], is_centred);
        self.left = self.left.saturating_sub(1);
    }
}

/// Residuals between which a value is not in a tail and changes level and season as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Near {
    low: f64,
    high: f64,
}

impl Near {
    /// Values from `low` to `high` are not in a tail, residuals are winsorised to the `clip`. Smaller by some rounding, so
    /// that a residual may be compared before it is divided.
    pub(crate) fn new([low, high]: [f64; 2], clip: [f64; 2]) -> Self {
        let reach = reach(clip[0], clip[1]);
        let (low, high) = (low.max(clip[0]).max(-reach), high.min(clip[1]).min(reach));
        let rounding = 8.0 * f64::EPSILON;
        Near { low: low + rounding * low.abs(), high: high - rounding * high.abs() }
    }
}

/// How far level and season follow a value. Where both thresholds lie on one side of the level, as where values rise all
/// the time, they do not say how far.
fn reach(low: f64, high: f64) -> f64 {
    let nearer = if high < -low { high } else { -low };
    if nearer >= 0.0 { REACH * nearer } else { f64::INFINITY }
}

/// A difference as a finite number; 0 if it is only the rounding of x.
#[inline]
fn unless_rounding(difference: f64, x: f64) -> f64 {
    if difference.abs() <= ROUNDING * x.abs() {
        return 0.0;
    }
    difference.clamp(-f64::MAX, f64::MAX)
}
