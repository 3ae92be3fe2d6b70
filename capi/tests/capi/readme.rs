//! The programs of the README in C and C++, as they stand there.

use std::fs::{self, File};
use std::process::Command;

use crate::compilers::{self, C, CPP, LIBRARY, Language};
use crate::machine;

const README: &str = include_str!("../../../README.md");

/// The block of a language, compiled and given a stream in which value 5,000 is far too large; what it prints.
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
    let programs = language.dialects().into_iter().map(|dialect| {
        let program = compilers::program(&folder, &LIBRARY, dialect, &source, &[]);
        let input = File::open(&input).expect("it was just written");
        machine::run(Command::new(program).stdin(input))
    });
    programs.collect()
}

#[test]
fn the_program_in_c_finds_the_large_value() {
    for answer in answers(&C, "c", "c") {
        let lines: Vec<&str> = answer.lines().collect();
        assert!(lines.len() == 1 && lines[0].starts_with("99 is beyond 1.0"), "{answer}");
    }
}

#[test]
fn the_program_in_cpp_finds_the_large_value() {
    for answer in answers(&CPP, "cpp", "cpp") {
        assert_eq!(answer, "value 5000 is an anomaly: 99\n");
    }
}
