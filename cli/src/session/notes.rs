//! What the user should know about the detectors, in sentences.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tailspot::{Event, Side, Spot};

use super::streams::Streams;
use crate::failure::warn;
use crate::number::short;

/// How often to say how far the calibration is.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many alerts of one stream, and twice as many, and so on, are a reason to compare their rate with q.
const FIRST_LOOK: u64 = 32;

/// The ends of the threshold's interval may be this many times as far from the excess threshold as each other.
const VAGUE: f64 = 10.0;

/// An alert rate this many times q is not chance.
const FAR: f64 = 100.0;

#[derive(Default)]
pub(crate) struct Notes {
    /// The input is live, and somebody may wait for an answer.
    live: bool,
    /// When the calibration was last spoken of, and whether it is to be spoken of.
    last: Option<Instant>,
    calibrating: bool,
    alerts: HashMap<usize, u64>,
    /// The rate was compared and found too high.
    far: bool,
}

impl Notes {
    pub(crate) fn new(live: bool) -> Self {
        Notes { live, calibrating: live, ..Notes::default() }
    }

    /// Takes an event that is not quiet: an alert, or the end of a calibration.
    pub(crate) fn event(&mut self, streams: &Streams, stream: usize, event: Event) {
        if event == Event::Calibration {
            let spot = streams.spot(stream);
            let config = spot.config();
            if self.live && streams.len() == 1 {
                warn(format!("calibrated on {} values", grouped(config.n_init as u64)));
                self.calibrating = false;
            }
            if streams.len() == 1 {
                vagueness(&spot);
            }
            let sides = [(Side::Up, config.up), (Side::Down, config.down)];
            if sides
                .iter()
                .any(|&(side, watched)| watched && spot.anomaly_threshold(side).is_infinite())
            {
                warn(format!(
                    "q = {} is more than {} values can know: only an infinity can be an alert; raise --q or --n-init",
                    short(config.q),
                    config.n_init
                ));
            }
        } else if !self.far {
            let alerts = self.alerts.entry(stream).or_default();
            *alerts += 1;
            if *alerts >= FIRST_LOOK && alerts.is_power_of_two() {
                self.compare_rate(streams, stream);
            }
        }
    }

    /// An alert rate that far exceeds q is not chance.
    fn compare_rate(&mut self, streams: &Streams, stream: usize) {
        let spot = streams.spot(stream);
        let (status, config) = (spot.status(), spot.config());
        let rate = |alerts: u64| alerts as f64 / status.seen as f64;
        let rate = rate(status.up.alerts).max(rate(status.down.alerts));
        if rate < FAR * config.q {
            return;
        }
        self.far = true;
        let names = [streams.column(stream), streams.key(stream)];
        let names = names.into_iter().flatten().collect::<Vec<_>>().join(" of ");
        let of = if names.is_empty() { String::new() } else { format!(" of {names}") };
        warn(format!(
            "{} % of the values{of} are alerts where q = {} was asked for: the stream has moved away from its \
             calibration, or its values depend on each other; see --depth, --fit and --incidents",
            short(100.0 * rate),
            short(config.q)
        ));
    }

    /// Says how far the calibration is, now and then.
    pub(crate) fn progress(&mut self, streams: &Streams) {
        if !self.calibrating || self.last.is_some_and(|last| last.elapsed() < PATIENCE) {
            return;
        }
        self.last = Some(Instant::now());
        let all = streams.len();
        let ready = (0..all).filter(|&stream| streams.spot(stream).status().calibrated).count();
        self.calibrating = ready < all;
        match (all, ready) {
            (1, 0) => {
                let (n, n_init) = (streams.spot(0).status().n, streams.config().n_init as u64);
                warn(format!("calibrating, {} of {}", grouped(n), grouped(n_init)));
            }
            (1, _) => {}
            _ => warn(format!(
                "{} of {} streams are calibrated",
                grouped(ready as u64),
                grouped(all as u64)
            )),
        }
    }

    /// Silence could be taken for "nothing found".
    pub(crate) fn conclude(&self, streams: &Streams) {
        let (n_init, all) = (streams.config().n_init, streams.len());
        let states = (0..all).map(|stream| streams.spot(stream).status());
        let waiting = states.filter(|status| !status.calibrated);
        let (most, count, missing) =
            waiting.fold((None, 0, 0), |(most, count, missing), status| {
                (most.max(Some(status.n)), count + 1, missing + status.missing)
            });
        match most {
            Some(0) if all == 1 && missing > 0 => {
                warn(format!("nothing was judged: all {missing} values are missing"));
            }
            Some(n) if all == 1 => warn(format!(
                "nothing was judged: {n} values are not enough to calibrate (n_init = {n_init}); {}",
                remedy(n, streams)
            )),
            Some(n) => warn(format!(
                "{count} of {all} streams were not judged: they have too few values to calibrate \
                 (n_init = {n_init}); {}",
                remedy(n, streams)
            )),
            None => {}
        }
    }
}

/// A calibration that cannot know q is not accepted in silence.
fn vagueness(spot: &Spot) {
    let config = spot.config();
    let spread = [Side::Up, Side::Down]
        .map(|side| spot.threshold_spread(side))
        .into_iter()
        .fold(0.0, f64::max);
    if spread.is_finite() && spread > VAGUE {
        warn(format!(
            "{} values hardly know q = {}: the 95 % interval of the anomaly threshold reaches to {} times its lower end, \
             from the excess threshold; lower --level, raise --n-init or --q",
            grouped(config.n_init as u64),
            short(config.q),
            grouped(spread as u64)
        ));
    }
}

/// What would have worked on this many values.
fn remedy(n: u64, streams: &Streams) -> String {
    let config = streams.config();
    // Half of the values to calibrate, with ten excesses on each side.
    let half = (n / 2).min(config.n_init as u64);
    let level = 1.0 - 10.0 / half.max(1) as f64;
    let other = "give another file with --fit";
    if half < 100 {
        return format!("lower --n-init, with a lower --level, or {other}");
    }
    match level >= config.level {
        true => format!("try --n-init {half}, or {other}"),
        false => {
            let level = (level * 100.0).floor() / 100.0;
            format!("try --n-init {half} --level {level}, or {other}")
        }
    }
}

/// "1,200"
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
