//! The tests of the engine in one program, so that the reference detector is compiled and linked once. Those of `make quick`
//! are programs of their own, and so is `pool_memory`, which counts every allocation.

mod agreement;
mod draws;
mod fit;
mod forged;
mod moving;
#[cfg(feature = "pool")]
mod pool;
#[cfg(feature = "snapshot")]
mod properties;
mod reference;
mod refit;
#[cfg(feature = "serde")]
#[path = "serde.rs"]
mod serde_of_config;
mod snapshots;
mod statistics;
mod thresholds;
