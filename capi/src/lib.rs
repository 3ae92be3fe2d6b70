//! The C ABI: what `include/tailspot.h` declares. That header is generated from this package and is its manual.
//!
//! Every export is a thin door: it goes through [`gate`], turns pointers into
//! references, and calls the public Rust API. What a pointer must be is said once, in the conventions at the top of the
//! header.
#![allow(clippy::missing_safety_doc, non_camel_case_types)]

// What every function goes through, and what they share.
mod codes;
mod elements;
mod fleet;
mod gate;
mod structs;
mod threads;

// The chapters of the header, in its order.
mod parameters;

mod detector;

mod arrays;

mod report;

mod saved;

mod pool;

mod members;

mod pool_saved;

mod explain;

pub use arrays::*;
pub use codes::*;
pub use detector::*;
pub use elements::tailspot_type;
pub use explain::*;
pub use fleet::tailspot_pool;
pub use gate::Handle;
pub use members::*;
pub use parameters::*;
pub use pool::*;
pub use pool_saved::*;
pub use report::*;
pub use saved::*;
