//! What the user may ask for.

mod defaults;
mod detect;
mod help;
mod model;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use crate::failure::Failure;
pub(crate) use detect::{Detect, Format, Header, InputFormat, OnError};
pub(crate) use model::Model;

/// Anomalies in a stream of numbers, with a false-alarm rate that you choose.
#[derive(Parser)]
#[command(name = "tailspot", version = env!("CARGO_PKG_VERSION"), long_version = help::version())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read numbers from FILE or standard input as they come and write one line for each alert
    #[command(after_help = help::DETECT)]
    Detect(Box<Detect>),
    /// Watch this machine's own scheduling jitter for some seconds and draw what was found
    #[command(after_help = help::DEMO)]
    Demo(Demo),
    /// Write the completions of a shell to standard output
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Write the manual page to standard output
    Man,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// How long to watch
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=3600))]
    pub(crate) seconds: u32,

    /// Where to leave the picture
    #[arg(long, value_name = "FILE.svg|png|html", value_parser = picture, default_value = "tailspot-demo.svg")]
    pub(crate) plot: PathBuf,
}

/// The command line, with what the environment and a configuration file add; `None` once help was printed.
pub(crate) fn parse() -> Result<Option<Cli>, Failure> {
    let given: Vec<_> = std::env::args_os().collect();
    let matches = match Cli::command().try_get_matches_from(&given) {
        Ok(matches) => matches,
        // What is wrong may be what the defaults complete.
        Err(error) => return explain(&error).map(|()| None),
    };
    let all = match defaults::complete(&given, &matches)? {
        Some(all) => all,
        None => given,
    };
    let parsed = Cli::command().try_get_matches_from(all);
    match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => Ok(Some(cli)),
        Err(error) => explain(&error).map(|()| None),
    }
}

/// The program's own description of its command line.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png" | "html") => Ok(path),
        _ => Err("a picture ends in .svg, .png or .html".to_owned()),
    }
}

/// Help and version are printed as asked; a mistake becomes one sentence.
fn explain(error: &clap::Error) -> Result<(), Failure> {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked {
        // A closed pipe (`tailspot --help | head -1`) is not an error.
        let _ = error.print();
        return Ok(());
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Err(Failure::new("choose a command, detect or demo; see tailspot --help"));
    }
    let text = error.render().to_string();
    let lines = text.lines().map(str::trim).filter(|line| {
        !line.is_empty() && !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let parts = lines.map(|line| match line.strip_prefix("tip: ") {
        Some(tip) => format!("({tip})"),
        None => line.to_owned(),
    });
    let sentence = parts.collect::<Vec<_>>().join(" ");
    let sentence = sentence.strip_prefix("error: ").unwrap_or(&sentence);
    Err(Failure::new(format!("{sentence}; see tailspot --help")))
}
