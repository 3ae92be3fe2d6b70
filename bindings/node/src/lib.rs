//! The native module of the npm package `tailspot`. `index.cjs` checks what JavaScript hands over; nothing here is unsafe.
#![deny(unsafe_code)]
// What `napi` generates for JavaScript has no comments; `index.d.ts` is the documentation.
#![allow(missing_docs)]

mod answers;
mod pool;

use napi::bindgen_prelude::{Buffer, Float64ArraySlice, Unknown};
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use tailspot::{Config, Side};

use answers::{Columns, Judged};

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
        Columns::of(values.len(), |outputs| self.inner.step_many(&values, outputs))
    }

    #[napi]
    pub fn judge_many(&self, values: Float64ArraySlice<'_>) -> Result<Columns> {
        Columns::of(values.len(), |outputs| self.inner.judge_many(&values, outputs))
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
