//! Any sequence of calls with any arguments, on one detector: no call may find a bug, no getter may answer a number
//! that cannot be, and another detector that is stepped value by value must stay the same to the bit.
#![no_main]

use std::ffi::c_char;
use std::ptr::{null, null_mut};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;

use capi::*;

#[allow(dead_code, unused_imports)]
#[path = "../../capi/src/lib.rs"]
mod capi;

#[derive(Arbitrary, Debug)]
struct Parameters {
    q: f64,
    level: f64,
    n_init: u16,
    max_excess: u16,
    depth: u8,
    quarantine: u8,
    scale_depth: u8,
    period: u8,
    limit: u8,
    baselines: u8,
    accounting: i32,
    threshold: i32,
    switches: [u8; 4],
    struct_size: u32,
    /// Whether the above is used as it is, or moved into its ranges.
    is_raw: bool,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Any(f64),
    Calm(i8),
    Wide(i16),
}

#[derive(Arbitrary, Debug)]
enum Call {
    Step(Value),
    StepMany(Vec<Value>),
    Strided { bytes: Vec<u8>, kind: i32, is_known: bool, is_backward: bool },
    Fit(Vec<Value>),
    FitStrided { bytes: Vec<u8>, kind: i32 },
    SetQ(f64),
    Reset,
    SaveAndLoad,
    Getters { side: i32, number: f64 },
    Structs { size: u16 },
    Messages { status: i32, size: u8 },
    Null,
}

fuzz_target!(|input: (Parameters, Vec<Call>)| {
    let (parameters, calls) = input;
    let config = config(&parameters);
    let mut pair = [null_mut::<tailspot_detector>(); 2];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let status = tailspot_new(&config, &mut pair[0]);
        assert_ne!(status, tailspot_result::TAILSPOT_ERROR_BUG);
        let is_new = status == tailspot_result::TAILSPOT_OK;
        assert_eq!(is_new, tailspot_explain_config(&config, null_mut(), 0) == 0);
        if !is_new {
            return;
        }
        assert_eq!(tailspot_new(&config, &mut pair[1]), tailspot_result::TAILSPOT_OK);
        for call in &calls {
            make(call, &mut pair);
        }
        assert_eq!(saved(pair[0]), saved(pair[1]), "one call and many");
        for spot in pair {
            tailspot_free(spot);
        }
    }
});

fn config(given: &Parameters) -> tailspot_config {
    let [up, down, alert, bounded] = given.switches;
    let mut baselines = [tailspot_baseline::default(); TAILSPOT_MOST_BASELINES];
    let count = usize::from(given.baselines % 5);
    for (i, baseline) in baselines[..count].iter_mut().enumerate() {
        *baseline = tailspot_baseline {
            depth: u64::from(given.scale_depth >> i & 7),
            scale_depth: 2 * u64::from(given.scale_depth % 8),
            period: 2 * u64::from(given.period % 8),
        };
    }
    let plain = tailspot_config {
        scale_depth: if count > 0 { 0 } else { given.scale_depth.into() },
        period: if count > 0 { 0 } else { given.period.into() },
        limit: f64::from(given.limit),
        baseline_count: count as u64,
        baselines,
        // SAFETY: integers and floats may be 0.
        ..unsafe { std::mem::zeroed() }
    };
    let raw = tailspot_config {
        struct_size: given.struct_size % 208,
        accounting: given.accounting,
        q: given.q,
        level: given.level,
        n_init: given.n_init.into(),
        max_excess: given.max_excess.into(),
        depth: given.depth.into(),
        quarantine: given.quarantine.into(),
        up,
        down,
        alert,
        bounded,
        threshold: given.threshold,
        ..plain
    };
    if given.is_raw {
        // The struct has no more bytes than that.
        return tailspot_config { struct_size: raw.struct_size.min(192), ..raw };
    }
    let level = 0.5 + 0.49 * f64::from(given.n_init % 97) / 97.0;
    tailspot_config {
        struct_size: 192,
        accounting: given.accounting & 3,
        q: (1.0 - level) * 0.999 / (1.0 + f64::from(given.max_excess)),
        level,
        n_init: 200 + u64::from(given.n_init % 300),
        max_excess: 1 + u64::from(given.max_excess % 64),
        depth: if count > 0 { 0 } else { u64::from(given.depth % 8) },
        quarantine: u64::from(given.quarantine % 30),
        up: 1,
        down: down & 1,
        alert: alert & 1,
        bounded: bounded & 1,
        threshold: given.threshold & 1,
        ..plain
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Any(any) => *any,
        Value::Calm(calm) => f64::from(*calm) / 16.0,
        Value::Wide(wide) => f64::from(*wide),
    }
}

unsafe fn make(call: &Call, pair: &mut [*mut tailspot_detector; 2]) {
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        match call {
            Call::Step(value) => {
                let events = pair.map(|spot| tailspot_step(spot, number(value)));
                assert!((-2..=5).contains(&events[0]) && events[0] == events[1]);
            }
            Call::StepMany(values) => many(pair, values),
            Call::Strided { bytes, kind, is_known, is_backward } => {
                let kind = if *is_known { 1 + kind.rem_euclid(11) + (kind & 256) } else { *kind };
                strided(pair, bytes, kind, *is_backward);
            }
            Call::Fit(values) => {
                let values: Vec<f64> = values.iter().map(number).collect();
                let fitted = pair.map(|spot| tailspot_fit(spot, values.as_ptr(), values.len()));
                assert_ne!(fitted[0], tailspot_result::TAILSPOT_ERROR_BUG);
                assert_eq!(fitted[0], fitted[1]);
            }
            Call::FitStrided { bytes, kind } => {
                let count = bytes.len() / 8;
                let first = bytes.as_ptr().cast();
                let fitted = pair.map(|spot| tailspot_fit_strided(spot, first, count, 8, *kind));
                assert_ne!(fitted[0], tailspot_result::TAILSPOT_ERROR_BUG);
                assert_eq!(fitted[0], fitted[1]);
            }
            Call::SetQ(q) => {
                let set = pair.map(|spot| tailspot_set_q(spot, *q));
                assert_ne!(set[0], tailspot_result::TAILSPOT_ERROR_BUG);
                assert_eq!(set[0], set[1]);
            }
            Call::Reset => {
                for spot in pair {
                    assert_eq!(tailspot_reset(*spot), tailspot_result::TAILSPOT_OK);
                }
            }
            Call::SaveAndLoad => {
                let bytes = saved(pair[0]);
                let mut loaded = null_mut();
                let status = tailspot_load(bytes.as_ptr().cast(), bytes.len(), &mut loaded);
                assert_eq!(status, tailspot_result::TAILSPOT_OK);
                tailspot_free(std::mem::replace(&mut pair[0], loaded));
            }
            Call::Getters { side, number } => getters(pair[0], *side, *number),
            Call::Structs { size } => structs(pair[0], usize::from(*size)),
            Call::Messages { status, size } => messages(*status, usize::from(*size)),
            Call::Null => nulls(pair[0]),
        }
    }
}

/// Many values to one detector in one call, to the other one by one: the same events and thresholds.
unsafe fn many(pair: &[*mut tailspot_detector; 2], values: &[Value]) {
    let values: Vec<f64> = values.iter().map(number).collect();
    let n = values.len();
    let (mut events, mut upper, mut lower) = (vec![99_i8; n], vec![9.0; n], vec![9.0; n]);
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let status = tailspot_step_many(
            pair[0],
            values.as_ptr(),
            n,
            events.as_mut_ptr(),
            upper.as_mut_ptr(),
            lower.as_mut_ptr(),
            null_mut(),
        );
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        for i in 0..n {
            let expected = [1, -1].map(|side| tailspot_anomaly_threshold(pair[1], side));
            assert_eq!([upper[i], lower[i]].map(f64::to_bits), expected.map(f64::to_bits));
            assert_eq!(i32::from(events[i]), tailspot_step(pair[1], values[i]));
        }
    }
}

unsafe fn strided(pair: &[*mut tailspot_detector; 2], bytes: &[u8], kind: i32, is_backward: bool) {
    // Elements of at most eight bytes, as they come, without a thought of alignment.
    let count = bytes.len() / 8;
    let (start, stride) = if is_backward && count > 0 { (8 * (count - 1), -8) } else { (0, 8) };
    let mut events = vec![99_i8; count];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let first = bytes.as_ptr().wrapping_add(start).cast();
        let status = tailspot_step_strided(
            pair[0],
            first,
            count,
            stride,
            kind,
            events.as_mut_ptr(),
            null_mut(),
            null_mut(),
            null_mut(),
        );
        assert_ne!(status, tailspot_result::TAILSPOT_ERROR_BUG);
        for (i, event) in events.iter().enumerate() {
            let place = first.cast::<u8>().offset(i as isize * stride).cast();
            let mut alone = 99_i8;
            let (upper, lower) = (null_mut(), null_mut());
            let one = tailspot_step_strided(
                pair[1],
                place,
                1,
                1,
                kind,
                &mut alone,
                upper,
                lower,
                null_mut(),
            );
            assert_eq!((one, alone), (status, *event));
        }
    }
}

unsafe fn getters(spot: *const tailspot_detector, side: i32, number: f64) {
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let probability = tailspot_tail_probability(spot, side, number);
        assert!(probability.is_nan() || (0.0..=1.0).contains(&probability), "{probability}");
        let shape = tailspot_shape(spot, side);
        assert!(shape.is_nan() || (-0.5..=3.0).contains(&shape), "{shape}");
        let scale = tailspot_scale(spot, side);
        assert!(scale.is_nan() || scale >= 0.0, "{scale}");
        tailspot_quantile(spot, side, number);
        tailspot_drift(spot);
        let (t, z) =
            (tailspot_excess_threshold(spot, side), tailspot_anomaly_threshold(spot, side));
        assert_eq!(t.is_nan(), z.is_nan());
        if !t.is_nan() {
            assert!(f64::from(side) * z >= f64::from(side) * t, "{z} is not beyond {t}");
        }
    }
}

unsafe fn structs(spot: *const tailspot_detector, size: usize) {
    let mut space = vec![0xa5a5_a5a5_u64; size / 8 + 1];
    let is_size = (192..=4096).contains(&size) && size.is_multiple_of(8);
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let status = tailspot_get_status(spot, space.as_mut_ptr().cast(), size);
        assert_eq!(status == tailspot_result::TAILSPOT_OK, is_size && size >= 240);
        let config: *mut tailspot_config = space.as_mut_ptr().cast();
        let status = tailspot_get_config(spot, config, size);
        assert_eq!(status == tailspot_result::TAILSPOT_OK, is_size);
        if size >= size_of::<tailspot_config>() && is_size {
            assert_eq!(tailspot_explain_config(config, null_mut(), 0), 0);
        }
    }
}

fn messages(status: i32, size: usize) {
    let mut text = vec![1 as c_char; size];
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        assert!(!std::ffi::CStr::from_ptr(tailspot_result_message(status)).is_empty());
        let wrong = tailspot_config { q: 2.0, ..std::mem::zeroed() };
        let wrong = tailspot_config { struct_size: 192, ..wrong };
        let length = tailspot_explain_config(&wrong, text.as_mut_ptr(), size);
        if size > 0 {
            let end = text.iter().position(|c| *c == 0).expect("a NUL");
            assert_eq!(end, length.min(size - 1));
        }
    }
}

unsafe fn nulls(spot: *mut tailspot_detector) {
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let null_status = tailspot_result::TAILSPOT_ERROR_NULL;
        assert_eq!(tailspot_fit(spot, null(), 1), null_status);
        assert_eq!(tailspot_get_status(spot, null_mut(), 240), null_status);
        assert_eq!(tailspot_save(spot, null_mut(), 1 << 20), null_status);
        assert_eq!(tailspot_step(null_mut(), 1.0), tailspot_event::TAILSPOT_INVALID as i32);
        tailspot_free(null_mut());
    }
}

unsafe fn saved(spot: *const tailspot_detector) -> Vec<u8> {
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let mut bytes = vec![0; tailspot_snapshot_size(spot)];
        let status = tailspot_save(spot, bytes.as_mut_ptr().cast(), bytes.len());
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        bytes
    }
}
