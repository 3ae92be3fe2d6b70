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
//! nodes follow every entry by a multiplication; weights follow at every k/25-th, as the posterior hardly moves in
//! between. Below [`FEW`] excesses everything is a function of the entries alone and nothing is kept.

use std::sync::OnceLock;

use super::frame::{Frame, place};
#[cfg(feature = "snapshot")]
use super::nodes::LANES;
use super::nodes::{Block, Counts, weigh};
use super::predictive::Predictive;

/// With fewer uncensored excesses the nodes are placed anew for each answer, and not kept.
pub(crate) const FEW: usize = 40;
/// The weights follow when a k/25-th of the excesses is new.
const FOLLOWS: usize = 25;
/// Powers of two that the products at the nodes may move before they must be folded.
const HEADROOM: f64 = 900.0;
/// An entry this many times the reference moves the nodes at once.
const TOO_FAR: f64 = 1e30;

/// The posterior of one tail. The entries are not kept: a call that needs them is given them.
///
/// State to keep for a continuation bit for bit, from [`FEW`] excesses on: everything but `growth`, `measure`,
/// `inverse_sum` and `weight` of the blocks, which follow from the rest. Below, the entries alone.
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
    pub(crate) fn new() -> Self {
        Posterior {
            blocks: Vec::new(),
            of_few: OfFew::default(),
            frame: Frame::default(),
            counts: Counts { known: 1.0, ties: 0.0 },
            known: 0,
            limits: 0,
            largest: 0.0,
            tied: 0,
            age: 0,
            waiting: 0,
            headroom: 0.0,
            is_largest_gone: false,
        }
    }

    /// Starts from these entries.
    pub(crate) fn place(&mut self, entries: &[f64]) {
        *self = Posterior::new();
        self.move_nodes(entries);
    }

    /// The posterior of these entries, fewer than [`FEW`] of them excesses.
    #[cfg(feature = "snapshot")]
    pub(crate) fn of_few(entries: &[f64]) -> Self {
        let mut posterior = Posterior::new();
        posterior.move_nodes(entries);
        posterior
    }

    /// Whether there is a state to keep, beyond the entries.
    #[cfg(feature = "snapshot")]
    pub(crate) fn is_kept(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Takes in an entry and what it replaced; `entries` are those after it. Returns whether the predictive followed:
    /// below [`FEW`] excesses always, then on a schedule that depends on nothing but the entries.
    #[inline]
    pub(crate) fn push(&mut self, entries: &[f64], new: f64, evicted: Option<f64>) -> bool {
        self.count(new, evicted);
        if self.blocks.is_empty() || self.known < FEW || new.abs() > TOO_FAR * self.frame.reference
        {
            self.move_nodes(entries);
            return true;
        }
        self.exchange(new, evicted);
        if self.waiting < self.known / FOLLOWS && self.headroom > 0.0 {
            return false;
        }
        self.follow(entries);
        true
    }

    /// The predictive as of the last time it followed.
    pub(crate) fn predictive(&self, entries: &[f64]) -> Predictive<'_> {
        if self.blocks.is_empty() {
            let (counts, reference) = (count(entries), largest(entries));
            let nodes = self.of_few.nodes(|| {
                let (mut frame, mut blocks) = (Frame::default(), Vec::new());
                place(entries, counts, reference, &mut frame, &mut blocks);
                blocks
            });
            return Predictive { nodes, counts, reference };
        }
        Predictive { nodes: &self.blocks, counts: self.counts, reference: self.frame.reference }
    }

    /// Computes what follows from the rest: the places of the nodes and their weights.
    #[cfg(feature = "snapshot")]
    pub(crate) fn derive(&mut self) {
        let mut fresh = Vec::new();
        self.frame.build(self.blocks.len(), &mut fresh);
        for (block, fresh) in self.blocks.iter_mut().zip(fresh) {
            (block.growth, block.measure) = (fresh.growth, fresh.measure);
            block.end_before(self.largest / self.frame.reference);
        }
        weigh(&mut self.blocks, self.counts);
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
        let sums = |mut block: Block| {
            block.sum(entries, frame.reference);
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
        if known < FEW { blocks == 0 } else { (2..=6).contains(&blocks) }
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
        self.headroom -= self.frame.spread;
        if new.0 > 1.0 || old.is_some_and(|old| old.0 > 1.0) {
            self.headroom -= 2.0 * new.0.max(old.map_or(0.0, |old| old.0)).log2();
        }
    }

    /// The weights follow the sums; the nodes follow the weights where these have moved too far.
    fn follow(&mut self, entries: &[f64]) {
        self.blocks.iter_mut().for_each(|block| block.fold(self.limits > 0));
        self.waiting = 0;
        self.headroom = HEADROOM;
        self.counts = self.counts_now();
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

    fn counts_now(&self) -> Counts {
        let ties =
            if self.largest > self.frame.reference { 0 } else { self.tied.saturating_sub(1) };
        Counts { known: self.known.max(1) as f64, ties: ties as f64 }
    }

    #[cold]
    fn move_nodes(&mut self, entries: &[f64]) {
        self.of_few = OfFew::default();
        self.known = entries.iter().filter(|entry| **entry > 0.0).count();
        self.limits = entries.len() - self.known;
        if self.known < FEW {
            *self = Posterior { known: self.known, limits: self.limits, ..Posterior::new() };
            return;
        }
        self.counts = count(entries);
        self.largest = largest(entries);
        self.tied = entries.iter().filter(|entry| **entry == self.largest).count();
        place(entries, self.counts, self.largest, &mut self.frame, &mut self.blocks);
        (self.age, self.waiting, self.headroom) = (0, 0, HEADROOM);
        self.is_largest_gone = false;
    }
}

fn largest(entries: &[f64]) -> f64 {
    entries.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()))
}

fn count(entries: &[f64]) -> Counts {
    let largest = largest(entries);
    let known = entries.iter().filter(|entry| **entry > 0.0).count();
    let ties = entries.iter().filter(|entry| **entry == largest).count();
    Counts { known: known.max(1) as f64, ties: ties.saturating_sub(1) as f64 }
}

#[cfg(test)]
#[path = "../../tests/draws/mod.rs"]
mod draws;
#[cfg(test)]
#[path = "../../tests/reference/likelihood.rs"]
#[allow(dead_code)]
mod likelihood;
#[cfg(test)]
#[path = "../../tests/reference/posterior.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod reference;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::draws::Draws;
    use super::likelihood::Entry;
    use super::reference;
    use super::*;

    const SHAPES: [f64; 6] = [-0.4, -0.2, 0.0, 0.3, 1.0, 1.3];
    const RATIOS: [f64; 3] = [0.1, 0.01, 0.001];

    fn placed(entries: &[f64]) -> Posterior {
        let mut posterior = Posterior::new();
        posterior.place(entries);
        posterior
    }

    /// Largest relative error of P that is allowed for k excesses.
    fn tolerance(k: usize) -> f64 {
        match k {
            0..10 => 0.1,
            10..40 => 0.03,
            _ => 0.01,
        }
    }

    #[track_caller]
    fn assert_agrees(predictive: &Predictive<'_>, entries: &[f64], ratios: &[f64]) {
        let k = entries.iter().filter(|y| **y > 0.0).count();
        let to_entry = |y: &f64| Entry { y: y.abs(), censored: *y < 0.0 };
        let entries: Vec<Entry> = entries.iter().map(to_entry).collect();
        let grid = reference::Posterior::new(&entries).unwrap();
        for r in ratios {
            let y = grid.quantile(*r);
            let error = predictive.probability(y) / grid.probability(y) - 1.0;
            assert!(error.abs() < tolerance(k), "k = {k}, r = {r}, y = {y}: error {error}");
            let error = predictive.square(y) / grid.square(y) - 1.0;
            assert!(error.abs() < 3.0 * tolerance(k), "k = {k}, r = {r}, y = {y}: square {error}");
            let z = predictive.quantile(*r, 0.0);
            let at = predictive.probability(z);
            assert!((at / r - 1.0).abs() < 1e-3, "k = {k}, r = {r}: P(z) = {at}");
        }
    }

    #[test]
    fn it_agrees_with_a_fine_grid() {
        for k in [3, 5, 9, 10, 15, 19, 20, 21, 39, 40, 99, 100, 200, 1000] {
            for shape in SHAPES {
                let mut draws = Draws::new(k as u64);
                let entries: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
                let far = if k < 5 { &RATIOS[..2] } else { &RATIOS };
                assert_agrees(&placed(&entries).predictive(&entries), &entries, far);
            }
        }
    }

    #[test]
    fn ties_limits_bounded_tails_and_one_huge_excess_are_as_exact() {
        for k in [9, 20, 40, 200] {
            let mut draws = Draws::new(k as u64);
            let mut vary = |change: &dyn Fn(usize, f64) -> f64| {
                let entries: Vec<f64> = (0..k).map(|i| change(i, draws.pareto(0.1))).collect();
                assert_agrees(&placed(&entries).predictive(&entries), &entries, &RATIOS[..2]);
            };
            vary(&|_, y| (2.0 * y).ceil());
            vary(&|_, y| (2.0 * y.min(1.0)).ceil());
            vary(&|i, y| if i % 4 == 0 { -y } else { y });
            vary(&|i, y| if i == 3 { 1e6 } else { y });
            vary(&|_, y| 1.0 - (-y).exp());
            vary(&|_, y| 1e-300 * y);
        }
    }

    #[test]
    fn thousands_of_pushes_lose_nothing() {
        for (k, shape, limits) in [(40, 0.1, 0), (60, -0.3, 4), (200, 0.1, 0), (200, 0.6, 5)] {
            let mut draws = Draws::new(k as u64);
            let mut entry = |i: usize| {
                let y = draws.pareto(shape);
                if limits > 0 && i.is_multiple_of(limits) { -0.5 * y } else { y }
            };
            let mut entries: Vec<f64> = (0..k).map(&mut entry).collect();
            let mut posterior = placed(&entries);
            let mut asked = 0;
            for i in 0..5000 {
                let new = entry(i);
                let old = std::mem::replace(&mut entries[i % k], new);
                if !posterior.push(&entries, new, Some(old)) {
                    continue;
                }
                let predictive = posterior.predictive(&entries);
                asked += 1;
                if asked % 40 == 0 {
                    assert_agrees(&predictive, &entries, &RATIOS);
                }
            }
        }
    }

    #[test]
    fn streams_that_move_are_followed() {
        // Scales that rise and fall by a factor of e in 50 pushes: every entry is a new largest, or the largest leaves.
        for trend in [0.02, -0.02] {
            let mut draws = Draws::new(3);
            let mut entries: Vec<f64> = (0..200).map(|_| draws.pareto(0.1)).collect();
            let mut posterior = placed(&entries);
            for i in 0..2000 {
                let new = draws.pareto(0.1) * (trend * i as f64).exp();
                let old = std::mem::replace(&mut entries[i % 200], new);
                let followed = posterior.push(&entries, new, Some(old));
                if followed && i % 9 == 0 {
                    assert_agrees(&posterior.predictive(&entries), &entries, &RATIOS[..2]);
                }
            }
        }
    }

    #[test]
    fn weights_follow_on_schedule() {
        for (k, every) in [(10, 1), (39, 1), (40, 1), (100, 4), (200, 8)] {
            let mut draws = Draws::new(1);
            let mut entries: Vec<f64> = (0..k).map(|_| draws.pareto(0.1)).collect();
            let mut posterior = placed(&entries);
            for i in 1..1000 {
                let new = draws.pareto(0.1);
                let old = std::mem::replace(&mut entries[i % k], new);
                let followed = posterior.push(&entries, new, Some(old));
                assert_eq!(followed, i % every == 0, "k = {k}, push {i}");
            }
        }
    }

    #[test]
    fn every_finite_excess_has_a_probability_and_farther_ones_have_less() {
        let mut draws = Draws::new(4);
        let mut samples: Vec<Vec<f64>> = vec![
            vec![1.0],
            vec![-1.0; 3],
            vec![1.0, 2.0],
            vec![1.0; 30],
            vec![2.5; 300],
            vec![5e-324; 40],
            vec![f64::MAX; 200],
            vec![5e-324, 1.0, f64::MAX],
        ];
        for k in [2, 20, 200, 2000] {
            samples.push((0..k).map(|_| draws.uniform()).collect());
            samples.push((0..k).map(|_| draws.pareto(1.5)).collect());
        }
        let mut huge: Vec<f64> = (0..200).map(|_| draws.exponential()).collect();
        huge[7] = 1e308;
        samples.push(huge);
        for entries in samples {
            let posterior = placed(&entries);
            let predictive = posterior.predictive(&entries);
            let unit = largest(&entries);
            let mut before = 1.0;
            let mut y = 1e-3 * unit;
            while y < f64::MAX / 1.5 {
                let p = predictive.probability(y);
                assert!(p > 0.0 && p <= before, "{:?}: P({y}) = {p}", &entries[..1]);
                assert!(y < unit || p < before || y < 1e-300, "{:?}: P({y}) = {p}", &entries[..1]);
                before = p;
                y = (y * 1.7).max(y + 5e-324);
            }
            assert!(predictive.probability(f64::MAX) > 0.0);
            let mut nearer = 0.0;
            for r in [1.0, 0.5, 0.1, 1e-2, 1e-3, 1e-6, 1e-12, 1e-17, 1e-19, 1e-30, 1e-300] {
                let y = predictive.quantile(r, 0.0);
                assert!(y >= nearer && y.is_finite(), "{:?}: z({r}) = {y}", &entries[..1]);
                nearer = y;
            }
        }
    }

    #[test]
    fn without_an_excess_nothing_is_known() {
        let mut posterior = Posterior::new();
        posterior.place(&[]);
        let predictive = posterior.predictive(&[]);
        assert_eq!((predictive.probability(1.0), predictive.square(1.0)), (1.0, 1.0));
        assert_eq!((predictive.quantile(0.1, 0.0), predictive.quantile(1.0, 0.0)), (f64::MAX, 0.0));
        assert!(predictive.quantile_interval(2.3, 0.0, 0.9).0.is_nan());
    }

    #[test]
    fn any_stream_of_entries_is_survived() {
        let values = [5e-324, 1e-300, 1e-9, 1.0, 3.0, 1e9, 1e300, f64::MAX];
        for k in [3, 39, 41, 210] {
            let mut draws = Draws::new(k as u64);
            let mut entry = || {
                let y = values[draws.bits() as usize % values.len()];
                if draws.bits().is_multiple_of(5) { -y } else { y }
            };
            let mut entries: Vec<f64> = (0..k).map(|_| entry()).collect();
            let mut posterior = placed(&entries);
            for i in 0..3000 {
                let new = if i % 300 < 150 { entry() } else { 1.0 + entry().abs().min(1e-9) };
                let old = std::mem::replace(&mut entries[i % k], new);
                if !posterior.push(&entries, new, Some(old)) {
                    continue;
                }
                let predictive = posterior.predictive(&entries);
                for y in values {
                    let p = predictive.probability(y);
                    assert!(p > 0.0 && p <= 1.0, "push {i}: P({y}) = {p}");
                }
                let z = predictive.quantile(1e-3, 1.0);
                assert!(z > 0.0 && z.is_finite(), "push {i}: {z}");
                assert!((0.0..=1.0).contains(&predictive.square(z)));
            }
        }
    }

    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let mut draws = Draws::new(12);
        let r = 0.01;
        for (k, shape) in [(20, 0.3), (40, 0.0), (200, -0.2)] {
            let truth = [(r_power(r, shape)), shape, 1.0];
            let mut inside = [0; 3];
            for _ in 0..400 {
                let entries: Vec<f64> = (0..k).map(|_| draws.pareto(shape)).collect();
                let posterior = placed(&entries);
                let predictive = posterior.predictive(&entries);
                let intervals = [
                    predictive.quantile_interval(-r.ln(), 0.0, 0.9),
                    predictive.shape_interval(0.9),
                    predictive.scale_interval(0.9),
                ];
                for i in 0..3 {
                    let (low, high) = intervals[i];
                    inside[i] += u32::from(low <= truth[i] && truth[i] <= high);
                }
                let estimate = (predictive.shape(), predictive.scale());
                assert!(intervals[1].0 < estimate.0 && estimate.0 < intervals[1].1);
                assert!(intervals[2].0 < estimate.1 && estimate.1 < intervals[2].1);
            }
            for count in inside {
                assert!((336..=384).contains(&count), "k = {k}: {inside:?} of 400");
            }
        }
    }

    /// The quantile of a tail of scale 1.
    fn r_power(r: f64, shape: f64) -> f64 {
        if shape == 0.0 { -r.ln() } else { (-shape * r.ln()).exp_m1() / shape }
    }
}
