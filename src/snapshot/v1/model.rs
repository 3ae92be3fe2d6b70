//! A member: what it collected for its calibration, or its model with the queue.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::MOST;
use super::baseline::FollowerV1;
use super::side::SideV1;
use crate::baseline::Baseline;
use crate::config::{Accounting, Config};
use crate::detector::check::Check;
use crate::detector::learning::{Learning, Waiting};
use crate::detector::member::{Member, Phase};
use crate::detector::model::Model;
use crate::event::Side;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MemberV1 {
    follower: Option<FollowerV1>,
    pub(super) phase: PhaseV1,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum PhaseV1 {
    Calibrating(Vec<f64>),
    Running(Box<ModelV1>),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ModelV1 {
    clip: [f64; 2],
    /// Share, sum, position, position at which the sum left 0.
    check: (f64, f64, u64, u64),
    position: u64,
    learned_before: u64,
    learning_from: u64,
    last_departure: Option<u64>,
    /// Position, whether on the upper side, entry.
    queue: Vec<(u64, bool, f64)>,
    pub(super) sides: [Option<SideV1>; 2],
}

impl From<Member> for MemberV1 {
    fn from(member: Member) -> Self {
        let phase = match member.phase {
            Phase::Calibrating(values) => PhaseV1::Calibrating(values),
            Phase::Running(model) => PhaseV1::Running(Box::new(model.into())),
        };
        MemberV1 { follower: member.follower.map(FollowerV1::from), phase }
    }
}

impl From<Model> for ModelV1 {
    fn from(model: Model) -> Self {
        let Learning { position, learned_before, learning_from, last_departure, .. } =
            model.learning;
        let entry = |waiting: &Waiting| (waiting.position, waiting.side == Side::Up, waiting.entry);
        let queue = model.learning.queue.iter().map(entry).collect();
        let sides = model.sides.map(|side| side.map(|side| SideV1::from(*side)));
        let clip = model.clip;
        let Check { share, sum, at, since, .. } = model.check;
        let check = (share, sum, at, since);
        ModelV1 {
            clip,
            check,
            position,
            learned_before,
            learning_from,
            last_departure,
            queue,
            sides,
        }
    }
}

impl MemberV1 {
    pub(super) fn restore(self, config: &Config, baseline: Baseline) -> Member {
        let phase = match self.phase {
            PhaseV1::Calibrating(values) => Phase::Calibrating(values),
            PhaseV1::Running(model) => Phase::Running(model.restore(config)),
        };
        Member { follower: self.follower.map(|state| state.restore(baseline)), phase }
    }

    pub(super) fn is_consistent(&self, config: &Config, baseline: Baseline) -> bool {
        let is_published = config.effective_accounting() == Accounting::Discarded;
        let follower = match &self.follower {
            None => baseline.is_plain(),
            Some(FollowerV1::Published(window)) => {
                is_published && baseline.depth > 0 && window.is_consistent(baseline.depth)
            }
            Some(state) => !is_published && state.is_consistent(baseline),
        };
        let is_warm = match &self.follower {
            None => true,
            Some(FollowerV1::Published(window)) => window.len() == baseline.depth,
            Some(FollowerV1::Parts { left, .. }) => *left == 0,
        };
        follower
            && match &self.phase {
                PhaseV1::Calibrating(values) => {
                    values.iter().all(|x| x.is_finite()) && (is_warm || values.is_empty())
                }
                PhaseV1::Running(model) => is_warm && model.is_consistent(config),
            }
    }
}

impl ModelV1 {
    pub(super) fn restore(self, config: &Config) -> Model {
        let waiting = |(position, is_up, entry): (u64, bool, f64)| Waiting {
            position,
            side: if is_up { Side::Up } else { Side::Down },
            entry,
        };
        let learning = Learning::restored(
            config.effective_quarantine(),
            self.position,
            [self.learned_before, self.learning_from],
            self.last_departure,
            self.queue.into_iter().map(waiting).collect::<VecDeque<_>>(),
        );
        let sides = self.sides.map(|side| side.map(|side| Box::new(side.restore(config))));
        let (share, sum, at, since) = self.check;
        let check = Check::restored(share, sum, at, since);
        Model::restored(config, learning, sides, self.clip, check)
    }

    pub(super) fn is_consistent(&self, config: &Config) -> bool {
        let quarantine = config.effective_quarantine();
        let positions = [self.position, self.learned_before, self.learning_from];
        if !positions.iter().all(|count| *count < MOST) {
            return false;
        }
        let learned = self.learned_before + self.position.saturating_sub(self.learning_from);
        let is_waiting = |(position, is_up, entry): &(u64, bool, f64)| {
            let is_departure = *entry < 0.0;
            *position <= self.position
                && self.position - position < quarantine
                && self.sides[usize::from(!is_up)].is_some()
                && entry.is_finite()
                && *entry != 0.0
                && (!is_departure || self.last_departure == Some(*position))
        };
        let (share, sum, at, since) = self.check;
        let [from, to] = self.clip;
        (f64::MIN <= from && from <= to && to <= f64::MAX)
            && (1e-6..=0.9).contains(&share)
            && (0.0..=60.0).contains(&sum)
            && since <= at
            && at <= self.position
            && learned >= 1
            && self.learning_from <= self.position + 2 * quarantine
            && self.last_departure.is_none_or(|last| last <= self.position)
            && self.queue.iter().all(is_waiting)
            && self.queue.is_sorted_by(|a, b| a.0 < b.0)
            && Side::BOTH.into_iter().zip(&self.sides).all(|(side, state)| match state {
                Some(state) => {
                    config.watches(side) && state.is_consistent(config, self.position, learned)
                }
                None => !config.watches(side),
            })
    }
}
