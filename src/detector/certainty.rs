//! How certain the detector is: intervals from the posterior of the tail.

use crate::detector::Spot;
use crate::error::{Error, number};
use crate::event::Side;
use crate::tail::Tail;

/// The confidence of [`Spot::threshold_spread`].
const USUAL: f64 = 0.95;

impl Spot {
    /// An interval that holds the true z_q, the value exceeded with probability q on that side, with this probability, in
    /// the scale of the stream: (lower end, upper end). From the posterior of the tail, with half of the rest on either
    /// side. NaN if it is not available: before the calibration, for a side that is not watched, with fewer than two
    /// excesses, and for several baselines.
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
        let q = self.config.q;
        let (near, far) =
            self.interval(side, confidence, |tail, n| tail.quantile_interval(q, n, confidence))?;
        let to_stream = |beyond: f64| self.first.threshold(side, |tail| tail.at(beyond));
        let (near, far) = (to_stream(near), to_stream(far));
        Ok(if side == Side::Up { (near, far) } else { (far, near) })
    }

    /// The same for the shape of the tail.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < confidence < 1.
    pub fn shape_interval(&self, side: Side, confidence: f64) -> Result<(f64, f64), Error> {
        self.interval(side, confidence, |tail, _| tail.shape_interval(confidence))
    }

    /// The same for the scale of the tail, in units of the residuals.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] unless 0 < confidence < 1.
    pub fn scale_interval(&self, side: Side, confidence: f64) -> Result<(f64, f64), Error> {
        self.interval(side, confidence, |tail, _| tail.scale_interval(confidence))
    }

    /// How uncertain z_q is: how many times farther from the excess threshold the upper end of its 95 % interval lies
    /// than the lower end. Above 10 the calibration cannot know this q: give it more values, a lower level or a larger q.
    /// NaN where the interval is, infinite where q is not below N_t/n at one end.
    pub fn threshold_spread(&self, side: Side) -> f64 {
        let interval =
            self.interval(side, USUAL, |tail, n| tail.quantile_interval(self.config.q, n, USUAL));
        let (near, far) = interval.unwrap_or((f64::NAN, f64::NAN));
        far / near
    }

    fn interval(
        &self,
        side: Side,
        confidence: f64,
        of: impl Fn(&Tail, u64) -> (f64, f64),
    ) -> Result<(f64, f64), Error> {
        if !(confidence > 0.0 && confidence < 1.0) {
            return Err(Error::parameter("confidence", number(confidence), "0 < confidence < 1"));
        }
        let model = self.model().filter(|_| self.others.is_empty());
        let tail = model.and_then(|model| Some((model.tail(side)?, model.n(side))));
        Ok(tail.map_or((f64::NAN, f64::NAN), |(tail, n)| of(tail, n)))
    }
}
