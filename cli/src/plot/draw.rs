//! How a stream looks: its line, dashed thresholds, and alerts that stand out, also to the colour-blind.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::paths::{Threshold, bands, level, lines, ranges, spread_out};
use super::{Panel, ticks};

type Outcome<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

const STREAM: RGBColor = RGBColor(0x1B, 0x4B, 0x5A);
const UPPER: RGBColor = RGBColor(0x7A, 0x3E, 0xB1);
const LOWER: RGBColor = RGBColor(0xC7, 0x6B, 0x00);
const ALERT: RGBColor = RGBColor(0xD9, 0x1E, 0x18);
const TEXT: RGBColor = RGBColor(0x22, 0x22, 0x22);
const RANGE: RGBColor = RGBColor(0x9D, 0xB8, 0xC0);
const GRID: RGBColor = RGBColor(0xE4, 0xE4, 0xE4);

/// Title and legend, above the chart so that they hide nothing of it.
const HEAD: u32 = 52;

/// So many dots are smaller, or they would hide the thresholds.
const MANY: usize = 300;

/// So many rows in a bucket are drawn as the range that they cover.
const DENSE: f64 = 4.0;

/// The height of a title of the user.
pub(super) const TITLE: u32 = 36;

/// Draws one panel below the other; `scale` dots make what is one in an SVG.
pub(crate) fn panels<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    panels: &[Panel<'_>],
    title: Option<&str>,
    scale: u32,
) -> Outcome<B> {
    area.fill(&WHITE)?;
    let area = match title {
        None => area.clone(),
        Some(title) => {
            let pen = Pen { scale };
            let (above, below) = area.split_vertically(pen.dots(TITLE));
            let style = pen.text(20);
            let title = fitting(&above, title, &style, pen.dots(32))?;
            above.draw(&Text::new(title, (pen.dots(16), pen.dots(12)), style))?;
            below
        }
    };
    let parts = area.split_evenly((panels.len().max(1), 1));
    for (part, panel) in parts.iter().zip(panels) {
        let pen = Pen { scale };
        let axis = Axis::over(panel);
        pen.head(part, panel, &axis)?;
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
        let length = panel.trace.length();
        let length = if length > 0.0 { length } else { 1.0 };
        let ticks = ticks::find(&panel.x, panel.trace.range().0, length);
        let across = ticks::Along::new(length, &ticks);
        let mut chart = ChartBuilder::on(area)
            .margin_top(self.dots(HEAD))
            .margin_right(self.dots(40))
            .margin_bottom(self.dots(6))
            .margin_left(self.dots(6))
            .x_label_area_size(self.dots(44))
            .y_label_area_size(self.dots(72))
            .build_cartesian_2d(across, range)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(self.stroke(GRID, 1))
            .axis_style(self.stroke(TEXT, 1))
            .x_labels(ticks.marks.len())
            .y_labels(7)
            .label_style(self.text(13))
            .axis_desc_style(self.text(15))
            .x_desc(ticks.name.as_str())
            .y_desc(axis.name(&shortened(&panel.value, 28)))
            .x_label_formatter(&|x| ticks.label(*x))
            .y_label_formatter(&|y| axis.label(*y))
            .draw()?;
        let paths = match panel.trace.density() > DENSE {
            true => {
                let ranges = ranges(panel, axis);
                for range in &ranges {
                    chart.draw_series([Polygon::new(range.outline(), RANGE.filled())])?;
                }
                ranges.into_iter().flat_map(|range| [range.above, range.below]).collect()
            }
            false => lines(panel, axis),
        };
        for path in paths {
            let style = self.stroke(STREAM, 1);
            if self.scale == 1 {
                chart.draw_series(LineSeries::new(path, style))?;
            } else {
                // plotters fills a wide path as one polygon, which falls apart where it turns at every dot.
                let pieces = path.windows(2).map(|ends| PathElement::new(ends.to_vec(), style));
                chart.draw_series(pieces)?;
            }
        }
        for (side, (color, _)) in thresholds().into_iter().enumerate() {
            for band in bands(panel, axis, side) {
                chart.draw_series([Polygon::new(band, color.mix(0.15))])?;
            }
        }
        for (side, (color, threshold)) in thresholds().into_iter().enumerate() {
            let (path, style) = (level(panel, axis, side, threshold).0, self.stroke(color, 2));
            let (size, gap) = (self.scale * 7, self.scale * 4);
            chart.draw_series(DashedLineSeries::new(path, size, gap, style))?;
        }
        let trace = panel.trace;
        let incidents =
            spread_out(panel, axis, |bucket| [bucket.incident_up, bucket.incident_down]);
        let alerts = spread_out(panel, axis, |bucket| [bucket.alert_up, bucket.alert_down]);
        let thin = trace.incidents() > 0 && trace.incidents() < trace.alerts();
        if thin {
            let dot = |&at| Circle::new(at, self.dots(1), ALERT.mix(0.4).filled());
            chart.draw_series(alerts.iter().map(dot))?;
        }
        // Rims first: they keep dots apart from the line, and hide no other dot.
        let dots = if trace.incidents() > 0 { incidents } else { alerts };
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
        axis: &Axis,
    ) -> Outcome<B> {
        let left = self.dots(78);
        let style = self.text(17);
        let title = fitting(area, &title(panel), &style, left + self.dots(24))?;
        area.draw(&Text::new(title, (left, self.dots(10)), style))?;
        let middle = self.dots(41);
        let mut at = left;
        for (name, mark) in marks(panel, axis) {
            let end = at + self.dots(if matches!(mark, Mark::Dot | Mark::Thin) { 8 } else { 26 });
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
                Mark::Band => {
                    let [top, bottom] = [middle - self.dots(5), middle + self.dots(5)];
                    for (color, part) in
                        [(UPPER, (at, (at + end) / 2)), (LOWER, ((at + end) / 2, end))]
                    {
                        let corners = [(part.0, top), (part.1, bottom)];
                        area.draw(&Rectangle::new(corners, color.mix(0.25).filled()))?;
                    }
                }
                Mark::Thin => {
                    area.draw(&Circle::new(center, self.dots(1), ALERT.mix(0.7).filled()))?
                }
                Mark::Dot => area.draw(&Circle::new(center, self.dots(4), ALERT.filled()))?,
            }
            let text = self.text(13).pos(Pos::new(HPos::Left, VPos::Center));
            let width = area.estimate_text_size(&name, &text)?.0 as i32;
            area.draw(&Text::new(name, (end + self.dots(6), middle), text))?;
            at = end + self.dots(6 + 22) + width;
        }
        Ok(())
    }
}

enum Mark {
    Line,
    Dashes(RGBColor),
    Band,
    Thin,
    Dot,
}

/// The legend: only what the panel shows.
fn marks(panel: &Panel<'_>, axis: &Axis) -> Vec<(String, Mark)> {
    let mut marks = vec![("stream".to_owned(), Mark::Line)];
    let names = ["upper threshold", "lower threshold"];
    for (side, (name, (color, threshold))) in names.into_iter().zip(thresholds()).enumerate() {
        let mut known = panel
            .trace
            .buckets()
            .map(|(_, bucket)| threshold(bucket))
            .filter(|level| !level.is_nan());
        let Some(first) = known.next() else { continue };
        let beyond = axis.is_beyond(first) || known.any(|level| axis.is_beyond(level));
        let about = match (beyond, level(panel, axis, side, threshold).1) {
            (true, _) => " (in part off the axis)",
            (false, true) => " (at its widest)",
            (false, false) => "",
        };
        marks.push((format!("{name}{about}"), Mark::Dashes(color)));
    }
    if panel.trace.bands().iter().any(|(_, sides)| sides.iter().any(Option::is_some)) {
        marks.push(("95 % interval".to_owned(), Mark::Band));
    }
    let (incidents, alerts) = (panel.trace.incidents(), panel.trace.alerts());
    match incidents > 0 && incidents < alerts {
        true => {
            marks.push(("alert".to_owned(), Mark::Thin));
            marks.push(("incident".to_owned(), Mark::Dot));
        }
        false => marks.push(("alert".to_owned(), Mark::Dot)),
    }
    marks
}

/// Text that is no wider than the area less this many dots; the end of a longer one is left out.
fn fitting<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    text: &str,
    style: &TextStyle<'_>,
    margin: i32,
) -> Result<String, DrawingAreaErrorKind<B::ErrorType>> {
    let most = (area.dim_in_pixel().0 as i32 - margin).max(0) as u32;
    let mut length = text.chars().count();
    let mut shown = text.to_owned();
    while length > 1 && area.estimate_text_size(&shown, style)?.0 > most {
        length -= 1;
        shown = shortened(text, length);
    }
    Ok(shown)
}

/// The first characters, and dots for the rest.
fn shortened(text: &str, length: usize) -> String {
    match text.chars().count() > length {
        true => text.chars().take(length.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn thresholds() -> [(RGBColor, Threshold); 2] {
    [(UPPER, |bucket| bucket.upper), (LOWER, |bucket| bucket.lower)]
}

/// "load of web1: 12 alerts, q = 0.0001"
fn title(panel: &Panel<'_>) -> String {
    let alerts = match (panel.trace.alerts(), panel.trace.judged()) {
        (0, 0) => return format!("{}: nothing was judged", panel.name),
        (0, _) => "no alert".to_owned(),
        (1, _) => "1 alert".to_owned(),
        (many, _) => format!("{many} alerts"),
    };
    let alerts = match panel.trace.incidents() {
        1 if panel.trace.alerts() > 1 => format!("{alerts} in 1 incident"),
        some if some > 0 && some < panel.trace.alerts() => format!("{alerts} in {some} incidents"),
        _ => alerts,
    };
    format!("{}: {alerts}, q = {}", panel.name, crate::number::short(panel.q))
}
