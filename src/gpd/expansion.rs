//! Sums over the excesses as power series about an anchor: the likelihood anywhere near the anchor in O(1).
//!
//! With x = y·unit, anchor τ₀, w = x/(1+τ₀x) and δ = τ - τ₀, a factor of the likelihood splits exactly,
//! 1+τx = (1+τ₀x)(1+δw), so that
//!
//! ```text
//! V(τ)  = Σ ln(1+τx) = S₀ + Σ_k a_k δ^k / k        S₀ = Σ ln(1+τ₀x)
//! V'(τ) = Σ x/(1+τx) = Σ_k a_k δ^(k-1)             a_k = (-1)^(k+1) Σ w^k,  k = 1..K
//! |remainder of V'| ≤ |a_K| |δ|^(K-1) ρ/(1-ρ)      ρ = |δ| max w < 1
//! ```
//!
//! One set of sums runs over all entries (V), one over the uncensored ones (W, of which only derivatives are needed).
//! While nothing is censored the two are the same and only the first is kept up.

use crate::gpd::buffer::ExcessBuffer;

/// Terms of the series. Even: the evaluation splits even and odd powers.
pub(crate) const TERMS: usize = 12;

pub(crate) type Sums = [f64; TERMS];

/// Beyond this a scaled excess goes through the full fit, which chooses a new unit.
const LARGEST: f64 = 1e12;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expansion {
    /// Power of two that brings the mean of the excesses near 1.
    pub(crate) unit: f64,
    /// τ₀, in units of 1/x.
    pub(crate) anchor: f64,
    /// Upper bounds over every entry seen since the anchor, evicted ones too.
    pub(crate) x_max: f64,
    pub(crate) w_max: f64,
    /// S₀ over all entries.
    pub(crate) log_sum: f64,
    pub(crate) all: Sums,
    pub(crate) uncensored: Sums,
    /// Entries exchanged since the anchor.
    pub(crate) age: usize,
}

/// A function of τ and its first three derivatives, V with V', V'', V''' or W with its own (W itself is left out).
pub(crate) type Jet = [f64; 4];

impl Expansion {
    pub(crate) fn new() -> Self {
        Expansion {
            unit: 1.0,
            anchor: 0.0,
            x_max: 0.0,
            w_max: 0.0,
            log_sum: 0.0,
            all: [0.0; TERMS],
            uncensored: [0.0; TERMS],
            age: 0,
        }
    }

    /// Whether for every entry 1+τx is well away from 0, and eight such factors do not overflow.
    pub(crate) fn is_feasible(&self, tau: f64) -> bool {
        let s = 1.0 + tau * self.x_max;
        s > 1e-3 && s < 1e30
    }

    /// Takes the exact maximum and a new unit from the entries. Returns the factor by which τ changes (a power of two).
    pub(crate) fn rescan(&mut self, buffer: &ExcessBuffer) -> f64 {
        let entries = buffer.entries();
        let max = entries.iter().fold(0.0_f64, |max, y| max.max(y.abs()));
        let mean = entries.iter().map(|y| y.abs() / max).sum::<f64>() / entries.len() as f64;
        let unit = power_of_two_below(mean).recip() * power_of_two_below(max).recip();
        let unit = unit.clamp(f64::MIN_POSITIVE, power_of_two_below(f64::MAX));
        let factor = self.unit / unit;
        self.unit = unit;
        self.x_max = max * unit;
        factor
    }

    /// Expands about τ₀ with one pass over the entries.
    pub(crate) fn expand(&mut self, buffer: &ExcessBuffer, anchor: f64) {
        let entries = buffer.entries();
        let (log_sum, all, x_max) = sums(entries, self.unit, anchor);
        (self.anchor, self.log_sum, self.all, self.x_max) = (anchor, log_sum, all, x_max);
        self.w_max = x_max / (1.0 + anchor * x_max);
        if buffer.censored() > 0 {
            self.uncensored = all;
            for y in entries.iter().filter(|y| **y < 0.0).take(buffer.censored()) {
                let x = -y * self.unit;
                add(&mut self.uncensored, x / (1.0 + anchor * x), -1.0);
            }
        }
        self.age = 0;
    }

    /// Moves the sums from the evicted entry to the new one. False if the new entry is beyond what the series can hold.
    #[inline]
    pub(crate) fn exchange(&mut self, buffer: &ExcessBuffer, new: f64, old: Option<f64>) -> bool {
        let x = new.abs() * self.unit;
        let s = 1.0 + self.anchor * x;
        if !(s > 1e-2 && x < LARGEST) {
            return false;
        }
        let (x_old, is_old) = old.map_or((0.0, 0.0), |old| (old.abs() * self.unit, 1.0));
        let s_old = 1.0 + self.anchor * x_old;
        let inverse = 1.0 / (s * s_old);
        let (w, w_old) = (x * s_old * inverse, x_old * s * inverse);
        if buffer.censored() > 0 || new < 0.0 || old.is_some_and(|old| old < 0.0) {
            self.exchange_uncensored(buffer, new, old, w, w_old);
        }
        let (mut p, mut p_old) = (-w, -w_old * is_old);
        for a in &mut self.all {
            *a += p_old - p;
            p *= -w;
            p_old *= -w_old;
        }
        if self.anchor != 0.0 {
            self.log_sum += (s * s * inverse).ln();
        }
        self.x_max = self.x_max.max(x);
        self.w_max = self.w_max.max(w);
        self.age += 1;
        true
    }

    fn exchange_uncensored(
        &mut self,
        buffer: &ExcessBuffer,
        new: f64,
        old: Option<f64>,
        w: f64,
        w_old: f64,
    ) {
        // The buffer already holds the new entry: it is the only censored one if nothing was censored before.
        let evicted_censored = old.is_some_and(|old| old < 0.0);
        if usize::from(new < 0.0) == buffer.censored() + usize::from(evicted_censored) {
            self.uncensored = self.all;
        }
        if new > 0.0 {
            add(&mut self.uncensored, w, 1.0);
        }
        if old.is_some_and(|old| old > 0.0) {
            add(&mut self.uncensored, w_old, -1.0);
        }
    }

    /// V, V', V'', V''' at τ₀ + δ.
    #[inline]
    pub(crate) fn all(&self, delta: f64) -> Jet {
        let mut jet = evaluate(&self.all, delta);
        jet[0] += self.log_sum;
        jet
    }

    /// The same for W; its first item is not W (no log sum is kept for it).
    #[inline]
    pub(crate) fn uncensored(&self, buffer: &ExcessBuffer, delta: f64, all: &Jet) -> Jet {
        if buffer.censored() == 0 { *all } else { evaluate(&self.uncensored, delta) }
    }

    /// For the anchor 0: V/τ and its first two derivatives, free of cancellation through τ = 0, then W' and W''.
    pub(crate) fn about_zero(&self, buffer: &ExcessBuffer, tau: f64) -> ([f64; 3], [f64; 2]) {
        let uncensored = if buffer.censored() == 0 { &self.all } else { &self.uncensored };
        let (mut g, mut g1, mut g2, mut w1, mut w2) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for k in (0..TERMS).rev() {
            g2 = g2 * tau + g1;
            g1 = g1 * tau + g;
            g = g * tau + self.all[k] / (k + 1) as f64;
            w2 = w2 * tau + w1;
            w1 = w1 * tau + uncensored[k];
        }
        ([g, g1, 2.0 * g2], [w1, w2])
    }

    /// Bound of what the series of V' leaves out at δ, one power of δ lower for V/τ about 0 (`missing_powers` = 2).
    #[inline]
    pub(crate) fn remainder(&self, delta: f64, missing_powers: i32) -> f64 {
        let d = delta.abs();
        let rho = d * self.w_max;
        self.all[TERMS - 1].abs() * d.powi(TERMS as i32 - missing_powers) * rho / (1.0 - rho)
    }
}

#[inline]
fn add(sums: &mut Sums, w: f64, sign: f64) {
    let mut p = w * sign;
    for a in sums {
        *a += p;
        p *= -w;
    }
}

/// Factors of the four lanes of [`evaluate`] for the k-th coefficient: those of V, V', V'' δ⁰ and V''' δ⁰.
const LANES: [[f64; 4]; TERMS] = {
    let mut table = [[0.0; 4]; TERMS];
    let mut k = 0;
    while k < TERMS {
        let n = (k + 1) as f64;
        table[k] = [1.0 / n, 1.0, n - 1.0, (n - 1.0) * (n - 2.0)];
        k += 1;
    }
    table
};

/// Σ a_k δ^k/k and its first three derivatives: four Horner schemes side by side, even and odd powers apart so that
/// the four lanes of each fill vector registers and the chains of dependent operations are half as long.
#[inline]
fn evaluate(a: &Sums, delta: f64) -> Jet {
    let d2 = delta * delta;
    let (mut odd, mut even) = ([0.0_f64; 4], [0.0_f64; 4]);
    let mut k = TERMS;
    while k > 2 {
        for j in 0..4 {
            odd[j] = odd[j] * d2 + a[k - 2] * LANES[k - 2][j];
            even[j] = even[j] * d2 + a[k - 1] * LANES[k - 1][j];
        }
        k -= 2;
    }
    let (first, second) = (a[0], a[1]);
    [
        (odd[0] * d2 + first + delta * (even[0] * d2 + 0.5 * second)) * delta,
        odd[1] * d2 + first + delta * (even[1] * d2 + second),
        odd[2] * delta + even[2] * d2 + second,
        odd[3] + even[3] * delta,
    ]
}

/// Lanes that are summed side by side, and rows of them in a block.
const LANE: usize = 4;
const ROWS: usize = 8;
type Block = [[f64; LANE]; ROWS];

/// One pass over all entries: Σ ln(1+τx), the a_k, and max x. No logarithm an entry: each lane multiplies the factors of
/// a block and gives up the exponent, which the callers keep in range.
fn sums(entries: &[f64], unit: f64, tau: f64) -> (f64, Sums, f64) {
    let mut powers = [[0.0; LANE]; TERMS];
    let (mut products, mut exponent, mut max) = ([1.0_f64; LANE], 0_i64, [0.0_f64; LANE]);
    let (blocks, rest) = entries.as_chunks::<{ LANE * ROWS }>();
    let mut last = [0.0; LANE * ROWS];
    last[..rest.len()].copy_from_slice(rest);
    // Zeros add nothing to any sum, so the rest is a block like the others.
    for block in blocks.iter().chain((!rest.is_empty()).then_some(&last)) {
        let mut negative: Block = [[0.0; LANE]; ROWS];
        for (w, y) in negative.iter_mut().zip(block.as_chunks::<LANE>().0) {
            for j in 0..LANE {
                let x = y[j].abs() * unit;
                let s = 1.0 + tau * x;
                w[j] = -x / s;
                products[j] *= s;
                max[j] = if x > max[j] { x } else { max[j] };
            }
        }
        for product in &mut products {
            let bits = product.to_bits();
            exponent += (bits >> 52) as i64 - 1023;
            *product = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000);
        }
        add_powers(&mut powers, &negative);
    }
    let log_sum = products.iter().product::<f64>().ln() + exponent as f64 * std::f64::consts::LN_2;
    (log_sum, powers.map(|lanes| lanes.iter().sum()), max.iter().fold(0.0, |a, b| a.max(*b)))
}

/// Adds w, -w², w³, ... of a block, given as -w.
#[inline]
fn add_powers(powers: &mut [[f64; LANE]; TERMS], negative: &Block) {
    let mut p = negative.map(|row| row.map(|w| -w));
    for power in powers {
        let mut sum = *power;
        for (p, w) in p.iter_mut().zip(negative) {
            for j in 0..LANE {
                sum[j] += p[j];
                p[j] *= w[j];
            }
        }
        *power = sum;
    }
}

/// The power of two at or below a positive number; exact, and at least the smallest normal one.
fn power_of_two_below(value: f64) -> f64 {
    f64::from_bits(value.max(f64::MIN_POSITIVE).to_bits() & 0x7ff0_0000_0000_0000)
}
