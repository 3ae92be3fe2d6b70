//! What each baseline says of a value.

use napi_derive::napi;

use crate::incidents::name;

/// What one baseline says of a value.
#[napi(object, object_from_js = false)]
pub struct Reason {
    pub baseline: Baseline,
    pub level: f64,
    pub scale: f64,
    pub season: f64,
    pub residual: f64,
    pub side: Option<String>,
    pub probability: f64,
    pub upper: f64,
    pub lower: f64,
}

/// The baseline, as the configuration has it.
#[napi(object, object_from_js = false)]
pub struct Baseline {
    pub depth: f64,
    #[napi(js_name = "scale_depth")]
    pub scale_depth: f64,
    pub period: f64,
}

impl From<tailspot::Reason> for Reason {
    fn from(reason: tailspot::Reason) -> Self {
        let tailspot::Baseline { depth, scale_depth, period } = reason.baseline;
        let [depth, scale_depth, period] = [depth, scale_depth, period].map(|size| size as f64);
        Reason {
            baseline: Baseline { depth, scale_depth, period },
            level: reason.level,
            scale: reason.scale,
            season: reason.season,
            residual: reason.residual,
            side: reason.side.map(|side| name(side).to_owned()),
            probability: reason.probability,
            upper: reason.upper,
            lower: reason.lower,
        }
    }
}
