//! The one way to stop early, and the sentences on standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Why the program stops before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One sentence for the user; the exit status is 2.
    Message(String),
    /// The lines of the report cannot be written: the rows behind them count as not judged.
    Output(String),
    /// The program that read our output has closed the pipe: not an error, and nothing to print.
    ClosedPipe,
}

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Failure::Message(sentence.into())
    }

    /// "cannot read data.csv: No such file or directory"
    pub(crate) fn io(what: &str, place: impl Display, error: &io::Error) -> Self {
        Failure::Message(format!("cannot {what} {place}: {}", reason(error)))
    }
}

impl From<tailspot::Error> for Failure {
    fn from(error: tailspot::Error) -> Self {
        Failure::Message(error.to_string())
    }
}

/// The system's words without the number that Rust appends.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// What became of a write to standard output: a closed pipe is not an error.
pub(crate) fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::ClosedPipe),
        Err(error) => {
            Err(Failure::Output(format!("cannot write to standard output: {}", reason(&error))))
        }
    }
}

static QUIET: AtomicBool = AtomicBool::new(false);

/// No more notes.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Something the user should know; the run continues.
pub(crate) fn warn(sentence: impl Display) {
    if !QUIET.load(Ordering::Relaxed) {
        eprint(format!("note: {sentence}"));
    }
}

/// One line on standard error. Nothing happens if that is closed.
pub(crate) fn eprint(sentence: impl Display) {
    let _ = writeln!(io::stderr(), "tailspot: {}", printable(&sentence.to_string()));
}

/// Text from data without the control characters that a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}
