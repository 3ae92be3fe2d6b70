//! The engine against the reference detector, value by value.

use crate::reference;

use proptest::prelude::*;
use serde_json::Value;
use tailspot::{Accounting, Config, Spot, Threshold};

use reference::arbitrary;
use reference::likelihood::{Entry, estimate, local_maxima, log_likelihood};
use reference::lockstep::{Act, near, same_story, steps};
use reference::set::SetPair;
use reference::streams::Kind;

// The reference itself ------------------------------------------------------------------------------------------------

/// Fits and thresholds to 40 digits (mpmath).
#[test]
fn the_reference_is_right_to_ten_digits() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/gpd_oracle.json");
    let text = std::fs::read_to_string(path).expect("the oracle is there");
    let root: Value = serde_json::from_str(&text).expect("the oracle is JSON");
    for case in root["cases"].as_array().expect("cases") {
        let excesses: Vec<f64> = case["excesses"]
            .as_array()
            .expect("excesses")
            .iter()
            .map(|y| y.as_f64().expect("an excess"))
            .collect();
        let field =
            |name: &str| -> f64 { case[name].as_str().expect("digits").parse().expect("a number") };
        let entries: Vec<Entry> = excesses.iter().map(|&y| Entry { y, censored: false }).collect();
        let r = case["r"].as_f64().expect("r");
        let gpd = estimate(&entries).expect("a fit");
        let within = |what: &str, given: f64, expected: f64, tolerance: f64| {
            near(what, given / expected, 1.0, tolerance).expect("the oracle's digits");
        };
        within("shape", gpd.shape, field("shape"), 1e-12);
        within("scale", gpd.scale, field("scale"), 1e-12);
        within("likelihood", log_likelihood(&entries, gpd), field("log_likelihood"), 1e-12);
        within("plug-in", gpd.quantile(r), field("z_plug_in"), 1e-12);
    }
}

/// The slope of the likelihood is 0 at the answer, or the answer is at a bound and the likelihood falls inwards: the
/// reference's optimum cannot be improved by a step in any direction.
#[test]
fn no_neighbour_of_the_fit_of_the_reference_is_more_likely() {
    for kind in Kind::ALL {
        let mut values = kind.values(7, 400);
        values.sort_by(f64::total_cmp);
        let excesses: Vec<f64> =
            values.iter().map(|x| x - values[250]).filter(|y| *y > 0.0).collect();
        let entries: Vec<Entry> = excesses.iter().map(|&y| Entry { y, censored: false }).collect();
        let best = estimate(&entries).expect("a fit");
        let height = log_likelihood(&entries, best);
        for (shape, scale) in [(1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3), (1e-3, -1e-3)]
        {
            let mut other = best;
            other.shape += shape;
            other.scale *= 1.0 + scale;
            let outside = other.shape < -0.5 || other.shape > 3.0;
            assert!(
                outside || log_likelihood(&entries, other) < height,
                "{kind:?} {shape} {scale}"
            );
        }
    }
}

// Ten kinds of stream -------------------------------------------------------------------------------------------------

#[test]
fn ten_kinds_of_stream_under_every_policy() {
    let policies = [
        (Accounting::Discarded, Threshold::PlugIn, 0),
        (Accounting::Learned, Threshold::Calibrated, 20),
        (Accounting::Censored, Threshold::Calibrated, 0),
        (Accounting::Budgeted, Threshold::Calibrated, 20),
        (Accounting::Budgeted, Threshold::PlugIn, 3),
    ];
    for (i, kind) in Kind::ALL.into_iter().enumerate() {
        for (j, (accounting, threshold, quarantine)) in policies.into_iter().enumerate() {
            let base =
                Config { q: 4e-3, level: 0.95, n_init: 600, max_excess: 100, ..Config::default() };
            let config = Config { accounting, threshold, quarantine, ..base };
            let acts = steps(&kind.values((10 * i + j) as u64, 2000));
            assert_eq!(same_story(&config, &acts), Ok(0), "{kind:?}, {config:?}");
        }
    }
}

#[test]
fn a_long_stream_with_a_large_buffer() {
    for (seed, kind) in [(1, Kind::Normal), (2, Kind::Pareto), (3, Kind::Uniform)] {
        let config =
            Config { q: 1e-3, level: 0.98, n_init: 2000, down: false, ..Config::default() };
        let acts = steps(&kind.values(seed, 20_000));
        assert_eq!(same_story(&config, &acts), Ok(0), "{kind:?}");
    }
}

#[test]
fn drift_and_every_kind() {
    for (i, kind) in Kind::ALL.into_iter().enumerate() {
        // A depth that is a power of two leaves the residuals of whole numbers without rounding: ties stay ties.
        let base =
            Config { q: 5e-3, level: 0.95, n_init: 400, max_excess: 60, ..Config::default() };
        let config = Config { depth: 16, ..base };
        let acts = steps(&kind.values(50 + i as u64, 2000));
        // One push of the Pareto stream has two maxima.
        let elsewhere = same_story(&config, &acts);
        assert!(matches!(elsewhere, Ok(0..=2)), "{kind:?}: {elsewhere:?}");
    }
}

/// A few dozen full buffers one after the other, of one shape and then of another.
#[test]
fn shapes_are_remembered_and_followed() {
    let base = Config { q: 2e-3, level: 0.9, n_init: 400, max_excess: 40, ..Config::default() };
    for (accounting, kinds) in [
        (Accounting::Learned, [Kind::Uniform, Kind::Pareto]),
        (Accounting::Budgeted, [Kind::Lognormal, Kind::Wave]),
    ] {
        let config = Config { depth: 16, down: false, accounting, ..base.clone() };
        let values = kinds.map(|kind| kind.values(70, 8000)).concat();
        assert_eq!(same_story(&config, &steps(&values)), Ok(0), "{kinds:?}");
    }
}

/// A calibration on constants, and values that become ten times as large: the calibration is refuted, and a baseline follows.
#[test]
fn a_baseline_follows_what_refutes_its_calibration() {
    let config = Config { q: 5e-3, level: 0.95, n_init: 400, max_excess: 60, ..Config::default() };
    let [noise, more] = [1, 2].map(|seed| Kind::Normal.values(seed, 2000));
    let large: Vec<f64> = more.iter().map(|x| 10.0 * x).collect();
    for values in [[vec![0.0; 450], noise.clone()].concat(), [noise.clone(), large].concat()] {
        let config = Config { depth: 16, ..config.clone() };
        assert_eq!(same_story(&config, &steps(&values)), Ok(0));
    }
}

/// Large calibration batches with anomalies in them: the robust first fit drops the same.
#[test]
fn a_contaminated_calibration() {
    let mut dropped = 0;
    let kinds = [Kind::Normal, Kind::Pareto, Kind::Uniform, Kind::Lognormal, Kind::Integers];
    for (i, kind) in kinds.into_iter().enumerate() {
        for planted in [0, 5, 40] {
            let config = Config { q: 1e-3, level: 0.85, down: planted == 5, ..Config::default() };
            let mut values = kind.values(70 + i as u64, 1200);
            let far = values.iter().fold(0.0, |most: f64, x| most.max(*x));
            for j in 0..planted {
                values[7 + 29 * j] = far * (3.0 + 0.01 * j as f64);
            }
            let mut acts = vec![Act::Fit(values)];
            acts.extend(steps(&kind.values(90 + i as u64, 200)));
            assert_eq!(same_story(&config, &acts), Ok(0), "{kind:?}, {planted} planted");
            let mut spot = Spot::new(config).expect("a valid configuration");
            acts[..1].iter().for_each(|act| {
                if let Act::Fit(values) = act {
                    spot.fit(values).expect("enough")
                }
            });
            dropped += 1200 - spot.status().n;
        }
    }
    assert!(dropped > 100, "the test is about dropping: {dropped}");
}

/// A sample with two maxima: the floor (likelier, but an end) and one inside. A fresh fit is inside, which the
/// specification prefers; a detector that comes from a floor may still be there. Either is a maximum, nothing else is.
#[test]
fn where_the_likelihood_has_two_maxima_the_engine_is_on_one_of_them() {
    let excesses = [
        0.0735, 0.2794, 0.0822, 1.2425, 0.9082, 0.8864, 0.2082, 0.4895, 0.9386, 0.463, 0.2505,
        0.0807, 3.7183, 2.9122, 4.5006, 4.1827, 3.762, 4.0935, 3.5822, 3.7071, 4.2617, 0.0178,
        0.0221, 0.3267,
    ];
    let entries: Vec<Entry> = excesses.iter().map(|&y| Entry { y, censored: false }).collect();
    let maxima = local_maxima(&entries);
    assert_eq!(maxima.len(), 2, "{maxima:?}");
    let (chosen, fit) =
        (estimate(&entries).expect("a fit"), tailspot::fit(&excesses).expect("a fit"));
    assert!(chosen.shape > -0.4, "{chosen:?}");
    assert!((fit.shape - chosen.shape).abs() < 1e-9, "{fit:?}, {chosen:?}");
}

// Any configuration, any stream ---------------------------------------------------------------------------------------

/// A story of a detector: perhaps a batch, then values with holes in them, and a change of q on the way.
#[derive(Clone, Debug)]
struct Story {
    config: Config,
    kind: Kind,
    seed: u64,
    more: usize,
    holes: bool,
    batch: bool,
    set_q: Option<(f64, f64)>,
}

impl Story {
    fn any() -> impl Strategy<Value = Story> {
        let config = prop_oneof![arbitrary::config(), arbitrary::moving(1..=1)];
        let stream = (arbitrary::kind(), any::<u64>(), 0_usize..600);
        let options =
            (any::<bool>(), any::<bool>(), prop::option::of((0.0..1.0_f64, 0.1..0.9_f64)));
        (config, stream, options).prop_map(|(config, stream, options)| {
            let ((kind, seed, more), (holes, batch, set_q)) = (stream, options);
            // Whole numbers and a depth that is a power of two: residuals without rounding, ties stay ties.
            let depth = if kind == Kind::Integers && config.depth > 0 { 8 } else { config.depth };
            let is_exact = kind != Kind::Integers || config.baselines.is_empty();
            let kind = if is_exact { kind } else { Kind::Wave };
            Story { config: Config { depth, ..config }, kind, seed, more, holes, batch, set_q }
        })
    }

    fn acts(&self) -> Vec<Act> {
        let first = self.config.n_init + arbitrary::warm_up(&self.config);
        let mut values = self.kind.values(self.seed, first + self.more);
        let mut acts = Vec::new();
        if self.batch {
            acts.push(Act::Fit(values.drain(..first).collect()));
        }
        if self.holes {
            arbitrary::make_holes(&mut values, self.seed ^ 1);
        }
        acts.extend(steps(&values));
        if let Some((place, part)) = self.set_q {
            let place = (acts.len() as f64 * place) as usize;
            acts.insert(place, Act::SetQ(part * (1.0 - self.config.level)));
        }
        acts
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(200))]

    #[test]
    fn any_story(story in Story::any()) {
        same_story(&story.config, &story.acts()).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(arbitrary::cases(50))]

    #[test]
    fn any_set_of_baselines(
        config in arbitrary::moving(2..=4),
        kind in arbitrary::continuous(),
        seed in any::<u64>(),
        more in 0_usize..400,
        holes in any::<bool>(),
    ) {
        let mut values = kind.values(seed, config.n_init + arbitrary::warm_up(&config) + more);
        if holes {
            arbitrary::make_holes(&mut values, seed ^ 1);
        }
        let mut pair = SetPair::new(&config);
        values.into_iter().try_for_each(|x| pair.step(x)).map_err(TestCaseError::fail)?;
    }
}
