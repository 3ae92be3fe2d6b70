//! Damaged files make the crates of Arrow panic here and there: for the user that is an error like any other.

use std::cell::Cell;
use std::fmt::Display;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::Columnar;

thread_local!(static GUARDED: Cell<bool> = const { Cell::new(false) });

static HOOK: Once = Once::new();

/// Runs a part of a reader, which must not be used again after an error.
pub(super) fn guarded<T, E: Display>(
    kind: Columnar,
    work: impl FnOnce() -> Result<T, E>,
) -> io::Result<T> {
    // No words on standard error about a panic that is caught.
    HOOK.call_once(|| {
        let speak = panic::take_hook();
        panic::set_hook(Box::new(move |about| {
            if !GUARDED.get() {
                speak(about);
            }
        }));
    });
    GUARDED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    let damaged = |why| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    match outcome {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => damaged(format!("{kind}: {error}")),
        Err(_) => damaged(format!("{kind}: its parts do not agree with each other")),
    }
}
