//! Open and counted incidents.

use serde::{Deserialize, Serialize};

use super::MOST;
use crate::config::Config;
use crate::detector::{Incident, Incidents};
use crate::event::Side;

/// The open incident (whether up, first, last, count, peak, probability), the last alerts and the incidents started.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IncidentsV1 {
    open: Option<(bool, u64, u64, u64, f64, f64)>,
    last: [Option<u64>; 2],
    started: [u64; 3],
}

impl From<Incidents> for IncidentsV1 {
    fn from(incidents: Incidents) -> Self {
        let open = |open: Incident| {
            let is_up = open.side == Side::Up;
            (is_up, open.first, open.last, open.count, open.peak, open.probability)
        };
        let Incidents { last, started, .. } = incidents;
        IncidentsV1 { open: incidents.open.map(open), last, started }
    }
}

impl IncidentsV1 {
    pub(super) fn restore(self, config: &Config) -> Incidents {
        let open = |(is_up, first, last, count, peak, probability): (bool, _, _, _, _, _)| {
            let side = if is_up { Side::Up } else { Side::Down };
            Incident { side, first, last, count, peak, probability }
        };
        let gap = Incidents::of(config).gap();
        Incidents { gap, open: self.open.map(open), last: self.last, started: self.started }
    }

    pub(super) fn is_consistent(&self) -> bool {
        let counts = self.last.iter().flatten().chain(&self.started);
        let is_open = |open: &(bool, u64, u64, u64, f64, f64)| {
            open.1 <= open.2 && open.2 < MOST && open.3 >= 1 && open.3 < MOST && !open.4.is_nan()
        };
        counts.into_iter().all(|count| *count < MOST) && self.open.as_ref().is_none_or(is_open)
    }
}
