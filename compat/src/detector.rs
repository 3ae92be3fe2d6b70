//! A detector as libspot 1 describes it, over ours as published.

use std::ffi::c_int;
use std::io::Write;

use tailspot::{Config, Event, Side, SideStatus, Spot};

use crate::layout::{DSpotConfig, DSpotStatus, SpotConfig, SpotStatus};

/// The event of a value that was not judged: the window of the drift fills, or there is no detector.
pub(crate) const OTHER: c_int = 5;

#[derive(Debug)]
pub(crate) struct Detector {
    asked: DSpotConfig,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No value yet: `DSpot_set_q` may still change the q that `DSpot_new_light` does not ask for.
    New,
    Running(Box<Spot>),
    /// There is no such detector; standard error says why.
    Impossible,
}

impl Detector {
    pub(crate) fn new(mut asked: DSpotConfig) -> Self {
        let SpotConfig { n_init, max_excess, .. } = &mut asked.spot;
        if *n_init <= 0 {
            *n_init = 1000;
        }
        *max_excess = (*max_excess).max(-1);
        Detector { asked, state: State::New }
    }

    pub(crate) fn step(&mut self, x: f64) -> c_int {
        if matches!(self.state, State::New) {
            self.start();
        }
        let State::Running(spot) = &mut self.state else { return OTHER };
        let fills_window = spot.drift().is_nan();
        match spot.step(x) {
            Event::InitBatch | Event::Missing if fills_window => OTHER,
            // Libspot 1 has no event for it: it returned that of a value that is not in a tail.
            Event::Missing if spot.status().calibrated => Event::Normal.code().into(),
            Event::Missing => Event::InitBatch.code().into(),
            event => event.code().into(),
        }
    }

    fn start(&mut self) {
        let spot = self.parameters().and_then(|parameters| {
            let spot = Spot::new(parameters).map_err(|error| error.to_string());
            spot.inspect(|_| self.explain_q(self.asked.spot.q))
        });
        self.state = match spot {
            Ok(spot) => State::Running(Box::new(spot)),
            Err(why) => {
                say(&format!("{why}. Every value is answered with 5, not judged"));
                State::Impossible
            }
        };
    }

    fn parameters(&self) -> Result<Config, String> {
        let SpotConfig { q, max_excess, alert, up, down, n_init, level, .. } = self.asked.spot;
        let d = self.asked.depth;
        let size = |size: c_int| usize::try_from(size).unwrap_or(0);
        if d < 0 {
            return Err(format!("d = {d} is out of range: needs d >= 0"));
        }
        let parameters = Config {
            q: in_tail(q, level),
            level,
            n_init: size(n_init),
            max_excess: size(max_excess),
            bounded: max_excess > 0,
            depth: size(d),
            up: up != 0,
            down: down != 0,
            alert: alert != 0,
            ..Config::default()
        };
        Ok(parameters.as_published())
    }

    pub(crate) fn set_q(&mut self, q: f64) {
        let level = self.asked.spot.level;
        match &mut self.state {
            State::Running(spot) => match spot.set_q(in_tail(q, level)) {
                Ok(()) => {
                    self.asked.spot.q = q;
                    self.explain_q(q);
                }
                Err(error) => say(&format!("{error}. It stays {}", self.asked.spot.q)),
            },
            State::New | State::Impossible => {
                self.asked.spot.q = q;
                self.state = State::New;
            }
        }
    }

    fn explain_q(&self, q: f64) {
        let level = self.asked.spot.level;
        if q != in_tail(q, level) {
            say(&format!("q = {q} acts as 1 - level, where the tail starts, for level = {level}"));
        }
    }

    pub(crate) fn config(&self) -> DSpotConfig {
        self.asked
    }

    fn spot(&self) -> Option<&Spot> {
        match &self.state {
            State::Running(spot) => Some(spot),
            State::New | State::Impossible => None,
        }
    }

    /// 0 while the window fills.
    pub(crate) fn drift(&self) -> f64 {
        self.spot().map(Spot::drift).filter(|drift| !drift.is_nan()).unwrap_or(0.0)
    }

    pub(crate) fn anomaly_threshold(&self, side: Side) -> f64 {
        self.or_drift(self.spot().map_or(f64::NAN, |spot| spot.anomaly_threshold(side)))
    }

    pub(crate) fn excess_threshold(&self, side: Side) -> f64 {
        self.or_drift(self.spot().map_or(f64::NAN, |spot| spot.excess_threshold(side)))
    }

    /// A threshold that does not exist yet is 0 before the drift is added.
    fn or_drift(&self, threshold: f64) -> f64 {
        if threshold.is_nan() { self.drift() } else { threshold }
    }

    pub(crate) fn status(&self) -> DSpotStatus {
        let Some(spot) = self.spot() else { return DSpotStatus::default() };
        let status = spot.status();
        let SideStatus { alerts, n_t, excesses, excess_threshold, anomaly_threshold, .. } =
            status.up;
        let down = status.down;
        let spot = SpotStatus {
            n: count(status.n),
            ex_up: count(excesses),
            ex_down: count(down.excesses),
            Nt_up: count(n_t),
            Nt_down: count(down.n_t),
            al_up: count(alerts),
            al_down: count(down.alerts),
            t_up: self.or_drift(excess_threshold),
            t_down: self.or_drift(down.excess_threshold),
            z_up: self.or_drift(anomaly_threshold),
            z_down: self.or_drift(down.anomaly_threshold),
        };
        DSpotStatus { spot, drift: self.drift() }
    }

    /// P(X > z) or P(X < z); 0 without a tail. Short of the tail the formula of the tail goes on, up to 1.
    pub(crate) fn probability(&self, side: Side, z: f64) -> f64 {
        let Some(spot) = self.spot() else { return 0.0 };
        let t = spot.excess_threshold(side);
        let probability = spot.tail_probability(side, z);
        if t.is_nan() {
            return 0.0;
        }
        if z.is_nan() || !probability.is_nan() {
            return probability;
        }
        let (share, shape) = (spot.tail_probability(side, t), spot.shape(side));
        let y = (z - t).abs() / spot.scale(side);
        let growth = if shape == 0.0 { y } else { -(-shape * y).ln_1p() / shape };
        // Where the formula has no value it has passed 1 before, and `min` takes a NaN for that.
        (share * growth.exp()).min(1.0)
    }
}

/// A count as far as an int holds it.
fn count(count: u64) -> c_int {
    c_int::try_from(count).unwrap_or(c_int::MAX)
}

/// q, or for one that reaches out of the tail the largest that does not.
fn in_tail(q: f64, level: f64) -> f64 {
    if q < 1.0 { q.min(1.0 - level - 2e-12) } else { q }
}

/// One line on standard error, if it is open.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "libspot.so (tailspot): {sentence}.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stops_at_the_largest_int() {
        let largest = c_int::MAX as u64;
        let counts = [0, largest - 1, largest, largest + 1, u64::MAX].map(count);
        assert_eq!(counts, [0, c_int::MAX - 1, c_int::MAX, c_int::MAX, c_int::MAX]);
    }
}
