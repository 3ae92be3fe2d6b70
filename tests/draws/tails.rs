//! The upper tails of ten laws, by quantile and survival: for streams of which only the values beyond the 94 % quantile are
//! drawn, and for the true exceedance of a threshold, which has no counting noise.

use super::Draws;

/// Share of the values that are drawn, unless more are asked for.
const DRAWN: f64 = 0.06;
/// Step and end of the table, in -ln of the survival.
const STEP: f64 = 0.005;
const END: f64 = 36.0;

pub(crate) const LAWS: [&str; 10] = [
    "N(0,1)",
    "Exp(1)",
    "Student t3",
    "lognormal",
    "gamma 2",
    "Gumbel",
    "Beta(2,5)",
    "uniform",
    "gamma 0.5",
    "Pareto 1",
];

/// The upper tail of a law.
pub(crate) struct UpperTail {
    /// Share of the values that are in it.
    pub(crate) drawn: f64,
    /// Quantiles at the survivals `drawn` e^(-i STEP).
    table: Vec<f64>,
    survival: fn(f64) -> f64,
    /// The end of the support.
    pub(crate) end: f64,
}

impl UpperTail {
    /// The tail of a law by its place in [`LAWS`].
    pub(crate) fn new(law: usize) -> Self {
        UpperTail::of(law, DRAWN)
    }

    /// The same with another share of the values, up to 0.2.
    pub(crate) fn of(law: usize, drawn: f64) -> Self {
        let (survival, low, high, end): (fn(f64) -> f64, f64, f64, f64) = match LAWS[law] {
            "N(0,1)" => (normal, 0.5, 40.0, f64::INFINITY),
            "Exp(1)" => (|x| (-x).exp(), 0.0, 100.0, f64::INFINITY),
            "Student t3" => (student3, 0.5, 1e7, f64::INFINITY),
            "lognormal" => (|x| normal(x.ln()), 0.5_f64.exp(), 1e17, f64::INFINITY),
            "gamma 2" => (|x| (1.0 + x) * (-x).exp(), 0.0, 100.0, f64::INFINITY),
            "Gumbel" => (|x| -(-(-x).exp()).exp_m1(), -1.0, 100.0, f64::INFINITY),
            "Beta(2,5)" => (|x| (1.0 - x).powi(5) * (1.0 + 5.0 * x), 0.0, 1.0, 1.0),
            "gamma 0.5" => (|x| 2.0 * normal((2.0 * x).sqrt()), 0.5, 100.0, f64::INFINITY),
            "Pareto 1" => (|x| 1.0 / x, 1.0, 1e17, f64::INFINITY),
            _ => (|x| 1.0 - x, 0.0, 1.0, 1.0),
        };
        let start = -drawn.ln();
        let quantile = |i: usize| {
            let p = (-start - i as f64 * STEP).exp();
            let (mut low, mut high) = (low, high);
            loop {
                let middle = 0.5 * (low + high);
                if !(low < middle && middle < high) {
                    break middle;
                }
                if survival(middle) > p { low = middle } else { high = middle }
            }
        };
        let table = (0..(END / STEP) as usize).map(quantile).collect();
        UpperTail { drawn, table, survival, end }
    }

    /// P(X > x).
    pub(crate) fn survival(&self, x: f64) -> f64 {
        if x >= self.end { 0.0 } else { (self.survival)(x) }
    }

    /// The value exceeded with probability p, which is at most `drawn`.
    pub(crate) fn quantile(&self, p: f64) -> f64 {
        self.at((self.drawn / p).ln())
    }

    fn at(&self, l: f64) -> f64 {
        let place = (l / STEP).min(self.table.len() as f64 - 2.0);
        let (i, part) = (place as usize, place.fract());
        self.table[i] + part * (self.table[i + 1] - self.table[i])
    }

    /// A value of the tail.
    pub(crate) fn draw(&self, draws: &mut Draws) -> f64 {
        self.at(draws.exponential())
    }

    /// A value that stands for all that are not drawn.
    pub(crate) fn low(&self) -> f64 {
        self.table[0] - 1.0
    }

    /// An anomaly far out: 1 to 1.2 times the q/1000 quantile, or beyond the end of the support.
    pub(crate) fn far(&self, q: f64, draws: &mut Draws) -> f64 {
        let u = draws.uniform();
        if self.end.is_finite() {
            self.end + 0.2 * u
        } else {
            self.quantile(q / 1e3) * (1.0 + 0.2 * u)
        }
    }
}

/// Mills' ratio by its continued fraction; for x of 0.5 and more.
fn normal(x: f64) -> f64 {
    let tail = (1..150).rev().fold(0.0, |tail, k| f64::from(k) / (x + tail));
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt() / (x + tail)
}

fn student3(x: f64) -> f64 {
    let u = x / 3.0_f64.sqrt();
    if x > 50.0 {
        let v = 1.0 / u;
        let sum = 2.0 / 3.0 * v.powi(3) - 0.8 * v.powi(5) + 6.0 / 7.0 * v.powi(7);
        return (sum - 8.0 / 9.0 * v.powi(9)) / std::f64::consts::PI;
    }
    0.5 - (u / (1.0 + u * u) + u.atan()) / std::f64::consts::PI
}
