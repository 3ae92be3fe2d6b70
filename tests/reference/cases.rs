//! The streams and configurations of the vector files.

use tailspot::{Accounting, Config, Event, Threshold};

use super::detector::Reference;
use super::streams::{Kind, Random, round};

/// What a vector file is made of.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) config: Config,
    /// Calibrate on the first `n_init` values by `fit` instead of value by value.
    pub(crate) fit: bool,
    pub(crate) values: Vec<f64>,
}

/// Much happens: one value in ten is in a tail, one in a hundred is an alert.
fn busy() -> Config {
    Config { q: 5e-3, level: 0.95, n_init: 500, max_excess: 50, ..Config::default() }
}

fn case(name: &'static str, config: Config, values: Vec<f64>) -> Case {
    Case { name, config, fit: false, values }
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = kinds();
    cases.extend(degenerate());
    cases.extend(holes());
    cases.extend(drifting());
    cases.extend(moving());
    cases.extend(alerts());
    cases.extend(policies());
    cases.extend(calibration_edges());
    cases.extend(buffer_edges());
    cases.extend(push_edges());
    cases.extend(few_and_many());
    cases.extend(tails());
    cases.extend(lattices());
    cases.extend(fitted());
    cases.extend(scales());
    cases
}

fn kinds() -> Vec<Case> {
    let up = Config { down: false, ..busy() };
    let defaults = Config { q: 1e-3, level: 0.98, n_init: 1000, ..Config::default() };
    vec![
        case("normal", busy(), Kind::Normal.rounded(101, 2000, 5)),
        case("exponential", up.clone(), Kind::Exponential.rounded(102, 2000, 5)),
        case("pareto", up.clone(), Kind::Pareto.rounded(103, 2000, 4)),
        case("uniform", busy(), Kind::Uniform.rounded(104, 2000, 6)),
        case("lognormal", up.clone(), Kind::Lognormal.rounded(105, 2000, 5)),
        case("student3", busy(), Kind::Student3.rounded(106, 2000, 4)),
        case("integers_with_ties", busy(), Kind::Integers.rounded(107, 4000, 0)),
        case("level_shift", busy(), Kind::Shift.rounded(108, 2000, 4)),
        case("bursts", busy(), Kind::Bursts.rounded(109, 2500, 4)),
        case("wave", Config { alert: false, ..busy() }, Kind::Wave.rounded(110, 1500, 4)),
        case("near_defaults", defaults.clone(), Kind::Normal.rounded(111, 4000, 4)),
        case("near_defaults_lognormal", defaults, Kind::Lognormal.rounded(112, 4000, 4)),
        case("heavier_than_the_cap", up, heavier_than_the_cap()),
    ]
}

/// Shape 5: the fit stops at 3.
fn heavier_than_the_cap() -> Vec<f64> {
    let mut random = Random::new(113);
    (0..1200).map(|_| round((5.0 * random.exponential()).exp(), 3)).collect()
}

fn degenerate() -> Vec<Case> {
    let mut random = Random::new(201);
    let mut coin = |p: f64, low: f64, high: f64| if random.happens(p) { high } else { low };
    let two_valued: Vec<f64> = (0..1500).map(|_| coin(0.03, 1.0, 2.0)).collect();
    let even: Vec<f64> = (0..1000).map(|_| coin(0.5, -1.0, 1.0)).collect();
    let mut late = vec![5.0; 300];
    late.extend(Kind::Normal.rounded(202, 700, 4).iter().map(|x| x + 5.0));
    let learned = Config { accounting: Accounting::Learned, n_init: 300, ..busy() };
    let mut cases = vec![
        case("constant", busy(), vec![7.25; 1000]),
        case("two_valued", Config { n_init: 400, ..busy() }, two_valued.clone()),
        case("two_valued_even", busy(), even),
        case("constant_then_normal", Config { n_init: 300, ..busy() }, late.clone()),
        case("constant_then_normal_learned", learned.clone(), late.clone()),
    ];
    let censored = Config { accounting: Accounting::Censored, ..learned };
    cases.push(case("constant_then_normal_censored", censored.clone(), late.clone()));
    let no_alert = Config { alert: false, ..censored };
    cases.push(case("constant_then_normal_no_alert", no_alert, late));
    let first_excesses = Config { level: 0.9, n_init: 15, q: 1e-2, max_excess: 5, ..busy() };
    cases.push(case(
        "one_excess",
        Config { down: false, ..first_excesses },
        Kind::Exponential.rounded(203, 1000, 4),
    ));
    cases
}

fn holes() -> Vec<Case> {
    let with_holes = |seed: u64, count: usize| -> Vec<f64> {
        let mut random = Random::new(seed);
        let hole = |x: f64| match random.uniform() {
            u if u < 0.03 => f64::NAN,
            u if u < 0.035 => f64::INFINITY,
            u if u < 0.04 => f64::NEG_INFINITY,
            _ => x,
        };
        Kind::Normal.rounded(seed + 1, count, 4).into_iter().map(hole).collect()
    };
    let up = Config { down: false, ..busy() };
    let down = Config { up: false, accounting: Accounting::Learned, ..busy() };
    let drifting = Config { depth: 7, n_init: 300, ..busy() };
    let late = Config { n_init: 900, ..busy() };
    vec![
        case("holes_both_sides", busy(), with_holes(301, 2000)),
        case("holes_up_only", up, with_holes(303, 2000)),
        case("holes_down_only_learned", down, with_holes(305, 2000)),
        case("holes_drift", drifting, with_holes(307, 900)),
        case("holes_no_alert", Config { alert: false, ..busy() }, with_holes(309, 1500)),
        case("never_calibrated", late, with_holes(311, 800)),
    ]
}

fn drifting() -> Vec<Case> {
    let wave = |seed| Kind::Wave.rounded(seed, 900, 4);
    let base = Config { n_init: 300, ..busy() };
    let whole: Vec<f64> = Kind::Integers.rounded(407, 900, 0);
    vec![
        case("drift_depth_10", Config { depth: 10, ..base.clone() }, wave(401)),
        case("drift_depth_1", Config { depth: 1, ..base.clone() }, wave(402)),
        case("drift_depth_2", Config { depth: 2, ..base.clone() }, wave(403)),
        case("drift_depth_100", Config { depth: 100, ..base.clone() }, wave(404)),
        case(
            "drift_as_published",
            Config { depth: 10, down: false, ..base.clone() }.as_published(),
            wave(405),
        ),
        case(
            "drift_no_alert",
            Config { depth: 10, alert: false, up: false, ..base.clone() },
            wave(406),
        ),
        case("drift_integers", Config { depth: 8, ..base }, whole),
    ]
}

/// Local scale, season (then two baselines) and limit.
fn moving() -> Vec<Case> {
    let base = Config { n_init: 300, depth: 5, scale_depth: 20, ..busy() };
    let plain = Config { depth: 0, scale_depth: 0, ..base.clone() };
    let wide = |seed| -> Vec<f64> {
        let values = Kind::Normal.values(seed, 1200);
        let size = |i: usize| if (i / 300).is_multiple_of(2) { 1.0 } else { 4.0 };
        values.iter().enumerate().map(|(i, x)| round(x * size(i), 4)).collect()
    };
    let season = |seed| -> Vec<f64> {
        let values = Kind::Normal.values(seed, 900);
        let peak = |i: usize| if i % 24 < 6 { 8.0 } else { 0.0 };
        values.iter().enumerate().map(|(i, x)| round(x + peak(i), 4)).collect()
    };
    let mut holed = season(454);
    holed[400..433].fill(f64::NAN);
    holed[600] = f64::INFINITY;
    let with_season = Config { period: 24, ..base.clone() };
    let only_scale = Config { depth: 0, accounting: Accounting::Learned, ..base.clone() };
    vec![
        case("scale", base.clone(), wide(451)),
        case("scale_alone_learned", only_scale, wide(452)),
        case(
            "scale_counts",
            Config { depth: 8, ..base.clone() },
            Kind::Integers.rounded(455, 900, 0),
        ),
        case("season", with_season.clone(), season(453)),
        case("season_with_holes", with_season, holed),
        case("limit", Config { limit: 2.0, ..plain }, Kind::Shift.rounded(456, 1500, 4)),
        case(
            "limit_level",
            Config { limit: 1.5, scale_depth: 0, ..base },
            Kind::Bursts.rounded(457, 1500, 4),
        ),
    ]
}

fn alerts() -> Vec<Case> {
    let config = |accounting, quarantine| Config { q: 1e-2, accounting, quarantine, ..busy() };
    let stream = |seed| Kind::Bursts.rounded(seed, 1500, 4);
    vec![
        case("discarded", config(Accounting::Discarded, 0), stream(501)),
        case("learned", config(Accounting::Learned, 0), stream(502)),
        case("censored", config(Accounting::Censored, 0), stream(503)),
        case("budgeted", config(Accounting::Budgeted, 0), stream(504)),
        case("discarded_quarantine", config(Accounting::Discarded, 20), stream(505)),
        case("learned_quarantine", config(Accounting::Learned, 20), stream(506)),
        case("censored_quarantine", config(Accounting::Censored, 20), stream(507)),
        case("budgeted_quarantine", config(Accounting::Budgeted, 20), stream(508)),
        case("budgeted_quarantine_1", config(Accounting::Budgeted, 1), stream(509)),
        case("budgeted_quarantine_5", config(Accounting::Budgeted, 5), stream(510)),
        case("planted_calibration", config(Accounting::Budgeted, 20), planted()),
    ]
}

/// Anomalies in the calibration batch, on both sides, that the robust first fit drops.
fn planted() -> Vec<f64> {
    let mut values = Kind::Normal.rounded(511, 1500, 4);
    for i in 0..4 {
        values[60 + 100 * i] = 9.0 + 0.25 * i as f64;
    }
    values[77] = -11.5;
    values[333] = -12.0;
    values
}

fn policies() -> Vec<Case> {
    let base = Config { down: false, n_init: 300, ..busy() };
    let plug_in = Config { threshold: Threshold::PlugIn, ..busy() };
    vec![
        case("plug_in", plug_in, Kind::Normal.rounded(601, 2000, 4)),
        case("as_published", busy().as_published(), Kind::Normal.rounded(602, 2000, 4)),
        case(
            "no_alert",
            Config { alert: false, ..base.clone() },
            Kind::Student3.rounded(603, 1500, 4),
        ),
        case(
            "unbounded",
            Config { bounded: false, ..base.clone() },
            Kind::Normal.rounded(604, 2000, 4),
        ),
        case("unbounded_learned", unbounded_learned(), Kind::Exponential.rounded(605, 1500, 4)),
        case(
            "level_one_half",
            Config { level: 0.5, q: 0.1, ..base.clone() },
            Kind::Normal.rounded(606, 1000, 4),
        ),
        case(
            "q_near_the_tail",
            Config { q: 0.049, ..base.clone() },
            Kind::Normal.rounded(607, 1000, 4),
        ),
        case("q_tiny", Config { q: 1e-9, ..base }, Kind::Normal.rounded(608, 1500, 4)),
    ]
}

fn unbounded_learned() -> Config {
    Config { bounded: false, accounting: Accounting::Learned, down: false, ..busy() }
}

/// 19, 20 and 21 excesses on each side.
fn calibration_edges() -> Vec<Case> {
    let config = |n_init| Config { n_init, ..busy() };
    vec![
        case("calibrated_on_19", config(380), Kind::Normal.rounded(701, 1000, 4)),
        case("calibrated_on_20", config(400), Kind::Normal.rounded(702, 1000, 4)),
        case("calibrated_on_21", config(420), Kind::Normal.rounded(703, 1000, 4)),
        case("one_value_short", config(440), Kind::Normal.rounded(704, 439, 4)),
        case("just_calibrated", config(440), Kind::Normal.rounded(704, 440, 4)),
        case("one_value_on", config(440), Kind::Normal.rounded(704, 441, 4)),
    ]
}

/// The buffer after calibration: one short of full, full, one dropped; and buffers of one and two.
fn buffer_edges() -> Vec<Case> {
    let config = |n_init, max_excess| Config { n_init, max_excess, down: false, ..busy() };
    vec![
        case("buffer_one_short", config(500, 25), Kind::Normal.rounded(801, 1000, 4)),
        case("buffer_full", config(520, 25), Kind::Normal.rounded(802, 1000, 4)),
        case("buffer_one_over", config(540, 25), Kind::Normal.rounded(803, 1000, 4)),
        case("buffer_of_1", config(300, 1), Kind::Normal.rounded(804, 1000, 4)),
        case("buffer_of_2", config(300, 2), Kind::Normal.rounded(805, 1000, 4)),
        case("buffer_of_20", config(500, 20), Kind::Normal.rounded(806, 1500, 4)),
    ]
}

/// Streams that end with the 63rd, 64th and 65th push since the calibration, where the engine sums up anew.
fn push_edges() -> Vec<Case> {
    let config = Config {
        n_init: 250,
        level: 0.9,
        q: 1e-2,
        down: false,
        alert: false,
        max_excess: 30,
        ..busy()
    };
    let until = |pushes: usize| {
        let values = Kind::Lognormal.rounded(901, 2000, 4);
        let mut reference = Reference::new(&config);
        let is_push = |x: &f64| reference.step(*x, None) == Event::ExcessUp;
        let is_push: Vec<bool> = values.iter().map(is_push).collect();
        let ends: Vec<usize> = (0..values.len()).filter(|i| is_push[*i]).map(|i| i + 1).collect();
        values[..ends[pushes - 1]].to_vec()
    };
    vec![
        case("pushes_63", config.clone(), until(63)),
        case("pushes_64", config.clone(), until(64)),
        case("pushes_65", config.clone(), until(65)),
    ]
}

/// So many excesses after the calibration.
fn few_and_many() -> Vec<Case> {
    let config = |k: usize| Config { level: 0.9, n_init: 10 * k, q: 1e-2, down: false, ..busy() };
    let many = Config { max_excess: 200, ..config(200) };
    vec![
        case("excesses_2", config(2), Kind::Exponential.rounded(1201, 400, 4)),
        case("excesses_3", config(3), Kind::Lognormal.rounded(1202, 400, 4)),
        case("excesses_9", config(9), Kind::Normal.rounded(1203, 500, 4)),
        case("excesses_10", config(10), Kind::Student3.rounded(1204, 500, 4)),
        case("excesses_40", config(40), Kind::Exponential.rounded(1205, 1000, 4)),
        case("excesses_200", many, Kind::Normal.rounded(1206, 3000, 4)),
    ]
}

/// Tails that end, tails with a shape above 1, one value far beyond all others.
fn tails() -> Vec<Case> {
    let up = Config { down: false, ..busy() };
    let power = |seed, power: f64, digits| -> Vec<f64> {
        let mut random = Random::new(seed);
        (0..1500).map(|_| round(random.uniform().powf(power), digits)).collect()
    };
    let ends = |seed, shape| power(seed, shape, 5).into_iter().map(|x| round(1.0 - x, 5));
    let mut huge = Kind::Exponential.rounded(1305, 1500, 4);
    huge[100] = 1e6;
    huge[900] = 1e7;
    let clipped = Kind::Normal.rounded(1306, 2000, 4).into_iter().map(|x| x.clamp(-2.5, 2.0));
    vec![
        case("ends_steeply", up.clone(), ends(1301, 0.4).collect()),
        case("ends_at_a_jump", up.clone(), ends(1302, 1.5).collect()),
        case("shape_1.5", up.clone(), power(1303, -1.5, 3)),
        case("shape_1.5_below", Config { up: false, ..busy() }, power(1304, -1.5, 3)),
        case("one_huge_excess", Config { accounting: Accounting::Learned, ..up }, huge),
        case("clipped", busy(), clipped.collect()),
    ]
}

/// Rounded values, and batches without an excess.
fn lattices() -> Vec<Case> {
    let up = Config { down: false, ..busy() };
    let quarters = Kind::Normal.values(1401, 2000).into_iter().map(|x| (4.0 * x).round() / 4.0);
    let counts = Kind::Exponential.values(1402, 2000).into_iter().map(|x| (3.0 * x).floor());
    let rare = |seed, p| -> Vec<f64> {
        let mut random = Random::new(seed);
        let values = (0..1500).map(|i| if random.happens(p) && i >= 500 { 1.0 } else { 0.0 });
        values.collect()
    };
    let mut next = vec![0.3; 500];
    let mut random = Random::new(1405);
    next.extend((0..500).map(|_| if random.happens(0.2) { 0.3_f64.next_up() } else { 0.3 }));
    vec![
        case("quarters", busy(), quarters.collect()),
        case("counts", up.clone(), counts.clone().collect()),
        case(
            "counts_learned",
            Config { accounting: Accounting::Learned, ..up.clone() },
            counts.collect(),
        ),
        case("zeros_and_rare_ones", up.clone(), rare(1403, 0.005)),
        case("zeros_and_ones", Config { quarantine: 0, ..up.clone() }, rare(1404, 0.03)),
        case("the_next_double", up, next),
    ]
}

/// Calibration by `fit`.
fn fitted() -> Vec<Case> {
    let fit = |name, config, values| Case { name, config, fit: true, values };
    let mut holes = Kind::Normal.rounded(1003, 1500, 4);
    (0..1500).step_by(37).for_each(|i| holes[i] = f64::NAN);
    holes[10] = f64::INFINITY;
    holes[11] = f64::NEG_INFINITY;
    vec![
        fit("fit_normal", busy(), Kind::Normal.rounded(1001, 1500, 4)),
        fit(
            "fit_drift",
            Config { depth: 20, n_init: 400, ..busy() },
            Kind::Wave.rounded(1002, 900, 4),
        ),
        fit("fit_holes", Config { down: false, ..busy() }, holes),
        fit("fit_as_published", busy().as_published(), Kind::Lognormal.rounded(1004, 1500, 4)),
        fit("fit_only", busy(), Kind::Student3.rounded(1005, 500, 4)),
    ]
}

/// The same tail at other scales and far from 0.
fn scales() -> Vec<Case> {
    let config = Config { n_init: 300, ..busy() };
    let times = |factor: f64, seed| -> Vec<f64> {
        Kind::Student3
            .rounded(seed, 800, 4)
            .iter()
            .map(|x| format!("{:.5e}", x * factor))
            .map(parsed)
            .collect()
    };
    let far: Vec<f64> =
        Kind::Normal.rounded(1103, 800, 4).iter().map(|x| round(x + 1e6, 4)).collect();
    vec![
        case("scale_1e200", config.clone(), times(1e200, 1101)),
        case("scale_1e-200", config.clone(), times(1e-200, 1102)),
        case("offset_1e6", config, far),
    ]
}

fn parsed(text: String) -> f64 {
    text.parse().expect("a number")
}
