//! Detectors in a file, to go on where a stream ended.
//!
//! 16 bytes of name and version, the length and the CRC-32 of what follows, then a postcard body with the snapshot of
//! the pool of detectors, which checks itself once more.

use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};
use tailspot::{Config, Pool};

use crate::args::Model;
use crate::atomic;
use crate::failure::Failure;
use crate::input::Wanted;
use crate::streams::Streams;

const MAGIC: &[u8; 16] = b"tailspot state 2";
const HEADER: usize = MAGIC.len() + 8 + 4;

#[derive(Serialize, Deserialize)]
struct Body {
    rows: u64,
    columns: Vec<String>,
    key: Option<String>,
    keys: Vec<String>,
    pool: Vec<u8>,
}

/// Replaces the file as a whole, or leaves it as it was.
pub(crate) fn save(path: &Path, streams: &Streams) -> Result<(), Failure> {
    let body = Body {
        rows: streams.rows,
        columns: streams.wanted.columns.clone(),
        key: streams.wanted.key.clone(),
        keys: streams.keys.clone(),
        pool: streams.pool.save(),
    };
    let body = postcard::to_stdvec(&body)
        .map_err(|error| Failure::new(format!("cannot save {}: {error}", path.display())))?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    atomic::write(path, &bytes)
}

/// The saved detectors, `None` if there is no such file. What the user asked for must agree with it.
pub(crate) fn load(
    path: &Path,
    model: &Model,
    wanted: &Wanted,
) -> Result<Option<Streams>, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io("read", path.display(), &error)),
    };
    let body = open(&bytes).map_err(|why| Failure::new(format!("{} {why}", path.display())))?;
    let place = path.display().to_string();
    agree_on_columns(&place, &body, wanted)?;
    let pool = Pool::load(&body.pool).map_err(|error| Failure::new(format!("{place}: {error}")))?;
    let config = pool.template().config();
    agree_on_config(&place, config, &model.apply(config.clone()))?;
    let wanted = Wanted { columns: body.columns, key: body.key };
    let streams = Streams { wanted, keys: body.keys, pool, rows: body.rows };
    if streams.pool.keys().any(|stream| stream >= streams.len() as u64) {
        return Err(Failure::new(format!("{place} is damaged: it has streams without a key")));
    }
    Ok(Some(streams))
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

fn agree_on_columns(place: &str, body: &Body, wanted: &Wanted) -> Result<(), Failure> {
    if !wanted.columns.is_empty() && wanted.columns != body.columns {
        let given = wanted.columns.join(" --column ");
        let saved = match body.columns.is_empty() {
            true => "the only column".to_owned(),
            false => format!("column {}", body.columns.join(", ")),
        };
        return Err(disagreement(&format!("--column {given}"), place, &format!("watches {saved}")));
    }
    if wanted.key.is_some() && wanted.key != body.key {
        let given = wanted.key.clone().unwrap_or_default();
        let saved =
            body.key.as_ref().map_or("has no key".to_owned(), |key| format!("has key {key}"));
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
            Err(disagreement(
                &format!("--{option} {given}"),
                place,
                &format!("has {name} = {kept}"),
            ))
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
fn fields(config: &Config) -> Vec<(&'static str, String)> {
    let side = match (config.up, config.down) {
        (true, true) => "both",
        (true, false) => "up",
        _ => "down",
    };
    let accounting = format!("{:?}", config.accounting).to_lowercase();
    let threshold = match config.threshold {
        tailspot::Threshold::PlugIn => "plug_in",
        tailspot::Threshold::Calibrated => "calibrated",
    };
    vec![
        ("q", format!("{:?}", config.q)),
        ("level", format!("{:?}", config.level)),
        ("n_init", config.n_init.to_string()),
        ("max_excess", config.max_excess.to_string()),
        ("depth", config.depth.to_string()),
        ("side", side.to_owned()),
        ("accounting", accounting),
        ("threshold", threshold.to_owned()),
        ("quarantine", config.quarantine.to_string()),
    ]
}
