//! Streaming anomaly detection by extreme value theory: SPOT and DSPOT, peaks over a threshold with a generalized Pareto
//! tail (Siffer, Fouque, Termier & Largouët, *Anomaly Detection in Streams with Extreme Value Theory*, KDD 2017), with an
//! alert rate that is the `q` you asked for.
//!
//! ```
//! use tailspot::{Config, Event, Spot};
//!
//! # let mut state = 1_u64;
//! # let mut latency = move || {
//! #     state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
//! #     20.0 - 3.0 * (((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64).ln()
//! # };
//! // One false alert in 10,000 clean values, on large values only.
//! let mut spot = Spot::new(Config { q: 1e-4, down: false, ..Config::default() })?;
//! for _ in 0..10_000 {
//!     spot.step(latency()); // The first 2,000 values calibrate it.
//! }
//! let verdict = spot.verdict(90.0); // Or spot.step(90.0), for the event alone.
//! if verdict.event == Event::AlertUp {
//!     println!("90 ms > {:.1} ms, probability {:.1e}", verdict.upper, verdict.probability);
//! #   assert!(verdict.probability < 1e-4);
//! # } else {
//! #   panic!("90 ms is an anomaly");
//! }
//! # Ok::<(), tailspot::Error>(())
//! ```
//!
//! # Words
//!
//! | word | symbol | meaning |
//! |---|---|---|
//! | level | | quantile level where a tail starts; mirrored for the lower tail |
//! | excess threshold | t | the value at that level |
//! | excess | y = x - t > 0 | amount beyond t (lower tail: t - x) |
//! | shape, scale | γ, σ | parameters of the generalized Pareto tail; γ > 0 is a heavy tail |
//! | q | q | tail probability of an anomaly, for each watched side |
//! | anomaly threshold | z_q | the value exceeded with probability q |
//! | n, N_t | n, N_t | values learned from, and excesses among them |
//! | alert | | a value beyond z_q |
//!
//! # What a step does
//!
//! The first [`n_init`](Config::n_init) finite values, or the batch given to [`Spot::fit`], place t and give the first
//! excesses. From then on a value beyond z_q is an alert; a value beyond t is an excess, which moves z_q once it is
//! learned; any other value only counts. With a [`Baseline`] the residual is judged, without level, scale and season (DSPOT).
//!
//! A value is learned when it is [`quarantine`](Config::quarantine) values old and no alert fell near it, so that the
//! neighbours of an anomaly do not enter the model; with a baseline at once. [`Accounting`] says what an alert itself leaves
//! behind, [`Threshold`] how z_q follows from the tail; [`Config::as_published`] is the scheme of the paper.
//! `docs/how-it-works.md` explains it step by step, `docs/statistics.md` has the alert rates.
//!
//! NaN is a missing value and changes nothing. An infinity on a watched side is an alert and is never learned.
//!
//! # When not to use it
//!
//! Values are taken to be independent with a tail that does not change. Alerts of a stream with memory come in clusters:
//! compare [`Incidents`] with q. A stream that moves needs a [`Baseline`]: without one, alerts continue after a level
//! shift, and [`Status::refuted`] says so. With few distinct values (counts near zero) t may hold most of them.
//!
//! # Features
//!
//! - `snapshot` (default): [`Spot::save`] and [`Spot::load`].
//! - `pool`: `Pool`, many detectors by key, with the threads of rayon.
//! - `serde`: `Serialize` and `Deserialize` for [`Config`], [`Status`] and what they hold.
//! - `statrs`: the traits of that crate for [`GeneralizedPareto`].
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod baseline;
mod config;
mod detector;
mod error;
mod event;
mod gpd;
#[cfg(feature = "pool")]
mod pool;
#[cfg(feature = "snapshot")]
mod snapshot;
mod tail;

pub use baseline::Baseline;
pub use config::{Accounting, Config, Threshold};
pub use detector::{Incident, Incidents, Outputs, Reason, SideStatus, Spot, Status, Verdict};
pub use error::{Error, SnapshotProblem};
pub use event::{Event, Side};
pub use gpd::distribution::GeneralizedPareto;
pub use gpd::fit::{Fit, Outcome, fit};
#[cfg(feature = "pool")]
pub use pool::Pool;

/// The README's Rust, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// A detector is only read through [`Spot::load`], which checks it.
///
/// ```compile_fail,E0277
/// serde_json::from_str::<tailspot::Spot>("{}").ok();
/// ```
///
/// ```
/// serde_json::from_str::<tailspot::Status>("{}").ok();
/// ```
#[cfg(all(doctest, feature = "serde"))]
struct NoPublicDeserialize;

/// Detectors and pools may be sent to other threads and shared between them.
const _: () = {
    const fn assert_send_and_sync<T: Send + Sync>() {}
    assert_send_and_sync::<Spot>();
    assert_send_and_sync::<Error>();
    #[cfg(feature = "pool")]
    assert_send_and_sync::<Pool>();
};
