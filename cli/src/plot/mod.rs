//! Pictures as files: SVG, PNG from the same drawing, and pages of HTML.

mod axis;
mod draw;
mod gallery;
mod html;
mod paths;
mod ticks;
mod trace;

use std::io;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::register_font;

use crate::atomic;
use crate::failure::Failure;
use crate::time::{Clock, Micros};
pub(crate) use gallery::Gallery;
pub(crate) use trace::{Point, Trace};

/// More streams than this are not drawn: nobody could read them.
pub(crate) const MOST_PANELS: usize = 6;

/// Buckets of a drawing: more than it has columns.
pub(crate) const BUCKETS: usize = 2048;

const WIDTH: u32 = 800;
/// The height of the only panel, and of one of several.
const HEIGHT: u32 = 420;
const HEIGHT_OF_MANY: u32 = 300;

/// A PNG has twice the dots each way, so that it stays sharp where it is enlarged.
const PNG_SCALE: u32 = 2;

/// What the user wants of a picture.
#[derive(Default)]
pub(crate) struct Style {
    /// A logarithmic value axis.
    pub(crate) log: bool,
    /// Width and height of each panel.
    pub(crate) size: Option<(u32, u32)>,
    pub(crate) title: Option<String>,
}

/// The axis along the stream.
#[derive(Clone)]
pub(crate) enum X {
    /// A number that grows, and what one step on it is worth.
    Count {
        name: String,
        unit: f64,
    },
    Time(Clock),
}

/// A time as a place on an axis, in the same order.
pub(crate) fn place_of(micros: Micros) -> u64 {
    micros as u64 ^ (1 << 63)
}

fn micros_of(place: u64) -> Micros {
    (place ^ (1 << 63)) as Micros
}

/// One stream of the picture.
pub(crate) struct Panel<'a> {
    /// What the picture is of.
    pub(crate) name: String,
    /// The name of the value axis.
    pub(crate) value: String,
    pub(crate) x: X,
    pub(crate) q: f64,
    /// A logarithmic value axis.
    pub(crate) log: bool,
    pub(crate) trace: &'a Trace,
}

/// A picture or a page of streams whose incidents nobody followed.
pub(crate) fn draw(path: &Path, panels: &[Panel<'_>], style: &Style) -> Result<(), Failure> {
    match path.extension().is_some_and(|extension| extension == "html") {
        true => html::write(path, panels, &html::Incidents::default(), style),
        false => write(path, panels, style),
    }
}

/// Draws the panels one below the other.
fn write(path: &Path, panels: &[Panel<'_>], style: &Style) -> Result<(), Failure> {
    // Text is measured, and in a PNG drawn, with a font that comes with the program: no font of the system is needed.
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| Failure::new("the built-in font cannot be read"))?;
    let png = path.extension().is_some_and(|extension| extension == "png");
    let drawn = if png { png_bytes(panels, style) } else { svg_bytes(panels, style) };
    let bytes =
        drawn.map_err(|why| Failure::new(format!("cannot draw {}: {why}", path.display())))?;
    atomic::write(path, &bytes)
}

fn size(panels: &[Panel<'_>], style: &Style) -> (u32, u32) {
    let many = panels.len().max(1) as u32;
    let height = if many == 1 { HEIGHT } else { HEIGHT_OF_MANY };
    let (width, height) = style.size.unwrap_or((WIDTH, height));
    let title = if style.title.is_some() { draw::TITLE } else { 0 };
    (width, height * many + title)
}

fn svg_bytes(panels: &[Panel<'_>], style: &Style) -> Result<Vec<u8>, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size(panels, style)).into_drawing_area();
        draw::panels(&area, panels, style.title.as_deref(), 1)
            .map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(text.into_bytes())
}

fn png_bytes(panels: &[Panel<'_>], style: &Style) -> Result<Vec<u8>, String> {
    let (width, height) = size(panels, style);
    let (width, height) = (width * PNG_SCALE, height * PNG_SCALE);
    let mut dots = vec![0; 3 * width as usize * height as usize];
    {
        let backend = BitMapBackend::with_buffer(&mut dots, (width, height));
        let area = backend.into_drawing_area();
        let title = style.title.as_deref();
        draw::panels(&area, panels, title, PNG_SCALE).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    encode(width, height, &dots).map_err(|error| error.to_string())
}

fn encode(width: u32, height: u32, dots: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(dots)?;
    writer.finish()?;
    Ok(bytes)
}
