//! What the user should know about the detectors, in sentences.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tailspot::{Accounting, Baseline, Config, Event, Side};

use super::streams::Streams;
use super::summary::interval;
use crate::failure::warn;
use crate::number::short;

/// How often to say how far the calibration is.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many alerts of one stream, and twice as many, and so on, are a reason to compare their rate with q; at the end of
/// a run fewer suffice.
const FIRST_LOOK: u64 = 256;
const LAST_LOOK: u64 = 32;

/// An alert rate this many times q is not chance.
const FAR: f64 = 100.0;

/// A threshold is hardly known where its interval spans this factor.
const WIDE: f64 = 10.0;

#[derive(Default)]
pub(crate) struct Notes {
    /// The input is live, and somebody may wait for an answer.
    live: bool,
    /// Alerts are looked at while they come, and not only at the end of the run.
    early: bool,
    /// When the calibration was last spoken of, and whether it is to be spoken of.
    last: Option<Instant>,
    calibrating: bool,
    alerts: HashMap<usize, u64>,
    /// What was said: an alert rate is too high, a stream has left its calibration, a threshold is hardly known.
    far: bool,
    refuted: bool,
    vague: bool,
}

impl Notes {
    pub(crate) fn new(live: bool, early: bool) -> Self {
        Notes { live, early, calibrating: live, ..Notes::default() }
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
            return;
        }
        let alerts = self.alerts.entry(stream).or_default();
        *alerts += 1;
        if !alerts.is_power_of_two() {
            return;
        }
        let look = self.early && *alerts >= FIRST_LOOK && !(self.far && self.refuted);
        // The end, where most thresholds are known, may never come.
        if self.live {
            self.doubt(streams, stream);
        }
        if look {
            self.look(streams, stream);
        }
    }

    /// Thresholds that are hardly known at the end of a run, when more values no longer help.
    pub(crate) fn doubts(&mut self, streams: &Streams) {
        (0..streams.len()).for_each(|stream| self.doubt(streams, stream));
    }

    /// A q that the values of a stream do not say is not asked for in silence.
    fn doubt(&mut self, streams: &Streams, stream: usize) {
        // A millisecond is too much for each of a million keys.
        if self.vague || streams.key(stream).is_some() {
            return;
        }
        let spot = streams.spot(stream);
        let (config, n) = (spot.config(), spot.status().n);
        if !spot.status().calibrated {
            return;
        }
        let vague = |&(side, watched): &(Side, bool)| {
            watched
                && (spot.threshold_spread(side) > WIDE
                    || spot.anomaly_threshold(side).is_infinite())
        };
        let sides = [(Side::Up, config.up), (Side::Down, config.down)];
        let Some(&(side, _)) = sides.iter().find(|side| vague(side)) else { return };
        self.vague = true;
        let name = if side == Side::Up { "upper" } else { "lower" };
        let found = match interval(&spot, side).filter(|(low, high)| (high - low).is_finite()) {
            Some((low, high)) => {
                format!("may belong anywhere from {} to {}", short(low), short(high))
            }
            None => "is unknown".to_owned(),
        };
        warn(format!(
            "q = {} is hardly known from {} values: the {name} threshold{} {found}; more values (--n-init), a lower \
             --level or a larger --q narrow it",
            short(config.q),
            grouped(n),
            of(streams, stream)
        ));
    }

    /// Alerts that do not end are no anomalies. (A baseline learns what refutes its calibration, and they do end.)
    fn look(&mut self, streams: &Streams, stream: usize) {
        let spot = streams.spot(stream);
        let status = spot.status();
        let alerts = status.up.alerts + status.down.alerts;
        let is_followed = spot.config().warm_up() > 0 && alerts < status.refuted / 10;
        if status.refuted == 0 || is_followed {
            return self.compare_rate(streams, stream);
        }
        if std::mem::replace(&mut self.refuted, true) {
            return;
        }
        self.far = true;
        let config = spot.config();
        let limit = (config.limit == 0.0).then(|| "--limit 5 gets used to it".to_owned());
        let remedies: Vec<String> = following(config).into_iter().chain(limit).collect();
        let remedy = match remedies.is_empty() {
            true => "--fit with newer values, or a larger --limit".to_owned(),
            false => remedies.join(", "),
        };
        warn(format!(
            "{} of {} values{} are alerts, and the last {} are not what the detector was calibrated on: {remedy}",
            grouped(alerts),
            grouped(status.seen),
            of(streams, stream),
            grouped(status.refuted),
        ));
    }

    /// An alert rate that far exceeds q is not chance.
    fn compare_rate(&mut self, streams: &Streams, stream: usize) {
        let spot = streams.spot(stream);
        let (status, config) = (spot.status(), spot.config());
        let rate = |alerts: u64| alerts as f64 / status.seen as f64;
        let rate = rate(status.up.alerts).max(rate(status.down.alerts));
        if rate < FAR * config.q || std::mem::replace(&mut self.far, true) {
            return;
        }
        warn(format!(
            "{} % of the values{} are alerts where q = {} was asked for: the stream has moved away from its \
             calibration, or its values depend on each other; see --depth, --fit and --incidents",
            short(100.0 * rate),
            of(streams, stream),
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

    /// Alerts that do not end, at the end of a run.
    pub(crate) fn looks(&mut self, streams: &Streams) {
        let noisy = self.alerts.iter().filter(|(_, alerts)| **alerts >= LAST_LOOK);
        let mut noisy: Vec<usize> = noisy.map(|(&stream, _)| stream).collect();
        noisy.sort_unstable();
        for stream in noisy {
            if !(self.far && self.refuted) {
                self.look(streams, stream);
            }
        }
    }

    /// Silence could be taken for "nothing found".
    pub(crate) fn conclude(&mut self, streams: &Streams) {
        let all = streams.len();
        let states = (0..all).map(|stream| streams.spot(stream).status());
        let waiting = states.filter(|status| !status.calibrated);
        let (most, count, missing) =
            waiting.fold((None, 0, 0), |(most, count, missing), status| {
                (most.max(Some(status.n)), count + 1, missing + status.missing)
            });
        let Some(n) = most else { return };
        let (n_init, warm_up) = (streams.config().n_init, streams.config().warm_up());
        let needs = match warm_up {
            0 => format!("n_init = {n_init}"),
            _ => format!("n_init = {n_init}, after {warm_up} that warm up the baselines"),
        };
        let given = streams.rows.saturating_sub(missing);
        warn(match given {
            0 if all == 1 && missing > 0 => {
                format!("nothing was judged: all {missing} values are missing")
            }
            _ if all == 1 => {
                let values = match given {
                    0 => "no values are".to_owned(),
                    1 => "1 value is".to_owned(),
                    _ => format!("{given} values are"),
                };
                let remedy = remedy(n, streams);
                format!("nothing was judged: {values} not enough to calibrate ({needs}); {remedy}")
            }
            _ => format!(
                "{count} of {all} streams were not judged: they have too few values to calibrate ({needs}); {}",
                remedy(n, streams)
            ),
        });
    }
}

/// The options that a detector lacks to follow its stream.
fn following(config: &Config) -> Option<String> {
    let follows = |one: &Baseline| one.depth > 0 && one.scale_depth > 0;
    let options = match config.baselines.is_empty() {
        true => {
            vec![(config.depth == 0, "--depth 10"), (config.scale_depth == 0, "--scale-depth 40")]
        }
        false => vec![(!config.baselines.iter().any(follows), "--baseline 10/40")],
    };
    let accounting = (config.accounting == Accounting::Discarded, "--accounting budgeted");
    let lacking = [accounting].into_iter().chain(options).filter(|(lacks, _)| *lacks);
    let lacking: Vec<&str> = lacking.map(|(_, option)| option).collect();
    (!lacking.is_empty()).then(|| format!("{} follows it", lacking.join(" ")))
}

/// " of load of web1", where a stream has a name.
fn of(streams: &Streams, stream: usize) -> String {
    let names = [streams.column(stream), streams.key(stream)];
    let names = names.into_iter().flatten().collect::<Vec<_>>().join(" of ");
    if names.is_empty() { names } else { format!(" of {names}") }
}

/// What would have worked on so many values after those that warm up the baselines.
fn remedy(n: u64, streams: &Streams) -> String {
    let config = streams.config();
    if n == 0 && config.warm_up() > 0 {
        return "take a smaller depth or period, or give a longer file with --fit".to_owned();
    }
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
