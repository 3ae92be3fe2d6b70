//! tailspot as a contender: two threshold rules, and its defaults, each one
//! value at a time or many in a call.

use std::hint::black_box;
use std::time::Instant;

use tailspot::{Config, Event, Outputs, Side, Spot};

use crate::contenders::{Contender, Job, LEVEL, Outcome, Q, offset, per_value, time_steps};

/// One value at a time: the calibrated threshold and the budget of alerts.
pub const STEP: Contender = ours("tailspot", |job| steps(job, Model::Calibrated));

/// One value at a time: the scheme as published, which is that of the peers.
pub const STEP_PLUG_IN: Contender = ours("plug-in", |job| steps(job, Model::PlugIn));

/// One value at a time under `Config::default()`: level 0.99, both tails.
pub const STEP_DEFAULT: Contender = ours("defaults", |job| steps(job, Model::Default));

/// Many values in a call, every answer written and looked at.
pub const MANY: Contender = ours("tailspot many", |job| many(job, Model::Calibrated));

/// The same as published.
pub const MANY_PLUG_IN: Contender = ours("plug-in many", |job| many(job, Model::PlugIn));

/// The same under `Config::default()`.
pub const MANY_DEFAULT: Contender = ours("defaults many", |job| many(job, Model::Default));

/// Many values in a call without outputs: only the state moves on.
pub const SCAN: Contender = ours("tailspot scan", |job| scan(job, Model::Calibrated));

/// The same as published.
pub const SCAN_PLUG_IN: Contender = ours("plug-in scan", |job| scan(job, Model::PlugIn));

/// Values of one call of `step_many`, so that the answers stay in the cache.
const CALL: usize = 16_384;

enum Model {
    Calibrated,
    PlugIn,
    Default,
}

const fn ours(name: &'static str, run: fn(&Job) -> Outcome) -> Contender {
    Contender { name, peer: false, run }
}

fn config(job: &Job, model: Model) -> Config {
    let raced = Config {
        q: Q,
        level: LEVEL,
        max_excess: job.max_excess,
        down: false,
        n_init: job.train.len(),
        alert: job.discard,
        ..Config::default()
    };
    match model {
        Model::Calibrated => raced,
        Model::PlugIn => raced.as_published(),
        Model::Default => Config::default(),
    }
}

fn fitted(job: &Job, model: Model) -> Spot {
    let mut spot = Spot::new(config(job, model)).expect("valid configuration");
    spot.fit(job.train).expect("enough finite values");
    spot
}

fn outcome(spot: &Spot, ns: f64, tail_events: usize) -> Outcome {
    Outcome { ns, tail_events, threshold: spot.anomaly_threshold(Side::Up) }
}

fn steps(job: &Job, model: Model) -> Outcome {
    let mut spot = fitted(job, model);
    let offset = offset(job, spot.excess_threshold(Side::Up));
    let (ns, tail_events) = time_steps(job, offset, |x| spot.step(x) != Event::Normal);
    outcome(&spot, ns, tail_events)
}

fn many(job: &Job, model: Model) -> Outcome {
    let mut spot = fitted(job, model);
    let mut answers = vec![Event::Normal; CALL];
    let start = Instant::now();
    let mut tail_events = 0;
    for values in black_box(job.stream).chunks(CALL) {
        let events = &mut answers[..values.len()];
        let outputs = Outputs { events: Some(&mut *events), ..Outputs::default() };
        spot.step_many(values, outputs).expect("outputs as long as the values");
        tail_events += count_tail(events);
    }
    let tail_events = black_box(tail_events);
    outcome(&spot, per_value(start, job.stream.len()), tail_events)
}

/// Looks at every answer; in pieces whose count fits in a byte, which the
/// compiler turns into vector instructions.
fn count_tail(events: &[Event]) -> usize {
    let count = |piece: &[Event]| piece.iter().map(|e| u8::from(*e != Event::Normal)).sum::<u8>();
    events.chunks(128).map(|piece| usize::from(count(piece))).sum()
}

fn scan(job: &Job, model: Model) -> Outcome {
    let mut spot = fitted(job, model);
    let start = Instant::now();
    spot.step_many(black_box(job.stream), Outputs::default()).expect("no outputs to be wrong");
    let ns = per_value(start, job.stream.len());
    let status = spot.status();
    assert_eq!(status.seen, job.stream.len() as u64, "every value is judged");
    assert_eq!(status.up.alerts, 0, "a scan is for a stream with nothing in the tail");
    outcome(&spot, ns, 0)
}

/// The threshold that the plug-in contender must come to on a stream of
/// excesses longer than its buffer: from one full fit of what is left in it.
pub fn plug_in_threshold(job: &Job) -> f64 {
    let status = fitted(job, Model::PlugIn).status();
    let t = status.up.excess_threshold;
    let last = &job.stream[job.stream.len() - job.max_excess..];
    let last: Vec<f64> = last.iter().map(|e| (t + e) - t).collect();
    let fit = tailspot::fit(&last).expect("positive excesses");
    let learned = (job.warm.len() + job.stream.len()) as u64;
    let tail_share = (status.up.n_t + learned) as f64 / (status.n + learned) as f64;
    let l = (tail_share / Q).ln();
    t + fit.scale * (fit.shape * l).exp_m1() / fit.shape
}
