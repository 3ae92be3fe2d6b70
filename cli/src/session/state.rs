//! Detectors in a file, to continue where a stream ended.
//!
//! 16 bytes of name and version, the length and the CRC-32 of what follows, then a postcard body with the snapshot of
//! the pool of detectors, which checks itself once more. A file that only claims its name has nothing but 16 bytes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tailspot::{Baseline, Config, Pool};

use super::incidents::Incidents;
use super::lock;
use super::streams::Streams;
use crate::atomic;
use crate::failure::Failure;
use crate::input::{Position, Selection};
use crate::options::Model;

const MAGIC: &[u8; 16] = b"tailspot state 1";
const HEADER: usize = MAGIC.len() + 8 + 4;

#[derive(Serialize, Deserialize)]
struct Body {
    rows: u64,
    /// The columns as the user named them, and those that they were.
    asked: Vec<String>,
    columns: Vec<String>,
    key_columns: Vec<String>,
    keys: Vec<String>,
    incidents: Incidents,
    position: Option<Position>,
    pool: Vec<u8>,
}

/// What a state file holds besides the detectors.
#[derive(Default)]
pub(crate) struct Saved {
    pub(crate) incidents: Incidents,
    /// Where a followed file continues.
    pub(crate) position: Option<Position>,
    /// The columns as the user named them.
    pub(crate) asked: Vec<String>,
}

/// A state file that belongs to this process.
pub(crate) struct StateFile {
    path: PathBuf,
    /// Holds the lock.
    file: Option<File>,
    /// Nothing but the claim is in it.
    claimed: bool,
}

impl StateFile {
    /// Locks the file, or creates it, for this process alone.
    pub(crate) fn claim(path: &Path) -> Result<Self, Failure> {
        let (file, claimed) = lock::claim(&atomic::target(path), path)?;
        atomic::clean(path);
        Ok(StateFile { path: path.to_owned(), file, claimed })
    }

    /// Whether nothing was saved yet.
    pub(crate) fn is_new(&self) -> bool {
        self.claimed
    }

    /// Replaces the file as a whole, or leaves it as it was.
    pub(crate) fn save(
        &mut self,
        streams: &Streams,
        incidents: &Incidents,
        position: Option<&Position>,
        asked: &[String],
    ) -> Result<(), Failure> {
        let body = Body {
            rows: streams.rows,
            asked: asked.to_vec(),
            columns: streams.selection.columns.clone(),
            key_columns: streams.selection.keys.clone(),
            keys: streams.keys.clone(),
            incidents: incidents.clone(),
            position: position.cloned(),
            pool: streams.pool.save(),
        };
        let body = postcard::to_stdvec(&body).map_err(|error| {
            Failure::new(format!("cannot save {}: {error}", self.path.display()))
        })?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(crc32fast::hash(&body).to_le_bytes());
        bytes.extend(body);
        // The new file is locked before it has the name, and the old one until then.
        self.file = Some(atomic::write_with(&self.path, &bytes, lock::lock)?);
        self.claimed = false;
        Ok(())
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        if self.claimed {
            let _ = fs::remove_file(atomic::target(&self.path));
        }
    }
}

/// The saved detectors, `None` if there is no such file. What the user asked for must agree with it.
pub(crate) fn load(
    path: &Path,
    model: &Model,
    selection: &Selection,
) -> Result<Option<(Streams, Saved)>, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) if bytes == lock::CLAIM => return Ok(None),
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("read", path.display(), &error)),
    };
    let body = open(&bytes).map_err(|why| Failure::new(format!("{} {why}", path.display())))?;
    let place = path.display().to_string();
    agree_on_columns(&place, &body, selection)?;
    let pool = Pool::load(&body.pool).map_err(|error| Failure::new(format!("{place}: {error}")))?;
    let config = pool.template().config();
    agree_on_config(&place, config, &model.apply(config.clone()))?;
    let selection =
        Selection { columns: body.columns, keys: body.key_columns, ..selection.clone() };
    let streams = Streams { selection, keys: body.keys, pool, rows: body.rows };
    if streams.pool.keys().any(|stream| stream >= streams.len() as u64) {
        return Err(Failure::new(format!("{place} is damaged: it has streams without a key")));
    }
    let saved = Saved { incidents: body.incidents, position: body.position, asked: body.asked };
    Ok(Some((streams, saved)))
}

fn open(bytes: &[u8]) -> Result<Body, &'static str> {
    if !bytes.starts_with(MAGIC) {
        return Err(match bytes.starts_with(b"tailspot state ") {
            true => "is a state file of another version",
            false => "is not a state file of tailspot",
        });
    }
    let body = bytes.get(HEADER..).unwrap_or_default();
    let mut check = (body.len() as u64).to_le_bytes().to_vec();
    check.extend(crc32fast::hash(body).to_le_bytes());
    if bytes.get(MAGIC.len()..HEADER) != Some(&check[..]) {
        return Err("is damaged: it was cut or changed after it was saved");
    }
    postcard::from_bytes(body).map_err(|_| "is damaged: its content makes no sense")
}

fn agree_on_columns(place: &str, body: &Body, selection: &Selection) -> Result<(), Failure> {
    let asked = &selection.columns;
    if !asked.is_empty() && *asked != body.asked && *asked != body.columns {
        let given = asked.join(" --column ");
        let saved = match body.columns.is_empty() {
            true => "the only column".to_owned(),
            false => format!("column {}", body.columns.join(", ")),
        };
        return Err(disagreement(&format!("--column {given}"), place, &format!("watches {saved}")));
    }
    if !selection.keys.is_empty() && selection.keys != body.key_columns {
        let given = selection.keys.join(" --key ");
        let saved = match body.key_columns.is_empty() {
            true => "has no key".to_owned(),
            false => format!("has key {}", body.key_columns.join(", ")),
        };
        return Err(disagreement(&format!("--key {given}"), place, &saved));
    }
    Ok(())
}

/// `asked` is the saved configuration with the options of this run over it.
fn agree_on_config(place: &str, saved: &Config, asked: &Config) -> Result<(), Failure> {
    let (ours, theirs) = (fields(asked), fields(saved));
    match ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs) {
        None => Ok(()),
        Some(((name, given), (_, kept))) => {
            let option = name.replace('_', "-");
            let kept = match kept.as_str() {
                "" => format!("has no {name}"),
                _ => format!("has {name} = {kept}"),
            };
            Err(disagreement(&format!("--{option} {given}"), place, &kept))
        }
    }
}

fn disagreement(given: &str, place: &str, saved: &str) -> Failure {
    Failure::new(format!(
        "{given} does not agree with the state in {place}, which {saved}: leave the option out, \
         or begin a new state file"
    ))
}

/// Everything that an option can set, by the name of the option.
fn fields(config: &Config) -> Vec<(String, String)> {
    let side = match (config.up, config.down) {
        (true, true) => "both",
        (true, false) => "up",
        _ => "down",
    };
    let mut fields = vec![("side".to_owned(), side.to_owned())];
    // Numbers and names always have a JSON form.
    if let Ok(serde_json::Value::Object(map)) = serde_json::to_value(config) {
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            value => value.to_string(),
        };
        let others = map
            .into_iter()
            .filter(|(name, _)| !matches!(name.as_str(), "up" | "down" | "baselines"));
        fields.extend(others.map(|(name, value)| (name, text(value))));
    }
    fields.push(("baseline".to_owned(), baselines(config)));
    fields
}

/// The baselines as they are written on the command line.
fn baselines(config: &Config) -> String {
    let text = |one: &Baseline| format!("{}/{}/{}", one.depth, one.scale_depth, one.period);
    config.baselines.iter().map(text).collect::<Vec<_>>().join(" --baseline ")
}
