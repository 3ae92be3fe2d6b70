//! Version 1 of what a snapshot holds: plain data with what cannot be derived, and the one validation.
//!
//! [`SpotV1`] is a detector without its parameters ([`config`]). Inside are its members ([`model`], with its two sides in
//! [`side`] and their fits in [`fit`]), what they follow ([`baseline`]), and the [`incidents`]. Each part has `From` the
//! detector's, `is_consistent`, and `restore`, which takes what is consistent.

mod baseline;
mod config;
mod fit;
mod incidents;
mod model;
mod side;

use serde::{Deserialize, Serialize};

use self::incidents::IncidentsV1;
use self::model::{MemberV1, PhaseV1};
use crate::config::Config;
use crate::detector::Spot;

pub(crate) use self::config::ConfigV1;

/// No counter comes near this; a double counts no further.
const MOST: u64 = 1 << 53;

/// A detector without its parameters.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SpotV1 {
    first: MemberV1,
    others: Vec<MemberV1>,
    alerts: [u64; 2],
    missing: u64,
    incidents: IncidentsV1,
}

impl From<Spot> for SpotV1 {
    fn from(spot: Spot) -> Self {
        SpotV1 {
            first: spot.first.into(),
            others: spot.others.into_iter().map(MemberV1::from).collect(),
            alerts: spot.alerts,
            missing: spot.missing,
            incidents: spot.incidents.into(),
        }
    }
}

impl SpotV1 {
    /// The excesses of the sides, to be taken out and put back as they were.
    #[cfg(feature = "pool")]
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let sides = match &mut self.first.phase {
            PhaseV1::Running(model) => Some(model.sides.iter_mut()),
            PhaseV1::Calibrating(_) => None,
        };
        sides.into_iter().flatten().flatten().map(|side| &mut side.entries)
    }

    /// The detector, without a look at whether its parts agree.
    pub(crate) fn restore(self, config: Config) -> Spot {
        let mut baselines = config.effective_baselines().into_iter();
        let first = baselines.next().unwrap_or_default();
        let first = self.first.restore(&config, first);
        let others = self.others.into_iter().zip(baselines);
        let others = others.map(|(state, baseline)| state.restore(&config, baseline)).collect();
        let incidents = self.incidents.restore(&config);
        Spot { config, first, others, alerts: self.alerts, missing: self.missing, incidents }
    }

    /// The detector, if its parts agree with each other and with the parameters.
    pub(crate) fn validate(self, config: Config) -> Result<Spot, String> {
        config.validate().map_err(|error| error.to_string())?;
        if self.is_consistent(&config) { Ok(self.restore(config)) } else { Err(inconsistent()) }
    }

    fn is_consistent(&self, config: &Config) -> bool {
        let baselines = config.effective_baselines();
        let members: Vec<&MemberV1> = std::iter::once(&self.first).chain(&self.others).collect();
        let is_running = |member: &&MemberV1| matches!(member.phase, PhaseV1::Running(_));
        let running = members.iter().filter(|member| is_running(member)).count();
        let lacks = |member: &&MemberV1| match &member.phase {
            PhaseV1::Calibrating(values) => values.len() < config.n_init,
            PhaseV1::Running(_) => false,
        };
        members.len() == baselines.len()
            && members
                .iter()
                .zip(baselines)
                .all(|(one, baseline)| one.is_consistent(config, baseline))
            && (running == members.len() || running == 0 && members.iter().any(lacks))
            && self.alerts.iter().chain([&self.missing]).all(|count| *count < MOST)
            && self.incidents.is_consistent()
    }
}

/// What is wrong with a snapshot whose parts do not agree.
pub(crate) fn inconsistent() -> String {
    "its contents are inconsistent".into()
}
