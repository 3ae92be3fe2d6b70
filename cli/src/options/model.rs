//! The parameters of a detector.

use clap::{Args, ValueEnum};
use tailspot::{Accounting, Baseline, Config, Threshold};

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
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    n_init: Option<usize>,
    /// Excesses kept for each side [default: 200]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    max_excess: Option<usize>,
    /// Values in the moving mean that is subtracted first (DSPOT); 0 for none [default: 0]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    depth: Option<usize>,
    /// Values over which the local scale forgets, by which residuals are divided; 0 for none [default: 0]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    scale_depth: Option<usize>,
    /// Values of a season, for a second baseline that is judged apart; 0 for none [default: 0]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    period: Option<usize>,
    /// A baseline of its own, up to four: DEPTH[/SCALE_DEPTH[/PERIOD]], such as 10/40/288
    #[arg(long, value_name = "D/S/P", value_parser = baseline, allow_hyphen_values = true)]
    baseline: Vec<Baseline>,
    /// Alerts of a side in 1/q values beyond which they are taken for the stream; 0 for no limit [default: 0]
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    limit: Option<f64>,
    /// Which tails to watch [default: both]
    #[arg(long, value_enum)]
    side: Option<Sides>,
    /// What an alert leaves in the model [default: budgeted]
    #[arg(long, value_enum)]
    accounting: Option<AccountingName>,
    /// How the anomaly threshold follows from the fitted tail [default: calibrated]
    #[arg(long, value_enum)]
    threshold: Option<ThresholdName>,
    /// Values kept out of the model on either side of an alert; with a baseline none are [default: 20]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
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
            scale_depth: self.scale_depth.unwrap_or(base.scale_depth),
            period: self.period.unwrap_or(base.period),
            limit: self.limit.unwrap_or(base.limit),
            baselines: match self.baseline.is_empty() {
                true => base.baselines,
                false => self.baseline.clone(),
            },
            up: self.side.map_or(base.up, |side| side != Sides::Down),
            down: self.side.map_or(base.down, |side| side != Sides::Up),
            accounting: self.accounting.map_or(base.accounting, Accounting::from),
            threshold: self.threshold.map_or(base.threshold, Threshold::from),
            quarantine: self.quarantine.unwrap_or(base.quarantine),
            ..base
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "needs a whole number, at least 0".to_owned())
}

/// A baseline as it is written on the command line: depth, scale depth and period, the last ones 0 if left out.
fn baseline(text: &str) -> Result<Baseline, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let wanted =
        "DEPTH, DEPTH/SCALE_DEPTH or DEPTH/SCALE_DEPTH/PERIOD in whole numbers, such as 10/40/288";
    if parts.len() > 3 {
        return Err(format!("needs {wanted}"));
    }
    let mut sizes = [0; 3];
    for (size, part) in sizes.iter_mut().zip(parts) {
        *size =
            part.parse().map_err(|_| format!("{part:?} is not a whole number: needs {wanted}"))?;
    }
    let [depth, scale_depth, period] = sizes;
    Ok(Baseline { depth, scale_depth, period })
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
