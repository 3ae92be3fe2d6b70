//! Any configuration and any stream, for proptest.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tailspot::{Accounting, Baseline, Config, Threshold};

use super::baseline::{baselines, warm_up as warm_up_of};
use super::streams::{Kind, Random};

/// The same cases in every run, unless `PROPTEST_CASES` or `PROPTEST_RNG_SEED` in the environment ask for others.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    };
    let set = |name: &str| std::env::var_os(name).is_some();
    ProptestConfig {
        cases: if set("PROPTEST_CASES") { asked.cases } else { cases },
        rng_seed: if set("PROPTEST_RNG_SEED") { asked.rng_seed } else { RngSeed::Fixed(2017) },
        ..asked
    }
}

/// Any of the four.
pub(crate) fn accounting() -> impl Strategy<Value = Accounting> {
    prop_oneof![
        1 => Just(Accounting::Discarded),
        1 => Just(Accounting::Learned),
        1 => Just(Accounting::Censored),
        3 => Just(Accounting::Budgeted),
    ]
}

/// Either rule.
pub(crate) fn threshold() -> impl Strategy<Value = Threshold> {
    prop_oneof![Just(Threshold::PlugIn), Just(Threshold::Calibrated)]
}

/// (up, down), at least one.
fn sides() -> impl Strategy<Value = (bool, bool)> {
    prop_oneof![2 => Just((true, true)), 1 => Just((true, false)), 1 => Just((false, true))]
}

/// A valid configuration that calibrates within some hundred values.
pub(crate) fn config() -> impl Strategy<Value = Config> {
    let numbers = (0.8..0.98_f64, -4.0..-0.3_f64, 0_usize..300, 1_usize..60, 0_usize..25);
    let depth = prop_oneof![2 => Just(0_usize), 1 => 1_usize..12];
    let flags = (sides(), prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    (numbers, depth, flags, accounting(), threshold()).prop_map(
        |((level, ln_part, extra, max_excess, quarantine), depth, flags, accounting, threshold)| {
            let ((up, down), alert, bounded) = flags;
            let q = (1.0 - level) * ln_part.exp();
            let rest = Config {
                q,
                level,
                max_excess,
                depth,
                up,
                down,
                alert,
                bounded,
                ..Config::default()
            };
            least_n_init(Config { accounting, threshold, quarantine, ..rest }, extra)
        },
    )
}

/// Level, scale and season, each of them or not.
pub(crate) fn baseline() -> impl Strategy<Value = Baseline> {
    let size = |sizes: std::ops::Range<usize>| prop_oneof![Just(0), sizes];
    (size(1..12), size(2..40), size(2..30)).prop_map(|(depth, scale_depth, period)| Baseline {
        depth,
        scale_depth,
        period,
    })
}

/// A configuration with a baseline, or several, and perhaps a limit. The published scheme has its level only.
pub(crate) fn moving(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Config> {
    let baselines = prop::collection::vec(baseline(), count);
    let limit = prop_oneof![2 => Just(0.0), 1 => 0.5..6.0_f64];
    (config(), baselines, limit).prop_map(|(config, baselines, limit)| {
        let is_published = !config.alert || config.accounting == Accounting::Discarded;
        let allowed = |one: Baseline| match is_published {
            true => Baseline { depth: one.depth, ..Baseline::default() },
            false => one,
        };
        let not_plain =
            |one: Baseline| if one.is_plain() { Baseline { depth: 3, ..one } } else { one };
        let baselines = baselines.into_iter().map(allowed).map(not_plain).collect();
        let (n_init, max_excess) = (config.n_init + 50, config.max_excess.max(5));
        Config { depth: 0, n_init, max_excess, baselines, limit, ..config }
    })
}

/// Values before all baselines of a configuration have residuals.
pub(crate) fn warm_up(config: &Config) -> usize {
    let is_published = !config.alert || config.accounting == Accounting::Discarded;
    let one = |one: Baseline| if is_published { one.depth } else { warm_up_of(one) };
    baselines(config).into_iter().map(one).max().unwrap_or(0)
}

/// The smallest valid `n_init` and `extra` more.
pub(crate) fn least_n_init(config: Config, extra: usize) -> Config {
    let valid = |n_init: &usize| Config { n_init: *n_init, ..config.clone() }.validate().is_ok();
    let least = (1..10_000).find(valid).expect("some n_init is large enough");
    Config { n_init: least + extra, ..config }
}

/// One of the ten kinds.
pub(crate) fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

/// A stream without ties in it, on which rounding does not decide.
pub(crate) fn continuous() -> impl Strategy<Value = Kind> {
    kind().prop_filter("ties", |kind| *kind != Kind::Integers)
}

/// Replaces some values by NaN and by infinities.
pub(crate) fn make_holes(values: &mut [f64], seed: u64) {
    let mut random = Random::new(seed);
    for x in values {
        match random.uniform() {
            u if u < 0.02 => *x = f64::NAN,
            u if u < 0.024 => *x = f64::INFINITY,
            u if u < 0.028 => *x = f64::NEG_INFINITY,
            _ => {}
        }
    }
}
