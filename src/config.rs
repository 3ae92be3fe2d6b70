//! The parameters of a detector, and their ranges.

use std::num::NonZeroUsize;

use crate::baseline::Baseline;
use crate::error::{Error, number};
use crate::event::Side;

/// What an alert leaves in the model of the tail.
///
/// Only [`Budgeted`](Accounting::Budgeted) both keeps the alert rate at `q` on clean data and keeps detecting anomalies
/// that are more frequent than `q`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(i32)]
#[non_exhaustive]
pub enum Accounting {
    /// Nothing, as published (Siffer et al. 2017, algorithm 1). The alert rate does not hold: the tail is cut at
    /// the threshold again and again and the threshold sinks.
    Discarded = 0,
    /// It is learned as any excess. Stops detecting anomalies once they are more frequent than `q`.
    Learned = 1,
    /// It counts as "at least the anomaly threshold": a right-censored excess. Stops detecting a little later.
    Censored = 2,
    /// Isolated, plausible alerts count as "at least the learning limit", as far as a clean stream would have shown them. A
    /// value between the learning limit and the anomaly threshold is treated in the same way, but is not an alert.
    #[default]
    Budgeted = 3,
}

/// How the anomaly threshold follows from the fitted tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(i32)]
#[non_exhaustive]
pub enum Threshold {
    /// The quantile of the tail of highest likelihood, as published. From 200 excesses it is exceeded 1.2 to 1.5 times as
    /// often as asked.
    PlugIn = 0,
    /// The quantile of the predictive distribution of the next excess, which takes into account how uncertain the tail is, so that the
    /// expected exceedance is `q` from the first judged value on.
    #[default]
    Calibrated = 1,
}

/// Sizes are whole numbers that a double holds exactly, and so are their sums.
const LARGEST_SIZE: usize = usize::MAX >> 12;

/// The parameters of a [`Spot`](crate::Spot). `Config::default()` gives the defaults; change what differs:
///
/// ```
/// use tailspot::Config;
/// let config = Config { q: 1e-3, down: false, ..Config::default() };
/// # assert!(config.validate().is_ok());
/// ```
///
/// Later versions may add fields: end with `..Config::default()`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct Config {
    /// Tail probability of an anomaly, for each watched side. In (0, 1 - level); default 1e-4.
    pub q: f64,
    /// Quantile level where the tail starts, in (0, 1); mirrored for the lower tail. Default 0.99.
    pub level: f64,
    /// Number of values of the streaming calibration. At least 1, and enough for one excess on each watched side;
    /// default 2000.
    pub n_init: usize,
    /// Excesses kept for each side, if `bounded`. At least 1; default 200.
    pub max_excess: usize,
    /// Values in the moving mean that is subtracted from each value (DSPOT); 0, the default, is plain SPOT. A value enters the
    /// mean clipped to the excess thresholds; with `accounting` discarded, as published, alerts stay out of it.
    pub depth: usize,
    /// Watch the upper tail. Default true; at least one side must be watched.
    pub up: bool,
    /// Watch the lower tail. Default true.
    pub down: bool,
    /// Report values beyond the anomaly threshold and keep them out of the model. With false nothing finite is ever an
    /// alert and every value is learned at once, whatever `accounting` and `quarantine` say; a baseline then has a level
    /// only, as published. Default true.
    pub alert: bool,
    /// Keep only the last `max_excess` excesses of a side. Default true; false keeps all.
    pub bounded: bool,
    /// What an alert leaves in the model. Default budgeted.
    pub accounting: Accounting,
    /// Values kept out of the model on either side of an alert; with a baseline none are. Incidents end after this many
    /// values without an alert, or 20 if it is less. At least 0; default 20.
    pub quarantine: usize,
    /// The threshold rule. Default calibrated.
    pub threshold: Threshold,
    /// Values over which the local scale forgets, by which residuals are divided: the exponentially weighted mean of their
    /// size. 0, the default, means none; else at least 2.
    pub scale_depth: usize,
    /// Values of a season, for a second baseline with its levels, judged apart. 0, the default, means none; else at least 2.
    pub period: usize,
    /// Alerts of a side in 1/q values beyond which further ones are taken for the stream and learned; 0, the default, means
    /// no limit.
    pub limit: f64,
    /// Up to four baselines, each with its own tails, judged apart. Empty, the default, means what `depth`, `scale_depth` and
    /// `period` say.
    pub baselines: Vec<Baseline>,
}

/// Most baselines of a detector.
pub(crate) const MOST_BASELINES: usize = 4;

/// What errors call the sizes of each baseline in a list.
const PLACES: [[&str; 3]; MOST_BASELINES] = [
    ["baselines[0].depth", "baselines[0].scale_depth", "baselines[0].period"],
    ["baselines[1].depth", "baselines[1].scale_depth", "baselines[1].period"],
    ["baselines[2].depth", "baselines[2].scale_depth", "baselines[2].period"],
    ["baselines[3].depth", "baselines[3].scale_depth", "baselines[3].period"],
];

impl Default for Config {
    fn default() -> Self {
        Config {
            q: 1e-4,
            level: 0.99,
            n_init: 2000,
            max_excess: 200,
            depth: 0,
            up: true,
            down: true,
            alert: true,
            bounded: true,
            accounting: Accounting::Budgeted,
            quarantine: 20,
            threshold: Threshold::Calibrated,
            scale_depth: 0,
            period: 0,
            limit: 0.0,
            baselines: Vec::new(),
        }
    }
}

impl Config {
    /// The same parameters under the published scheme (Siffer et al. 2017): alerts discarded, plug-in threshold, no
    /// quarantine, no scale, season or limit.
    #[must_use]
    pub fn as_published(self) -> Self {
        Config {
            accounting: Accounting::Discarded,
            threshold: Threshold::PlugIn,
            quarantine: 0,
            scale_depth: 0,
            period: 0,
            limit: 0.0,
            baselines: Vec::new(),
            ..self
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] names the first field that is out of range, its value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::parameter("level", number(self.level), "0 < level < 1"));
        }
        self.validate_q(self.q)?;
        if !self.up && !self.down {
            return Err(Error::parameter("up, down", "false, false", "at least one side to watch"));
        }
        if self.bounded && self.max_excess == 0 {
            return Err(Error::parameter("max_excess", 0, "max_excess >= 1 when bounded"));
        }
        let sizes = [
            ("n_init", self.n_init),
            ("max_excess", self.max_excess),
            ("depth", self.depth),
            ("quarantine", self.quarantine),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| *size > LARGEST_SIZE) {
            return Err(Error::parameter(name, size, format!("at most {LARGEST_SIZE}")));
        }
        if !(self.limit >= 0.0 && self.limit.is_finite()) {
            let allowed = "0 (no limit) or a finite number above 0";
            return Err(Error::parameter("limit", number(self.limit), allowed));
        }
        self.validate_baselines()?;
        let needed = self.least_values();
        if self.n_init < needed {
            let allowed = format!(
                "at least {needed}: at level = {} fewer values leave 0 excesses on a watched side",
                self.level
            );
            return Err(Error::parameter("n_init", self.n_init, allowed));
        }
        Ok(())
    }

    fn validate_baselines(&self) -> Result<(), Error> {
        let count = self.baselines.len();
        if count > MOST_BASELINES {
            let allowed = format!("at most {MOST_BASELINES} baselines");
            return Err(Error::parameter("baselines", count, allowed));
        }
        let shorthand = [self.depth, self.scale_depth, self.period];
        if count > 0 && shorthand != [0; 3] {
            let value = shorthand.map(|size| size.to_string()).join(", ");
            let allowed = "0, 0, 0 where baselines are given";
            return Err(Error::parameter("depth, scale_depth, period", value, allowed));
        }
        let all = self.effective_baselines();
        if all.iter().any(|one| one.scale_depth > 0 || one.period > 0) {
            if !self.alert {
                let allowed = "true where a baseline has a scale or a season";
                return Err(Error::parameter("alert", "false", allowed));
            }
            if self.accounting == Accounting::Discarded {
                let allowed = "another accounting where a baseline has a scale or a season";
                return Err(Error::parameter("accounting", "discarded", allowed));
            }
        }
        for (baseline, places) in all.iter().zip(PLACES) {
            baseline.validate(LARGEST_SIZE).map_err(|error| match error {
                Error::Parameter { name, value, allowed } if count > 0 => {
                    let place =
                        places.into_iter().find(|place| place.ends_with(&format!(".{name}")));
                    Error::Parameter { name: place.unwrap_or(name), value, allowed }
                }
                error => error,
            })?;
        }
        Ok(())
    }

    /// The baselines that the fields ask for; a plain one stands for none.
    pub(crate) fn effective_baselines(&self) -> Vec<Baseline> {
        if !self.baselines.is_empty() {
            return self.baselines.clone();
        }
        let Config { depth, scale_depth, period, .. } = *self;
        let plain = Baseline { depth, scale_depth, period: 0 };
        let seasonal = (period > 0).then_some(Baseline { period, ..plain });
        [plain].into_iter().chain(seasonal).collect()
    }

    /// Values that warm up the baselines before the first residual of all: depth or two periods, whichever is more, and 20
    /// for a scale; of several baselines the most. Calibration takes [`n_init`](Config::n_init) more.
    pub fn warm_up(&self) -> usize {
        self.effective_baselines().iter().map(Baseline::warm_up).max().unwrap_or(0)
    }

    /// Whether a side is watched.
    pub fn watches(&self, side: Side) -> bool {
        match side {
            Side::Up => self.up,
            Side::Down => self.down,
        }
    }

    /// The accounting in force: without alerts every value is learned.
    pub(crate) fn effective_accounting(&self) -> Accounting {
        if self.alert { self.accounting } else { Accounting::Discarded }
    }

    /// Whether the stream may move: a baseline follows it. The one of the published scheme is left as it was published.
    pub(crate) fn is_moving(&self) -> bool {
        let shorthand = [self.depth, self.scale_depth, self.period];
        let is_plain = shorthand == [0; 3] && self.baselines.iter().all(Baseline::is_plain);
        !is_plain && self.effective_accounting() != Accounting::Discarded
    }

    /// The quarantine in force. Without alerts every value is learned at once; on a moving stream, too: where the level
    /// moves, all residuals near move with it, so excesses come in clusters, and a tail that never learns a cluster is too
    /// short.
    pub(crate) fn effective_quarantine(&self) -> u64 {
        if self.alert && !self.is_moving() { self.quarantine as u64 } else { 0 }
    }

    /// Whether the share of a tail is that of the span of its buffer: what was long before does not count on a stream that
    /// may move.
    pub(crate) fn has_span(&self) -> bool {
        self.bounded && (self.limit > 0.0 || self.is_moving())
    }

    /// Excesses that a side keeps; `None` is all.
    pub(crate) fn capacity(&self) -> Option<NonZeroUsize> {
        if self.bounded { NonZeroUsize::new(self.max_excess) } else { None }
    }

    pub(crate) fn validate_q(&self, q: f64) -> Result<(), Error> {
        // 1 - 0.99 is a little more than 0.01: what is equal up to rounding is not below.
        let tail = 1.0 - self.level;
        if q > 0.0 && q < tail * (1.0 - 1e-12 / tail) {
            return Ok(());
        }
        let digits = 10_f64.powi(12);
        let allowed = format!("0 < q < 1 - level = {}", (tail * digits).round() / digits);
        Err(Error::parameter("q", number(q), allowed))
    }

    /// Index into the ascending sample of n values where a tail starts: floor(n (1 - level)) from its end, so that both
    /// tails mirror each other; under the plug-in rule the upper one at floor(n level), as published.
    pub(crate) fn rank(&self, side: Side, n: usize) -> usize {
        let tail = floor_product(n, 1.0 - self.level);
        match (side, self.threshold) {
            (Side::Down, _) => tail,
            (Side::Up, Threshold::Calibrated) => n.saturating_sub(1 + tail),
            (Side::Up, Threshold::PlugIn) => floor_product(n, self.level),
        }
    }

    /// The smallest number of values that leaves one excess on each watched side.
    pub(crate) fn least_values(&self) -> usize {
        let enough = |n: usize| {
            (!self.up || self.rank(Side::Up, n) + 1 < n)
                && (!self.down || self.rank(Side::Down, n) >= 1)
        };
        // Both counts grow with n by at most one for each value: start just below the estimate.
        let (mut estimate, tail) = (1.0_f64, 1.0 - self.level);
        if self.up || self.down {
            estimate = (0.5 / tail).clamp(1.0, 1e15);
        }
        let mut n = estimate as usize;
        while !enough(n) {
            n += 1 + n / 1_000_000;
        }
        n
    }
}

/// floor(n * p), where a product within rounding of a whole number is that number (0.29 * 100 is 29).
fn floor_product(n: usize, p: f64) -> usize {
    let product = n as f64 * p;
    let whole = product.round();
    let rank = if (product - whole).abs() <= 1e-12 * n as f64 { whole } else { product.floor() };
    (rank as usize).min(n.saturating_sub(1))
}
