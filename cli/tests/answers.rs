//! What the program says about sound data, to the letter where that is possible.

use crate::program;

use program::{Folder, Outcome, column, stream, tailspot, tailspot_on};
use serde_json::{Value, json};

/// 400 values from 0 to 0.9975 in a scrambled order, then some that stand out and some that are missing.
fn small() -> String {
    let calm = (0..400).map(|row| f64::from(row * 149 % 400) / 400.0);
    let mut text = column("load", &calm.collect::<Vec<_>>());
    text.push_str("0.5\n7\nNA\n-3.25\n0.955\ninf\n0.25\n");
    text
}

const SMALL: [&str; 8] =
    ["detect", "--n-init", "400", "--level", "0.9", "--q", "0.01", "--as-published"];

fn small_with(more: &[&str]) -> Outcome {
    tailspot_on(small().as_bytes(), &[&SMALL, more].concat())
}

#[test]
fn csv_is_the_default_in_a_pipe() {
    let outcome = small_with(&[]);
    let lines = outcome.lines();
    assert_eq!(lines[0], "index,value,event,threshold,probability");
    let starts = ["401,7,alert_up,0.9", "403,-3.25,alert_down,0.0", "405,inf,alert_up,0.9"];
    assert_eq!(lines.len(), 1 + starts.len());
    for (line, start) in lines[1..].iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
        assert_eq!(line.split(',').count(), 5, "{line}");
    }
    assert_eq!(small_with(&["--format", "csv"]).out, outcome.out);
}

#[test]
fn the_table_for_people_has_aligned_columns() {
    let expected = "     index          value  event             threshold    probability
       401              7  alert_up             0.9846              0
       403          -3.25  alert_down         0.012757              0
       405            inf  alert_up            0.98484              0
";
    assert_eq!(small_with(&["--format", "table"]).out, expected);
}

#[test]
fn json_has_one_object_an_alert() {
    let alerts = small_with(&["--format", "json", "--column", "load"]).json();
    let first = &alerts[0];
    let keys: Vec<_> = first.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["column", "event", "index", "probability", "threshold", "value"]);
    assert_eq!(first["index"], 401);
    assert_eq!(first["value"], 7);
    assert_eq!(first["event"], "alert_up");
    assert_eq!(first["column"], "load");
    let threshold = first["threshold"].as_f64().expect("a number");
    assert!((threshold - 0.98459587).abs() < 1e-8, "{threshold}");
    // JSON has no infinity.
    assert_eq!(alerts[2]["value"], "inf");
    assert_eq!(alerts[2]["event"], "alert_up");
    let order = "{\"index\": 401, \"value\": 7, \"event\": \"alert_up\", \"threshold\": 0.98";
    assert!(small_with(&["--format", "json"]).out.starts_with(order));
}

#[test]
fn all_gives_every_value_a_line_with_both_thresholds() {
    let outcome = small_with(&["--all"]);
    let lines = outcome.lines();
    assert_eq!(lines[0], "index,value,event,upper_threshold,lower_threshold,probability");
    assert_eq!(lines.len(), 1 + 407);
    assert_eq!(lines[1], "0,0.0,init_batch,,,");
    assert!(lines[400].starts_with("399,0.6275,calibration,,,"));
    assert!(lines[401].starts_with("400,0.5,normal,0.98"));
    assert!(lines[403].starts_with("402,,missing,0.98"));
    assert!(lines[405].starts_with("404,0.955,excess_up,0.98"));
    let excess: Vec<_> = lines[405].split(',').collect();
    let probability: f64 = excess[5].parse().expect("a number");
    assert!((0.01..0.1).contains(&probability), "{probability}");
    let json = small_with(&["--all", "--format", "json"]).json();
    assert_eq!(json.len(), 407);
    assert_eq!(json[0]["upper_threshold"], Value::Null);
    assert_eq!(json[402]["value"], Value::Null);
}

#[test]
fn the_summary_is_one_object_with_everything_in_it() {
    let summary = small_with(&["--summary"]).summary();
    assert_eq!(summary["n"], 403);
    assert_eq!(summary["missing"], 1);
    assert_eq!(summary["seen"], 6);
    assert_eq!(summary["alerts_up"], 2);
    assert_eq!(summary["alerts_down"], 1);
    assert_eq!(summary["excesses_up"], 40);
    assert_eq!(summary["q"], 0.01);
    assert_eq!(summary["alarm_rate_up"], 2.0 / 6.0);
    assert_eq!(summary["alarm_rate_down"], 1.0 / 6.0);
    for name in ["upper_threshold", "lower_threshold", "shape_up", "scale_down", "drift"] {
        assert!(summary[name].is_f64(), "{name}");
    }
    let ends = |name: &str| [0, 1].map(|i| summary[name][i].as_f64().expect("a number"));
    for name in ["threshold_interval_up", "shape_interval_down", "scale_interval_up"] {
        let [low, high] = ends(name);
        assert!(low < high, "{name}: {low} to {high}");
    }
    let ([low, high], z) = (ends("threshold_interval_up"), summary["upper_threshold"].as_f64());
    assert!(Some(low) < z && z < Some(high));
    assert!(summary["threshold_spread_down"].as_f64().expect("a number") > 1.0);
    let up = small_with(&["--summary", "--side", "up"]).summary();
    assert_eq!(up["lower_threshold"], Value::Null);
    assert_eq!(up["threshold_interval_down"], serde_json::json!([null, null]));
    assert_eq!(up["alarm_rate_down"], Value::Null);
    let nothing = tailspot(&["detect", "--summary"]);
    assert_eq!(nothing.summary()["alarm_rate_up"], Value::Null);
    assert_eq!(nothing.summary()["calibrated"], false);
    assert_eq!(nothing.err.lines().count(), 1, "a program that reads it finds nothing else");
}

#[test]
fn several_columns_have_a_detector_each() {
    let (a, b) = (stream(1, 6000), stream(2, 6000));
    let rows = a.iter().zip(&b).map(|(a, b)| format!("x,{a:?},y,{b:?}\n")).collect::<String>();
    let text = format!("p,a,q,b\n{rows}");
    let both = ["detect", "--format", "json", "--summary", "--column", "b", "--column", "a"];
    let both = tailspot_on(text.as_bytes(), &both);
    let rows: Vec<_> = both.json().iter().map(|alert| alert["index"].as_u64()).collect();
    assert!(rows.is_sorted());
    for (name, values) in [("a", &a), ("b", &b)] {
        let alone = column(name, values);
        let alone =
            tailspot_on(alone.as_bytes(), &["detect", "--format", "json", "--column", name]);
        let of_both = both.json().into_iter().filter(|alert| alert["column"] == name);
        assert!(alone.json().len() > 2);
        assert_eq!(alone.json(), of_both.collect::<Vec<_>>());
    }
    let summary = both.summary();
    assert_eq!(summary["rows"], 6000);
    let names = summary["streams"].as_array().expect("a list").iter().map(|s| s["column"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn every_key_has_a_detector_of_its_own() {
    let names = ["web1", "a,b", "say \"hi\"", ""];
    let values: Vec<_> = (0..4).map(|seed| stream(seed + 10, 3000)).collect();
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let mut text = "host,load\n".to_owned();
    for row in 0..3000 {
        for (name, values) in names.iter().zip(&values) {
            text += &format!("{},{:?}\n", quoted(name), values[row]);
        }
    }
    let arguments = ["detect", "--column", "load", "--key", "host", "--format", "json"];
    let keyed = tailspot_on(text.as_bytes(), &arguments).json();
    for (place, (name, values)) in names.iter().zip(&values).enumerate() {
        let alone = tailspot_on(column("load", values).as_bytes(), &["detect", "--format", "json"]);
        let expected: Vec<_> =
            alone.json().iter().map(|a| (a["index"].clone(), a["value"].clone())).collect();
        let shown = if name.is_empty() { "(none)" } else { name };
        let of_key = keyed.iter().filter(|alert| alert["key"] == shown);
        let found: Vec<_> = of_key
            .map(|a| {
                let index = a["index"].as_u64().expect("an index");
                assert_eq!(index % 4, place as u64, "index counts the rows of the whole stream");
                (json!(index / 4), a["value"].clone())
            })
            .collect();
        assert!(!found.is_empty());
        assert_eq!(found, expected, "{name}");
    }
    let csv = tailspot_on(text.as_bytes(), &["detect", "--column", "load", "--key", "host"]);
    assert!(csv.out.contains(",load,\"say \"\"hi\"\"\"\n"));
    assert!(csv.out.contains(",load,\"a,b\"\n"));
}

#[test]
fn json_lines_are_read_by_dotted_paths() {
    let values = stream(3, 3000);
    let expected = tailspot_on(column("v", &values).as_bytes(), &["detect"]);
    let alerts: Vec<_> = expected.lines()[1..].iter().map(|line| line.to_string()).collect();
    type Shape = fn(f64) -> String;
    let shapes: [(&str, Shape); 6] = [
        ("v", |v| format!(r#"{{"v": {v:?}}}"#)),
        ("m.v", |v| format!(r#"{{"x": "y", "m": {{"u": {{}}, "v": {v:?}}}, "v": 1}}"#)),
        ("m.v.w", |v| format!(r#"{{"m.v": {{"w": {v:?}}}, "m": {{"other": [1, {{}}]}}}}"#)),
        ("m.v", |v| format!(r#"{{"m.v": {v:?}}}"#)),
        ("list.1", |v| format!(r#"{{"list": [0, {v:?}, "text"]}}"#)),
        ("2", |v| format!(r#"[null, "a", {v:?}]"#)),
    ];
    for (path, shape) in shapes {
        let lines = values.iter().map(|&v| shape(v) + "\r\n\n").collect::<String>();
        let outcome = tailspot_on(lines.as_bytes(), &["detect", "--column", path]);
        let found: Vec<_> = outcome.lines()[1..].iter().map(|line| line.to_string()).collect();
        let expected: Vec<_> = alerts.iter().map(|line| format!("{line},{path}")).collect();
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn json_that_lacks_a_value_is_missing() {
    let lines =
        "{\"a\": 1, \"k\": 7}\n{\"a\": null}\n{}\n{\"b\": 2}\n{\"a\": 12345678901234567890}\n";
    let all = ["detect", "--column", "a", "--all", "--format", "json", "--key", "k"];
    let rows = tailspot_on(lines.as_bytes(), &all).json();
    let events: Vec<_> = rows.iter().map(|row| row["event"].as_str().expect("text")).collect();
    assert_eq!(events, ["init_batch", "missing", "missing", "missing", "init_batch"]);
    assert_eq!(rows[0]["key"], "7");
    assert_eq!(rows[1]["key"], "(none)");
    let slip = tailspot_on(lines.as_bytes(), &["detect", "--column", "nowhere"]);
    assert!(slip.err.contains("no line of standard input has a value at \"nowhere\""));
}

#[test]
fn a_first_row_with_a_number_is_data() {
    let headless = "5,x\n6,y\n";
    let cases: [(&str, &str, usize); 6] = [
        ("0", headless, 2),
        ("1", "x,5\ny,6\n", 2),
        ("0", "a,x\n5,x\n", 1),
        ("a", "a,x\n5,x\n", 1),
        ("0", "nan,x\n5,x\n", 2),
        ("2020", "2019,2020\n1,2\n", 1),
    ];
    for (column, text, rows) in cases {
        let outcome = tailspot_on(text.as_bytes(), &["detect", "--column", column, "--all"]);
        assert_eq!(outcome.lines().len() - 1, rows, "{column} of {text:?}");
    }
}

#[test]
fn files_are_one_stream_after_the_other() {
    let values = stream(8, 3000);
    let folder = Folder::new();
    let first = folder.file("1.csv", column("v", &values[..1234]));
    let second = folder.file("2.csv", format!("x,v\n{}", rows(&values[1234..])));
    let whole = tailspot_on(column("v", &values).as_bytes(), &["detect", "--column", "v"]);
    assert_eq!(tailspot(&["detect", "--column", "v", &first, &second]).out, whole.out);
    let input = std::fs::read(&second).expect("the file");
    assert_eq!(tailspot_on(&input, &["detect", "--column", "v", &first, "-"]).out, whole.out);
}

fn rows(values: &[f64]) -> String {
    values.iter().map(|value| format!("text,{value:?}\n")).collect()
}

#[test]
fn the_last_values_of_another_file_calibrate() {
    let (before, after) = (stream(20, 9000), stream(21, 3000));
    let folder = Folder::new();
    let data = folder.file("data.csv", column("v", &after));
    let long = folder.file("long.csv", column("v", &before));
    let last = folder.file("last.csv", column("v", &before[7000..]));
    let loose = ["detect", "--level", "0.95", "--q", "1e-3"];
    let run = |more: &[&str]| tailspot(&[&loose[..], more].concat());
    let expected = run(&["--fit", &last, &data]);
    assert!(expected.lines().len() > 1);
    assert_eq!(run(&["--fit", &long, "--fit-last", "2000", &data]).out, expected.out);
    assert_ne!(run(&["--fit", &long, &data]).out, expected.out);
    // The stream's own first values calibrate like a file of them.
    let joined = folder.file("joined.csv", column("v", &[&before[7000..], &after].concat()));
    let streaming = run(&["--format", "json", &joined]).json();
    let fitted = run(&["--format", "json", "--fit", &last, &data]).json();
    let shifted = fitted.into_iter().map(|mut alert| {
        alert["index"] = json!(alert["index"].as_u64().expect("an index") + 2000);
        alert
    });
    assert_eq!(streaming, shifted.collect::<Vec<_>>());
}

#[test]
fn options_reach_the_detector() {
    let text = column("v", &stream(30, 6000));
    let run = |more: &[&str]| {
        tailspot_on(text.as_bytes(), &[&["detect", "--summary"], more].concat()).summary()
    };
    let plain = run(&[]);
    let changes: [&[&str]; 10] = [
        &["--q", "1e-3"],
        &["--level", "0.95"],
        &["--n-init", "1000"],
        &["--max-excess", "10"],
        &["--depth", "50"],
        &["--side", "down"],
        &["--accounting", "learned"],
        &["--threshold", "plug_in"],
        &["--quarantine", "0"],
        &["--as-published"],
    ];
    for change in changes {
        assert_ne!(run(change), plain, "{change:?}");
    }
    let spelled = ["--accounting", "discarded", "--threshold", "plug_in", "--quarantine", "0"];
    assert_eq!(run(&spelled), run(&["--as-published"]));
    assert_eq!(run(&["--as-published", "--quarantine", "20"])["n"], run(&spelled[..4])["n"]);
}

#[test]
fn help_and_version_are_answers() {
    assert!(tailspot(&["--help"]).lines().len() > 5);
    assert!(tailspot(&["--version"]).lines()[0].starts_with("tailspot "));
    let help = tailspot(&["detect", "--help"]);
    for word in ["--column", "--as-published", "--checkpoint", "index of an alert", "Exit status"] {
        assert!(help.out.contains(word), "{word}");
    }
}
