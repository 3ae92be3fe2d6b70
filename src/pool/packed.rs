//! A detector at rest, in one allocation: the excesses of its first side stay where they are, and what else there is
//! stands behind them. That is copied when it is opened, in an encoding without padding and with small numbers in few
//! bytes; the excesses are not, and most of them are not even looked at.

use std::ops::Range;

use crate::config::Config;
use crate::detector::model::Watch;
use crate::detector::{Parts, Spot};
use crate::snapshot::{encode, take};

/// Room for a packed detector to grow, in words of eight bytes.
const SLACK: usize = 8;

/// The excesses of the first side, room to grow, those of the second one, the rest as words of eight bytes, and how many
/// these are.
#[derive(Clone, Debug)]
pub(super) struct Packed(Box<[f64]>);

/// How many excesses the sides keep.
type Lengths = [usize; 2];

impl Packed {
    /// Packs a detector without drift, which is of no use afterwards; `shared` is the configuration that most have, and
    /// `scratch` room to work in.
    pub(super) fn new(spot: &mut Spot, shared: &Config, scratch: &mut Vec<u8>) -> Self {
        let mut sides = entries_of(spot).map(std::mem::take);
        let mut words = sides.next().unwrap_or_default();
        let second = sides.next().unwrap_or_default();
        drop(sides);
        let lengths: Lengths = [words.len(), second.len()];
        scratch.clear();
        encode(&(lengths, spot.parts(shared)), scratch);
        scratch.resize(scratch.len().next_multiple_of(8), 0);
        let rest = scratch.as_chunks::<8>().0;
        let needed = second.len() + rest.len() + 1;
        if words.capacity() - words.len() < needed {
            words.reserve_exact(needed + SLACK);
        }
        words.resize(words.capacity() - needed, 0.0);
        words.extend(second);
        words.extend(rest.iter().map(|bytes| f64::from_bits(u64::from_le_bytes(*bytes))));
        words.push(f64::from_bits(rest.len() as u64));
        Packed(words.into()) // It is full: nothing is copied.
    }

    /// Where the rest is.
    fn rest(&self) -> Range<usize> {
        let end = self.0.len() - 1;
        end - self.0[end].to_bits() as usize..end
    }

    /// The detector without its excesses, and how many these are.
    fn body(&self, shared: &Config, scratch: &mut Vec<u8>) -> (Lengths, Spot) {
        let rest = &self.0[self.rest()];
        scratch.clear();
        scratch.extend(rest.iter().flat_map(|word| word.to_bits().to_le_bytes()));
        let ((lengths, parts), _): ((Lengths, Parts), _) =
            take(scratch).expect("what was packed can be opened");
        (lengths, Spot::from_parts(parts, shared))
    }

    pub(super) fn open(self, shared: &Config, scratch: &mut Vec<u8>) -> Spot {
        let ([first, second], mut spot) = self.body(shared, scratch);
        let begin = self.rest().start - second;
        let second = self.0[begin..begin + second].to_vec();
        let mut words = self.0.into_vec();
        words.truncate(first);
        for (entries, kept) in entries_of(&mut spot).zip([words, second]) {
            *entries = kept;
        }
        spot
    }

    /// The thresholds of the detector.
    pub(super) fn thresholds(&self, shared: &Config, scratch: &mut Vec<u8>) -> [f64; 2] {
        self.body(shared, scratch).1.thresholds()
    }
}

fn entries_of(spot: &mut Spot) -> impl Iterator<Item = &mut Vec<f64>> {
    spot.watch.iter_mut().flat_map(Watch::entries_mut)
}
