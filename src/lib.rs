//! Streaming anomaly detection by extreme value theory (SPOT, DSPOT).
#![forbid(unsafe_code)]

mod batch;
mod calibrate;
mod config;
mod drift;
mod error;
mod event;
mod excess;
mod fit;
mod gpd;
mod ledger;
mod refit;
mod series;
#[cfg(feature = "snapshot")]
mod snapshot;
mod spot;
mod status;
mod tail;
mod threshold;
mod watch;
mod zhang;

pub use batch::Outputs;
pub use config::{Accounting, Config, Threshold};
pub use error::Error;
pub use event::{Event, Side};
pub use fit::{Fit, Outcome, fit};
pub use gpd::GeneralizedPareto;
pub use spot::Spot;
pub use status::{SideStatus, Status};
