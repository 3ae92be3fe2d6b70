//! The generalized Pareto distribution and how it is fitted.
//!
//! Start with [`distribution`]; [`formula`] has its survival function and quantile. [`fit`] is the full
//! maximum-likelihood fit, on [`likelihood`] and [`maxima`], and below 20 excesses the [`small_sample`] estimate.
//! [`buffer`] keeps the excesses of a tail; [`refit`] follows the maximum from one excess to the next in O(1), by the
//! Taylor [`expansion`] of the likelihood. [`solve`] holds the root searches.

pub(crate) mod buffer;
pub(crate) mod distribution;
pub(crate) mod expansion;
pub(crate) mod fit;
pub(crate) mod formula;
mod likelihood;
pub(crate) mod maxima;
pub(crate) mod refit;
mod small_sample;
pub(crate) mod solve;
#[cfg(feature = "statrs")]
mod statrs_traits;
