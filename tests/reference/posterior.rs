//! The predictive distribution of the next excess by a fine grid and plain sums.
//!
//! Notation: k excesses y and some limits c ("at least c"), divided by the largest of all; θ = shape/scale in that unit and
//! u = ln(1 + θ), so that u = ln(1 + θy) for the largest. S = Σ ln(1 + θy) + Σ ln(1 + θc), S_u = Σ ln(1 + θy). Under the
//! prior dγ dσ/σ the shape integrates out: the density of u is |θ/S|^(k-1) e^(u - S_u), and given θ the next excess is
//! beyond y with probability (1 + ln(1 + θy)/S)^-(k-1), or to the power of -1 for a single excess. Excesses in clusters of c
//! count 1/c each: k, S and S_u are divided by c.

use super::likelihood::Entry;

/// Where the posterior of u is looked for.
const RANGE: (f64, f64) = (-36.0, 70.0);
const COARSE: usize = 424;
const FINE: usize = 400;
/// Points below e^-40 of the peak are left out.
const DEPTH: f64 = 40.0;

/// A point of the grid: θ, S, and the posterior there.
#[derive(Clone, Copy, Debug)]
struct Node {
    u: f64,
    theta: f64,
    sum: f64,
    weight: f64,
}

/// What is known besides the entries: the mean size of a cluster, and mean and variance of the shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Background {
    pub(crate) cluster: f64,
    pub(crate) shape: Option<(f64, f64)>,
}

pub(crate) const NOTHING: Background = Background { cluster: 1.0, shape: None };

/// k excesses in clusters count as fewer, but as 5 where there are as many.
pub(crate) fn effective(k: f64, cluster: f64) -> f64 {
    (k / cluster).max(k.min(5.0))
}

/// The posterior of a buffer.
#[derive(Clone, Debug)]
pub(crate) struct Posterior {
    nodes: Vec<Node>,
    /// The largest entry.
    pub(crate) unit: f64,
    /// Excesses that are not only limits, as far as they count.
    pub(crate) k: f64,
}

impl Posterior {
    /// None without an excess.
    pub(crate) fn new(entries: &[Entry], background: Background) -> Option<Posterior> {
        let unit = entries.iter().fold(0.0, |most: f64, entry| most.max(entry.y));
        let k = entries.iter().filter(|entry| !entry.censored).count() as f64;
        if k == 0.0 {
            return None;
        }
        let sample = Sample { entries, unit, k, ties: ties(entries, unit), background };
        // A coarse look where the posterior is, then a fine grid there.
        let step = (RANGE.1 - RANGE.0) / COARSE as f64;
        let coarse: Vec<f64> = (0..=COARSE).map(|i| RANGE.0 + step * (i as f64 + 0.01)).collect();
        let heights: Vec<f64> = coarse.iter().map(|u| sample.node(*u).1).collect();
        let peak = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let inside = |i: &usize| heights[*i] > peak - DEPTH;
        let first = (0..=COARSE).find(inside).expect("the peak is one");
        let last = (0..=COARSE).rev().find(inside).expect("the peak is one");
        let (left, right) = (coarse[first.max(1) - 1], coarse[(last + 1).min(COARSE)]);
        let at = |i: usize| left + (right - left) * (i as f64 + 0.5) / FINE as f64;
        let fine: Vec<(Node, f64)> = (0..FINE).map(|i| sample.node(at(i))).collect();
        let peak = fine.iter().map(|(_, height)| *height).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = fine.iter().map(|(_, height)| (height - peak).exp()).sum();
        let weighed =
            |(node, height): (Node, f64)| Node { weight: (height - peak).exp() / total, ..node };
        let k = effective(k, background.cluster);
        Some(Posterior { nodes: fine.into_iter().map(weighed).collect(), unit, k })
    }

    /// P(Y > y).
    pub(crate) fn probability(&self, y: f64) -> f64 {
        self.mean_power(y, 1.0)
    }

    /// E[p²], where p is the true exceedance of y.
    pub(crate) fn square(&self, y: f64) -> f64 {
        self.mean_power(y, 2.0)
    }

    /// The y with P(Y > y) = r; 0 for r of 1 and more.
    pub(crate) fn quantile(&self, r: f64) -> f64 {
        if r >= 1.0 {
            return 0.0;
        }
        let (mut low, mut high) = (-690.0_f64, 690.0_f64);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            let is_below = self.probability(middle.exp() * self.unit) > r;
            (low, high) = if is_below { (middle, high) } else { (low, middle) };
        }
        (0.5 * (low + high)).exp() * self.unit
    }

    /// The posterior means of shape and scale.
    pub(crate) fn shape_and_scale(&self) -> (f64, f64) {
        let mean = |number: &dyn Fn(&Node) -> f64| -> f64 {
            self.nodes.iter().map(|node| node.weight * number(node)).sum()
        };
        let shape = mean(&|node| node.sum / self.k);
        let scale = mean(&|node| node.sum / self.k / node.theta);
        (shape, scale * self.unit)
    }

    /// The mean of the shape, and its variance: of S/k, and of γ about that.
    pub(crate) fn shape_and_variance(&self) -> (f64, f64) {
        let (mean, _) = self.shape_and_scale();
        let square = |node: &Node| node.weight * (node.sum / self.k).powi(2);
        let square: f64 = self.nodes.iter().map(square).sum();
        (mean, square - mean * mean + square / self.k)
    }

    fn mean_power(&self, y: f64, power: f64) -> f64 {
        let given = |node: &Node| {
            let hazard = (node.theta * y / self.unit).ln_1p();
            // Beyond the end point of a bounded tail there is no logarithm.
            let base = 1.0 + power * hazard / node.sum;
            if base >= 1.0 { node.weight * base.powf(-(self.k - 1.0).max(1.0)) } else { 0.0 }
        };
        self.nodes.iter().map(given).sum::<f64>().min(1.0)
    }
}

struct Sample<'a> {
    entries: &'a [Entry],
    unit: f64,
    k: f64,
    ties: f64,
    background: Background,
}

impl Sample<'_> {
    /// The node at u, and the logarithm of its density.
    fn node(&self, u: f64) -> (Node, f64) {
        let u = if u == 0.0 { 1e-12 } else { u }; // θ/S has a limit there, but no value.
        let theta = u.exp_m1();
        let (mut all, mut excesses) = (0.0, 0.0);
        for entry in self.entries {
            let x = entry.y / self.unit;
            // 1 + θx for the largest is e^u, however small.
            let log = if x == 1.0 { u } else { (theta * x).ln_1p() };
            all += log;
            if !entry.censored {
                excesses += log;
            }
        }
        let k = effective(self.k, self.background.cluster);
        let part = k / self.k;
        let mut height = (k - 1.0) * (theta / all).ln() + u - part * excesses;
        // Excesses that tie with the largest would make the density infinite at the end point: they count once.
        if self.ties > 0.0 && theta < 0.0 {
            height += part * (self.ties * u + (all + self.k).min(0.0));
        }
        // Fewer than 15 excesses say too little of the shape: a normal prior, in full up to 5.
        let general = ((15.0 - k) / 10.0).clamp(0.0, 1.0);
        height -= general * ((all / self.k - 0.1) / 0.3).powi(2) / 2.0;
        if let Some((mean, variance)) = self.background.shape {
            height -= (all / self.k - mean).powi(2) / variance / 2.0;
        }
        (Node { u, theta, sum: part * all, weight: 0.0 }, height)
    }
}

/// How many excesses tie with the largest entry, less one.
fn ties(entries: &[Entry], unit: f64) -> f64 {
    let tied = entries.iter().filter(|entry| !entry.censored && entry.y == unit).count() as f64;
    (tied - 1.0).max(0.0)
}
