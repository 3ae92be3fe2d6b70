//! The tail by exhaustive search: the maximum of the likelihood of a generalized Pareto.
//!
//! Notation: excesses y_1..y_k and censored entries ("at least y"), divided by the largest of all; tau = shape / scale
//! in that unit; V = sum over all of ln(1 + tau y), W = the same over the uncensored. For given tau the best shape is
//! V/k, and the profile log-likelihood is l(tau) = -k ln(V / (k tau)) - W - k.

/// Bounds of the shape (Smith 1985 below; useless second modes above).
pub(crate) const FLOOR: f64 = -0.5;
pub(crate) const CAP: f64 = 3.0;
/// From this many uncensored excesses on: maximum likelihood.
pub(crate) const ENOUGH: usize = 20;

/// An excess, or a censored entry: something at least this large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) y: f64,
    pub(crate) censored: bool,
}

/// A generalized Pareto distribution of the excess.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Gpd {
    pub(crate) shape: f64,
    pub(crate) scale: f64,
}

impl Gpd {
    /// S(y) = (1 + shape y / scale)^(-1/shape), and 0 beyond the end point.
    pub(crate) fn survival(self, y: f64) -> f64 {
        if y <= 0.0 {
            return 1.0;
        }
        if self.scale == 0.0 || self.shape * y / self.scale <= -1.0 {
            return 0.0;
        }
        (-y / self.scale * log_ratio(self.shape * y / self.scale)).exp()
    }

    /// The excess that is exceeded with probability r.
    pub(crate) fn quantile(self, r: f64) -> f64 {
        if r >= 1.0 {
            return 0.0;
        }
        let l = -r.ln();
        let u = self.shape * l;
        self.scale * l * if u == 0.0 { 1.0 } else { u.exp_m1() / u }
    }
}

/// Shape and scale for the entries of a buffer; none without an uncensored one.
pub(crate) fn estimate(entries: &[Entry]) -> Option<Gpd> {
    let sample = Sample::new(entries)?;
    if sample.excesses.len() >= ENOUGH {
        return Some(sample.maximum_likelihood());
    }
    Some(sample.posterior_mean())
}

/// Every local maximum of the likelihood with a shape in [FLOOR, CAP], the ends included; none below 20 excesses.
pub(crate) fn local_maxima(entries: &[Entry]) -> Vec<Gpd> {
    match Sample::new(entries) {
        Some(sample) if sample.excesses.len() >= ENOUGH => {
            let mut maxima = sample.interior_maxima();
            maxima.extend(sample.maxima_at_ends());
            maxima
        }
        _ => Vec::new(),
    }
}

/// The log-likelihood of a buffer: ln density for an excess, ln S for a censored entry.
pub(crate) fn log_likelihood(entries: &[Entry], gpd: Gpd) -> f64 {
    let term = |entry: &Entry| {
        let x = entry.y / gpd.scale;
        let hazard = x * log_ratio(gpd.shape * x);
        if entry.censored { -hazard } else { -gpd.scale.ln() - (1.0 + gpd.shape) * hazard }
    };
    entries.iter().map(term).sum()
}

/// The highest log-likelihood less (shape/0.3)²/2, over shapes from FLOOR to CAP, each with its best scale: a coarse grid,
/// then golden sections.
pub(crate) fn highest_penalised(entries: &[Entry]) -> f64 {
    let sample = Sample::new(entries).expect("at least one excess is uncensored");
    let height = |shape: f64| {
        // The equation for the scale is not defined at 0.
        let shape = if shape.abs() < 1e-9 { 1e-9 } else { shape };
        log_likelihood(entries, sample.with_shape(shape)) - 0.5 * (shape / 0.3).powi(2)
    };
    let at = |i: usize| FLOOR + (CAP - FLOOR) * i as f64 / 10.0;
    let top = (0..=10).max_by(|a, b| height(at(*a)).total_cmp(&height(at(*b)))).expect("eleven");
    let (mut low, mut high) = (at(top.saturating_sub(1)), at((top + 1).min(10)));
    for _ in 0..24 {
        let (a, b) = (high - 0.618 * (high - low), low + 0.618 * (high - low));
        if height(a) > height(b) {
            high = b;
        } else {
            low = a;
        }
    }
    height(0.5 * (low + high))
}

struct Sample {
    excesses: Vec<f64>,
    censored: Vec<f64>,
    unit: f64,
}

impl Sample {
    fn new(entries: &[Entry]) -> Option<Sample> {
        let unit = entries.iter().fold(0.0, |most: f64, entry| most.max(entry.y));
        let of = |censored: bool| -> Vec<f64> {
            entries.iter().filter(|e| e.censored == censored).map(|e| e.y / unit).collect()
        };
        let sample = Sample { excesses: of(false), censored: of(true), unit };
        if sample.excesses.is_empty() { None } else { Some(sample) }
    }

    fn k(&self) -> f64 {
        self.excesses.len() as f64
    }

    fn all(&self) -> impl Iterator<Item = f64> + '_ {
        self.excesses.iter().chain(&self.censored).copied()
    }

    /// V / tau, which is smooth through tau = 0.
    fn v_over_tau(&self, tau: f64) -> f64 {
        self.all().map(|x| x * log_ratio(tau * x)).sum()
    }

    fn shape(&self, tau: f64) -> f64 {
        tau * self.v_over_tau(tau) / self.k()
    }

    /// The profile log-likelihood at tau, less the constant -k.
    fn profile(&self, tau: f64) -> f64 {
        let w: f64 = self.excesses.iter().map(|x| (tau * x).ln_1p()).sum();
        -self.k() * (self.v_over_tau(tau) / self.k()).ln() - w
    }

    /// The derivative of the profile, divided by k. With g = V / tau it is -g'/g - W'/k, and no term cancels at tau = 0.
    fn slope(&self, tau: f64) -> f64 {
        let minus_g_prime: f64 = self.all().map(|x| x * x * psi(tau * x)).sum();
        let w_prime: f64 = self.excesses.iter().map(|x| x / (1.0 + tau * x)).sum();
        minus_g_prime / self.v_over_tau(tau) - w_prime / self.k()
    }

    fn gpd(&self, tau: f64) -> Gpd {
        let g = self.v_over_tau(tau) / self.k();
        Gpd { shape: tau * g, scale: g * self.unit }
    }

    /// The best interior maximum with a shape in [FLOOR, CAP]; if there is none, the better end of that range.
    fn maximum_likelihood(&self) -> Gpd {
        let likelier = |a: &Gpd, b: &Gpd| self.likelihood_of(*a).total_cmp(&self.likelihood_of(*b));
        let best = |optima: Vec<Gpd>| optima.into_iter().max_by(likelier);
        best(self.interior_maxima())
            .or_else(|| best(self.maxima_at_ends()))
            .expect("one of the three")
    }

    /// The search runs over s = ln(1 + tau), where the shape runs from FLOOR to CAP: a grid, then bisection of the slope
    /// wherever it turns from + to -. No stationary point and no floor solution has 1 + tau < 1/(1+k).
    fn interior_maxima(&self) -> Vec<Gpd> {
        let (left, right) = self.ends();
        let cells = ((right - left) / 0.05).ceil();
        let at = |i: f64| left + (right - left) * i / cells;
        let mut maxima = Vec::new();
        let mut i = 0.0;
        while i < cells {
            let rises = self.slope(at(i).exp_m1()) > 0.0;
            let falls = self.slope(at(i + 1.0).exp_m1()) <= 0.0;
            if rises && falls {
                let s = bisect(at(i), at(i + 1.0), |s| self.slope(s.exp_m1()) <= 0.0);
                maxima.push(self.gpd(s.exp_m1()));
            }
            i += 1.0;
        }
        maxima
    }

    fn maxima_at_ends(&self) -> Vec<Gpd> {
        let (left, right) = self.ends();
        let mut maxima = Vec::new();
        if self.slope(left.exp_m1()) <= 0.0 {
            maxima.push(self.with_shape(FLOOR));
        }
        if self.slope(right.exp_m1()) > 0.0 {
            maxima.push(self.with_shape(CAP));
        }
        maxima
    }

    fn ends(&self) -> (f64, f64) {
        let left = bisect(self.leftmost(), 0.0, |s| self.shape(s.exp_m1()) >= FLOOR);
        let right = bisect(0.0, 700.0, |s| self.shape(s.exp_m1()) >= CAP);
        (left, right)
    }

    fn leftmost(&self) -> f64 {
        -(1.0 + self.k()).ln()
    }

    /// The scale that is most likely for a given shape: k/tau - W' - V'/shape = 0, multiplied by tau.
    fn with_shape(&self, shape: f64) -> Gpd {
        let condition = |s: f64| {
            let tau = s.exp_m1();
            let u = |x: &f64| tau * x / (1.0 + tau * x);
            let excesses: f64 = self.excesses.iter().map(u).sum();
            let censored: f64 = self.censored.iter().map(u).sum();
            self.k() - excesses - (excesses + censored) / shape
        };
        let s = if shape < 0.0 {
            bisect(self.leftmost(), 0.0, |s| condition(s) > 0.0)
        } else {
            bisect(0.0, 700.0, |s| condition(s) <= 0.0)
        };
        Gpd { shape, scale: shape / s.exp_m1() * self.unit }
    }

    /// The log-likelihood of any shape and scale, up to a constant.
    fn likelihood_of(&self, gpd: Gpd) -> f64 {
        let tau = gpd.shape / gpd.scale * self.unit;
        let w: f64 = self.excesses.iter().map(|x| (tau * x).ln_1p()).sum();
        let v_over_shape = self.v_over_tau(tau) * self.unit / gpd.scale;
        -self.k() * (gpd.scale / self.unit).ln() - w - v_over_shape
    }

    /// Zhang & Stephens (2009): the posterior mean of theta = -tau over m nodes, on the censored profile likelihood.
    fn posterior_mean(&self) -> Gpd {
        let k = self.excesses.len();
        let mut ascending = self.excesses.clone();
        ascending.sort_by(f64::total_cmp);
        let quartile = ascending[((k as f64 / 4.0 + 0.5).floor() as usize).max(1) - 1];
        let m = 20 + (k as f64).sqrt().floor() as usize;
        // The largest entry is 1 in this unit.
        let node = |j: usize| 1.0 + (1.0 - (m as f64 / (j as f64 - 0.5)).sqrt()) / (3.0 * quartile);
        let nodes: Vec<f64> = (1..=m).map(node).collect();
        let profiles: Vec<f64> = nodes.iter().map(|theta| self.profile(-theta)).collect();
        let mut theta = 0.0;
        for j in 0..m {
            let inverse_weight: f64 =
                profiles.iter().map(|other| (other - profiles[j]).exp()).sum();
            theta += nodes[j] / inverse_weight;
        }
        let gpd = self.gpd(-theta);
        match gpd.shape {
            shape if shape < FLOOR => self.with_shape(FLOOR),
            shape if shape > CAP => self.with_shape(CAP),
            _ => gpd,
        }
    }
}

/// ln(1 + t) / t.
fn log_ratio(t: f64) -> f64 {
    if t == 0.0 { 1.0 } else { t.ln_1p() / t }
}

/// (ln(1 + t) - t/(1 + t)) / t^2, by its series where the difference cancels.
fn psi(t: f64) -> f64 {
    if t.abs() >= 0.1 {
        return (t.ln_1p() - t / (1.0 + t)) / t / t;
    }
    let (mut sum, mut power) = (0.0, 1.0);
    for j in 0..20 {
        sum += power * (j + 1) as f64 / (j + 2) as f64;
        power *= -t;
    }
    sum
}

/// The smallest point of [low, high] from which on `reached` holds (high, if it never does).
fn bisect(mut low: f64, mut high: f64, reached: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if reached(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
