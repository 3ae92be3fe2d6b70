//! Pictures as files: SVG, and PNG from the same drawing.

use std::io;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::register_font;

use crate::atomic;
use crate::draw;
use crate::failure::Failure;
use crate::trace::Trace;

/// More streams than this are not drawn: nobody could read them.
pub(crate) const MOST_PANELS: usize = 6;

const WIDTH: u32 = 800;
/// The height of the only panel, and of one of several.
const HEIGHT: u32 = 420;
const HEIGHT_OF_MANY: u32 = 300;

/// A PNG has twice the dots each way, so that it stays sharp where it is enlarged.
const PNG_SCALE: u32 = 2;

/// One stream of the picture.
pub(crate) struct Panel<'a> {
    /// What the picture is of.
    pub(crate) name: String,
    /// The name of the value axis.
    pub(crate) value: String,
    /// The name of the other axis.
    pub(crate) axis: String,
    /// What one step on it is worth.
    pub(crate) unit: f64,
    pub(crate) q: f64,
    /// A logarithmic value axis.
    pub(crate) log: bool,
    pub(crate) trace: &'a Trace,
}

/// Draws the panels one below the other.
pub(crate) fn write(path: &Path, panels: &[Panel<'_>]) -> Result<(), Failure> {
    // Text is measured, and in a PNG drawn, with a font that comes with the program: no font of the system is needed.
    register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT)
        .map_err(|_| Failure::new("the built-in font cannot be read"))?;
    let png = path.extension().is_some_and(|extension| extension == "png");
    let drawn = if png { png_bytes(panels) } else { svg_bytes(panels) };
    let bytes =
        drawn.map_err(|why| Failure::new(format!("cannot draw {}: {why}", path.display())))?;
    atomic::write(path, &bytes)
}

fn size(panels: &[Panel<'_>]) -> (u32, u32) {
    match panels.len() as u32 {
        0 | 1 => (WIDTH, HEIGHT),
        many => (WIDTH, HEIGHT_OF_MANY * many),
    }
}

fn svg_bytes(panels: &[Panel<'_>]) -> Result<Vec<u8>, String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size(panels)).into_drawing_area();
        draw::panels(&area, panels, 1).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(text.into_bytes())
}

fn png_bytes(panels: &[Panel<'_>]) -> Result<Vec<u8>, String> {
    let (width, height) = size(panels);
    let (width, height) = (width * PNG_SCALE, height * PNG_SCALE);
    let mut dots = vec![0; 3 * width as usize * height as usize];
    {
        let backend = BitMapBackend::with_buffer(&mut dots, (width, height));
        let area = backend.into_drawing_area();
        draw::panels(&area, panels, PNG_SCALE).map_err(|error| error.to_string())?;
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
