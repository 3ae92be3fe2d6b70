//! `tailspot detect`: numbers in, alerts out.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tailspot::Config;

use crate::atomic;
use crate::failure::{self, Failure, warn};
use crate::input::{Batch, Rows, Rules, Selection, Source};
use crate::options::{Detect, InputFormat};
use crate::output::{Progress, Report};
use crate::plot::{Gallery, Style};
use crate::session::signals::{self, lock};
use crate::session::streams::Streams;
use crate::session::{self, Artifacts, Exec, Mode, Saved, Session, StateFile};
use crate::time::Clock;

/// How often a followed file's state is saved without a word of the user.
const OFTEN: Duration = Duration::from_secs(60);

pub(crate) fn run(options: Detect) -> Result<u8, Failure> {
    if options.output.quiet {
        failure::be_quiet();
    }
    let sources = sources(&options)?;
    let terminal = sources.iter().any(Source::is_terminal) && io::stderr().is_terminal();
    if terminal {
        warn("reading what you type, one number on each line; Ctrl-D ends it");
    }
    let bytes = total_size(&sources)?;
    for path in options.state.state.iter().chain(&options.output.plot) {
        atomic::check(path)?;
    }
    // Before anything is read: two processes must not work on one state.
    let freeze = options.state.freeze;
    let state =
        options.state.state.as_deref().filter(|_| !freeze).map(StateFile::claim).transpose()?;
    let rules = rules(&options);
    let (streams, saved) = prepare(&options, &rules)?;

    let clock = Clock::new(options.time_format.clone());
    let mut selection = streams.selection.clone();
    if rules.format == Some(InputFormat::Prometheus) {
        // The columns of this format choose lines, and all lines have one value.
        selection.columns.clone_from(&saved.asked);
    }
    let mut rows = Rows::new(sources, selection, rules, clock, &streams.keys);
    if let Some(position) = saved.position.clone().filter(|_| options.follow) {
        rows.resume_at(position);
    }
    let progress = Progress::over(bytes.unwrap_or(0));
    let checkpoint_seconds = options
        .state
        .checkpoint_seconds
        .or(options.follow.then_some(OFTEN))
        .filter(|_| state.is_some());
    let session = session(options, streams, saved, state, bytes.is_none(), &progress)?;
    let session = Arc::new(Mutex::new(session));
    signals::listen(&session);
    if let Some(interval) = checkpoint_seconds {
        signals::save_every(&session, interval);
    }
    let outcome = read(&mut rows, &session, &progress);
    progress.finish();
    let mut session = lock(&session);
    session.count_bad_rows(rows.faults().count);
    if outcome.is_err() {
        session.fail();
    }
    let finished = session.finish();
    match outcome {
        Ok(()) => finished.and_then(|()| session.status()),
        Err(Failure::ClosedPipe) => finished.map(|()| 0),
        Err(failure) => {
            if let Err(Failure::Message(also)) = finished {
                failure::eprint(also);
            }
            Err(failure)
        }
    }
}

fn sources(options: &Detect) -> Result<Vec<Source>, Failure> {
    if !options.follow {
        return Ok(Source::list(&options.files));
    }
    match &options.files[..] {
        [file] if file.to_str() != Some("-") => Ok(vec![Source::Followed(file.clone())]),
        _ => Err(Failure::new("--follow needs one FILE; see tailspot --help")),
    }
}

/// The size of all sources, `None` where nobody knows.
fn total_size(sources: &[Source]) -> Result<Option<u64>, Failure> {
    let mut bytes = Some(0);
    for source in sources {
        let size = source.size()?;
        bytes = bytes.filter(|_| size > 0).map(|sum| sum + size);
    }
    Ok(bytes)
}

fn rules(options: &Detect) -> Rules {
    let input = &options.input;
    Rules {
        missing: input.missing.clone(),
        strip: input.strip.clone(),
        decimal_comma: input.decimal_comma,
        delimiter: input.delimiter,
        comment: input.comment.clone(),
        header: input.header,
        format: input.format,
        on_error: input.on_error,
        typed: false,
    }
}

/// The detectors as the stream finds them: saved, calibrated, or new.
fn prepare(options: &Detect, rules: &Rules) -> Result<(Streams, Saved), Failure> {
    let mut selection = Selection {
        columns: options.columns.clone(),
        keys: options.keys.clone(),
        time: options.time.clone(),
        keep: options.output.keep.clone(),
        keep_all: options.output.keep_all,
    };
    if selection.keys.is_empty()
        && matches!(rules.format, Some(InputFormat::Influx | InputFormat::Prometheus))
    {
        selection.keys.push("series".to_owned());
    }
    let path = options.state.state.as_ref().or(options.state.state_in.as_ref());
    let loaded = match path {
        Some(path) => session::load(path, &options.model, &selection)?,
        None => None,
    };
    if let (Some((streams, saved)), Some(path)) = (loaded, path) {
        if options.fit.is_some() {
            warn(format!("--fit is not used: {} is already calibrated", path.display()));
        }
        return Ok((streams, with_cool_down(options, saved)));
    }
    if let Some(path) = &options.state.state_in {
        return Err(Failure::new(format!(
            "cannot read {}: there is no state in it",
            path.display()
        )));
    }
    let saved = Saved { asked: selection.columns.clone(), ..Saved::default() };
    let mut streams = Streams::new(options.model.apply(Config::default()), selection)?;
    if let Some(path) = &options.fit {
        session::on_file(&mut streams, rules, path, options.fit_last)?;
    }
    Ok((streams, with_cool_down(options, saved)))
}

fn with_cool_down(options: &Detect, mut saved: Saved) -> Saved {
    let quarantine = options.model.apply(Config::default()).quarantine.max(20) as u64;
    saved.incidents.set_cool_down(options.output.cool_down.map_or(quarantine, u64::from));
    saved
}

fn session(
    options: Detect,
    streams: Streams,
    saved: Saved,
    state: Option<StateFile>,
    endless: bool,
    progress: &Progress,
) -> Result<Session, Failure> {
    let output = options.output;
    let mut report = Report::new(output.format);
    report.set_quiet(output.quiet);
    report.set_header(!output.no_header);
    report.share_terminal_with(progress.clone());
    let gallery = output.plot.as_ref().map(|path| {
        let style = Style { log: output.log, size: output.plot_size, title: output.plot_title };
        Gallery::new(path, style)
    });
    let mode = Mode {
        all: output.all,
        incidents: output.incidents,
        exec: output.exec.map(|command| Exec::new(command, output.exec_limit)),
        freeze: options.state.freeze,
        exit_code: output.exit_code,
        live: options.follow || endless && io::stderr().is_terminal(),
        endless: options.follow || endless,
    };
    let artifacts = Artifacts {
        plot: output.plot,
        state,
        checkpoint: options.state.checkpoint.map(u64::from),
        summary: output.summary,
    };
    Ok(Session::new(streams, saved, report, artifacts, mode, gallery))
}

fn read(rows: &mut Rows, session: &Mutex<Session>, progress: &Progress) -> Result<(), Failure> {
    let mut batch = Batch::default();
    while rows.next(&mut batch)? {
        let mut session = lock(session);
        session.take(&batch, rows)?;
        progress.at(rows.bytes());
    }
    Ok(())
}
