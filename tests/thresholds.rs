//! The two threshold rules: compared with 40 digits and with simulation, and as inverse of the tail probability.

use crate::draws;

use draws::Draws;
use serde_json::Value;
use tailspot::{Accounting, Config, Side, Spot, Threshold};

/// A calibrated detector whose upper tail starts at 0 and holds exactly these excesses, with tail probability r wanted
/// inside the tail.
fn detector(excesses: &[f64], r: f64, threshold: Threshold) -> Spot {
    let n = 10 * excesses.len();
    let body = n - excesses.len();
    let config = Config {
        q: r * excesses.len() as f64 / n as f64,
        level: (body as f64 - 0.5) / n as f64,
        n_init: n,
        down: false,
        bounded: false,
        accounting: Accounting::Discarded,
        threshold,
        ..Config::default()
    };
    let values: Vec<f64> = (0..body).map(|i| -(i as f64)).chain(excesses.iter().copied()).collect();
    let mut spot = Spot::new(config).expect("the configuration is valid");
    spot.fit(&values).expect("enough values");
    assert_eq!(spot.excess_threshold(Side::Up), 0.0);
    spot
}

/// The maximum of the likelihood, and so the plug-in rule. The calibrated rule is an integral, which `agreement.rs`
/// compares with a fine grid.
#[test]
fn the_plug_in_rule_agrees_with_forty_digits() {
    let oracle = include_str!("data/gpd_oracle.json");
    let oracle: Value = serde_json::from_str(oracle).expect("the oracle is JSON");
    let cases = oracle["cases"].as_array().expect("it lists cases");
    for (i, case) in cases.iter().enumerate() {
        let excesses: Vec<f64> =
            case["excesses"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
        let z = case["z_plug_in"].as_str().expect("digits").parse::<f64>().expect("a number");
        let r = case["r"].as_f64().expect("a number");
        let given = detector(&excesses, r, Threshold::PlugIn).anomaly_threshold(Side::Up);
        let error = (given / z - 1.0).abs();
        assert!(error < 1e-12, "case {i}: z is {given:e}, off by {error:e}");
    }
    assert_eq!(cases.len(), 25);
}

/// Mean over samples of the true exceedance of the threshold, as a multiple of r.
fn exceedance(shape: f64, k: usize, r: f64, threshold: Threshold) -> f64 {
    let mut draws = Draws::new(k as u64 + 17);
    let samples = 1500;
    let total: f64 = (0..samples)
        .map(|_| {
            let excesses: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
            let z = detector(&excesses, r, threshold).anomaly_threshold(Side::Up);
            let s = 1.0 + shape * z;
            if shape == 0.0 { (-z).exp() } else { s.max(0.0).powf(-1.0 / shape) }
        })
        .sum();
    total / f64::from(samples) / r
}

#[test]
fn the_calibrated_threshold_is_exceeded_as_often_as_asked_and_the_plug_in_too_often() {
    for shape in [-0.3, 0.0, 0.2, 0.5, 1.0] {
        let calibrated = exceedance(shape, 200, 0.005, Threshold::Calibrated);
        let plug_in = exceedance(shape, 200, 0.005, Threshold::PlugIn);
        assert!((0.93..1.12).contains(&calibrated), "shape {shape}: calibrated {calibrated}");
        assert!((1.13..1.6).contains(&plug_in), "shape {shape}: plug-in {plug_in}");
    }
}

#[test]
fn quantile_and_tail_probability_are_inverse_and_monotone_for_every_shape_and_size() {
    for shape in [-0.9, -0.4, -0.1, 0.0, 0.3, 1.0, 2.0] {
        // With fewer the predictive has jumps where the tail of a node ends.
        for k in [5, 12, 19, 20, 21, 50, 500] {
            let mut draws = Draws::new(k as u64);
            let excesses: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
            for threshold in [Threshold::PlugIn, Threshold::Calibrated] {
                let spot = detector(&excesses, 0.01, threshold);
                // The calibrated rule has (N_t + 1)/(n + 1) beyond t, and a little less far enough to tell.
                let is_plug_in = threshold == Threshold::PlugIn;
                let share =
                    if is_plug_in { 0.1 } else { 0.99 * (k + 1) as f64 / (10 * k + 1) as f64 };
                let nearby = if is_plug_in { 4e-16 } else { 1e-4 };
                let loose = if is_plug_in { 1e-9 } else { 0.01 };
                let mut last = 0.0;
                for i in 0..400 {
                    let q = share * 10_f64.powf(-f64::from(i) / 40.0);
                    let z = spot.quantile(Side::Up, q);
                    assert!(
                        z >= last * (1.0 - loose),
                        "shape {shape}, k {k}: the quantile of {q:e} is {z:e} after {last:e}"
                    );
                    // Few excesses may ask for more than the largest numbers.
                    if z > 1e290 {
                        break;
                    }
                    let p = spot.tail_probability(Side::Up, z);
                    // Near an end point the last digits of z hold little of p.
                    let bits =
                        (spot.tail_probability(Side::Up, z * (1.0 - nearby)) / p - 1.0).abs();
                    assert!(
                        (p / q - 1.0).abs() < loose + 4.0 * bits,
                        "shape {shape}, k {k}: {q:e} became {p:e}"
                    );
                    last = z;
                }
            }
        }
    }
}
