//! The C ABI: what `include/tailspot.h` declares. That header is generated from this package and is its manual.
//!
//! Every export is a thin wrapper: it goes through [`gate`], turns pointers into references, and calls the public Rust
//! API. What a pointer must be is said once, in the conventions at the top of the header.
#![allow(clippy::missing_safety_doc, non_camel_case_types)]

// What the exports share.
mod codes;
mod columns;
mod elements;
mod gate;
mod pool_handle;
mod structs;
mod threads;

// The chapters of the header, in its order.
mod parameters;

mod detector;

mod intervals;

mod arrays;

mod incidents;

mod status;

mod snapshot;

mod pool;

mod pool_keys;

mod pool_snapshot;

mod errors;

#[cfg(debug_assertions)]
mod fault;

pub use arrays::*;
pub use codes::*;
pub use detector::*;
pub use elements::tailspot_type;
pub use errors::*;
#[cfg(debug_assertions)]
pub use fault::*;
pub use gate::{Handle, tailspot_detector};
pub use incidents::*;
pub use intervals::*;
pub use parameters::*;
pub use pool::*;
pub use pool_handle::{PoolHandle, tailspot_pool};
pub use pool_keys::*;
pub use pool_snapshot::*;
pub use snapshot::*;
pub use status::*;
