//! The generalized Pareto distribution, the model of what lies above a threshold.

use super::formula::{at_hazard, hazard, quantile, survival};
use crate::error::{Error, number};

/// The generalized Pareto distribution with shape `γ`, scale `σ` and location 0.
///
/// Shape 0 is the exponential distribution, shape -1 the uniform distribution on [0, σ]; with a negative shape the
/// support ends at `-σ/γ`. Hosking & Wallis (1987) write `k = -γ` and `α = σ`. Every function is continuous in the
/// shape at 0, and `sf` keeps its relative accuracy in the deep tail. With the feature
/// `statrs` it has the traits of that crate, too.
///
/// ```
/// use tailspot::GeneralizedPareto;
/// let tail = GeneralizedPareto::new(0.5, 2.0)?;
/// assert_eq!(tail.sf(4.0), 0.25);
/// # Ok::<(), tailspot::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneralizedPareto {
    shape: f64,
    scale: f64,
}

impl GeneralizedPareto {
    /// The distribution with this shape and scale.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] if the shape is not finite, or the scale is not finite or not above 0.
    pub fn new(shape: f64, scale: f64) -> Result<Self, Error> {
        if !shape.is_finite() {
            return Err(Error::parameter("shape", number(shape), "a finite number"));
        }
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(Error::parameter("scale", number(scale), "a finite number above 0"));
        }
        Ok(GeneralizedPareto { shape, scale })
    }

    /// The shape `γ`.
    pub fn shape(&self) -> f64 {
        self.shape
    }

    /// The scale `σ`.
    pub fn scale(&self) -> f64 {
        self.scale
    }
}

impl GeneralizedPareto {
    /// The probability of a value up to `x`.
    ///
    /// # Formula
    ///
    /// ```text
    /// 1 - (1 + γx/σ)^(-1/γ)      1 - e^(-x/σ) for γ = 0
    /// ```
    pub fn cdf(&self, x: f64) -> f64 {
        -(-hazard(x, self.shape, self.scale)).exp_m1()
    }

    /// The probability of a value above `x`.
    ///
    /// # Formula
    ///
    /// ```text
    /// (1 + γx/σ)^(-1/γ)      e^(-x/σ) for γ = 0
    /// ```
    pub fn sf(&self, x: f64) -> f64 {
        survival(x, self.shape, self.scale)
    }

    /// The quantile: the inverse of `cdf`; NaN for a `p` outside [0, 1].
    ///
    /// # Formula
    ///
    /// ```text
    /// σ((1 - p)^(-γ) - 1)/γ      -σ ln(1 - p) for γ = 0
    /// ```
    pub fn quantile(&self, p: f64) -> f64 {
        if !(0.0..=1.0).contains(&p) {
            return f64::NAN;
        }
        at_hazard(-(-p).ln_1p(), self.shape, self.scale)
    }

    /// The density at `x`.
    ///
    /// # Formula
    ///
    /// ```text
    /// (1 + γx/σ)^(-1/γ - 1)/σ      e^(-x/σ)/σ for γ = 0      0 outside of the support
    /// ```
    pub fn pdf(&self, x: f64) -> f64 {
        self.ln_pdf(x).exp()
    }

    /// The logarithm of the density at `x`.
    ///
    /// # Formula
    ///
    /// ```text
    /// -(1 + 1/γ) ln(1 + γx/σ) - ln σ      -x/σ - ln σ for γ = 0
    /// ```
    pub fn ln_pdf(&self, x: f64) -> f64 {
        if x < 0.0 || x > self.max() {
            return f64::NEG_INFINITY;
        }
        // ln(1 + γx/σ) is γ times the hazard. A uniform density (γ = -1) needs no factor that could be 0 · ∞ at the end.
        let bend = 1.0 + self.shape;
        let fall = if bend == 0.0 { 0.0 } else { bend * hazard(x, self.shape, self.scale) };
        -fall - self.scale.ln()
    }

    /// The mean; `None` for a shape of 1 and more.
    ///
    /// # Formula
    ///
    /// ```text
    /// σ/(1 - γ)
    /// ```
    pub fn mean(&self) -> Option<f64> {
        (self.shape < 1.0).then(|| self.scale / (1.0 - self.shape))
    }

    /// The variance; `None` for a shape of 1/2 and more.
    ///
    /// # Formula
    ///
    /// ```text
    /// (σ/(1 - γ))²/(1 - 2γ)
    /// ```
    pub fn variance(&self) -> Option<f64> {
        let mean = self.scale / (1.0 - self.shape);
        (self.shape < 0.5).then(|| mean * mean / (1.0 - 2.0 * self.shape))
    }

    /// The differential entropy.
    ///
    /// # Formula
    ///
    /// ```text
    /// ln σ + γ + 1
    /// ```
    pub fn entropy(&self) -> Option<f64> {
        Some(self.scale.ln() + self.shape + 1.0)
    }

    /// The skewness; `None` for a shape of 1/3 and more.
    ///
    /// # Formula
    ///
    /// ```text
    /// 2(1 + γ)√(1 - 2γ)/(1 - 3γ)
    /// ```
    pub fn skewness(&self) -> Option<f64> {
        let shape = self.shape;
        (shape < 1.0 / 3.0)
            .then(|| 2.0 * (1.0 + shape) * (1.0 - 2.0 * shape).sqrt() / (1.0 - 3.0 * shape))
    }

    /// The median.
    ///
    /// # Formula
    ///
    /// ```text
    /// σ(2^γ - 1)/γ      σ ln 2 for γ = 0
    /// ```
    pub fn median(&self) -> f64 {
        quantile(0.5, self.shape, self.scale)
    }

    /// Where the density is highest.
    ///
    /// # Formula
    ///
    /// ```text
    /// 0 for γ >= -1      -σ/γ for γ < -1
    /// ```
    pub fn mode(&self) -> Option<f64> {
        Some(if self.shape < -1.0 { self.max() } else { 0.0 })
    }

    /// The lower end of the support.
    ///
    /// # Formula
    ///
    /// ```text
    /// 0
    /// ```
    pub fn min(&self) -> f64 {
        0.0
    }

    /// The upper end of the support.
    ///
    /// # Formula
    ///
    /// ```text
    /// -σ/γ for γ < 0      ∞ for γ >= 0
    /// ```
    pub fn max(&self) -> f64 {
        if self.shape < 0.0 { self.scale / -self.shape } else { f64::INFINITY }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use statrs::distribution::{Continuous, ContinuousCDF, Exp, Pareto, Uniform};
    use statrs::statistics::Distribution;

    fn gpd(shape: f64, scale: f64) -> GeneralizedPareto {
        GeneralizedPareto::new(shape, scale).unwrap()
    }

    /// Everything that two distributions can be compared in, at quantiles from the body to the deep tail.
    fn assert_same<D>(ours: GeneralizedPareto, theirs: D, shift: f64)
    where
        D: Continuous<f64, f64> + ContinuousCDF<f64, f64> + Distribution<f64>,
    {
        for p in [1e-9, 0.01, 0.3, 0.5, 0.9, 0.999] {
            let x = ours.quantile(p);
            assert_relative_eq!(
                x + shift,
                theirs.inverse_cdf(p),
                epsilon = 0.0,
                max_relative = 1e-7
            );
            assert_relative_eq!(ours.sf(x), 1.0 - p, epsilon = 0.0, max_relative = 1e-12);
            assert_relative_eq!(ours.cdf(x), p, epsilon = 0.0, max_relative = 1e-13);
            assert_relative_eq!(
                ours.sf(x),
                theirs.sf(x + shift),
                epsilon = 0.0,
                max_relative = 1e-12
            );
            assert_relative_eq!(
                ours.pdf(x),
                theirs.pdf(x + shift),
                epsilon = 0.0,
                max_relative = 1e-12
            );
            assert_relative_eq!(ours.ln_pdf(x), theirs.ln_pdf(x + shift), epsilon = 1e-12);
        }
        assert_relative_eq!(ours.entropy().unwrap(), theirs.entropy().unwrap(), epsilon = 1e-13);
        let moments = [
            (ours.mean().map(|mean| mean + shift), theirs.mean()),
            (ours.variance(), theirs.variance()),
            (ours.skewness(), theirs.skewness()),
        ];
        for (ours, theirs) in moments {
            assert_eq!(ours.is_some(), theirs.is_some());
            assert_relative_eq!(ours.unwrap_or(0.0), theirs.unwrap_or(0.0), epsilon = 1e-12);
        }
    }

    #[test]
    fn shape_zero_is_exponential_and_its_neighbours_are_close() {
        assert_same(gpd(0.0, 4.0), Exp::new(0.25).unwrap(), 0.0);
        for shape in [1e-15, -1e-15, 1e-300, -5e-324] {
            assert_same(gpd(shape, 4.0), Exp::new(0.25).unwrap(), 0.0);
        }
        assert_eq!(gpd(0.0, 4.0).median(), 4.0 * 2f64.ln());
    }

    #[test]
    fn positive_shape_is_a_shifted_pareto() {
        // X + σ/γ is Pareto with x_m = σ/γ and α = 1/γ.
        for (shape, scale) in [(0.2, 1.0), (0.25, 3.0), (0.4, 0.5), (0.75, 2.0), (2.0, 1.0)] {
            let start = scale / shape;
            assert_same(gpd(shape, scale), Pareto::new(start, 1.0 / shape).unwrap(), start);
            let median = start * (2f64.powf(shape) - 1.0);
            assert_relative_eq!(
                gpd(shape, scale).median(),
                median,
                epsilon = 0.0,
                max_relative = 1e-14
            );
        }
    }

    #[test]
    fn shape_minus_one_is_uniform() {
        assert_same(gpd(-1.0, 5.0), Uniform::new(0.0, 5.0).unwrap(), 0.0);
        assert_eq!((gpd(-1.0, 5.0).pdf(5.0), gpd(-1.0, 5.0).pdf(5.1)), (0.2, 0.0));
        assert_eq!(gpd(-1.0, 5.0).mode(), Some(0.0));
    }

    #[test]
    fn negative_shape_ends() {
        let d = gpd(-0.25, 2.0);
        assert_eq!((d.min(), d.max(), d.quantile(1.0)), (0.0, 8.0, 8.0));
        assert_eq!(
            (d.sf(8.0), d.cdf(8.0), d.pdf(8.0), d.sf(9.0), d.cdf(9.0)),
            (0.0, 1.0, 0.0, 0.0, 1.0)
        );
        assert_eq!((d.pdf(8.5), d.ln_pdf(8.5)), (0.0, f64::NEG_INFINITY));
        assert_relative_eq!(d.sf(4.0), 0.5f64.powi(4), epsilon = 0.0, max_relative = 1e-15);
        assert_relative_eq!(d.sf(7.875), 2f64.powi(-24), epsilon = 0.0, max_relative = 1e-14);
        let steep = gpd(-2.0, 2.0);
        assert_eq!((steep.mode(), steep.pdf(1.0), steep.pdf(1.1)), (Some(1.0), f64::INFINITY, 0.0));
    }

    #[test]
    fn below_the_support() {
        let d = gpd(0.1, 1.0);
        assert_eq!(
            (d.cdf(-1.0), d.sf(-1.0), d.pdf(-1.0), d.cdf(0.0), d.pdf(0.0)),
            (0.0, 1.0, 0.0, 0.0, 1.0)
        );
        assert_eq!((d.quantile(0.0), d.mode()), (0.0, Some(0.0)));
        assert!(d.quantile(-0.1).is_nan() && d.quantile(1.1).is_nan() && d.sf(f64::NAN).is_nan());
        assert_eq!(
            (d.sf(f64::INFINITY), d.quantile(1.0), d.max()),
            (0.0, f64::INFINITY, f64::INFINITY)
        );
    }

    #[test]
    fn deep_tail_keeps_its_accuracy() {
        assert_relative_eq!(
            gpd(0.0, 1.0).sf(700.0),
            (-700f64).exp(),
            epsilon = 0.0,
            max_relative = 1e-15
        );
        assert_relative_eq!(gpd(0.2, 2.0).cdf(1e-20), 5e-21, epsilon = 0.0, max_relative = 1e-15);
        let low = gpd(0.2, 2.0).quantile(1e-20);
        assert_relative_eq!(low, 2e-20, epsilon = 0.0, max_relative = 1e-15);
        // (1 + 1e100)^-2 = 1e-200.
        assert_relative_eq!(gpd(0.5, 0.5).sf(1e100), 1e-200, epsilon = 0.0, max_relative = 1e-13);
    }

    #[test]
    fn parameters_are_checked() {
        for (shape, scale, name) in [
            (f64::NAN, 1.0, "shape"),
            (f64::INFINITY, 1.0, "shape"),
            (0.0, 0.0, "scale"),
            (0.0, -1.0, "scale"),
            (0.0, f64::NAN, "scale"),
            (0.0, f64::INFINITY, "scale"),
        ] {
            let error = GeneralizedPareto::new(shape, scale).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{name} = ")), "{error}");
        }
        assert_eq!((gpd(0.1, 2.0).shape(), gpd(0.1, 2.0).scale()), (0.1, 2.0));
    }
}
