//! What a panel shows, as points of its axes.

use std::collections::HashSet;

use super::Panel;
use super::axis::Axis;
use super::trace::{Bucket, Dot};

/// A gap of this many buckets without a value, about ten dots wide, breaks the line of the stream.
const HOLE: usize = 20;

/// A threshold of a bucket.
pub(super) type Threshold = fn(&Bucket) -> f64;

/// The stream as paths through the extremes of each bucket, the nearer one first.
pub(super) fn lines(panel: &Panel<'_>, axis: &Axis) -> Vec<Vec<(f64, f64)>> {
    let mut paths: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut path: Vec<(f64, f64)> = Vec::new();
    let mut missing = 0;
    for (at, bucket) in panel.trace.buckets().filter(|(_, bucket)| bucket.visited) {
        if bucket.low.is_nan() {
            missing += 1;
            continue;
        }
        if std::mem::take(&mut missing) >= HOLE {
            paths.push(std::mem::take(&mut path));
        }
        let (low, high) = (axis.place(bucket.low), axis.place(bucket.high));
        let before = path.last().map_or(low, |&(_, value)| value);
        let rising = (before - low).abs() <= (before - high).abs();
        path.push((at, if rising { low } else { high }));
        if low < high {
            path.push((at, if rising { high } else { low }));
        }
    }
    paths.push(path);
    paths
}

/// What the stream covers where its buckets hold many rows.
#[derive(Default)]
pub(super) struct Covered {
    pub(super) above: Vec<(f64, f64)>,
    pub(super) below: Vec<(f64, f64)>,
}

impl Covered {
    pub(super) fn outline(&self) -> Vec<(f64, f64)> {
        self.above.iter().chain(self.below.iter().rev()).copied().collect()
    }
}

/// The ranges between holes.
pub(super) fn ranges(panel: &Panel<'_>, axis: &Axis) -> Vec<Covered> {
    let mut ranges = vec![Covered::default()];
    for (at, bucket) in panel.trace.buckets() {
        if bucket.low.is_nan() {
            if ranges.last().is_some_and(|range| !range.above.is_empty()) {
                ranges.push(Covered::default());
            }
        } else if let Some(range) = ranges.last_mut() {
            range.above.push((at, axis.place(bucket.high)));
            range.below.push((at, axis.place(bucket.low)));
        }
    }
    ranges.retain(|range| !range.above.is_empty());
    ranges
}

/// A threshold that goes so many heights of the picture up and down would cover the stream.
const TRAVEL: f64 = 25.0;

/// Then it is drawn as its outermost place in each of so many parts.
const PARTS: usize = 128;

/// A threshold as a path, and whether that is the outermost one of many rows; `side` is 0 for the upper one.
pub(super) fn level(
    panel: &Panel<'_>,
    axis: &Axis,
    side: usize,
    threshold: Threshold,
) -> (Vec<(f64, f64)>, bool) {
    let path = panel.trace.buckets().map(|(at, bucket)| (at, threshold(bucket)));
    let path = path.filter(|(_, value)| !value.is_nan());
    let path: Vec<_> = path.map(|(at, value)| (at, axis.place(value))).collect();
    let travel: f64 = path.windows(2).map(|ends| axis.share(ends[0].1, ends[1].1)).sum();
    if travel < TRAVEL {
        return (path, false);
    }
    let outer = |a: f64, b: f64| if side == 0 { a.max(b) } else { a.min(b) };
    let parts = path.chunks(path.len().div_ceil(PARTS)).flat_map(|part| {
        let level = part.iter().map(|&(_, value)| value).fold(part[0].1, outer);
        [(part[0].0, level), (part[part.len() - 1].0, level)]
    });
    (parts.collect(), true)
}

/// The interval of a threshold as outlines, in steps.
pub(super) fn bands(panel: &Panel<'_>, axis: &Axis, side: usize) -> Vec<Vec<(f64, f64)>> {
    let (first, last) = panel.trace.range();
    let bands = panel.trace.bands();
    let ends = bands.iter().skip(1).map(|&(at, _)| at).chain([last]);
    let mut outlines: Vec<Covered> = vec![Covered::default()];
    for (&(at, sides), end) in bands.iter().zip(ends) {
        let Some((low, high)) = sides[side] else {
            outlines.push(Covered::default());
            continue;
        };
        if let Some(outline) = outlines.last_mut() {
            for at in [at, end] {
                let at = at.saturating_sub(first) as f64;
                outline.above.push((at, axis.place(high)));
                outline.below.push((at, axis.place(low)));
            }
        }
    }
    outlines.retain(|outline| !outline.above.is_empty());
    outlines.iter().map(Covered::outline).collect()
}

/// Dots of the buckets; of those that would hide each other one.
pub(super) fn spread_out(
    panel: &Panel<'_>,
    axis: &Axis,
    dots: fn(&Bucket) -> [Option<Dot>; 2],
) -> Vec<(f64, f64)> {
    let (first, last) = panel.trace.range();
    let (across, up) = ((last - first).max(1) as f64 / 300.0, (axis.high - axis.low) / 150.0);
    let dots = panel.trace.buckets().flat_map(|(_, bucket)| dots(bucket));
    let mut taken = HashSet::new();
    let dots = dots.flatten().filter(|(at, value)| {
        let cell = ((at - first) as f64 / across, (axis.place(*value) - axis.low) / up);
        taken.insert((cell.0 as u32, cell.1 as u32))
    });
    dots.map(|(at, value)| ((at - first) as f64, axis.place(value))).collect()
}
