//! Several baselines, judged apart: a reference detector for each, and what they say together.
//!
//! A member of a set answers, learns and moves like a detector of its own, so each is compared with an engine of that
//! kind; the engine of the set has to give the harmonic mean of what the references say.

use tailspot::{Config, Event, Reason, Side, Spot};

use super::baseline::baselines;
use super::lockstep::{Act, Pair, tolerance};
use super::tail::Tail;

pub(crate) struct SetPair {
    set: Spot,
    /// Values until the set is calibrated: the members are then, too, on as many.
    start: Vec<f64>,
    members: Vec<Pair>,
}

impl SetPair {
    pub(crate) fn new(config: &Config) -> SetPair {
        let alone = |one| Config {
            baselines: vec![one],
            depth: 0,
            scale_depth: 0,
            period: 0,
            ..config.clone()
        };
        SetPair {
            set: Spot::new(config.clone()).expect("a valid configuration"),
            start: Vec::new(),
            members: baselines(config).into_iter().map(|one| Pair::new(&alone(one))).collect(),
        }
    }

    /// Gives all the next value, and says where they differ.
    pub(crate) fn step(&mut self, x: f64) -> Result<(), String> {
        if self.set.status().calibrated {
            self.judge(x)?;
            return self
                .members
                .iter_mut()
                .try_for_each(|pair| pair.act(&Act::Step(x)).map(|_| ()));
        }
        let event = self.set.step(x);
        self.start.push(x);
        if event == Event::Calibration {
            let batch = Act::Fit(std::mem::take(&mut self.start));
            self.members.iter_mut().try_for_each(|pair| pair.act(&batch).map(|_| ()))?;
        }
        Ok(())
    }

    fn judge(&mut self, x: f64) -> Result<(), String> {
        let reasons = self.set.reasons(x);
        for (pair, given) in self.members.iter().zip(&reasons) {
            let alone = pair.spot.reasons(x);
            if told(given) != told(&alone[0]) {
                return Err(format!("x = {x}: {given:?}, alone {alone:?}"));
            }
        }
        for side in [Side::Up, Side::Down] {
            self.check_threshold(side)?;
        }
        let verdict = self.set.verdict(x);
        if !x.is_finite() {
            return Ok(());
        }
        let config = self.set.config();
        let (p, k) = self.probability(verdict.event.side().unwrap_or(Side::Up), x);
        let is_alert = config.alert && verdict.probability < config.q;
        let is_right = match verdict.event.side() {
            None => [Side::Up, Side::Down].iter().all(|side| self.probability(*side, x).0 == 1.0),
            // A p of less than 1e-6 q is one number of both kinds of integral: very small.
            Some(_) => {
                let allowed = tolerance(0.5 * k) * p.max(1e-6 * config.q);
                is_alert == verdict.event.is_alert() && (verdict.probability - p).abs() <= allowed
            }
        };
        let what = || format!("x = {x}: {verdict:?} for p = {p}, q = {}", config.q);
        if is_right { Ok(()) } else { Err(what()) }
    }

    /// K / Σ 1/p of the references, and the fewest excesses of a member beyond its excess threshold.
    fn probability(&self, side: Side, x: f64) -> (f64, f64) {
        let (mut sum, mut fewest) = (0.0, f64::INFINITY);
        for pair in &self.members {
            let reference = &pair.reference;
            let tail = reference.tails[usize::from(side == Side::Down)].as_ref();
            let residual = f64::from(side as i8) * reference.follower.residual(x);
            if tail.is_some_and(|tail| residual > tail.t) {
                sum += 1.0 / reference.tail_probability(side, x);
                fewest = fewest.min(tail.map_or(0.0, Tail::k));
            } else {
                sum += 1.0;
            }
        }
        (self.members.len() as f64 / sum, fewest)
    }

    /// At the anomaly threshold of the set its probability is q; it may also pass q there with a jump, where a member
    /// begins to speak.
    fn check_threshold(&self, side: Side) -> Result<(), String> {
        let z = self.set.anomaly_threshold(side);
        let members = self.members.iter().map(|pair| pair.reference.thresholds(side).1);
        let is_known = members.clone().all(f64::is_finite);
        if !is_known || !z.is_finite() {
            return if is_known == z.is_finite() {
                Ok(())
            } else {
                Err(format!("{side:?}: z {z}"))
            };
        }
        let sign = f64::from(side as i8);
        let all: Vec<f64> = members.map(|z| sign * z).collect();
        let nearest = all.iter().copied().fold(f64::INFINITY, f64::min);
        let farthest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let rounding = 1e-9 * (farthest - nearest) + 1e-11 * z.abs();
        let q = self.set.config().q;
        let (inside, k) = self.probability(side, z - sign * rounding);
        let (beyond, k_beyond) = self.probability(side, z + sign * rounding);
        let fewest = k.min(k_beyond);
        let most = 1.0 + 2.0 * tolerance(0.5 * fewest);
        // It lies between those of the members, which stay while n goes on. Of fewer than five excesses every threshold
        // that is asked for lies where the nodes of an integral end.
        let is_far_enough = beyond <= q * most || sign * z >= farthest - rounding;
        let is_near_enough = inside * most >= q || sign * z <= nearest + rounding;
        if fewest < 5.0 || is_far_enough && is_near_enough {
            return Ok(());
        }
        Err(format!("{side:?}: z = {z}, p from {inside} to {beyond} there, q = {q}"))
    }
}

/// As text, since NaN is not equal to itself.
fn told(reason: &Reason) -> String {
    format!("{reason:?}")
}
