//! The parameters.

use serde::{Deserialize, Serialize};

use crate::baseline::Baseline;
use crate::config::{Accounting, Config, Threshold};

/// The parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConfigV1 {
    q: f64,
    level: f64,
    n_init: usize,
    max_excess: usize,
    depth: usize,
    up: bool,
    down: bool,
    alert: bool,
    bounded: bool,
    accounting: Accounting,
    quarantine: usize,
    threshold: Threshold,
    scale_depth: usize,
    period: usize,
    limit: f64,
    baselines: Vec<(usize, usize, usize)>,
}

impl From<&Config> for ConfigV1 {
    fn from(config: &Config) -> Self {
        let Config { q, level, n_init, max_excess, depth, up, down, alert, bounded, .. } = *config;
        let Config { accounting, quarantine, threshold, scale_depth, period, limit, .. } = *config;
        let baseline = |one: &Baseline| (one.depth, one.scale_depth, one.period);
        let baselines = config.baselines.iter().map(baseline).collect();
        ConfigV1 {
            q,
            level,
            n_init,
            max_excess,
            depth,
            up,
            down,
            alert,
            bounded,
            accounting,
            quarantine,
            threshold,
            scale_depth,
            period,
            limit,
            baselines,
        }
    }
}

impl From<ConfigV1> for Config {
    fn from(state: ConfigV1) -> Self {
        let ConfigV1 { q, level, n_init, max_excess, depth, up, down, alert, bounded, .. } = state;
        let ConfigV1 { accounting, quarantine, threshold, scale_depth, period, limit, .. } = state;
        let baseline = |(depth, scale_depth, period)| Baseline { depth, scale_depth, period };
        let baselines = state.baselines.into_iter().map(baseline).collect();
        Config {
            q,
            level,
            n_init,
            max_excess,
            depth,
            up,
            down,
            alert,
            bounded,
            accounting,
            quarantine,
            threshold,
            scale_depth,
            period,
            limit,
            baselines,
        }
    }
}
