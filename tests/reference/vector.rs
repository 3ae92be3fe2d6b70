//! A vector: a stream, a configuration, and every answer. The format is described in `vectors/README.md`.

use std::fmt::Write;

use serde_json::Value;
use tailspot::{Accounting, Config, Side, SideStatus, Spot, Status, Threshold};

use super::cases::Case;
use super::detector::Reference;
use super::lockstep::{Act, Pair};
use super::set::SetPair;

/// How far a threshold may lie from the stored one, relative to the largest distance between anomaly threshold and
/// excess threshold in the file.
const TOLERANCE: f64 = 1e-7;

/// What one side has at the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SideFinal {
    pub(crate) alerts: u64,
    pub(crate) n_t: u64,
    pub(crate) excesses: u64,
    pub(crate) excess_threshold: f64,
    pub(crate) anomaly_threshold: f64,
    pub(crate) shape: f64,
    pub(crate) scale: f64,
}

/// What a detector has at the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Final {
    pub(crate) calibrated: bool,
    pub(crate) n: u64,
    pub(crate) seen: u64,
    pub(crate) missing: u64,
    pub(crate) drift: f64,
    pub(crate) up: SideFinal,
    pub(crate) down: SideFinal,
}

/// The content of one file.
#[derive(Clone, Debug)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) config: Config,
    /// Whether the first `n_init` values are calibrated on by `fit`.
    pub(crate) fit: bool,
    pub(crate) values: Vec<f64>,
    /// One code for each value that was stepped.
    pub(crate) events: Vec<i8>,
    /// (index of the value, threshold from there on); NaN before the first.
    pub(crate) upper: Vec<(usize, f64)>,
    pub(crate) lower: Vec<(usize, f64)>,
    pub(crate) tolerance: f64,
    pub(crate) last: Final,
}

impl Vector {
    /// What the engine and the reference detector answer, side by side. The numbers are the reference's: by the plug-in
    /// rule its own, else those that it took over from the engine. Of several baselines they are the engine's, as far as
    /// the references of all together agree.
    pub(crate) fn of(case: &Case) -> Vector {
        if case.config.period > 0 {
            return Vector::of_set(case);
        }
        let mut pair = Pair::new(&case.config);
        let act = |pair: &mut Pair, act: Act| {
            pair.act(&act).unwrap_or_else(|what| panic!("{}: {what}", case.name))
        };
        let fitted = if case.fit { case.config.n_init } else { 0 };
        if case.fit {
            act(&mut pair, Act::Fit(case.values[..fitted].to_vec()));
        }
        let mut record = Record::default();
        for (i, &x) in case.values.iter().enumerate().skip(fitted) {
            record.note(i, |side| pair.reference.thresholds(side));
            record.events.push(act(&mut pair, Act::Step(x)).code());
        }
        record.vector(case, last(&pair.reference))
    }

    fn of_set(case: &Case) -> Vector {
        let mut set = SetPair::new(&case.config);
        let mut spot = Spot::new(case.config.clone()).expect("a valid configuration");
        let mut record = Record::default();
        for (i, &x) in case.values.iter().enumerate() {
            record.note(i, |side| (spot.excess_threshold(side), spot.anomaly_threshold(side)));
            set.step(x).unwrap_or_else(|what| panic!("{}: {what}", case.name));
            record.events.push(spot.step(x).code());
        }
        record.vector(case, Final::of(&spot.status()))
    }

    /// The thresholds that value `i` was judged by, from the changes: `(upper, lower)` for each value.
    pub(crate) fn thresholds(&self) -> Vec<(f64, f64)> {
        let (upper, lower) = (self.unfold(&self.upper), self.unfold(&self.lower));
        upper.into_iter().zip(lower).collect()
    }

    fn unfold(&self, changes: &[(usize, f64)]) -> Vec<f64> {
        let mut all = vec![f64::NAN; self.values.len()];
        for &(from, value) in changes {
            all[from..].fill(value);
        }
        all
    }

    pub(crate) fn to_json(&self) -> String {
        let mut out = String::from("{\n");
        let c = &self.config;
        let _ = writeln!(out, "\"name\": \"{}\",", self.name);
        let _ = writeln!(
            out,
            "\"config\": {{\"q\": {}, \"level\": {}, \"n_init\": {}, \"max_excess\": {}, \"depth\": {}, \"up\": {}, \
             \"down\": {}, \"alert\": {}, \"bounded\": {}, \"accounting\": \"{}\", \"quarantine\": {}, \
             \"threshold\": \"{}\"{}}},",
            number(c.q),
            number(c.level),
            c.n_init,
            c.max_excess,
            c.depth,
            c.up,
            c.down,
            c.alert,
            c.bounded,
            name_of(c.accounting, &ACCOUNTINGS),
            c.quarantine,
            name_of(c.threshold, &RULES),
            moving_json(c),
        );
        let _ = writeln!(out, "\"calibrate\": \"{}\",", if self.fit { "fit" } else { "stream" });
        list(&mut out, "values", self.values.iter().map(|&x| number(x)), 12);
        list(&mut out, "events", self.events.iter().map(i8::to_string), 50);
        for (name, changes) in [("upper", &self.upper), ("lower", &self.lower)] {
            list(&mut out, name, changes.iter().map(|&(i, z)| format!("[{i}, {}]", number(z))), 6);
        }
        let _ = writeln!(out, "\"tolerance\": {},", number(self.tolerance));
        let last = &self.last;
        let _ = writeln!(
            out,
            "\"final\": {{\"calibrated\": {}, \"n\": {}, \"seen\": {}, \"missing\": {}, \"drift\": {},\n  \"up\": {},\n  \
             \"down\": {}}}\n}}",
            last.calibrated,
            last.n,
            last.seen,
            last.missing,
            number(last.drift),
            side_json(&last.up),
            side_json(&last.down),
        );
        out
    }

    pub(crate) fn from_json(text: &str) -> Vector {
        let root: Value = serde_json::from_str(text).expect("a vector file is JSON");
        let c = &root["config"];
        let config = Config {
            q: float(&c["q"]),
            level: float(&c["level"]),
            n_init: count(&c["n_init"]) as usize,
            max_excess: count(&c["max_excess"]) as usize,
            depth: count(&c["depth"]) as usize,
            up: flag(&c["up"]),
            down: flag(&c["down"]),
            alert: flag(&c["alert"]),
            bounded: flag(&c["bounded"]),
            accounting: named(word(&c["accounting"]), &ACCOUNTINGS),
            quarantine: count(&c["quarantine"]) as usize,
            threshold: named(word(&c["threshold"]), &RULES),
            scale_depth: c["scale_depth"].as_u64().unwrap_or(0) as usize,
            period: c["period"].as_u64().unwrap_or(0) as usize,
            limit: c["limit"].as_f64().unwrap_or(0.0),
            ..Config::default()
        };
        let changes = |name: &str| -> Vec<(usize, f64)> {
            items(&root[name])
                .iter()
                .map(|pair| (count(&pair[0]) as usize, float(&pair[1])))
                .collect()
        };
        let last = &root["final"];
        Vector {
            name: word(&root["name"]).to_string(),
            config,
            fit: word(&root["calibrate"]) == "fit",
            values: items(&root["values"]).iter().map(float).collect(),
            events: items(&root["events"])
                .iter()
                .map(|code| code.as_i64().expect("a code is a whole number") as i8)
                .collect(),
            upper: changes("upper"),
            lower: changes("lower"),
            tolerance: float(&root["tolerance"]),
            last: Final {
                calibrated: flag(&last["calibrated"]),
                n: count(&last["n"]),
                seen: count(&last["seen"]),
                missing: count(&last["missing"]),
                drift: float(&last["drift"]),
                up: side_of(&last["up"]),
                down: side_of(&last["down"]),
            },
        }
    }
}

/// What was answered so far.
#[derive(Default)]
struct Record {
    events: Vec<i8>,
    upper: Vec<(usize, f64)>,
    lower: Vec<(usize, f64)>,
    /// The largest distance of an anomaly threshold from its excess threshold.
    widest: f64,
}

impl Record {
    /// Excess threshold and anomaly threshold that value i is judged by.
    fn note(&mut self, i: usize, thresholds: impl Fn(Side) -> (f64, f64)) {
        for (side, changes) in [(Side::Up, &mut self.upper), (Side::Down, &mut self.lower)] {
            let (t, z) = thresholds(side);
            self.widest = self.widest.max((z - t).abs());
            note_change(changes, i, z);
        }
    }

    fn vector(self, case: &Case, last: Final) -> Vector {
        let finite = case.values.iter().filter(|x| x.is_finite());
        let largest = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
        Vector {
            name: case.name.to_string(),
            config: case.config.clone(),
            fit: case.fit,
            values: case.values.clone(),
            events: self.events,
            upper: self.upper,
            lower: self.lower,
            tolerance: TOLERANCE * self.widest + 1e-13 * largest,
            last,
        }
    }
}

impl Final {
    fn of(status: &Status) -> Final {
        let side = |side: &SideStatus| SideFinal {
            alerts: side.alerts,
            n_t: side.n_t,
            excesses: side.excesses,
            excess_threshold: side.excess_threshold,
            anomaly_threshold: side.anomaly_threshold,
            shape: side.shape,
            scale: side.scale,
        };
        let Status { calibrated, n, seen, missing, drift, .. } = *status;
        Final {
            calibrated,
            n,
            seen,
            missing,
            drift,
            up: side(&status.up),
            down: side(&status.down),
        }
    }
}

/// The counters, thresholds and parameters of the reference detector.
pub(crate) fn last(reference: &Reference) -> Final {
    let side = |i: usize, side: Side| {
        let (excess_threshold, anomaly_threshold) = reference.thresholds(side);
        let tail = reference.tails[i].as_ref();
        SideFinal {
            alerts: reference.alerts[i],
            n_t: tail.map_or(0, |tail| tail.n_t),
            excesses: tail.map_or(0, |tail| tail.buffer.len() as u64),
            excess_threshold,
            anomaly_threshold,
            shape: tail.map_or(f64::NAN, |tail| tail.gpd.shape),
            scale: tail.map_or(f64::NAN, |tail| tail.gpd.scale),
        }
    };
    Final {
        calibrated: reference.calibrated,
        n: reference.n,
        seen: reference.position,
        missing: reference.missing,
        drift: reference.drift(),
        up: side(0, Side::Up),
        down: side(1, Side::Down),
    }
}

fn note_change(changes: &mut Vec<(usize, f64)>, i: usize, z: f64) {
    let before = changes.last().map_or(f64::NAN, |change| change.1);
    if z.to_bits() != before.to_bits() && !(z.is_nan() && before.is_nan()) {
        changes.push((i, z));
    }
}

// Writing -------------------------------------------------------------------------------------------------------------

/// The shortest decimal that reads back as the same number; null for NaN, and infinities as text.
fn number(x: f64) -> String {
    if x.is_nan() {
        return "null".to_string();
    }
    if x.is_infinite() {
        return if x > 0.0 { "\"inf\"" } else { "\"-inf\"" }.to_string();
    }
    let (plain, scientific) = (format!("{x}"), format!("{x:e}"));
    if plain.len() <= scientific.len() + 2 { plain } else { scientific }
}

/// What only some files have.
fn moving_json(config: &Config) -> String {
    let Config { scale_depth, period, limit, .. } = *config;
    if (scale_depth, period) == (0, 0) && limit == 0.0 {
        return String::new();
    }
    let limit = number(limit);
    format!(", \"scale_depth\": {scale_depth}, \"period\": {period}, \"limit\": {limit}")
}

fn list(out: &mut String, name: &str, items: impl Iterator<Item = String>, in_a_line: usize) {
    let items: Vec<String> = items.collect();
    let lines: Vec<String> = items.chunks(in_a_line).map(|line| line.join(",")).collect();
    let _ = writeln!(out, "\"{name}\": [{}],", lines.join(",\n"));
}

fn side_json(side: &SideFinal) -> String {
    format!(
        "{{\"alerts\": {}, \"n_t\": {}, \"excesses\": {}, \"excess_threshold\": {}, \"anomaly_threshold\": {}, \
         \"shape\": {}, \"scale\": {}}}",
        side.alerts,
        side.n_t,
        side.excesses,
        number(side.excess_threshold),
        number(side.anomaly_threshold),
        number(side.shape),
        number(side.scale),
    )
}

const ACCOUNTINGS: [(Accounting, &str); 4] = [
    (Accounting::Discarded, "discarded"),
    (Accounting::Learned, "learned"),
    (Accounting::Censored, "censored"),
    (Accounting::Budgeted, "budgeted"),
];

const RULES: [(Threshold, &str); 2] =
    [(Threshold::PlugIn, "plug_in"), (Threshold::Calibrated, "calibrated")];

fn name_of<T: PartialEq>(value: T, names: &[(T, &'static str)]) -> &'static str {
    names.iter().find(|(one, _)| *one == value).expect("a value with a name").1
}

// Reading -------------------------------------------------------------------------------------------------------------

fn named<T: Copy>(name: &str, names: &[(T, &'static str)]) -> T {
    names.iter().find(|(_, one)| *one == name).expect("a known name").0
}

fn float(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NAN,
        Value::String(text) if text == "inf" => f64::INFINITY,
        Value::String(text) if text == "-inf" => f64::NEG_INFINITY,
        _ => value.as_f64().expect("a number, null, \"inf\" or \"-inf\""),
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().expect("a count")
}

fn flag(value: &Value) -> bool {
    value.as_bool().expect("true or false")
}

fn word(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn items(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn side_of(value: &Value) -> SideFinal {
    SideFinal {
        alerts: count(&value["alerts"]),
        n_t: count(&value["n_t"]),
        excesses: count(&value["excesses"]),
        excess_threshold: float(&value["excess_threshold"]),
        anomaly_threshold: float(&value["anomaly_threshold"]),
        shape: float(&value["shape"]),
        scale: float(&value["scale"]),
    }
}
