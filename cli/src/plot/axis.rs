//! The value axis of a picture: any finite numbers, drawn as numbers of ordinary size.

use super::Panel;

/// A range of values in units of a power of ten.
pub(crate) struct Axis {
    /// Values are divided by ten to this power, which the name of the axis shows.
    exponent: i32,
    /// Ends of the axis, divided.
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
}

impl Axis {
    /// Holds all data, and the thresholds as far as they leave the data visible: those that lie further out are drawn
    /// at the edge.
    pub(crate) fn over(panel: &Panel<'_>) -> Self {
        let is_shown = |value: f64| value.is_finite() && (value > 0.0 || !panel.log);
        let span = |values: &mut dyn Iterator<Item = f64>| {
            let shown = values.filter(|&value| is_shown(value));
            shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let buckets = || panel.trace.buckets().map(|(_, bucket)| bucket);
        let (low, high) = span(&mut buckets().flat_map(|bucket| [bucket.low, bucket.high]));
        let mut thresholds = buckets().flat_map(|bucket| [bucket.upper, bucket.lower]);
        if low > high {
            let (low, high) = span(&mut thresholds);
            return if low > high { Axis::of(panel, 0.0, 1.0) } else { Axis::of(panel, low, high) };
        }
        let (least, most) = match panel.log {
            true => (low / (high / low).max(10.0), high * (high / low).max(10.0)),
            // A constant stream has thresholds of any distance.
            false if low == high => (f64::NEG_INFINITY, f64::INFINITY),
            false => (low - (high / 2.0 - low / 2.0), high + (high / 2.0 - low / 2.0)),
        };
        let (below, above) = span(&mut thresholds.filter(|value| (least..=most).contains(value)));
        Axis::of(panel, low.min(below), high.max(above))
    }

    fn of(panel: &Panel<'_>, low: f64, high: f64) -> Self {
        if panel.log { Axis::log(low, high) } else { Axis::linear(low, high) }
    }

    /// Whether a value is drawn at the edge because it lies beyond it.
    pub(crate) fn is_beyond(&self, value: f64) -> bool {
        let value = divided(value, self.exponent);
        value > self.high || value < self.low
    }

    fn linear(low: f64, high: f64) -> Self {
        let exponent = exponent_of(low.abs().max(high.abs()));
        let (low, high) = (divided(low, exponent), divided(high, exponent));
        let most = low.abs().max(high.abs());
        // A constant stream has a range too; ten digits are more than a picture shows.
        let margin = match high - low {
            span if span > 1e-10 * most => 0.06 * span,
            _ if most > 0.0 => 0.1 * most,
            _ => 1.0,
        };
        Axis { exponent, low: low - margin, high: high + margin, log: false }
    }

    fn log(low: f64, high: f64) -> Self {
        // Without any positive value there is nothing to show.
        let low = if low > 0.0 { low } else { high / 10.0 };
        let (low, high) = ((low / 1.2).max(f64::MIN_POSITIVE), (high * 1.5).min(f64::MAX));
        Axis { exponent: 0, low, high, log: true }
    }

    /// Where a value is drawn; infinities at the edge.
    pub(crate) fn place(&self, value: f64) -> f64 {
        divided(value, self.exponent).clamp(self.low, self.high)
    }

    /// How much of the height of the picture is between two places.
    pub(crate) fn share(&self, from: f64, to: f64) -> f64 {
        match self.log {
            true => (to / from).ln().abs() / (self.high / self.low).ln(),
            false => (to - from).abs() / (self.high - self.low),
        }
    }

    /// "load", or "load (× 1e6)"
    pub(crate) fn name(&self, value: &str) -> String {
        match self.exponent {
            0 => value.to_owned(),
            exponent => format!("{value} (× 1e{exponent})"),
        }
    }

    /// A number at the axis, with the digits that distinguish it from its neighbours.
    pub(crate) fn label(&self, value: f64) -> String {
        if self.log {
            return crate::number::short(value);
        }
        let digits = (1.0 - (self.high - self.low).log10()).ceil().clamp(0.0, 12.0);
        let text = format!("{value:.*}", digits as usize);
        // Rounding may leave "-0.0".
        if text.trim_start_matches('-').bytes().all(|b| matches!(b, b'0' | b'.')) {
            return "0".to_owned();
        }
        text
    }
}

/// The power of ten to divide by: none for ordinary numbers.
fn exponent_of(most: f64) -> i32 {
    match most.log10().floor() {
        power if (-3.0..5.0).contains(&power) || !power.is_finite() => 0,
        power => power as i32,
    }
}

/// In two steps: ten to the power of -320 is not a normal number, but its factors are.
fn divided(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    value / 10_f64.powi(half) / 10_f64.powi(exponent - half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_range_becomes_an_ordinary_one() {
        let ranges = [
            (0.0, 0.0),
            (5.0, 5.0),
            (-1e308, 1e308),
            (5e-324, 1e-320),
            (1e9, 1e9 + 1.0),
            (f64::MIN, f64::MAX),
            (-0.1, 0.1),
        ];
        for (low, high) in ranges {
            let axis = Axis::linear(low, high);
            assert!(axis.low < axis.high && axis.high - axis.low < 1e6, "{low} {high}");
            let inside = axis.low..=axis.high;
            assert!(inside.contains(&axis.place(low)) && inside.contains(&axis.place(high)));
        }
    }
}
