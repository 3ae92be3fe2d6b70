//! Survival function and quantile of the generalized Pareto distribution: the one place that has their formulas.

/// The probability that an excess is larger than `y`. A scale of 0 is a point mass at 0.
pub(crate) fn survival(y: f64, shape: f64, scale: f64) -> f64 {
    (-hazard(y, shape, scale)).exp()
}

/// The excess that is exceeded with probability `r`, the inverse of [`survival`]: 0 for `r >= 1`, the end of the
/// support for `r <= 0`.
pub(crate) fn quantile(r: f64, shape: f64, scale: f64) -> f64 {
    at_hazard(-r.clamp(0.0, 1.0).ln(), shape, scale)
}

/// The cumulative hazard -ln S(y) = ln(1 + γy/σ)/γ, as (y/σ) · ln(1 + t)/t with t = γy/σ, which is continuous at γ = 0.
pub(super) fn hazard(y: f64, shape: f64, scale: f64) -> f64 {
    if y <= 0.0 {
        return 0.0;
    }
    let z = y / scale;
    let t = shape * z;
    if t <= -1.0 || z == f64::INFINITY && (shape == 0.0 || y == f64::INFINITY || scale == 0.0) {
        return f64::INFINITY;
    }
    if t == f64::INFINITY {
        // y/σ is out of range, its logarithm is not.
        return (shape.ln() + y.ln() - scale.ln()) / shape;
    }
    if t == 0.0 { z } else { z * (t.ln_1p() / t) }
}

/// The inverse of [`hazard`]: σ(e^(γh) - 1)/γ, as σh · (e^s - 1)/s with s = γh.
pub(super) fn at_hazard(hazard: f64, shape: f64, scale: f64) -> f64 {
    if scale == 0.0 || hazard == 0.0 {
        return 0.0;
    }
    if hazard == f64::INFINITY {
        return if shape < 0.0 { scale / -shape } else { f64::INFINITY };
    }
    let s = shape * hazard;
    if s > 700.0 {
        // e^s may be out of range where σe^s/γ is not.
        return (s + scale.ln() - shape.ln()).exp();
    }
    let stretch = if s == 0.0 { 1.0 } else { s.exp_m1() / s };
    scale * (hazard * stretch)
}

/// h(γ, L) = expm1(γL)/γ, and L at γ = 0: the excess in units of the scale that is exceeded with probability e^-L.
#[inline]
pub(crate) fn standard_quantile(shape: f64, l: f64) -> f64 {
    let t = shape * l;
    if t.abs() < 1e-8 { l * (1.0 + 0.5 * t) } else { t.exp_m1() / shape }
}

/// L at which h(γ, L) = y: ln(1 + γy)/γ; infinite beyond the end point.
pub(crate) fn log_survival(shape: f64, y: f64) -> f64 {
    let t = shape * y;
    if t.abs() < 1e-8 {
        y * (1.0 - 0.5 * t)
    } else if t > -1.0 {
        t.ln_1p() / shape
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn survival_and_quantile_are_inverse_at_every_scale() {
        // (1 + 3e318)^(-1/3), where y/σ is out of range.
        let far = survival(1e308, 3.0, 1e-10);
        assert_relative_eq!(
            far.ln(),
            -(3f64.ln() + 318.0 * 10f64.ln()) / 3.0,
            epsilon = 0.0,
            max_relative = 1e-14
        );
        for (shape, scale) in [(0.3, 2.0), (-0.3, 2.0), (0.0, 1e-200), (1e-9, 1e200), (3.0, 1e-150)]
        {
            for r in [0.9, 1e-3, 1e-12, 1e-100, 1e-120] {
                let y = quantile(r, shape, scale);
                // Near an end point a double y no longer resolves S(y).
                let lost = if shape < 0.0 { r.powf(shape) * 1e-15 } else { 1e-12 };
                assert_relative_eq!(
                    survival(y, shape, scale),
                    r,
                    epsilon = 0.0,
                    max_relative = lost.max(1e-12)
                );
            }
        }
    }

    #[test]
    fn point_mass_and_limits_of_the_cheap_functions() {
        assert_eq!(
            (survival(1.0, 0.2, 0.0), survival(0.0, 0.2, 0.0), quantile(0.1, 0.2, 0.0)),
            (0.0, 1.0, 0.0)
        );
        assert_eq!(
            (survival(1.0, 0.0, 0.0), quantile(0.0, -0.5, 0.0), quantile(0.0, 0.0, 0.0)),
            (0.0, 0.0, 0.0)
        );
        assert_eq!((quantile(1.0, 0.2, 3.0), quantile(1.5, 0.2, 3.0)), (0.0, 0.0));
        assert_eq!((quantile(0.0, -0.5, 3.0), quantile(0.0, 0.0, 3.0)), (6.0, f64::INFINITY));
        let around = [-1e-9, -1e-300, 0.0, 1e-300, 1e-9].map(|shape| quantile(1e-3, shape, 2.0));
        assert!(around.windows(2).all(|pair| pair[0] <= pair[1] && pair[1] - pair[0] < 1e-6));
    }
}
