//! Interim: dense grid.

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "snapshot", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Posterior {
    theta: Vec<f64>,
    sum: Vec<f64>,
    weight: Vec<f64>,
    k: f64,
}

impl Posterior {
    pub(crate) fn new(entries: &[f64]) -> Self {
        let mut p = Posterior { theta: vec![], sum: vec![], weight: vec![], k: 0.0 };
        p.place(entries);
        p
    }
    fn place(&mut self, entries: &[f64]) {
        let max = entries.iter().fold(0.0_f64, |m, y| m.max(y.abs()));
        let k = entries.iter().filter(|y| **y > 0.0).count() as f64;
        let ties = entries.iter().filter(|y| **y == max).count() as f64;
        let lambda = ((15.0 - k) / 10.0).clamp(0.0, 1.0);
        let n = 121;
        let (mut th, mut ss, mut l) = (vec![], vec![], vec![]);
        for j in 0..n {
            let v = -4.4 + 8.8 * (j as f64 + 0.5) / n as f64;
            let u = v.sinh() + 1e-9;
            let theta = u.exp_m1() / max;
            let (mut s, mut su) = (0.0, 0.0);
            for y in entries {
                let t = if y.abs() == max { u } else { (theta * y.abs()).ln_1p() };
                s += t;
                if *y > 0.0 {
                    su += t;
                }
            }
            let mut lw = (k - 1.0) * (theta.abs().ln() - s.abs().ln()) - su + u + v.cosh().ln();
            if ties > 1.0 {
                lw += (ties - 1.0) * u.min(0.0) + (s + k).min(0.0);
            }
            lw -= lambda * ((s / k - 0.1) / 0.3_f64).powi(2) / 2.0;
            th.push(theta);
            ss.push(s);
            l.push(if lw.is_nan() { -1e9 } else { lw });
        }
        let top = l.iter().fold(f64::MIN, |a, b| a.max(*b));
        let w: Vec<f64> = l.iter().map(|x| (x - top).exp()).collect();
        let total: f64 = w.iter().sum();
        self.weight = w.iter().map(|w| w / total).collect();
        (self.theta, self.sum, self.k) = (th, ss, k);
    }
    pub(crate) fn push(&mut self, entries: &[f64], _new: f64, _evicted: Option<f64>) -> bool {
        self.place(entries);
        true
    }
    fn given(&self, y: f64, times: f64) -> f64 {
        let mut p = 0.0;
        for j in 0..self.theta.len() {
            let x = self.theta[j] * y;
            if x > -1.0 {
                p += self.weight[j]
                    * (-(self.k - 1.0) * (times * x.ln_1p() / self.sum[j]).ln_1p()).exp();
            }
        }
        p
    }
    pub(crate) fn probability(&self, y: f64) -> f64 {
        self.given(y, 1.0).clamp(f64::MIN_POSITIVE, 1.0)
    }
    pub(crate) fn square(&self, y: f64) -> f64 {
        self.given(y, 2.0)
    }
    pub(crate) fn quantile(&self, r: f64) -> f64 {
        let (mut lo, mut hi) = (-700.0_f64, 700.0_f64);
        for _ in 0..70 {
            let m = 0.5 * (lo + hi);
            if self.probability(m.exp()) > r { lo = m } else { hi = m }
        }
        (0.5 * (lo + hi)).exp()
    }
    pub(crate) fn shape_and_scale(&self) -> (f64, f64) {
        let shape: f64 = self.weight.iter().zip(&self.sum).map(|(w, s)| w * s / self.k).sum();
        let scale: f64 = (0..self.theta.len())
            .map(|j| self.weight[j] * self.sum[j] / self.k / self.theta[j])
            .sum();
        (shape, scale)
    }
    pub(crate) fn is_consistent(&self, _entries: &[f64]) -> bool {
        true
    }
}
