//! One detector, one value at a time: `cargo run --release --example quickstart`.
//!
//! A stream of latencies with three slow requests in it.

use tailspot::{Config, Spot};

fn main() -> Result<(), tailspot::Error> {
    // One false alert in 1,000 values, on large values only. The first 2,000 values calibrate it.
    let mut spot = Spot::new(Config { q: 1e-3, level: 0.98, down: false, ..Config::default() })?;
    let mut state = 1_u64;
    for i in 0..10_000 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let uniform = ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        let usual = 20.0 - 3.0 * uniform.ln();
        let latency = if [4000, 6500, 9000].contains(&i) { 90.0 } else { usual };
        let verdict = spot.verdict(latency);
        if verdict.event.is_alert() {
            let (z, p) = (verdict.threshold(), verdict.probability);
            println!("value {i}: {latency:.1} ms is beyond {z:.1} ms, probability {p:.1e}");
        }
    }
    let status = spot.status();
    println!(
        "{} values judged, {} alerts, {} incidents",
        status.seen, status.up.alerts, status.incidents
    );
    Ok(())
}
