//! Seeded streams. The generator is SplitMix64 (Steele, Lea & Flood 2014): one line, and the same numbers for ever.

/// A source of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// Uniform in (0, 1), ends excluded.
    pub(crate) fn uniform(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    pub(crate) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Box & Muller (1958), one of the pair.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn student3(&mut self) -> f64 {
        let squares: f64 = (0..3).map(|_| self.normal().powi(2)).sum();
        self.normal() / (squares / 3.0).sqrt()
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// The ten kinds of stream that the engine is compared on; each has a tail of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Exponential,
    /// Survival x^(-3/2): shape 2/3.
    Pareto,
    Uniform,
    Lognormal,
    Student3,
    /// Whole numbers, with many ties.
    Integers,
    /// Normal; the level jumps by 3 in the middle.
    Shift,
    /// Normal, with bursts of anomalies up to 50 long.
    Bursts,
    /// Normal with a slow wave under it.
    Wave,
}

impl Kind {
    pub(crate) const ALL: [Kind; 10] = [
        Kind::Normal,
        Kind::Exponential,
        Kind::Pareto,
        Kind::Uniform,
        Kind::Lognormal,
        Kind::Student3,
        Kind::Integers,
        Kind::Shift,
        Kind::Bursts,
        Kind::Wave,
    ];

    /// `count` values.
    pub(crate) fn values(self, seed: u64, count: usize) -> Vec<f64> {
        let mut random = Random::new(seed);
        let mut burst = 0;
        (0..count)
            .map(|i| match self {
                Kind::Normal => random.normal(),
                Kind::Exponential => random.exponential(),
                Kind::Pareto => random.uniform().powf(-2.0 / 3.0),
                Kind::Uniform => random.uniform(),
                Kind::Lognormal => random.normal().exp(),
                Kind::Student3 => random.student3(),
                Kind::Integers => (random.exponential() * 5.0).ceil(),
                Kind::Shift => random.normal() + if i >= count / 2 { 3.0 } else { 0.0 },
                Kind::Bursts => {
                    if burst == 0 && random.happens(0.002) {
                        burst = (random.uniform() * 50.0) as u32;
                    }
                    burst = burst.saturating_sub(1);
                    random.normal() + if burst > 0 { 4.0 } else { 0.0 }
                }
                Kind::Wave => random.normal() + 3.0 * (i as f64 / 200.0).sin(),
            })
            .collect()
    }

    /// The same with `digits` decimals, as the vector files hold them.
    pub(crate) fn rounded(self, seed: u64, count: usize, digits: i32) -> Vec<f64> {
        self.values(seed, count).into_iter().map(|x| round(x, digits)).collect()
    }
}

/// To a number of decimals.
pub(crate) fn round(x: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (x * unit).round() / unit
}
