//! What a value is compared with before its tail is looked at: today the level, a moving mean.

pub(crate) mod level;
