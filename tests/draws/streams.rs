//! Streams whose truth is known: clean values of a law, and what happens beside them.

use super::Draws;

/// Values of the calibration.
pub(crate) const N_INIT: usize = 2000;
const BURST: usize = 50;

/// The laws of the clean values.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Law {
    Normal,
    Exponential,
    Student3,
    Lognormal,
    Uniform,
    Ar1,
}

impl Law {
    pub(crate) const REQUIRED: [Law; 4] =
        [Law::Normal, Law::Exponential, Law::Student3, Law::Lognormal];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Law::Normal => "N(0,1)",
            Law::Exponential => "Exp(1)",
            Law::Student3 => "Student t3",
            Law::Lognormal => "lognormal",
            Law::Uniform => "uniform",
            Law::Ar1 => "AR(1), ρ = 0.7",
        }
    }

    fn draw(self, draws: &mut Draws, last: f64) -> f64 {
        match self {
            Law::Normal => draws.normal(),
            Law::Exponential => draws.exponential(),
            Law::Student3 => draws.student3(),
            Law::Lognormal => draws.normal().exp(),
            Law::Uniform => draws.uniform(),
            Law::Ar1 => 0.7 * last + 0.51_f64.sqrt() * draws.normal(),
        }
    }

    /// The value exceeded with probability p (p up to 1e-2).
    pub(crate) fn quantile(self, p: f64) -> f64 {
        match self {
            Law::Normal | Law::Ar1 => normal_quantile(p),
            Law::Exponential => -p.ln(),
            Law::Student3 => bisect(|x| student3_survival(x) > p, 1.0, 1e6),
            Law::Lognormal => normal_quantile(p).exp(),
            Law::Uniform => 1.0 - p,
        }
    }
}

fn bisect(is_below: impl Fn(f64) -> bool, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if is_below(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

fn normal_quantile(p: f64) -> f64 {
    // The continued fraction of Mills' ratio, from its far end.
    let survival = |z: f64| {
        let tail = (1..200).rev().fold(0.0, |tail, k| f64::from(k) / (z + tail));
        (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() / (z + tail)
    };
    bisect(|z| survival(z) > p, 1.5, 9.0)
}

fn student3_survival(x: f64) -> f64 {
    let u = x / 3.0_f64.sqrt();
    if x > 50.0 {
        let v = 1.0 / u;
        return (2.0 / 3.0 * v.powi(3) - 4.0 / 5.0 * v.powi(5) + 6.0 / 7.0 * v.powi(7))
            / std::f64::consts::PI;
    }
    0.5 - (u / (1.0 + u * u) + u.atan()) / std::f64::consts::PI
}

/// What happens beside the clean values.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scene {
    Clean,
    /// Values at 1 to 1.2 times the q/1000 quantile, with this many times q as their rate.
    Planted(f64),
    /// Bursts of 50 values between the q and the q/1000 quantile, 5 q of all values.
    Bursts,
    /// As `Planted(1.0)`, and ten of the 2,000 calibration values planted too.
    Contaminated,
    /// The second half of the stream is 3 higher.
    Shift,
}

impl Scene {
    pub(crate) fn name(self) -> String {
        match self {
            Scene::Clean => "clean".into(),
            Scene::Planted(rate) => format!("planted, {rate} q"),
            Scene::Bursts => "bursts of 50, 5 q".into(),
            Scene::Contaminated => "0.5 % of the calibration planted, then q".into(),
            Scene::Shift => "level shift of 3 in mid-stream".into(),
        }
    }
}

/// One stream: clean values, and which of them were replaced.
pub(crate) struct Stream {
    law: Law,
    scene: Scene,
    q: f64,
    draws: Draws,
    last: f64,
    far: f64,
    near: f64,
    burst: usize,
    length: usize,
    at: usize,
}

impl Stream {
    pub(crate) fn new(law: Law, scene: Scene, q: f64, seed: u64, length: usize) -> Self {
        let mut draws = Draws::new(seed * 1000 + law as u64);
        let last = draws.normal();
        let (far, near) = (law.quantile(q / 1000.0), law.quantile(q));
        Stream { law, scene, q, draws, last, far, near, burst: 0, length, at: 0 }
    }

    fn clean(&mut self) -> f64 {
        self.last = self.law.draw(&mut self.draws, self.last);
        self.last
    }

    fn anomaly(&mut self) -> f64 {
        self.far * (1.0 + 0.2 * self.draws.uniform())
    }

    pub(crate) fn calibration(&mut self) -> Vec<f64> {
        let mut values: Vec<f64> = (0..N_INIT).map(|_| self.clean()).collect();
        if self.scene == Scene::Contaminated {
            for i in 0..10 {
                values[i * 200 + 17] = self.anomaly();
            }
        }
        values
    }

    /// The next value, and whether it is a true anomaly.
    pub(crate) fn next(&mut self) -> (f64, bool) {
        self.at += 1;
        let clean = self.clean();
        match self.scene {
            Scene::Clean => (clean, false),
            Scene::Planted(rate) if self.draws.uniform() < rate * self.q => (self.anomaly(), true),
            Scene::Contaminated if self.draws.uniform() < self.q => (self.anomaly(), true),
            Scene::Bursts => {
                if self.burst == 0 && self.draws.uniform() < 5.0 * self.q / BURST as f64 {
                    self.burst = BURST;
                }
                if self.burst == 0 {
                    return (clean, false);
                }
                self.burst -= 1;
                (self.near + (self.far - self.near) * self.draws.uniform(), true)
            }
            Scene::Shift if self.at > self.length / 2 => (clean + 3.0, true),
            _ => (clean, false),
        }
    }
}
