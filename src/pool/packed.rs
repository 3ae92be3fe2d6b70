//! A detector at rest, in one allocation: the excesses of its first side stay where they are, and the rest follows
//! them, in an encoding without padding and with small numbers in few bytes. Opening a detector copies the rest; the
//! excesses are not copied, and most of them are not even read.

use std::ops::Range;

use crate::config::Config;
use crate::detector::Spot;
use crate::snapshot::{ConfigV1, SpotV1, encode, take};

/// Space for a packed detector to grow, in words of eight bytes.
const SLACK: usize = 8;

/// The excesses of the first side, space to grow, those of the second one, the rest as words of eight bytes, and how many
/// these are.
#[derive(Clone, Debug)]
pub(super) struct Packed(Box<[f64]>);

/// How many excesses the sides keep, the configuration if it is not the shared one, and the rest.
type Body = ([usize; 2], Option<ConfigV1>, SpotV1);

impl Packed {
    /// Packs a detector without drift; `shared` is the configuration that most have, and `scratch` is working memory.
    pub(super) fn new(spot: Spot, shared: &Config, scratch: &mut Vec<u8>) -> Self {
        let own = (spot.config != *shared).then(|| ConfigV1::from(&spot.config));
        let mut state = SpotV1::from(spot);
        let mut sides = state.entries_mut().map(std::mem::take);
        let mut words = sides.next().unwrap_or_default();
        let second = sides.next().unwrap_or_default();
        drop(sides);
        let lengths = [words.len(), second.len()];
        scratch.clear();
        encode(&(lengths, own, state), scratch);
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
    fn body(&self, scratch: &mut Vec<u8>) -> Body {
        let rest = &self.0[self.rest()];
        scratch.clear();
        scratch.extend(rest.iter().flat_map(|word| word.to_bits().to_le_bytes()));
        take(scratch).expect("what was packed can be opened").0
    }

    pub(super) fn open(self, shared: &Config, scratch: &mut Vec<u8>) -> Spot {
        let ([first, second], own, mut state) = self.body(scratch);
        let begin = self.rest().start - second;
        let second = self.0[begin..begin + second].to_vec();
        let mut words = self.0.into_vec();
        words.truncate(first);
        for (entries, kept) in state.entries_mut().zip([words, second]) {
            *entries = kept;
        }
        state.restore(own.map_or_else(|| shared.clone(), Config::from))
    }

    /// The thresholds of the detector.
    pub(super) fn thresholds(&self, shared: &Config, scratch: &mut Vec<u8>) -> [f64; 2] {
        let (_, own, state) = self.body(scratch);
        state.restore(own.map_or_else(|| shared.clone(), Config::from)).thresholds()
    }
}
