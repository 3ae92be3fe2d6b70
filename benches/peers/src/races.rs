//! The races: their streams, their contenders, and what is asserted of them.

use crate::abi::ABI;
use crate::contenders::{Contender, Job, SUM, SUM8};
use crate::draws::{Law, inner_normals};
use crate::ours::{
    MANY, MANY_DEFAULT, MANY_PLUG_IN, SCAN, SCAN_PLUG_IN, STEP, STEP_DEFAULT, STEP_PLUG_IN,
    plug_in_threshold,
};
use crate::row::{Row, race};

/// Excess steps before the clock starts.
const WARM: usize = 2;

/// One buffer size of the excess races.
pub struct Size {
    pub max_excess: usize,
    /// Independent buffers, over which the cost is averaged: what a peer's
    /// root search takes hangs on the extremes of the buffer it happens on,
    /// and a large buffer hardly changes while it is timed.
    buffers: u32,
    /// The peers take fewer steps on the large buffers, where one of theirs
    /// takes milliseconds.
    peer_steps: usize,
    /// More than `max_excess`, so that what happens once a buffer is in.
    our_steps: usize,
    reps: usize,
}

const fn size(
    max_excess: usize,
    buffers: u32,
    peer_steps: usize,
    our_steps: usize,
    reps: usize,
) -> Size {
    Size { max_excess, buffers, peer_steps, our_steps, reps }
}

pub const SIZES: &[Size] = &[
    size(200, 4, 500, 20_000, 5),
    size(1_000, 10, 40, 20_000, 3),
    size(10_000, 10, 4, 20_000, 3),
    size(100_000, 5, 2, 200_000, 2),
];

pub const QUICK_SIZES: &[Size] = &[size(200, 1, 100, 500, 1), size(1_000, 1, 10, 2_000, 1)];

fn field(peers: &[Contender], ours: &[Contender]) -> Vec<Contender> {
    [peers, ours].concat()
}

/// Steps of excesses on a full, evicting buffer: every one is learned.
pub fn excess(size: &Size, law: Law, peers: &[Contender]) -> Row {
    let rows = (0..size.buffers).map(|seed| excess_once(size, law, peers, u64::from(seed)));
    Row::mean(rows)
}

fn excess_once(size: &Size, law: Law, peers: &[Contender], seed: u64) -> Row {
    let max_excess = size.max_excess;
    // Half as many again as fill the buffer at this level.
    let train = law.values(max_excess * 75, 2 * seed);
    let excesses = law.excesses(size.our_steps + WARM, 2 * seed + 1);
    let (warm, stream) = excesses.split_at(WARM);
    let job = Job { max_excess, discard: false, train: &train, warm, stream, relative: true };
    let field = field(peers, &[STEP, STEP_PLUG_IN]);
    let ours = [STEP.name, STEP_PLUG_IN.name];
    let name = format!("{max_excess}, {}", law.name());
    let row = race(name, &job, &field, ours, size.peer_steps, size.reps);
    row.check_events(|n| n);
    row.check_peers(0.02);
    let z = plug_in_threshold(&job);
    row.check_threshold(STEP_PLUG_IN.name, z, 1e-6);
    // All values are excesses here, so z is the 1e-4 quantile of the tail: the predictive one lies farther out, the more so
    // the fewer the excesses.
    row.check_threshold(STEP.name, z, 0.01 + 300.0 / max_excess as f64);
    row
}

/// Steps of values below the excess threshold.
pub fn normal(quick: bool, peers: &[Contender]) -> Row {
    let n = if quick { 100_000 } else { 4_000_000 };
    let train = Law::Normal.values(2_000, 1);
    let stream = inner_normals(n, 2);
    let job = stream_job(&train, &stream);
    let field = field(peers, &[STEP, ABI, STEP_DEFAULT]);
    let ours = [STEP.name, ABI.name];
    let row = race("normal".into(), &job, &field, ours, n, 7);
    row.check_events(|_| 0);
    row.check_peers(0.02);
    row
}

/// The whole loop over a stream with tail and all, as a user would run it.
pub fn stream(quick: bool, peers: &[Contender]) -> Row {
    let (n, reps) = if quick { (100_000, 1) } else { (16_000_000, 2) };
    let values = Law::Normal.values(n + 2_000, 3);
    let (train, stream) = values.split_at(2_000);
    let job = stream_job(train, stream);
    let ours = [STEP, MANY, STEP_PLUG_IN, MANY_PLUG_IN, STEP_DEFAULT, MANY_DEFAULT];
    let field = field(peers, &ours);
    let row = race("stream".into(), &job, &field, [MANY.name, MANY_PLUG_IN.name], n, reps);
    row.check_tail_share(0.01, 0.04);
    row.check_same(STEP.name, MANY.name);
    row.check_same(STEP_PLUG_IN.name, MANY_PLUG_IN.name);
    row.check_same(STEP_DEFAULT.name, MANY_DEFAULT.name);
    row.check_peers(0.5);
    row.check_threshold(STEP.name, Law::Normal.anomaly(), 0.15);
    row.check_threshold(STEP_DEFAULT.name, Law::Normal.anomaly(), 0.15);
    row
}

/// A stream with nothing in the tail, against plain sums over it.
pub fn quiet(quick: bool) -> Row {
    let n = if quick { 200_000 } else { 16_000_000 };
    let train = Law::Normal.values(2_000, 4);
    let stream = inner_normals(n, 5);
    let job = stream_job(&train, &stream);
    let field = [SUM, SUM8, SCAN, SCAN_PLUG_IN, MANY, MANY_PLUG_IN];
    let row = race("quiet".into(), &job, &field, [SCAN.name, SCAN_PLUG_IN.name], n, 7);
    row.check_events(|_| 0);
    row.check_same(SCAN.name, MANY.name);
    row.check_same(SCAN_PLUG_IN.name, MANY_PLUG_IN.name);
    row
}

/// Detectors on one thread and on two, each over its own copy of a stream: the minimum of each, in turn.
pub fn threads(quick: bool, run: impl Fn(&Job, usize) -> f64) -> [f64; 2] {
    let (n, reps) = if quick { (100_000, 1) } else { (16_000_000, 7) };
    let values = Law::Normal.values(n + 2_000, 6);
    let (train, stream) = values.split_at(2_000);
    let job = stream_job(train, stream);
    let rounds = (0..reps).map(|_| [run(&job, 1), run(&job, 2)]);
    rounds.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])]).expect("at least one round")
}

fn stream_job<'a>(train: &'a [f64], stream: &'a [f64]) -> Job<'a> {
    Job { max_excess: 200, discard: true, train, warm: &[], stream, relative: false }
}
