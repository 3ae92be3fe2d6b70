//! The nodes of the quadrature: the posterior of θ = γ/σ at a few points, and the sums that it follows from.
//!
//! A node stands for one θ. What is kept of it is its `growth` E = 1 + θY, where Y, the reference, is the largest entry
//! at the placement. An entry y = xY enters by the factor 1 + θy = (1 - x) + Ex, which loses no digits at the end point
//! of a short tail (x = 1, E near 0) nor near the exponential (E near 1).

use super::elementary::{exp, exp_each, is_positive, ln, ln_each};
use super::moving::Background;

/// Nodes of a block: the loops over a block have a fixed length, so that the compiler vectorises them.
pub(super) const LANES: usize = 8;
/// This many factors are multiplied before the exponent is taken out of the product: none is beyond [`MOST_GROWTH`].
const GROUP: usize = 8;
/// Bounds of u = ln E.
pub(super) const LEAST_GROWTH: f64 = -36.0;
pub(super) const MOST_GROWTH: f64 = 80.0;
/// Nodes keep this distance from θ = 0, where S vanishes.
const AROUND_ONE: f64 = 1e-6;
/// Factors below this are those of a node whose tail ends before the entry.
const END: f64 = 1e-300;

pub(crate) type Row = [f64; LANES];

/// Eight nodes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// E = 1 + θY.
    pub(crate) growth: Row,
    /// dθ of the quadrature, up to a factor common to all nodes; 0 for a node whose tail ends before an entry.
    pub(crate) measure: Row,
    /// Σ ln(1 + θy) over the excesses, and over the limits, as of the last time that the products were folded into them.
    pub(crate) excess_sum: Row,
    pub(crate) limit_sum: Row,
    /// The products of the factors that came since, over those that went.
    pub(crate) excess_product: Row,
    pub(crate) limit_product: Row,
    /// 1/S, and the share of the posterior, both as of the last time that the weights followed.
    pub(crate) inverse_sum: Row,
    pub(crate) weight: Row,
}

/// What the weights depend on besides the sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Counts {
    /// Uncensored excesses, at least 1.
    pub(crate) known: f64,
    /// Excesses that tie with the largest entry, the first not counted.
    pub(crate) ties: f64,
    pub(crate) background: Background,
}

impl Counts {
    /// The excesses that count: k, or fewer where they come in clusters.
    pub(super) fn effective(self) -> f64 {
        self.background.effective(self.known)
    }

    /// k - 1, and no less than 1: the power of the predictive.
    pub(super) fn power(self) -> f64 {
        (self.effective() - 1.0).max(1.0)
    }

    /// The normal priors of the shape: mean, 1/deviation, and how much each counts. The general one fades out from 5 to 15
    /// excesses, the other one is what is known from before.
    fn priors(self) -> [(f64, f64, f64); 2] {
        let general = ((15.0 - self.effective()) * 0.1).clamp(0.0, 1.0);
        let Background { shape, sharpness, .. } = self.background;
        let known = f64::from(u8::from(self.background.is_shape_known()));
        [(PRIOR_MEAN, 1.0 / PRIOR_DEVIATION, general), (shape, sharpness, known)]
    }
}

/// Mean and deviation of the general prior of the shape, which steadies fewer than 15 excesses.
const PRIOR_MEAN: f64 = 0.1;
const PRIOR_DEVIATION: f64 = 0.3;

impl Block {
    /// Nodes at u = `centre` + `width` sinh v, given e^v at each.
    pub(super) fn new(powers: &Row, centre: f64, width: f64) -> Self {
        let (mut growth, mut measure) = ([0.0; LANES], [0.0; LANES]);
        for j in 0..LANES {
            let inverse = 1.0 / powers[j];
            let u = centre + width * 0.5 * (powers[j] - inverse);
            let e = exp(if u < MOST_GROWTH { u } else { MOST_GROWTH });
            let distance = e - 1.0;
            let least = if distance < 0.0 { 1.0 - AROUND_ONE } else { 1.0 + AROUND_ONE };
            growth[j] = if distance.abs() < AROUND_ONE { least } else { e };
            measure[j] = (powers[j] + inverse) * growth[j];
        }
        Block {
            growth,
            measure,
            excess_sum: [0.0; LANES],
            limit_sum: [0.0; LANES],
            excess_product: [1.0; LANES],
            limit_product: [1.0; LANES],
            inverse_sum: [0.0; LANES],
            weight: [0.0; LANES],
        }
    }

    /// 1 + θxY.
    #[inline(always)]
    fn factors(&self, x: f64) -> Row {
        let rest = 1.0 - x;
        self.growth.map(|e| rest + e * x)
    }

    /// The sums over all entries.
    pub(super) fn sum(&mut self, entries: &InUnits) {
        self.excess_sum = self.sum_of(&entries.excesses);
        self.limit_sum = self.sum_of(&entries.limits);
    }

    /// Σ ln(1 + θxY), by products of [`GROUP`] factors instead of a logarithm each; the exponents of the products are kept
    /// apart, so that no number of factors is too many.
    fn sum_of(&self, entries: &[f64]) -> Row {
        let (mut product, mut exponent) = ([1.0; LANES], [0_i64; LANES]);
        for group in entries.chunks(GROUP) {
            for x in group {
                let factors = self.factors(*x);
                for j in 0..LANES {
                    product[j] *= factors[j];
                }
            }
            for j in 0..LANES {
                let bits = product[j].to_bits();
                exponent[j] += (bits >> 52) as i64 - 1023;
                product[j] = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
            }
        }
        let log = ln_each(&product);
        std::array::from_fn(|j| log[j] + exponent[j] as f64 * std::f64::consts::LN_2)
    }

    /// Takes a factor into the products, or out of them (`x` in units of the reference).
    #[inline(always)]
    pub(super) fn exchange(&mut self, new: (f64, bool), old: Option<(f64, bool)>) {
        let into = self.possible_factors(new.0);
        match old {
            Some(old) if old.1 == new.1 => {
                let out = self.possible_factors(old.0);
                let product =
                    if new.1 { &mut self.excess_product } else { &mut self.limit_product };
                for j in 0..LANES {
                    product[j] *= into[j] / out[j];
                }
            }
            _ => {
                let product =
                    if new.1 { &mut self.excess_product } else { &mut self.limit_product };
                for j in 0..LANES {
                    product[j] *= into[j];
                }
                if let Some((x, is_excess)) = old {
                    let out = self.possible_factors(x);
                    let product =
                        if is_excess { &mut self.excess_product } else { &mut self.limit_product };
                    for j in 0..LANES {
                        product[j] /= out[j];
                    }
                }
            }
        }
    }

    /// The factors; a node whose tail ends before the entry dies, and its factor is 1 from then on.
    #[inline(always)]
    fn possible_factors(&mut self, x: f64) -> Row {
        let mut factors = self.factors(x);
        if x > 1.0 {
            for j in 0..LANES {
                if !(factors[j] > END) {
                    factors[j] = 1.0;
                    self.measure[j] = 0.0;
                }
            }
        }
        factors
    }

    /// Takes out the nodes whose tails end before an entry.
    #[cfg(feature = "snapshot")]
    pub(super) fn end_before(&mut self, x: f64) {
        self.possible_factors(x);
    }

    /// Moves the products into the sums; without a limit their sum is 0.
    #[inline]
    pub(super) fn fold(&mut self, with_limits: bool) {
        add(&mut self.excess_sum, &ln_each(&self.excess_product));
        self.excess_product = [1.0; LANES];
        if with_limits {
            add(&mut self.limit_sum, &ln_each(&self.limit_product));
            self.limit_product = [1.0; LANES];
        } else {
            (self.limit_sum, self.limit_product) = ([0.0; LANES], [1.0; LANES]);
        }
    }

    /// ln of the posterior density of θ, up to a constant: (k - 1) ln(θ/S) - S_u, with the priors and the rule for ties; each
    /// excess counts as a part of one where they come in clusters.
    #[inline]
    fn log_density(&mut self, counts: Counts) -> Row {
        let (power, part) = (counts.effective() - 1.0, counts.effective() / counts.known);
        let (mut ratio, mut density) = ([0.0; LANES], [0.0; LANES]);
        for j in 0..LANES {
            self.inverse_sum[j] = 1.0 / (part * (self.excess_sum[j] + self.limit_sum[j]));
        }
        for j in 0..LANES {
            let r = (self.growth[j] - 1.0) * self.inverse_sum[j];
            ratio[j] = if r > LEAST_RATIO { r } else { LEAST_RATIO };
        }
        let log = ln_each(&ratio);
        for j in 0..LANES {
            let is_alive = is_positive(ratio[j] - LEAST_RATIO) * is_positive(self.measure[j]);
            density[j] = power * log[j] - part * self.excess_sum[j] + (1.0 - is_alive) * IMPOSSIBLE;
        }
        for (mean, sharpness, prior) in counts.priors() {
            if prior > 0.0 {
                for j in 0..LANES {
                    let sum = self.excess_sum[j] + self.limit_sum[j];
                    let from_mean = (sum / counts.known - mean) * sharpness;
                    density[j] -= 0.5 * prior * from_mean * from_mean;
                }
            }
        }
        if counts.ties > 0.0 {
            for j in 0..LANES {
                let short = if self.growth[j] < 1.0 { ln(self.growth[j]) } else { 0.0 };
                let sum = self.excess_sum[j] + self.limit_sum[j] + counts.known;
                density[j] += part * (counts.ties * short + if sum < 0.0 { sum } else { 0.0 });
            }
        }
        density
    }
}

#[inline(always)]
fn add(sums: &mut Row, row: &Row) {
    for j in 0..LANES {
        sums[j] += row[j];
    }
}

/// θY/S is above this where a node is possible.
const LEAST_RATIO: f64 = 1e-150;
/// ln of the density at a node whose tail ends before an entry.
const IMPOSSIBLE: f64 = -1e300;

/// Sets the weights of all nodes from their sums. False if no node is possible.
#[inline]
pub(super) fn weigh(blocks: &mut [Block], counts: Counts) -> bool {
    let mut highest = [IMPOSSIBLE; LANES];
    for block in blocks.iter_mut() {
        let density = block.log_density(counts);
        for j in 0..LANES {
            highest[j] = if density[j] > highest[j] { density[j] } else { highest[j] };
        }
        block.weight = density;
    }
    let highest = highest.into_iter().fold(IMPOSSIBLE, f64::max);
    let mut total = [0.0; LANES];
    for block in blocks.iter_mut() {
        for j in 0..LANES {
            block.weight[j] -= highest;
        }
        let share = exp_each(&block.weight);
        for j in 0..LANES {
            block.weight[j] = share[j] * block.measure[j];
        }
        for j in 0..LANES {
            total[j] += block.weight[j];
        }
    }
    let total: f64 = total.iter().sum();
    let is_possible = highest > IMPOSSIBLE && total > 0.0;
    let scale = if is_possible { 1.0 / total } else { 0.0 };
    for block in blocks {
        for j in 0..LANES {
            block.weight[j] *= scale;
        }
    }
    is_possible
}

/// The entries in units of the reference, limits apart from excesses.
pub(super) struct InUnits {
    excesses: Vec<f64>,
    limits: Vec<f64>,
}

impl InUnits {
    pub(super) fn of(entries: &[f64], reference: f64) -> Self {
        let mut parts = InUnits { excesses: Vec::with_capacity(entries.len()), limits: Vec::new() };
        for entry in entries {
            let part = if *entry > 0.0 { &mut parts.excesses } else { &mut parts.limits };
            part.push(entry.abs() / reference);
        }
        parts
    }
}
