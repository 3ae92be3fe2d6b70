//! A detector that is saved and goes on bit for bit: `cargo run --release --example resume`.

use tailspot::{Config, Spot};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let value = |i: u32| f64::from(i * 7919 % 10_007) / 10_007.0;
    let mut spot = Spot::new(Config { q: 1e-3, level: 0.98, ..Config::default() })?;
    (0..6000).for_each(|i| _ = spot.step(value(i)));
    let path = std::env::temp_dir().join("tailspot-resume.state");
    std::fs::write(&path, spot.save())?;
    let mut resumed = Spot::load(&std::fs::read(&path)?)?;
    std::fs::remove_file(&path)?;
    for i in 6000..9000 {
        assert_eq!(spot.step(value(i)), resumed.step(value(i)));
    }
    assert_eq!(spot, resumed);
    println!(
        "3,000 values later both are the same: {:.6}",
        resumed.anomaly_threshold(tailspot::Side::Up)
    );
    Ok(())
}
