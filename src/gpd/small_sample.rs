//! The posterior mean of Zhang & Stephens (2009, Technometrics 51:316-325), for samples that are too small for a
//! maximum of the likelihood to mean much.

/// The estimate of θ = γ/σ, in units of the largest entry, from the profile log-likelihood of the whole sample.
///
/// `uncensored` is how many entries are known exactly, `quartile` their lower quartile in units of the largest entry.
/// Zhang & Stephens write θ for -τ and k for -γ; their equations (5) to (8), with the likelihood of a sample that may be
/// censored in place of theirs.
pub(crate) fn posterior_mean(
    uncensored: usize,
    quartile: f64,
    profile: impl Fn(f64) -> f64,
) -> f64 {
    let nodes = 20 + (uncensored as f64).sqrt() as usize;
    let node = |j: usize| {
        let root = (nodes as f64 / (j as f64 + 0.5)).sqrt();
        (root - 1.0) / (3.0 * quartile) - 1.0
    };
    let taus: Vec<f64> = (0..nodes).map(node).collect();
    let heights: Vec<f64> = taus.iter().map(|&tau| profile(tau)).collect();
    let highest = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Their 1 / Σ exp(l_i - l_j), with the largest exponent taken out.
    let weights = heights.iter().map(|height| (height - highest).exp());
    let (mut mass, mut sum) = (0.0, 0.0);
    for (weight, tau) in weights.zip(&taus) {
        mass += weight;
        sum += weight * tau;
    }
    sum / mass
}

/// The order statistic that scales their prior: number floor(n/4 + 1/2) from below, at least the first.
pub(crate) fn lower_quartile(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 / 4.0 + 0.5) as usize;
    sorted[rank.saturating_sub(1)]
}
