//! The posterior compared with the reference detector and with plain integration.

#[path = "../../../tests/draws/mod.rs"]
mod draws;
#[path = "../../../tests/reference/likelihood.rs"]
#[allow(dead_code)]
mod likelihood;
#[path = "../../../tests/reference/posterior.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod reference;

use super::*;
use draws::Draws;
use likelihood::Entry;

const SHAPES: [f64; 6] = [-0.4, -0.2, 0.0, 0.3, 1.0, 1.3];
const RATIOS: [f64; 3] = [0.1, 0.01, 0.001];

fn placed(entries: &[f64]) -> Posterior {
    let mut posterior = Posterior::new(Background::default());
    posterior.place(entries);
    posterior
}

/// Largest relative error of P that is allowed for k excesses.
fn tolerance(k: usize) -> f64 {
    match k {
        0..10 => 0.1,
        10..40 => 0.03,
        _ => 0.01,
    }
}

#[track_caller]
fn assert_agrees(predictive: &Predictive<'_>, entries: &[f64], ratios: &[f64]) {
    let k = entries.iter().filter(|y| **y > 0.0).count();
    let to_entry = |y: &f64| Entry { y: y.abs(), censored: *y < 0.0 };
    let entries: Vec<Entry> = entries.iter().map(to_entry).collect();
    let grid = reference::Posterior::new(&entries, reference::NOTHING).unwrap();
    for r in ratios {
        let y = grid.quantile(*r);
        let error = predictive.probability(y) / grid.probability(y) - 1.0;
        assert!(error.abs() < tolerance(k), "k = {k}, r = {r}, y = {y}: error {error}");
        let error = predictive.square(y) / grid.square(y) - 1.0;
        assert!(error.abs() < 3.0 * tolerance(k), "k = {k}, r = {r}, y = {y}: square {error}");
        let z = predictive.quantile(*r, 0.0);
        let at = predictive.probability(z);
        assert!((at / r - 1.0).abs() < 1e-3, "k = {k}, r = {r}: P(z) = {at}");
    }
}

#[test]
fn it_agrees_with_a_fine_grid() {
    for k in [3, 5, 9, 10, 15, 19, 20, 21, 39, 40, 99, 100, 200, 1000] {
        for shape in SHAPES {
            let mut draws = Draws::new(k as u64);
            let entries: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
            let far = if k < 5 { &RATIOS[..2] } else { &RATIOS };
            assert_agrees(&placed(&entries).predictive(&entries), &entries, far);
        }
    }
}

#[test]
fn ties_limits_bounded_tails_and_one_huge_excess_are_as_exact() {
    for k in [9, 20, 40, 200] {
        let mut draws = Draws::new(k as u64);
        let mut vary = |change: &dyn Fn(usize, f64) -> f64| {
            let entries: Vec<f64> = (0..k).map(|i| change(i, draws.pareto(0.1))).collect();
            assert_agrees(&placed(&entries).predictive(&entries), &entries, &RATIOS[..2]);
        };
        vary(&|_, y| (2.0 * y).ceil());
        vary(&|_, y| (2.0 * y.min(1.0)).ceil());
        vary(&|i, y| if i % 4 == 0 { -y } else { y });
        vary(&|i, y| if i == 3 { 1e6 } else { y });
        vary(&|_, y| 1.0 - (-y).exp());
        vary(&|_, y| 1e-300 * y);
    }
}

#[test]
fn thousands_of_pushes_lose_nothing() {
    for (k, shape, limits) in [(40, 0.1, 0), (60, -0.3, 4), (200, 0.1, 0), (200, 0.6, 5)] {
        let mut draws = Draws::new(k as u64);
        let mut entry = |i: usize| {
            let y = draws.pareto(shape);
            if limits > 0 && i.is_multiple_of(limits) { -0.5 * y } else { y }
        };
        let mut entries: Vec<f64> = (0..k).map(&mut entry).collect();
        let mut posterior = placed(&entries);
        let mut asked = 0;
        for i in 0..5000 {
            let new = entry(i);
            let old = std::mem::replace(&mut entries[i % k], new);
            if !posterior.push(&entries, new, Some(old), Background::default) {
                continue;
            }
            let predictive = posterior.predictive(&entries);
            asked += 1;
            if asked % 40 == 0 {
                assert_agrees(&predictive, &entries, &RATIOS);
            }
        }
    }
}

#[test]
fn streams_that_move_are_followed() {
    // Scales that rise and fall by a factor of e in 50 pushes: every entry is a new largest, or the largest leaves.
    for trend in [0.02, -0.02] {
        let mut draws = Draws::new(3);
        let mut entries: Vec<f64> = (0..200).map(|_| draws.pareto(0.1)).collect();
        let mut posterior = placed(&entries);
        for i in 0..2000 {
            let new = draws.pareto(0.1) * (trend * i as f64).exp();
            let old = std::mem::replace(&mut entries[i % 200], new);
            let followed = posterior.push(&entries, new, Some(old), Background::default);
            if followed && i % 9 == 0 {
                assert_agrees(&posterior.predictive(&entries), &entries, &RATIOS[..2]);
            }
        }
    }
}

#[test]
fn weights_follow_on_schedule() {
    for (k, every) in [(10, 1), (39, 1), (40, 10), (100, 25), (200, 50)] {
        let mut draws = Draws::new(1);
        let mut entries: Vec<f64> = (0..k).map(|_| draws.pareto(0.1)).collect();
        let mut posterior = placed(&entries);
        for i in 1..1000 {
            let new = draws.pareto(0.1);
            let old = std::mem::replace(&mut entries[i % k], new);
            let followed = posterior.push(&entries, new, Some(old), Background::default);
            assert_eq!(followed, i % every == 0, "k = {k}, push {i}");
        }
    }
}

#[test]
fn every_finite_excess_has_a_probability_and_farther_ones_have_less() {
    let mut draws = Draws::new(4);
    let mut samples: Vec<Vec<f64>> = vec![
        vec![1.0],
        vec![-1.0; 3],
        vec![1.0, 2.0],
        vec![1.0; 30],
        vec![2.5; 300],
        vec![5e-324; 40],
        vec![f64::MAX; 200],
        vec![5e-324, 1.0, f64::MAX],
    ];
    for k in [2, 20, 200, 2000] {
        samples.push((0..k).map(|_| draws.uniform()).collect());
        samples.push((0..k).map(|_| draws.pareto(1.5)).collect());
    }
    let mut huge: Vec<f64> = (0..200).map(|_| draws.exponential()).collect();
    huge[7] = 1e308;
    samples.push(huge);
    for entries in samples {
        let posterior = placed(&entries);
        let predictive = posterior.predictive(&entries);
        let unit = largest(&entries);
        let mut before = 1.0;
        let mut y = 1e-3 * unit;
        while y < f64::MAX / 1.5 {
            let p = predictive.probability(y);
            assert!(p > 0.0 && p <= before, "{:?}: P({y}) = {p}", &entries[..1]);
            assert!(y < unit || p < before || y < 1e-300, "{:?}: P({y}) = {p}", &entries[..1]);
            before = p;
            y = (y * 1.7).max(y + 5e-324);
        }
        assert!(predictive.probability(f64::MAX) > 0.0);
        let mut nearer = 0.0;
        for r in [1.0, 0.5, 0.1, 1e-2, 1e-3, 1e-6, 1e-12, 1e-17, 1e-19, 1e-30, 1e-300] {
            let y = predictive.quantile(r, 0.0);
            assert!(y >= nearer && y.is_finite(), "{:?}: z({r}) = {y}", &entries[..1]);
            nearer = y;
        }
    }
}

#[test]
fn without_an_excess_nothing_is_known() {
    let mut posterior = Posterior::new(Background::default());
    posterior.place(&[]);
    let predictive = posterior.predictive(&[]);
    assert_eq!((predictive.probability(1.0), predictive.square(1.0)), (1.0, 1.0));
    assert_eq!((predictive.quantile(0.1, 0.0), predictive.quantile(1.0, 0.0)), (f64::MAX, 0.0));
    assert!(predictive.quantile_interval(2.3, 0.0, 0.9).0.is_nan());
}

#[test]
fn any_stream_of_entries_is_survived() {
    let values = [5e-324, 1e-300, 1e-9, 1.0, 3.0, 1e9, 1e300, f64::MAX];
    for k in [3, 39, 41, 210] {
        let mut draws = Draws::new(k as u64);
        let mut entry = || {
            let y = values[draws.bits() as usize % values.len()];
            if draws.bits().is_multiple_of(5) { -y } else { y }
        };
        let mut entries: Vec<f64> = (0..k).map(|_| entry()).collect();
        let mut posterior = placed(&entries);
        for i in 0..3000 {
            let new = if i % 300 < 150 { entry() } else { 1.0 + entry().abs().min(1e-9) };
            let old = std::mem::replace(&mut entries[i % k], new);
            if !posterior.push(&entries, new, Some(old), Background::default) {
                continue;
            }
            let predictive = posterior.predictive(&entries);
            for y in values {
                let p = predictive.probability(y);
                assert!(p > 0.0 && p <= 1.0, "push {i}: P({y}) = {p}");
            }
            let z = predictive.quantile(1e-3, 1.0);
            assert!(z > 0.0 && z.is_finite(), "push {i}: {z}");
            assert!((0.0..=1.0).contains(&predictive.square(z)));
        }
    }
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let mut draws = Draws::new(12);
    let r = 0.01;
    for (k, shape) in [(20, 0.3), (40, 0.0), (200, -0.2)] {
        let truth = [(r_power(r, shape)), shape, 1.0];
        let mut inside = [0; 3];
        for _ in 0..400 {
            let entries: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
            let posterior = placed(&entries);
            let predictive = posterior.predictive(&entries);
            let intervals = [
                predictive.quantile_interval(-r.ln(), 0.0, 0.9),
                predictive.shape_interval(0.9),
                predictive.scale_interval(0.9),
            ];
            for i in 0..3 {
                let (low, high) = intervals[i];
                inside[i] += u32::from(low <= truth[i] && truth[i] <= high);
            }
            let estimate = (predictive.shape(), predictive.scale());
            assert!(intervals[1].0 < estimate.0 && estimate.0 < intervals[1].1);
            assert!(intervals[2].0 < estimate.1 && estimate.1 < intervals[2].1);
        }
        for count in inside {
            assert!((336..=384).contains(&count), "k = {k}: {inside:?} of 400");
        }
    }
}

/// The quantile of a tail of scale 1.
fn r_power(r: f64, shape: f64) -> f64 {
    if shape == 0.0 { -r.ln() } else { (-shape * r.ln()).exp_m1() / shape }
}
