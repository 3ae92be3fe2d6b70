//! `tailspot detect`: numbers in, alerts out.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tailspot::Config;

use crate::args::Detect;
use crate::failure::{self, Failure, note};
use crate::input::{Batch, Place, Rows, Wanted};
use crate::output::Report;
use crate::progress::Progress;
use crate::session::{Leavings, Session};
use crate::streams::Streams;
use crate::{atomic, calibrate, state};

pub(crate) fn run(options: Detect) -> Result<(), Failure> {
    let places = Place::list(&options.files);
    if places.iter().any(Place::is_terminal) && io::stderr().is_terminal() {
        note("reading what you type, one number a line; Ctrl-D ends it");
    }
    let mut bytes = Some(0);
    for place in &places {
        let size = place.size()?;
        bytes = bytes.filter(|_| size > 0).map(|sum| sum + size);
    }
    for path in options.state.iter().chain(&options.plot) {
        atomic::check(path)?;
    }
    let streams = prepare(&options)?;
    let mut rows = Rows::new(places, streams.wanted.clone(), &streams.keys);
    let (column, key) = (!streams.wanted.columns.is_empty(), streams.wanted.key.is_some());
    let mut report = Report::new(options.format, options.all, column, key);
    let progress = Progress::over(bytes.unwrap_or(0));
    report.share_terminal_with(progress.clone());
    let leavings = Leavings {
        plot: options.plot,
        state: options.state,
        checkpoint: options.checkpoint.map(u64::from),
        summary: options.summary,
    };
    let session = Arc::new(Mutex::new(Session::new(streams, report, leavings)));
    finish_on_interrupt(&session);
    let outcome = read(&mut rows, &session, &progress);
    progress.finish();
    match outcome {
        Ok(()) | Err(Failure::ClosedPipe) => lock(&session).finish(),
        Err(failure) => Err(failure),
    }
}

/// The detectors as the stream finds them: saved, calibrated, or new.
fn prepare(options: &Detect) -> Result<Streams, Failure> {
    let wanted = Wanted { columns: options.columns.clone(), key: options.key.clone() };
    if let Some(path) = &options.state
        && let Some(streams) = state::load(path, &options.model, &wanted)?
    {
        if options.fit.is_some() {
            note(format!("--fit is not used: {} is already calibrated", path.display()));
        }
        return Ok(streams);
    }
    let mut streams = Streams::new(options.model.apply(Config::default()), wanted)?;
    if let Some(path) = &options.fit {
        calibrate::on_file(&mut streams, path, options.fit_last)?;
    }
    Ok(streams)
}

fn read(rows: &mut Rows, session: &Mutex<Session>, progress: &Progress) -> Result<(), Failure> {
    let mut batch = Batch::default();
    while rows.next(&mut batch)? {
        let mut session = lock(session);
        if session.name.is_none() {
            session.name = rows.name().map(str::to_owned);
        }
        session.take(&batch)?;
        progress.at(rows.bytes());
    }
    Ok(())
}

/// Ctrl-C, or a polite request to stop, ends an endless stream like its end does.
fn finish_on_interrupt(session: &Arc<Mutex<Session>>) {
    let session = Arc::clone(session);
    let handler = move || {
        // The main thread holds the lock while it works on a block, and for longer only if nobody takes its output.
        for _ in 0..20 {
            if let Ok(mut session) = session.try_lock() {
                std::process::exit(match session.finish() {
                    Ok(()) | Err(Failure::ClosedPipe) => 0,
                    Err(Failure::Message(sentence)) => {
                        failure::say(sentence);
                        2
                    }
                });
            }
            thread::sleep(Duration::from_millis(100));
        }
        std::process::exit(2);
    };
    // Without a handler the system's own one remains: the program ends at once.
    let _ = ctrlc::set_handler(handler);
}

fn lock(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}
