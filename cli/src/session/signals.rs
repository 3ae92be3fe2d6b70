//! Requests from outside: to end, to save.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Session;
use crate::failure::{self, Failure};

pub(crate) fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ctrl-C, or a polite request to stop, ends an endless stream like its end does. HUP saves the state, if there is one,
/// and ends the stream otherwise.
#[cfg(unix)]
pub(crate) fn listen(session: &Arc<Mutex<Session>>) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // Without a handler the system's own one remains: the program ends at once.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGXFSZ]) else { return };
    let session = Arc::clone(session);
    thread::spawn(move || {
        for signal in signals.forever() {
            match signal {
                // A file is larger than ulimit allows: the write that failed reports it.
                SIGXFSZ => {}
                SIGHUP if lock(&session).has_state() => lock(&session).checkpoint(),
                _ => finish(&session),
            }
        }
    });
}

/// Ctrl-C ends an endless stream like its end does.
#[cfg(not(unix))]
pub(crate) fn listen(session: &Arc<Mutex<Session>>) {
    let session = Arc::clone(session);
    // Without a handler the system's own one remains: the program ends at once.
    let _ = ctrlc::set_handler(move || finish(&session));
}

/// Saves the state every so often, also when no more rows come.
pub(crate) fn save_every(session: &Arc<Mutex<Session>>, interval: Duration) {
    let session = Arc::clone(session);
    thread::spawn(move || {
        loop {
            thread::sleep(interval);
            lock(&session).checkpoint();
        }
    });
}

fn finish(session: &Mutex<Session>) {
    // The main thread holds the lock while it works on a block, and for longer only if nobody takes its output or a
    // command of --exec is running.
    for _ in 0..100 {
        if let Ok(mut session) = session.try_lock() {
            std::process::exit(i32::from(match session.finish().and_then(|()| session.status()) {
                Ok(status) => status,
                Err(Failure::ClosedPipe) => 0,
                Err(Failure::Message(sentence) | Failure::Output(sentence)) => {
                    failure::eprint(sentence);
                    2
                }
            }));
        }
        thread::sleep(Duration::from_millis(100));
    }
    std::process::exit(2);
}
