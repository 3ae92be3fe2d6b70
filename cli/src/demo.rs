//! `tailspot demo`.
use crate::args::Demo;
use crate::failure::Failure;
pub(crate) fn run(_: &Demo) -> Result<(), Failure> { Ok(()) }
