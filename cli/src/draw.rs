//! How a stream looks: its line, dashed thresholds, and alerts that stand out, also to the colour-blind.

use std::collections::HashSet;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::axis::Axis;
use crate::number;
use crate::plot::Panel;
use crate::trace::Stretch;

type Outcome<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

const STREAM: RGBColor = RGBColor(0x1B, 0x4B, 0x5A);
const UPPER: RGBColor = RGBColor(0x7A, 0x3E, 0xB1);
const LOWER: RGBColor = RGBColor(0xC7, 0x6B, 0x00);
const ALERT: RGBColor = RGBColor(0xD9, 0x1E, 0x18);
const TEXT: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xE4, 0xE4, 0xE4);

/// Title and legend, above the chart so that they hide nothing of it.
const HEAD: u32 = 52;

/// So many dots are smaller, or they would hide the thresholds.
const MANY: usize = 300;

/// Draws one panel below the other; `scale` dots make what is one in an SVG.
pub(crate) fn panels<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panels: &[Panel<'_>],
    scale: u32,
) -> Outcome<B> {
    area.fill(&WHITE)?;
    let parts = area.split_evenly((panels.len().max(1), 1));
    for (part, panel) in parts.iter().zip(panels) {
        let pen = Pen { scale };
        let axis = Axis::over(panel);
        pen.head(part, panel)?;
        // The two kinds of axis are two types.
        if axis.log {
            pen.chart(part, panel, &axis, (axis.low..axis.high).log_scale())?;
        } else {
            pen.chart(part, panel, &axis, axis.low..axis.high)?;
        }
    }
    Ok(())
}

/// Sizes in dots.
struct Pen {
    scale: u32,
}

impl Pen {
    fn dots(&self, size: u32) -> i32 {
        (size * self.scale) as i32
    }

    fn text(&self, size: u32) -> TextStyle<'static> {
        ("sans-serif", self.dots(size)).into_font().color(&TEXT)
    }

    fn stroke(&self, color: RGBColor, width: u32) -> ShapeStyle {
        color.stroke_width(width * self.scale)
    }

    /// `range` is the value axis in the coordinates of plotters.
    fn chart<B, Y>(
        &self,
        area: &DrawingArea<B, Shift>,
        panel: &Panel<'_>,
        axis: &Axis,
        range: Y,
    ) -> Outcome<B>
    where
        B: DrawingBackend,
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let (first, last) = panel.trace.range();
        let (first, last) = (first as f64 * panel.unit, last as f64 * panel.unit);
        let last = if last > first { last } else { first + 1.0 };
        let mut chart = ChartBuilder::on(area)
            .margin_top(self.dots(HEAD))
            .margin_right(self.dots(24))
            .margin_bottom(self.dots(6))
            .margin_left(self.dots(6))
            .x_label_area_size(self.dots(44))
            .y_label_area_size(self.dots(72))
            .build_cartesian_2d(first..last, range)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(self.stroke(GRID, 1))
            .axis_style(self.stroke(TEXT, 1))
            .x_labels(8)
            .y_labels(7)
            .label_style(self.text(13))
            .axis_desc_style(self.text(15))
            .x_desc(panel.axis.as_str())
            .y_desc(axis.name(&panel.value))
            .x_label_formatter(&|x| number::short_count(*x))
            .y_label_formatter(&|y| axis.label(*y))
            .draw()?;
        for path in lines(panel, axis) {
            let style = self.stroke(STREAM, 1);
            if self.scale == 1 {
                chart.draw_series(LineSeries::new(path, style))?;
            } else {
                // plotters fills a wide path as one polygon, which falls apart where it turns at every dot.
                let pieces = path.windows(2).map(|ends| PathElement::new(ends.to_vec(), style));
                chart.draw_series(pieces)?;
            }
        }
        for (color, threshold) in thresholds() {
            let (path, style) = (level(panel, axis, threshold), self.stroke(color, 2));
            let (size, gap) = (self.scale * 7, self.scale * 4);
            chart.draw_series(DashedLineSeries::new(path, size, gap, style))?;
        }
        // Rims first: they keep dots apart from the line, and hide no other dot.
        let dots = alerts(panel, axis);
        let size = if dots.len() > MANY { 2 } else { 4 };
        let circle = |&at, size, color: RGBColor| Circle::new(at, self.dots(size), color.filled());
        chart.draw_series(dots.iter().map(|at| circle(at, size + 1, WHITE)))?;
        chart.draw_series(dots.iter().map(|at| circle(at, size, ALERT)))?;
        Ok(())
    }

    /// The title, and below it what each mark means.
    fn head<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        panel: &Panel<'_>,
    ) -> Outcome<B> {
        let left = self.dots(78);
        let title = Text::new(title(panel), (left, self.dots(10)), self.text(17));
        area.draw(&title)?;
        let middle = self.dots(41);
        let mut at = left;
        for (name, mark) in marks(panel) {
            let end = at + self.dots(if matches!(mark, Mark::Dot) { 8 } else { 26 });
            let center = ((at + end) / 2, middle);
            match mark {
                Mark::Line => {
                    let path = vec![(at, middle), (end, middle)];
                    area.draw(&PathElement::new(path, self.stroke(STREAM, 2)))?;
                }
                Mark::Dashes(color) => {
                    let path = vec![(at, middle), (end, middle)];
                    let style = self.stroke(color, 2);
                    let (size, gap) = (self.dots(7), self.dots(3));
                    area.draw(&DashedPathElement::new(path, size, gap, style))?;
                }
                Mark::Dot => area.draw(&Circle::new(center, self.dots(4), ALERT.filled()))?,
            }
            let text = self.text(13).pos(Pos::new(HPos::Left, VPos::Center));
            let width = area.estimate_text_size(name, &text)?.0 as i32;
            area.draw(&Text::new(name, (end + self.dots(6), middle), text))?;
            at = end + self.dots(6 + 22) + width;
        }
        Ok(())
    }
}

enum Mark {
    Line,
    Dashes(RGBColor),
    Dot,
}

/// The legend: only what the panel shows.
fn marks(panel: &Panel<'_>) -> Vec<(&'static str, Mark)> {
    let has = |threshold: fn(&Stretch) -> f64| {
        panel.trace.stretches().any(|(_, stretch)| !threshold(stretch).is_nan())
    };
    let [(upper, is_upper), (lower, is_lower)] = thresholds();
    let mut marks = vec![("stream", Mark::Line)];
    marks.extend(has(is_upper).then_some(("upper threshold", Mark::Dashes(upper))));
    marks.extend(has(is_lower).then_some(("lower threshold", Mark::Dashes(lower))));
    marks.push(("alert", Mark::Dot));
    marks
}

type Threshold = fn(&Stretch) -> f64;

fn thresholds() -> [(RGBColor, Threshold); 2] {
    [(UPPER, |stretch| stretch.upper), (LOWER, |stretch| stretch.lower)]
}

/// "load of web1: 12 alerts, q = 0.0001"
fn title(panel: &Panel<'_>) -> String {
    let alerts = match panel.trace.alerts() {
        0 => "no alert".to_owned(),
        1 => "1 alert".to_owned(),
        many => format!("{many} alerts"),
    };
    format!("{}: {alerts}, q = {}", panel.name, number::short(panel.q))
}

/// A hole of so many stretches without a value, about ten dots wide, breaks the line of the stream.
const HOLE: usize = 20;

/// The stream as paths through the extremes of each stretch, the nearer one first.
fn lines(panel: &Panel<'_>, axis: &Axis) -> Vec<Vec<(f64, f64)>> {
    let mut paths: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut path: Vec<(f64, f64)> = Vec::new();
    let mut missing = 0;
    for (at, stretch) in panel.trace.stretches().filter(|(_, stretch)| stretch.visited) {
        if stretch.low.is_nan() {
            missing += 1;
            continue;
        }
        if std::mem::take(&mut missing) >= HOLE {
            paths.push(std::mem::take(&mut path));
        }
        let (at, low, high) = (at * panel.unit, axis.place(stretch.low), axis.place(stretch.high));
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

/// A threshold as a path.
fn level(panel: &Panel<'_>, axis: &Axis, threshold: Threshold) -> Vec<(f64, f64)> {
    let path = panel.trace.stretches().map(|(at, stretch)| (at, threshold(stretch)));
    let path = path.filter(|(_, value)| !value.is_nan());
    path.map(|(at, value)| (at * panel.unit, axis.place(value))).collect()
}

/// Where the dots are; of those that would hide each other one.
fn alerts(panel: &Panel<'_>, axis: &Axis) -> Vec<(f64, f64)> {
    let (first, last) = panel.trace.range();
    let (across, up) = ((last - first).max(1) as f64 / 300.0, (axis.high - axis.low) / 150.0);
    let alerts = panel.trace.stretches().flat_map(|(_, s)| [s.alert_up, s.alert_down]);
    let mut taken = HashSet::new();
    let alerts = alerts.flatten().filter(|(at, value)| {
        let cell = ((at - first) as f64 / across, (axis.place(*value) - axis.low) / up);
        taken.insert((cell.0 as u32, cell.1 as u32))
    });
    alerts.map(|(at, value)| (at as f64 * panel.unit, axis.place(value))).collect()
}
