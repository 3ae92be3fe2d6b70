//! `Config` and `Status` as JSON.

use serde_json::json;
use tailspot::{Accounting, Config, Spot, Status, Threshold};

#[test]
fn a_configuration_survives_json_with_the_names_of_its_fields() {
    let config = Config { q: 1e-3, down: false, ..Config::default() }.as_published();
    let value = serde_json::to_value(&config).expect("it is plain data");
    assert_eq!(value["q"], 1e-3);
    assert_eq!(value["accounting"], "discarded");
    assert_eq!(value["threshold"], "plug_in");
    assert_eq!(serde_json::from_value::<Config>(value).expect("it came from there"), config);
}

#[test]
fn what_is_left_out_is_the_default_and_what_is_unknown_is_an_error() {
    let config: Config =
        serde_json::from_value(json!({ "level": 0.98 })).expect("a field is enough");
    assert_eq!(config, Config { level: 0.98, ..Config::default() });
    assert_eq!(
        (config.accounting, config.threshold),
        (Accounting::Budgeted, Threshold::Calibrated)
    );
    let error =
        serde_json::from_value::<Config>(json!({ "levle": 0.98 })).expect_err("a typing error");
    assert!(error.to_string().contains("levle"), "{error}");
}

#[test]
fn a_status_is_written_with_its_counters() {
    let mut spot =
        Spot::new(Config { level: 0.9, n_init: 50, ..Config::default() }).expect("valid");
    (0..60).for_each(|i| _ = spot.step(f64::from(i * 37 % 50)));
    let value = serde_json::to_value(spot.status()).expect("it is plain data");
    assert_eq!(value["calibrated"], true);
    assert_eq!(value["seen"], 10);
    assert_eq!(value["up"]["fit"], json!(null), "the calibrated rule makes no fit");
    let back: Status = serde_json::from_value(value).expect("it came from there");
    assert_eq!(back, spot.status());
}

/// A NaN becomes null, and null a NaN: no number is refused, and none is lost.
#[test]
fn a_status_with_nothing_in_it_survives_json() {
    for config in [Config::default(), Config { depth: 10, down: false, ..Config::default() }] {
        let mut spot = Spot::new(config).expect("valid");
        (0..60).for_each(|i| _ = spot.step(f64::from(i)));
        let text = serde_json::to_string(&spot.status()).expect("it is plain data");
        let back: Status = serde_json::from_str(&text).expect("it came from there");
        assert_eq!(format!("{back:?}"), format!("{:?}", spot.status()));
        assert!(text.contains("null") && back.up.anomaly_threshold.is_nan());
    }
}
