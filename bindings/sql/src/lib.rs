//! What the SQL functions of tailspot share: configurations as JSON, states as BLOBs, and the number of an incident.
#![forbid(unsafe_code)]

use tailspot::{Config, Error, Event, Incidents, Spot, Verdict};

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

/// A detector with the numbers of its incidents. The first alert after a snapshot starts a new one.
#[derive(Clone, Debug)]
pub struct Stream {
    spot: Spot,
    /// The largest distance of two alerts of one incident.
    gap: u64,
    /// Incidents so far, those before the snapshot too.
    incidents: i64,
    /// Values since the last alert.
    calm: u64,
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
        let gap = Incidents::of(spot.config()).gap();
        let incidents = spot.status().incidents as i64;
        Ok(Stream { spot, gap, incidents, calm: u64::MAX })
    }

    /// Judges and learns one value: the verdict, and the number of the incident that an alert belongs to.
    pub fn step(&mut self, value: f64) -> (Verdict, Option<i64>) {
        let verdict = self.spot.verdict(value);
        (verdict, self.incident(verdict.event))
    }

    /// The number of the incident that the alert belongs to, from 1; call it for every value in order.
    fn incident(&mut self, event: Event) -> Option<i64> {
        if event.is_alert() {
            return Some(self.count_alert());
        }
        self.count_calm(1);
        None
    }

    /// So many values were no alerts.
    pub fn count_calm(&mut self, values: u64) {
        self.calm = self.calm.saturating_add(values);
    }

    /// The next value is an alert: the number of its incident, from 1.
    pub fn count_alert(&mut self) -> i64 {
        if self.calm >= self.gap {
            self.incidents += 1;
        }
        self.calm = 0;
        self.incidents
    }

    /// The detector.
    pub fn spot(&mut self) -> &mut Spot {
        &mut self.spot
    }

    /// The state as bytes, which every language reads.
    pub fn save(&self) -> Vec<u8> {
        self.spot.save()
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

    #[test]
    fn a_new_incident_needs_a_calm_stretch() {
        let mut stream = Stream::new(None, None).expect("the defaults are valid");
        assert_eq!(stream.incident(Event::AlertUp), Some(1));
        for _ in 0..19 {
            assert_eq!(stream.incident(Event::Normal), None);
        }
        assert_eq!(stream.incident(Event::AlertDown), Some(1));
        for _ in 0..20 {
            assert_eq!(stream.incident(Event::Missing), None);
        }
        assert_eq!(stream.incident(Event::AlertUp), Some(2));
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
