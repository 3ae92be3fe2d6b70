//! Many values in one call, with incidents: `cargo run --release --example batch`.

use tailspot::{Config, Event, Incidents, Outputs, Spot};

fn main() -> Result<(), tailspot::Error> {
    let mut values: Vec<f64> =
        (0..50_000).map(|i| f64::from(i * 7919 % 10_007) / 10_007.0).collect();
    values[20_000..20_005].fill(3.0);
    values[40_000] = -2.5;
    let config = Config { q: 1e-4, level: 0.98, ..Config::default() };
    let mut spot = Spot::new(config.clone())?;
    let mut events = vec![Event::Normal; values.len()];
    let mut probability = vec![f64::NAN; values.len()];
    let outputs = Outputs {
        events: Some(&mut events),
        probability: Some(&mut probability),
        ..Outputs::default()
    };
    spot.step_many(&values, outputs)?;
    let mut incidents = Incidents::of(&config);
    for (i, value) in values.iter().enumerate() {
        if let Some(incident) = incidents.take(i as u64, *value, events[i], probability[i]) {
            println!("{incident:?}");
        }
    }
    incidents.finish().into_iter().for_each(|incident| println!("{incident:?}"));
    Ok(())
}
