//! How certain the detector is: intervals from the posterior of the tail.

use crate::detector::Spot;
use crate::detector::member::Member;
use crate::error::{Error, number};
use crate::event::Side;
use crate::tail::Tail;

/// The confidence of [`Spot::threshold_spread`].
const USUAL: f64 = 0.95;

impl Spot {
    /// An interval that holds the true z_q, the value exceeded with probability q on that side, with this probability, in
    /// the scale of the stream: (lower end, upper end). From the posterior of the tail, with half of the rest on either
    /// side. Of several baselines: the threshold less, and plus, the longest way that one of theirs has to the end of its
    /// own interval, since tails that move by no more move that of the set by no more. NaN if it is not available: before
    /// the calibration, for a side that is not watched, and with fewer than two excesses.
    ///
    /// ```
    /// use tailspot::{Config, Side, Spot};
    /// let mut spot = Spot::new(Config { q: 1e-3, level: 0.95, down: false, ..Config::default() })?;
    /// let calm: Vec<f64> = (0..2000).map(|i| f64::from(i * 7919 % 2003) / 2003.0).collect();
    /// spot.fit(&calm)?;
    /// let (low, high) = spot.threshold_interval(Side::Up, 0.95)?;
    /// assert!(low < spot.anomaly_threshold(Side::Up) && spot.anomaly_threshold(Side::Up) < high);
    /// # Ok::<(), tailspot::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < confidence < 1.
    pub fn threshold_interval(&self, side: Side, confidence: f64) -> Result<(f64, f64), Error> {
        let checked = certain(confidence)?;
        let ends = |member: &Member| {
            let (near, far) =
                member.interval(side, |tail, n| tail.quantile_interval(self.config.q, n, checked));
            [near, far].map(|beyond| side.sign() * member.threshold(side, |tail| tail.at(beyond)))
        };
        let [near, far] =
            if self.others.is_empty() { ends(&self.first) } else { self.set_interval(side, ends) };
        Ok(if side == Side::Up { (near, far) } else { (-far, -near) })
    }

    /// The interval of a set from those of its members, outwards. Where the threshold is infinite it begins at the nearest of
    /// theirs.
    fn set_interval(&self, side: Side, ends: impl Fn(&Member) -> [f64; 2]) -> [f64; 2] {
        let ways = self.members().map(|member| {
            let own = side.sign() * member.threshold(side, Tail::anomaly_threshold);
            let [near, far] = ends(member);
            [(own, near), (far, own)].map(|(a, b)| if a == b { 0.0 } else { a - b })
        });
        let [inwards, outwards] =
            ways.fold([0.0; 2], |most, way| [0, 1].map(|i| largest(most[i], way[i])));
        let z = side.sign() * self.set_threshold(side);
        if z == f64::INFINITY {
            return [self.members().map(|member| ends(member)[0]).fold(z, f64::min), z];
        }
        [z - inwards, z + outwards]
    }

    /// The same for the shape of the tail, of the first baseline.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < confidence < 1.
    pub fn shape_interval(&self, side: Side, confidence: f64) -> Result<(f64, f64), Error> {
        let confidence = certain(confidence)?;
        Ok(self.first.interval(side, |tail, _| tail.shape_interval(confidence)))
    }

    /// The same for the scale of the tail, of the first baseline and in units of its residuals.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < confidence < 1.
    pub fn scale_interval(&self, side: Side, confidence: f64) -> Result<(f64, f64), Error> {
        let confidence = certain(confidence)?;
        Ok(self.first.interval(side, |tail, _| tail.scale_interval(confidence)))
    }

    /// How uncertain z_q is: how many times farther from the excess threshold the upper end of its 95 % interval lies
    /// (or z_q, where that is farther) than the lower end. Above 10 the calibration cannot know this q: give it more values,
    /// a lower level or a larger q. NaN where the interval is, infinite where q is not below N_t/n at one end. Of several
    /// baselines the largest.
    pub fn threshold_spread(&self, side: Side) -> f64 {
        let spread = |member: &Member| {
            let of = |tail: &Tail, n| {
                let (near, far) = tail.quantile_interval(self.config.q, n, USUAL);
                // Far beyond all excesses a mean over all tails lies where only the heaviest ones are.
                let threshold = tail.anomaly_threshold() - tail.excess_threshold();
                (near, if threshold > far { threshold } else { far })
            };
            let (near, far) = member.interval(side, of);
            far / near
        };
        self.members().map(spread).fold(0.0, largest)
    }
}

impl Member {
    /// An interval of its tail; NaN without the tail.
    fn interval(&self, side: Side, of: impl Fn(&Tail, u64) -> (f64, f64)) -> (f64, f64) {
        let tail = self.model().and_then(|model| Some((model.tail(side)?, model.n(side))));
        tail.map_or((f64::NAN, f64::NAN), |(tail, n)| of(tail, n))
    }
}

/// A confidence in its range.
fn certain(confidence: f64) -> Result<f64, Error> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(confidence)
    } else {
        Err(Error::parameter("confidence", number(confidence), "0 < confidence < 1"))
    }
}

/// The larger of two numbers; NaN if one of them is.
fn largest(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}
