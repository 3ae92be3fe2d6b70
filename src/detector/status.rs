//! What a detector reports about itself.

use crate::detector::Spot;
use crate::event::Side;
use crate::gpd::fit::Outcome;
use crate::tail::Tail;

/// A detector at one moment. Thresholds are in the scale of the stream (the baseline is added).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Status {
    /// Whether the calibration is complete.
    pub calibrated: bool,
    /// Values learned from: those of the calibration, and every later one that is neither an alert nor (still) in
    /// quarantine.
    pub n: u64,
    /// Values judged since the calibration, alerts included.
    pub seen: u64,
    /// NaN, and infinities on a side that is not watched.
    pub missing: u64,
    /// Incidents so far: alerts of either side that came close together count once, see [`Incidents`](crate::Incidents).
    pub incidents: u64,
    /// For how many values the calibration has been refuted: too many lie beyond an excess threshold for a stream like
    /// the calibration. 0 if it is not.
    pub refuted: u64,
    /// What is subtracted from each value: level and season of the first baseline; 0 without one, NaN while it warms up.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub drift: f64,
    /// The upper tail.
    pub up: SideStatus,
    /// The lower tail.
    pub down: SideStatus,
}

/// One tail at one moment; NaN in its numbers, and no fit, if it is not watched or not calibrated.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SideStatus {
    /// Alerts so far.
    pub alerts: u64,
    /// Incidents of this side so far.
    pub incidents: u64,
    /// Alerts beyond the limit, which were learned; of several baselines, those beyond the limit of one of them.
    pub surplus: u64,
    /// Excesses ever counted, N_t.
    pub n_t: u64,
    /// Excesses rejected as anomalies by the robust fits, of the calibration and later.
    pub rejected: u64,
    /// Excesses in the buffer.
    pub excesses: u64,
    /// Where the tail starts, t.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub excess_threshold: f64,
    /// Where an anomaly starts, z_q.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub anomaly_threshold: f64,
    /// Where learning stops: values from here to the anomaly threshold are excesses, but are treated like alerts. NaN
    /// unless the accounting is budgeted.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub learning_limit: f64,
    /// How many values beyond the learning limit the model may still learn, as far as a clean stream would have shown
    /// them by now. NaN unless the accounting is budgeted.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub allowance: f64,
    /// Shape γ of the fitted tail.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub shape: f64,
    /// Scale σ of the fitted tail.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "nullable"))]
    pub scale: f64,
    /// How the last fit went.
    pub fit: Option<Outcome>,
}

impl Spot {
    /// Counters, thresholds and fits of both sides.
    pub fn status(&self) -> Status {
        let model = self.model();
        Status {
            calibrated: model.is_some(),
            n: model.map_or_else(|| self.collected() as u64, |model| model.learning.learned()),
            seen: model.map_or(0, |model| model.learning.position),
            missing: self.missing,
            incidents: self.incidents.total(),
            refuted: model.map_or(0, |model| model.check.refuted(model.learning.position)),
            drift: self.drift(),
            up: self.side_status(Side::Up),
            down: self.side_status(Side::Down),
        }
    }

    fn side_status(&self, side: Side) -> SideStatus {
        let tail = self.first.tail(side);
        SideStatus {
            alerts: self.alerts[side.index()],
            incidents: self.incidents.count(side),
            surplus: self.model().map_or(0, |model| model.surplus(side)),
            n_t: tail.map_or(0, |tail| tail.n_t),
            rejected: tail.map_or(0, |tail| tail.rejected),
            excesses: tail.map_or(0, |tail| tail.buffer.len() as u64),
            excess_threshold: self.excess_threshold(side),
            anomaly_threshold: self.anomaly_threshold(side),
            learning_limit: self.first.threshold(side, Tail::learning_limit),
            allowance: self.model().map_or(f64::NAN, |model| model.allowance(side)),
            shape: self.shape(side),
            scale: self.scale(side),
            fit: tail.and_then(Tail::outcome),
        }
    }
}

/// JSON has no NaN and writes null for it.
#[cfg(feature = "serde")]
fn nullable<'de, D: serde::Deserializer<'de>>(number: D) -> Result<f64, D::Error> {
    let number: Option<f64> = serde::Deserialize::deserialize(number)?;
    Ok(number.unwrap_or(f64::NAN))
}
