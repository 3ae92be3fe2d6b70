//! The two threshold rules: against 40 digits, against simulation, and as inverse of the tail probability.

mod draws;

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

/// c(r') of the second-order correction, written out from its definition: f_i, f_ij, bias and covariance.
fn correction(shape: f64, k: f64, l: f64) -> f64 {
    let (g, v) = (shape, (shape * l).exp());
    let h = (shape * l).exp_m1() / g;
    let h_g = (l * v - h) / g;
    let h_gg = (l * l * v - 2.0 * h_g) / g;
    // Derivatives of the exceedance over the exceedance, in shape and log-scale, at scale 1.
    let (s_z, s_zz) = (-1.0 / v, (1.0 + g) / (v * v));
    let (f_g, f_s) = (s_z * h_g, s_z * h);
    let f_gg = s_zz * h_g * h_g + s_z * h_gg;
    let f_gs = s_zz * h_g * h + s_z * h_g;
    let f_ss = s_zz * h * h + s_z * h;
    let (b, c) = (g.max(-0.15), 1.0 + g.max(-0.45));
    let bias_g = -(1.0 + b) * (3.0 + b) / (k * (1.0 + 3.0 * b));
    let bias_s = (3.0 + 5.0 * b + 4.0 * b * b) / (k * (1.0 + 3.0 * b)) - c / k;
    let second = c / k * (c * f_gg - 2.0 * f_gs + 2.0 * f_ss);
    (f_g * bias_g + f_s * bias_s + 0.5 * second).clamp(-0.5, 20.0)
}

/// z where r'(1 + c(r')) = r, by bisection in L' = -ln r'.
fn calibrated(shape: f64, scale: f64, k: f64, r: f64) -> f64 {
    let (mut low, mut high) = (0.0, 100.0);
    for _ in 0..200 {
        let l = 0.5 * (low + high);
        if -l + correction(shape, k, l).ln_1p() > r.ln() { low = l } else { high = l }
    }
    scale * (shape * low).exp_m1() / shape
}

#[test]
fn both_rules_agree_with_forty_digits() {
    let oracle = include_str!("data/gpd_oracle.json");
    let oracle: Value = serde_json::from_str(oracle).expect("the oracle is JSON");
    let cases = oracle["cases"].as_array().expect("it lists cases");
    let mut settled = 0;
    for (i, case) in cases.iter().enumerate() {
        let excesses: Vec<f64> =
            case["excesses"].as_array().expect("a list").iter().filter_map(Value::as_f64).collect();
        let number =
            |name: &str| -> f64 { case[name].as_str().expect("digits").parse().expect("a number") };
        let (r, k) = (case["r"].as_f64().expect("a number"), excesses.len() as f64);
        let z = |threshold| detector(&excesses, r, threshold).anomaly_threshold(Side::Up);
        let agree = |got: f64, expected: f64, what: &str| {
            let error = (got / expected - 1.0).abs();
            assert!(error < 1e-12, "case {i}: {what} is {got:e}, off by {error:e}");
        };
        agree(z(Threshold::PlugIn), number("z_plug_in"), "plug-in z");
        let exact = calibrated(number("shape"), number("scale"), k, r);
        agree(z(Threshold::Calibrated), exact, "calibrated z");
        // The file's r' are sixty damped iterations; where those had settled, its z is that solution too.
        let r_file = number("r_calibrated");
        let residual = r_file * (1.0 + correction(number("shape"), k, -r_file.ln())) / r - 1.0;
        if residual.abs() < 1e-13 {
            settled += 1;
            agree(z(Threshold::Calibrated), number("z_calibrated"), "calibrated z of the file");
        }
    }
    assert_eq!((cases.len(), settled), (25, 16));
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
        for k in [1, 2, 5, 12, 19, 20, 21, 50, 500] {
            let mut draws = Draws::new(k as u64);
            let excesses: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
            for threshold in [Threshold::PlugIn, Threshold::Calibrated] {
                let spot = detector(&excesses, 0.01, threshold);
                let share = 0.1;
                let mut last = 0.0;
                for i in 0..400 {
                    let q = share * 10_f64.powf(-f64::from(i) / 40.0);
                    let z = spot.quantile(Side::Up, q);
                    assert!(
                        z >= last,
                        "shape {shape}, k {k}: the quantile of {q:e} is {z:e} after {last:e}"
                    );
                    let p = spot.tail_probability(Side::Up, z);
                    // Near an end point the last bits of z hold little of p.
                    let bits = (spot.tail_probability(Side::Up, z * (1.0 - 4e-16)) / p - 1.0).abs();
                    assert!(
                        (p / q - 1.0).abs() < 1e-9 + 4.0 * bits,
                        "shape {shape}, k {k}: {q:e} became {p:e}"
                    );
                    last = z;
                }
            }
        }
    }
}
