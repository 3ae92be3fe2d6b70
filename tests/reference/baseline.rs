//! What a value is compared with: level, scale and season, by the letter.

use std::collections::VecDeque;

use tailspot::{Accounting, Baseline, Config};

use super::tail::accounting;

/// A difference so small, in parts of the value, is rounding.
const ROUNDING: f64 = 1e-13;
/// Values beyond the same bound, in a row, after which the level starts again from them; movements that are all much too
/// large or all much too small, in a row, after which the scale does.
const RESTART: usize = 20;
/// The first movements, which the scale takes as they are.
const FIRST: usize = 20;

/// The baselines that a configuration asks for.
pub(crate) fn baselines(config: &Config) -> Vec<Baseline> {
    if !config.baselines.is_empty() {
        return config.baselines.clone();
    }
    let plain = Baseline { depth: config.depth, scale_depth: config.scale_depth, period: 0 };
    let mut all = vec![plain];
    if config.period > 0 {
        all.push(Baseline { period: config.period, ..plain });
    }
    all
}

/// Values before the first residual.
pub(crate) fn warm_up(baseline: Baseline) -> usize {
    let scale = if baseline.scale_depth > 0 { FIRST } else { 0 };
    baseline.depth.max(2 * baseline.period) + scale
}

/// Whether a baseline follows the stream; that of the published scheme does not count.
pub(crate) fn is_moving(config: &Config) -> bool {
    let is_any = baselines(config).iter().any(|one| !one.is_plain());
    is_any && accounting(config) != Accounting::Discarded
}

#[derive(Clone, Debug)]
pub(crate) struct Follower {
    given: Baseline,
    is_published: bool,
    /// Values collected before the first residual.
    seen: usize,
    window: VecDeque<f64>,
    /// The last values beyond one bound, in a row, and which (1 or -1).
    run: Vec<f64>,
    run_side: f64,
    last: Option<f64>,
    spread: Spread,
    /// The smallest step between values.
    step: f64,
    phases: Vec<Phase>,
    phase: usize,
}

/// One phase of a season.
#[derive(Clone, Debug, Default)]
struct Phase {
    level: f64,
    visits: usize,
    /// Excesses in a row, with the sign of their side.
    excesses: i32,
}

impl Follower {
    pub(crate) fn new(config: &Config, given: Baseline) -> Follower {
        let depth = if given.scale_depth > 0 { given.scale_depth } else { 40 };
        Follower {
            given,
            is_published: accounting(config) == Accounting::Discarded,
            seen: 0,
            window: VecDeque::new(),
            run: Vec::new(),
            run_side: 0.0,
            last: None,
            spread: Spread { depth, ..Spread::default() },
            step: f64::INFINITY,
            phases: vec![Phase::default(); given.period],
            phase: 0,
        }
    }

    /// Whether values have residuals.
    pub(crate) fn is_warm(&self) -> bool {
        let enough = if self.is_published { self.given.depth } else { warm_up(self.given) };
        self.seen >= enough
    }

    fn mean(&self) -> f64 {
        let n = self.window.len().max(1) as f64;
        self.window.iter().sum::<f64>() / n
    }

    pub(crate) fn season(&self) -> f64 {
        self.phases.get(self.phase).map_or(0.0, |phase| phase.level)
    }

    /// What is subtracted from the next value; NaN before the first residual.
    pub(crate) fn level(&self) -> f64 {
        if self.is_warm() { self.mean() + self.season() } else { f64::NAN }
    }

    /// What the rest is divided by.
    pub(crate) fn scale(&self) -> f64 {
        match self.given.scale_depth {
            0 => 1.0,
            _ if self.spread.mean == 0.0 => 1.0,
            _ if self.step.is_infinite() => self.spread.mean,
            _ => self.spread.mean.max(self.step),
        }
    }

    /// What is left of a value without level and season; 0 where that is only rounding.
    fn difference(&self, x: f64) -> f64 {
        let difference = x - self.season() - self.mean();
        let is_plain = self.given.is_plain() || self.is_published;
        if !is_plain && difference.abs() <= ROUNDING * x.abs() { 0.0 } else { difference }
    }

    pub(crate) fn residual(&self, x: f64) -> f64 {
        self.difference(x) / self.scale()
    }

    fn enter(&mut self, x: f64) {
        if self.given.depth == 0 {
            return;
        }
        if self.window.len() == self.given.depth {
            self.window.pop_front();
        }
        self.window.push_back(x);
    }

    /// Follows a value before the calibration: once the parts are known, what is more than 20 times the usual movement off
    /// is drawn in.
    pub(crate) fn collect(&mut self, x: f64) {
        self.seen += 1;
        if self.is_published {
            return self.enter(x);
        }
        let is_filling = self.window.len() < self.given.depth;
        let is_new = self.phases.get(self.phase).is_some_and(|phase| phase.visits == 0);
        if is_new {
            self.phases[self.phase].level = x;
        }
        let is_centred = !is_filling && !is_new;
        let is_known = is_centred && self.spread.seen >= FIRST.min(self.spread.depth);
        let most = if is_known { 20.0 * self.spread.mean } else { f64::INFINITY };
        self.take(x, -most, most, is_centred);
    }

    /// Follows a value that was judged, whose excesses begin at these residuals.
    pub(crate) fn follow(&mut self, x: f64, (low, high): (f64, f64), is_alert: bool) {
        if self.given.is_plain() {
            return;
        }
        if !self.is_published {
            let scale = self.scale();
            self.take(x, low * scale, high * scale, self.given.scale_depth > 0);
        } else if !is_alert {
            self.enter(x);
        }
    }

    /// Draws a value in to the differences at which excesses begin, and to twice the nearer of them.
    fn take(&mut self, x: f64, low: f64, high: f64, is_scaling: bool) {
        let (difference, without_season) = (self.difference(x), x - self.season());
        let side = f64::from(i8::from(difference > high) - i8::from(difference < low));
        let nearer = high.min(-low);
        let reach = if nearer < 0.0 { f64::INFINITY } else { 2.0 * nearer };
        let (lowest, highest) = (low.min(0.0).max(-reach), high.max(0.0).min(reach));
        let drawn_in = difference.min(highest).max(lowest);
        if self.last != Some(x) {
            let step = self.last.map_or(f64::INFINITY, |last| (x - last).abs());
            if step > ROUNDING * x.abs() {
                self.step = self.step.min(step);
            }
            if is_scaling {
                self.spread.follow(difference.abs());
            }
        }
        self.last = Some(x);
        if self.given.depth > 0 {
            self.enter_or_restart(without_season, side, difference, drawn_in);
        }
        if self.given.period > 0 {
            self.phases[self.phase].follow(side as i32, difference, drawn_in);
            self.pass();
        }
    }

    fn enter_or_restart(&mut self, x: f64, side: f64, difference: f64, drawn_in: f64) {
        if side == 0.0 || side != self.run_side {
            self.run.clear();
        }
        if side != 0.0 {
            self.run_side = side;
        }
        let is_full = self.window.len() == self.given.depth;
        if side != 0.0 && is_full {
            self.run.push(x);
        }
        let equal = self.run.iter().rev().take_while(|last| **last == x).count();
        let from_equal = equal >= self.given.depth.clamp(5, RESTART);
        if from_equal || self.run.len() == RESTART {
            let mut run = std::mem::take(&mut self.run);
            if from_equal {
                run = vec![x; equal];
            }
            self.window.clear();
            self.spread.restart(&run);
            run.into_iter().for_each(|x| self.enter(x));
            return;
        }
        self.enter(if drawn_in == difference { x } else { self.mean() + drawn_in });
    }

    /// A time without a value: the season goes on, once it has begun, and a phase that has no level takes the one before.
    pub(crate) fn miss(&mut self) {
        if self.phases.first().is_none_or(|phase| phase.visits == 0) {
            return;
        }
        if self.phases[self.phase].visits == 0 {
            self.phases[self.phase].level = self.phases[self.phase - 1].level;
        }
        self.pass();
    }

    fn pass(&mut self) {
        self.phase = (self.phase + 1) % self.given.period;
    }
}

impl Phase {
    /// The mean of the first ten values, then weighted with a tenth; after three excesses in a row on one side it starts
    /// again from the last.
    fn follow(&mut self, side: i32, difference: f64, drawn_in: f64) {
        self.excesses = if self.excesses * side > 0 { self.excesses + side } else { side };
        let mut movement = drawn_in;
        if self.excesses.abs() == 3 {
            (movement, self.visits, self.excesses) = (difference, 0, 0);
        }
        self.visits += 1;
        self.level += movement / (self.visits as f64).min(10.0);
    }
}

/// The mean of the movements, weighted with 1/n at first and 2/(depth + 1) later.
#[derive(Clone, Debug, Default)]
struct Spread {
    depth: usize,
    mean: f64,
    seen: usize,
    large: Vec<f64>,
    small: Vec<f64>,
}

impl Spread {
    fn follow(&mut self, movement: f64) {
        if movement == 0.0 {
            return;
        }
        let most = 5.0 * self.mean;
        if movement * 5.0 < self.mean {
            self.small.push(movement);
        } else {
            self.small.clear();
        }
        let is_first = self.seen < FIRST.min(self.depth);
        let counted = if is_first { movement } else { movement.min(most) };
        if movement > counted {
            self.large.push(movement);
        } else {
            self.large.clear();
        }
        let weight = (1.0 / (self.seen as f64 + 1.0)).max(2.0 / (self.depth as f64 + 1.0));
        self.mean += weight * (counted - self.mean);
        self.seen = self.depth.min(self.seen + 1);
        for run in [&mut self.large, &mut self.small] {
            if run.len() == RESTART {
                self.mean = run.iter().map(|x| x / RESTART as f64).sum();
                run.clear();
            }
        }
    }

    /// From the values that the level starts again from.
    fn restart(&mut self, values: &[f64]) {
        self.large.clear();
        self.small.clear();
        let n = values.len() as f64;
        let mean = values.iter().map(|x| x / n).sum::<f64>();
        let off =
            |x: &f64| if (x - mean).abs() <= ROUNDING * x.abs() { 0.0 } else { (x - mean).abs() };
        let deviation = values.iter().map(|x| off(x) / n).sum();
        if deviation > 0.0 {
            self.mean = deviation;
        }
    }
}
