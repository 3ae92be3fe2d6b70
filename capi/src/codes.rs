//! The numbers that go out: statuses, events, names of the choices.

use std::ffi::CStr;

use engine::Error;

/// The version of this ABI. It goes up when something is added; nothing is ever removed or changed.
pub const TAILSPOT_ABI_VERSION: u32 = 1;

/// What a call that can fail returns.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_status {
    /// The call did what it says.
    TAILSPOT_OK = 0,
    /// A pointer that is needed is NULL.
    TAILSPOT_ERROR_NULL = 1,
    /// An earlier call on this handle returned TAILSPOT_ERROR_BUG; it can only be freed.
    TAILSPOT_ERROR_DEAD = 2,
    /// A bug in the library was caught. The handle, if there was one, is dead; the program may go on.
    TAILSPOT_ERROR_BUG = 3,
    /// A struct_size that no version of the struct has: below 4, above 4096, or with a tail that this version does not
    /// know and that is not zero.
    TAILSPOT_ERROR_STRUCT_SIZE = 4,
    /// A parameter is out of range; tailspot_explain_config tells which, its value and the range.
    TAILSPOT_ERROR_PARAMETER = 5,
    /// Too few finite values to leave one excess on each watched side; tailspot_explain_fit tells how many are needed.
    TAILSPOT_ERROR_TOO_FEW_VALUES = 6,
    /// The element type is not one of tailspot_type.
    TAILSPOT_ERROR_TYPE = 7,
    /// More elements than memory can hold.
    TAILSPOT_ERROR_COUNT = 8,
    /// A pointer to double or uint64_t is not a multiple of its size; tailspot_step_strided takes such arrays of values.
    TAILSPOT_ERROR_ALIGNMENT = 9,
    /// The buffer is too small.
    TAILSPOT_ERROR_BUFFER = 10,
    /// The bytes are not a snapshot that this version reads; tailspot_explain_snapshot tells why.
    TAILSPOT_ERROR_SNAPSHOT = 11,
    /// The pool does not know the key.
    TAILSPOT_ERROR_KEY = 12,
    /// The system gives the pool no threads.
    TAILSPOT_ERROR_THREADS = 13,
}

/// The answer to one value. The sign is the side. They are the codes of libspot 1.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_event {
    /// Not in a watched tail.
    TAILSPOT_NORMAL = 0,
    /// Above the upper anomaly threshold: an anomaly.
    TAILSPOT_ALERT_UP = 1,
    /// Below the lower anomaly threshold: an anomaly.
    TAILSPOT_ALERT_DOWN = -1,
    /// In the upper tail, and an excess to learn from.
    TAILSPOT_EXCESS_UP = 2,
    /// In the lower tail, and an excess to learn from.
    TAILSPOT_EXCESS_DOWN = -2,
    /// Collected for the calibration, or filling the window of the drift.
    TAILSPOT_INIT_BATCH = 3,
    /// This value completed the calibration.
    TAILSPOT_CALIBRATION = 4,
    /// NaN, or an infinity on a side that is not watched: nothing changed but the count of missing values.
    TAILSPOT_MISSING = 5,
    /// Not an event: the handle is NULL or dead.
    TAILSPOT_INVALID = -128,
}

/// A tail of the stream. The lower tail is the mirror image of the upper one.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_side {
    /// The upper tail: large values.
    TAILSPOT_UP = 1,
    /// The lower tail: small values.
    TAILSPOT_DOWN = -1,
}

/// What an alert leaves in the model (tailspot_config.accounting).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_accounting {
    /// Nothing, as published by Siffer et al. (KDD 2017). The alarm rate grows to 10 to 20 q.
    TAILSPOT_DISCARDED = 0,
    /// An excess like any other.
    TAILSPOT_LEARNED = 1,
    /// The information that one value was beyond the threshold, not how far.
    TAILSPOT_CENSORED = 2,
    /// The same, for no more alerts than q promises. The default.
    TAILSPOT_BUDGETED = 3,
}

/// How the anomaly threshold follows from the fitted tail (tailspot_config.threshold).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum tailspot_threshold {
    /// The quantile of the fitted tail as it is, as published.
    TAILSPOT_PLUG_IN = 0,
    /// Corrected for the uncertainty of the fit, so that a clean value is beyond it with probability q. The default.
    TAILSPOT_CALIBRATED = 1,
}

impl From<&Error> for tailspot_status {
    fn from(error: &Error) -> Self {
        match error {
            Error::Parameter { .. } => tailspot_status::TAILSPOT_ERROR_PARAMETER,
            Error::TooFewValues { .. } => tailspot_status::TAILSPOT_ERROR_TOO_FEW_VALUES,
            Error::Snapshot(_) => tailspot_status::TAILSPOT_ERROR_SNAPSHOT,
            // No function of the ABI takes slices of their own lengths, or a sample of excesses.
            _ => tailspot_status::TAILSPOT_ERROR_BUG,
        }
    }
}

impl tailspot_status {
    pub(super) const ALL: [tailspot_status; 14] = [
        tailspot_status::TAILSPOT_OK,
        tailspot_status::TAILSPOT_ERROR_NULL,
        tailspot_status::TAILSPOT_ERROR_DEAD,
        tailspot_status::TAILSPOT_ERROR_BUG,
        tailspot_status::TAILSPOT_ERROR_STRUCT_SIZE,
        tailspot_status::TAILSPOT_ERROR_PARAMETER,
        tailspot_status::TAILSPOT_ERROR_TOO_FEW_VALUES,
        tailspot_status::TAILSPOT_ERROR_TYPE,
        tailspot_status::TAILSPOT_ERROR_COUNT,
        tailspot_status::TAILSPOT_ERROR_ALIGNMENT,
        tailspot_status::TAILSPOT_ERROR_BUFFER,
        tailspot_status::TAILSPOT_ERROR_SNAPSHOT,
        tailspot_status::TAILSPOT_ERROR_KEY,
        tailspot_status::TAILSPOT_ERROR_THREADS,
    ];

    pub(super) fn message(self) -> &'static CStr {
        match self {
            tailspot_status::TAILSPOT_OK => c"no error",
            tailspot_status::TAILSPOT_ERROR_NULL => c"a pointer that is needed is NULL",
            tailspot_status::TAILSPOT_ERROR_DEAD => {
                c"the handle is dead: a bug was caught in an earlier call; free it"
            }
            tailspot_status::TAILSPOT_ERROR_BUG => c"a bug in tailspot was caught",
            tailspot_status::TAILSPOT_ERROR_STRUCT_SIZE => {
                c"struct_size is not the size of a version of the struct: needs 4 to 4096, with zeros beyond the known fields"
            }
            tailspot_status::TAILSPOT_ERROR_PARAMETER => c"a parameter is out of range",
            tailspot_status::TAILSPOT_ERROR_TOO_FEW_VALUES => {
                c"too few finite values to leave one excess on each watched side"
            }
            tailspot_status::TAILSPOT_ERROR_TYPE => c"the element type is not one of tailspot_type",
            tailspot_status::TAILSPOT_ERROR_COUNT => {
                c"more elements than memory can hold"
            }
            tailspot_status::TAILSPOT_ERROR_ALIGNMENT => {
                c"a pointer to double or uint64_t is not a multiple of its size"
            }
            tailspot_status::TAILSPOT_ERROR_BUFFER => c"the buffer is too small",
            tailspot_status::TAILSPOT_ERROR_SNAPSHOT => {
                c"the bytes are not a snapshot that this version reads"
            }
            tailspot_status::TAILSPOT_ERROR_KEY => c"the pool does not know the key",
            tailspot_status::TAILSPOT_ERROR_THREADS => c"the system gives the pool no threads",
        }
    }
}
