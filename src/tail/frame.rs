//! Where the nodes lie: u = centre + width sinh v for equidistant v, dense where the posterior is and wide apart in its
//! tails, u = ln(1 + θY).
//!
//! A round takes the sums over all entries at such nodes and reads off the weights where the posterior is; the next
//! round has its nodes there. From scratch the first nodes lie where the posterior of a few excesses is, for any
//! excesses, so that these need one round; kept nodes need one as well, since they start from their own weights.

use super::nodes::{Block, Counts, InUnits, LANES, LEAST_GROWTH, MOST_GROWTH, weigh};

const MOST_ROUNDS: usize = 12;
/// The nodes of a first round.
const FIRST: Frame =
    Frame { reference: 0.0, centre: 0.0, width: 1.0, low: -3.6, high: 5.0, spread: 0.0 };
/// The nodes are densest at the median and at this many deviations from it, where far quantiles are decided; the body needs few. (A
/// deviation is half of the range from 16 % to 84 %.)
const SHIFT: f64 = 1.5;
/// The width in deviations.
const WIDTH: f64 = 1.0;
/// Where the mass per v has fallen to e^-LEFT and e^-RIGHT of its peak the nodes end: the right side decides far
/// quantiles.
const LEFT: f64 = 10.0;
const RIGHT: f64 = 16.0;
/// Below this many excesses the first nodes are good enough, unless they are too far apart.
const FEW: f64 = 40.0;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The largest entry at the placement.
    pub(crate) reference: f64,
    pub(crate) centre: f64,
    pub(crate) width: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Powers of two by which an exchange of entries up to half of the reference can move a product.
    pub(crate) spread: f64,
}

impl Default for Frame {
    fn default() -> Self {
        FIRST
    }
}

/// How many nodes are enough: the fewer excesses, the farther the posterior's tails reach. (For a handful of excesses
/// a few percent are accurate enough.)
fn blocks_for(counts: Counts) -> usize {
    match counts.effective() {
        k if k < 10.0 => 4,
        k if k < FEW => 8,
        k if k < 60.0 => 6,
        k if k < 100.0 => 4,
        k if k < 200.0 => 3,
        _ => 2,
    }
}

/// Places nodes for these entries, starting from those that there are, and weighs them.
pub(super) fn place(
    entries: &[f64],
    counts: Counts,
    reference: f64,
    frame: &mut Frame,
    blocks: &mut Vec<Block>,
) {
    let size = blocks_for(counts);
    let warm = Landmarks::read(frame, blocks).filter(|_| blocks.len() == size);
    let is_warm = warm.is_some();
    *frame = match warm {
        Some(landmarks) => landmarks.rescaled(reference / frame.reference).frame(reference),
        None => Frame { reference, ..FIRST },
    };
    if !(reference > 0.0) {
        return;
    }
    let entries = InUnits::of(entries, reference);
    for round in 0..MOST_ROUNDS {
        frame.build(size, blocks);
        blocks.iter_mut().for_each(|block| block.sum(&entries));
        weigh(blocks, counts);
        let is_placed = round > 0 || is_warm || counts.effective() < FEW;
        if is_placed && frame.covers(blocks, PLACED) || round + 1 == MOST_ROUNDS {
            break;
        }
        let Some(landmarks) = Landmarks::read(frame, blocks) else { break };
        *frame = landmarks.frame(reference);
    }
    frame.spread = (frame.u(frame.high) * std::f64::consts::LOG2_E).max(1.0);
}

impl Frame {
    fn u(&self, v: f64) -> f64 {
        self.centre + self.width * v.sinh()
    }

    fn step(&self, nodes: usize) -> f64 {
        (self.high - self.low) / (nodes as f64 - 1.0)
    }

    pub(super) fn build(&self, size: usize, blocks: &mut Vec<Block>) {
        let step = self.step(size * LANES).exp();
        let mut power = self.low.exp();
        blocks.clear();
        for _ in 0..size {
            let powers = std::array::from_fn(|_| {
                let this = power;
                power *= step;
                this
            });
            blocks.push(Block::new(&powers, self.centre, self.width));
        }
    }

    /// Whether the nodes still are where the posterior is.
    pub(super) fn fits(&self, blocks: &[Block], counts: Counts, end: Option<f64>) -> bool {
        // Without its largest entry the posterior may reach farther left than any node can; with a larger one the nodes
        // are too sparse where its tails end.
        let short = |end: f64| {
            let growth = blocks.iter().flat_map(|block| block.growth);
            let is_short = |growth: f64| 1.0 + (growth - 1.0) * end < 0.3;
            let short = growth.zip(weights(blocks)).filter(|(growth, _)| is_short(*growth));
            short.map(|(_, weight)| weight).sum::<f64>()
        };
        let enough = blocks_for(counts);
        let is_clustered = counts.background.cluster > 1.0;
        (blocks.len() == enough || is_clustered && blocks.len() > enough)
            && self.covers(blocks, KEPT)
            && (self.below_median(blocks) - 0.5).abs() < may_move(counts)
            && !end.is_some_and(|end| short(end) > 1e-3)
    }

    /// The mass on the nodes that had half of it when they were placed.
    fn below_median(&self, blocks: &[Block]) -> f64 {
        let median = (self.centre - SHIFT * self.width / WIDTH).exp();
        let growth = blocks.iter().flat_map(|block| block.growth);
        let below = growth.zip(weights(blocks)).filter(|(growth, _)| *growth < median);
        below.map(|(_, weight)| weight).sum()
    }

    /// Whether the nodes reach into both tails of the posterior and are dense enough.
    fn covers(&self, blocks: &[Block], cover: Cover) -> bool {
        let peak = weights(blocks).fold(0.0, f64::max);
        let first = weights(blocks).find(|weight| *weight > 0.0).unwrap_or(0.0);
        let last = blocks.last().map_or(0.0, |block| block.weight[LANES - 1]);
        peak > 0.0
            && weights(blocks).filter(|weight| *weight > PEAK * peak).count() >= cover.many
            && (first <= cover.left * peak || self.u(self.low) < LEAST_GROWTH + 1.0)
            && (last <= cover.right * peak || self.u(self.high) > MOST_GROWTH - 1.0)
            && weights(blocks).filter(|weight| *weight > WASTE * peak).count() >= cover.used
    }
}

/// The requirements on nodes: how low the first and the last weight are, relative to the highest, how many nodes reach
/// [`PEAK`] of it, and how many are useful at all.
#[derive(Clone, Copy)]
struct Cover {
    left: f64,
    right: f64,
    many: usize,
    used: usize,
}

/// The mass by which the median may move before the nodes do: the fewer excesses, the less it costs to move them.
fn may_move(counts: Counts) -> f64 {
    if counts.effective() < 100.0 { 0.1 } else { 0.3 }
}

const PLACED: Cover = Cover { left: 2e-3, right: 6e-6, many: 6, used: 10 };
const KEPT: Cover = Cover { left: 1e-2, right: 1e-4, many: 4, used: 6 };
/// A peak is resolved if enough nodes reach this part of it.
const PEAK: f64 = 0.03;
const WASTE: f64 = 1e-7;

fn weights(blocks: &[Block]) -> impl Iterator<Item = f64> {
    blocks.iter().flat_map(|block| block.weight)
}

/// Where the posterior is, in u.
struct Landmarks {
    median: f64,
    deviation: f64,
    left: f64,
    right: f64,
}

impl Landmarks {
    /// None if no node has any weight.
    fn read(frame: &Frame, blocks: &[Block]) -> Option<Self> {
        let nodes = blocks.len() * LANES;
        let weight = |j: usize| blocks[j / LANES].weight[j % LANES];
        let peak = weights(blocks).fold(0.0, f64::max);
        if !(peak > 0.0) {
            return None;
        }
        let step = frame.step(nodes);
        let u = |j: f64| frame.u(frame.low + step * j);
        let quantile = |part: f64| {
            let mut below = 0.0;
            for j in 0..nodes {
                if below + weight(j) >= part {
                    return u(j as f64 - 0.5 + (part - below) / weight(j));
                }
                below += weight(j);
            }
            u(nodes as f64 - 1.0)
        };
        let [low, median, high] = [0.16, 0.5, 0.84].map(quantile);
        let reaches = |height: f64| move |j: &usize| weight(*j) > peak * height;
        let first = (0..nodes).find(reaches((-LEFT).exp())).unwrap_or(0);
        let last = (0..nodes).rev().find(reaches((-RIGHT).exp())).unwrap_or(nodes - 1);
        let wider = 0.1 * nodes as f64 + 0.3 / step;
        let left = if first == 0 { -wider } else { first as f64 - 1.0 };
        let right = if last == nodes - 1 { last as f64 + wider } else { last as f64 + 1.0 };
        let (left, right) = (u(left), u(right));
        let deviation = (0.5 * (high - low)).max(1e-3 * (right - left)).max(1e-9);
        Some(Landmarks { median, deviation, left, right })
    }

    /// The same θ in units of another reference, `ratio` times the old one.
    fn rescaled(self, ratio: f64) -> Self {
        if ratio == 1.0 {
            return self;
        }
        let least = LEAST_GROWTH.exp();
        let map = |u: f64| (1.0 + u.exp_m1() * ratio).max(least).ln().min(MOST_GROWTH);
        let half = self.deviation;
        let deviation = 0.5 * (map(self.median + half) - map(self.median - half));
        Landmarks {
            median: map(self.median),
            deviation: deviation.max(1e-9),
            left: map(self.left),
            right: map(self.right),
        }
    }

    fn frame(&self, reference: f64) -> Frame {
        let width = WIDTH * self.deviation;
        let centre = self.median + SHIFT * self.deviation;
        let v = |u: f64| ((u - centre) / width).asinh();
        Frame {
            reference,
            centre,
            width,
            low: v(self.left.max(LEAST_GROWTH)),
            high: v(self.right.min(MOST_GROWTH)),
            spread: 0.0,
        }
    }
}
