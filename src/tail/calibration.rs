//! From the first n values to the tails.

use crate::config::{Accounting, Config, lower_rank, upper_rank};
use crate::event::Side;
use crate::tail::outliers::set_aside;

/// What a calibration finds of one tail, as an upper one.
pub(crate) struct Start {
    pub(crate) excess_threshold: f64,
    /// In the order of the stream.
    pub(crate) excesses: Vec<f64>,
    /// Values set aside as anomalies of the calibration batch.
    pub(crate) dropped: u64,
}

/// The tail of one side from finite values in the order of the stream; `sorted` holds the same values ascending.
pub(crate) fn start(config: &Config, side: Side, values: &[f64], sorted: &[f64]) -> Start {
    let n = values.len();
    let rank = match side {
        Side::Up => upper_rank(n, config.level),
        Side::Down => lower_rank(n, config.level),
    };
    let sign = side.sign();
    let excess_threshold = sign * sorted[rank];
    let mut excesses: Vec<f64> = values
        .iter()
        .map(|x| sign * x)
        .filter(|x| *x > excess_threshold)
        .map(|x| (x - excess_threshold).min(f64::MAX))
        .collect();
    let dropped = if config.accounting_in_force() == Accounting::Budgeted {
        set_aside(&mut excesses)
    } else {
        0
    };
    Start { excess_threshold, excesses, dropped }
}
