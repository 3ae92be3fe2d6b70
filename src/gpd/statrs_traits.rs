//! The traits of the crate statrs, by the functions of [`GeneralizedPareto`] itself.

use statrs::distribution::{Continuous, ContinuousCDF};
use statrs::statistics::{Distribution, Max, Median, Min, Mode};

use super::distribution::GeneralizedPareto;

impl ContinuousCDF<f64, f64> for GeneralizedPareto {
    fn cdf(&self, x: f64) -> f64 {
        self.cdf(x)
    }

    fn sf(&self, x: f64) -> f64 {
        self.sf(x)
    }

    fn inverse_cdf(&self, p: f64) -> f64 {
        self.quantile(p)
    }
}

impl Continuous<f64, f64> for GeneralizedPareto {
    fn pdf(&self, x: f64) -> f64 {
        self.pdf(x)
    }

    fn ln_pdf(&self, x: f64) -> f64 {
        self.ln_pdf(x)
    }
}

impl Distribution<f64> for GeneralizedPareto {
    fn mean(&self) -> Option<f64> {
        self.mean()
    }

    fn variance(&self) -> Option<f64> {
        self.variance()
    }

    fn entropy(&self) -> Option<f64> {
        self.entropy()
    }

    fn skewness(&self) -> Option<f64> {
        self.skewness()
    }
}

impl Median<f64> for GeneralizedPareto {
    fn median(&self) -> f64 {
        self.median()
    }
}

impl Mode<Option<f64>> for GeneralizedPareto {
    fn mode(&self) -> Option<f64> {
        self.mode()
    }
}

impl Min<f64> for GeneralizedPareto {
    fn min(&self) -> f64 {
        self.min()
    }
}

impl Max<f64> for GeneralizedPareto {
    fn max(&self) -> f64 {
        self.max()
    }
}
