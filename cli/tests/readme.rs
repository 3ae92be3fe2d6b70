//! The command lines of the README, of docs/command-line.md and of --help, as they stand there.

#[path = "../../examples/attack.rs"]
#[allow(dead_code)]
mod attack;
use crate::program;

use std::fmt::Write as _;
use std::process::Command;

use program::Outcome;

const README: &str = include_str!("../../README.md");

const PAGE: &str = include_str!("../../docs/command-line.md");

/// The lines of the shell blocks of a page that run the program.
fn commands(page: &'static str) -> Vec<&'static str> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks
        .flat_map(str::lines)
        .filter(|line| line.contains("tailspot detect ") || line.starts_with("tailspot "))
        .collect()
}

/// 3,000 calm rows of some columns, and one that is not.
fn table(header: &str, row: impl Fn(u32, f64) -> String) -> String {
    let mut text = format!("{header}\n");
    for i in 0..3000 {
        let value = if i == 2900 { 900.0 } else { 20.0 + f64::from(i * 7919 % 2003) / 100.0 };
        writeln!(text, "{}", row(i, value)).expect("a string");
    }
    text
}

/// Runs a line of shell where the program is on the path and the files of the examples are there. What would never end is
/// ended: a file is read once instead of followed by tail, and a follower is stopped.
fn run(line: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("space for it");
    };
    let day = std::fs::File::create(folder.path().join("day.csv")).expect("a file");
    attack::write(std::io::BufWriter::new(day)).expect("space for it");
    let mut metrics = String::new();
    for i in 0..6000 {
        let p99 = 20.0 + f64::from(i * 7919 % 2003) / 100.0;
        let p99 = if i == 5900 { 900.0 } else { p99 };
        writeln!(metrics, r#"{{"host": "web{}", "latency": {{"p99": {p99}}}}}"#, i % 2)
            .expect("a string");
    }
    write("metrics.jsonl", &metrics);
    write("access.csv", &table("path,latency", |_, value| format!("/,{value}")));
    write(
        "nyc_taxi.csv",
        &table("timestamp,value", |i, value| {
            format!(
                "2014-{:02}-{:02} {:02}:{:02}:00,{value}",
                7 + i / 1344,
                1 + i / 48 % 28,
                i / 2 % 24,
                i % 2 * 30
            )
        }),
    );
    let hosts = |i: u32, value: f64| format!("web{},{value}", i % 2);
    write("yesterday.csv", &table("host,load", hosts));
    write("today.csv", &table("host,load", hosts));
    write("app.log", &table("path,ms", |_, value| format!("/,{value}")));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tailspot"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("it is in a folder").display());
    let line = match line.contains("--follow") {
        true => format!("{line} & sleep 2; kill -TERM $!; wait $!"),
        false => line.replace("tail -f", "cat"),
    };
    let mut command = Command::new("sh");
    command.args(["-c", &line]).env("PATH", path).current_dir(folder.path());
    let output = command.output().expect("a shell");
    Outcome {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn the_day_is_judged_as_the_readme_shows() {
    let commands = commands(README);
    let line = commands.iter().find(|line| line.contains("day.csv")).expect("it is in the README");
    let outcome = run(line);
    let shown = README.split("```text\n").nth(1).and_then(|block| block.split("\n...").next());
    let shown = shown.expect("the README shows its output");
    assert!(outcome.lines().len() > shown.lines().count());
    for (got, shown) in outcome.lines().iter().zip(shown.lines()) {
        for (got, shown) in got.split(',').zip(shown.split(',')) {
            // The last digits are the business of the machine's logarithm.
            let is_near = match (got.parse::<f64>(), shown.parse::<f64>()) {
                (Ok(got), Ok(shown)) => (got / shown - 1.0).abs() < 1e-6,
                _ => got == shown,
            };
            assert!(is_near, "{got} where the README shows {shown}");
        }
    }
}

#[test]
fn the_pipe_runs() {
    let commands = commands(README);
    let line = commands.iter().find(|line| line.contains("tail -f")).expect("it is in the README");
    let outcome = run(line);
    assert_eq!(outcome.lines().len(), 1, "{outcome:?}");
    assert!(outcome.out.contains(r#""value": 900"#), "{}", outcome.out);
}

#[test]
fn every_example_runs() {
    let help = program::tailspot(&["detect", "--help"]).out;
    let examples = help.split("Examples:\n").nth(1).expect("examples");
    let examples: Vec<&str> =
        examples.lines().map(str::trim).filter(|line| line.contains("tailspot")).collect();
    assert_eq!((commands(README).len(), commands(PAGE).len(), examples.len()), (4, 2, 5));
    for line in [commands(README), commands(PAGE), examples].concat() {
        let outcome = run(line);
        assert_eq!(outcome.code, Some(0), "{line} {outcome:?}");
        assert!(!outcome.out.is_empty(), "{line} {outcome:?}");
        let notes = outcome.err.lines().filter(|line| line.starts_with("tailspot: "));
        assert!(
            notes.clone().all(|line| line.starts_with("tailspot: note: ")),
            "{line} {outcome:?}"
        );
    }
}
