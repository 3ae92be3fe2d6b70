//! A detector on a stream whose truth is known: how often the threshold is exceeded, and what is found of anomalies.
#![allow(dead_code)]

use tailspot::{Accounting, Config, Event, Outputs, Side, Spot, Threshold};

use crate::draws::Draws;
use crate::draws::tails::UpperTail;

const CHUNK: usize = 20_000;

/// What is planted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scene {
    Clean,
    /// Far values, this many times q of all.
    Planted(f64),
    /// The same in bursts of 50.
    Bursts(f64),
    /// 0.5 % of the calibration, then q.
    Contaminated,
}

impl Scene {
    pub(crate) fn name(self) -> String {
        match self {
            Scene::Clean => "clean".into(),
            Scene::Planted(rate) => format!("planted, {rate} q"),
            Scene::Bursts(rate) => format!("bursts of 50, {rate} q"),
            Scene::Contaminated => "0.5 % of the calibration planted, then q".into(),
        }
    }
}

/// What is run, and for how many judged values.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    pub(crate) level: f64,
    pub(crate) n_init: usize,
    pub(crate) q: f64,
    pub(crate) scene: Scene,
    pub(crate) length: usize,
    pub(crate) accounting: Accounting,
    pub(crate) threshold: Threshold,
}

impl Setting {
    /// The default rules.
    pub(crate) fn new(level: f64, n_init: usize, q: f64, scene: Scene, length: usize) -> Self {
        let Config { accounting, threshold, .. } = Config::default();
        Setting { level, n_init, q, scene, length, accounting, threshold }
    }

    fn config(&self) -> Config {
        let Setting { level, n_init, q, accounting, threshold, .. } = *self;
        Config { q, level, n_init, down: false, accounting, threshold, ..Config::default() }
    }
}

/// Where the parts of a run end: the first 1,000, 8,000, 100,000 values, all.
pub(crate) const PARTS: [usize; 4] = [1_000, 8_000, 100_000, usize::MAX];

/// What became of one run.
#[derive(Clone, Copy, Default)]
pub(crate) struct Run {
    /// Sum of the exceedance over each part, and its values.
    exceedance: [f64; 4],
    values: [usize; 4],
    planted: u64,
    found: u64,
    /// Exceedance of the first threshold.
    pub(crate) first: f64,
    /// True probability of a value that is said to have at most q, q/10 and q/100, as multiples of these.
    pub(crate) improbable: [f64; 3],
    /// The lowest probability of a value.
    pub(crate) lowest: f64,
}

impl Run {
    /// Mean exceedance / q up to the end of a part, from the end of another.
    pub(crate) fn rate(&self, from: usize, to: usize, q: f64) -> f64 {
        let values: usize = self.values[from..to].iter().sum();
        self.exceedance[from..to].iter().sum::<f64>() / values as f64 / q
    }

    /// Share of the anomalies that raised an alert.
    pub(crate) fn found(&self) -> f64 {
        if self.planted == 0 { 1.0 } else { self.found as f64 / self.planted as f64 }
    }
}

/// Clean values and what is planted among them. Only those of the tail are drawn; all others are the
/// same low value.
pub(crate) struct Stream<'a> {
    tail: &'a UpperTail,
    pub(crate) draws: Draws,
    scene: Scene,
    q: f64,
    next_drawn: usize,
    next_planted: usize,
    burst: usize,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(tail: &'a UpperTail, scene: Scene, q: f64, seed: u64) -> Self {
        let draws = Draws::new(seed);
        let next_planted = usize::MAX >> 1;
        let mut stream = Stream { tail, draws, scene, q, next_drawn: 0, next_planted, burst: 50 };
        stream.next_drawn = stream.gap(tail.drawn) - 1;
        stream
    }

    /// The values of a calibration; planting begins after it.
    pub(crate) fn calibration(&mut self, n: usize) -> Vec<f64> {
        let mut values = Vec::new();
        self.fill(&mut values, &mut Vec::new(), n);
        if self.scene == Scene::Contaminated {
            for i in 0..n / 200 {
                values[i * 200 + 17] = self.tail.far(self.q, &mut self.draws);
            }
        }
        self.next_planted = self.gap(self.rate()) - 1;
        values
    }

    fn gap(&mut self, p: f64) -> usize {
        if p > 0.0 {
            1 + (self.draws.uniform().ln() / (-p).ln_1p()) as usize
        } else {
            usize::MAX >> 1
        }
    }

    /// The next `len` values, and the places of the planted ones.
    fn fill(&mut self, values: &mut Vec<f64>, planted: &mut Vec<usize>, len: usize) {
        values.clear();
        values.resize(len, self.tail.low());
        planted.clear();
        while self.next_drawn < len {
            values[self.next_drawn] = self.tail.draw(&mut self.draws);
            self.next_drawn += self.gap(self.tail.drawn);
        }
        self.next_drawn -= len;
        while self.next_planted < len {
            values[self.next_planted] = self.tail.far(self.q, &mut self.draws);
            planted.push(self.next_planted);
            let gap = match self.scene {
                Scene::Bursts(_) if self.burst > 1 => {
                    self.burst -= 1;
                    1
                }
                _ => {
                    self.burst = 50;
                    self.gap(self.rate())
                }
            };
            self.next_planted += gap;
        }
        self.next_planted -= len;
    }

    fn rate(&self) -> f64 {
        match self.scene {
            Scene::Clean => 0.0,
            Scene::Planted(rate) => rate * self.q,
            Scene::Bursts(rate) => rate * self.q / 50.0,
            Scene::Contaminated => self.q,
        }
    }
}

/// One run; with `probabilities`, those of all values are asked for, and compared with the truth after each chunk.
pub(crate) fn run(setting: &Setting, tail: &UpperTail, seed: u64, probabilities: bool) -> Run {
    let Setting { n_init, q, scene, length, .. } = *setting;
    let mut stream = Stream::new(tail, scene, q, seed);
    let mut spot = Spot::new(setting.config()).expect("the configuration is valid");
    spot.fit(&stream.calibration(n_init)).expect("enough values");
    let first = tail.survival(spot.anomaly_threshold(Side::Up)) / q;
    let mut run = Run { first, lowest: 1.0, ..Run::default() };
    let (mut values, mut planted) = (Vec::new(), Vec::new());
    let (mut done, mut part, mut last) = (0, 0, (f64::NAN, 0.0));
    while done < length {
        let end = PARTS[part].min(length);
        let len = CHUNK.min(end - done);
        stream.fill(&mut values, &mut planted, len);
        let (mut events, mut upper) = (vec![Event::Normal; len], vec![0.0; len]);
        let mut probability = vec![f64::NAN; if probabilities { len } else { 0 }];
        let mut outputs = Outputs::events(&mut events);
        outputs.upper = Some(&mut upper);
        outputs.probability = probabilities.then_some(&mut probability[..]);
        spot.step_many(&values, outputs).expect("the outputs are as long as the values");
        for z in upper {
            if z != last.0 {
                last = (z, tail.survival(z));
            }
            run.exceedance[part] += last.1;
        }
        if probabilities {
            run.lowest = probability.into_iter().fold(run.lowest, f64::min);
            for (sum, p) in run.improbable.iter_mut().zip([q, 0.1 * q, 0.01 * q]) {
                let share = len as f64 / length as f64;
                *sum += share * tail.survival(spot.quantile(Side::Up, p)) / p;
            }
        }
        run.values[part] += len;
        run.planted += planted.len() as u64;
        run.found += planted.iter().filter(|i| events[**i] == Event::AlertUp).count() as u64;
        done += len;
        part += usize::from(done == end);
    }
    run
}
