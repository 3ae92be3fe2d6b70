//! Why a value is judged as it is: the answer of each baseline.

use crate::baseline::{Baseline, Follower};
use crate::detector::Spot;
use crate::event::Side;

/// How one baseline judges a value.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reason {
    /// Which baseline.
    pub baseline: Baseline,
    /// Its level; 0 without one.
    pub level: f64,
    /// Its local scale; 1 without one.
    pub scale: f64,
    /// The season at this value; 0 without one.
    pub season: f64,
    /// The value without them: (value - season - level)/scale.
    pub residual: f64,
    /// The tail that the residual lies in, if it lies in one.
    pub side: Option<Side>,
    /// The tail probability of the residual; NaN if it is not in a tail.
    pub probability: f64,
    /// The anomaly thresholds of this baseline alone, in the scale of the stream.
    pub upper: f64,
    /// The lower one.
    pub lower: f64,
}

impl Spot {
    /// How each baseline judges a finite value, in the order of the configuration; one entry without any baseline. Empty before
    /// the calibration, and for values that are not finite.
    ///
    /// ```
    /// use tailspot::{Baseline, Config, Side, Spot};
    /// let baseline = Baseline { depth: 10, scale_depth: 40, period: 0 };
    /// let mut spot = Spot::new(Config { baselines: vec![baseline], q: 1e-3, ..Config::default() })?;
    /// (0..4000).for_each(|i| _ = spot.step(f64::from(i * 7919 % 2003) / 2003.0));
    /// let reasons = spot.reasons(50.0);
    /// assert_eq!(reasons[0].side, Some(Side::Up));
    /// assert!(reasons[0].level > 0.2 && reasons[0].level < 0.8 && reasons[0].probability < 1e-3);
    /// # Ok::<(), tailspot::Error>(())
    /// ```
    pub fn reasons(&self, value: f64) -> Vec<Reason> {
        if self.model().is_none() || !value.is_finite() {
            return Vec::new();
        }
        let baselines = self.config.effective_baselines();
        let reason = |(member, baseline): (&super::Member, Baseline)| {
            let follower = member.follower.as_ref();
            let season = follower.map_or(0.0, Follower::season);
            let residual = member.residual(value);
            let beyond = |side: Side| member.rarity(side, residual) > 1.0;
            let side = Side::BOTH.into_iter().find(|side| beyond(*side));
            let threshold = |side| member.threshold(side, |tail| tail.anomaly_threshold());
            Reason {
                baseline,
                level: member.level() - season,
                scale: follower.map_or(1.0, Follower::scale),
                season,
                residual,
                side,
                probability: side.map_or(f64::NAN, |side| member.tail_probability(side, value)),
                upper: threshold(Side::Up),
                lower: threshold(Side::Down),
            }
        };
        self.members().zip(baselines).map(reason).collect()
    }
}
