//! Every local maximum of the profile likelihood, with a certificate that none was overlooked.
//!
//! g and p of [`likelihood`](crate::gpd::likelihood) are Stieltjes functions of τ, hence q and p are completely monotone:
//! positive, falling, convex. Tangents and chords of the two therefore enclose l' between any two points, which is what
//! certifies that an interval holds no maximum, or exactly one.

use crate::gpd::likelihood::{Probe, Sample};

/// Below this shape the likelihood is not regular (Smith 1985), and its maximum jumps to (-1, largest).
pub(crate) const SHAPE_FLOOR: f64 = -0.5;
/// Above this shape are only spurious maxima, which tiny excesses cause.
pub(crate) const SHAPE_CAP: f64 = 3.0;
/// Intervals are not halved any further once ln(1 + τ) changes by less than this.
const NARROWEST: f64 = 1.0 / 512.0;
/// The search ends here at the latest, ln(1 + τ): there every shape is above the cap.
const FARTHEST: f64 = 700.0;

/// What the search found about the interval between two probes.
#[derive(PartialEq)]
enum Verdict {
    /// It holds no maximum.
    Empty,
    /// It holds exactly one.
    One,
    Unknown,
}

/// Intervals of τ, each with one maximum of the profile likelihood (or so narrow that a second makes no difference).
pub(crate) fn brackets(sample: &Sample) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let zero = sample.probe(0.0);
    // A stationary point with a shape of -1/2 or more has 1 + τ >= 1/(2k): there the mean of 1/(1 + τv) over the
    // uncensored entries is at most 1/(1 + γ), and the sum of |τv/(1 + τv)| over the censored ones at most k.
    let lowest = (0.5 / sample.k()).ln();
    let (mut right, mut place) = (zero, -1.0_f64);
    while right.shape > SHAPE_FLOOR && right.place > lowest {
        let left = sample.probe(place.max(lowest));
        search(sample, &left, &right, &mut found);
        (right, place) = (left, 2.0 * place);
    }
    let (mut left, mut place) = (zero, 1.0_f64);
    while left.shape < SHAPE_CAP && left.place < FARTHEST {
        let right = sample.probe(place.min(FARTHEST));
        search(sample, &left, &right, &mut found);
        (left, place) = (right, 2.0 * place);
    }
    found
}

/// Halves an interval until every part is certified.
fn search(sample: &Sample, a: &Probe, b: &Probe, found: &mut Vec<(f64, f64)>) {
    if b.shape < SHAPE_FLOOR || a.shape > SHAPE_CAP {
        return;
    }
    let narrow = b.place - a.place <= NARROWEST;
    let verdict = judge(a, b);
    if verdict == Verdict::One || narrow && a.rises() && !b.rises() {
        found.push((a.tau, b.tau));
    } else if verdict == Verdict::Unknown && !narrow {
        let middle = sample.probe(0.5 * (a.place + b.place));
        search(sample, a, &middle, found);
        search(sample, &middle, b, found);
    }
}

/// What tangents and chords show about the maxima between two probes.
fn judge(a: &Probe, b: &Probe) -> Verdict {
    // w is the distance in units of 1 + τ at a, v at b.
    let ratio = (b.place - a.place).exp();
    let (w, v) = (ratio - 1.0, 1.0 - 1.0 / ratio);
    match (a.rises(), b.rises()) {
        // A tangent of q above the chord of p; or, far from zero, the range of τl' = 1 - τV'/V - τW'/k.
        (true, true) => {
            let above = a.q + a.dq * w > b.p / ratio || b.q - b.dq * v > a.p * ratio;
            let far = a.tau >= 0.0 && 1.0 - b.all / a.shape - b.known > 0.0;
            if above || far { Verdict::Empty } else { Verdict::Unknown }
        }
        (false, false) => {
            let below = b.q / ratio < a.p + a.dp * w || a.q * ratio < b.p - b.dp * v;
            let far = a.tau >= 0.0 && 1.0 - a.all / b.shape - a.known < 0.0;
            if below || far { Verdict::Empty } else { Verdict::Unknown }
        }
        // l'' = q' - p' of one sign: q' and p' both rise. In units of (1 + τ)² at a.
        (true, false) if b.dq / (ratio * ratio) < a.dp => Verdict::One,
        (false, true) if a.dq > b.dp / (ratio * ratio) => Verdict::Empty,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpd::solve::find_root;

    /// Knuth's linear congruential generator, in (0, 1).
    fn uniforms(seed: u64) -> impl FnMut() -> f64 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }
    }

    /// A short tail with many much smaller values may have two maxima: all that a scan in small steps sees.
    #[test]
    fn every_maximum_is_found() {
        let mut uniform = uniforms(2);
        let mut several = 0;
        for i in 0..6000 {
            let (shape, share) = (0.8 * uniform() - 1.2, 0.2 + 0.25 * uniform());
            let tiny = (-3.0 - 5.0 * uniform()).exp();
            let mut draw = |n: usize| -> Vec<f64> {
                let mut one = || (-shape * uniform().ln()).exp_m1() / shape;
                let mut values: Vec<f64> = (0..n).map(|_| one()).collect();
                values.iter_mut().for_each(|y| *y *= if uniform() < share { tiny } else { 1.0 });
                values
            };
            let (known, censored) = (draw(20 + i % 30), draw(if i % 3 == 0 { i % 7 } else { 0 }));
            let sample = Sample::new(&known, &censored);
            let mut peaks: Vec<(f64, f64)> = Vec::new();
            let mut last = sample.profile(-1.0 + 0.4 / sample.k());
            let mut place = last.tau.ln_1p();
            while last.shape() < SHAPE_CAP {
                place += 0.02;
                let next = sample.profile(place.exp_m1());
                let admissible = last.shape() > SHAPE_FLOOR && next.shape() < SHAPE_CAP;
                if last.slope > 0.0 && next.slope <= 0.0 && admissible {
                    peaks.push((last.tau, next.tau));
                }
                last = next;
            }
            let found = brackets(&sample);
            for (low, high) in &peaks {
                let holds = |&(a, b): &(f64, f64)| {
                    let root = find_root(|tau| sample.profile(tau).slope, a, b);
                    (low..=high).contains(&&root)
                };
                assert!(found.iter().any(holds), "sample {i}: {low}..{high} is not in {found:?}");
            }
            several += usize::from(peaks.len() > 1);
            // An interval around a maximum is never certified as empty, nor one around two as holding one.
            let lowest = (0.5 / sample.k()).ln();
            for (j, (low, high)) in peaks.iter().enumerate() {
                let (low, high) = (low.ln_1p(), high.ln_1p());
                // From near the end point, where it falls again, to where it rises before a second maximum.
                let (start, end) = (sample.probe(lowest - 3.0), sample.probe(low));
                assert!(j == 0 || judge(&start, &end) == Verdict::Unknown, "sample {i}: to {low}");
                for _ in 0..4 {
                    let (a, b) = (lowest + uniform() * (low - lowest), high + 2.0 * uniform());
                    let verdict = judge(&sample.probe(a), &sample.probe(b));
                    assert!(verdict != Verdict::Empty, "sample {i}: {a}..{b}");
                    let first = j > 0 && a <= peaks[0].0.ln_1p();
                    assert!(!first || verdict == Verdict::Unknown, "sample {i}: {a}..{b}");
                }
            }
        }
        assert!(several > 40, "{several}");
    }
}
