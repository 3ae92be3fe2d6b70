//! Seeded draws, so that every run of every contender sees the same streams.

/// xoshiro256++, seeded by splitmix64.
pub struct Rng {
    state: [u64; 4],
    spare: Option<f64>,
}

impl Rng {
    pub fn new(mut seed: u64) -> Self {
        let state = std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Self { state, spare: None }
    }

    fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform on (0, 1): never 0, so that its logarithm is finite.
    fn uniform(&mut self) -> f64 {
        ((self.next_u64() >> 11) as f64 + 0.5) * (-53f64).exp2()
    }

    /// N(0, 1) by the polar method, which gives two draws at a time.
    fn normal(&mut self) -> f64 {
        if let Some(z) = self.spare.take() {
            return z;
        }
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s < 1.0 && s > 0.0 {
                let scale = (-2.0 * s.ln() / s).sqrt();
                self.spare = Some(v * scale);
                return u * scale;
            }
        }
    }
}

/// The laws of the streams: a light, an exponential and a heavy tail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Law {
    Normal,
    Exp,
    T3,
}

impl Law {
    pub const ALL: [Law; 3] = [Law::Normal, Law::Exp, Law::T3];

    pub fn name(self) -> &'static str {
        match self {
            Law::Normal => "normal",
            Law::Exp => "exp",
            Law::T3 => "t3",
        }
    }

    /// The true 0.98 quantile, and the true 1 - 1e-4 quantile.
    fn quantiles(self) -> (f64, f64) {
        match self {
            Law::Normal => (2.053_748_910_631_823, 3.719_016_485_455_68),
            Law::Exp => (50f64.ln(), 10_000f64.ln()),
            Law::T3 => (3.481_908_8, 22.203_742),
        }
    }

    /// The true 1 - 1e-4 quantile.
    pub fn anomaly(self) -> f64 {
        self.quantiles().1
    }

    fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Law::Normal => rng.normal(),
            Law::Exp => -rng.uniform().ln(),
            Law::T3 => {
                let chi2: f64 = (0..3).map(|_| rng.normal().powi(2)).sum();
                rng.normal() / (chi2 / 3.0).sqrt()
            }
        }
    }

    pub fn values(self, n: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        (0..n).map(|_| self.draw(&mut rng)).collect()
    }

    /// Excesses over the true 0.98 quantile. They stop at the true 1 - 1e-4
    /// quantile, about where a detector at q = 1e-4 would start to discard.
    pub fn excesses(self, n: usize, seed: u64) -> Vec<f64> {
        let (t, z) = self.quantiles();
        let mut rng = Rng::new(seed);
        let draws = std::iter::repeat_with(|| self.draw(&mut rng));
        draws.filter(|&x| x > t && x < z).map(|x| x - t).take(n).collect()
    }
}

/// N(0, 1) draws well below the 0.98 quantile and well above the 0.02 one, so
/// that no contender takes one of them for an excess on either side.
pub fn inner_normals(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let draws = std::iter::repeat_with(|| rng.normal());
    draws.filter(|x| x.abs() < 1.5).take(n).collect()
}
