//! The level that a value is compared with: the mean of the last values, each of them drawn in towards it.

use std::collections::VecDeque;

/// A difference so small, in parts of the value, is rounding.
const ROUNDING: f64 = 1e-13;
/// Values beyond the same bound, in a row, after which the level starts again from them; movements that are all much too
/// large or all much too small, in a row, after which the spread does.
const RESTART: usize = 20;
/// Values over which the spread forgets.
const SPREAD_DEPTH: usize = 40;

#[derive(Clone, Debug)]
pub(crate) struct Level {
    depth: usize,
    window: VecDeque<f64>,
    /// Whether the window was full once: the mean of what is in it has a meaning from then on.
    pub(crate) filled: bool,
    /// The last values beyond one bound, in a row, and which (1 or -1).
    run: Vec<f64>,
    run_side: f64,
    last: Option<f64>,
    spread: Spread,
}

impl Level {
    pub(crate) fn new(depth: usize) -> Level {
        Level {
            depth,
            window: VecDeque::new(),
            filled: depth == 0,
            run: Vec::new(),
            run_side: 0.0,
            last: None,
            spread: Spread::default(),
        }
    }

    /// The mean of the window; 0 for plain SPOT.
    pub(crate) fn mean(&self) -> f64 {
        match self.depth {
            0 => 0.0,
            _ if !self.filled => f64::NAN,
            _ => self.window.iter().sum::<f64>() / self.window.len() as f64,
        }
    }

    /// What is left of a value without the level; 0 where that is only rounding.
    pub(crate) fn residual(&self, x: f64) -> f64 {
        let residual = x - self.mean();
        if self.depth > 0 && residual.abs() <= ROUNDING * x.abs() { 0.0 } else { residual }
    }

    /// Takes a value in as it is.
    pub(crate) fn enter(&mut self, x: f64) {
        if self.depth == 0 {
            return;
        }
        if self.window.len() == self.depth {
            self.window.pop_front();
        }
        self.window.push_back(x);
        self.filled |= self.window.len() == self.depth;
    }

    /// Follows a value before the calibration: what is more than 20 times the usual movement off is drawn in.
    pub(crate) fn collect(&mut self, x: f64) {
        if self.window.len() < self.depth {
            self.enter(x);
        } else {
            let residual = self.residual(x);
            let spread = &self.spread;
            let most = if spread.seen < RESTART { f64::INFINITY } else { 20.0 * spread.mean };
            if self.last != Some(x) {
                self.spread.follow(residual.abs());
            }
            self.follow(x, residual, (-most, most));
        }
        self.last = Some(x);
    }

    /// Follows a value whose excesses begin at the bounds: drawn in to them, and to twice the nearer of them; after 20
    /// excesses of one side in a row from these on.
    pub(crate) fn follow(&mut self, x: f64, residual: f64, (low, high): (f64, f64)) {
        let side = f64::from(i8::from(residual > high) - i8::from(residual < low));
        if side == 0.0 || side != self.run_side {
            self.run.clear();
        }
        if side != 0.0 {
            self.run_side = side;
            self.run.push(x);
        }
        if self.run.len() == RESTART {
            self.window.clear();
            self.spread.restart(&self.run);
            std::mem::take(&mut self.run).into_iter().for_each(|x| self.enter(x));
            return;
        }
        let reach = (2.0 * high.min(-low)).max(0.0);
        let drawn_in = residual.min(high.min(reach)).max(low.max(-reach));
        self.enter(if drawn_in == residual { x } else { self.mean() + drawn_in });
    }
}

/// The mean of the movements, weighted with 1/n at first and 2/41 later.
#[derive(Clone, Debug, Default)]
struct Spread {
    mean: f64,
    seen: usize,
    large: Vec<f64>,
    small: Vec<f64>,
}

impl Spread {
    fn follow(&mut self, movement: f64) {
        if movement == 0.0 {
            return;
        }
        let most = 5.0 * self.mean;
        if movement * 5.0 < self.mean {
            self.small.push(movement);
        } else {
            self.small.clear();
        }
        let counted = if self.seen < RESTART { movement } else { movement.min(most) };
        if movement > counted {
            self.large.push(movement);
        } else {
            self.large.clear();
        }
        let weight = if self.seen < SPREAD_DEPTH { 1.0 / (self.seen as f64 + 1.0) } else { 0.0 };
        self.mean += weight.max(2.0 / (SPREAD_DEPTH as f64 + 1.0)) * (counted - self.mean);
        self.seen = SPREAD_DEPTH.min(self.seen + 1);
        for run in [&mut self.large, &mut self.small] {
            if run.len() == RESTART {
                self.mean = run.iter().map(|x| x / RESTART as f64).sum();
                run.clear();
            }
        }
    }

    /// From the values that the level starts again from.
    fn restart(&mut self, values: &[f64]) {
        self.large.clear();
        self.small.clear();
        let n = values.len() as f64;
        let mean = values.iter().map(|x| x / n).sum::<f64>();
        let off =
            |x: &f64| if (x - mean).abs() <= ROUNDING * x.abs() { 0.0 } else { (x - mean).abs() };
        let deviation = values.iter().map(|x| off(x) / n).sum();
        if deviation > 0.0 {
            self.mean = deviation;
        }
    }
}
