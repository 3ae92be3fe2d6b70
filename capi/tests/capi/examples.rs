//! The examples in C and C++: in every standard, and what they print.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use engine::{Config, Spot};

use crate::compilers::{self, C, CPP, LIBRARY, Language};
use crate::machine;

const QUICKSTART: &str = "\
1999: calibrated; normal is 17.65 to 21.94
5000: 23.86 is too high
5780: 18.08 is too low
7500: 16.69 is too low
";

const BATCH_C: &str = "\
request 200 of user 0: 500 ms, limit 73.0 ms
request 600 of user 0: 500 ms, limit 73.3 ms
one request in 1000 takes more than 65.6 ms
";

const BATCH_CPP: &str = "\
request 200: 500.0 ms, limit 70.1 ms
request 600: 500.0 ms, limit 70.1 ms
one request in 1000 takes more than 62.4 ms
";

/// Compiles an example in every standard and runs `check` on each.
fn in_every_standard(language: &Language, source: &str, check: impl Fn(&Path, &Path)) {
    let folder = machine::folder(&format!("capi-{}", source.replace(['/', '.'], "-")));
    for dialect in language.dialects() {
        let program = compilers::program(&folder, &LIBRARY, dialect, source, &[]);
        check(&folder, &program);
    }
}

fn prints(language: &Language, source: &str, expected: &str) {
    in_every_standard(language, source, |_, program| {
        assert_eq!(machine::run(&mut Command::new(program)), expected, "{}", program.display());
    });
}

#[test]
fn the_quickstart_in_c_finds_its_anomalies() {
    prints(&C, "examples/c/quickstart.c", QUICKSTART);
}

#[test]
fn the_quickstart_in_cpp_finds_its_anomalies() {
    prints(&CPP, "examples/cpp/quickstart.cpp", QUICKSTART);
}

#[test]
fn the_batch_in_c_finds_its_anomalies() {
    prints(&C, "examples/c/batch.c", BATCH_C);
}

#[test]
fn the_batch_in_cpp_finds_its_anomalies() {
    prints(&CPP, "examples/cpp/batch.cpp", BATCH_CPP);
}

/// Numbers that C++ and C print alike, some of them far away.
fn numbers() -> Vec<f64> {
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 16) / 65536.0
    };
    let mut noise = || (0..12).map(|_| uniform()).sum::<f64>();
    let rounded = |x: f64| (x * 1000.0).round() / 1000.0;
    (0..3000).map(|i| rounded(noise() + if i % 700 == 650 { 10.0 } else { 0.0 })).collect()
}

/// What the engine calls alerts, as the examples print them.
fn alerts(numbers: &[f64]) -> String {
    let config = Config { q: 1e-3, n_init: 1000, ..Config::default() };
    let mut spot = Spot::new(config).expect("a valid configuration");
    let alerts = numbers.iter().filter(|number| spot.step(**number).is_alert());
    let alerts: String = alerts.map(|number| format!("{number}\n")).collect();
    assert!(alerts.lines().count() > 3, "{alerts}");
    alerts
}

fn resume(program: &Path, state: &Path, numbers: &[f64]) -> Output {
    let input = state.with_extension("txt");
    let text: String = numbers.iter().map(|number| format!("{number}\n")).collect();
    fs::write(&input, text).expect("the folder can be written");
    let input = File::open(&input).expect("it was just written");
    Command::new(program).arg(state).stdin(input).output().expect("the example runs")
}

fn resumed(program: &Path, state: &Path, numbers: &[f64]) -> String {
    let output = resume(program, state, numbers);
    assert!(output.status.success(), "{}: {output:?}", program.display());
    String::from_utf8(output.stdout).expect("numbers")
}

fn check_resume(folder: &Path, program: &Path) {
    let numbers = numbers();
    let name = program.file_name().expect("a name").to_string_lossy();
    let (whole, parts) =
        (folder.join(format!("{name}.whole")), folder.join(format!("{name}.parts")));
    let expected = alerts(&numbers);
    assert_eq!(resumed(program, &whole, &numbers), expected, "{name}, in one go");
    // In the calibration, and after it.
    let given: String = [&numbers[..700], &numbers[700..1900], &[], &numbers[1900..]]
        .map(|part| resumed(program, &parts, part))
        .concat();
    assert_eq!(given, expected, "{name}, in parts");
    let [whole, state] = [&whole, &parts].map(|path| fs::read(path).expect("a saved detector"));
    assert_eq!(whole, state, "{name}");

    fs::write(&parts, &state[..state.len() / 2]).expect("it can be written");
    let output = resume(program, &parts, &numbers);
    let sentence = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{name}: {sentence}");
    assert!(sentence.contains("not a usable snapshot"), "{name}: {sentence}");
    let without = Command::new(program).output().expect("the example runs");
    assert_eq!(without.status.code(), Some(2), "{name} without a file");
}

#[test]
fn resume_in_c_goes_on_where_it_ended() {
    in_every_standard(&C, "examples/c/resume.c", check_resume);
}

#[test]
fn resume_in_cpp_goes_on_where_it_ended() {
    in_every_standard(&CPP, "examples/cpp/resume.cpp", check_resume);
}
