//! The examples in C and C++: they compile in every standard, and print what they should.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use engine::{Config, Spot};

use crate::compilers::{self, C, CPP, Language};
use crate::machine;

/// Compiles an example and runs `check` on the program of each compiler.
fn of_each_compiler(language: &Language, source: &str, check: impl Fn(&Path, &Path)) {
    let folder = machine::folder(&format!("capi-{}", source.replace(['/', '.'], "-")));
    for program in compilers::programs(&folder, language, source) {
        check(&folder, &program);
    }
}

/// Runs an example, which must print the same whoever compiled it, and returns its lines.
fn printed(language: &Language, source: &str) -> Vec<String> {
    let all = RefCell::new(BTreeSet::new());
    of_each_compiler(language, source, |_, program| {
        all.borrow_mut().insert(machine::run(&mut Command::new(program)));
    });
    let all = all.into_inner();
    assert_eq!(all.len(), 1, "{source} depends on the compiler: {all:?}");
    all.into_iter().flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The numbers of a line.
fn numbers_of(line: &str) -> Vec<f64> {
    line.split([' ', ':', ';']).filter_map(|word| word.parse().ok()).collect()
}

/// Every line is true, the planted anomalies are among them, and few others.
fn is_a_watch(lines: &[String]) {
    assert!(lines[0].starts_with("1999: calibrated; normal is "), "{lines:?}");
    for line in &lines[1..] {
        let [_, x, threshold] = numbers_of(line)[..] else { panic!("{line}") };
        assert!(if line.contains("above") { x > threshold } else { x < threshold }, "{line}");
    }
    for planted in ["5000: 23.86 is above ", "7500: 16.69 is below "] {
        assert!(lines.iter().any(|line| line.starts_with(planted)), "{planted}: {lines:?}");
    }
    assert!(lines.len() <= 5, "{lines:?}");
}

fn is_a_batch(lines: &[String]) {
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, planted) in lines.iter().zip(["request 200", "request 600"]) {
        let (Some((_, limit)), true) = (line.split_once("limit "), line.starts_with(planted))
        else {
            panic!("{line}");
        };
        let [limit, probability] = numbers_of(&limit.replace(',', ""))[..] else {
            panic!("{line}")
        };
        assert!(limit > 50.0 && limit < 500.0 && probability > 0.0 && probability < 1e-4, "{line}");
    }
    let level = numbers_of(&lines[2]);
    assert!(level[0] == 1000.0 && level[1] > 50.0 && level[1] < 100.0, "{lines:?}");
}

/// The burst, its end and the jump are an incident each, and nothing else is.
fn are_three_incidents(lines: &[String]) {
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, start) in lines.iter().zip(["9000 to 90", "9060 to 90", "12000 to 120"]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(
        lines[0].contains("worst low at 69") && lines[2].contains("worst high at 14"),
        "{lines:?}"
    );
}

#[test]
fn the_quickstart_in_c_finds_its_anomalies() {
    is_a_watch(&printed(&C, "examples/c/quickstart.c"));
}

#[test]
fn the_quickstart_in_cpp_finds_its_anomalies() {
    is_a_watch(&printed(&CPP, "examples/cpp/quickstart.cpp"));
}

#[test]
fn the_batch_in_c_finds_its_anomalies() {
    is_a_batch(&printed(&C, "examples/c/batch.c"));
}

#[test]
fn the_batch_in_cpp_finds_its_anomalies() {
    is_a_batch(&printed(&CPP, "examples/cpp/batch.cpp"));
}

#[test]
fn the_incidents_in_c_are_those_of_the_stream() {
    are_three_incidents(&printed(&C, "examples/c/incidents.c"));
}

#[test]
fn the_incidents_in_cpp_are_those_of_the_stream() {
    are_three_incidents(&printed(&CPP, "examples/cpp/incidents.cpp"));
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
    let config = Config { q: 1e-3, level: 0.95, n_init: 1000, ..Config::default() };
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
    of_each_compiler(&C, "examples/c/resume.c", check_resume);
}

#[test]
fn resume_in_cpp_goes_on_where_it_ended() {
    of_each_compiler(&CPP, "examples/cpp/resume.cpp", check_resume);
}
