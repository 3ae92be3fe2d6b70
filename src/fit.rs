//! The full fit of the tail: the maximum of the likelihood, found with a certificate that no other was overlooked.
//!
//! Grimshaw (1993) reduces the likelihood to one unknown, θ = γ/σ: the best shape for a given θ is V(θ)/k, with V the sum
//! of ln(1 + θy) over all entries and k the number of those that are not censored. Everything here is in units of the
//! largest entry, so τ = θ · largest lies above -1 and nothing overflows. With W the sum of ln(1 + τv) over the
//! uncensored entries, g = V/(kτ), q = -g'/g, p = W'/k, the mean profile log-likelihood and its slope are
//!
//! ```text
//! l = -ln g - W/k - 1      l' = q - p
//! ```
//!
//! g and p are Stieltjes functions of τ, hence q and p are completely monotone: positive, falling, convex. Tangents and
//! chords of the two therefore enclose l' between any two points, which is what certifies an interval.

use argmin::core::{CostFunction, Error as SolverError, Executor};
use argmin::solver::brent::BrentRoot;

use crate::error::Error;
use crate::zhang;

/// Below this shape the likelihood is not regular (Smith 1985), and its maximum jumps to (-1, largest).
pub(crate) const SHAPE_FLOOR: f64 = -0.5;
/// Above this shape lie only the useless maxima that tiny excesses make.
pub(crate) const SHAPE_CAP: f64 = 3.0;
/// With fewer uncensored excesses the maximum is often on the boundary, and a posterior mean takes its place.
pub(crate) const MIN_MLE: usize = 20;

/// Entries smaller than this, in units of the largest, count as this, which keeps every scale in range.
const SMALLEST: f64 = 1e-300;
/// Entries larger than this times the lower quartile count as that: their logarithm hardly changes, and all below keep
/// their precision. The scale is never far below the lower quartile (at shape 3 it is of its order).
const LARGEST: f64 = 1e290;
/// Intervals are not halved any further once ln(1 + τ) changes by less than this.
const NARROWEST: f64 = 1.0 / 512.0;
/// Up to this |t| the series below take the place of ln(1 + t), which would cancel.
const SERIES: f64 = 0.06;
/// The search ends here at the latest, ln(1 + τ): there every shape is above the cap.
const FARTHEST: f64 = 700.0;

/// How a fit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// At the best local maximum of the likelihood with a shape from -1/2 to 3.
    Converged,
    /// No such maximum: the best scale for the shape -1/2, where the likelihood stops being regular.
    Floor,
    /// No such maximum: the best scale for the shape 3.
    Cap,
    /// All excesses are equal: the best scale for the shape -1/2.
    Degenerate,
    /// Fewer than 20 excesses: the posterior mean of Zhang & Stephens (2009), its shape kept within -1/2 and 3.
    TooFew,
}

/// A generalized Pareto tail fitted to excesses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The shape, from -1/2 to 3.
    pub shape: f64,
    /// The scale, in the unit of the excesses.
    pub scale: f64,
    /// The log-likelihood of the whole sample at this shape and scale.
    pub log_likelihood: f64,
    /// How the fit ended.
    pub outcome: Outcome,
}

/// Fits a generalized Pareto distribution to excesses by maximum likelihood, with a shape from -1/2 to 3. Fewer than 20
/// excesses are fitted by a posterior mean instead; [`Outcome`] tells.
///
/// ```
/// let excesses: Vec<f64> = (1..100).map(|i| -(i as f64 / 100.0).ln()).collect();
/// let fit = tailspot::fit(&excesses)?;
/// assert_eq!(fit.outcome, tailspot::Outcome::Converged);
/// assert!(fit.shape.abs() < 0.1 && (fit.scale - 1.0).abs() < 0.1);
/// # Ok::<(), tailspot::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Excess`] if an excess is not a finite number above 0, [`Error::Parameter`] if there is none.
pub fn fit(excesses: &[f64]) -> Result<Fit, Error> {
    if excesses.is_empty() {
        return Err(Error::parameter("excesses", "[]", "at least one excess"));
    }
    if let Some(index) = excesses.iter().position(|y| !(*y > 0.0 && y.is_finite())) {
        return Err(Error::Excess { index, value: excesses[index].to_string() });
    }
    Ok(fit_censored(excesses, &[]))
}

/// Fits excesses of which some are only known to be larger than a value. All must be positive and finite, and at least
/// one uncensored.
pub(crate) fn fit_censored(uncensored: &[f64], censored: &[f64]) -> Fit {
    let sample = Sample::new(uncensored, censored);
    if uncensored.len() < MIN_MLE {
        return sample.posterior_mean();
    }
    if sample.is_constant() {
        return sample.with_shape(SHAPE_FLOOR, Outcome::Degenerate);
    }
    sample.best_maximum().unwrap_or_else(|| sample.best_bound())
}

/// The best scale for a given shape.
pub(crate) fn fit_with_shape(uncensored: &[f64], censored: &[f64], shape: f64) -> Fit {
    // The likelihood is continuous through 0, where the equation for the scale is not defined.
    let shape = if shape.abs() < 1e-9 { 1e-9 } else { shape };
    Sample::new(uncensored, censored).with_shape(shape, Outcome::Converged)
}

/// The entries in units of the largest, uncensored ones first.
struct Sample {
    values: Vec<f64>,
    uncensored: usize,
    unit: f64,
}

/// The profile likelihood at one τ, accurate everywhere.
struct Profile {
    tau: f64,
    /// g = V/(kτ): the best scale.
    scale: f64,
    /// W/k.
    spread: f64,
    /// (1 + τ) l'.
    slope: f64,
}

impl Profile {
    fn shape(&self) -> f64 {
        self.tau * self.scale
    }

    /// l, the mean log-likelihood of the scaled sample.
    fn height(&self) -> f64 {
        -self.scale.ln() - self.spread - 1.0
    }
}

/// What the search knows at one τ: cheap sums, less accurate near τ = 0, where none but τ = 0 itself is used.
#[derive(Clone, Copy)]
struct Probe {
    /// ln(1 + τ).
    place: f64,
    tau: f64,
    /// V/k.
    shape: f64,
    /// τV'/k and τW'/k, both rising in τ.
    all: f64,
    known: f64,
    /// (1 + τ)q and (1 + τ)²q'.
    q: f64,
    dq: f64,
    /// (1 + τ)p and (1 + τ)²p'.
    p: f64,
    dp: f64,
}

/// What the search found out about the interval between two probes.
#[derive(PartialEq)]
enum Verdict {
    /// It holds no maximum.
    Empty,
    /// It holds exactly one.
    One,
    Unknown,
}

impl Sample {
    fn new(uncensored: &[f64], censored: &[f64]) -> Self {
        let entries = || uncensored.iter().chain(censored);
        let (smallest, largest) =
            entries().fold((f64::MAX, 0.0_f64), |(low, high), &y| (low.min(y), high.max(y)));
        let unit = if smallest * LARGEST >= largest {
            largest
        } else {
            largest.min(zhang::lower_quartile(uncensored) * LARGEST)
        };
        let values = entries().map(|y| (y / unit).clamp(SMALLEST, 1.0)).collect();
        Sample { values, uncensored: uncensored.len(), unit }
    }

    fn known(&self) -> &[f64] {
        &self.values[..self.uncensored]
    }

    fn censored(&self) -> &[f64] {
        &self.values[self.uncensored..]
    }

    fn k(&self) -> f64 {
        self.uncensored as f64
    }

    fn smallest(&self) -> f64 {
        self.values.iter().copied().fold(1.0, f64::min)
    }

    fn is_constant(&self) -> bool {
        self.smallest() == 1.0
    }

    /// The best interior local maximum with an admissible shape.
    fn best_maximum(&self) -> Option<Fit> {
        self.brackets()
            .into_iter()
            .map(|(low, high)| self.profile(find_root(|tau| self.profile(tau).slope, low, high)))
            .filter(|top| (SHAPE_FLOOR..=SHAPE_CAP).contains(&top.shape()))
            .max_by(|a, b| a.height().total_cmp(&b.height()))
            .map(|top| self.at(&top, Outcome::Converged))
    }

    /// Without an interior maximum the likelihood is highest at the floor or at the cap.
    fn best_bound(&self) -> Fit {
        let floor = self.with_shape(SHAPE_FLOOR, Outcome::Floor);
        let cap = self.with_shape(SHAPE_CAP, Outcome::Cap);
        if cap.log_likelihood > floor.log_likelihood { cap } else { floor }
    }

    fn posterior_mean(&self) -> Fit {
        let quartile = zhang::lower_quartile(self.known());
        let height = |tau: f64| self.k() * self.profile(tau).height();
        let mean = self.profile(zhang::posterior_mean(self.uncensored, quartile, height));
        if mean.shape() < SHAPE_FLOOR {
            self.with_shape(SHAPE_FLOOR, Outcome::TooFew)
        } else if mean.shape() > SHAPE_CAP {
            self.with_shape(SHAPE_CAP, Outcome::TooFew)
        } else {
            self.at(&mean, Outcome::TooFew)
        }
    }

    /// The fit at a τ, with the shape and scale that are best for it.
    fn at(&self, top: &Profile, outcome: Outcome) -> Fit {
        // With the best shape the sum V/γ of the log-likelihood is k.
        self.finish(top.shape(), top.scale, self.k() * (top.spread + 1.0), outcome)
    }

    /// The fit with a given shape: the scale solves k - τW' - τV'/γ = 0, which has one root.
    fn with_shape(&self, shape: f64, outcome: Outcome) -> Fit {
        let (k, censored) = (self.k(), self.censored().len() as f64);
        // With all entries equal to the largest the sums τW' and τV' are at their extremes; so is the root.
        let (low, high) = if shape < 0.0 {
            (-(k + 1.0).ln(), ((k + 2.0 * censored) / (2.0 * (k + censored))).ln())
        } else {
            let all_equal = shape * k / (k + censored);
            (all_equal.ln_1p(), (all_equal / self.smallest()).ln_1p())
        };
        let balance = |place: f64| {
            let tau = place.exp_m1();
            let rate = |v: &f64| tau * v / (1.0 + tau * v);
            let known = sum(self.known(), rate);
            k - known - (known + sum(self.censored(), rate)) / shape
        };
        let tau = find_root(balance, low, high).exp_m1();
        let log = |v: &f64| (tau * v).ln_1p();
        let known = sum(self.known(), log);
        let cost = known + (known + sum(self.censored(), log)) / shape;
        self.finish(shape, shape / tau, cost, outcome)
    }

    /// Back to the unit of the excesses: the log-likelihood is -k ln σ less the `cost`.
    fn finish(&self, shape: f64, scale: f64, cost: f64, outcome: Outcome) -> Fit {
        let log_likelihood = -self.k() * (scale.ln() + self.unit.ln()) - cost;
        let scale = (scale * self.unit).clamp(f64::from_bits(1), f64::MAX);
        Fit { shape, scale, log_likelihood, outcome }
    }

    /// Intervals of τ, each with one maximum of the profile likelihood (or so narrow that a second makes no difference).
    fn brackets(&self) -> Vec<(f64, f64)> {
        let mut found = Vec::new();
        let zero = self.probe(0.0);
        // A stationary point with a shape of -1/2 or more has 1 + τ >= 1/(2k): there the mean of 1/(1 + τv) over the
        // uncensored entries is at most 1/(1 + γ), and the sum of |τv/(1 + τv)| over the censored ones at most k.
        let lowest = (0.5 / self.k()).ln();
        let (mut right, mut place) = (zero, -1.0_f64);
        while right.shape > SHAPE_FLOOR && right.place > lowest {
            let left = self.probe(place.max(lowest));
            self.search(&left, &right, &mut found);
            (right, place) = (left, 2.0 * place);
        }
        let (mut left, mut place) = (zero, 1.0_f64);
        while left.shape < SHAPE_CAP && left.place < FARTHEST {
            let right = self.probe(place.min(FARTHEST));
            self.search(&left, &right, &mut found);
            (left, place) = (right, 2.0 * place);
        }
        found
    }

    /// Halves an interval until every part is certified.
    fn search(&self, a: &Probe, b: &Probe, found: &mut Vec<(f64, f64)>) {
        if b.shape < SHAPE_FLOOR || a.shape > SHAPE_CAP {
            return;
        }
        let narrow = b.place - a.place <= NARROWEST;
        let verdict = judge(a, b);
        if verdict == Verdict::One || narrow && a.rises() && !b.rises() {
            found.push((a.tau, b.tau));
        } else if verdict == Verdict::Unknown && !narrow {
            let middle = self.probe(0.5 * (a.place + b.place));
            self.search(a, &middle, found);
            self.search(&middle, b, found);
        }
    }

    /// The sums of the search at ln(1 + τ).
    fn probe(&self, place: f64) -> Probe {
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

    fn profile(&self, tau: f64) -> Profile {
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

impl Probe {
    /// Whether the likelihood rises here; it does not where it is flat.
    fn rises(&self) -> bool {
        self.q > self.p
    }
}

/// What tangents and chords say about the maxima between two probes.
fn judge(a: &Probe, b: &Probe) -> Verdict {
    // w is the distance in units of 1 + τ at a, v at b.
    let ratio = (b.place - a.place).exp();
    let (w, v) = (ratio - 1.0, 1.0 - 1.0 / ratio);
    match (a.rises(), b.rises()) {
        // A tangent of q above the chord of p; or, far from zero, the range of τl' = 1 - τV'/V - τW'/k.
        (true, true) => {
            let above = a.q + a.dq * w > b.p / ratio || b.q - b.dq * v > a.p * ratio;
            let far = a.tau >= 0.0 && 1.0 - b.all / a.shape - b.known > 0.0;
            if above || far { Verdict::Empty } else { Verdict::Unknown }
        }
        (false, false) => {
            let below = b.q / ratio < a.p + a.dp * w || a.q * ratio < b.p - b.dp * v;
            let far = a.tau >= 0.0 && 1.0 - a.all / b.shape - a.known < 0.0;
            if below || far { Verdict::Empty } else { Verdict::Unknown }
        }
        // l'' = q' - p' of one sign: q' and p' both rise. In units of (1 + τ)² at a.
        (true, false) if b.dq / (ratio * ratio) < a.dp => Verdict::One,
        (false, true) if a.dq > b.dp / (ratio * ratio) => Verdict::Empty,
        _ => Verdict::Unknown,
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
fn sum(values: &[f64], term: impl Fn(&f64) -> f64) -> f64 {
    values.chunks(64).map(|part| part.iter().map(&term).sum::<f64>()).sum()
}

/// A function of one number, for the solvers.
pub(crate) struct Function<F>(pub(crate) F);

impl<F: Fn(f64) -> f64> CostFunction for Function<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, at: &f64) -> Result<f64, SolverError> {
        Ok((self.0)(*at))
    }
}

/// The root between two points where the signs differ; if they do not, by rounding, the better of the two.
fn find_root(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let solver = BrentRoot::new(low, high, 1e-18);
    let run = Executor::new(Function(&function), solver).configure(|state| state.max_iters(200));
    let best = run.run().ok().and_then(|result| result.state().best_param);
    best.unwrap_or_else(|| if function(low).abs() < function(high).abs() { low } else { high })
}

#[cfg(test)]
#[allow(clippy::excessive_precision)]
mod tests {
    use super::*;

    fn squares(n: i32) -> Vec<f64> {
        (1..=n).map(|i| f64::from(i * i) / 64.0).collect()
    }

    /// Knuth's linear congruential generator, in (0, 1).
    fn uniforms(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }
    }

    /// ln S(y), and with it the log-likelihood term by term.
    fn likelihood(known: &[f64], censored: &[f64], shape: f64, scale: f64) -> f64 {
        let hazard = |y: &f64| (shape * y / scale).ln_1p() / shape;
        let density = |y: &f64| -scale.ln() - (1.0 + shape) * hazard(y);
        known.iter().map(density).sum::<f64>() - censored.iter().map(hazard).sum::<f64>()
    }

    /// References by mpmath with 40 digits from the plain two-parameter likelihood; the last from the posterior mean.
    #[test]
    fn censored_samples() {
        use Outcome::*;
        let uniform: Vec<f64> = (1..=32).map(|i| f64::from(i) / 32.0).collect();
        let wide: Vec<f64> = (-12..=12).map(|i| f64::from(3 * i).exp2()).collect();
        let far = 2f64.powi(30);
        type Case<'a> = (Vec<f64>, &'a [f64], Outcome, [f64; 3]);
        let cases: [Case<'_>; 7] = [
            (
                squares(22),
                &[],
                Converged,
                [-0.46163458193187238, 4.1333902373553963, -43.064194118403820],
            ),
            (
                squares(22),
                &[5.0, 6.5, 6.5],
                Converged,
                [-0.45680936301288264, 4.8988855895620838, -49.399534198759060],
            ),
            (
                squares(22),
                &[5.0, 40.0, 40.0],
                Converged,
                [1.1024021118315389, 2.0541127479733629, -54.561463215465603],
            ),
            (uniform, &[0.5, 1.125], Floor, [-0.5, 0.71995218056957625, -9.2838979709679710]),
            (wide, &[far, far], Cap, [3.0, 1.9228348301373740e-5, -213.04159029363233]),
            // σ = (k + c)/k, by hand.
            (
                vec![1.0; 20],
                &[1.0; 20],
                Degenerate,
                [-0.5, 2.0, 60.0 * 0.75f64.ln() - 20.0 * 2f64.ln()],
            ),
            (
                squares(11),
                &[2.0; 3],
                TooFew,
                [0.75832626657784487, 0.79114099038869095, -13.552806107770944],
            ),
        ];
        for (known, censored, outcome, expected) in cases {
            let fit = fit_censored(&known, censored);
            assert_eq!(fit.outcome, outcome, "{fit:?}");
            for (value, expected) in [fit.shape, fit.scale, fit.log_likelihood].iter().zip(expected)
            {
                assert!((value / expected - 1.0).abs() < 1e-12, "{fit:?}, expected {expected}");
            }
        }
    }

    /// No point of a grid over shape and ln scale is more likely; also with many and with far censored entries.
    #[test]
    fn censored_fits_beat_a_grid() {
        let mut uniform = uniforms(1);
        for i in 0..150 {
            let shape = 3.0 * uniform() - 0.9;
            let mut draw = |n: f64| -> Vec<f64> {
                (0..n as usize).map(|_| (-shape * uniform().ln()).exp_m1() / shape).collect()
            };
            let (known, mut censored) = (draw(20.0 + f64::from(i)), draw(f64::from(i % 40)));
            censored.iter_mut().for_each(|y| *y *= [1.0, 0.1, 30.0][i as usize % 3]);
            let fit = fit_censored(&known, &censored);
            let reached = likelihood(&known, &censored, fit.shape, fit.scale);
            assert!(
                (reached - fit.log_likelihood).abs() < 1e-11 * reached.abs(),
                "sample {i}: {fit:?}"
            );
            for step in 0..70 {
                for place in -30..=30 {
                    let scale = fit.scale * (f64::from(place) * 0.1).exp();
                    let other =
                        likelihood(&known, &censored, 0.05 * f64::from(step) - 0.499, scale);
                    assert!(
                        other.is_nan() || other <= reached + 1e-9,
                        "sample {i}: {fit:?}, {other} > {reached}"
                    );
                }
            }
        }
    }

    /// A short tail with many much smaller values may have two maxima: all that a scan in small steps sees.
    #[test]
    fn every_maximum_is_found() {
        let mut uniform = uniforms(2);
        let mut several = 0;
        for i in 0..6000 {
            let (shape, share) = (0.8 * uniform() - 1.2, 0.2 + 0.25 * uniform());
            let tiny = (-3.0 - 5.0 * uniform()).exp();
            let mut draw = |n: usize| -> Vec<f64> {
                let mut one = || (-shape * uniform().ln()).exp_m1() / shape;
                let mut values: Vec<f64> = (0..n).map(|_| one()).collect();
                values.iter_mut().for_each(|y| *y *= if uniform() < share { tiny } else { 1.0 });
                values
            };
            let (known, censored) = (draw(20 + i % 30), draw(if i % 3 == 0 { i % 7 } else { 0 }));
            let sample = Sample::new(&known, &censored);
            let mut peaks: Vec<(f64, f64)> = Vec::new();
            let mut last = sample.profile(-1.0 + 0.4 / sample.k());
            let mut place = last.tau.ln_1p();
            while last.shape() < SHAPE_CAP {
                place += 0.02;
                let next = sample.profile(place.exp_m1());
                let admissible = last.shape() > SHAPE_FLOOR && next.shape() < SHAPE_CAP;
                if last.slope > 0.0 && next.slope <= 0.0 && admissible {
                    peaks.push((last.tau, next.tau));
                }
                last = next;
            }
            let found = sample.brackets();
            for (low, high) in &peaks {
                let holds = |&(a, b): &(f64, f64)| {
                    let root = find_root(|tau| sample.profile(tau).slope, a, b);
                    (low..=high).contains(&&root)
                };
                assert!(found.iter().any(holds), "sample {i}: {low}..{high} is not in {found:?}");
            }
            several += usize::from(peaks.len() > 1);
            // An interval around a maximum is never certified as empty, nor one around two as holding one.
            let lowest = (0.5 / sample.k()).ln();
            for (j, (low, high)) in peaks.iter().enumerate() {
                let (low, high) = (low.ln_1p(), high.ln_1p());
                // From near the end point, where it falls again, to where it rises before a second maximum.
                let (start, end) = (sample.probe(lowest - 3.0), sample.probe(low));
                assert!(j == 0 || judge(&start, &end) == Verdict::Unknown, "sample {i}: to {low}");
                for _ in 0..4 {
                    let (a, b) = (lowest + uniform() * (low - lowest), high + 2.0 * uniform());
                    let verdict = judge(&sample.probe(a), &sample.probe(b));
                    assert!(verdict != Verdict::Empty, "sample {i}: {a}..{b}");
                    let first = j > 0 && a <= peaks[0].0.ln_1p();
                    assert!(!first || verdict == Verdict::Unknown, "sample {i}: {a}..{b}");
                }
            }
        }
        assert!(several > 40, "{several}");
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

    /// Any positive finite input has a finite answer.
    #[test]
    fn censored_extremes() {
        let values = [5e-324, 1e-308, 1e-12, 1.0, 1e15, 1e308, f64::MAX];
        for count in [1, 2, 19, 20, 33] {
            for (i, a) in values.iter().enumerate() {
                for b in values {
                    for c in values {
                        let mut known = vec![*a; count];
                        known[count / 2] = b;
                        for censored in [vec![], vec![c], vec![c; 100], vec![c, *a, values[6 - i]]]
                        {
                            let fit = fit_censored(&known, &censored);
                            let shape = (SHAPE_FLOOR..=SHAPE_CAP).contains(&fit.shape);
                            let scale = fit.scale > 0.0 && fit.scale.is_finite();
                            assert!(
                                shape && scale && fit.log_likelihood.is_finite(),
                                "{known:?} {censored:?}: {fit:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
