//! The reference detector: a second one, written from the specification alone and sharing no code with `src/`.
//!
//! It is plain loops, as short as can be read. After every push it searches the whole likelihood again, or integrates the
//! whole posterior; it keeps no running sums, no anchors and no warm starts. The engine is compared with it
//! (`agreement.rs`), and the files in `vectors/`, which the tests of every language read, are the answers that both give
//! (`vectors.rs`).
//!
//! Not for use: it is thousands of times slower than the engine, and its numbers are not protected against excesses
//! that differ by more than about 300 decimal orders of magnitude.
#![allow(dead_code)] // each test file uses another part

pub(crate) mod arbitrary;
pub(crate) mod baseline;
pub(crate) mod calibration;
pub(crate) mod cases;
pub(crate) mod detector;
pub(crate) mod likelihood;
pub(crate) mod lockstep;
pub(crate) mod moving;
pub(crate) mod posterior;
pub(crate) mod set;
pub(crate) mod streams;
pub(crate) mod tail;
pub(crate) mod vector;
