//! The native module of the npm package `tailspot`. `index.cjs` checks what JavaScript hands over; nothing here is unsafe.
#![deny(unsafe_code)]
// What `napi` generates for JavaScript has no comments; `index.d.ts` is the documentation.
#![allow(missing_docs)]

mod answers;
mod incidents;
mod pool;
mod reason;

use napi::bindgen_prelude::{Buffer, Float64ArraySlice, Unknown};
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use tailspot::{Config, Outputs, Side};

use answers::{Columns, Judged};
use reason::Reason;

/// The exception for what the engine refuses, in its words.
fn refused(error: impl std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, error.to_string())
}

/// A configuration from an object with the names of [`Config`].
fn config(env: &Env, given: Option<Unknown<'_>>) -> Result<Config> {
    match given {
        None => Ok(Config::default()),
        Some(object) => {
            env.from_js_value(object).map_err(|error| refused(format!("config: {}", error.reason)))
        }
    }
}

fn side(name: &str) -> Result<Side> {
    match name {
        "up" => Ok(Side::Up),
        "down" => Ok(Side::Down),
        _ => Err(refused(format!("side = {name:?} is out of range: needs \"up\" or \"down\""))),
    }
}

/// Both ends of an interval.
fn pair(interval: std::result::Result<(f64, f64), tailspot::Error>) -> Result<Vec<f64>> {
    interval.map(|(low, high)| vec![low, high]).map_err(refused)
}

/// One detector.
#[napi]
pub struct Spot {
    inner: tailspot::Spot,
}

#[napi]
impl Spot {
    #[napi(constructor)]
    pub fn new(env: Env, config: Option<Unknown<'_>>) -> Result<Self> {
        Ok(Spot { inner: tailspot::Spot::new(self::config(&env, config)?).map_err(refused)? })
    }

    #[napi]
    pub fn save(&self) -> Buffer {
        self.inner.save().into()
    }

    #[napi]
    pub fn fit(&mut self, values: Float64ArraySlice<'_>) -> Result<()> {
        self.inner.fit(&values).map_err(refused)
    }

    #[napi]
    pub fn reset(&mut self) {
        self.inner.reset();
    }

    #[napi]
    pub fn step(&mut self, value: f64) -> i32 {
        self.inner.step(value).code().into()
    }

    #[napi]
    pub fn verdict(&mut self, value: f64) -> Judged {
        self.inner.verdict(value).into()
    }

    #[napi]
    pub fn judge(&self, value: f64) -> Judged {
        self.inner.judge(value).into()
    }

    #[napi]
    pub fn step_many(&mut self, values: Float64ArraySlice<'_>) -> Result<Columns> {
        let config = self.inner.config().clone();
        Columns::of(&config, None, &values, |outputs| self.inner.step_many(&values, outputs))
    }

    #[napi]
    pub fn judge_many(&self, values: Float64ArraySlice<'_>) -> Result<Columns> {
        let judge = |outputs: Outputs<'_>| self.inner.judge_many(&values, outputs);
        Columns::of(self.inner.config(), None, &values, judge)
    }

    #[napi]
    pub fn set_q(&mut self, q: f64) -> Result<()> {
        self.inner.set_q(q).map_err(refused)
    }

    #[napi]
    pub fn tail_probability(&self, side: String, value: f64) -> Result<f64> {
        Ok(self.inner.tail_probability(self::side(&side)?, value))
    }

    #[napi]
    pub fn quantile(&self, side: String, q: f64) -> Result<f64> {
        Ok(self.inner.quantile(self::side(&side)?, q))
    }

    #[napi]
    pub fn threshold_interval(&self, side: String, confidence: f64) -> Result<Vec<f64>> {
        pair(self.inner.threshold_interval(self::side(&side)?, confidence))
    }

    #[napi]
    pub fn shape_interval(&self, side: String, confidence: f64) -> Result<Vec<f64>> {
        pair(self.inner.shape_interval(self::side(&side)?, confidence))
    }

    #[napi]
    pub fn scale_interval(&self, side: String, confidence: f64) -> Result<Vec<f64>> {
        pair(self.inner.scale_interval(self::side(&side)?, confidence))
    }

    #[napi]
    pub fn threshold_spread(&self, side: String) -> Result<f64> {
        Ok(self.inner.threshold_spread(self::side(&side)?))
    }

    #[napi]
    pub fn reasons(&self, value: f64) -> Vec<Reason> {
        self.inner.reasons(value).into_iter().map(Reason::from).collect()
    }

    #[napi(getter)]
    pub fn config<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        env.to_js_value(self.inner.config())
    }

    #[napi]
    pub fn status<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        env.to_js_value(&self.inner.status())
    }
}

/// `Spot.load` of JavaScript, which checks the bytes.
#[napi]
pub fn load_spot(bytes: &[u8]) -> Result<Spot> {
    Ok(Spot { inner: tailspot::Spot::load(bytes).map_err(refused)? })
}
