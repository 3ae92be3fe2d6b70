//! One function per contender. Each builds a fresh detector, fits it, walks
//! through the warm-up and times only the walk through the stream, so that
//! every repetition does exactly the same work.

use std::hint::black_box;
use std::time::Instant;

/// Level of the excess threshold in every race.
pub const LEVEL: f64 = 0.98;
/// Probability of an anomaly in every race.
pub const Q: f64 = 1e-4;

/// What a contender is asked to do.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub max_excess: usize,
    /// Whether anomalies are left out of the model.
    pub discard: bool,
    pub train: &'a [f64],
    pub warm: &'a [f64],
    pub stream: &'a [f64],
    /// `warm` and `stream` are excesses, to be added to the contender's own
    /// threshold: the initial quantile estimates may differ, the tails may not.
    pub relative: bool,
}

/// What came of it.
#[derive(Clone, Copy)]
pub struct Outcome {
    /// Nanoseconds per value of the stream.
    pub ns: f64,
    /// Values of the stream that were excesses or anomalies.
    pub tail_events: usize,
    /// The anomaly threshold at the end; NaN for the plain sums.
    pub threshold: f64,
}

/// A contender: its name, whether it is a peer (peers may get a shorter
/// stream, for time), and its function.
#[derive(Clone, Copy)]
pub struct Contender {
    pub name: &'static str,
    pub peer: bool,
    pub run: fn(&Job) -> Outcome,
}

/// The crate `libspot`, C behind FFI.
pub const LIBSPOT: Contender = Contender { name: "libspot", peer: true, run: libspot_steps };

/// Its function `spot_step` called as a program in C calls it, without the crate's wrapper.
pub const LIBSPOT_C: Contender =
    Contender { name: "libspot's spot_step", peer: true, run: libspot_c_steps };

/// The same once other functions were installed for its log, exp and pow.
pub const LIBSPOT_STD_MATH: Contender =
    Contender { name: "libspot std math", peer: true, run: libspot_steps };

/// The crate `libspot-rs`, pure Rust.
pub const LIBSPOT_RS: Contender =
    Contender { name: "libspot-rs", peer: true, run: libspot_rs_steps };

/// A plain left-to-right sum: bound by the latency of an addition.
pub const SUM: Contender = Contender { name: "sum", peer: false, run: plain_sum };

/// A sum in eight lanes: bound by the memory.
pub const SUM8: Contender = Contender { name: "sum8", peer: false, run: lanes_sum };

fn libspot_steps(job: &Job) -> Outcome {
    let config = libspot::SpotConfig {
        q: Q,
        low_tail: false,
        discard_anomalies: job.discard,
        level: LEVEL,
        max_excess: job.max_excess,
    };
    let mut spot = libspot::SpotDetector::new(config).expect("valid configuration");
    spot.fit(job.train).expect("a fit on finite values");
    let offset = offset(job, spot.excess_threshold());
    let step = |x| spot.step(x).expect("a finite value") != libspot::SpotStatus::Normal;
    let (ns, tail_events) = time_steps(job, offset, step);
    let threshold = spot.anomaly_threshold();
    Outcome { ns, tail_events, threshold }
}

/// The public functions of libspot 3, which the crate links in. A detector is 168 bytes on 64-bit systems; it gets more.
mod c {
    use std::ffi::{c_double, c_int, c_ulong};

    pub type Detector = [u64; 64];

    /// Where a detector keeps its anomaly threshold: q, level, two flags in one, a sign, and then that.
    pub const ANOMALY_THRESHOLD: usize = 4;

    unsafe extern "C" {
        pub fn spot_init(
            spot: *mut Detector,
            q: c_double,
            low: c_int,
            discard_anomalies: c_int,
            level: c_double,
            buffer: *mut c_double,
            max_excess: c_ulong,
        ) -> c_int;
        pub fn spot_fit(spot: *mut Detector, data: *const c_double, size: c_ulong) -> c_int;
        pub fn spot_step(spot: *mut Detector, x: c_double) -> c_int;
    }
}

fn libspot_c_steps(job: &Job) -> Outcome {
    assert!(!job.relative, "where its tail starts is not asked");
    let mut buffer = vec![0.0; job.max_excess];
    let (mut spot, discard) = ([0; 64], job.discard.into());
    // SAFETY: as its manual says; detector and buffer outlive the calls.
    unsafe {
        let size = job.max_excess as u64;
        assert_eq!(c::spot_init(&mut spot, Q, 0, discard, LEVEL, buffer.as_mut_ptr(), size), 0);
        assert_eq!(c::spot_fit(&mut spot, job.train.as_ptr(), job.train.len() as u64), 0);
        let (ns, tail_events) = time_steps(job, None, |x| c::spot_step(&mut spot, x) != 0);
        Outcome { ns, tail_events, threshold: f64::from_bits(spot[c::ANOMALY_THRESHOLD]) }
    }
}

fn libspot_rs_steps(job: &Job) -> Outcome {
    let config = libspot_rs::SpotConfig {
        q: Q,
        low_tail: false,
        discard_anomalies: job.discard,
        level: LEVEL,
        max_excess: job.max_excess,
    };
    let mut spot = libspot_rs::SpotDetector::new(config).expect("valid configuration");
    spot.fit(job.train).expect("a fit on finite values");
    let offset = offset(job, spot.excess_threshold());
    let step = |x| spot.step(x).expect("a finite value") != libspot_rs::SpotStatus::Normal;
    let (ns, tail_events) = time_steps(job, offset, step);
    let threshold = spot.anomaly_threshold();
    Outcome { ns, tail_events, threshold }
}

fn plain_sum(job: &Job) -> Outcome {
    timed_sum(job, |values| values.iter().sum())
}

fn lanes_sum(job: &Job) -> Outcome {
    timed_sum(job, |values| {
        let (chunks, rest) = values.as_chunks::<8>();
        let mut lanes = [0.0; 8];
        for chunk in chunks {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                *lane += x;
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
    })
}

fn timed_sum(job: &Job, sum: impl Fn(&[f64]) -> f64) -> Outcome {
    let start = Instant::now();
    let total = black_box(sum(black_box(job.stream)));
    let ns = per_value(start, job.stream.len());
    assert!(total.is_finite(), "the sum of the stream is {total}");
    Outcome { ns, tail_events: 0, threshold: f64::NAN }
}

pub fn offset(job: &Job, excess_threshold: f64) -> Option<f64> {
    job.relative.then_some(excess_threshold)
}

/// Times `step`, which says whether a value was in the tail, over the stream.
/// The shift by the threshold is done beforehand: it is not the contender's.
pub fn time_steps(
    job: &Job,
    offset: Option<f64>,
    mut step: impl FnMut(f64) -> bool,
) -> (f64, usize) {
    let shift = |values: &[f64], t: f64| values.iter().map(|e| t + e).collect::<Vec<_>>();
    let shifted = offset.map(|t| (shift(job.warm, t), shift(job.stream, t)));
    let (warm, stream) = match &shifted {
        Some((warm, stream)) => (&warm[..], &stream[..]),
        None => (job.warm, job.stream),
    };
    for &x in warm {
        black_box(step(x));
    }
    let start = Instant::now();
    let mut events = 0;
    for &x in black_box(stream) {
        events += usize::from(step(x));
    }
    let events = black_box(events);
    (per_value(start, stream.len()), events)
}

pub fn per_value(start: Instant, n: usize) -> f64 {
    start.elapsed().as_nanos() as f64 / n as f64
}
