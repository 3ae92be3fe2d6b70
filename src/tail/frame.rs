//! Where the nodes lie: u = centre + width sinh v for equidistant v, dense where the posterior is and wide apart in its
//! tails, u = ln(1 + θY).
//!
//! A round takes the sums over all entries at such nodes and reads off the weights where the posterior is; the next
//! round has its nodes there. From scratch the first nodes lie where the posterior of a few excesses is, for any
//! excesses, so that these need one round; kept nodes need one as well, since they start from their own weights.

use super::nodes::{Block, Counts, LANES, LEAST_GROWTH, MOST_GROWTH, weigh};

const MOST_ROUNDS: usize = 12;
/// The nodes of a first round.
const FIRST: Frame =
    Frame { reference: 0.0, centre: 0.0, width: 1.0, low: -3.6, high: 5.0, spread: 0.0 };
/// Half of the posterior's 16 % to 84 % range, times this, is the width.
const WIDTH: f64 = 2.0;
/// Where the mass per v has fallen to e^-LEFT and e^-RIGHT of its peak the nodes end: the right side decides far
/// quantiles.
const LEFT: f64 = 12.0;
const RIGHT: f64 = 20.0;
/// A peak is resolved if so many nodes reach a thirtieth of it.
const PEAK: f64 = 0.03;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The largest entry at the placement.
    pub(crate) reference: f64,
    pub(crate) centre: f64,
    pub(crate) width: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Powers of two by which one exchange can move a product.
    pub(crate) spread: f64,
}

impl Default for Frame {
    fn default() -> Self {
        FIRST
    }
}

/// How many nodes are enough: the fewer excesses, the farther the posterior's tails reach.
fn blocks_for(counts: Counts) -> usize {
    match counts.known {
        k if k < 40.0 => 8,
        k if k < 100.0 => 4,
        _ => 3,
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
    *frame = match warm {
        Some(landmarks) => landmarks.rescaled(reference / frame.reference).frame(reference),
        None => Frame { reference, ..FIRST },
    };
    if !(reference > 0.0) {
        return;
    }
    for _ in 0..MOST_ROUNDS {
        frame.build(size, blocks);
        blocks.iter_mut().for_each(|block| block.sum(entries, reference));
        weigh(blocks, counts);
        let Some(landmarks) = Landmarks::read(frame, blocks) else { break };
        if landmarks.are_met() {
            break;
        }
        *frame = landmarks.frame(reference);
    }
    let bits = std::f64::consts::LOG2_E;
    frame.spread = (frame.u(frame.high).max(0.0) - frame.u(frame.low).min(0.0)) * bits;
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
        let weights = || blocks.iter().flat_map(|block| block.weight);
        let peak = weights().fold(0.0, f64::max);
        let first = weights().find(|weight| *weight > 0.0).unwrap_or(0.0);
        let last = blocks[blocks.len() - 1].weight[LANES - 1];
        let many = weights().filter(|weight| *weight > PEAK * peak).count();
        // Without its largest entry the posterior reaches farther left than any node can; with a larger one the nodes are
        // too sparse where its tails end.
        let short = |end: f64| {
            let growth = blocks.iter().flat_map(|block| block.growth);
            let short =
                growth.zip(weights()).filter(|(growth, _)| 1.0 + (growth - 1.0) * end < 0.5);
            short.map(|(_, weight)| weight).sum::<f64>()
        };
        blocks.len() == blocks_for(counts)
            && many >= 4
            && (first < 1e-3 || self.u(self.low) < LEAST_GROWTH + 1.0)
            && (last < 1e-5 || self.u(self.high) > MOST_GROWTH - 1.0)
            && !end.is_some_and(|end| short(end) > 1e-4)
    }
}

/// Where the posterior is, in u.
struct Landmarks {
    median: f64,
    deviation: f64,
    left: f64,
    right: f64,
    /// Whether the nodes they were read from end where these do, and are dense enough.
    are_met: bool,
}

impl Landmarks {
    /// None if no node has any weight.
    fn read(frame: &Frame, blocks: &[Block]) -> Option<Self> {
        let nodes = blocks.len() * LANES;
        let weight = |j: usize| blocks[j / LANES].weight[j % LANES];
        let peak = (0..nodes).map(weight).fold(0.0, f64::max);
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
        let is_open_left = first == 0 && u(0.0) > LEAST_GROWTH + 1.0;
        let is_open_right = last == nodes - 1 && u(last as f64) < MOST_GROWTH - 1.0;
        let many = (0..nodes).filter(reaches(PEAK)).count();
        let wider = 0.3 * (nodes as f64) + 1.0 / step;
        let left = if is_open_left { u(-wider) } else { u(first as f64 - 1.0) };
        let right =
            if is_open_right { u(nodes as f64 - 1.0 + wider) } else { u(last as f64 + 1.0) };
        let used = last + 1 - first;
        Some(Landmarks {
            median,
            deviation: (0.5 * (high - low)).max(1e-3 * (right - left)).max(1e-9),
            left,
            right,
            are_met: !is_open_left && !is_open_right && many >= 6 && 3 * used >= nodes,
        })
    }

    fn are_met(&self) -> bool {
        self.are_met
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
            are_met: false,
        }
    }

    fn frame(&self, reference: f64) -> Frame {
        let width = WIDTH * self.deviation;
        let v = |u: f64| ((u - self.median) / width).asinh();
        Frame {
            reference,
            centre: self.median,
            width,
            low: v(self.left.max(LEAST_GROWTH)),
            high: v(self.right.min(MOST_GROWTH)),
            spread: 0.0,
        }
    }
}
