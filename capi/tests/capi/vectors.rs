//! The streams of the vectors, judged by a program in C and one in C++: the same bits as the engine in this process, which
//! tests/vectors.rs compares with the files.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;

use engine::{Config, Side, Spot, Status};
use serde_json::Value;

use crate::compilers;
use crate::machine;

/// What is read of a file in tests/vectors.
struct Vector {
    name: String,
    config: Config,
    fit: bool,
    values: Vec<f64>,
}

impl Vector {
    fn from_json(text: &str) -> Vector {
        let mut root: Value = serde_json::from_str(text).expect("a vector file is JSON");
        let mut take = |key: &str| root[key].take();
        let list = |value: Value| value.as_array().expect("a list").clone();
        Vector {
            name: take("name").as_str().expect("a name").to_owned(),
            config: serde_json::from_value(take("config")).expect("a configuration"),
            fit: take("calibrate") == "fit",
            values: list(take("values")).iter().map(number).collect(),
        }
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::String(infinity) => infinity.parse().expect("inf or -inf"),
        _ => value.as_f64().expect("a number"),
    }
}

fn vectors() -> Vec<Vector> {
    let folder = machine::repository().join("tests").join("vectors");
    let entries = fs::read_dir(folder).expect("tests/vectors is there");
    let paths = entries.map(|entry| entry.expect("an entry of tests/vectors").path());
    let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = |path| Vector::from_json(&fs::read_to_string(path).expect("a readable file"));
    files.map(read).collect()
}

fn fitted(vector: &Vector) -> usize {
    if vector.fit { vector.config.n_init } else { 0 }
}

/// What the programs read: see capi/tests/c/vectors.c.
fn question(vector: &Vector) -> String {
    let c: &Config = &vector.config;
    let switches = [c.up, c.down, c.alert, c.bounded].map(|switch| u8::from(switch).to_string());
    let mut text = format!(
        "{}\n{:x} {:x} {} {} {} {} {} {} {} {} {} {:x}\n{} {}\n",
        vector.name,
        c.q.to_bits(),
        c.level.to_bits(),
        c.n_init,
        c.max_excess,
        c.depth,
        switches.join(" "),
        c.accounting as i32,
        c.quarantine,
        c.threshold as i32,
        c.scale_depth,
        c.period,
        c.limit.to_bits(),
        fitted(vector),
        vector.values.len(),
    );
    for value in &vector.values {
        let _ = writeln!(text, "{:x}", value.to_bits());
    }
    text
}

fn bits(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{:016x}", value.to_bits()) }
}

/// What the programs must write.
fn answer(vector: &Vector) -> String {
    let mut spot = Spot::new(vector.config.clone()).expect("a valid configuration");
    let (calibration, rest) = vector.values.split_at(fitted(vector));
    if vector.fit {
        spot.fit(calibration).expect("enough values");
    }
    let mut text = format!("{}\n", vector.name);
    for value in rest {
        let [upper, lower] = [Side::Up, Side::Down].map(|side| bits(spot.anomaly_threshold(side)));
        let event = spot.step(*value).code();
        let _ = writeln!(text, "{event} {upper} {lower}");
    }
    text + &last(&spot.status())
}

fn last(status: &Status) -> String {
    let (up, down) = (&status.up, &status.down);
    let counts = [
        u64::from(status.calibrated),
        status.n,
        status.seen,
        status.missing,
        up.alerts,
        down.alerts,
        up.n_t,
        down.n_t,
        up.excesses,
        down.excesses,
    ];
    let numbers = [
        status.drift,
        up.excess_threshold,
        down.excess_threshold,
        up.anomaly_threshold,
        up.shape,
        down.shape,
        up.scale,
        down.anomaly_threshold,
        down.scale,
    ];
    let words = counts.iter().map(u64::to_string).chain(numbers.map(bits));
    words.collect::<Vec<_>>().join(" ") + "\n"
}

/// The first line that differs, with the vector that it belongs to.
fn compare(given: &str, expected: &str, context: &str) {
    let mut name = "";
    for (number, line) in expected.lines().enumerate() {
        if !line.contains(' ') {
            name = line;
        }
        let given = given.lines().nth(number);
        assert_eq!(given, Some(line), "{context}: line {number}, of the vector {name}");
    }
    assert_eq!(given.lines().count(), expected.lines().count(), "{context}");
}

fn check(folder: &Path, dialect: (&str, &str), source: &str) {
    let vectors = vectors();
    assert!(vectors.len() > 50, "there are more vectors than {}", vectors.len());
    let questions = folder.join("questions.txt");
    fs::write(&questions, vectors.iter().map(question).collect::<String>())
        .expect("can be written");
    let expected: String = vectors.iter().map(answer).collect();
    let program = compilers::program(folder, dialect, source, &["-O2"]);
    for way in ["step", "many"] {
        let mut command = compilers::command(&program, &[way]);
        command.stdin(File::open(&questions).expect("the questions are there"));
        let given = machine::run(&mut command);
        if given != expected {
            compare(&given, &expected, &format!("{source} {way}"));
        }
    }
}

#[test]
fn a_program_in_c_answers_the_vectors_bit_for_bit() {
    if machine::has("gcc") {
        let folder = machine::folder("capi-vectors-c");
        check(&folder, ("gcc", "c99"), "capi/tests/c/vectors.c");
    }
}

#[test]
fn a_program_in_cpp_answers_the_vectors_bit_for_bit() {
    if machine::has("g++") {
        let folder = machine::folder("capi-vectors-cpp");
        check(&folder, ("g++", "c++11"), "capi/tests/c/vectors.cpp");
    }
}
