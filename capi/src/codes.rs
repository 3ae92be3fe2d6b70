//! The numbers that go out: results, events, names of the choices.

use std::ffi::CStr;

use engine::Error;

/// The version of this ABI. It goes up when something is added; nothing is ever removed or changed.
pub const TAILSPOT_ABI_VERSION: u32 = 1;

/// Whether a call worked.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_result {
    /// It did what its comment says.
    TAILSPOT_OK = 0,
    /// A required pointer is NULL.
    TAILSPOT_ERROR_NULL = 1,
    /// An earlier call on this handle returned TAILSPOT_ERROR_BUG. The handle can only be freed.
    TAILSPOT_ERROR_POISONED = 2,
    /// The library caught a bug of its own. The handle, if there is one, is poisoned; the program may go on.
    TAILSPOT_ERROR_BUG = 3,
    /// struct_size is not the size of any version of the struct: it is too small (sizeof a pointer?), above 4096 or not
    /// a multiple of 8, or a field that this library does not know is not zero.
    TAILSPOT_ERROR_STRUCT_SIZE = 4,
    /// A parameter is out of range. The functions with explain in their names name it, its value and the range.
    TAILSPOT_ERROR_PARAMETER = 5,
    /// Too few finite values to leave one excess on each watched side. tailspot_explain_fit names the number needed.
    TAILSPOT_ERROR_TOO_FEW_VALUES = 6,
    /// The element type is not a tailspot_type.
    TAILSPOT_ERROR_TYPE = 7,
    /// More elements than memory can hold.
    TAILSPOT_ERROR_COUNT = 8,
    /// A pointer to double or uint64_t is not a multiple of its size. The strided functions take such arrays of values.
    TAILSPOT_ERROR_ALIGNMENT = 9,
    /// The buffer is too small.
    TAILSPOT_ERROR_BUFFER = 10,
    /// The bytes are not a snapshot that this version can load. tailspot_explain_snapshot says why.
    TAILSPOT_ERROR_SNAPSHOT = 11,
    /// The pool does not have this key.
    TAILSPOT_ERROR_KEY = 12,
    /// The pool's threads could not be started.
    TAILSPOT_ERROR_THREADS = 13,
}

/// The answer to one value. The sign is the side. The codes are those of libspot 1.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_event {
    /// Not in a watched tail.
    TAILSPOT_NORMAL = 0,
    /// Above the upper anomaly threshold: an anomaly.
    TAILSPOT_ALERT_UP = 1,
    /// Below the lower anomaly threshold: an anomaly.
    TAILSPOT_ALERT_DOWN = -1,
    /// In the upper tail: an excess to learn from.
    TAILSPOT_EXCESS_UP = 2,
    /// In the lower tail: an excess to learn from.
    TAILSPOT_EXCESS_DOWN = -2,
    /// Collected for the calibration, or to warm up a baseline.
    TAILSPOT_INIT_BATCH = 3,
    /// This value completed the calibration.
    TAILSPOT_CALIBRATION = 4,
    /// NaN, or an infinity on a side that is not watched: only the count of missing values changed.
    TAILSPOT_MISSING = 5,
    /// Not an event: the handle is NULL or poisoned.
    TAILSPOT_INVALID = -128,
}

/// A tail of the stream. The lower tail is the mirror image of the upper one.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_side {
    /// The upper tail: large values.
    TAILSPOT_UP = 1,
    /// The lower tail: small values.
    TAILSPOT_DOWN = -1,
}

/// What an alert leaves in the model (tailspot_config.accounting).
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_accounting {
    /// Nothing, as published by Siffer et al. (KDD 2017). The alert rate does not hold: it can grow to many times q. Not
    /// with a scale or a season.
    TAILSPOT_DISCARDED = 0,
    /// It is learned like any excess. Stops detecting anomalies once they are more frequent than q.
    TAILSPOT_LEARNED = 1,
    /// That one value was beyond the threshold, but not how far. Stops detecting a little later.
    TAILSPOT_CENSORED = 2,
    /// Only as much as a clean stream would show. Keeps the alert rate at q, and keeps detecting anomalies that are more
    /// frequent than q. The default.
    TAILSPOT_BUDGETED = 3,
}

/// How the anomaly threshold follows from the fitted tail (tailspot_config.threshold).
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_threshold {
    /// The quantile of the fitted tail, as published.
    TAILSPOT_PLUG_IN = 0,
    /// Also takes the uncertainty of the fit into account, so that a clean value is beyond it with probability q. The
    /// default.
    TAILSPOT_CALIBRATED = 1,
}

impl From<&Error> for tailspot_result {
    fn from(error: &Error) -> Self {
        match error {
            Error::Parameter { .. } => tailspot_result::TAILSPOT_ERROR_PARAMETER,
            Error::TooFewValues { .. } => tailspot_result::TAILSPOT_ERROR_TOO_FEW_VALUES,
            Error::Snapshot { .. } => tailspot_result::TAILSPOT_ERROR_SNAPSHOT,
            // No function of the ABI takes slices of their own lengths, or a sample of excesses.
            _ => tailspot_result::TAILSPOT_ERROR_BUG,
        }
    }
}

impl tailspot_result {
    pub(super) const ALL: [tailspot_result; 14] = [
        tailspot_result::TAILSPOT_OK,
        tailspot_result::TAILSPOT_ERROR_NULL,
        tailspot_result::TAILSPOT_ERROR_POISONED,
        tailspot_result::TAILSPOT_ERROR_BUG,
        tailspot_result::TAILSPOT_ERROR_STRUCT_SIZE,
        tailspot_result::TAILSPOT_ERROR_PARAMETER,
        tailspot_result::TAILSPOT_ERROR_TOO_FEW_VALUES,
        tailspot_result::TAILSPOT_ERROR_TYPE,
        tailspot_result::TAILSPOT_ERROR_COUNT,
        tailspot_result::TAILSPOT_ERROR_ALIGNMENT,
        tailspot_result::TAILSPOT_ERROR_BUFFER,
        tailspot_result::TAILSPOT_ERROR_SNAPSHOT,
        tailspot_result::TAILSPOT_ERROR_KEY,
        tailspot_result::TAILSPOT_ERROR_THREADS,
    ];

    pub(super) fn message(self) -> &'static CStr {
        match self {
            tailspot_result::TAILSPOT_OK => c"no error",
            tailspot_result::TAILSPOT_ERROR_NULL => c"a required pointer is NULL",
            tailspot_result::TAILSPOT_ERROR_POISONED => {
                c"the handle is poisoned: an earlier call on it found a bug in tailspot; free it"
            }
            tailspot_result::TAILSPOT_ERROR_BUG => c"tailspot caught a bug of its own",
            tailspot_result::TAILSPOT_ERROR_STRUCT_SIZE => {
                c"struct_size is not the size of the struct: needs sizeof(tailspot_config), for example, and not the size of a pointer to it"
            }
            tailspot_result::TAILSPOT_ERROR_PARAMETER => c"a parameter is out of range",
            tailspot_result::TAILSPOT_ERROR_TOO_FEW_VALUES => {
                c"too few finite values to leave one excess on each watched side"
            }
            tailspot_result::TAILSPOT_ERROR_TYPE => c"the element type is not a tailspot_type",
            tailspot_result::TAILSPOT_ERROR_COUNT => c"more elements than memory can hold",
            tailspot_result::TAILSPOT_ERROR_ALIGNMENT => {
                c"a pointer to double or uint64_t is not a multiple of its size"
            }
            tailspot_result::TAILSPOT_ERROR_BUFFER => c"the buffer is too small",
            tailspot_result::TAILSPOT_ERROR_SNAPSHOT => {
                c"the bytes are not a snapshot that this version can load"
            }
            tailspot_result::TAILSPOT_ERROR_KEY => c"the pool does not have this key",
            tailspot_result::TAILSPOT_ERROR_THREADS => c"the pool's threads could not be started",
        }
    }
}
