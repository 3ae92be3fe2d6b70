//! The predictive distribution of the next excess by plain sums on a fine grid.

/// The posterior of θ on a fixed grid of u = ln(1 + θ·largest), from -40 to 85.
pub(crate) struct Grid {
    theta: Vec<f64>,
    sum: Vec<f64>,
    weight: Vec<f64>,
    known: f64,
    largest: f64,
}

impl Grid {
    /// y > 0 is an excess, -y an excess known only to be at least y.
    pub(crate) fn new(entries: &[f64], points: usize) -> Self {
        let largest = entries.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
        let known = (entries.iter().filter(|y| **y > 0.0).count() as f64).max(1.0);
        let ties = entries.iter().filter(|y| **y == largest).count() as f64 - 1.0;
        let (low, high) = ((-40f64).asinh(), 85f64.asinh());
        let step = (high - low) / points as f64;
        let prior = ((15.0 - known) / 10.0).clamp(0.0, 1.0);
        let mut grid = Grid { theta: vec![], sum: vec![], weight: vec![], known, largest };
        let mut logs = vec![];
        for i in 0..points {
            let v = low + step * (i as f64 + 0.5);
            let u = v.sinh();
            let theta = u.exp_m1();
            let log = |y: f64| if y == largest { u } else { (theta * (y / largest)).ln_1p() };
            let sum: f64 = entries.iter().map(|y| log(y.abs())).sum();
            let known_sum: f64 = entries.iter().filter(|y| **y > 0.0).map(|y| log(*y)).sum();
            let from_prior = (sum / known - 0.1) / 0.3;
            let mut density = (known - 1.0) * (theta / sum).ln() - known_sum;
            density -= 0.5 * prior * from_prior * from_prior;
            if ties > 0.0 {
                density += ties * u.min(0.0) + (sum + known).min(0.0);
            }
            logs.push(density + u + v.cosh().ln());
            grid.theta.push(theta);
            grid.sum.push(sum);
        }
        let highest = logs.iter().copied().fold(f64::MIN, f64::max);
        let total: f64 = logs.iter().map(|log| (log - highest).exp()).sum();
        grid.weight = logs.iter().map(|log| (log - highest).exp() / total).collect();
        grid
    }

    /// Σ w (1 + c ln(1 + θy)/S)^-(k-1).
    fn mean_power(&self, y: f64, c: f64) -> f64 {
        let power = (self.known - 1.0).max(1.0);
        let nodes = self.theta.iter().zip(&self.sum).zip(&self.weight);
        let part = |((theta, sum), weight): ((&f64, &f64), &f64)| {
            let x = theta * (y / self.largest);
            if x > -1.0 { weight * (1.0 + c * x.ln_1p() / sum).powf(-power) } else { 0.0 }
        };
        nodes.map(part).sum()
    }

    /// P(Y > y).
    pub(crate) fn probability(&self, y: f64) -> f64 {
        self.mean_power(y, 1.0)
    }

    /// E[p²], p the true exceedance of y.
    pub(crate) fn square(&self, y: f64) -> f64 {
        self.mean_power(y, 2.0)
    }

    /// y with P(Y > y) = r, by halving.
    pub(crate) fn quantile(&self, r: f64) -> f64 {
        let (mut low, mut high) = (-80.0, 300.0);
        for _ in 0..60 {
            let middle: f64 = 0.5 * (low + high);
            let is_beyond = self.probability(self.largest * middle.exp()) > r;
            *(if is_beyond { &mut low } else { &mut high }) = middle;
        }
        self.largest * (0.5 * (low + high)).exp()
    }
}
