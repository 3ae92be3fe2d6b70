//! The one error type.

use std::fmt;

/// What a call could not do, and why. The message names the value and the allowed range.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter is outside its range.
    Parameter {
        /// The name of the parameter, as in [`Config`](crate::Config).
        name: &'static str,
        /// The value that was given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// Too few values to calibrate: a watched tail would hold no excess.
    TooFewValues {
        /// Finite values that were given, without those that warm up the baselines.
        given: usize,
        /// Values that warm up the baselines.
        warm_up: usize,
        /// The level that was asked for, as text.
        level: String,
        /// The smallest number of values that leaves one excess on each watched side.
        needed: usize,
    },
    /// There are no excesses to fit.
    TooFewExcesses,
    /// An output slice has another length than the values.
    Length {
        /// Which output.
        output: &'static str,
        /// Its length.
        given: usize,
        /// The number of values.
        expected: usize,
    },
    /// The sample cannot be fitted: an excess is not a positive, finite number.
    Excess {
        /// Where in the sample.
        index: usize,
        /// The value that was given.
        value: String,
    },
    /// The bytes are not a snapshot that this version can load.
    Snapshot {
        /// What to do about it depends on this.
        problem: SnapshotProblem,
        /// What is wrong, in words.
        message: String,
    },
}

/// Why bytes are not a usable snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SnapshotProblem {
    /// They are not a snapshot of tailspot at all.
    Foreign,
    /// They have a format version that this library does not read: a later library wrote them.
    Version,
    /// They hold a pool where one detector was wanted, or the other way round.
    Kind,
    /// They were cut or changed, or their contents are inconsistent.
    Damaged,
}

impl Error {
    pub(crate) fn parameter(
        name: &'static str,
        value: impl fmt::Display,
        allowed: impl Into<String>,
    ) -> Self {
        Error::Parameter { name, value: value.to_string(), allowed: allowed.into() }
    }
}

/// A number as a person writes it: with an exponent where there would be many zeros.
pub(crate) fn number(value: f64) -> String {
    let is_plain = value == 0.0 || !value.is_finite() || (1e-5..1e15).contains(&value.abs());
    if is_plain { value.to_string() } else { format!("{value:e}") }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Parameter { name: "up, down", .. } => {
                write!(f, "up and down are both false: watch at least one side")
            }
            Error::Parameter { name, value, allowed } => {
                write!(f, "{name} = {value} is out of range: needs {allowed}")
            }
            Error::TooFewValues { given, warm_up, level, needed } => {
                write!(f, "{given} finite values ")?;
                if *warm_up > 0 {
                    write!(f, "after the {warm_up} that warm up the baselines ")?;
                }
                write!(f, "leave no excess at level = {level}: at least {needed} are needed")
            }
            Error::TooFewExcesses => write!(f, "there are no excesses to fit"),
            Error::Length { output, given, expected } => {
                write!(f, "{output} holds {given} items; needs {expected}, one for each value")
            }
            Error::Excess { index, value } => {
                write!(f, "excess {index} is {value}; needs a finite number above 0")
            }
            Error::Snapshot { message, .. } => write!(f, "not a usable snapshot: {message}"),
        }
    }
}

impl std::error::Error for Error {}
