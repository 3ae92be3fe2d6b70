//! The season: one level for each phase of the period, moved by 1/visits, at least [`LEAST`], of the winsorised residual.
//!
//! Missing values and infinities count as time: the phase moves on, or the season would be out of step after them.

/// The least weight of a new value.
const LEAST: f64 = 0.1;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Season {
    pub(crate) levels: Vec<f64>,
    /// Values that each phase has seen, up to 255.
    pub(crate) visits: Vec<u8>,
    pub(crate) phase: usize,
}

impl Season {
    pub(crate) fn new(period: usize) -> Self {
        Season { levels: vec![0.0; period], visits: vec![0; period], phase: 0 }
    }

    /// Whether the present phase has been seen.
    pub(crate) fn is_known(&self) -> bool {
        self.visits[self.phase] > 0
    }

    /// The level of the present phase.
    #[inline]
    pub(crate) fn level(&self) -> f64 {
        self.levels[self.phase]
    }

    /// The first value of the present phase is its level.
    pub(crate) fn start(&mut self, value: f64) {
        self.levels[self.phase] = value;
    }

    /// Moves the level of the present phase towards the residual.
    #[inline]
    pub(crate) fn absorb(&mut self, residual: f64) {
        let visits = self.visits[self.phase];
        let weight = (1.0 / (f64::from(visits) + 1.0)).max(LEAST);
        let moved = self.levels[self.phase] + weight * residual;
        self.levels[self.phase] = moved.clamp(-f64::MAX, f64::MAX);
        self.visits[self.phase] = visits.saturating_add(1);
    }

    /// The next phase.
    #[inline]
    pub(crate) fn advance(&mut self) {
        self.phase += 1;
        if self.phase == self.levels.len() {
            self.phase = 0;
        }
    }
}
