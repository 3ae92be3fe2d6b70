//! Window functions whose frame begins with the first row of the partition: SQLite steps each row once, in order.

use rusqlite::Result;
use rusqlite::functions::{Aggregate, Context, WindowAggregate};
use rusqlite::types::{Value, ValueRef};
use tailspot_sql::Stream;

use crate::refused;

const FRAME: &str = "use it with OVER (... ORDER BY ... ROWS UNBOUNDED PRECEDING)";

/// What a function answers of each row.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Event,
    Threshold,
    Probability,
    Incident,
    Upper,
    Lower,
}

impl Part {
    /// The functions.
    pub(crate) const ALL: [(&str, Part); 6] = [
        ("tailspot_event", Part::Event),
        ("tailspot_threshold", Part::Threshold),
        ("tailspot_probability", Part::Probability),
        ("tailspot_incident", Part::Incident),
        ("tailspot_upper", Part::Upper),
        ("tailspot_lower", Part::Lower),
    ];
}

/// The answer to the current row.
pub(crate) struct Answers(pub(crate) Part);

/// A stream, and the answer that waits to be read.
pub(crate) struct Judged {
    stream: Stream,
    answer: Value,
    unread: u32,
}

impl Aggregate<Judged, Value> for Answers {
    fn init(&self, context: &mut Context<'_>) -> Result<Judged> {
        Ok(Judged { stream: stream(context)?, answer: Value::Null, unread: 0 })
    }

    fn step(&self, context: &mut Context<'_>, judged: &mut Judged) -> Result<()> {
        let (verdict, incident) = judged.stream.step(number(context)?);
        judged.unread = judged.unread.saturating_add(1);
        judged.answer = match self.0 {
            Part::Event => Value::Text(verdict.event.name().to_owned()),
            Part::Threshold => real(verdict.threshold()),
            Part::Probability => real(verdict.probability),
            Part::Incident => incident.map_or(Value::Null, |number| Value::Integer(number as i64)),
            Part::Upper => real(verdict.upper),
            Part::Lower => real(verdict.lower),
        };
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, judged: Option<Judged>) -> Result<Value> {
        match judged {
            Some(mut judged) if judged.unread > 0 => self.value(Some(&mut judged)),
            _ => Ok(Value::Null),
        }
    }
}

impl WindowAggregate<Judged, Value> for Answers {
    fn value(&self, judged: Option<&mut Judged>) -> Result<Value> {
        let Some(judged) = judged else { return Ok(Value::Null) };
        if judged.unread > 1 {
            return Err(refused(format!("several rows wait for one answer: {FRAME}")));
        }
        judged.unread = 0;
        Ok(judged.answer.clone())
    }

    fn inverse(&self, _: &mut Context<'_>, _: &mut Judged) -> Result<()> {
        Err(left())
    }
}

/// The state after the rows so far.
pub(crate) struct Snapshot;

impl Aggregate<Stream, Option<Vec<u8>>> for Snapshot {
    fn init(&self, context: &mut Context<'_>) -> Result<Stream> {
        stream(context)
    }

    fn step(&self, context: &mut Context<'_>, stream: &mut Stream) -> Result<()> {
        stream.learn(number(context)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, stream: Option<Stream>) -> Result<Option<Vec<u8>>> {
        Ok(stream.map(|stream| stream.save()))
    }
}

impl WindowAggregate<Stream, Option<Vec<u8>>> for Snapshot {
    fn value(&self, stream: Option<&mut Stream>) -> Result<Option<Vec<u8>>> {
        Ok(stream.map(|stream| stream.save()))
    }

    fn inverse(&self, _: &mut Context<'_>, _: &mut Stream) -> Result<()> {
        Err(left())
    }
}

/// The state of a detector that was calibrated on the rows so far.
pub(crate) struct Fit;

/// The configuration, and the values so far.
pub(crate) struct Batch {
    config: Option<String>,
    values: Vec<f64>,
}

impl Batch {
    fn fit(&self) -> Result<Option<Vec<u8>>> {
        tailspot_sql::fit(self.config.as_deref(), &self.values).map(Some).map_err(refused)
    }
}

impl Aggregate<Batch, Option<Vec<u8>>> for Fit {
    fn init(&self, context: &mut Context<'_>) -> Result<Batch> {
        Ok(Batch { config: config(context)?.map(str::to_owned), values: Vec::new() })
    }

    fn step(&self, context: &mut Context<'_>, batch: &mut Batch) -> Result<()> {
        batch.values.push(number(context)?);
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, batch: Option<Batch>) -> Result<Option<Vec<u8>>> {
        batch.map_or(Ok(None), |batch| batch.fit())
    }
}

impl WindowAggregate<Batch, Option<Vec<u8>>> for Fit {
    fn value(&self, batch: Option<&mut Batch>) -> Result<Option<Vec<u8>>> {
        batch.map_or(Ok(None), |batch| batch.fit())
    }

    fn inverse(&self, _: &mut Context<'_>, _: &mut Batch) -> Result<()> {
        Err(left())
    }
}

fn left() -> rusqlite::Error {
    refused(format!("a row cannot leave the frame: {FRAME}"))
}

/// A number that may be missing: SQL has no NaN.
fn real(x: f64) -> Value {
    if x.is_nan() { Value::Null } else { Value::Real(x) }
}

/// The value of a row; NULL is a missing one.
pub(crate) fn number(context: &Context<'_>) -> Result<f64> {
    match context.get_raw(0) {
        ValueRef::Null => Ok(f64::NAN),
        ValueRef::Real(x) => Ok(x),
        ValueRef::Integer(x) => Ok(x as f64),
        other => Err(wrong("value", "a number or NULL", &other)),
    }
}

fn config<'a>(context: &'a Context<'_>) -> Result<Option<&'a str>> {
    match if context.len() > 1 { context.get_raw(1) } else { ValueRef::Null } {
        ValueRef::Null => Ok(None),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(refused(format!("config is not UTF-8: {error}"))),
        },
        other => Err(wrong("config", "TEXT with a JSON object, or NULL", &other)),
    }
}

/// The snapshot in an argument.
pub(crate) fn snapshot<'a>(context: &'a Context<'_>, argument: usize) -> Result<Option<&'a [u8]>> {
    match if context.len() > argument { context.get_raw(argument) } else { ValueRef::Null } {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) => Ok(Some(bytes)),
        other => Err(wrong("snapshot", "a BLOB or NULL", &other)),
    }
}

fn stream(context: &Context<'_>) -> Result<Stream> {
    Stream::new(config(context)?, snapshot(context, 2)?).map_err(refused)
}

fn wrong(name: &str, wanted: &str, given: &ValueRef<'_>) -> rusqlite::Error {
    refused(format!(
        "{name} must be {wanted}, not {}",
        given.data_type().to_string().to_uppercase()
    ))
}
