//! The engine and the reference detector side by side.
//!
//! What follows from counts and maxima must be the same. What follows from an integral (the thresholds of the calibrated
//! rule and the learning limit) the engine takes over a few nodes, and from 40 excesses on not after every push. Where it
//! is within [`tolerance`] of the fine grid the reference takes it over, so that both go on from the same numbers and
//! everything else can be compared value by value.

use tailspot::{Config, Event, Side, SideStatus, Spot, Threshold};

use super::detector::{Reference, index};
use super::likelihood::Gpd;
use super::tail::Tail;
use super::vector::{SideFinal, last};

/// How far a plug-in threshold may be from the reference's, relative to the distance from the excess threshold.
pub(crate) const NEAR: f64 = 1e-7;

/// How far P(beyond a threshold) may be from what it should be, relative to it, for k excesses.
pub(crate) fn tolerance(k: f64) -> f64 {
    match k {
        k if k >= 40.0 => 0.01,
        k if k >= 20.0 => 0.03,
        k if k >= 5.0 => 0.1,
        _ => 0.3,
    }
}

/// Excesses so many times the largest are where the nodes of an integral end: with one or two excesses every threshold
/// that is asked for may lie there.
const FAR: f64 = 1e20;

/// How far an allowance may be from the reference's, in parts of the depth of the bucket.
const ALLOWANCE: f64 = 0.03;

/// Something that happens to both detectors.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Fit(Vec<f64>),
    Step(f64),
    SetQ(f64),
}

pub(crate) struct Pair {
    pub(crate) spot: Spot,
    pub(crate) reference: Reference,
    steps: usize,
    /// Pushes after which the engine was on another local maximum than the best one.
    pub(crate) elsewhere: usize,
    /// Thresholds that were taken over, and the largest distance among them, in parts of what is allowed.
    pub(crate) adopted: usize,
    pub(crate) worst: f64,
}

impl Pair {
    pub(crate) fn new(config: &Config) -> Pair {
        Pair {
            spot: Spot::new(config.clone()).expect("a valid configuration"),
            reference: Reference::new(config),
            steps: 0,
            elsewhere: 0,
            adopted: 0,
            worst: 0.0,
        }
    }

    /// Does the same to both, and says where they differ; the event of a step.
    pub(crate) fn act(&mut self, act: &Act) -> Result<Event, String> {
        let mut event = Event::Normal;
        match act {
            Act::Fit(values) => {
                self.spot.fit(values).map_err(|error| error.to_string())?;
                self.reference.fit(values);
            }
            Act::SetQ(q) => {
                self.spot.set_q(*q).map_err(|error| error.to_string())?;
                self.reference.set_q(*q);
            }
            Act::Step(x) => {
                event = self.spot.step(*x);
                let expected = self.reference.step(*x, Some(self.spot.status()));
                self.steps += 1;
                if event != expected {
                    return Err(format!(
                        "step {}, x = {x}: {event:?} for {expected:?}",
                        self.steps
                    ));
                }
            }
        }
        let status = self.spot.status();
        for (side, given) in [(Side::Up, &status.up), (Side::Down, &status.down)] {
            self.follow(side, given)
                .map_err(|what| format!("after step {}, {side:?}: {what}", self.steps))?;
        }
        self.differences().map_err(|what| format!("after step {}: {what}", self.steps))?;
        Ok(event)
    }

    /// Lets the reference take over the engine's numbers where it may.
    fn follow(&mut self, side: Side, given: &SideStatus) -> Result<(), String> {
        let i = index(side);
        if !std::mem::take(&mut self.reference.moved[i]) {
            return self.follow_allowance(side, given.allowance);
        }
        let (config, n) = (self.reference.config.clone(), self.reference.n);
        let is_plug_in = config.threshold == Threshold::PlugIn;
        let (drift, scale) = (self.reference.drift(), self.reference.follower.scale());
        let is_moving = self.reference.is_moving();
        let Some(tail) = &mut self.reference.tails[i] else { return Ok(()) };
        let in_tail = |x: f64| f64::from(side as i8) * (x - drift) / scale;
        let engine = Numbers {
            z: in_tail(given.anomaly_threshold),
            limit: in_tail(given.learning_limit) - tail.t,
            allowance: given.allowance,
            gpd: Gpd { shape: given.shape, scale: given.scale },
            noise: match is_moving {
                false => 0.0,
                true => 1e-12 * in_tail(given.anomaly_threshold).abs().max(drift.abs() / scale),
            },
        };
        if is_plug_in
            && (tail.gpd.shape - given.shape).abs() >= NEAR
            && let Some(gpd) = tail.maximum_near(engine.gpd)
        {
            tail.gpd = gpd;
            tail.set_thresholds(&config, n);
            self.elsewhere += 1;
        }
        if tail.posterior.is_none() {
            return Ok(());
        }
        // The engine's posterior may follow before it is due, where its nodes no longer fit.
        let mut early = tail.clone();
        if early.waiting > 0 {
            early.integrate(&config);
            early.set_thresholds(&config, n);
        }
        let mut off = distance(tail, &config, n, &engine);
        let early_off = distance(&early, &config, n, &engine);
        if early_off < off {
            (*tail, off) = (early, early_off);
        }
        if off > 1.0 {
            return Err(format!(
                "{engine:?} for z {}, {:?}, {:?}, {} of {} excesses known: off by {} of what is allowed",
                tail.z,
                tail.budget,
                tail.gpd,
                tail.k(),
                tail.buffer.len(),
                off
            ));
        }
        self.worst = self.worst.max(off);
        self.adopted += 1;
        engine.give(tail, &config);
        Ok(())
    }

    /// Between pushes the buckets fill, up to depths that are integrals, too.
    fn follow_allowance(&mut self, side: Side, given: f64) -> Result<(), String> {
        let tail = self.reference.tails[index(side)].as_mut();
        let Some(budget) = tail.and_then(|tail| tail.budget.as_mut()) else { return Ok(()) };
        near("allowance", given, budget.allowance, ALLOWANCE * budget.depth)?;
        budget.allowance = given;
        Ok(())
    }

    fn differences(&self) -> Result<(), String> {
        let (status, last) = (self.spot.status(), last(&self.reference));
        let given = (status.calibrated, status.n, status.seen, status.missing);
        let expected = (last.calibrated, last.n, last.seen, last.missing);
        if given != expected {
            return Err(format!("calibrated, n, seen, missing: {given:?} for {expected:?}"));
        }
        for (side, given, expected) in [
            ("up", status.up.surplus, self.reference.surplus[0]),
            ("down", status.down.surplus, self.reference.surplus[1]),
        ] {
            if given != expected {
                return Err(format!("{side}: surplus {given} for {expected}"));
            }
        }
        // The mean of a window may be summed in another order.
        let noise = if self.reference.is_moving() {
            1e-12 * self.spread(&last.up, &last.down)
        } else {
            0.0
        };
        near("drift", status.drift, last.drift, noise)?;
        for (name, given, expected) in
            [("up", &status.up, &last.up), ("down", &status.down, &last.down)]
        {
            let counts = (given.alerts, given.n_t, given.excesses);
            let expected_counts = (expected.alerts, expected.n_t, expected.excesses);
            if counts != expected_counts {
                return Err(format!(
                    "{name}: alerts, n_t, excesses: {counts:?} for {expected_counts:?}"
                ));
            }
            // A learning limit that entered the buffer comes from an integral.
            let side = if name == "up" { Side::Up } else { Side::Down };
            let tail = self.reference.tails[index(side)].as_ref();
            let is_exact = tail.is_none_or(|tail| tail.budget.is_none());
            let relative = if is_exact { NEAR } else { 1e-5 };
            let reach = (expected.anomaly_threshold - expected.excess_threshold).abs();
            let context = |what: String| format!("{name}, {expected:?}: {what}");
            near("t", given.excess_threshold, expected.excess_threshold, noise).map_err(context)?;
            near(
                "z",
                given.anomaly_threshold,
                expected.anomaly_threshold,
                relative * reach + noise,
            )
            .map_err(context)?;
            near("shape", given.shape, expected.shape, relative).map_err(context)?;
            near("scale", given.scale, expected.scale, relative * expected.scale)
                .map_err(context)?;
        }
        Ok(())
    }

    fn spread(&self, up: &SideFinal, down: &SideFinal) -> f64 {
        let thresholds = [
            up.excess_threshold,
            up.anomaly_threshold,
            down.excess_threshold,
            down.anomaly_threshold,
        ];
        thresholds.iter().filter(|z| z.is_finite()).fold(1.0, |most: f64, z| most.max(z.abs()))
    }

    /// The getters that compute something, at points in the tails and beyond.
    pub(crate) fn probabilities(&self) -> Result<(), String> {
        for side in [Side::Up, Side::Down] {
            let (t, z) = self.reference.thresholds(side);
            let k = self.reference.tails[index(side)].as_ref().map_or(0.0, Tail::k);
            for part in [-0.5, 0.0, 0.1, 0.5, 0.9, 1.0, 1.1, 1.5, 3.0, 100.0] {
                let x = t + part * (z - t);
                let (given, expected) =
                    (self.spot.tail_probability(side, x), self.reference.tail_probability(side, x));
                // Near the end point of a bounded tail a small survival has few digits left.
                let q = self.reference.config.q;
                let allowed = match self.reference.config.threshold {
                    Threshold::PlugIn => 1e-6 * expected + 1e-9 * q,
                    _ => tolerance(k) * (expected + q),
                };
                near("tail probability", given, expected, allowed)
                    .map_err(|what| format!("{side:?}, t + {part} (z - t): {what}"))?;
            }
        }
        Ok(())
    }
}

/// What the engine has of one side, as an upper one.
#[derive(Debug)]
struct Numbers {
    z: f64,
    limit: f64,
    allowance: f64,
    gpd: Gpd,
    noise: f64,
}

impl Numbers {
    fn give(self, tail: &mut Tail, config: &Config) {
        // With a budget, limits enter the likelihood of the plug-in rule, too.
        if config.threshold == Threshold::Calibrated || tail.budget.is_some() {
            tail.gpd = self.gpd;
            // Level and scale come off with rounding: what is the same stays.
            if (self.z - tail.z).abs() > self.noise {
                tail.z = self.z;
            }
        }
        if let Some(budget) = &mut tail.budget {
            budget.allowance = self.allowance;
            if (self.limit - budget.limit).abs() > self.noise {
                budget.limit = self.limit;
            }
        }
    }
}

/// How far the engine's numbers are from those of a tail, in parts of what is allowed.
fn distance(tail: &Tail, config: &Config, n: u64, engine: &Numbers) -> f64 {
    let Some(posterior) = &tail.posterior else { return 0.0 };
    let tolerance = tolerance(tail.k());
    // Of a distance from t: P there compared with the P that it should have, or itself with what it should be. Beyond a
    // short tail P is steep, in the middle of a heavy one z is.
    let off = |given: f64, expected: f64, wanted: f64| {
        let (given, expected) = (given - tail.half_step, expected - tail.half_step);
        let far = FAR * posterior.unit;
        if posterior.probability(far) > wanted {
            return if given >= far { 0.0 } else { f64::INFINITY };
        }
        let apart = (given / expected - 1.0).abs();
        let likely = (posterior.probability(given) / wanted - 1.0).abs();
        (if wanted < 1.0 { apart.min(likely) } else { apart }) / tolerance
    };
    let mut worst: f64 = 0.0;
    if config.threshold == Threshold::Calibrated {
        let is_same = (engine.z - tail.z).abs() <= NEAR * (tail.z - tail.t).abs() + engine.noise;
        worst = if is_same {
            0.0
        } else {
            off(engine.z - tail.t, tail.z - tail.t, tail.wanted(config, n))
        };
        let shape = (engine.gpd.shape - tail.gpd.shape).abs() / 0.01;
        let scale = (engine.gpd.scale / tail.gpd.scale - 1.0).abs();
        worst = worst.max(shape).max(scale / tolerance);
    }
    if let Some(budget) = &tail.budget {
        let nearer = engine.limit.min(budget.limit);
        let is_same = (engine.limit - budget.limit).abs() <= NEAR * nearer + engine.noise;
        let at_limit = off(engine.limit, budget.limit, tail.wanted_beyond_limit(config, n));
        worst = worst.max(if is_same { 0.0 } else { at_limit });
        worst = worst.max((engine.allowance - budget.allowance).abs() / (ALLOWANCE * budget.depth));
    }
    worst
}

pub(crate) fn near(what: &str, given: f64, expected: f64, tolerance: f64) -> Result<(), String> {
    let same = given == expected || (given.is_nan() && expected.is_nan());
    if same || (given - expected).abs() <= tolerance {
        return Ok(());
    }
    Err(format!("{what} {given:?} for {expected:?}, off by {:e}", (given - expected).abs()))
}

/// How often the engine was on another local maximum, if all else is equal.
pub(crate) fn same_story(config: &Config, acts: &[Act]) -> Result<usize, String> {
    let mut pair = Pair::new(config);
    acts.iter().try_for_each(|act| pair.act(act).map(|_| ()))?;
    if !pair.reference.is_moving() {
        pair.probabilities()?;
    }
    Ok(pair.elsewhere)
}

pub(crate) fn steps(values: &[f64]) -> Vec<Act> {
    values.iter().map(|x| Act::Step(*x)).collect()
}
