//! Many detectors by key.

use napi::bindgen_prelude::{
    BigInt, BigUint64Array, BigUint64ArraySlice, Buffer, ClassInstance, Float64ArraySlice, Unknown,
};
use napi::{Env, Result};
use napi_derive::napi;
use tailspot::Outputs;

use crate::answers::{Columns, Judged};
use crate::{Spot, config, refused};

/// Detectors by key; `index.cjs` makes every key a BigInt of 64 bits.
#[napi]
pub struct Pool {
    inner: tailspot::Pool,
}

/// The key, which `index.cjs` made an unsigned number of 64 bits.
fn key(given: &BigInt) -> u64 {
    given.get_u64().1
}

#[napi]
impl Pool {
    #[napi(constructor)]
    pub fn new(env: Env, config: Option<Unknown<'_>>) -> Result<Self> {
        Ok(Pool { inner: tailspot::Pool::new(self::config(&env, config)?).map_err(refused)? })
    }

    #[napi]
    pub fn save(&self) -> Buffer {
        self.inner.save().into()
    }

    #[napi]
    pub fn step(&mut self, key: BigInt, value: f64) -> i32 {
        self.inner.step(self::key(&key), value).code().into()
    }

    #[napi]
    pub fn verdict(&mut self, key: BigInt, value: f64) -> Judged {
        self.inner.verdict(self::key(&key), value).into()
    }

    #[napi]
    pub fn step_many(
        &mut self,
        keys: BigUint64ArraySlice<'_>,
        values: Float64ArraySlice<'_>,
    ) -> Result<Columns> {
        let config = self.inner.template().config().clone();
        let judge = |outputs: Outputs<'_>| self.inner.step_many(&keys, &values, outputs);
        Columns::of(&config, Some(&keys), &values, judge)
    }

    #[napi]
    pub fn get(&self, key: BigInt) -> Option<Spot> {
        self.inner.get(self::key(&key)).map(|inner| Spot { inner })
    }

    #[napi]
    pub fn insert(&mut self, key: BigInt, spot: ClassInstance<'_, Spot>) {
        self.inner.insert(self::key(&key), spot.inner.clone());
    }

    #[napi]
    pub fn remove(&mut self, key: BigInt) -> bool {
        self.inner.remove(self::key(&key)).is_some()
    }

    #[napi]
    pub fn keys(&self) -> BigUint64Array {
        self.inner.keys().collect::<Vec<u64>>().into()
    }

    #[napi(getter)]
    pub fn size(&self) -> f64 {
        self.inner.len() as f64
    }

    #[napi(getter)]
    pub fn limit(&self) -> Option<f64> {
        self.inner.limit().map(|limit| limit as f64)
    }

    #[napi]
    pub fn set_limit(&mut self, limit: Option<u32>) -> Result<()> {
        self.inner.set_limit(limit.map(|limit| limit as usize)).map_err(refused)
    }
}

/// `Pool.load` of JavaScript, which checks the bytes.
#[napi]
pub fn load_pool(bytes: &[u8]) -> Result<Pool> {
    Ok(Pool { inner: tailspot::Pool::load(bytes).map_err(refused)? })
}

/// `Pool.withTemplate` of JavaScript.
#[napi]
pub fn pool_with_template(spot: ClassInstance<'_, Spot>) -> Pool {
    Pool { inner: tailspot::Pool::with_template(spot.inner.clone()) }
}
