//! Answers as JavaScript has them: an object for one value, typed arrays for many.

use napi::Result;
use napi::bindgen_prelude::{Float64Array, Int8Array};
use napi_derive::napi;
use tailspot::{Config, Error, Event, Outputs, Verdict};

use crate::incidents::{Incident, among};
use crate::refused;

/// The answer to one value.
#[napi(object, object_from_js = false)]
pub struct Judged {
    pub event: i32,
    pub upper: f64,
    pub lower: f64,
    pub threshold: f64,
    pub probability: f64,
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Judged {
            event: verdict.event.code().into(),
            upper: verdict.upper,
            lower: verdict.lower,
            threshold: verdict.threshold(),
            probability: verdict.probability,
        }
    }
}

/// The answers to many values, as long as they.
#[napi(object, object_from_js = false)]
pub struct Columns {
    pub events: Int8Array,
    pub upper: Float64Array,
    pub lower: Float64Array,
    pub probability: Float64Array,
    pub incidents: Vec<Incident>,
}

impl Columns {
    /// What `judge` answers to these values, which have keys in a pool.
    pub(crate) fn of(
        config: &Config,
        keys: Option<&[u64]>,
        values: &[f64],
        judge: impl FnOnce(Outputs<'_>) -> std::result::Result<(), Error>,
    ) -> Result<Self> {
        let length = keys.map_or(values.len(), <[u64]>::len);
        let mut events = vec![Event::Normal; length];
        let [mut upper, mut lower, mut probability] = [(); 3].map(|()| vec![0.0; length]);
        let outputs = Outputs {
            events: Some(&mut events),
            upper: Some(&mut upper),
            lower: Some(&mut lower),
            probability: Some(&mut probability),
        };
        judge(outputs).map_err(refused)?;
        let incidents = among(config, keys, values, &events, &probability);
        let codes: Vec<i8> = events.into_iter().map(Event::code).collect();
        Ok(Columns {
            events: codes.into(),
            upper: upper.into(),
            lower: lower.into(),
            probability: probability.into(),
            incidents,
        })
    }
}
