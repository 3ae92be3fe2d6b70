//! Version 1 of what a snapshot holds: plain data with what cannot be derived, and the one validation.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::baseline::level::{Level, MovingMean, RESTART};
use crate::baseline::scale::{Run, Scale};
use crate::baseline::season::Season;
use crate::baseline::{Baseline, Follower, Parts};
use crate::config::{Accounting, Config, Threshold};
use crate::detector::check::Check;
use crate::detector::learning::{Allowance, Frequency, Learning, Waiting};
use crate::detector::member::{Member, Phase};
use crate::detector::model::{Model, Watched};
use crate::detector::{Incident, Incidents, Spot};
use crate::event::Side;
use crate::gpd::buffer::ExcessBuffer;
use crate::gpd::expansion::{Expansion, Sums};
use crate::gpd::fit::Outcome;
use crate::gpd::maxima::{SHAPE_CAP, SHAPE_FLOOR};
use crate::gpd::refit::{Mode, Refit};
use crate::tail::frame::Frame;
use crate::tail::nodes::{Block, Counts, Row};
use crate::tail::posterior::{FEW, OfFew, Posterior};
use crate::tail::{CleanStream, Limit, Tail};

/// No counter comes near this; a double counts no further.
const MOST: u64 = 1 << 53;

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

/// A detector without its parameters.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SpotV1 {
    first: MemberV1,
    others: Vec<MemberV1>,
    alerts: [u64; 2],
    missing: u64,
    incidents: IncidentsV1,
}

/// The open incident (whether up, first, last, count, peak, probability), the last alerts and the incidents started.
#[derive(Debug, Serialize, Deserialize)]
struct IncidentsV1 {
    open: Option<(bool, u64, u64, u64, f64, f64)>,
    last: [Option<u64>; 2],
    started: [u64; 3],
}

#[derive(Debug, Serialize, Deserialize)]
struct MemberV1 {
    follower: Option<FollowerV1>,
    phase: PhaseV1,
}

#[derive(Debug, Serialize, Deserialize)]
enum FollowerV1 {
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
struct ScaleV1 {
    mean: f64,
    step: f64,
    seen: usize,
    large: (usize, f64),
    small: (usize, f64),
}

#[derive(Debug, Serialize, Deserialize)]
struct SeasonV1 {
    levels: Vec<f64>,
    visits: Vec<u8>,
    runs: Vec<i8>,
    phase: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct LevelV1 {
    window: WindowV1,
    run: Vec<f64>,
    run_side: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct WindowV1 {
    front: Vec<f64>,
    back: Vec<f64>,
    back_sum: f64,
}

#[derive(Debug, Serialize, Deserialize)]
enum PhaseV1 {
    Calibrating(Vec<f64>),
    Running(Box<ModelV1>),
}

#[derive(Debug, Serialize, Deserialize)]
struct ModelV1 {
    clip: [f64; 2],
    /// Share, sum, position, position at which the sum left 0.
    check: (f64, f64, u64, u64),
    position: u64,
    learned_before: u64,
    learning_from: u64,
    last_departure: Option<u64>,
    /// Position, whether on the upper side, entry.
    queue: Vec<(u64, bool, f64)>,
    sides: [Option<SideV1>; 2],
}

#[derive(Debug, Serialize, Deserialize)]
struct SideV1 {
    excess_threshold: f64,
    anomaly_threshold: f64,
    half_step: f64,
    n_t: u64,
    rejected: u64,
    added: u64,
    /// Alerts lately, as of a position, and the surplus ones.
    frequency: (f64, u64, u64),
    marks: Option<VecDeque<u64>>,
    oldest: usize,
    entries: Vec<f64>,
    maximum: Option<MaximumV1>,
    /// From [`FEW`] excesses on; below it follows from the entries.
    posterior: Option<PosteriorV1>,
    budget: Option<BudgetV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct MaximumV1 {
    shape: f64,
    scale: f64,
    outcome: Option<Outcome>,
    delta: f64,
    bound: Option<f64>,
    expanded: bool,
    unit: f64,
    anchor: f64,
    x_max: f64,
    w_max: f64,
    log_sum: f64,
    all: Sums,
    uncensored: Sums,
    age: usize,
}

/// The sums of eight nodes of the posterior over the excesses, and the products of the factors since.
type Sums8 = (Row, Row);

#[derive(Debug, Serialize, Deserialize)]
struct PosteriorV1 {
    /// Reference, centre, width, low, high, spread.
    frame: [f64; 6],
    excesses: Vec<Sums8>,
    /// The same over the limits, if there are any.
    limits: Option<Vec<Sums8>>,
    /// Excesses and ties when the weights followed.
    counts: [f64; 2],
    known: usize,
    censored: usize,
    largest: f64,
    tied: usize,
    age: usize,
    waiting: usize,
    headroom: f64,
    is_largest_gone: bool,
}

/// Learning limit and allowance.
#[derive(Debug, Serialize, Deserialize)]
struct BudgetV1 {
    limit: f64,
    plausible: f64,
    rate: f64,
    expected: f64,
    variance: f64,
    implausible: f64,
    tokens: f64,
    carried: f64,
    as_of: u64,
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

impl From<Member> for MemberV1 {
    fn from(member: Member) -> Self {
        let phase = match member.phase {
            Phase::Calibrating(values) => PhaseV1::Calibrating(values),
            Phase::Running(model) => PhaseV1::Running(Box::new(model.into())),
        };
        MemberV1 { follower: member.follower.map(FollowerV1::from), phase }
    }
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
    fn from(MovingMean { front, back, back_sum, .. }: MovingMean) -> Self {
        WindowV1 { front, back, back_sum }
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
        let Check { share, sum, at, since } = model.check;
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

impl From<Watched> for SideV1 {
    fn from(Watched { tail, allowance, added, frequency }: Watched) -> Self {
        let (entries, oldest) = tail.buffer.into_entries();
        let budget = tail.limit.zip(allowance).map(|(limit, allowance)| BudgetV1 {
            limit: limit.excess,
            plausible: limit.plausible,
            rate: limit.clean.rate,
            expected: limit.clean.expected,
            variance: limit.clean.variance,
            implausible: limit.clean.implausible,
            tokens: allowance.tokens,
            carried: allowance.carried,
            as_of: allowance.as_of,
        });
        SideV1 {
            excess_threshold: tail.excess_threshold,
            anomaly_threshold: tail.anomaly_threshold,
            half_step: tail.half_step,
            n_t: tail.n_t,
            rejected: tail.rejected,
            added,
            frequency: (frequency.alerts, frequency.at, frequency.surplus),
            marks: tail.marks,
            oldest,
            entries,
            maximum: tail.maximum.map(MaximumV1::from),
            posterior: tail.posterior.filter(Posterior::is_kept).map(PosteriorV1::from),
            budget,
        }
    }
}

impl From<Refit> for MaximumV1 {
    fn from(refit: Refit) -> Self {
        let Expansion { unit, anchor, x_max, w_max, log_sum, all, uncensored, age } =
            refit.expansion;
        let bound = match refit.mode {
            Mode::Interior => None,
            Mode::Bound(shape) => Some(shape),
        };
        let Refit { shape, scale, outcome, delta, expanded, .. } = refit;
        MaximumV1 {
            shape,
            scale,
            outcome,
            delta,
            bound,
            expanded,
            unit,
            anchor,
            x_max,
            w_max,
            log_sum,
            all,
            uncensored,
            age,
        }
    }
}

impl From<Posterior> for PosteriorV1 {
    fn from(posterior: Posterior) -> Self {
        let Frame { reference, centre, width, low, high, spread } = posterior.frame;
        let blocks = &posterior.blocks;
        let has_limits =
            |block: &Block| block.limit_sum != [0.0; 8] || block.limit_product != [1.0; 8];
        let limits = blocks
            .iter()
            .any(has_limits)
            .then(|| blocks.iter().map(|block| (block.limit_sum, block.limit_product)).collect());
        PosteriorV1 {
            frame: [reference, centre, width, low, high, spread],
            excesses: blocks.iter().map(|block| (block.excess_sum, block.excess_product)).collect(),
            limits,
            counts: [posterior.counts.known, posterior.counts.ties],
            known: posterior.known,
            censored: posterior.limits,
            largest: posterior.largest,
            tied: posterior.tied,
            age: posterior.age,
            waiting: posterior.waiting,
            headroom: posterior.headroom,
            is_largest_gone: posterior.is_largest_gone,
        }
    }
}

impl PosteriorV1 {
    fn restore(self) -> Posterior {
        let [reference, centre, width, low, high, spread] = self.frame;
        let nothing = vec![([0.0; 8], [1.0; 8]); self.excesses.len()];
        let limits = self.limits.unwrap_or(nothing);
        let block = |(excesses, limits): (Sums8, Sums8)| Block {
            growth: [0.0; 8],
            measure: [0.0; 8],
            excess_sum: excesses.0,
            limit_sum: limits.0,
            excess_product: excesses.1,
            limit_product: limits.1,
            inverse_sum: [0.0; 8],
            weight: [0.0; 8],
        };
        let [known, ties] = self.counts;
        let mut posterior = Posterior {
            blocks: self.excesses.into_iter().zip(limits).map(block).collect(),
            of_few: OfFew::default(),
            frame: Frame { reference, centre, width, low, high, spread },
            counts: Counts { known, ties },
            known: self.known,
            limits: self.censored,
            largest: self.largest,
            tied: self.tied,
            age: self.age,
            waiting: self.waiting,
            headroom: self.headroom,
            is_largest_gone: self.is_largest_gone,
        };
        posterior.derive();
        posterior
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

impl IncidentsV1 {
    fn restore(self, config: &Config) -> Incidents {
        let open = |(is_up, first, last, count, peak, probability): (bool, _, _, _, _, _)| {
            let side = if is_up { Side::Up } else { Side::Down };
            Incident { side, first, last, count, peak, probability }
        };
        let gap = Incidents::of(config).gap();
        Incidents { gap, open: self.open.map(open), last: self.last, started: self.started }
    }

    fn is_consistent(&self) -> bool {
        let counts = self.last.iter().flatten().chain(&self.started);
        let is_open = |open: &(bool, u64, u64, u64, f64, f64)| {
            open.1 <= open.2 && open.2 < MOST && open.3 >= 1 && open.3 < MOST && !open.4.is_nan()
        };
        counts.into_iter().all(|count| *count < MOST) && self.open.as_ref().is_none_or(is_open)
    }
}

impl MemberV1 {
    fn restore(self, config: &Config, baseline: Baseline) -> Member {
        let phase = match self.phase {
            PhaseV1::Calibrating(values) => Phase::Calibrating(values),
            PhaseV1::Running(model) => Phase::Running(model.restore(config)),
        };
        Member { follower: self.follower.map(|state| state.restore(baseline)), phase }
    }

    fn is_consistent(&self, config: &Config, baseline: Baseline) -> bool {
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

impl FollowerV1 {
    fn restore(self, baseline: Baseline) -> Follower {
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

    fn is_consistent(&self, baseline: Baseline) -> bool {
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

fn is_budgeted(config: &Config) -> bool {
    config.effective_accounting() == Accounting::Budgeted
}

/// What is wrong with a snapshot whose parts do not agree.
pub(crate) fn inconsistent() -> String {
    "its contents are inconsistent".into()
}

impl WindowV1 {
    fn restore(self, depth: usize) -> MovingMean {
        MovingMean { depth, front: self.front, back: self.back, back_sum: self.back_sum }
    }

    fn len(&self) -> usize {
        self.front.len() + self.back.len()
    }

    fn is_consistent(&self, depth: usize) -> bool {
        self.len() <= depth
            && self.front.iter().chain(&self.back).all(|value| value.is_finite())
            && self.back_sum.is_finite()
            && (!self.back.is_empty() || self.back_sum == 0.0)
    }
}

impl ModelV1 {
    fn restore(self, config: &Config) -> Model {
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
        let check = Check { share, sum, at, since };
        Model::restored(config, learning, sides, self.clip, check)
    }

    fn is_consistent(&self, config: &Config) -> bool {
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

impl SideV1 {
    fn restore(self, config: &Config) -> Watched {
        let limit = self.budget.as_ref().map(BudgetV1::limit);
        let allowance = self.budget.as_ref().map(|budget| Allowance {
            tokens: budget.tokens,
            carried: budget.carried,
            as_of: budget.as_of,
            clean: budget.limit().clean,
        });
        let has_posterior = is_budgeted(config) || config.threshold != Threshold::PlugIn;
        let posterior = has_posterior.then(|| match self.posterior {
            Some(state) => state.restore(),
            None => Posterior::of_few(&self.entries),
        });
        let tail = Tail {
            excess_threshold: self.excess_threshold,
            anomaly_threshold: self.anomaly_threshold,
            half_step: self.half_step,
            n_t: self.n_t,
            rejected: self.rejected,
            buffer: ExcessBuffer::restored(self.entries, self.oldest, config.capacity()),
            maximum: self.maximum.map(MaximumV1::restore),
            posterior,
            limit,
            marks: self.marks,
        };
        let (alerts, at, surplus) = self.frequency;
        let frequency = Frequency { alerts, at, surplus };
        Watched { tail, allowance, added: self.added, frequency }
    }

    fn is_consistent(&self, config: &Config, position: u64, learned: u64) -> bool {
        let (alerts, at, surplus) = self.frequency;
        let has_marks = config.has_span();
        let n = learned + self.added.min(MOST);
        let is_budgeted = is_budgeted(config);
        let is_plug_in = config.threshold == Threshold::PlugIn;
        let is_entry = |entry: &f64| entry.is_finite() && *entry != 0.0;
        let uncensored = self.entries.iter().filter(|entry| **entry > 0.0).count();
        let is_many = uncensored >= FEW;
        self.excess_threshold.is_finite()
            && alerts >= 0.0
            && alerts.is_finite()
            && at <= position
            && surplus < MOST
            && self.marks.is_some() == has_marks
            && self.marks.as_ref().is_none_or(|marks| {
                marks.len() == self.entries.len() && marks.iter().all(|mark| *mark <= n)
            })
            && self.half_step >= 0.0
            && self.half_step.is_finite()
            && self.anomaly_threshold >= self.excess_threshold
            && self.entries.iter().all(is_entry)
            && config.capacity().is_none_or(|most| self.entries.len() <= most.get())
            && (self.oldest == 0 || self.oldest < self.entries.len())
            && self.n_t >= self.entries.len() as u64
            && self.added <= self.n_t
            && self.n_t < MOST
            && self.rejected < MOST
            && self.maximum.is_some() == is_plug_in
            && self.maximum.as_ref().is_none_or(|maximum| maximum.is_consistent(uncensored))
            && self.posterior.is_some() == ((is_budgeted || !is_plug_in) && is_many)
            && self
                .posterior
                .as_ref()
                .is_none_or(|posterior| posterior.is_consistent(&self.entries))
            && self.budget.is_some() == is_budgeted
            && self.budget.as_ref().is_none_or(|budget| budget.is_consistent(learned))
    }
}

impl MaximumV1 {
    fn restore(self) -> Refit {
        let expansion = Expansion {
            unit: self.unit,
            anchor: self.anchor,
            x_max: self.x_max,
            w_max: self.w_max,
            log_sum: self.log_sum,
            all: self.all,
            uncensored: self.uncensored,
            age: self.age,
        };
        Refit {
            expansion,
            delta: self.delta,
            mode: self.bound.map_or(Mode::Interior, Mode::Bound),
            expanded: self.expanded,
            shape: self.shape,
            scale: self.scale,
            outcome: self.outcome,
        }
    }

    fn is_consistent(&self, uncensored: usize) -> bool {
        let scalars = [self.anchor, self.x_max, self.w_max, self.log_sum, self.delta];
        let sums = self.all.iter().chain(&self.uncensored);
        self.bound.is_none_or(|shape| shape == SHAPE_FLOOR || shape == SHAPE_CAP)
            && scalars.iter().chain(sums).all(|number| number.is_finite())
            && self.unit.is_normal()
            && self.unit > 0.0
            && self.age < usize::MAX >> 1
            && (SHAPE_FLOOR..=SHAPE_CAP).contains(&self.shape)
            && self.scale >= 0.0
            && self.scale.is_finite()
            && (!self.expanded || uncensored > 0)
    }
}

/// How far a sum may have drifted from the sum over the entries, relative to the number of them.
const DRIFT: f64 = 1e-6;

impl PosteriorV1 {
    /// Whether the sums are those of the entries. No sum is trusted: a forged one could make any threshold.
    fn is_consistent(&self, entries: &[f64]) -> bool {
        let numbers = self.frame.iter().chain(&self.counts).chain([&self.largest, &self.headroom]);
        let known = entries.iter().filter(|entry| **entry > 0.0).count();
        let is_counted = self.known == known
            && self.censored == entries.len() - known
            && self.tied <= known
            && self.age < usize::MAX >> 1
            && self.waiting <= self.age;
        numbers.into_iter().all(|number| number.is_finite())
            && is_counted
            && Posterior::has_blocks(known, self.excesses.len())
            && self.limits.as_ref().is_none_or(|limits| limits.len() == self.excesses.len())
            && self.sums_agree(entries)
    }

    fn sums_agree(&self, entries: &[f64]) -> bool {
        let nothing = vec![([0.0; 8], [1.0; 8]); self.excesses.len()];
        let limits = self.limits.as_ref().unwrap_or(&nothing);
        let [reference, centre, width, low, high, spread] = self.frame;
        let frame = Frame { reference, centre, width, low, high, spread };
        let fresh = Posterior::sums_at(frame, self.excesses.len(), entries, self.largest);
        let near = |(sum, product): &Sums8, j: usize, wanted: f64| {
            let error = (sum[j] + product[j].ln() - wanted).abs();
            product[j] > 0.0
                && product[j].is_finite()
                && error <= DRIFT * (1.0 + entries.len() as f64)
        };
        self.excesses.iter().zip(limits).zip(fresh).all(|((excesses, limits), fresh)| {
            (0..8).all(|j| match fresh[j] {
                Some([excess, limit]) => near(excesses, j, excess) && near(limits, j, limit),
                None => excesses.0[j].is_finite() && limits.0[j].is_finite(),
            })
        })
    }
}

impl BudgetV1 {
    fn limit(&self) -> Limit {
        let clean = CleanStream {
            rate: self.rate,
            expected: self.expected,
            variance: self.variance,
            implausible: self.implausible,
        };
        Limit { excess: self.limit, plausible: self.plausible, clean }
    }

    fn is_consistent(&self, learned: u64) -> bool {
        let numbers = [self.limit, self.rate, self.expected, self.variance, self.tokens];
        numbers.iter().all(|number| *number >= 0.0 && number.is_finite())
            && (0.0..=1.0).contains(&self.plausible)
            && (0.0..1.0).contains(&self.implausible)
            && (0.0..1.0).contains(&self.carried)
            && self.as_of <= learned
    }
}
