//! Live input: answers at once, and a stream that somebody else ends.

use crate::program;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use program::{Folder, column, command, stream, tailspot_on};

/// A program that is fed line by line.
struct Live {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Live {
    fn start(arguments: &[&str]) -> Self {
        let mut command = command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in out.lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Live { child, input, lines }
    }

    fn feed(&mut self, text: &str) {
        let input = self.input.as_mut().expect("open");
        input.write_all(text.as_bytes()).expect("the program reads");
        input.flush().expect("the program reads");
    }

    fn answer(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(20)).expect("an answer without more input")
    }

    /// Closes the input and answers the exit status and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        self.input = None;
        let output = self.child.wait_with_output().expect("the program ends");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const QUICK: [&str; 7] = ["detect", "--n-init", "100", "--level", "0.9", "--q", "0.01"];

#[test]
fn an_alert_is_told_as_soon_as_its_line_has_arrived() {
    let mut live = Live::start(&[&QUICK[..], &["--format", "json"]].concat());
    live.feed(&column("v", &stream(1, 100)));
    live.feed("50\n");
    assert!(live.answer().starts_with("{\"index\": 100, \"value\": 50,"));
    live.feed("0.1\n-5");
    live.feed("0\n");
    assert!(live.answer().starts_with("{\"index\": 102, \"value\": -50,"));
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn json_lines_and_quoted_lines_are_answered_at_once_too() {
    let mut live = Live::start(&[&QUICK[..], &["--column", "v"]].concat());
    for value in stream(2, 100) {
        live.feed(&format!("{{\"v\": {value:?}}}\n"));
    }
    live.feed("{\"v\": 60}\n");
    assert!(live.answer().starts_with("index,"));
    assert!(live.answer().starts_with("100,60,alert_up,"));
    assert_eq!(live.end().0, Some(0));

    let mut live = Live::start(&[&QUICK[..], &["--column", "v", "--all"]].concat());
    live.feed("k,v\n\"a\nb\",1\n");
    assert!(live.answer().starts_with("index,"));
    assert!(live.answer().starts_with("0,1,init_batch"));
    live.feed("\"c\n");
    live.feed("d\",2\r\n");
    assert!(live.answer().starts_with("1,2,init_batch"));
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn a_closed_pipe_is_silent_and_the_state_is_saved() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let data = folder.file("data.csv", column("v", &stream(3, 200_000)));
    let mut command = command();
    command.args(["detect", "--all", "--state", &state, &data]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    out.read_line(&mut first).expect("a header");
    drop(out);
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    // The saved stream goes on, with the row after the last one that was judged.
    let next = tailspot_on(b"v\n1\n", &["detect", "--all", "--state", &state]);
    let index: u64 = next.lines()[1].split(',').next().and_then(|i| i.parse().ok()).expect("a row");
    assert!(index > 0 && index < 200_000, "{index}");
}

#[test]
fn checkpoints_survive_a_program_that_is_killed() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let values = stream(4, 3000);
    let text = |rows: &[f64]| rows.iter().map(|v| format!("{v:?}\n")).collect::<String>();
    let all = ["--n-init", "500", "--all", "--state", &state];
    let mut live = Live::start(&[&["detect", "--checkpoint", "100"], &all[..]].concat());
    live.feed(&text(&values[..2345]));
    // The header and 2345 rows: once the last one is told, so is every checkpoint before it.
    let told: Vec<_> = (0..2346).map(|_| live.answer()).collect();
    live.child.kill().expect("killed");
    assert_ne!(live.end().0, Some(0));
    assert_eq!(folder.names().len(), 1, "whole, and nothing beside it");
    let resumed = tailspot_on(text(&values[2300..]).as_bytes(), &[&["detect"], &all[..]].concat());
    let found =
        [&told[1..=2300].iter().map(String::as_str).collect::<Vec<_>>(), &resumed.lines()[1..]];
    let whole = ["detect", "--n-init", "500", "--all"];
    let expected = tailspot_on(text(&values).as_bytes(), &whole);
    assert_eq!(found.concat(), expected.lines()[1..]);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_stream_like_its_end_does() {
    for signal in ["-INT", "-TERM"] {
        let folder = Folder::new();
        let (state, plot) = (folder.path("s.state"), folder.path("p.svg"));
        let options = ["--all", "--summary", "--state", &state, "--plot", &plot];
        let mut live = Live::start(&[&QUICK[..], &options].concat());
        live.feed(&column("v", &stream(5, 250)));
        (0..251).for_each(|_| drop(live.answer()));
        let id = live.child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status().expect("kill");
        assert!(sent.success());
        let output = live.child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stderr).contains("\"seen\":150"));
        assert!(fs::read(&state).is_ok() && fs::read(&plot).is_ok());
    }
}
