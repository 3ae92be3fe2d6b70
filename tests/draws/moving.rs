//! Streams that move, and what a detector raises and finds on them.
#![allow(dead_code)]

use tailspot::{Config, Incidents, Spot};

use crate::draws::Draws;

/// Value i of a stream, from its draws and the state of the stream.
pub(crate) type Source = fn(i: usize, draws: &mut Draws, state: &mut [f64; 4]) -> f64;

/// A stream, and how far a planted value lies from the present one.
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    pub(crate) spike: f64,
}

const fn stream(name: &'static str, spike: f64, source: Source) -> Stream {
    Stream { name, source, spike }
}

pub(crate) const LAWS: [Stream; 11] = [
    stream("normal", 9.0, |_, d, _| d.normal()),
    stream("exponential", 25.0, |_, d, _| d.exponential()),
    stream("t3", 60.0, |_, d, _| d.student3()),
    stream("lognormal", 60.0, |_, d, _| d.normal().exp()),
    stream("uniform", 2.0, |_, d, _| d.uniform()),
    stream("gamma 2", 25.0, |_, d, _| d.exponential() + d.exponential()),
    stream("Poisson 20", 45.0, |_, d, _| d.poisson(20.0)),
    stream("AR(1) 0.7 of t3", 60.0, |_, d, s| {
        s[0] = 0.7 * s[0] + d.student3();
        s[0]
    }),
    stream("AR(1) 0.95", 9.0, |_, d, s| {
        s[0] = 0.95 * s[0] + 0.3122 * d.normal();
        s[0]
    }),
    stream("GARCH(1,1)", 12.0, |_, d, s| {
        s[1] = 0.05 + 0.1 * s[0] * s[0] + 0.85 * if s[1] > 0.0 { s[1] } else { 1.0 };
        s[0] = s[1].sqrt() * d.normal();
        s[0]
    }),
    stream("season 288 + AR(1) 0.7", 16.0, |i, d, s| {
        s[0] = 0.7 * s[0] + 0.714 * d.normal();
        5.0 * season(i) + s[0]
    }),
];

/// The change comes in the middle of the values.
pub(crate) const CHANGES: [Stream; 9] = [
    stream("shift of 3 σ", 9.0, |i, d, s| d.normal() + if changed(i, s) { 3.0 } else { 0.0 }),
    stream("shift of 30 σ", 9.0, |i, d, s| d.normal() + if changed(i, s) { 30.0 } else { 0.0 }),
    stream("scale × 2", 18.0, |i, d, s| d.normal() * if changed(i, s) { 2.0 } else { 1.0 }),
    stream("scale × 1/2", 9.0, |i, d, s| d.normal() * if changed(i, s) { 0.5 } else { 1.0 }),
    stream("scale × 10", 90.0, |i, d, s| d.normal() * if changed(i, s) { 10.0 } else { 1.0 }),
    stream("ramp of 1e-4 σ", 9.0, |i, d, _| d.normal() + 1e-4 * i as f64),
    stream("random walk", 9.0, |_, d, s| {
        s[0] += 0.05 * d.normal();
        s[0] + d.normal()
    }),
    stream("level switching every 5,000", 12.0, |i, d, _| {
        d.normal() + if (i / 5000) % 2 == 1 { 5.0 } else { 0.0 }
    }),
    stream("slow cycle of the variance", 40.0, |i, d, _| {
        d.normal() * (1.0 + 0.8 * (i as f64 / 3000.0).sin()).max(0.2)
    }),
];

pub(crate) const SEASONS: [Stream; 3] = [
    stream("season 288, anomalies at the trough below the peak", 0.0, |i, d, _| {
        10.0 * season(i) + d.normal()
    }),
    stream("two seasons, 24 and 288", 12.0, |i, d, _| {
        5.0 * season(i) + 3.0 * (i as f64 / 24.0 * std::f64::consts::TAU).sin() + d.normal()
    }),
    stream("weekends: five days of season, two without", 12.0, |i, d, _| {
        (if (i / 288) % 7 < 5 { 5.0 * season(i) } else { 0.0 }) + d.normal()
    }),
];

pub(crate) const ODD: [Stream; 12] =
    [
        stream("0 and 1, p = 0.03", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.03)),
        stream("0 and 1, p = 0.2", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.2)),
        stream("0 and 1, p = 0.5", f64::NAN, |_, d, _| f64::from(d.uniform() < 0.5)),
        stream("two modes", 20.0, |_, d, _| d.normal() + if d.uniform() < 0.4 { 8.0 } else { 0.0 }),
        stream("counts near zero, Poisson 0.5", 30.0, |_, d, _| d.poisson(0.5)),
        stream("constant stretches with jumps", f64::NAN, |_, d, s| {
            if d.uniform() < 0.01 {
                s[0] = (10.0 * d.normal()).round();
            }
            s[0]
        }),
        stream("missing stretches of 50", 9.0, |i, d, _| {
            let x = d.normal();
            if (i / 50) % 10 == 9 { f64::NAN } else { x }
        }),
        stream("sampling gaps in a random walk", 12.0, |i, d, s| {
            s[0] += d.normal() * if i % 1000 == 0 { 10.0 } else { 0.05 };
            s[0] + d.normal()
        }),
        stream("saturation at a bound", f64::NAN, |_, d, s| {
            s[0] = 0.9 * s[0] + d.normal();
            s[0].clamp(-3.0, 3.0)
        }),
        stream("outliers in pairs", 9.0, |i, d, _| {
            d.normal() + if i > 2000 && i % 5000 < 2 { 12.0 } else { 0.0 }
        }),
        stream("bursts of 100 values of 4 σ", 20.0, |i, d, _| {
            d.normal() + if i > 2000 && i % 20_000 < 100 { 4.0 } else { 0.0 }
        }),
        stream("noise after constants", f64::NAN, |i, d, _| {
            if i % 4000 < 2000 { 5.0 } else { 5.0 + d.normal() }
        }),
    ];

pub(crate) const TAILS: [Stream; 6] = [
    stream("spread of the scale: a cycle of 125,000", 60.0, |i, d, _| {
        let spread = 0.4 * (1.0 + (i as f64 / 20_000.0).sin());
        d.normal() * (spread * d.normal()).exp()
    }),
    stream("outliers of 5 σ, 0 to 2 %: a cycle of 125,000", 60.0, |i, d, _| {
        let share = 0.01 * (1.0 + (i as f64 / 20_000.0).sin());
        d.normal() * if d.uniform() < share { 5.0 } else { 1.0 }
    }),
    stream("normal and t3, 50,000 each", 60.0, |i, d, _| {
        let both = [d.normal(), d.student3()];
        both[i / 50_000 % 2]
    }),
    stream("scale: a cycle of 377", 60.0, |i, d, _| {
        d.normal() * (1.0 + 0.6 * (i as f64 / 60.0).sin())
    }),
    stream("GARCH(1,1), 0.1 and 0.89", 60.0, |_, d, s| {
        s[1] = 0.01 + 0.1 * s[0] * s[0] + 0.89 * if s[1] > 0.0 { s[1] } else { 1.0 };
        s[0] = s[1].sqrt() * d.normal();
        s[0]
    }),
    stream("logarithm of the scale: AR(1) 0.99", 60.0, |_, d, s| {
        s[1] = 0.99 * s[1] + 0.1 * d.normal();
        s[1].exp() * d.normal()
    }),
];

fn season(i: usize) -> f64 {
    (i as f64 / 288.0 * std::f64::consts::TAU).sin()
}

/// Whether the change has come; the last state is where.
fn changed(i: usize, state: &[f64; 4]) -> bool {
    i as f64 >= state[3]
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) values: f64,
    pub(crate) alerts: f64,
    pub(crate) incidents: f64,
    pub(crate) planted: f64,
    pub(crate) found: f64,
}

impl Count {
    /// All of these together.
    pub(crate) fn sum(counts: impl IntoIterator<Item = Count>) -> Count {
        counts.into_iter().fold(Count::default(), |all, count| Count {
            values: all.values + count.values,
            alerts: all.alerts + count.alerts,
            incidents: all.incidents + count.incidents,
            planted: all.planted + count.planted,
            found: all.found + count.found,
        })
    }

    /// Alerts and incidents compared with what q promises on both sides.
    pub(crate) fn rates(&self, q: f64) -> [f64; 2] {
        [self.alerts, self.incidents].map(|number| number / (2.0 * q * self.values))
    }

    pub(crate) fn share_found(&self) -> f64 {
        self.found / self.planted
    }

    pub(crate) fn cell(&self, q: f64) -> String {
        let [alerts, incidents] = self.rates(q);
        let found = match self.share_found() {
            found if found.is_nan() => String::new(),
            found => format!(" {:.0} %", 100.0 * found),
        };
        format!("{alerts:.2} ({incidents:.2}){found}")
    }
}

/// What is run on each stream.
#[derive(Clone, Copy)]
pub(crate) struct Task {
    pub(crate) values: usize,
    pub(crate) q: f64,
    pub(crate) seed: u64,
    /// One value in this many is planted.
    pub(crate) every: usize,
}

/// Counts before the change, in the 2,000 values after it (without the first 200), and later.
pub(crate) fn run(stream: &Stream, config: &Config, task: Task) -> [Count; 3] {
    let Task { values, q, seed, every } = task;
    let config = Config { q, ..config.clone() };
    let mut incidents = Incidents::of(&config);
    let mut spot = Spot::new(config).expect("the configuration is valid");
    let (mut draws, mut state) = (Draws::new(seed), [0.0; 4]);
    let change = values / 2;
    state[3] = change as f64;
    let mut counts: [Count; 3] = Default::default();
    let is_hidden = stream.spike == 0.0;
    for i in 0..values {
        let mut x = (stream.source)(i, &mut draws, &mut state);
        let is_planted = !stream.spike.is_nan()
            && if is_hidden { i > 3000 && i % 2016 == 216 } else { i > 3000 && i % every == 0 };
        if is_planted {
            // Far away, or at the trough of the season what would be usual at its peak.
            x = if is_hidden { 4.0 } else { x + stream.spike };
        }
        let before = incidents.total();
        let event = spot.step(x);
        incidents.take(i as u64, x, event, f64::NAN);
        let part = match i {
            i if i < 4000 || (change..change + 200).contains(&i) => continue,
            i if i < change => 0,
            i if i < change + 2000 => 1,
            _ => 2,
        };
        let count = &mut counts[part];
        let is_alert = f64::from(event.is_alert());
        if is_planted {
            count.planted += 1.0;
            count.found += is_alert;
        } else {
            count.values += 1.0;
            count.alerts += is_alert;
            count.incidents += (incidents.total() - before) as f64;
        }
    }
    counts
}
