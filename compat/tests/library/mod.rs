//! Where `libspot.so` is, and what to do where this machine lacks a tool.
#![allow(dead_code)] // Each test file uses a part of it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

/// The library that cargo built beside this test.
pub(crate) fn libspot() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let library = test.with_file_name("libspot.so");
    assert!(library.is_file(), "{} is not there", library.display());
    library
}

/// A note past the test harness, which shows what a test prints only when it fails.
pub(crate) fn note(sentence: &str) {
    let line = format!("\n{sentence}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
}

/// Says what is not tested here; where `CI` is true, nothing may be missing.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{why}");
    note(&format!("skipped: {why}"));
}

/// What a program prints, or `None` and a note if it is not installed.
pub(crate) fn run(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            skip(&format!("{}: {error}", command.get_program().display()));
            None
        }
    }
}

/// Its standard output, if it went well.
pub(crate) fn text(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {err}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
