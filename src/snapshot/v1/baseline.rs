//! What a member follows: the window of the published DSPOT, or level, scale and season.

use serde::{Deserialize, Serialize};

use super::MOST;
use crate::baseline::level::{Level, MovingMean, RESTART};
use crate::baseline::scale::{Run, Scale};
use crate::baseline::season::Season;
use crate::baseline::{Baseline, Follower, Parts};

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FollowerV1 {
    Published(WindowV1),
    Parts {
        level: Option<LevelV1>,
        scale: ScaleV1,
        season: Option<SeasonV1>,
        left: usize,
        last: Option<f64>,
    },
}

/// The run of large movements and that of small ones: length and sum.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ScaleV1 {
    mean: f64,
    step: f64,
    seen: usize,
    large: (usize, f64),
    small: (usize, f64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SeasonV1 {
    levels: Vec<f64>,
    visits: Vec<u8>,
    runs: Vec<i8>,
    phase: usize,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LevelV1 {
    window: WindowV1,
    run: Vec<f64>,
    run_side: f64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WindowV1 {
    /// The newest values, the sums of the older ones, and the sum of the newest.
    newest: Vec<f64>,
    older: Vec<f64>,
    sum: f64,
}

impl From<Follower> for FollowerV1 {
    fn from(follower: Follower) -> Self {
        let parts = match follower {
            Follower::Published(window) => return FollowerV1::Published(window.into()),
            Follower::Parts(parts) => parts,
        };
        let level = |Level { window, run, run_side }| LevelV1 {
            window: WindowV1::from(window),
            run,
            run_side,
        };
        FollowerV1::Parts {
            level: parts.level.map(level),
            scale: parts.scale.into(),
            season: parts.season.map(SeasonV1::from),
            left: parts.left,
            last: parts.last,
        }
    }
}

impl From<Scale> for ScaleV1 {
    fn from(Scale { mean, step, seen, large, small, .. }: Scale) -> Self {
        let run = |run: Run| (run.length, run.sum);
        ScaleV1 { mean, step, seen, large: run(large), small: run(small) }
    }
}

impl From<Season> for SeasonV1 {
    fn from(Season { levels, visits, runs, phase }: Season) -> Self {
        SeasonV1 { levels, visits, runs, phase }
    }
}

impl From<MovingMean> for WindowV1 {
    fn from(window: MovingMean) -> Self {
        let (newest, older, sum) = window.parts();
        WindowV1 { newest: newest.to_vec(), older: older.to_vec(), sum }
    }
}

impl FollowerV1 {
    pub(super) fn restore(self, baseline: Baseline) -> Follower {
        let (level, scale, season, left, last) = match self {
            FollowerV1::Published(window) => {
                return Follower::Published(window.restore(baseline.depth));
            }
            FollowerV1::Parts { level, scale, season, left, last } => {
                (level, scale, season, left, last)
            }
        };
        let level = level.map(|LevelV1 { window, run, run_side }| Level {
            window: window.restore(baseline.depth),
            run,
            run_side,
        });
        let run = |(length, sum)| Run { length, sum };
        let ScaleV1 { mean, step, seen, large, small } = scale;
        let (large, small) = (run(large), run(small));
        let scale = Scale { mean, step, seen, large, small, ..Parts::scale_of(baseline) };
        let season = season.map(|SeasonV1 { levels, visits, runs, phase }| Season {
            levels,
            visits,
            runs,
            phase,
        });
        let is_scaled = baseline.scale_depth > 0;
        Follower::Parts(Parts { level, scale, is_scaled, season, left, last })
    }

    pub(super) fn is_consistent(&self, baseline: Baseline) -> bool {
        let FollowerV1::Parts { level, scale, season, left, last } = self else { return false };
        let is_level = |state: &LevelV1| {
            state.window.is_consistent(baseline.depth)
                && state.run.len() <= RESTART
                && state.run.iter().all(|x| x.is_finite())
                && [-1.0, 0.0, 1.0].contains(&state.run_side)
        };
        let is_season = |season: &SeasonV1| {
            let period = baseline.period;
            [season.levels.len(), season.visits.len(), season.runs.len()] == [period; 3]
                && season.phase < period
                && season.levels.iter().all(|x| x.is_finite())
                && season.runs.iter().all(|run| (-2..=2).contains(run))
        };
        let is_run =
            |(length, sum): (usize, f64)| length < RESTART && sum >= 0.0 && sum.is_finite();
        level.is_some() == (baseline.depth > 0)
            && season.is_some() == (baseline.period > 0)
            && level.as_ref().is_none_or(is_level)
            && scale.mean >= 0.0
            && scale.mean.is_finite()
            && scale.step >= 0.0
            && scale.step.is_finite()
            && (scale.seen as u64) < MOST
            && is_run(scale.large)
            && is_run(scale.small)
            && last.is_none_or(f64::is_finite)
            && season.as_ref().is_none_or(is_season)
            && *left <= baseline.warm_up()
    }
}

impl WindowV1 {
    pub(super) fn restore(self, depth: usize) -> MovingMean {
        MovingMean::restored(depth, self.newest, &self.older, self.sum)
    }

    pub(super) fn len(&self) -> usize {
        self.newest.len() + self.older.len()
    }

    pub(super) fn is_consistent(&self, depth: usize) -> bool {
        self.len() <= depth
            && (self.older.is_empty() || self.len() == depth)
            && self.newest.iter().chain(&self.older).all(|value| value.is_finite())
            && self.sum.is_finite()
            && (!self.newest.is_empty() || self.sum == 0.0)
    }
}
