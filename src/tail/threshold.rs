//! From a fitted tail to the anomaly threshold, and back to a probability.
//!
//! With the tail probability r wanted inside the tail and L = -ln r, the plug-in threshold is the quantile of the
//! estimated tail, σ h(γ, L), h = expm1(γL)/γ. Shape and scale are estimates, so its true exceedance is on average
//! larger than r. To second order in the estimation error (delta method with the covariance of Smith 1985 and the bias
//! of Giles, Feng & Godwin 2016) the quantile at r' is exceeded with probability r'(1 + c(r')); the calibrated threshold
//! is the quantile at the r' that solves r'(1 + c(r')) = r.
//!
//! Below 20 excesses the estimate is a posterior mean, for which these formulas do not hold. Its plug-in threshold is
//! exceeded about as often as the calibrated one of the maximum likelihood at 20, so there it stands as it is.

use crate::config::Threshold;
use crate::gpd::fit::MIN_MLE;

/// Limits of the correction.
const LEAST: f64 = -0.5;
const MOST: f64 = 20.0;
/// The bias has a pole at γ = -1/3 and the covariance exists above -1/2: the formulas stop short of both.
const SHAPE_FOR_BIAS: f64 = -0.15;
const SHAPE_FOR_COVARIANCE: f64 = -0.45;

/// The threshold rule of one side. Keeps the last correction as the start of the next one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Rule {
    kind: Threshold,
    /// ln(1 + c) of the last threshold.
    start: f64,
}

impl Rule {
    pub(crate) fn new(kind: Threshold) -> Self {
        Rule { kind, start: 0.0 }
    }

    /// The threshold in units of the scale, for L = -ln r ≥ 0, from k uncensored excesses.
    #[inline]
    pub(crate) fn threshold(&mut self, shape: f64, k: usize, l: f64) -> f64 {
        if !self.corrects(k) {
            return quantile(shape, l);
        }
        let (z, start) = calibrated(&Correction::new(shape, k), l, self.start);
        self.start = start;
        z
    }

    /// The same for any r, without moving the start.
    pub(crate) fn quantile(&self, shape: f64, k: usize, l: f64) -> f64 {
        self.clone().threshold(shape, k, l)
    }

    /// The probability that an excess is beyond y·σ: `quantile` of it gives y back.
    pub(crate) fn probability(&self, shape: f64, k: usize, y: f64) -> f64 {
        let l = log_survival(shape, y);
        if self.corrects(k) && l.is_finite() {
            let c = Correction::new(shape, k).at(l).0;
            ((1.0 + c) * (-l).exp()).min(1.0)
        } else {
            (-l).exp()
        }
    }

    #[inline]
    fn corrects(&self, k: usize) -> bool {
        self.kind == Threshold::Calibrated && k >= MIN_MLE
    }

    #[cfg(feature = "snapshot")]
    pub(crate) fn is_sound(&self, kind: Threshold) -> bool {
        self.kind == kind && self.start.is_finite()
    }
}

/// h(γ, L) = expm1(γL)/γ, and L at γ = 0.
#[inline]
fn quantile(shape: f64, l: f64) -> f64 {
    let t = shape * l;
    if t.abs() < 1e-8 { l * (1.0 + 0.5 * t) } else { t.exp_m1() / shape }
}

/// L at which h(γ, L) = y: ln(1 + γy)/γ; infinite beyond the end point.
fn log_survival(shape: f64, y: f64) -> f64 {
    let t = shape * y;
    if t.abs() < 1e-8 {
        y * (1.0 - 0.5 * t)
    } else if t > -1.0 {
        t.ln_1p() / shape
    } else {
        f64::INFINITY
    }
}

/// c as a function of L, for one shape and one k.
struct Correction {
    shape: f64,
    per_k: f64,
    /// k b_γ, k b_s, and the covariance (times k) as a factor and its first entry.
    bias: [f64; 2],
    covariance: f64,
    shape_variance: f64,
}

impl Correction {
    #[inline]
    fn new(shape: f64, k: usize) -> Self {
        let b = shape.max(SHAPE_FOR_BIAS);
        let covariance = 1.0 + shape.max(SHAPE_FOR_COVARIANCE);
        let pole = 1.0 / (1.0 + 3.0 * b);
        let bias =
            [-(1.0 + b) * (3.0 + b) * pole, (3.0 + 5.0 * b + 4.0 * b * b) * pole - covariance];
        Correction { shape, per_k: 1.0 / k as f64, bias, covariance, shape_variance: covariance }
    }

    /// (c, dc/dL, v) at L, where v = e^(γL).
    ///
    /// With a = h/v, b = h_γ/v, d = h_γγ/v, the derivatives of the exceedance S(z) over S are f_γ = -b, f_s = -a,
    /// f_γγ = (1+γ)b² - d, f_γs = (1+γ)ab - b, f_ss = (1+γ)a² - a, and a' = 1 - γa, b' = L - γb, d' = L² - γd.
    #[inline]
    fn at(&self, l: f64) -> (f64, f64, [f64; 2]) {
        let g = self.shape;
        let g1 = 1.0 + g;
        let ([a, b, d], v) = scaled_derivatives(g, l);
        let (da, db, dd) = (1.0 - g * a, l - g * b, l * l - g * d);
        let [b_g, b_s] = self.bias;
        let half = 0.5 * self.covariance;
        let second =
            self.shape_variance * (g1 * b * b - d) + 2.0 * (b - g1 * a * b + g1 * a * a - a);
        let slope = self.shape_variance * (2.0 * g1 * b * db - dd)
            + 2.0 * (db - g1 * (da * b + a * db) + 2.0 * g1 * a * da - da);
        let c = (half * second - b * b_g - a * b_s) * self.per_k;
        if c > LEAST && c < MOST {
            (c, (half * slope - db * b_g - da * b_s) * self.per_k, [a, v])
        } else {
            (if c >= MOST { MOST } else { LEAST }, 0.0, [a, v])
        }
    }
}

/// ([h, h_γ, h_γγ]/v, v) at (γ, L) with v = e^(γL), free of cancellation through γL = 0.
#[inline]
fn scaled_derivatives(shape: f64, l: f64) -> ([f64; 3], f64) {
    let t = shape * l;
    if t.abs() < 0.5 {
        // e^s = 1 + sE, E = 1 + sF, F = 1/2 + sG with s = -t and G = Σ s^n/(n+3)!.
        let s = -t;
        let g = s_over_factorials(s);
        let f = 0.5 + s * g;
        let e = 1.0 + s * f;
        return ([l * e, l * l * f, 2.0 * l * l * l * g], 1.0 / (1.0 + s * e));
    }
    let inverse = (-t).exp();
    let per_shape = 1.0 / shape;
    let a = (1.0 - inverse) * per_shape;
    let b = (l - a) * per_shape;
    ([a, b, (l * l - 2.0 * b) * per_shape], 1.0 / inverse)
}

/// Σ s^n/(n+3)! for |s| ≤ 1/2, to the last bit: 13 terms in pairs.
#[inline]
fn s_over_factorials(s: f64) -> f64 {
    const C: [f64; 13] = {
        let (mut table, mut n, mut factorial) = ([0.0; 13], 0, 6.0);
        while n < 13 {
            table[n] = 1.0 / factorial;
            n += 1;
            factorial *= (n + 3) as f64;
        }
        table
    };
    let s2 = s * s;
    let (mut even, mut odd) = (C[12], C[11]);
    let mut n = 10;
    loop {
        even = even * s2 + C[n];
        if n == 0 {
            return even + s * odd;
        }
        odd = odd * s2 + C[n - 1];
        n -= 2;
    }
}

/// Solves r'(1 + c(r')) = r and returns h at r', with e = ln(1 + c) = ln(r/r') for the next start.
///
/// In e: F(e) = ln(1 + c(L + e)) - e = 0, with F ≥ 0 at ln(1 + LEAST) and F ≤ 0 at ln(1 + MOST). Newton from the last e
/// needs two evaluations on a stream; the bracket makes it certain. r' is at most 1, so e is at least -L.
#[inline]
fn calibrated(correction: &Correction, l: f64, start: f64) -> (f64, f64) {
    let (mut low, mut high) = ((1.0 + LEAST).ln().max(-l), (1.0 + MOST).ln());
    let mut e = start.max(low).min(high);
    for _ in 0..100 {
        let (c, slope, [a, v]) = correction.at(l + e);
        let f = (1.0 + c).ln() - e;
        let derivative = slope / (1.0 + c) - 1.0;
        let step = -f / derivative;
        if step.abs() < 1e-6 && derivative < 0.0 {
            // One more step than was evaluated: h moves by v·step to first, γv·step²/2 to second order.
            let h = v * (a + step * (1.0 + 0.5 * correction.shape * step));
            return (h.max(0.0), e + step);
        }
        if f > 0.0 {
            low = e
        } else {
            high = e
        }
        if high - low <= 1e-15 * high.abs().max(1.0) {
            break;
        }
        let next = e + step;
        e = if derivative < 0.0 && next > low && next < high { next } else { 0.5 * (low + high) };
    }
    (quantile(correction.shape, l + e), e)
}
