//! What is known of a tail: the maximum of the likelihood, and the posterior.

use serde::{Deserialize, Serialize};

use crate::gpd::expansion::{Expansion, Sums};
use crate::gpd::fit::Outcome;
use crate::gpd::maxima::{SHAPE_CAP, SHAPE_FLOOR};
use crate::gpd::refit::{Mode, Refit};
use crate::tail::frame::Frame;
use crate::tail::moving::Background;
use crate::tail::nodes::{Block, Counts, Row};
use crate::tail::posterior::{OfFew, Posterior};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MaximumV1 {
    shape: f64,
    scale: f64,
    outcome: Option<Outcome>,
    delta: f64,
    bound: Option<f64>,
    expanded: bool,
    unit: f64,
    anchor: f64,
    x_max: f64,
    w_max: f64,
    log_sum: f64,
    all: Sums,
    uncensored: Sums,
    age: usize,
}

/// The sums of eight nodes of the posterior over the excesses, and the products of the factors since.
pub(super) type Sums8 = (Row, Row);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PosteriorV1 {
    /// Reference, centre, width, low, high, spread.
    frame: [f64; 6],
    excesses: Vec<Sums8>,
    /// The same over the limits, if there are any.
    limits: Option<Vec<Sums8>>,
    /// 1/S and the share of the posterior at the nodes, unless they follow from the sums.
    weights: Option<Vec<(Row, Row)>>,
    /// Excesses and ties when the weights followed.
    counts: [f64; 2],
    /// The size of a cluster and the prior of the shape then, if there was something to say.
    background: Option<[f64; 3]>,
    known: usize,
    censored: usize,
    largest: f64,
    tied: usize,
    age: usize,
    waiting: usize,
    headroom: f64,
    is_largest_gone: bool,
}

impl From<Refit> for MaximumV1 {
    fn from(refit: Refit) -> Self {
        let Expansion { unit, anchor, x_max, w_max, log_sum, all, uncensored, age } =
            refit.expansion;
        let bound = match refit.mode {
            Mode::Interior => None,
            Mode::Bound(shape) => Some(shape),
        };
        let Refit { shape, scale, outcome, delta, expanded, .. } = refit;
        MaximumV1 {
            shape,
            scale,
            outcome,
            delta,
            bound,
            expanded,
            unit,
            anchor,
            x_max,
            w_max,
            log_sum,
            all,
            uncensored,
            age,
        }
    }
}

impl From<Posterior> for PosteriorV1 {
    fn from(posterior: Posterior) -> Self {
        let Frame { reference, centre, width, low, high, spread } = posterior.frame;
        let Counts { known, ties, background } = posterior.counts;
        let Background { cluster, shape, sharpness } = background;
        let blocks = &posterior.blocks;
        let has_limits =
            |block: &Block| block.limit_sum != [0.0; 8] || block.limit_product != [1.0; 8];
        let limits = blocks
            .iter()
            .any(has_limits)
            .then(|| blocks.iter().map(|block| (block.limit_sum, block.limit_product)).collect());
        PosteriorV1 {
            frame: [reference, centre, width, low, high, spread],
            excesses: blocks.iter().map(|block| (block.excess_sum, block.excess_product)).collect(),
            limits,
            weights: (!posterior.follows)
                .then(|| blocks.iter().map(|block| (block.inverse_sum, block.weight)).collect()),
            counts: [known, ties],
            background: (background != Background::default())
                .then_some([cluster, shape, sharpness]),
            known: posterior.known,
            censored: posterior.limits,
            largest: posterior.largest,
            tied: posterior.tied,
            age: posterior.age,
            waiting: posterior.waiting,
            headroom: posterior.headroom,
            is_largest_gone: posterior.is_largest_gone,
        }
    }
}

impl PosteriorV1 {
    fn background(&self) -> Background {
        match self.background {
            Some([cluster, shape, sharpness]) => Background { cluster, shape, sharpness },
            None => Background::default(),
        }
    }

    pub(super) fn restore(self) -> Posterior {
        let background = self.background();
        let [reference, centre, width, low, high, spread] = self.frame;
        let nothing = vec![([0.0; 8], [1.0; 8]); self.excesses.len()];
        let limits = self.limits.unwrap_or(nothing);
        let follows = self.weights.is_none();
        let unknown = vec![([0.0; 8], [0.0; 8]); self.excesses.len()];
        let weights = self.weights.unwrap_or(unknown);
        let block = |((excesses, limits), weights): ((Sums8, Sums8), (Row, Row))| Block {
            growth: [0.0; 8],
            measure: [0.0; 8],
            excess_sum: excesses.0,
            limit_sum: limits.0,
            excess_product: excesses.1,
            limit_product: limits.1,
            inverse_sum: weights.0,
            weight: weights.1,
        };
        let [known, ties] = self.counts;
        let mut posterior = Posterior {
            blocks: self.excesses.into_iter().zip(limits).zip(weights).map(block).collect(),
            of_few: OfFew::default(),
            frame: Frame { reference, centre, width, low, high, spread },
            counts: Counts { known, ties, background },
            known: self.known,
            limits: self.censored,
            largest: self.largest,
            tied: self.tied,
            age: self.age,
            waiting: self.waiting,
            headroom: self.headroom,
            follows,
            is_largest_gone: self.is_largest_gone,
        };
        posterior.derive();
        posterior
    }
}

impl MaximumV1 {
    pub(super) fn restore(self) -> Refit {
        let expansion = Expansion {
            unit: self.unit,
            anchor: self.anchor,
            x_max: self.x_max,
            w_max: self.w_max,
            log_sum: self.log_sum,
            all: self.all,
            uncensored: self.uncensored,
            age: self.age,
        };
        Refit {
            expansion,
            delta: self.delta,
            mode: self.bound.map_or(Mode::Interior, Mode::Bound),
            expanded: self.expanded,
            shape: self.shape,
            scale: self.scale,
            outcome: self.outcome,
        }
    }

    pub(super) fn is_consistent(&self, uncensored: usize) -> bool {
        let scalars = [self.anchor, self.x_max, self.w_max, self.log_sum, self.delta];
        let sums = self.all.iter().chain(&self.uncensored);
        self.bound.is_none_or(|shape| shape == SHAPE_FLOOR || shape == SHAPE_CAP)
            && scalars.iter().chain(sums).all(|number| number.is_finite())
            && self.unit.is_normal()
            && self.unit > 0.0
            && self.age < usize::MAX >> 1
            && (SHAPE_FLOOR..=SHAPE_CAP).contains(&self.shape)
            && self.scale >= 0.0
            && self.scale.is_finite()
            && (!self.expanded || uncensored > 0)
    }
}

/// How far a sum may have drifted from the sum over the entries, relative to the number of them.
pub(super) const DRIFT: f64 = 1e-6;

impl PosteriorV1 {
    /// Whether the sums are those of the entries. No sum is trusted: a forged one could make any threshold.
    pub(super) fn is_consistent(&self, entries: &[f64]) -> bool {
        let numbers = self.frame.iter().chain(&self.counts).chain([&self.largest, &self.headroom]);
        let known = entries.iter().filter(|entry| **entry > 0.0).count();
        let is_counted = self.known == known
            && self.censored == entries.len() - known
            && self.tied <= known
            && self.age < usize::MAX >> 1
            && self.waiting <= self.age;
        numbers.into_iter().all(|number| number.is_finite())
            && self.background().is_sound()
            && is_counted
            && Posterior::has_blocks(known, self.excesses.len())
            && self.limits.as_ref().is_none_or(|limits| limits.len() == self.excesses.len())
            && self.sums_agree(entries)
            && self
                .weights
                .as_ref()
                .is_none_or(|weights| weights.len() == self.excesses.len() && are_shares(weights))
    }

    fn sums_agree(&self, entries: &[f64]) -> bool {
        let nothing = vec![([0.0; 8], [1.0; 8]); self.excesses.len()];
        let limits = self.limits.as_ref().unwrap_or(&nothing);
        let [reference, centre, width, low, high, spread] = self.frame;
        let frame = Frame { reference, centre, width, low, high, spread };
        let fresh = Posterior::sums_at(frame, self.excesses.len(), entries, self.largest);
        let near = |(sum, product): &Sums8, j: usize, wanted: f64| {
            let error = (sum[j] + product[j].ln() - wanted).abs();
            product[j] > 0.0
                && product[j].is_finite()
                && error <= DRIFT * (1.0 + entries.len() as f64)
        };
        self.excesses.iter().zip(limits).zip(fresh).all(|((excesses, limits), fresh)| {
            (0..8).all(|j| match fresh[j] {
                Some([excess, limit]) => near(excesses, j, excess) && near(limits, j, limit),
                None => excesses.0[j].is_finite() && limits.0[j].is_finite(),
            })
        })
    }
}

/// Whether these can be 1/S and the shares of a posterior.
fn are_shares(weights: &[(Row, Row)]) -> bool {
    let shares = weights.iter().flat_map(|(_, share)| share);
    weights.iter().flat_map(|(inverse, _)| inverse).all(|number| number.is_finite())
        && shares.clone().all(|share| *share >= 0.0)
        && (shares.sum::<f64>() - 1.0).abs() < 1e-9
}
