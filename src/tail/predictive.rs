//! What the posterior says: the probability that the next excess is beyond y, its quantiles, and how uncertain they are.
//!
//! Given θ, P(Y > y) = (1 + ln(1 + θy)/S)^-(k-1), and 0 beyond the end point; the predictive is the mean over the nodes.
//! A sum over nodes ends where the tail of its last one ends. In truth every excess is possible, if only by the far end
//! of the posterior; [`FLOOR`] stands for what is beyond the nodes, so that no finite excess has probability 0 and a
//! farther one always has less.

use super::elementary::{exp, exp_each, is_positive, ln, ln_each};
use super::nodes::{Block, Counts, LANES, Row};

/// Weight of the part of the posterior beyond the nodes, well below the rounding of the others' sum.
const FLOOR: f64 = 1e-18;
/// Largest excess in units of the reference that the nodes are asked about.
const FARTHEST: f64 = 1e300;
/// Factors up to this belong to a tail that has ended.
const END: f64 = 1e-150;
/// A step in ln y that is shorter than this, from a P that is nearer to r than by this factor, leaves an error of about
/// their cubes, and is the last.
const LAST_STEP: f64 = 2e-2;
const LAST_DISTANCE: f64 = 0.03;
const MOST_STEPS: usize = 200;

/// The predictive distribution of the next excess, and the posterior it comes from, as of the last time that the
/// weights followed.
#[derive(Clone, Debug)]
pub(crate) struct Predictive<'a> {
    pub(super) nodes: &'a [Block],
    pub(super) counts: Counts,
    /// The excess that the nodes are in units of; 0 if there is no entry.
    pub(super) reference: f64,
}

/// P, and the derivatives of P by ln y.
struct Point {
    p: f64,
    first: f64,
    second: f64,
}

impl Predictive<'_> {
    /// P(Y > y), in (0, 1] for every finite y; 1 if there is no entry to know it from.
    pub(crate) fn probability(&self, y: f64) -> f64 {
        if !(y > 0.0 && self.reference > 0.0) {
            return 1.0;
        }
        let x = (y / self.reference).min(FARTHEST);
        let p: f64 = self.nodes.iter().map(|block| block.tail(x, self.power())).sum();
        let t = y.ln() - self.reference.ln();
        // Beyond what the nodes can be asked about they fall as slowly as can be.
        let slow = if x < FARTHEST { 1.0 } else { FARTHEST.ln() / t };
        (p * slow + beyond_nodes(t)).min(1.0)
    }

    /// P(Y > y) and its two derivatives by ln y, for y > 0.
    pub(crate) fn jet(&self, y: f64) -> [f64; 3] {
        if !(self.reference > 0.0 && y / self.reference < FARTHEST) {
            return [self.probability(y), 0.0, 0.0];
        }
        let Point { p, first, second } = self.at(ln(y / self.reference));
        [p, first, second]
    }

    /// y with P(Y > y) = r, found from `start` (a guess, or 0): Newton's method of third order, and halving where that
    /// leaves the bracket. It runs on P^(-1/(k-1)) as a function of ln y, which is nearly straight far out. 0 for r ≥ 1, and the largest double at most.
    pub(crate) fn quantile(&self, r: f64, start: f64) -> f64 {
        if r >= 1.0 {
            return 0.0;
        }
        let farthest = (f64::MAX.ln() - self.reference.ln()).min(FARTHEST.ln());
        if !(self.reference > 0.0 && r > 0.0) {
            return f64::MAX;
        }
        let (mut low, mut high) = (f64::NEG_INFINITY, farthest);
        let mut t = if start > 0.0 { (start / self.reference).ln() } else { 0.0 };
        t = if t < high { t } else { 0.0 };
        let power = self.power();
        let wanted = ln(r.max(f64::MIN_POSITIVE));
        for _ in 0..MOST_STEPS {
            let point = self.at(t);
            let distance = ln(point.p) - wanted;
            if distance > 0.0 {
                low = t;
            } else {
                high = t;
            }
            let slope = point.first / point.p;
            let bend = point.second / point.p - slope * slope;
            let newton = -power * (distance / power).exp_m1() / slope;
            // To third order; the factor is near 1 where the step is short.
            let factor = 1.0 + 0.5 * newton * (bend / slope - slope / power);
            let is_short = newton.abs() < LAST_STEP
                && distance.abs() < LAST_DISTANCE
                && (factor - 1.0).abs() < 0.5 * LAST_STEP;
            let step = if (factor - 1.0).abs() < 0.5 { newton / factor } else { newton };
            let next = t + step.clamp(-30.0, 30.0);
            let is_inside = next > low && next < high;
            if is_inside && is_short {
                t = next;
                break;
            }
            let middle = if low.is_finite() { 0.5 * (low + high) } else { t - 3.0 };
            t = if is_inside { next } else { middle };
            if high - low <= 1e-14 * high.abs().max(1.0) {
                break;
            }
        }
        (self.reference * t.exp()).min(f64::MAX)
    }

    /// the mean of p², where p is the true exceedance of y: its distance from P² says how uncertain that is.
    pub(crate) fn square(&self, y: f64) -> f64 {
        if !(y > 0.0 && self.reference > 0.0) {
            return 1.0;
        }
        let x = (y / self.reference).min(FARTHEST);
        self.nodes.iter().map(|block| block.square(x, self.power())).sum::<f64>().min(1.0)
    }

    pub(super) fn power(&self) -> f64 {
        self.counts.power()
    }

    /// P at t = ln(y/reference), with derivatives.
    #[inline]
    fn at(&self, t: f64) -> Point {
        let x = exp(t);
        let [mut p, mut first, mut second] = [[0.0; LANES]; 3];
        for block in self.nodes.iter() {
            block.add_jet(x, self.power(), &mut p, &mut first, &mut second);
        }
        let [p, first, second] = [sum(&p), sum(&first), sum(&second)];
        let beyond = beyond_nodes(t);
        // d/dt of the floor, to first order.
        Point { p: p + beyond, first: -first - beyond * beyond / FLOOR, second }
    }
}

/// The floor at t = ln(y/reference): a tail heavier than any, FLOOR/(1 + ln(1 + y/reference)).
#[inline]
fn beyond_nodes(t: f64) -> f64 {
    let log = if t < 30.0 { (1.0 + t.exp()).ln() } else { t };
    FLOOR / (1.0 + log)
}

/// The sum of the lanes, in pairs.
#[inline(always)]
fn sum(row: &Row) -> f64 {
    let mut half = [0.0; LANES / 2];
    for j in 0..LANES / 2 {
        half[j] = row[j] + row[j + LANES / 2];
    }
    (half[0] + half[2]) + (half[1] + half[3])
}

impl Block {
    /// The block's part of P.
    #[inline(always)]
    fn tail(&self, x: f64, power: f64) -> f64 {
        self.mean_power(x, power, 1.0)
    }

    /// The block's part of the mean of p².
    #[inline(always)]
    fn square(&self, x: f64, power: f64) -> f64 {
        self.mean_power(x, power, 2.0)
    }

    /// Σ w (1 + c ln(1 + θy)/S)^-power.
    #[inline]
    fn mean_power(&self, x: f64, power: f64, c: f64) -> f64 {
        let [factor, base] = self.bases(x, c);
        sum(&self.shares(&factor, power, &base))
    }

    /// 1 + θy, at least [`END`], and 1 + c ln(1 + θy)/S.
    #[inline(always)]
    fn bases(&self, x: f64, c: f64) -> [Row; 2] {
        let rest = 1.0 - x;
        let mut factor = [0.0; LANES];
        for j in 0..LANES {
            let f = rest + self.growth[j] * x;
            factor[j] = if f > END { f } else { END };
        }
        let mut base = ln_each(&factor);
        for j in 0..LANES {
            let hazard = c * base[j] * self.inverse_sum[j];
            base[j] = 1.0 + if hazard > 0.0 { hazard } else { 0.0 };
        }
        [factor, base]
    }

    /// w base^-power, 0 beyond the end of a tail.
    #[inline(always)]
    fn shares(&self, factor: &Row, power: f64, base: &Row) -> Row {
        let mut share = ln_each(base);
        for log in &mut share {
            *log *= -power;
        }
        share = exp_each(&share);
        for j in 0..LANES {
            share[j] *= self.weight[j] * is_positive(factor[j] - END);
        }
        share
    }

    /// The nodes' parts of P, of -dP/dt and of d²P/dt², t = ln y.
    ///
    /// With h = ln(1 + θy)/S and b = h'/(1 + h): p' = -m p b, p'' = m p ((m + 1) b² - h''/(1 + h)).
    #[inline(never)]
    fn add_jet(&self, x: f64, power: f64, p: &mut Row, first: &mut Row, second: &mut Row) {
        let [factor, base] = self.bases(x, 1.0);
        let share = self.shares(&factor, power, &base);
        for j in 0..LANES {
            p[j] += share[j];
        }
        let mut inverse = [0.0; LANES];
        for j in 0..LANES {
            inverse[j] = 1.0 / (factor[j] * base[j]);
        }
        for j in 0..LANES {
            let b = (self.growth[j] - 1.0) * x * self.inverse_sum[j] * inverse[j];
            let slope = power * share[j] * b;
            first[j] += slope;
            second[j] += slope * ((power + 1.0) * b - base[j] * inverse[j]);
        }
    }
}
