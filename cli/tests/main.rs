//! The tests of the program from the outside, one file for each theme.

mod answers;
mod bad_input;
#[cfg(feature = "columnar")]
mod columnar;
mod follow;
mod mawi;
mod odd_input;
mod outputs;
mod page;
mod pipe;
mod plot;
mod program;
mod readme;
mod state;
mod times;
