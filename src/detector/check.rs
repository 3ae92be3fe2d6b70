//! Whether the stream has left what the detector was calibrated on.
//!
//! A CUSUM of the log-likelihood ratio (Page 1954) of "beyond an excess threshold": with its share p₀ at the calibration, or
//! with p₁ = max(1/2, 2p₀). It changes nothing; the status reports it, since alerts that do not end are not anomalies.

/// The sum that refutes the calibration, and the largest one.
const REFUTED: f64 = 12.0;
const MOST: f64 = 50.0;
/// Values since the sum left 0, so that a cluster of a stream with memory refutes nothing.
const PATIENCE: u64 = 200;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Check {
    /// p₀.
    pub(crate) share: f64,
    pub(crate) sum: f64,
    /// Values judged when the sum was computed, and when it left 0.
    pub(crate) at: u64,
    pub(crate) since: u64,
    /// What a value adds to the sum: one within the excess thresholds, and one beyond.
    normal: f64,
    beyond: f64,
}

impl Check {
    /// A check for a stream of which this share lay beyond an excess threshold.
    pub(crate) fn new(share: f64) -> Self {
        Check::restored(share.clamp(1e-6, 0.9), 0.0, 0, 0)
    }

    /// A check that goes on.
    pub(crate) fn restored(share: f64, sum: f64, at: u64, since: u64) -> Self {
        let other = (2.0 * share).clamp(0.5, 0.95);
        let (normal, beyond) = (((1.0 - other) / (1.0 - share)).ln(), (other / share).ln());
        Check { share, sum, at, since, normal, beyond }
    }

    /// The sum after normal values up to this one.
    fn sum_at(&self, position: u64) -> f64 {
        (self.sum + self.normal * (position - self.at) as f64).max(0.0)
    }

    /// Counts a value beyond an excess threshold at this position; those since the last one were not.
    #[inline]
    pub(crate) fn count(&mut self, position: u64) {
        let before = self.sum_at(position.saturating_sub(1).max(self.at));
        if before == 0.0 {
            self.since = position;
        }
        self.sum = (before + self.beyond).min(MOST);
        self.at = position;
    }

    /// For how many values the calibration has been refuted; 0 if it is not.
    pub(crate) fn refuted(&self, position: u64) -> u64 {
        let age = (position + 1).saturating_sub(self.since);
        if self.sum_at(position) > REFUTED && age >= PATIENCE { age } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_left_is_refuted_and_a_cluster_is_not() {
        let mut check = Check::new(0.02);
        (1..=100_000).step_by(50).for_each(|i| check.count(i));
        assert_eq!(check.refuted(100_000), 0);
        (100_001..100_011).for_each(|i| check.count(i));
        assert_eq!(check.refuted(100_010), 0);
        assert_eq!(check.refuted(100_400), 0);
        (100_401..101_401).for_each(|i| check.count(i));
        assert_eq!(check.refuted(101_400), 1000);
        assert_eq!(check.refuted(102_000), 0);
    }
}
