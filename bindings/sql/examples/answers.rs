//! Prints what the engine answers to a vector of `tests/vectors`, bit for bit, to compare SQL with:
//! `cargo run --example answers -- FILE...`, a line for each value: name, event, and the bits of the upper threshold, the
//! lower one and the probability, - for those that are not available.

use serde_json::Value;
use tailspot::{Config, Spot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let vector: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let config: Config = serde_json::from_value(vector["config"].clone())?;
        let values: Vec<f64> =
            vector["values"].as_array().ok_or("no values")?.iter().map(number).collect();
        let fitted = if vector["calibrate"] == "fit" { config.n_init } else { 0 };
        let mut spot = Spot::new(config)?;
        if fitted > 0 {
            spot.fit(&values[..fitted])?;
        }
        for value in &values[fitted..] {
            let verdict = spot.verdict(*value);
            let bits = [verdict.upper, verdict.lower, verdict.probability].map(bits);
            println!("{} {} {} {} {}", vector["name"], verdict.event, bits[0], bits[1], bits[2]);
        }
    }
    Ok(())
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        Some("-inf") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

fn bits(x: f64) -> String {
    if x.is_nan() { "-".to_owned() } else { format!("{:x}", x.to_bits()) }
}
