//! The answer to one value, and the two sides of a stream.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A tail of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(i8)]
pub enum Side {
    /// The upper tail: large values.
    Up = 1,
    /// The lower tail: small values.
    Down = -1,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Up, Side::Down];

    /// 1 or -1: the lower tail of x is the upper tail of -x.
    pub(crate) const fn sign(self) -> f64 {
        self as i8 as f64
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Side::Up => 0,
            Side::Down => 1,
        }
    }
}

/// The answer to one value. The codes are those of libspot 1; the sign is the side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(i8)]
#[non_exhaustive]
pub enum Event {
    /// Not in a watched tail.
    #[default]
    Normal = 0,
    /// Above the upper anomaly threshold.
    AlertUp = 1,
    /// Below the lower anomaly threshold.
    AlertDown = -1,
    /// In the upper tail, and an excess to learn from.
    ExcessUp = 2,
    /// In the lower tail, and an excess to learn from.
    ExcessDown = -2,
    /// Collected for the calibration, or filling the window of the drift.
    InitBatch = 3,
    /// This value completed the calibration.
    Calibration = 4,
    /// NaN, or an infinity on a side that is not watched: nothing changed but the count of missing values.
    Missing = 5,
}

impl Event {
    /// The code: 0, 1, -1, 2, -2, 3, 4 or 5, the same in every language.
    pub const fn code(self) -> i8 {
        self as i8
    }

    /// Whether the value is an anomaly.
    pub const fn is_alert(self) -> bool {
        matches!(self, Event::AlertUp | Event::AlertDown)
    }

    /// The tail that an alert or an excess belongs to.
    pub const fn side(self) -> Option<Side> {
        match self {
            Event::AlertUp | Event::ExcessUp => Some(Side::Up),
            Event::AlertDown | Event::ExcessDown => Some(Side::Down),
            _ => None,
        }
    }

    /// The name, as the command line prints it: `"normal"`, `"alert_up"`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Event::Normal => "normal",
            Event::AlertUp => "alert_up",
            Event::AlertDown => "alert_down",
            Event::ExcessUp => "excess_up",
            Event::ExcessDown => "excess_down",
            Event::InitBatch => "init_batch",
            Event::Calibration => "calibration",
            Event::Missing => "missing",
        }
    }

    /// Every event, in the order of the codes 0, 1, -1, 2, -2, 3, 4, 5.
    pub const ALL: [Event; 8] = [
        Event::Normal,
        Event::AlertUp,
        Event::AlertDown,
        Event::ExcessUp,
        Event::ExcessDown,
        Event::InitBatch,
        Event::Calibration,
        Event::Missing,
    ];

    pub(crate) const fn alert(side: Side) -> Self {
        match side {
            Side::Up => Event::AlertUp,
            Side::Down => Event::AlertDown,
        }
    }

    pub(crate) const fn excess(side: Side) -> Self {
        match side {
            Side::Up => Event::ExcessUp,
            Side::Down => Event::ExcessDown,
        }
    }
}

/// The [`name`](Event::name).
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// From the [`name`](Event::name).
impl FromStr for Event {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let event = Event::ALL.into_iter().find(|event| event.name() == name);
        event.ok_or_else(|| Error::parameter("event", format!("{name:?}"), names()))
    }
}

/// From the [`code`](Event::code).
impl TryFrom<i8> for Event {
    type Error = Error;

    fn try_from(code: i8) -> Result<Self, Error> {
        let event = Event::ALL.into_iter().find(|event| event.code() == code);
        event.ok_or_else(|| Error::parameter("event code", code, "a code from -2 to 5"))
    }
}

fn names() -> String {
    format!("one of {}", Event::ALL.map(Event::name).join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_lead_back_to_the_event() {
        for event in Event::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            assert_eq!(Event::try_from(event.code()), Ok(event));
        }
        assert!("alert".parse::<Event>().is_err() && Event::try_from(-3).is_err());
    }
}
