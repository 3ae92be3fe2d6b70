//! The command lines of the README, as they stand there.

#[path = "../../examples/attack.rs"]
#[allow(dead_code)]
mod attack;
mod program;

use std::fmt::Write as _;
use std::process::Command;

use program::Outcome;

const README: &str = include_str!("../../README.md");

/// The lines of the README's shell blocks that run the program.
fn commands() -> Vec<&'static str> {
    let blocks = README.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.flat_map(str::lines).filter(|line| line.contains("tailspot ")).collect()
}

/// Runs a line of shell where the program is on the path and the files of the README are there.
fn run(line: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let day = std::fs::File::create(folder.path().join("day.csv")).expect("a file");
    attack::write(std::io::BufWriter::new(day)).expect("room for it");
    let mut metrics = String::new();
    for i in 0..6000 {
        let p99 = 20.0 + f64::from(i * 7919 % 2003) / 100.0;
        let p99 = if i == 5900 { 900.0 } else { p99 };
        writeln!(metrics, r#"{{"host": "web{}", "latency": {{"p99": {p99}}}}}"#, i % 2)
            .expect("a string");
    }
    std::fs::write(folder.path().join("metrics.jsonl"), metrics).expect("room for it");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_tailspot"));
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.parent().expect("it is in a folder").display());
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path).current_dir(folder.path());
    let output = command.output().expect("a shell");
    Outcome {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn the_day_is_judged_as_the_readme_shows() {
    let commands = commands();
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
    let commands = commands();
    let line = commands.iter().find(|line| line.contains("tail -f")).expect("it is in the README");
    // A test must end: the file is read once instead of followed.
    let outcome = run(&line.replace("tail -f", "cat"));
    assert_eq!(outcome.lines().len(), 1, "{outcome:?}");
    assert!(outcome.out.contains(r#""value": 900"#), "{}", outcome.out);
}

#[test]
fn every_command_of_the_readme_is_run_here() {
    assert_eq!(commands().len(), 2);
}
