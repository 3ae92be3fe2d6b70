//! Streams that move, and streams that do not, with spikes planted in them.

use std::f64::consts::TAU;

use crate::draws::Draws;

/// Streams whose law does not change.
pub(crate) const LAWS: [&str; 11] = [
    "normal",
    "exponential",
    "Student t3",
    "lognormal",
    "uniform",
    "gamma 2",
    "Poisson 20",
    "AR 0.7 of t3",
    "AR 0.95",
    "GARCH(1,1)",
    "season and AR",
];

/// Streams that move, from the middle on or all the time.
pub(crate) const MOVING: [&str; 12] = [
    "none",
    "shift 3",
    "shift 30",
    "scale x 2",
    "scale x 1/2",
    "scale x 10",
    "ramp",
    "walk",
    "switching",
    "AR 0.7",
    "AR 0.95",
    "season",
];

/// Streams on which a baseline may freeze, go blind or never be quiet again.
pub(crate) const ODD: [&str; 27] = [
    "calibration with outliers",
    "0 and 1, p = 0.03",
    "0 and 1, p = 0.1",
    "0 and 1, p = 0.3",
    "0 and 1, p = 0.5",
    "two modes",
    "two modes, each for 50",
    "counts, mean 0.1",
    "counts, mean 1",
    "lognormal",
    "half missing",
    "missing for 1,000",
    "gaps of 100 in a season",
    "constant, jumps",
    "stuck for 500",
    "nearly stuck for 500",
    "weekends",
    "two seasons",
    "saturated",
    "outliers in pairs",
    "outliers, 1 %",
    "variance cycle 500",
    "variance cycle 5,000",
    "variance cycle 50,000",
    "bursts of 100",
    "mostly 0",
    "jumps of 1e308",
];

/// One stream.
pub(crate) struct Stream {
    name: &'static str,
    draws: Draws,
    length: usize,
    at: usize,
    /// The last value of a process, its level or state, and its variance.
    last: f64,
    state: f64,
    variance: f64,
    left: usize,
}

/// A value, whether it is a planted anomaly.
pub(crate) type Value = (f64, bool);

/// Every so many values one is planted.
const PLANT_EVERY: usize = 997;
pub(crate) const FIRST_PLANTED: usize = 6000;

impl Stream {
    pub(crate) fn new(name: &'static str, seed: u64, length: usize) -> Self {
        let draws = Draws::new(seed);
        Stream { name, draws, length, at: 0, last: 0.0, state: 0.0, variance: 1.0, left: 0 }
    }

    /// The next value, with a spike of this many scales from time to time.
    pub(crate) fn next(&mut self, every: Option<usize>) -> Value {
        let at = self.at;
        let clean = self.clean();
        self.at += 1;
        let is_planted = at > FIRST_PLANTED && every.is_some_and(|every| at % every == 0);
        (if is_planted { clean + self.spike() } else { clean }, is_planted)
    }

    pub(crate) fn every(is_long: bool) -> Option<usize> {
        Some(if is_long { 10 * PLANT_EVERY + 3 } else { PLANT_EVERY })
    }

    fn is_second_half(&self) -> bool {
        self.at >= self.length / 2
    }

    fn spike(&self) -> f64 {
        let changed = if self.is_second_half() { 1.0 } else { 0.0 };
        match self.name {
            "lognormal" | "Student t3" | "AR 0.7 of t3" => 60.0,
            "exponential" | "gamma 2" => 20.0,
            "Poisson 20" => 40.0,
            "uniform" => 2.0,
            "scale x 2" => 8.0 + 8.0 * changed,
            "scale x 1/2" => 8.0 - 4.0 * changed,
            "scale x 10" => 8.0 + 72.0 * changed,
            "two seasons" | "weekends" => 12.0,
            _ if LAWS.contains(&self.name) => 9.0,
            _ => 8.0,
        }
    }

    fn season(&self, period: usize) -> f64 {
        ((self.at % period) as f64 * TAU / period as f64).sin()
    }

    fn is_one(&mut self, p: f64) -> f64 {
        f64::from(self.draws.uniform() < p)
    }

    fn poisson(&mut self, mean: f64) -> f64 {
        let (mut count, mut product) = (0.0, self.draws.uniform());
        while product > (-mean).exp() {
            product *= self.draws.uniform();
            count += 1.0;
        }
        count
    }

    /// An autoregressive process of unit variance.
    fn ar(&mut self, rho: f64) -> f64 {
        self.last = rho * self.last + (1.0 - rho * rho).sqrt() * self.draws.normal();
        self.last
    }

    fn clean(&mut self) -> f64 {
        let half = f64::from(self.is_second_half());
        let draws = &mut self.draws;
        match self.name {
            "normal" | "none" => draws.normal(),
            "exponential" => draws.exponential(),
            "Student t3" => draws.student3(),
            "lognormal" => draws.normal().exp(),
            "uniform" => draws.uniform(),
            "gamma 2" => draws.exponential() + draws.exponential(),
            "Poisson 20" => self.poisson(20.0),
            "AR 0.7 of t3" => {
                self.last = 0.7 * self.last + draws.student3();
                self.last
            }
            "AR 0.7" => self.ar(0.7),
            "AR 0.95" => self.ar(0.95),
            "GARCH(1,1)" => {
                self.variance = 0.05 + 0.1 * self.last * self.last + 0.85 * self.variance;
                self.last = self.variance.sqrt() * draws.normal();
                self.last
            }
            "season and AR" => self.ar(0.8) + 4.0 * self.season(288),
            "shift 3" => draws.normal() + 3.0 * half,
            "shift 30" => draws.normal() + 30.0 * half,
            "scale x 2" => draws.normal() * (1.0 + half),
            "scale x 1/2" => draws.normal() * (1.0 - 0.5 * half),
            "scale x 10" => draws.normal() * (1.0 + 9.0 * half),
            "ramp" => draws.normal() + 1e-4 * self.at as f64,
            "walk" => {
                self.state += 0.05 * draws.normal();
                self.state + draws.normal()
            }
            "switching" => draws.normal() + if self.at / 5000 % 2 == 1 { 5.0 } else { 0.0 },
            "season" => draws.normal() + 3.0 * self.season(288),
            _ => self.odd(),
        }
    }

    /// Whether the time lies in the last part of each so many values.
    fn is_late(&self, part: usize, of: usize) -> bool {
        self.at % of >= of - part
    }

    fn odd(&mut self) -> f64 {
        let normal = self.draws.normal();
        match self.name {
            "0 and 1, p = 0.03" => self.is_one(0.03),
            "0 and 1, p = 0.1" => self.is_one(0.1),
            "0 and 1, p = 0.3" => self.is_one(0.3),
            "0 and 1, p = 0.5" => self.is_one(0.5),
            "two modes" => normal + 20.0 * self.is_one(0.3),
            "two modes, each for 50" => {
                if self.is_one(0.02) == 1.0 {
                    self.state = 20.0 - self.state;
                }
                normal + self.state
            }
            "counts, mean 0.1" => self.poisson(0.1),
            "counts, mean 1" => self.poisson(1.0),
            "half missing" => [normal, f64::NAN][self.is_one(0.5) as usize],
            "missing for 1,000" if self.is_late(1000, 5000) => f64::NAN,
            "missing for 1,000" => normal + 3.0 * self.season(288),
            "gaps of 100 in a season" => {
                if self.at % 10_000 == 9_999 {
                    self.left += 100;
                }
                normal + 6.0 * ((self.at + self.left) as f64 * TAU / 288.0).sin()
            }
            "constant, jumps" => {
                if self.is_one(1e-3) == 1.0 {
                    self.state += normal;
                }
                45.1 + self.state
            }
            "stuck for 500" if self.is_late(500, 5000) => self.last,
            "nearly stuck for 500" if self.is_late(500, 5000) => self.last + 1e-6 * normal,
            "stuck for 500" | "nearly stuck for 500" => {
                self.last = 45.0 + normal;
                self.last
            }
            "weekends" => {
                let weekend = self.at / 288 % 7 >= 5;
                0.7 * normal + if weekend { 0.0 } else { 6.0 + 6.0 * self.season(288) }
            }
            "two seasons" => normal + 5.0 * self.season(288) + 5.0 * self.season(2016),
            "saturated" => (2.0 * self.ar(0.9)).clamp(-1.5, 1.5),
            "outliers in pairs" => {
                if self.left > 0 || self.is_one(2e-4) == 1.0 {
                    self.left = 1 - self.left.min(1);
                    return normal + 15.0;
                }
                normal
            }
            "outliers, 1 %" => normal + 15.0 * self.is_one(0.01),
            "variance cycle 500" => normal * self.season(500).exp(),
            "variance cycle 5,000" => normal * self.season(5000).exp(),
            "variance cycle 50,000" => normal * self.season(50_000).exp(),
            "bursts of 100" => normal + if self.is_late(100, 10_000) { 10.0 } else { 0.0 },
            "calibration with outliers" if self.at < 2000 && self.at % 400 == 399 => 1e6,
            "calibration with outliers" => normal,
            "mostly 0" => normal * self.is_one(0.05),
            "jumps of 1e308" => normal + 1e308 * self.is_one(2e-4),
            _ => self.draws.normal().exp(),
        }
    }
}
