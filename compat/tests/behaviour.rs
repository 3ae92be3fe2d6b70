//! What scripts lean on, and what libspot 1 had wrong.

use std::process::Command;

use spot::*;
use tailspot::{Config, Side};

type Owned = Option<Box<Handle>>;

/// N(0, 1), by the polar method.
fn normal(seed: u64, n: usize) -> Vec<f64> {
    let mut state = seed;
    let mut uniform = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    let mut point = move || (uniform(), uniform());
    let value = move || loop {
        let (x, y) = point();
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            return x * (-2.0 * square.ln() / square).sqrt();
        }
    };
    std::iter::repeat_with(value).take(n).collect()
}

/// Both tails from level 0.98 on, calibrated on 1000 values.
fn spot(max_excess: i32) -> Owned {
    Spot_new(1e-3, 1000, 0.98, 1, 1, 1, 1, max_excess)
}

fn dspot(depth: i32) -> Owned {
    DSpot_new_light(depth, 1000, 0.98, 1, 1, 1, 1, 200)
}

fn steps(handle: &Owned, values: &[f64]) -> Vec<i32> {
    values.iter().map(|x| DSpot_step(handle.as_deref(), *x)).collect()
}

fn count(events: &[i32], event: i32) -> i32 {
    events.iter().filter(|e| **e == event).count().try_into().expect("few")
}

/// What the getters tell: thresholds up, down; tails up, down; drift.
fn told(handle: &Owned) -> [f64; 5] {
    let handle = handle.as_deref();
    [
        DSpot_getUpperThreshold(handle),
        DSpot_getLowerThreshold(handle),
        DSpot_getUpper_t(handle),
        DSpot_getLower_t(handle),
        DSpot_getDrift(handle),
    ]
}

// ---- What scripts lean on.

#[test]
fn it_is_the_engine_as_published() {
    let values = normal(1, 30_000);
    for depth in [0_u8, 7] {
        let config = Config { q: 1e-3, level: 0.98, n_init: 1000, ..Config::default() };
        let config = Config { depth: depth.into(), ..config.as_published() };
        let mut ours = tailspot::Spot::new(config).expect("parameters in range");
        let theirs = dspot(depth.into());
        for (i, x) in values.iter().enumerate() {
            let event = i32::from(ours.step(*x).code());
            let event = if i < depth.into() { 5 } else { event };
            assert_eq!(DSpot_step(theirs.as_deref(), *x), event, "value {i}");
        }
        let thresholds = [Side::Up, Side::Down].map(|side| ours.anomaly_threshold(side));
        let tails = [Side::Up, Side::Down].map(|side| ours.excess_threshold(side));
        let expected = [thresholds[0], thresholds[1], tails[0], tails[1], ours.drift()];
        assert_eq!(told(&theirs), expected);
        DSpot_delete(theirs);
    }
}

#[test]
fn the_window_answers_5_then_the_calibration_3_and_4() {
    for depth in [0, 1, 10] {
        let handle = dspot(depth);
        let events = steps(&handle, &normal(2, 1000 + depth as usize));
        let mut expected = vec![5; depth as usize];
        expected.extend([3; 999]);
        expected.push(4);
        assert_eq!(events, expected);
        DSpot_delete(handle);
    }
}

#[test]
fn an_n_init_of_0_or_less_is_1000() {
    for n_init in [0, -1, i32::MIN] {
        let handle = Spot_new(1e-3, n_init, 0.98, 1, 1, 1, 1, 200);
        assert_eq!(Spot_config(handle.as_deref()).n_init, 1000);
        let events = steps(&handle, &normal(3, 1000));
        assert_eq!([count(&events, 3), events[999]], [999, 4]);
        Spot_delete(handle);
    }
}

#[test]
fn a_max_excess_of_0_or_less_keeps_all_and_bounded_says_nothing() {
    let values = normal(4, 50_000);
    for bounded in [0, 1] {
        for (max_excess, told) in [(0, 0), (-1, -1), (i32::MIN, -1), (150, 150)] {
            let handle = Spot_new(1e-4, 1000, 0.98, 1, 1, 1, bounded, max_excess);
            let config = Spot_config(handle.as_deref());
            assert_eq!([config.bounded.into(), config.max_excess], [bounded.into(), told]);
            steps(&handle, &values);
            let status = Spot_status(handle.as_deref());
            assert!(status.Nt_up > 500 && status.Nt_down > 500, "{status:?}");
            let (up, down) = if told > 0 { (told, told) } else { (status.Nt_up, status.Nt_down) };
            assert_eq!([status.ex_up, status.ex_down], [up, down]);
            Spot_delete(handle);
        }
    }
}

#[test]
fn a_script_may_ask_a_dspot_for_the_config_of_its_spot() {
    let handle = DSpot_new_light(7, 1500, 0.97, 1, 0, 1, 0, 300);
    let handle = handle.as_deref();
    let spot = SpotConfig {
        q: 1e-3, // Until DSpot_set_q.
        bounded: 0,
        max_excess: 300,
        alert: 1,
        up: 1,
        down: 0,
        n_init: 1500,
        level: 0.97,
    };
    assert_eq!(Spot_config(handle), spot);
    assert_eq!(DSpot_config(handle), DSpotConfig { spot, depth: 7 });
    DSpot_set_q(handle, 1e-5);
    assert_eq!(Spot_config(handle), SpotConfig { q: 1e-5, ..spot });
}

#[test]
fn getters_answer_0_where_there_is_nothing_yet() {
    let handle = spot(200);
    for values in [0, 1, 998] {
        steps(&handle, &vec![5.0; values]);
        assert_eq!(told(&handle), [0.0; 5]);
        assert_eq!(Spot_up_probability(handle.as_deref(), 5.0), 0.0);
        assert_eq!(Spot_down_probability(handle.as_deref(), 5.0), 0.0);
    }
    let collecting = SpotStatus { n: 999, ..SpotStatus::default() };
    assert_eq!(Spot_status(handle.as_deref()), collecting);
    Spot_delete(handle);

    // Once there is a drift it is added, and a tail that is not watched stays at 0.
    let handle = DSpot_new_light(4, 1000, 0.98, 1, 0, 1, 1, 200);
    steps(&handle, &[1.0, 2.0, 3.0]);
    assert_eq!(told(&handle), [0.0; 5]);
    steps(&handle, &[6.0]);
    assert_eq!(told(&handle), [3.0; 5]);
    steps(&handle, &normal(5, 1000));
    let [z_up, z_down, t_up, t_down, drift] = told(&handle);
    assert!(z_up > t_up && t_up > drift);
    assert_eq!([z_down, t_down], [drift; 2]);
    assert_eq!(DSpot_down_probability(handle.as_deref(), -9.0), 0.0);
    DSpot_delete(handle);
}

#[test]
fn the_counters_follow_from_the_events() {
    let mut values = normal(6, 40_000);
    values[20_000..].iter_mut().step_by(100).for_each(|x| *x *= 3.0);
    for alert in [0, 1] {
        let handle = Spot_new(1e-3, 1000, 0.98, 1, 1, alert, 1, 200);
        steps(&handle, &values[..1000]);
        let start = Spot_status(handle.as_deref());
        assert_eq!([start.n, start.Nt_up, start.Nt_down, start.al_up], [1000, 19, 20, 0]);
        let events = steps(&handle, &values[1000..]);
        let [up, down] = [1, -1].map(|event| count(&events, event));
        assert_eq!(alert == 1, up > 20 && down > 20);
        assert_eq!(alert == 0, up == 0 && down == 0);
        let end = Spot_status(handle.as_deref());
        let expected = SpotStatus {
            n: 40_000 - up - down,
            ex_up: 200,
            ex_down: 200,
            Nt_up: 19 + count(&events, 2),
            Nt_down: 20 + count(&events, -2),
            al_up: up,
            al_down: down,
            ..end
        };
        assert_eq!(end, expected);
        assert_eq!([end.z_up, end.z_down, end.t_up, end.t_down, 0.0], told(&handle));
        Spot_delete(handle);
    }
}

#[test]
fn alerts_and_excesses_lie_beyond_their_thresholds_not_on_them() {
    let handle = spot(200);
    steps(&handle, &normal(7, 1000));
    let [z_up, z_down, t_up, t_down, _] = told(&handle);
    assert_eq!(steps(&handle, &[t_up, t_down]), [0, 0]);
    assert_eq!(steps(&handle, &[z_up.next_up(), z_down.next_down()]), [1, -1]);
    assert_eq!(steps(&handle, &[z_up, z_down]), [2, -2]);
    Spot_delete(handle);
}

#[test]
fn two_threads_may_share_a_handle() {
    let handle = spot(200);
    let values = normal(8, 1000);
    std::thread::scope(|scope| {
        (0..4).for_each(|_| drop(scope.spawn(|| steps(&handle, &values))));
    });
    let status = Spot_status(handle.as_deref());
    assert_eq!(status.n + status.al_up + status.al_down, 4000);
    Spot_delete(handle);
}

// ---- What libspot 1 had wrong.

#[test]
fn the_lower_t_of_a_dspot_is_the_lower_one() {
    let handle = dspot(10);
    steps(&handle, &normal(9, 2000));
    let status = DSpot_status(handle.as_deref());
    assert!(DSpot_getLower_t(handle.as_deref()) < -1.0);
    assert_eq!(DSpot_getLower_t(handle.as_deref()), status.t_down);
    assert_eq!(DSpot_getUpper_t(handle.as_deref()), status.t_up);
    DSpot_delete(handle);
}

#[test]
fn a_probability_of_a_dspot_is_one_of_the_stream_and_has_no_drift_in_it() {
    let far: Vec<f64> = normal(10, 3000).iter().map(|x| x + 1e4).collect();
    let handle = dspot(10);
    steps(&handle, &far);
    DSpot_set_q(handle.as_deref(), 1e-3); // Brings the thresholds up to date with n.
    let [z_up, z_down, ..] = told(&handle);
    for p in [
        DSpot_up_probability(handle.as_deref(), z_up),
        DSpot_down_probability(handle.as_deref(), z_down),
    ] {
        assert!((p / 1e-3 - 1.0).abs() < 1e-6, "{p}");
    }
    DSpot_delete(handle);
}

#[test]
fn a_probability_is_one_for_every_number() {
    let shapes: [fn(f64) -> f64; 3] = [|x| x, |x| x.exp().exp(), |x| 1.0 / (1.0 + (-x).exp())];
    for shape in shapes {
        let handle = spot(200);
        steps(&handle, &normal(11, 3000).into_iter().map(shape).collect::<Vec<_>>());
        let [z_up, _, t_up, t_down, _] = told(&handle);
        let up = |z: f64| Spot_up_probability(handle.as_deref(), z);
        let down = |z: f64| Spot_down_probability(handle.as_deref(), z);
        let grid = (-4000..4000).map(|i| t_up + (z_up - t_up) * f64::from(i) / 100.0);
        let grid: Vec<f64> = [f64::NEG_INFINITY, f64::MIN]
            .into_iter()
            .chain(grid)
            .chain([f64::MAX, f64::INFINITY])
            .collect();
        for pair in grid.windows(2) {
            assert!(1.0 >= up(pair[0]) && up(pair[0]) >= up(pair[1]) && up(pair[1]) >= 0.0);
            assert!(0.0 <= down(pair[0]) && down(pair[0]) <= down(pair[1]) && down(pair[1]) <= 1.0);
        }
        assert_eq!([up(f64::NEG_INFINITY), up(f64::INFINITY)], [1.0, 0.0]);
        assert_eq!([down(f64::NEG_INFINITY), down(f64::INFINITY)], [0.0, 1.0]);
        // Across t there is no jump.
        assert!((up(t_up.next_down()) / up(t_up) - 1.0).abs() < 1e-9);
        assert!((down(t_down.next_up()) / down(t_down) - 1.0).abs() < 1e-9);
        Spot_delete(handle);
    }
}

#[test]
fn a_nan_changes_nothing_and_answers_what_it_answered() {
    let values = normal(12, 3000);
    let (plain, holed) = (dspot(10), dspot(10));
    for (i, x) in values.iter().enumerate() {
        let event = match i {
            0..10 => 5,
            10..1010 => 3,
            _ => 0,
        };
        assert_eq!(DSpot_step(holed.as_deref(), f64::NAN), event, "before value {i}");
        let [plain, holed] = [&plain, &holed].map(|handle| DSpot_step(handle.as_deref(), *x));
        assert_eq!(plain, holed);
    }
    assert_eq!(told(&plain), told(&holed));
    assert_eq!(DSpot_status(plain.as_deref()), DSpot_status(holed.as_deref()));
    assert_eq!(DSpot_step(holed.as_deref(), 1e9), 1);
    DSpot_delete(plain);
    DSpot_delete(holed);
}

#[test]
fn an_infinity_is_an_alert_where_that_side_is_watched_and_is_never_learned() {
    let handle = Spot_new(1e-3, 1000, 0.98, 1, 0, 0, 1, 200);
    steps(&handle, &normal(13, 1000));
    let before = told(&handle);
    assert_eq!(steps(&handle, &[f64::INFINITY, f64::NEG_INFINITY]), [1, 0]);
    assert_eq!(told(&handle), before);
    assert_eq!(Spot_status(handle.as_deref()).n, 1000);
    Spot_delete(handle);
}

#[test]
fn a_small_buffer_does_not_tilt_the_tails() {
    let values = normal(14, 20_000);
    let mirrored: Vec<f64> = values.iter().map(|x| -x).collect();
    for max_excess in [400, 200, 50] {
        // Either tail has 400 excesses.
        let new = || Spot_new(1e-4, 20_001, 0.98, 1, 1, 1, 1, max_excess);
        let (up, down) = (new(), new());
        steps(&up, &values);
        steps(&down, &mirrored);
        steps(&up, &[0.0]);
        steps(&down, &[0.0]);
        let ([z_up, ..], [_, z_down, ..]) = (told(&up), told(&down));
        assert!((z_up / -z_down - 1.0).abs() < 1e-9, "{z_up} {z_down}");
        let status = Spot_status(up.as_deref());
        assert!(status.Nt_up == 400 && status.ex_up == max_excess);
        for z in [z_up, -told(&up)[1]] {
            assert!((3.2..4.2).contains(&z), "max_excess = {max_excess}: {z}, and 3.72 is true");
        }
        Spot_delete(up);
        Spot_delete(down);
    }
}

#[test]
fn a_constant_stream_is_normal_and_has_numbers() {
    let handle = spot(200);
    assert_eq!(steps(&handle, &[3.5; 1000])[999], 4);
    assert_eq!(steps(&handle, &[3.5, 3.6, 3.4]), [0, 1, -1]);
    assert_eq!(told(&handle), [3.5, 3.5, 3.5, 3.5, 0.0]);
    assert_eq!(Spot_up_probability(handle.as_deref(), 3.0), 1.0);
    Spot_delete(handle);
}

#[test]
fn a_new_q_counts_at_once_and_a_bad_one_does_not() {
    let values = normal(15, 2000);
    let (changed, fresh) = (spot(200), Spot_new(1e-5, 1000, 0.98, 1, 1, 1, 1, 200));
    steps(&changed, &values[..1000]);
    steps(&fresh, &values[..1000]);
    Spot_set_q(changed.as_deref(), 1e-5);
    assert_eq!(told(&changed), told(&fresh));
    for q in [f64::NAN, 0.0, -1.0, 1.0, f64::INFINITY] {
        Spot_set_q(changed.as_deref(), q);
        assert_eq!(Spot_config(changed.as_deref()).q, 1e-5);
        assert_eq!(told(&changed), told(&fresh));
    }
    Spot_delete(changed);
    Spot_delete(fresh);
}

#[test]
fn a_q_beyond_the_tail_makes_every_value_in_the_tail_an_alert() {
    let values = normal(16, 21_000);
    let (start, values) = values.split_at(1000);
    let (born, changed) = (Spot_new(0.3, 1000, 0.98, 1, 1, 1, 1, 200), spot(200));
    steps(&born, start);
    steps(&changed, start);
    Spot_set_q(changed.as_deref(), 0.3);
    for handle in [born, changed] {
        let events = steps(&handle, values);
        assert_eq!([count(&events, 2), count(&events, -2)], [0, 0]);
        assert!((300..700).contains(&count(&events, 1)), "{}", count(&events, 1));
        assert!((300..700).contains(&count(&events, -1)), "{}", count(&events, -1));
        assert_eq!(Spot_config(handle.as_deref()).q, 0.3);
        let [z_up, _, t_up, ..] = told(&handle);
        assert!((z_up - t_up).abs() < 1e-9, "{z_up} {t_up}");
        Spot_delete(handle);
    }
}

#[test]
fn q_is_judged_with_the_first_value_not_before() {
    // 1e-3, which the constructor takes, is no q for this level; what the script sets is.
    let handle = DSpot_new_light(2, 20_000, 0.9995, 1, 1, 1, 1, 200);
    DSpot_set_q(handle.as_deref(), 1e-5);
    let events = steps(&handle, &normal(17, 20_002));
    assert_eq!([count(&events, 5), events[20_001]], [2, 4]);
    let [z_up, _, t_up, ..] = told(&handle);
    assert!(z_up > t_up);
    DSpot_delete(handle);
    // A detector that does not exist begins to with a good q.
    let handle = Spot_new(f64::NAN, 1000, 0.98, 1, 1, 1, 1, 200);
    assert_eq!(steps(&handle, &[1.0, 2.0]), [5, 5]);
    Spot_set_q(handle.as_deref(), 1e-3);
    assert_eq!(steps(&handle, &[1.0, 2.0]), [3, 3]);
    Spot_delete(handle);
}

/// Parameters that crashed libspot 1 or mean nothing, and the sentence that says so.
fn impossible() -> Vec<(Owned, &'static str)> {
    let spot = |q, n_init, level| Spot_new(q, n_init, level, 1, 1, 1, 1, 200);
    vec![
        (spot(1e-4, 100, 0.99), "n_init = 100 is out of range: needs at least 101"),
        (spot(1e-4, 1, 0.99), "n_init = 1 is out of range: needs at least 101"),
        (spot(1e-4, 2000, 1.0), "level = 1 is out of range: needs 0 < level < 1"),
        (spot(1e-4, 2000, 0.0), "level = 0 is out of range: needs 0 < level < 1"),
        (spot(1e-4, 2000, f64::NAN), "level = NaN is out of range: needs 0 < level < 1"),
        (spot(f64::NAN, 2000, 0.99), "q = NaN is out of range: needs 0 < q < 1 - level = 0.01"),
        (spot(0.0, 2000, 0.99), "q = 0 is out of range: needs 0 < q < 1 - level = 0.01"),
        (spot(1.0, 2000, 0.99), "q = 1 is out of range: needs 0 < q < 1 - level = 0.01"),
        (
            Spot_new(1e-4, 2000, 0.99, 0, 0, 1, 1, 200),
            "up and down are both false: watch at least one side",
        ),
        (dspot(-3), "d = -3 is out of range: needs d >= 0"),
    ]
}

#[test]
fn an_impossible_detector_answers_5_and_zeros() {
    for (handle, why) in impossible() {
        let asked = DSpot_config(handle.as_deref());
        assert_eq!(steps(&handle, &normal(18, 3000)), [5; 3000], "{why}");
        assert_eq!(told(&handle), [0.0; 5]);
        assert_eq!(Spot_status(handle.as_deref()), SpotStatus::default());
        assert_eq!(Spot_up_probability(handle.as_deref(), 1.0), 0.0);
        assert_eq!(format!("{asked:?}"), format!("{:?}", DSpot_config(handle.as_deref())));
        Spot_delete(handle);
    }
}

#[test]
fn standard_error_says_once_why_a_detector_is_impossible() {
    // What this very test prints in the child is not captured, since it does not go through `print`.
    let test = std::env::current_exe().expect("a running test has a path");
    let output = Command::new(test)
        .args(["--exact", "an_impossible_detector_answers_5_and_zeros"])
        .output()
        .expect("this test runs");
    let err = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<&str> = err.lines().filter(|line| line.starts_with("libspot.so")).collect();
    let cases = impossible();
    assert_eq!(lines.len(), cases.len(), "{err}");
    for (line, (handle, why)) in lines.iter().zip(cases) {
        assert!(line.starts_with(&format!("libspot.so (tailspot): {why}")), "{line}");
        assert!(line.ends_with(". Every value is answered with 5, not judged."), "{line}");
        Spot_delete(handle);
    }
}

#[test]
fn no_parameters_and_no_values_crash_it_or_make_a_nan() {
    const EVENTS: [i32; 8] = [-2, -1, 0, 1, 2, 3, 4, 5];
    let mut values = normal(19, 150);
    for (i, odd) in
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, 0.0, -0.0]
            .into_iter()
            .enumerate()
    {
        values.insert(5 + 3 * i, odd);
        values.insert(120 + 3 * i, odd);
    }
    let sizes = [i32::MIN, -1, 0, 1, 2, 20, i32::MAX];
    let mut running = 0;
    for level in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 0.5, 0.9, 1.0 - 1e-16, 1.0, 2.0] {
        for q in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 5e-324, 1e-3, 0.4, 1.0, f64::INFINITY] {
            for (i, n_init) in sizes.into_iter().enumerate() {
                for (j, max_excess) in sizes.into_iter().enumerate() {
                    // Flags come from C: any byte.
                    let [up, down, alert] = [[1, 1, 1], [255, 0, 0], [0, 2, 1]][(i + j) % 3];
                    let d = sizes[(i + 2 * j) % sizes.len()];
                    let handle = DSpot_new_light(d, n_init, level, up, down, alert, 3, max_excess);
                    Spot_set_q(handle.as_deref(), q);
                    for x in &values {
                        let event = Spot_step(handle.as_deref(), *x);
                        assert!(EVENTS.contains(&event));
                        running += usize::from(event < 3);
                        assert!(told(&handle).iter().all(|number| !number.is_nan()));
                    }
                    Spot_set_q(handle.as_deref(), q / 3.0);
                    let p = DSpot_up_probability(handle.as_deref(), values[3]);
                    assert!((0.0..=1.0).contains(&p), "{p}");
                    DSpot_delete(handle);
                }
            }
        }
    }
    assert!(running > 1000, "{running} values were judged");
}
