//! What a value is compared with before its tail is looked at: [`level`], [`scale`] and [`season`] of the stream.
//!
//! A value is judged by its residual r = (x - season - level)/scale. [`Follower`] is the one face: `residual` and
//! `to_stream` lead there and back, `absorb` lets the baseline follow a value that was judged.

pub(crate) mod level;
pub(crate) mod scale;
pub(crate) mod season;

use crate::error::Error;

use level::{Level, MovingMean};
use scale::Scale;
use season::Season;

/// Differences below this part of the value are rounding and no movement.
const ROUNDING: f64 = 1e-11;

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
        let scale = if self.scale_depth > 0 { scale::WARM_UP as usize } else { 0 };
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

/// A baseline that follows its stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Follower {
    /// The moving mean of the published DSPOT, which takes in no alerts (Siffer et al. 2017, algorithm 2).
    Published(MovingMean),
    /// Level, scale and season.
    Parts(Parts),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) level: Option<Level>,
    pub(crate) scale: Option<Scale>,
    pub(crate) season: Option<Season>,
    /// Values until the first residual.
    pub(crate) left: usize,
}

impl Follower {
    /// `published` asks for the moving mean of the paper.
    pub(crate) fn new(baseline: Baseline, published: bool) -> Self {
        if published {
            return Follower::Published(MovingMean::new(baseline.depth));
        }
        Follower::Parts(Parts {
            level: (baseline.depth > 0).then(|| Level::new(baseline.depth)),
            scale: (baseline.scale_depth > 0).then(|| Scale::new(baseline.scale_depth)),
            season: (baseline.period > 0).then(|| Season::new(baseline.period)),
            left: baseline.warm_up(),
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

    /// What is left of a finite value.
    #[inline]
    pub(crate) fn residual(&self, x: f64) -> f64 {
        let residual = match self {
            Follower::Published(window) => x - window.mean(),
            Follower::Parts(parts) => parts.unscaled(x) / parts.scale(),
        };
        residual.clamp(-f64::MAX, f64::MAX)
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

    /// Follows a value that was judged, with its residual winsorised to the bounds: the excess thresholds of both sides.
    #[inline]
    pub(crate) fn absorb(&mut self, x: f64, [low, high]: [f64; 2], is_alert: bool) {
        match self {
            Follower::Published(window) if !is_alert => window.push(x),
            Follower::Published(_) => {}
            Follower::Parts(parts) => parts.absorb(x, low, high),
        }
    }

    /// A value is missing: time goes on for the season, and for nothing else.
    pub(crate) fn skip(&mut self) {
        if let Follower::Parts(Parts { season: Some(season), .. }) = self {
            season.advance();
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
        self.scale.as_ref().map_or(1.0, Scale::value)
    }

    /// The residual before it is scaled.
    #[inline]
    fn unscaled(&self, x: f64) -> f64 {
        let residual = x - self.season() - self.level();
        if residual.abs() <= ROUNDING * x.abs() { 0.0 } else { residual.clamp(-f64::MAX, f64::MAX) }
    }

    #[inline]
    fn absorb(&mut self, x: f64, low: f64, high: f64) {
        let (unscaled, scale) = (self.unscaled(x), self.scale());
        let (low, high) = (low * scale, high * scale);
        if let Some(level) = &mut self.level {
            let value = x - self.season.as_ref().map_or(0.0, Season::level);
            level.absorb(value.clamp(-f64::MAX, f64::MAX), unscaled, low, high);
        }
        if let Some(scale) = &mut self.scale {
            scale.absorb(unscaled);
        }
        if let Some(season) = &mut self.season {
            season.absorb(unscaled.clamp(low, high));
            season.advance();
        }
    }

    fn collect(&mut self, x: f64) {
        if let Some(season) = self.season.as_mut().filter(|season| !season.is_known()) {
            season.start(x);
        }
        let unscaled = self.unscaled(x);
        if let Some(level) = &mut self.level {
            let value = x - self.season.as_ref().map_or(0.0, Season::level);
            level.window.push(value.clamp(-f64::MAX, f64::MAX));
        }
        let is_settled = self.left <= scale::WARM_UP as usize;
        if let Some(scale) = self.scale.as_mut().filter(|_| is_settled) {
            scale.absorb(unscaled);
        }
        if let Some(season) = &mut self.season {
            season.absorb(unscaled);
            season.advance();
        }
        self.left = self.left.saturating_sub(1);
    }
}
