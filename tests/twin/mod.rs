//! The slow twin: a second detector, written from the specification alone and sharing no code with `src/`.
//!
//! It is plain loops, as short as can be read. After every push it searches the whole likelihood again; it keeps no
//! running sums, no anchors and no warm starts. The engine is checked against it (`reference.rs`), and the files in
//! `vectors/`, which every language door reads, come from it (`vectors.rs`).
//!
//! Not for use: it is thousands of times slower than the engine, and its numbers are not protected against excesses
//! that differ by more than about 300 decimal orders of magnitude.
#![allow(dead_code)] // each test file uses another part

pub(crate) mod arbitrary;
pub(crate) mod calibration;
pub(crate) mod cases;
pub(crate) mod detector;
pub(crate) mod likelihood;
pub(crate) mod streams;
pub(crate) mod tail;
pub(crate) mod vector;
