//! The solvers, for functions of one number: argmin's off the hot path, Newton's method for roots that are needed often.

use argmin::core::{CostFunction, Error as SolverError, Executor};
use argmin::solver::brent::{BrentOpt, BrentRoot};

struct Function<F>(F);

impl<F: Fn(f64) -> f64> CostFunction for Function<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, at: &f64) -> Result<f64, SolverError> {
        Ok((self.0)(*at))
    }
}

/// The root between two points where the signs differ; if they do not, by rounding, the better of the two.
pub(crate) fn find_root(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let solver = BrentRoot::new(low, high, 1e-18);
    let run = Executor::new(Function(&function), solver).configure(|state| state.max_iters(200));
    let best = run.run().ok().and_then(|result| result.state().best_param);
    best.unwrap_or_else(|| if function(low).abs() < function(high).abs() { low } else { high })
}

/// The root between two points of a function that rises, given with its derivative: Newton's method, and halving where
/// that leaves the interval. For roots that are needed by the hundred, where a run of argmin's costs as much as thirty
/// evaluations.
pub(crate) fn follow_root(
    function: impl Fn(f64) -> (f64, f64),
    low: f64,
    high: f64,
    start: f64,
) -> f64 {
    let (mut low, mut high, mut at) = (low, high, start.max(low).min(high));
    for _ in 0..200 {
        let (value, slope) = function(at);
        if value < 0.0 {
            low = at;
        } else {
            high = at;
        }
        let newton = at - value / slope;
        let is_inside = newton > low && newton < high;
        let next = if is_inside { newton } else { 0.5 * (low + high) };
        let step = (next - at).abs();
        at = next;
        // The error after a short Newton step is about its square.
        if step <= f64::EPSILON * at.abs() || is_inside && step <= 1e-9 * at.abs() {
            break;
        }
    }
    at
}

/// Where a function with one peak between two points is highest, to four digits.
pub(crate) fn find_peak(function: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let depth = Function(|at: f64| -function(at));
    let solver = BrentOpt::new(low, high).set_tolerance(1e-8, 1e-4);
    let run = Executor::new(depth, solver).configure(|state| state.max_iters(100)).run();
    run.ok().and_then(|result| result.state().best_param).unwrap_or(0.5 * (low + high))
}
