//! Seeded draws for the tests: SplitMix64, and the upper tails of laws.
#![allow(dead_code, clippy::unwrap_used)]

pub(crate) mod tails;

/// A seeded source of numbers.
pub(crate) struct Draws {
    state: u64,
    spare: Option<f64>,
}

impl Draws {
    /// Different seeds give independent streams.
    pub(crate) fn new(seed: u64) -> Self {
        Draws { state: seed.wrapping_mul(0xD134_2543_DE82_EF95), spare: None }
    }

    /// Uniform bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// In (0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Of mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Arrivals of a unit rate until `mean`.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        let (mut time, mut count) = (self.exponential(), 0.0);
        while time < mean {
            time += self.exponential();
            count += 1.0;
        }
        count
    }

    /// Of mean 0 and variance 1, by the polar method.
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let f = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * f);
                return u * f;
            }
        }
    }

    /// Student's t with three degrees of freedom.
    pub(crate) fn student3(&mut self) -> f64 {
        let chi2: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
        self.normal() / (chi2 / 3.0).sqrt()
    }

    /// Generalized Pareto of scale 1.
    pub(crate) fn pareto(&mut self, shape: f64) -> f64 {
        let l = self.exponential();
        if shape == 0.0 { l } else { (shape * l).exp_m1() / shape }
    }
}
