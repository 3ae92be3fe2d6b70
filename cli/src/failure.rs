//! The one way to stop early.

use std::fmt::Display;
use std::io::{self, Write};

/// Why the program stops before its work is done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One sentence for the user; the exit status is 2.
    Message(String),
    /// The program that read our output has closed the pipe: nothing to say, and no error.
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
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// What became of a write: a closed pipe is no error.
pub(crate) fn written(outcome: io::Result<()>, place: &str) -> Result<(), Failure> {
    match outcome {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::ClosedPipe),
        Err(error) => Err(Failure::io("write to", place, &error)),
    }
}

/// Something the user should know although the work goes on.
pub(crate) fn note(sentence: impl Display) {
    say(format!("note: {sentence}"));
}

/// One line on standard error. Nobody is told if that is closed: there is no place left to tell it.
pub(crate) fn say(sentence: impl Display) {
    let _ = writeln!(io::stderr(), "tailspot: {sentence}");
}
