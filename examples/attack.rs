//! Prints a made-up day of a web server as CSV: response times in milliseconds, with five incidents.
//!
//! ```text
//! cargo run --release --example attack > day.csv
//! tailspot detect --side up --q 1e-4 --plot day.svg day.csv
//! ```

#[path = "../tests/draws/mod.rs"]
mod draws;

use std::io::Write;

use draws::Draws;

const VALUES: usize = 20_000;
/// Where an incident starts, how long it lasts, and by how much it slows a response at its height.
const INCIDENTS: [(usize, usize, f64); 5] = [
    (4_300, 1, 260.0),
    (7_900, 40, 180.0),
    (11_200, 12, 420.0),
    (14_800, 90, 150.0),
    (18_500, 3, 300.0),
];

fn main() -> std::io::Result<()> {
    write(std::io::BufWriter::new(std::io::stdout().lock()))
}

pub(crate) fn write(mut out: impl Write) -> std::io::Result<()> {
    let mut draws = Draws::new(2017);
    writeln!(out, "response_ms")?;
    for i in 0..VALUES {
        let calm = 18.0 + 12.0 * (0.45 * draws.normal()).exp();
        let slow: f64 = INCIDENTS
            .iter()
            .filter(|(start, length, _)| (*start..start + length).contains(&i))
            .map(|(_, _, height)| height * (0.5 + 0.5 * draws.uniform()))
            .sum();
        writeln!(out, "{:.3}", calm + slow)?;
    }
    out.flush()
}
