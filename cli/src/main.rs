//! `tailspot`: anomalies in a stream of numbers, from the command line.
#![forbid(unsafe_code)]

mod atomic;
mod demo;
mod detect;
mod failure;
mod input;
mod number;
mod options;
mod output;
mod plot;
mod session;
mod time;

use std::io::{self, Write};
use std::process::ExitCode;

use failure::Failure;
use options::Command;

/// Bad usage, bad data, or a file that cannot be read or written.
const BAD: u8 = 2;

fn main() -> ExitCode {
    match run() {
        Ok(status) => ExitCode::from(status),
        // The reader of our output has seen enough: not an error.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Message(sentence) | Failure::Output(sentence)) => {
            failure::eprint(sentence);
            ExitCode::from(BAD)
        }
    }
}

fn run() -> Result<u8, Failure> {
    let Some(cli) = options::parse()? else { return Ok(0) };
    match cli.command {
        Command::Detect(options) => detect::run(*options),
        Command::Demo(options) => demo::run(&options).map(|()| 0),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut options::command(), "tailspot", &mut text);
            print(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            // Writing to a vector does not fail.
            let _ = clap_mangen::Man::new(options::command()).render(&mut text);
            let mut command = options::command();
            command.build();
            if let Some(detect) = command.find_subcommand("detect") {
                let _ = clap_mangen::Man::new(detect.clone()).render(&mut text);
            }
            print(&text)
        }
    }
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    failure::written(io::stdout().write_all(text)).map(|()| 0)
}
