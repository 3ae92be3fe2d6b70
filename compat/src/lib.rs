//! `libspot.so`: the 55 functions of the C interface of libspot 1, over [`tailspot`] as published. Python's `pylibspot`
//! and C programs run on it as they are; `README.md` lists where the answers differ, and why.
//!
//! # Pointers
//!
//! What crosses the border is `Option<&T>` and `Option<Box<T>>`, which have the layout of a C pointer: NULL is `None`. As
//! in C, a pointer must come from the function that its name promises and must not have been deleted. Every function
//! answers NULL with zeros (a step with 5), and so it does for a detector in which something panicked.
//!
//! `Spot_*` and `DSpot_*` functions take both kinds of handle. Two threads may use one handle.
#![allow(non_snake_case)] // The names are libspot's.

mod accessors;
mod both;
mod detector;
mod dspot;
mod gate;
mod layout;
mod spot;

pub use accessors::*;
pub use both::*;
pub use dspot::*;
pub use gate::Handle;
pub use layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};
pub use spot::*;
