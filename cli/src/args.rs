//! What the user may ask for.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tailspot::{Accounting, Config, Threshold};

use crate::failure::Failure;

/// Anomalies in a stream of numbers, with an alarm rate that is q.
#[derive(Parser)]
#[command(name = "tailspot", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Read numbers from FILE or standard input as they come and write one line for each alert
    #[command(after_help = DETECT_HELP)]
    Detect(Box<Detect>),
    /// Watch this machine's own scheduling jitter for some seconds and draw what was found
    #[command(after_help = DEMO_HELP)]
    Demo(Demo),
}

// Paragraphs without line breaks: they are wrapped to the width of the terminal.
const DETECT_HELP: &str = "\
Input is CSV or JSON lines, told apart by its first character. In CSV an empty cell, NaN, NA and \
null are missing values; in JSON a missing key and null are. A CSV whose first row holds a number \
in the chosen column has no header.

The index of an alert counts the rows of the stream from 0, over all files. With --state it goes \
on where the saved stream ended: after 1000 saved rows the next one has index 1000.

Exit status: 0 whatever was found, 2 for bad usage or bad data. Ctrl-C ends the stream like its end \
does: state, picture and summary are written.

Examples:
  tailspot detect --column latency access.csv
  tail -f access.csv | tailspot detect --column latency --side up --state latency.state
  tailspot detect --column load --key host --fit yesterday.csv --format json today.csv";

const DEMO_HELP: &str = "\
The program asks to sleep for half a millisecond, again and again, and measures how much later it \
wakes. The first quarter of the time calibrates the detector; what follows is judged value by value.";

#[derive(Args)]
pub(crate) struct Detect {
    /// Files to read one after the other as one stream; none, or -, is standard input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// CSV column by name or by index from 0, or a dotted path into JSON lines; repeat it for several streams,
    /// each with its own detector [default: the only column]
    #[arg(long = "column", value_name = "NAME|INDEX|a.b.c")]
    pub(crate) columns: Vec<String>,

    /// One detector for each value of this column
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,

    /// Calibrate on another file before the stream starts
    #[arg(long, value_name = "FILE")]
    pub(crate) fit: Option<PathBuf>,

    /// Use only the last N values of the --fit file
    #[arg(long, value_name = "N", requires = "fit")]
    pub(crate) fit_last: Option<usize>,

    /// How to write alerts [default: table on a terminal, csv otherwise]
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Write a line for every value, with both thresholds that it was judged by
    #[arg(long)]
    pub(crate) all: bool,

    /// Draw the stream, its thresholds and its alerts
    #[arg(long, value_name = "FILE.svg|FILE.png", value_parser = picture)]
    pub(crate) plot: Option<PathBuf>,

    /// Resume from FILE if it exists; save the detectors there at the end, atomically
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// Save the state every N rows too
    #[arg(long, value_name = "N", requires = "state")]
    pub(crate) checkpoint: Option<NonZeroU64>,

    /// Write counts, thresholds, shapes and the realised alarm rate as one JSON object to standard error
    #[arg(long)]
    pub(crate) summary: bool,

    // Last, or its heading would stand over the options above too.
    #[command(flatten)]
    pub(crate) model: Model,
}

/// The parameters of a detector; what is not given keeps its default.
#[derive(Args)]
#[command(next_help_heading = "Detector")]
pub(crate) struct Model {
    /// Tail probability of an anomaly, for each watched side, below 1 - level [default: 1e-4]
    #[arg(long, allow_negative_numbers = true)]
    q: Option<f64>,
    /// Quantile level where the tail starts [default: 0.99]
    #[arg(long, allow_negative_numbers = true)]
    level: Option<f64>,
    /// Number of values that calibrate a stream without --fit [default: 2000]
    #[arg(long, value_name = "N")]
    n_init: Option<usize>,
    /// Excesses kept for each side [default: 200]
    #[arg(long, value_name = "N")]
    max_excess: Option<usize>,
    /// Length of the moving average that is taken off first (DSPOT); 0 for none [default: 0]
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Which tails to watch [default: both]
    #[arg(long, value_enum)]
    side: Option<Sides>,
    /// What an alert leaves in the model [default: budgeted]
    #[arg(long, value_enum)]
    accounting: Option<AccountingName>,
    /// How the anomaly threshold follows from the fitted tail [default: calibrated]
    #[arg(long, value_enum)]
    threshold: Option<ThresholdName>,
    /// Values kept out of the model on either side of an alert [default: 20]
    #[arg(long, value_name = "N")]
    quarantine: Option<usize>,
    /// The scheme of the KDD 2017 paper: --accounting discarded --threshold plug_in --quarantine 0
    #[arg(long)]
    as_published: bool,
}

impl Model {
    /// The configuration with every option that was given, and `base` for the rest.
    pub(crate) fn apply(&self, base: Config) -> Config {
        let base = if self.as_published { base.as_published() } else { base };
        Config {
            q: self.q.unwrap_or(base.q),
            level: self.level.unwrap_or(base.level),
            n_init: self.n_init.unwrap_or(base.n_init),
            max_excess: self.max_excess.unwrap_or(base.max_excess),
            depth: self.depth.unwrap_or(base.depth),
            up: self.side.map_or(base.up, |side| side != Sides::Down),
            down: self.side.map_or(base.down, |side| side != Sides::Up),
            accounting: self.accounting.map_or(base.accounting, Accounting::from),
            threshold: self.threshold.map_or(base.threshold, Threshold::from),
            quarantine: self.quarantine.unwrap_or(base.quarantine),
            ..base
        }
    }
}

#[derive(Args)]
pub(crate) struct Demo {
    /// How long to watch
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=3600))]
    pub(crate) seconds: u32,

    /// Where to leave the picture
    #[arg(long, value_name = "FILE.svg|FILE.png", value_parser = picture, default_value = "tailspot-demo.svg")]
    pub(crate) plot: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sides {
    Up,
    Down,
    Both,
}

#[derive(Clone, Copy, ValueEnum)]
enum AccountingName {
    Discarded,
    Learned,
    Censored,
    Budgeted,
}

impl From<AccountingName> for Accounting {
    fn from(name: AccountingName) -> Self {
        match name {
            AccountingName::Discarded => Accounting::Discarded,
            AccountingName::Learned => Accounting::Learned,
            AccountingName::Censored => Accounting::Censored,
            AccountingName::Budgeted => Accounting::Budgeted,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum ThresholdName {
    Calibrated,
    #[value(name = "plug_in", alias = "plug-in")]
    PlugIn,
}

impl From<ThresholdName> for Threshold {
    fn from(name: ThresholdName) -> Self {
        match name {
            ThresholdName::Calibrated => Threshold::Calibrated,
            ThresholdName::PlugIn => Threshold::PlugIn,
        }
    }
}

fn picture(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => Ok(path),
        _ => Err("a picture ends in .svg or .png".to_owned()),
    }
}

/// Help and version are printed as asked; a mistake becomes one sentence.
pub(crate) fn explain(error: &clap::Error) -> Result<(), Failure> {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if asked {
        // A closed pipe (`tailspot --help | head -1`) is no error.
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
