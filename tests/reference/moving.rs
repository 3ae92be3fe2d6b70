//! Where the stream may move: clusters of excesses, and the shapes that a tail had.

use std::collections::VecDeque;

/// The mean size of a cluster, from the gaps between excesses (Ferro and Segers 2003), less what chance makes.
pub(crate) fn cluster(marks: &VecDeque<u64>) -> f64 {
    let gaps: Vec<f64> =
        marks.iter().zip(marks.iter().skip(1)).map(|(a, b)| (b - a) as f64).collect();
    let n = gaps.len() as f64;
    let sum: f64 = gaps.iter().map(|gap| gap - 1.0).sum();
    let squares: f64 = gaps.iter().map(|gap| (gap - 1.0).max(0.0) * (gap - 2.0).max(0.0)).sum();
    if n < 20.0 || squares == 0.0 || sum <= 0.0 {
        return 1.0;
    }
    (n * squares / (2.0 * sum * sum) / (1.0 + 1.0 / n.sqrt())).max(1.0)
}

/// A random walk of the shape from block to block, of which each block is a noisy measurement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) age: usize,
    /// Mean and variance from the blocks before the last one.
    before: Option<(f64, f64)>,
    last: Option<(f64, f64)>,
    blocks: f64,
    /// Variance of a step, as the blocks show it.
    movement: f64,
}

impl Memory {
    pub(crate) fn take(&mut self, (mean, variance): (f64, f64)) {
        self.age = 0;
        let Some((last, of_last)) = self.last else {
            (self.last, self.blocks, self.movement) = (Some((mean, variance)), 1.0, 0.01);
            return;
        };
        let seen = (mean - last).powi(2) - variance - of_last;
        let weight = 1.0 / (self.blocks + 4.0).min(50.0);
        self.movement = (1.0 - weight) * self.movement + weight * seen;
        // The last block joins those before it.
        let (centre, uncertainty) = match self.before {
            None => (last, of_last),
            Some((centre, uncertainty)) => {
                let (old, new) = (1.0 / (uncertainty + self.step()), 1.0 / of_last);
                ((centre * old + last * new) / (old + new), 1.0 / (old + new))
            }
        };
        self.before = Some((centre, uncertainty));
        self.last = Some((mean, variance));
        self.blocks += 1.0;
    }

    fn step(&self) -> f64 {
        self.movement.max(0.0009)
    }

    /// Mean and variance of the shape, from all but the last block.
    pub(crate) fn prior(&self) -> Option<(f64, f64)> {
        self.before.map(|(mean, variance)| (mean, variance + 2.0 * self.step()))
    }
}

/// A CUSUM of the log-likelihood ratio of "beyond t": with the share of the calibration, or with at least a half.
#[derive(Clone, Debug, Default)]
pub(crate) struct Check {
    share: f64,
    sum: f64,
    /// Values when the sum was updated, and when it left 0.
    at: u64,
    left_zero: u64,
}

impl Check {
    pub(crate) fn new(share: f64) -> Check {
        Check { share: share.clamp(1e-6, 0.9), ..Check::default() }
    }

    /// A value beyond t at this position; those since the last one were not.
    pub(crate) fn beyond(&mut self, position: u64) {
        let other = (2.0 * self.share).clamp(0.5, 0.95);
        for _ in self.at + 1..position {
            self.sum = (self.sum + ((1.0 - other) / (1.0 - self.share)).ln()).max(0.0);
        }
        if self.sum == 0.0 {
            self.left_zero = position;
        }
        self.sum = (self.sum + (other / self.share).ln()).min(50.0);
        self.at = position;
    }

    /// Whether the sum says that the stream has left its calibration, and not for a moment.
    pub(crate) fn is_refuted(&self, position: u64) -> bool {
        self.sum > 12.0 && position + 1 - self.left_zero >= 200
    }
}
