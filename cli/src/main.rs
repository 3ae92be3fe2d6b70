//! `tailspot`: anomalies in a stream of numbers, from the command line.
#![forbid(unsafe_code)]

mod args;
mod atomic;
mod axis;
mod calibrate;
mod demo;
mod detect;
mod draw;
mod failure;
mod input;
mod number;
mod output;
mod plot;
mod progress;
mod session;
mod state;
mod streams;
mod summary;
mod trace;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use failure::Failure;

/// Bad usage, bad data, or a file that cannot be read or written.
const BAD: u8 = 2;

fn main() -> ExitCode {
    match run() {
        // Whoever read our output has seen enough: that is no error.
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Message(sentence)) => {
            failure::say(sentence);
            ExitCode::from(BAD)
        }
    }
}

fn run() -> Result<(), Failure> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return args::explain(&error),
    };
    match cli.command {
        Command::Detect(options) => detect::run(*options),
        Command::Demo(options) => demo::run(&options),
    }
}
