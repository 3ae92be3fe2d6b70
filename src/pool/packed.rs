//! A detector at rest: the body of its snapshot, which has no padding and no spare capacity and small numbers in few
//! bytes, but for the excesses, which follow as they are: copying them is quick and needs no look at each.

use crate::snapshot::{encode, take};
use crate::spot::Spot;
use crate::watch::Watch;

#[derive(Debug)]
pub(super) struct Packed(Box<[u8]>);

impl Packed {
    /// Packs a detector, whose excesses are gone afterwards; `scratch` is room to do it in.
    pub(super) fn new(spot: &mut Spot, scratch: &mut Vec<u8>) -> Self {
        let mut excesses = [Vec::new(), Vec::new()];
        for (kept, entries) in excesses.iter_mut().zip(entries_of(spot)) {
            *kept = std::mem::take(entries);
        }
        scratch.clear();
        encode(&(&*spot, excesses[0].len()), scratch);
        for entries in excesses {
            let begin = scratch.len();
            scratch.resize(begin + 8 * entries.len(), 0);
            for (bytes, y) in scratch[begin..].as_chunks_mut::<8>().0.iter_mut().zip(entries) {
                *bytes = y.to_le_bytes();
            }
        }
        Packed(scratch.as_slice().into())
    }

    pub(super) fn open(&self) -> Spot {
        let ((mut spot, first), rest): ((Spot, usize), _) =
            take(&self.0).expect("what was packed can be opened");
        let (first, second) = rest.as_chunks::<8>().0.split_at(first);
        for (entries, bytes) in entries_of(&mut spot).zip([first, second]) {
            *entries = bytes.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        }
        spot
    }
}

fn entries_of(spot: &mut Spot) -> impl Iterator<Item = &mut Vec<f64>> {
    spot.watch.iter_mut().flat_map(Watch::entries_mut)
}
