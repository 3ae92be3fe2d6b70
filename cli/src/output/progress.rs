//! A bar on the terminal while a long file is read.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// Shorter files are read before a bar could be looked at.
const LONG: u64 = 64 << 20;

/// Nothing where standard error is not a terminal, or the input is short or of unknown length.
#[derive(Clone)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn none() -> Self {
        Progress(None)
    }

    /// A bar over this many bytes.
    pub(crate) fn over(bytes: u64) -> Self {
        if bytes < LONG || !io::stderr().is_terminal() {
            return Progress::none();
        }
        let bar = ProgressBar::new(bytes);
        let template = "{percent:>3} % {wide_bar} {binary_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Progress(Some(bar))
    }

    pub(crate) fn at(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(bytes);
        }
    }

    /// Lets something else use the terminal for a moment.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
