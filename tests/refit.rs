//! The amortised refit against the full fit of the same excesses, at every step of ten kinds of stream.

use crate::draws;

use std::collections::VecDeque;

use draws::Draws;
use tailspot::{Config, Event, Side, Spot, Threshold, fit};

const KEPT: usize = 200;
const Q: f64 = 1e-3;

/// Excesses of ten kinds: light, heavy, bounded, shifting, contaminated, tied, and drawn at the ends of the range.
fn excess(kind: usize, i: usize, draws: &mut Draws) -> f64 {
    match kind {
        0 => loop {
            let z = draws.normal();
            if z > 2.05 {
                return z - 2.05;
            }
        },
        1 => draws.exponential(),
        2 => draws.pareto(1.5),
        3 => draws.uniform(),
        4 => draws.normal().exp(),
        5 => draws.student3().abs(),
        6 => draws.pareto(-0.3),
        7 => draws.pareto(0.05) * [1.0, 5.0, 0.2][i / 1500 % 3],
        8 => draws.pareto(0.05) * if draws.uniform() < 0.01 { 50.0 } else { 1.0 },
        _ => (draws.exponential() * 5.0).ceil(),
    }
}

/// z of the plug-in rule from a full fit.
fn threshold_of(kept: &VecDeque<f64>, n: u64, n_t: u64) -> f64 {
    let fit =
        fit(kept.iter().copied().collect::<Vec<_>>().as_slice()).expect("excesses are positive");
    let l = (n_t as f64 / (Q * n as f64)).ln();
    if fit.shape == 0.0 { fit.scale * l } else { fit.scale * (fit.shape * l).exp_m1() / fit.shape }
}

fn worst_error(kind: usize, unit: f64, steps: usize) -> f64 {
    let config = Config {
        q: Q,
        level: 0.5,
        n_init: 30,
        down: false,
        alert: false,
        max_excess: KEPT,
        threshold: Threshold::PlugIn,
        ..Config::default()
    };
    let mut draws = Draws::new(kind as u64 + 1);
    let mut spot = Spot::new(config).expect("the configuration is valid");
    let start: Vec<f64> = (0..30).map(|i| unit * excess(kind, i, &mut draws)).collect();
    spot.fit(&start).expect("enough values");
    let t = spot.excess_threshold(Side::Up);
    let mut kept: VecDeque<f64> = start.iter().filter(|x| **x > t).map(|x| x - t).collect();
    let mut worst = 0.0_f64;
    for i in 0..steps {
        let x = t + unit * excess(kind, i, &mut draws);
        let event = spot.step(x);
        if x > t {
            assert_eq!(event, Event::ExcessUp);
            kept.push_back(x - t);
            kept.drain(..kept.len().saturating_sub(KEPT));
        }
        let status = spot.status();
        let expected = threshold_of(&kept, status.n, status.up.n_t);
        let got = status.up.anomaly_threshold - t;
        worst = worst.max((got / expected - 1.0).abs());
    }
    worst
}

#[test]
fn the_refit_stays_with_the_full_fit_at_every_step() {
    for kind in 0..10 {
        let worst = worst_error(kind, 1.0, 6000);
        assert!(worst < 1e-7, "stream {kind}: z is off by {worst:e} relative");
    }
}

#[test]
fn so_it_does_at_the_ends_of_the_range() {
    for kind in [0, 2, 7] {
        for unit in [1e-200, 1e200] {
            let worst = worst_error(kind, unit, 1500);
            assert!(worst < 1e-7, "stream {kind} times {unit:e}: z is off by {worst:e} relative");
        }
    }
}
