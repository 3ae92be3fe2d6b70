//! Runs the real binary on files of its own.
#![allow(dead_code)] // Each test file uses a part of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Outcome {
    /// The lines of a run that must have gone well.
    pub(crate) fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out.lines().collect()
    }

    /// The alerts of `--format json`.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let parse = |line: &&str| serde_json::from_str(line).expect("a line of JSON");
        self.lines().iter().map(parse).collect()
    }

    /// The last line of standard error, from `--summary`.
    pub(crate) fn summary(&self) -> serde_json::Value {
        let line = self.err.lines().find(|line| line.starts_with('{')).expect("a summary");
        serde_json::from_str(line).expect("JSON")
    }
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tailspot"))
}

/// Runs with nothing on standard input.
pub(crate) fn tailspot(arguments: &[&str]) -> Outcome {
    tailspot_on(b"", arguments)
}

/// Runs with these bytes on standard input.
pub(crate) fn tailspot_on(input: &[u8], arguments: &[&str]) -> Outcome {
    let mut command = command();
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A program that stops early closes the pipe; that is its right.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    Outcome {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder that goes away with the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(TempDir::new().expect("a folder"))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.path().join(name), content).expect("a file");
        self.path(name)
    }

    /// Everything in it.
    pub(crate) fn names(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        names.sort();
        names
    }
}

/// Reproducible values with a bell-shaped distribution around 0, and an outlier now and then after the first 2000.
pub(crate) fn stream(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut value = |row: usize| {
        let bell = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        if row > 2000 && row % 911 == 910 { bell + 15.0 } else { bell }
    };
    (0..count).map(&mut value).collect()
}

/// One column under a header.
pub(crate) fn column(name: &str, values: &[f64]) -> String {
    let mut text = format!("{name}\n");
    values.iter().for_each(|value| writeln!(text, "{value:?}").expect("text"));
    text
}
