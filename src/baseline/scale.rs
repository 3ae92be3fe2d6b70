//! The local scale: the mean of |residual|, exponentially weighted with 2/(scale_depth + 1).
//!
//! Each |residual| is clipped at [`CLIP`] times the present scale, so that an outlier moves it little. A residual of 0 does
//! not move it at all: a stretch of equal values says that nothing happens, not that the stream has become quieter, and
//! the scale would otherwise fall to 0 and every value after the stretch would be an alert.

/// Scales that a |residual| may count.
const CLIP: f64 = 5.0;
/// Residuals that warm the scale up: their plain mean.
pub(crate) const WARM_UP: u64 = 20;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) weight: f64,
    pub(crate) mean: f64,
    /// Residuals seen, counted no farther than needed.
    pub(crate) seen: u64,
}

impl Scale {
    pub(crate) fn new(depth: usize) -> Self {
        Scale { weight: 2.0 / (depth as f64 + 1.0), mean: 0.0, seen: 0 }
    }

    /// What residuals are divided by; 1 while every residual was 0.
    #[inline]
    pub(crate) fn value(&self) -> f64 {
        if self.mean > 0.0 { self.mean } else { 1.0 }
    }

    #[inline]
    pub(crate) fn absorb(&mut self, residual: f64) {
        let size = residual.abs();
        self.seen = (self.seen + 1).min(1 << 40);
        if size == 0.0 {
            return;
        }
        if self.mean == 0.0 {
            self.mean = size;
            return;
        }
        let is_bounded = self.seen > WARM_UP;
        let clipped = if is_bounded { size.min(CLIP * self.mean) } else { size };
        let weight = self.weight.max(1.0 / self.seen as f64);
        self.mean += weight * (clipped - self.mean);
    }
}
