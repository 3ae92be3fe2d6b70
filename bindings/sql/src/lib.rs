//! What the SQL functions of tailspot share: configurations as JSON, states as BLOBs, and the number of an incident.
#![forbid(unsafe_code)]

use tailspot::{Config, Error, Event, Incidents, Outputs, Spot, Verdict};

/// A message for the user of the query.
pub type Refusal = String;

/// A configuration from a JSON object with the names of [`Config`]; `None` is the default one.
///
/// # Errors
///
/// The field that is unknown or out of range, its value and what is allowed.
pub fn config(text: Option<&str>) -> Result<Config, Refusal> {
    let config: Config = match text {
        None => Config::default(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| format!("config = {text} is not a usable JSON object: {error}"))?,
    };
    config.validate().map_err(words)?;
    Ok(config)
}

/// What an error says.
pub fn words(error: Error) -> Refusal {
    error.to_string()
}

/// A detector, and the number of the incident that each of its alerts belongs to: what its status counts, from 1 and on
/// from the number in the snapshot. An infinity before the calibration belongs to none.
#[derive(Clone, Debug)]
pub struct Stream {
    spot: Spot,
    /// The largest distance of two alerts of one incident.
    gap: u64,
    calibrated: bool,
}

impl Stream {
    /// A new detector, or one that continues from a snapshot, which has its own configuration.
    ///
    /// # Errors
    ///
    /// The configuration or the snapshot cannot be used, or there are both.
    pub fn new(options: Option<&str>, snapshot: Option<&[u8]>) -> Result<Self, Refusal> {
        let spot = match (options, snapshot) {
            (_, None) => Spot::new(config(options)?).map_err(words)?,
            (None, Some(bytes)) => Spot::load(bytes).map_err(words)?,
            (Some(_), Some(_)) => {
                return Err("config must be NULL with a snapshot, which has its own".to_owned());
            }
        };
        let (gap, calibrated) = (Incidents::of(spot.config()).gap(), spot.status().calibrated);
        Ok(Stream { spot, gap, calibrated })
    }

    /// Judges and learns one value: the verdict, and the number of the incident of an alert.
    pub fn step(&mut self, value: f64) -> (Verdict, Option<u64>) {
        let verdict = self.spot.verdict(value);
        self.calibrated |= verdict.event == Event::Calibration;
        let is_counted = verdict.event.is_alert() && self.calibrated;
        (verdict, is_counted.then(|| self.spot.status().incidents))
    }

    /// Judges and learns many: their events go to `events`, what else is asked for to `outputs`. Returns the number of
    /// the incident of each alert, with its index, from the last to the first.
    ///
    /// # Errors
    ///
    /// An output is not as long as the values.
    pub fn step_many(
        &mut self,
        values: &[f64],
        events: &mut [Event],
        outputs: Outputs<'_>,
    ) -> Result<Vec<(usize, u64)>, Refusal> {
        let outputs = Outputs { events: Some(&mut *events), ..outputs };
        self.spot.step_many(values, outputs).map_err(words)?;
        Ok(self.numbers(events))
    }

    /// The last alert belongs to the last incident; each one before it to the same, or to the one before if the next
    /// alert came more than the gap after it.
    fn numbers(&mut self, events: &[Event]) -> Vec<(usize, u64)> {
        // Missing values are not judged, and no part of a distance.
        let (mut alerts, mut position) = (Vec::new(), 0_u64);
        for (index, event) in events.iter().enumerate() {
            match event {
                Event::Missing => continue,
                Event::Calibration => self.calibrated = true,
                event if event.is_alert() && self.calibrated => alerts.push((index, position)),
                _ => {}
            }
            position += 1;
        }
        if alerts.is_empty() {
            return Vec::new();
        }
        let mut number = self.spot.status().incidents;
        let mut next = None;
        let numbered = |(index, position): (usize, u64)| {
            if next.replace(position).is_some_and(|next| next - position > self.gap) {
                number -= 1;
            }
            (index, number)
        };
        alerts.into_iter().rev().map(numbered).collect()
    }

    /// Learns one value, for the state alone.
    pub fn learn(&mut self, value: f64) {
        self.spot.step(value);
    }

    /// Learns many.
    ///
    /// # Errors
    ///
    /// None: there are no outputs.
    pub fn learn_many(&mut self, values: &[f64]) -> Result<(), Refusal> {
        self.spot.step_many(values, Outputs::default()).map_err(words)
    }

    /// The state as bytes, which every language reads.
    pub fn save(&self) -> Vec<u8> {
        self.spot.save()
    }
}

/// Judges values by snapshots and learns nothing. It keeps the last detector: rows in a row often share theirs.
#[derive(Debug, Default)]
pub struct Judge {
    last: Option<(Vec<u8>, Spot)>,
}

impl Judge {
    /// What the detector in the snapshot would answer to this value next.
    ///
    /// # Errors
    ///
    /// The snapshot cannot be used.
    pub fn judge(&mut self, snapshot: &[u8], value: f64) -> Result<Verdict, Refusal> {
        let (_, spot) = match self.last.take_if(|(bytes, _)| bytes == snapshot) {
            Some(last) => self.last.insert(last),
            None => self.last.insert((snapshot.to_vec(), Spot::load(snapshot).map_err(words)?)),
        };
        Ok(spot.judge(value))
    }
}

/// The state of a detector that was calibrated on these values.
///
/// # Errors
///
/// The configuration cannot be used, or the values are too few.
pub fn fit(options: Option<&str>, values: &[f64]) -> Result<Vec<u8>, Refusal> {
    let mut spot = Spot::new(config(options)?).map_err(words)?;
    spot.fit(values).map_err(words)?;
    Ok(spot.save())
}

/// An answer as JSON: event, threshold, probability, upper, lower; numbers that are not available are null.
pub fn json(verdict: &Verdict) -> String {
    serde_json::json!({
        "event": verdict.event,
        "threshold": verdict.threshold(),
        "probability": verdict.probability,
        "upper": verdict.upper,
        "lower": verdict.lower,
    })
    .to_string()
}

/// What a snapshot holds, as JSON: the configuration and the status; numbers that are not available are null.
///
/// # Errors
///
/// The snapshot cannot be used.
pub fn status(snapshot: &[u8]) -> Result<String, Refusal> {
    let spot = Spot::load(snapshot).map_err(words)?;
    let report = serde_json::json!({ "config": spot.config(), "status": spot.status() });
    Ok(report.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rare bursts, missing values and infinities, also before the calibration, and a piece of another stream.
    fn values() -> Vec<f64> {
        let value = |i: u64| match i * 7919 % 1009 {
            _ if i % 97 == 1 => f64::NAN,
            _ if i % 601 == 5 => f64::INFINITY,
            x if i > 3000 && i % 451 < 60 && i % 13 == 2 => -1e6 * (x + 1) as f64,
            x => x as f64,
        };
        (0..9000).map(value).collect()
    }

    #[test]
    fn numbers_are_those_that_the_status_counts_however_the_values_come() {
        let options = Some(r#"{"q": 1e-3, "n_init": 500, "level": 0.95}"#);
        let values = values();
        let mut one = Stream::new(options, None).expect("valid");
        let mut expected = Vec::new();
        for (i, x) in values.iter().enumerate() {
            let (verdict, number) = one.step(*x);
            assert_eq!(number.is_some(), verdict.event.is_alert() && i > 500, "{i}");
            expected.extend(number.map(|number| (i, number)));
        }
        let last = expected.last().expect("there are alerts").1;
        assert!(last > 10 && expected.len() as u64 > 2 * last, "{last} {}", expected.len());
        for size in [7, 300, 2048, 9000] {
            let mut many = Stream::new(options, None).expect("valid");
            let mut numbers = Vec::new();
            for (start, part) in values.chunks(size).enumerate() {
                let mut events = vec![Event::Normal; part.len()];
                let found = many.step_many(part, &mut events, Outputs::default()).expect("fits");
                numbers.extend(found.into_iter().rev().map(|(i, n)| (start * size + i, n)));
                // Each part goes on from a snapshot.
                many = Stream::new(None, Some(&many.save())).expect("a snapshot");
            }
            assert_eq!(numbers, expected, "in parts of {size}");
        }
    }

    #[test]
    fn a_judge_takes_each_snapshot_as_it_is() {
        let mut stream = Stream::new(None, None).expect("valid");
        let early = stream.save();
        values().iter().for_each(|x| stream.learn(*x));
        let (late, mut judge) = (stream.save(), Judge::default());
        for (snapshot, expected) in [
            (&early, "init_batch"),
            (&late, "alert_up"),
            (&late, "alert_up"),
            (&early, "init_batch"),
        ] {
            assert_eq!(judge.judge(snapshot, 1e9).expect("valid").event.name(), expected);
        }
        assert!(judge.judge(b"x", 1.0).is_err());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let refusal = |text| config(Some(text)).expect_err("not a configuration");
        assert!(refusal(r#"{"q": 2}"#).contains("q = 2 is out of range"));
        assert!(refusal(r#"{"Q": 0.1}"#).contains("unknown field `Q`"));
        assert!(refusal("q=1").contains("config = q=1 is not a usable JSON object"));
        assert!(
            Stream::new(Some("{}"), Some(b"x")).is_err() && Stream::new(None, Some(b"x")).is_err()
        );
    }
}
