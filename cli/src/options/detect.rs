//! The options of `tailspot detect`.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Model, picture};
use crate::time;

#[derive(Args)]
pub(crate) struct Detect {
    /// Files to read one after the other as one stream; none, or -, is standard input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// CSV column by name, index from 0, range (2-5) or pattern (cpu*), or a dotted path into JSON; repeat it for
    /// several streams, each with its own detector [default: the only column]
    #[arg(short, long = "column", value_name = "NAME|INDEX|a.b.c")]
    pub(crate) columns: Vec<String>,

    /// One detector for each value of this column; repeat it for each combination of values
    #[arg(short, long = "key", value_name = "NAME")]
    pub(crate) keys: Vec<String>,

    /// Column of the time, which the output and pictures then show
    #[arg(short, long, value_name = "NAME")]
    pub(crate) time: Option<String>,

    /// How times are written: iso, s, ms, us or ns of Unix time, or a pattern like %d/%m/%Y [default: recognized from the data]
    #[arg(long, value_name = "FORMAT", requires = "time")]
    pub(crate) time_format: Option<time::Format>,

    /// Calibrate on another file before the stream starts
    #[arg(long, value_name = "FILE")]
    pub(crate) fit: Option<PathBuf>,

    /// Use only the last N values of the --fit file
    #[arg(long, value_name = "N", requires = "fit")]
    pub(crate) fit_last: Option<usize>,

    /// Go on reading FILE as it grows, also after it was rotated or truncated
    #[arg(short = 'F', long)]
    pub(crate) follow: bool,

    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) state: State,
    // Last, or its heading would stand over the options above too.
    #[command(flatten)]
    pub(crate) model: Model,
}

#[derive(Args)]
#[command(next_help_heading = "Input")]
pub(crate) struct Input {
    /// Format of the input [default: csv or json, recognized from the data]
    #[arg(id = "input", short, long = "input", value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<InputFormat>,
    /// Delimiter of CSV: a character, tab, or space for any run of spaces [default: recognized from the data]
    #[arg(short, long, value_name = "CHAR", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Whether the first row of CSV holds names; auto: unless it holds a number in a chosen column
    #[arg(long, value_enum, default_value_t = Header::Auto)]
    pub(crate) header: Header,
    /// Skip lines that begin with this
    #[arg(long, value_name = "PREFIX", allow_hyphen_values = true)]
    pub(crate) comment: Option<String>,
    /// Read 1.234,5 as 1234.5
    #[arg(long)]
    pub(crate) decimal_comma: bool,
    /// Names of missing values, in place of the usual ones; an empty cell is always missing
    #[arg(long = "na", value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) missing: Option<Vec<String>>,
    /// Take this unit off numbers, without converting them: --strip ms reads 12ms as 12
    #[arg(long, value_name = "UNIT", allow_hyphen_values = true)]
    pub(crate) strip: Vec<String>,
    /// What to do with a bad row [default: stop for a file, which can be corrected and read again; skip for a pipe and
    /// with --follow]
    #[arg(long, value_enum)]
    pub(crate) on_error: Option<OnError>,
}

#[derive(Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Output {
    /// How to write alerts [default: table on a terminal, csv otherwise]
    #[arg(short, long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Leave out the line of names
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Write no lines and no notes: only files, the summary, errors and the exit status
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write a line for every value, with both thresholds that it was judged by
    #[arg(short, long)]
    pub(crate) all: bool,
    /// Repeat this column in the output
    #[arg(long, value_name = "NAME")]
    pub(crate) keep: Vec<String>,
    /// Repeat all other columns in the output
    #[arg(long, conflicts_with = "keep")]
    pub(crate) keep_all: bool,
    /// Write a line where an incident starts and one where it ends, in place of one for each alert
    #[arg(long, conflicts_with = "all")]
    pub(crate) incidents: bool,
    /// Values without an alert that end an incident [default: --quarantine, but at least 20]
    #[arg(long, value_name = "N", requires = "incidents")]
    pub(crate) cool_down: Option<NonZeroU64>,
    /// Run a command in a shell for each alert, or with --incidents for the start of each incident; see below
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec: Option<String>,
    /// Stop a command of --exec after this many seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) exec_limit: Duration,
    /// Draw the stream, its thresholds and its alerts; .html is a page to zoom into
    #[arg(short, long, value_name = "FILE.svg|png|html", value_parser = picture)]
    pub(crate) plot: Option<PathBuf>,
    /// A logarithmic value axis
    #[arg(long, requires = "plot")]
    pub(crate) log: bool,
    /// Size of the picture, for each stream
    #[arg(long, value_name = "WIDTHxHEIGHT", requires = "plot", value_parser = size)]
    pub(crate) plot_size: Option<(u32, u32)>,
    /// Title of the picture
    #[arg(long, value_name = "TEXT", requires = "plot")]
    pub(crate) plot_title: Option<String>,
    /// Write counts, thresholds, shapes and the observed alert rate as one JSON object to standard error; see below
    #[arg(long)]
    pub(crate) summary: bool,
    /// Exit with 0 if nothing was found, 1 if something was, 2 for trouble, also if no value could be judged
    #[arg(long)]
    pub(crate) exit_code: bool,
}

#[derive(Args)]
#[command(next_help_heading = "State")]
pub(crate) struct State {
    /// Resume from FILE if it exists; save the detectors there at the end and on SIGHUP, atomically
    #[arg(short, long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Resume from FILE, and write nothing there
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    pub(crate) state_in: Option<PathBuf>,
    /// Judge without learning, and save no state
    #[arg(long)]
    pub(crate) freeze: bool,
    /// Also save the state every N rows
    #[arg(long, value_name = "N", requires = "state")]
    pub(crate) checkpoint: Option<NonZeroU64>,
    /// Also save the state at this interval [default with --follow: 60]
    #[arg(long, value_name = "SECONDS", requires = "state", value_parser = seconds)]
    pub(crate) checkpoint_seconds: Option<Duration>,
    /// Read further options from FILE: TOML with the long names of this page
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people
    Table,
    /// Comma-separated values with a header
    Csv,
    /// Tab-separated values with a header
    Tsv,
    /// One JSON object a line
    Json,
    /// A table of Markdown
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum InputFormat {
    /// A table with a delimiter, also a log of Zeek
    Csv,
    /// An object or array on each line, or an array of them
    Json,
    /// Influx line protocol
    Influx,
    /// The text format of Prometheus; --column names metrics
    Prometheus,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Header {
    Yes,
    No,
    #[default]
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    /// End the run there
    Stop,
    /// Go on as if the row were not there
    Skip,
    /// Treat its values as missing
    Missing,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        "space" => Ok(b' '),
        _ => match text.as_bytes() {
            [byte]
                if byte.is_ascii()
                    && !matches!(byte, b'"' | b'\n' | b'\r' | b'0'..=b'9' | b'.' | b'-') =>
            {
                Ok(*byte)
            }
            _ => Err("a delimiter is one character, tab or space".to_owned()),
        },
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=1e9).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("needs a number of seconds from 0.01 to 1e9".to_owned()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || "needs WIDTHxHEIGHT from 200x150 to 8000x8000, like 1200x400".to_owned();
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    match (width.parse(), height.parse()) {
        (Ok(width @ 200..=8000), Ok(height @ 150..=8000)) => Ok((width, height)),
        _ => Err(wrong()),
    }
}
