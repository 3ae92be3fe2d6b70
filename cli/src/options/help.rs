//! The longer texts of the help.

use std::sync::LazyLock;

use tailspot::{Config, Spot};

// Paragraphs without line breaks: they are wrapped to the width of the terminal.
pub(super) const DETECT: &str = "\
Input is CSV or JSON, recognized by the first character. Missing values are empty cells, -, NA, N/A, #N/A, null, None, nil, \
nan and \\N (or what --na lists); in JSON a missing key, null and NaN too. A CSV whose first row holds a number in the chosen \
column has no header; a header that is repeated further down is skipped. Files may be compressed (gzip, Zstandard) or \
UTF-16. Parquet and Arrow IPC are read by a program that was built with --features columnar.

The index of an alert counts the rows of the stream from 0, over all files. With --state it continues where the saved stream \
ended: after 1000 saved rows the next one has index 1000. With --follow the state also says where in the file to go on.

Exit status: 0 whatever was found (but see --exit-code), 2 for bad usage or bad data. Whatever ends the run, a bad row, \
Ctrl-C or TERM: state, picture and summary are written. HUP saves the state and continues.

--exec runs one command at a time, and its failure is only a note. It finds in its environment TAILSPOT_EVENT, \
TAILSPOT_INDEX, TAILSPOT_VALUE, TAILSPOT_THRESHOLD, TAILSPOT_PROBABILITY, and where they exist TAILSPOT_TIME, \
TAILSPOT_COLUMN, TAILSPOT_KEY and TAILSPOT_INCIDENT.

--summary has for each stream: calibrated, n (values learned from), seen (values judged), missing, incidents, refuted (for how many values the stream \
has not been what the detector was calibrated on), alerts_up, alerts_down, surplus_up, surplus_down (learned beyond --limit), \
excesses_up, excesses_down (held now), n_t_up, n_t_down (ever learned), upper_threshold, lower_threshold, \
upper_excess_threshold, lower_excess_threshold, shape_up, shape_down, scale_up, scale_down, drift, q, alarm_rate_up, \
alarm_rate_down; without --key threshold_interval_up, threshold_interval_down, shape_interval_up, shape_interval_down, \
scale_interval_up, scale_interval_down (95 % confidence), threshold_spread_up, threshold_spread_down (above 10 the calibration \
cannot know this q); and for the run: rows (of the stream, saved ones too), bad_rows. What does not exist is null.

An option --NAME that is not given is taken from the environment (TAILSPOT_NAME, in capitals, with _ for -), then from \
--config.

Examples:
  tailspot detect --column latency access.csv
  tailspot detect --time timestamp --plot taxi.html nyc_taxi.csv
  tail -f access.csv | tailspot detect --column latency --side up --state latency.state
  tailspot detect --column load --key host --fit yesterday.csv --format json today.csv
  tailspot detect --follow app.log --column ms --incidents --exec 'logger \"$TAILSPOT_VALUE\"'";

pub(super) const DEMO: &str = "\
The program asks to sleep for half a millisecond, again and again, and measures how much later it \
wakes. The first quarter of the time calibrates the detector; what follows is judged value by value.";

/// "0.1.0 (C ABI 1, snapshot format 1, commit 0123abc)"
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let format = match Spot::new(Config::default()).map(|spot| spot.save()).as_deref() {
            Ok([_, _, _, _, _, _, _, _, low, high, ..]) => u16::from_le_bytes([*low, *high]),
            _ => 0,
        };
        let (version, abi, commit) =
            (env!("CARGO_PKG_VERSION"), env!("TAILSPOT_ABI"), env!("TAILSPOT_COMMIT"));
        format!("{version} (C ABI {abi}, snapshot format {format}, commit {commit})")
    });
    &VERSION
}
