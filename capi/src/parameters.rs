//! The configuration.

use engine::{Accounting, Baseline, Config, Error, Threshold};
use libc::size_t;

use super::codes::{tailspot_accounting, tailspot_result, tailspot_threshold};
use super::gate::{self, Problem};
use super::structs::{self, Growing};

/// Most baselines of a detector.
pub const TAILSPOT_MOST_BASELINES: usize = 4;

/// What a value is compared with: its residual is (value - season - level) / scale. A part that is 0 is left out.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct tailspot_baseline {
    /// Values in the moving mean that is the level; 0 for none.
    pub depth: u64,
    /// Values over which the local scale, the mean size of a residual, forgets; 0 for none, else at least 2.
    pub scale_depth: u64,
    /// Values of a season; 0 for none, else at least 2.
    pub period: u64,
}

/// The parameters of a detector. Fill it by tailspot_config_init, then change what should be different.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_config {
    /// sizeof(tailspot_config) of the program.
    pub struct_size: u32,
    /// What an alert leaves in the model: a tailspot_accounting. Default TAILSPOT_BUDGETED.
    pub accounting: i32,
    /// Tail probability of an anomaly, for each watched side. 0 < q < 1 - level; default 1e-4.
    pub q: f64,
    /// Quantile level where the upper tail starts; mirrored for the lower one. 0 < level < 1; default 0.99.
    pub level: f64,
    /// Number of values of the streaming calibration, after those that warm up the baselines: depth or two periods,
    /// whichever is more, and 20 for a scale. At least 1, and enough for one excess on each watched side; default 2000.
    pub n_init: u64,
    /// Excesses kept for each side, if bounded. At least 1; default 200.
    pub max_excess: u64,
    /// Values in the moving mean that is subtracted from each value (DSPOT); 0, the default, is plain SPOT. A value enters
    /// the mean clipped to the excess thresholds; with TAILSPOT_DISCARDED, as published, alerts stay out of it.
    pub depth: u64,
    /// Values kept out of the model on either side of an alert; with a baseline none are. At least 0; default 20.
    pub quarantine: u64,
    /// 1 watches the upper tail, 0 does not. Default 1; at least one side must be watched.
    pub up: u8,
    /// 1 watches the lower tail, 0 does not. Default 1.
    pub down: u8,
    /// 1 reports values beyond the anomaly threshold and keeps them out of the model; with 0 no finite value is ever an
    /// alert and every value is learned at once; a baseline then has a level only. Default 1.
    pub alert: u8,
    /// 1 keeps only the last max_excess excesses of a side, 0 keeps all. Default 1.
    pub bounded: u8,
    /// How the anomaly threshold follows from the fitted tail: a tailspot_threshold. Default TAILSPOT_CALIBRATED.
    pub threshold: i32,
    /// Values over which the local scale forgets, by which residuals are divided; 0, the default, for none, else at
    /// least 2.
    pub scale_depth: u64,
    /// Values of a season, for a second baseline with its levels, judged apart; 0, the default, for none, else at least
    /// 2. A missing value counts as time of the season.
    pub period: u64,
    /// Alerts of a side in 1/q values beyond which further ones are taken for the stream and learned; 0, the default, for
    /// no limit.
    pub limit: f64,
    /// How many of `baselines` are used, at most 4; 0, the default, for those that depth, scale_depth and period say.
    pub baseline_count: u64,
    /// Baselines, each with its own tails, judged apart; those that are not used are zero.
    pub baselines: [tailspot_baseline; TAILSPOT_MOST_BASELINES],
}

const _: () = assert!(size_of::<tailspot_config>() == 192, "the ABI says 192 bytes");

// SAFETY: the sizes of the fields add up to 192, and all of them are integers or floats.
unsafe impl Growing for tailspot_config {
    const NAME: &'static str = "tailspot_config";
    const FIRST: usize = 192;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

impl From<&Baseline> for tailspot_baseline {
    fn from(baseline: &Baseline) -> Self {
        tailspot_baseline {
            depth: baseline.depth as u64,
            scale_depth: baseline.scale_depth as u64,
            period: baseline.period as u64,
        }
    }
}

impl From<&Config> for tailspot_config {
    fn from(config: &Config) -> Self {
        let mut baselines = [tailspot_baseline::default(); TAILSPOT_MOST_BASELINES];
        for (place, baseline) in baselines.iter_mut().zip(&config.baselines) {
            *place = baseline.into();
        }
        tailspot_config {
            struct_size: 0,
            accounting: config.accounting as i32,
            q: config.q,
            level: config.level,
            n_init: config.n_init as u64,
            max_excess: config.max_excess as u64,
            depth: config.depth as u64,
            quarantine: config.quarantine as u64,
            up: config.up.into(),
            down: config.down.into(),
            alert: config.alert.into(),
            bounded: config.bounded.into(),
            threshold: config.threshold as i32,
            scale_depth: config.scale_depth as u64,
            period: config.period as u64,
            limit: config.limit,
            baseline_count: config.baselines.len() as u64,
            baselines,
        }
    }
}

impl TryFrom<&tailspot_config> for Config {
    type Error = Error;

    fn try_from(given: &tailspot_config) -> Result<Self, Error> {
        Ok(Config {
            q: given.q,
            level: given.level,
            n_init: size("n_init", given.n_init)?,
            max_excess: size("max_excess", given.max_excess)?,
            depth: size("depth", given.depth)?,
            up: switch("up", given.up)?,
            down: switch("down", given.down)?,
            alert: switch("alert", given.alert)?,
            bounded: switch("bounded", given.bounded)?,
            accounting: accounting(given.accounting)?,
            quarantine: size("quarantine", given.quarantine)?,
            threshold: threshold(given.threshold)?,
            scale_depth: size("scale_depth", given.scale_depth)?,
            period: size("period", given.period)?,
            limit: given.limit,
            baselines: baselines(given)?,
        })
    }
}

fn baselines(given: &tailspot_config) -> Result<Vec<Baseline>, Error> {
    let all = &given.baselines;
    let set = all.iter().rposition(|baseline| *baseline != Default::default());
    let (least, most) = (set.map_or(0, |last| last + 1), all.len());
    let count = usize::try_from(given.baseline_count).unwrap_or(usize::MAX);
    if !(least..=most).contains(&count) {
        let allowed = format!("{least} to {most}: {least} of the baselines are set");
        return Err(out_of_range("baseline_count", given.baseline_count, allowed));
    }
    let baseline = |given: &tailspot_baseline| {
        Ok(Baseline {
            depth: size("depth", given.depth)?,
            scale_depth: size("scale_depth", given.scale_depth)?,
            period: size("period", given.period)?,
        })
    };
    all[..count].iter().map(baseline).collect()
}

fn out_of_range(name: &'static str, value: impl ToString, allowed: impl Into<String>) -> Error {
    Error::Parameter { name, value: value.to_string(), allowed: allowed.into() }
}

fn size(name: &'static str, value: u64) -> Result<usize, Error> {
    let allowed = || format!("at most {}", usize::MAX);
    usize::try_from(value).map_err(|_| out_of_range(name, value, allowed()))
}

fn switch(name: &'static str, value: u8) -> Result<bool, Error> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(out_of_range(name, value, "0 or 1")),
    }
}

fn accounting(code: i32) -> Result<Accounting, Error> {
    let all =
        [Accounting::Discarded, Accounting::Learned, Accounting::Censored, Accounting::Budgeted];
    let known = all.into_iter().find(|known| *known as i32 == code);
    let last = tailspot_accounting::TAILSPOT_BUDGETED as i32;
    known.ok_or_else(|| out_of_range("accounting", code, format!("0 to {last}")))
}

fn threshold(code: i32) -> Result<Threshold, Error> {
    let known = [Threshold::PlugIn, Threshold::Calibrated].into_iter();
    let last = tailspot_threshold::TAILSPOT_CALIBRATED as i32;
    known
        .into_iter()
        .find(|known| *known as i32 == code)
        .ok_or_else(|| out_of_range("threshold", code, format!("0 to {last}")))
}

/// # Safety
///
/// As for [`structs::read`].
pub(super) unsafe fn read(config: *const tailspot_config) -> Result<Config, Problem> {
    // SAFETY: promised by the caller.
    let given = unsafe { structs::read(config, (&Config::default()).into()) }?;
    let config = Config::try_from(&given)?;
    config.validate()?;
    Ok(config)
}

/// ## A detector: make, calibrate, step, free
///
/// Fills a configuration with the defaults. `struct_size` is sizeof(tailspot_config) of the program, not the size of a
/// pointer to it.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_config_init(
    config: *mut tailspot_config,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { structs::write(config, struct_size, (&Config::default()).into()) })
}
