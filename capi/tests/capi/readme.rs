//! The programs of the README in C and C++, as they stand there.

use std::fs::{self, File};
use std::process::Command;

use crate::compilers::{self, C, CPP, Language};
use crate::machine;

const README: &str = include_str!("../../../README.md");

/// The block of a language, compiled by each compiler and given a stream in which value 5,000 is far too large; what it
/// prints.
fn answers(language: &Language, fence: &str, ending: &str) -> Vec<String> {
    let block =
        README.split(&format!("```{fence}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let folder = machine::folder(&format!("capi-readme-{ending}"));
    let source = folder.join(format!("monitor.{ending}"));
    fs::write(&source, block.expect("the README has such a block")).expect("a file can be written");
    let stream: String = (0..6000)
        .map(|i| if i == 5000 { 99.0 } else { f64::from(i * 7919 % 2003) / 2003.0 })
        .map(|x| format!("{x}\n"))
        .collect();
    let input = folder.join("stream.txt");
    fs::write(&input, stream).expect("a file can be written");
    let source = source.display().to_string();
    let answer = |program| {
        let input = File::open(&input).expect("it was just written");
        machine::run(Command::new(program).stdin(input))
    };
    compilers::programs(&folder, language, &source).into_iter().map(answer).collect()
}

/// Every line is true, the large value is among them, and few others: `q` of them are expected.
fn check(answer: &str, large: &str) {
    for line in answer.lines() {
        let (front, rest) = line.split_once(" is above ").expect("a sentence");
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let value = front.trim_end_matches(',').rsplit(' ').next().map(number);
        let threshold = rest.split(' ').next().map(number);
        assert!(value > threshold, "{line}");
    }
    let found = answer.lines().filter(|line| line.starts_with(large)).count();
    assert!(found == 1 && answer.lines().count() < 12, "{answer}");
}

#[test]
fn the_program_in_c_finds_the_large_value() {
    for answer in answers(&C, "c", "c") {
        check(&answer, "99 is above ");
    }
}

#[test]
fn the_program_in_cpp_finds_the_large_value() {
    for answer in answers(&CPP, "cpp", "cpp") {
        check(&answer, "value 5000, 99, is above ");
    }
}
