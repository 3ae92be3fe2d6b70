//! The posterior of a tail, kept up to date in O(1) for each new excess.
//!
//! With θ = γ/σ and the prior dγ dσ/σ, flat in the shape and free of a scale, the shape integrates out in closed form:
//! k excesses y and some limits c ("at least c") leave for θ > -1/max
//!
//! ```text
//! w(θ) dθ,   w = |θ/S|^(k-1) e^(-S_u),   S = Σ ln(1 + θy) + Σ ln(1 + θc),   S_u = Σ ln(1 + θy)
//! ```
//!
//! and, given θ, S/γ is a gamma variable of k - 1. Two rules make this a posterior for every sample:
//!
//! - Fewer than 15 excesses say too little of the shape: a normal prior helps, in full up to 5.
//! - Excesses that tie with the largest entry would make w infinite at the end point θ = -1/max: for θ < 0 they count
//!   once in S_u, and where S < -k the density falls with it.
//!
//! The integral is a sum over nodes in u = ln(1 + θ·max), placed where the posterior is ([`Frame`]). The sums at the
//! nodes follow every entry by a multiplication; weights follow when one in four is new, as the posterior
//! hardly moves in between. Below [`FEW`] excesses everything is a function of the entries alone and nothing is kept.

use std::sync::OnceLock;

use super::frame::{Frame, place};
use super::moving::{Background, Estimate};
use super::nodes::{Block, Counts, LEAST_GROWTH, weigh};
#[cfg(feature = "snapshot")]
use super::nodes::{InUnits, LANES};
use super::predictive::Predictive;

/// With fewer uncensored excesses the nodes are placed anew for each answer, and not kept.
pub(crate) const FEW: usize = 40;
/// The weights follow when one excess in this many is new.
const FOLLOWS: usize = 4;
/// Powers of two that the products at the nodes may move before they must be folded.
const HEADROOM: f64 = 900.0;
/// Powers of two by which an entry beyond half of the reference can move a product at a node of a short tail.
const LEFT_SPREAD: f64 = -LEAST_GROWTH * std::f64::consts::LOG2_E;
/// An entry this many times the reference moves the nodes at once.
const TOO_FAR: f64 = 1e30;

/// The posterior of one tail. The entries are not kept: a call that needs them is given them.
///
/// State to keep for a continuation bit for bit, from [`FEW`] excesses on: everything but `growth` and `measure` of the
/// blocks, which follow from the rest, as `inverse_sum` and `weight` do while `follows` is true. Below, the entries alone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Posterior {
    /// Empty below [`FEW`] excesses.
    pub(crate) blocks: Vec<Block>,
    pub(crate) of_few: OfFew,
    pub(crate) frame: Frame,
    /// As of the last time that the weights followed.
    pub(crate) counts: Counts,
    /// As of now.
    pub(crate) known: usize,
    pub(crate) limits: usize,
    /// The largest entry since the placement, and how many excesses equal it.
    pub(crate) largest: f64,
    pub(crate) tied: usize,
    /// Entries since the placement, and since the weights followed.
    pub(crate) age: usize,
    pub(crate) waiting: usize,
    /// Powers of two by which the products may still move.
    pub(crate) headroom: f64,
    /// Whether the weights follow from the sums and the largest entry as they are now.
    pub(crate) follows: bool,
    /// Whether the largest entry left, or another one ties with one beyond the reference.
    pub(crate) is_largest_gone: bool,
}

/// The nodes of few excesses, once they were asked for. They follow from the entries, so two posteriors are equal
/// whether or not they have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfFew(OnceLock<Vec<Block>>);

impl OfFew {
    fn nodes(&self, place: impl FnOnce() -> Vec<Block>) -> &[Block] {
        self.0.get_or_init(place)
    }
}

impl PartialEq for OfFew {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Posterior {
    /// The posterior of no entries.
    pub(crate) fn new(background: Background) -> Self {
        Posterior {
            blocks: Vec::new(),
            of_few: OfFew::default(),
            frame: Frame::default(),
            counts: Counts { known: 1.0, ties: 0.0, background },
            known: 0,
            limits: 0,
            largest: 0.0,
            tied: 0,
            age: 0,
            waiting: 0,
            headroom: 0.0,
            follows: true,
            is_largest_gone: false,
        }
    }

    /// Starts from these entries.
    pub(crate) fn place(&mut self, entries: &[f64]) {
        *self = Posterior::new(self.counts.background);
        self.move_nodes(entries);
    }

    /// The posterior of these entries, fewer than [`FEW`] of them excesses.
    #[cfg(feature = "snapshot")]
    pub(crate) fn of_few(entries: &[f64], background: Background) -> Self {
        let mut posterior = Posterior::new(background);
        posterior.move_nodes(entries);
        posterior
    }

    /// Whether there is a state to keep, beyond the entries.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_kept(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Takes in an entry and what it replaced; `entries` are those after it, `background` is asked for when it is needed. Returns whether the predictive followed:
    /// below [`FEW`] excesses always, then on a schedule that depends on nothing but the entries.
    #[inline]
    pub(crate) fn push(
        &mut self,
        entries: &[f64],
        new: f64,
        evicted: Option<f64>,
        background: impl FnOnce() -> Background,
    ) -> bool {
        self.count(new, evicted);
        if self.blocks.is_empty() || self.known < FEW || new.abs() > TOO_FAR * self.frame.reference
        {
            self.counts.background = background();
            self.move_nodes(entries);
            return true;
        }
        self.exchange(new, evicted);
        if self.waiting < self.known / FOLLOWS {
            if self.headroom <= 0.0 {
                self.fold();
                self.follows = false;
            }
            return false;
        }
        self.follow(entries, background());
        true
    }

    /// The predictive as of the last time it followed.
    pub(crate) fn predictive(&self, entries: &[f64]) -> Predictive<'_> {
        if self.blocks.is_empty() {
            let (counts, reference) = (count(entries, self.counts.background), largest(entries));
            let nodes = self.of_few.nodes(|| {
                let (mut frame, mut blocks) = (Frame::default(), Vec::new());
                place(entries, counts, reference, &mut frame, &mut blocks);
                blocks
            });
            return Predictive { nodes, counts, reference };
        }
        Predictive { nodes: &self.blocks, counts: self.counts, reference: self.frame.reference }
    }

    /// What the entries alone say of the shape, if they come in clusters of this size; nothing below [`FEW`] excesses.
    pub(crate) fn shape_alone(&self, entries: &[f64], cluster: f64) -> Option<Estimate> {
        if self.blocks.is_empty() {
            return None;
        }
        let mut alone = self.clone();
        alone.counts.background = Background { cluster, ..Background::default() };
        alone.move_nodes(entries);
        Some(alone.predictive(entries).estimated_shape()).filter(|shape| shape.is_sound())
    }

    /// Computes what follows from the rest: the places of the nodes, and their weights if they do.
    #[cfg(feature = "snapshot")]
    pub(crate) fn derive(&mut self) {
        let mut fresh = Vec::new();
        self.frame.build(self.blocks.len(), &mut fresh);
        for (block, fresh) in self.blocks.iter_mut().zip(fresh) {
            (block.growth, block.measure) = (fresh.growth, fresh.measure);
            block.end_before(self.largest / self.frame.reference);
        }
        if self.follows {
            weigh(&mut self.blocks, self.counts);
        }
    }

    /// The two sums at every node of a frame (excesses, limits); none where a tail ends before the largest entry.
    #[cfg(feature = "snapshot")]
    pub(crate) fn sums_at(
        frame: Frame,
        size: usize,
        entries: &[f64],
        largest: f64,
    ) -> Vec<[Option<[f64; 2]>; LANES]> {
        let mut blocks = Vec::new();
        frame.build(size, &mut blocks);
        let entries = InUnits::of(entries, frame.reference);
        let sums = |mut block: Block| {
            block.sum(&entries);
            block.end_before(largest / frame.reference);
            std::array::from_fn(|j| {
                let sums = [block.excess_sum[j], block.limit_sum[j]];
                (block.measure[j] > 0.0).then_some(sums)
            })
        };
        blocks.into_iter().map(sums).collect()
    }

    /// Whether this many excesses have this many blocks of nodes.
    #[cfg(feature = "snapshot")]
    pub(crate) fn has_blocks(known: usize, blocks: usize) -> bool {
        if known < FEW { blocks == 0 } else { (2..=8).contains(&blocks) }
    }

    fn count(&mut self, new: f64, evicted: Option<f64>) {
        let count = |entry: f64| (usize::from(entry > 0.0), usize::from(!(entry > 0.0)));
        let (known, limits) = count(new);
        self.known += known;
        self.limits += limits;
        if let Some(evicted) = evicted {
            let (known, limits) = count(evicted);
            self.known -= known;
            self.limits -= limits;
            if evicted.abs() == self.largest {
                self.tied = self.tied.saturating_sub(known);
                self.is_largest_gone |= self.tied == 0;
            }
        }
        if new.abs() > self.largest {
            self.largest = new.abs();
            self.tied = known;
        } else if new == self.largest {
            self.tied += 1;
            self.is_largest_gone |= self.largest > self.frame.reference;
        }
        self.age += 1;
        self.waiting += 1;
    }

    #[inline]
    fn exchange(&mut self, new: f64, evicted: Option<f64>) {
        let unit = self.frame.reference;
        let in_units = |entry: f64| (entry.abs() / unit, entry > 0.0);
        let (new, old) = (in_units(new), evicted.map(in_units));
        for block in &mut self.blocks {
            block.exchange(new, old);
        }
        let largest = new.0.max(old.map_or(0.0, |old| old.0));
        self.headroom -= self.frame.spread;
        if largest > 0.5 {
            self.headroom -= LEFT_SPREAD;
        }
        if largest > 1.0 {
            self.follows = false; // A node may have died.
            self.headroom -= 2.0 * largest.log2();
        }
    }

    /// Moves the products at the nodes into the sums.
    fn fold(&mut self) {
        self.blocks.iter_mut().for_each(|block| block.fold(self.limits > 0));
        self.headroom = HEADROOM;
    }

    /// The weights follow the sums; the nodes follow the weights where these have moved too far.
    fn follow(&mut self, entries: &[f64], background: Background) {
        self.fold();
        (self.waiting, self.follows) = (0, true);
        self.counts = self.counts_now(background);
        let is_possible = weigh(&mut self.blocks, self.counts);
        let is_old = self.age >= self.known + self.limits;
        // Nodes whose tails end before an entry beyond the reference stay dead when it leaves.
        let are_dead = self.is_largest_gone && self.largest > self.frame.reference;
        if is_old
            || are_dead
            || !is_possible
            || !self.frame.fits(&self.blocks, self.counts, self.end())
        {
            self.move_nodes(entries);
        }
    }

    /// Where the largest entry is, in units of the reference, if that is another one than when the nodes were placed.
    fn end(&self) -> Option<f64> {
        let end = (self.largest / self.frame.reference).max(1.0);
        (self.is_largest_gone || end > 1.0).then_some(end)
    }

    fn counts_now(&self, background: Background) -> Counts {
        let ties =
            if self.largest > self.frame.reference { 0 } else { self.tied.saturating_sub(1) };
        Counts { known: self.known.max(1) as f64, ties: ties as f64, background }
    }

    #[cold]
    fn move_nodes(&mut self, entries: &[f64]) {
        self.of_few = OfFew::default();
        self.known = entries.iter().filter(|entry| **entry > 0.0).count();
        self.limits = entries.len() - self.known;
        if self.known < FEW {
            let (known, limits) = (self.known, self.limits);
            *self = Posterior { known, limits, ..Posterior::new(self.counts.background) };
            return;
        }
        self.counts = count(entries, self.counts.background);
        self.largest = largest(entries);
        self.tied = entries.iter().filter(|entry| **entry == self.largest).count();
        place(entries, self.counts, self.largest, &mut self.frame, &mut self.blocks);
        (self.age, self.waiting, self.headroom) = (0, 0, HEADROOM);
        (self.is_largest_gone, self.follows) = (false, true);
    }
}

fn largest(entries: &[f64]) -> f64 {
    entries.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()))
}

fn count(entries: &[f64], background: Background) -> Counts {
    let largest = largest(entries);
    let known = entries.iter().filter(|entry| **entry > 0.0).count();
    let ties = entries.iter().filter(|entry| **entry == largest).count();
    Counts { known: known.max(1) as f64, ties: ties.saturating_sub(1) as f64, background }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
