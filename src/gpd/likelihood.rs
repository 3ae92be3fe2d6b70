//! The likelihood of a sample in one unknown.
//!
//! Grimshaw (1993): the best shape for a given θ = γ/σ is V(θ)/k, with V the sum of ln(1 + θy) over all entries and k the
//! number of those that are not censored. Everything here is in units of the largest entry, so τ = θ · largest lies above
//! -1 and nothing overflows. With W the sum of ln(1 + τv) over the uncensored entries, g = V/(kτ), q = -g'/g, p = W'/k, the
//! mean profile log-likelihood and its slope are
//!
//! ```text
//! l = -ln g - W/k - 1      l' = q - p
//! ```

use crate::gpd::small_sample;

/// Entries smaller than this, in units of the largest, count as this, which keeps every scale in range.
const SMALLEST: f64 = 1e-300;
/// Entries larger than this times the lower quartile count as that: their logarithm hardly changes, and all below keep
/// their precision. The scale is never far below the lower quartile (at shape 3 it is of its order).
const LARGEST: f64 = 1e290;
/// Up to this |t| the series below take the place of ln(1 + t), which would cancel.
const SERIES: f64 = 0.06;

/// The entries in units of the largest, uncensored ones first.
pub(crate) struct Sample {
    values: Vec<f64>,
    pub(crate) uncensored: usize,
    pub(crate) unit: f64,
}

/// The profile likelihood at one τ, accurate everywhere.
pub(crate) struct Profile {
    pub(crate) tau: f64,
    /// g = V/(kτ): the best scale.
    pub(crate) scale: f64,
    /// W/k.
    pub(crate) spread: f64,
    /// (1 + τ) l'.
    pub(crate) slope: f64,
}

impl Profile {
    pub(crate) fn shape(&self) -> f64 {
        self.tau * self.scale
    }

    /// l, the mean log-likelihood of the scaled sample.
    pub(crate) fn height(&self) -> f64 {
        -self.scale.ln() - self.spread - 1.0
    }
}

/// What the search knows at one τ: cheap sums, less accurate near τ = 0, where none but τ = 0 itself is used.
#[derive(Clone, Copy)]
pub(crate) struct Probe {
    /// ln(1 + τ).
    pub(crate) place: f64,
    pub(crate) tau: f64,
    /// V/k.
    pub(crate) shape: f64,
    /// τV'/k and τW'/k, both rising in τ.
    pub(crate) all: f64,
    pub(crate) known: f64,
    /// (1 + τ)q and (1 + τ)²q'.
    pub(crate) q: f64,
    pub(crate) dq: f64,
    /// (1 + τ)p and (1 + τ)²p'.
    pub(crate) p: f64,
    pub(crate) dp: f64,
}

impl Probe {
    /// Whether the likelihood rises here; it does not where it is flat.
    pub(crate) fn rises(&self) -> bool {
        self.q > self.p
    }
}

impl Sample {
    pub(crate) fn new(uncensored: &[f64], censored: &[f64]) -> Self {
        let entries = || uncensored.iter().chain(censored);
        let (smallest, largest) =
            entries().fold((f64::MAX, 0.0_f64), |(low, high), &y| (low.min(y), high.max(y)));
        let unit = if smallest * LARGEST >= largest {
            largest
        } else {
            largest.min(small_sample::lower_quartile(uncensored) * LARGEST)
        };
        let values = entries().map(|y| (y / unit).clamp(SMALLEST, 1.0)).collect();
        Sample { values, uncensored: uncensored.len(), unit }
    }

    pub(crate) fn known(&self) -> &[f64] {
        &self.values[..self.uncensored]
    }

    pub(crate) fn censored(&self) -> &[f64] {
        &self.values[self.uncensored..]
    }

    pub(crate) fn k(&self) -> f64 {
        self.uncensored as f64
    }

    pub(crate) fn smallest(&self) -> f64 {
        self.values.iter().copied().fold(1.0, f64::min)
    }

    pub(crate) fn is_constant(&self) -> bool {
        self.smallest() == 1.0
    }

    /// The sums of the search at ln(1 + τ).
    pub(crate) fn probe(&self, place: f64) -> Probe {
        let k = self.k();
        if place == 0.0 {
            // g = m1 - m2 τ/2 + m3 τ²/3 - ..., with m1, m2, m3 the sums of v, v², v³ over k.
            let power = |values: &[f64], n: i32| sum(values, |v| v.powi(n)) / k;
            let (m1, m2) = (power(&self.values, 1), power(&self.values, 2));
            let q = 0.5 * m2 / m1;
            let dq = q * q - 2.0 * power(&self.values, 3) / (3.0 * m1);
            let (p, dp) = (power(self.known(), 1), -power(self.known(), 2));
            return Probe { place, tau: 0.0, shape: 0.0, all: 0.0, known: 0.0, q, dq, p, dp };
        }
        let (tau, edge) = (place.exp_m1(), place.exp());
        let [log, rate, square] = quick_sums(self.known(), tau).map(|sum| sum / k);
        let [more_log, more_rate, more_square] =
            quick_sums(self.censored(), tau).map(|sum| sum / k);
        let (shape, all, squares) = (log + more_log, rate + more_rate, square + more_square);
        let ratio = all / shape;
        // To the scale of (1 + τ): q = (1 - τV'/V)/τ, p = W'/k.
        let factor = edge / tau;
        let q = (1.0 - ratio) * factor;
        let dq = (squares / shape + ratio * ratio - 1.0) * factor * factor;
        let (p, dp) = (rate * factor, -square * factor * factor);
        Probe { place, tau, shape, all, known: rate, q, dq, p, dp }
    }

    pub(crate) fn profile(&self, tau: f64) -> Profile {
        let k = self.k();
        let mut sums = [0.0; 4];
        for (values, known) in [(self.known(), true), (self.censored(), false)] {
            let part = accurate_sums(values, tau);
            sums[0] += part[0];
            sums[1] += part[1];
            if known {
                (sums[2], sums[3]) = (part[0], part[2]);
            }
        }
        let [sum_lambda, sum_psi, known_lambda, known_rate] = sums.map(|sum| sum / k);
        let q = sum_psi / sum_lambda;
        // The sums are those of t = τv, but those of v itself where τ is small.
        let (scale, spread, slope) = if is_small(tau) {
            (sum_lambda, tau * known_lambda, q - known_rate)
        } else {
            (sum_lambda / tau, known_lambda, (q - known_rate) / tau)
        };
        Profile { tau, scale, spread, slope: (1.0 + tau) * slope }
    }
}

/// The sums of ln(1 + τv), of τv/(1 + τv) and of its square; one logarithm for eight factors where they cannot overflow.
fn quick_sums(values: &[f64], tau: f64) -> [f64; 3] {
    let (mut log, mut rate, mut square) = (0.0, 0.0, 0.0);
    for part in values.chunks(if tau < 1e37 { 8 } else { 1 }) {
        let mut product = 1.0;
        for v in part {
            let t = tau * v;
            let factor = 1.0 + t;
            let r = t / factor;
            product *= factor;
            rate += r;
            square += r * r;
        }
        log += product.ln();
    }
    [log, rate, square]
}

/// Whether every |τv| is small enough for the series alone.
fn is_small(tau: f64) -> bool {
    tau.abs() < SERIES
}

/// The sums of tλ(t), t²ψ(t) and t/(1 + t) with t = τv, where λ(t) = ln(1 + t)/t and ψ(t) = (ln(1 + t) - t/(1 + t))/t².
/// Where τ is small (also 0), those of vλ(t), v²ψ(t) and v/(1 + t).
fn accurate_sums(values: &[f64], tau: f64) -> [f64; 3] {
    let mut total = [0.0; 3];
    // Part by part, so that the rounding errors of many entries do not add up.
    for part in values.chunks(64) {
        let mut sums = [0.0; 3];
        for &v in part {
            let t = tau * v;
            let terms = if is_small(tau) {
                let (lambda, psi) = series(t);
                [v * lambda, v * v * psi, v / (1.0 + t)]
            } else if is_small(t) {
                let (lambda, psi) = series(t);
                [t * lambda, t * t * psi, t / (1.0 + t)]
            } else {
                let (log, rate) = (t.ln_1p(), t / (1.0 + t));
                [log, log - rate, rate]
            };
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum += term;
            }
        }
        for (all, sum) in total.iter_mut().zip(sums) {
            *all += sum;
        }
    }
    total
}

/// λ(t) = Σ (-t)^j/(j + 1) and ψ(t) = Σ (-t)^j (j + 1)/(j + 2) for small t; 14 terms leave less than 1e-16.
fn series(t: f64) -> (f64, f64) {
    const TERMS: [(f64, f64); 14] = {
        let mut terms = [(0.0, 0.0); 14];
        let mut j = 0;
        while j < 14 {
            let n = j as f64;
            terms[j] = (1.0 / (n + 1.0), (n + 1.0) / (n + 2.0));
            j += 1;
        }
        terms
    };
    TERMS.iter().rev().fold((0.0, 0.0), |(lambda, psi), (a, b)| (a - t * lambda, b - t * psi))
}

/// A sum of terms, in parts as above.
pub(crate) fn sum(values: &[f64], term: impl Fn(&f64) -> f64) -> f64 {
    values.chunks(64).map(|part| part.iter().map(&term).sum::<f64>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(n: i32) -> Vec<f64> {
        (1..=n).map(|i| f64::from(i * i) / 64.0).collect()
    }

    /// The quick sums against the accurate ones, and their derivatives against differences.
    #[test]
    fn probes_agree_with_profiles() {
        let sample = Sample::new(&squares(30), &[3.0, 20.0]);
        let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
        for place in [-3.0, -1.5, -0.3, 0.0, 0.2, 1.0, 4.0, 9.0, 60.0] {
            let (probe, h) = (sample.probe(place), 3e-3);
            let profile = sample.profile(probe.tau);
            assert!(
                near(probe.q - probe.p, profile.slope)
                    && (probe.shape - profile.shape()).abs() < 1e-12
            );
            let (after, before) = (sample.probe(place + h), sample.probe(place - h));
            // q, in units of 1/(1 + τ), has the derivative (1 + τ)²q' + (1 + τ)q in ln(1 + τ).
            let (dq, dp) = ((after.q - before.q) / (2.0 * h), (after.p - before.p) / (2.0 * h));
            assert!((probe.dq - (dq - probe.q)).abs() < 1e-4, "{place}");
            assert!((probe.dp - (dp - probe.p)).abs() < 1e-4, "{place}");
        }
    }
}
