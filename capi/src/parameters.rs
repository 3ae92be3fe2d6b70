//! The configuration.

use engine::{Accounting, Config, Error, Threshold};
use libc::size_t;

use super::codes::{tailspot_accounting, tailspot_result, tailspot_threshold};
use super::gate::{self, Problem};
use super::structs::{self, Growing};

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
    /// Number of values of the streaming calibration. At least 1, and enough for one excess on each watched side;
    /// default 2000.
    pub n_init: u64,
    /// Excesses kept for each side, if bounded. At least 1; default 200.
    pub max_excess: u64,
    /// Length of the moving-average window of DSPOT; 0, the default, is plain SPOT.
    pub depth: u64,
    /// Values kept out of the model on either side of an alert. At least 0; default 20.
    pub quarantine: u64,
    /// 1 watches the upper tail, 0 does not. Default 1; at least one side must be watched.
    pub up: u8,
    /// 1 watches the lower tail, 0 does not. Default 1.
    pub down: u8,
    /// 1 reports values beyond the anomaly threshold and keeps them out of the model; with 0 no finite value is ever an
    /// alert and every value is learned at once. Default 1.
    pub alert: u8,
    /// 1 keeps only the last max_excess excesses of a side, 0 keeps all. Default 1.
    pub bounded: u8,
    /// How the anomaly threshold follows from the fitted tail: a tailspot_threshold. Default TAILSPOT_CALIBRATED.
    pub threshold: i32,
}

const _: () = assert!(size_of::<tailspot_config>() == 64, "the ABI says 64 bytes");

// SAFETY: the sizes of the fields add up to 64, and all of them are integers or floats.
unsafe impl Growing for tailspot_config {
    const NAME: &'static str = "tailspot_config";
    const FIRST: usize = 64;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

impl From<&Config> for tailspot_config {
    fn from(config: &Config) -> Self {
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
        })
    }
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
