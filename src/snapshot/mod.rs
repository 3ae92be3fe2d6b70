//! Saved bytes: the envelope here, and in [`v1`] what is inside.
//!
//! ```text
//! bytes 0..8    magic "tailspot"
//! 8..10         format version, little endian
//! 10..12        kind: 1 is one detector, 2 a pool of them
//! 12..20        length of the body
//! 20..24        CRC-32 of the body and of bytes 0..20
//! 24..          body: the state in postcard encoding
//! ```

use crate::detector::Spot;
mod v1;

use crate::config::Config;
use crate::error::{Error, SnapshotProblem};

pub(crate) use v1::{ConfigV1, SpotV1, inconsistent};

const MAGIC: [u8; 8] = *b"tailspot";
const VERSION: u16 = 1;
const HEADER: usize = 24;
/// Bytes of the header that the checksum covers.
const CHECKED: usize = 20;

/// What the body is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Detector = 1,
    #[cfg(feature = "pool")]
    Pool = 2,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Detector => "one detector",
            #[cfg(feature = "pool")]
            Kind::Pool => "a pool of detectors",
        }
    }
}

impl Spot {
    /// The whole state, also in the middle of a calibration. A detector that is loaded from it continues bit for bit.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let mut bytes = envelope(1024);
        encode_spot(self.clone(), &mut bytes);
        seal(Kind::Detector, bytes)
    }

    /// A detector as it was when [`save`](Spot::save) wrote the bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`] if the bytes are foreign, cut, damaged, of another kind or of a later version.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        let body = open(Kind::Detector, bytes)?;
        decode_spot(body).map_err(damaged)
    }
}

/// The error for a body that cannot be used.
pub(crate) fn damaged(message: String) -> Error {
    Error::Snapshot { problem: SnapshotProblem::Damaged, message }
}

/// Appends a state.
pub(crate) fn encode(state: &impl serde::Serialize, bytes: &mut Vec<u8>) {
    let written = postcard::to_extend(state, std::mem::take(bytes));
    *bytes = written.expect("every sequence in the state knows its length");
}

/// Appends one detector.
pub(crate) fn encode_spot(spot: Spot, bytes: &mut Vec<u8>) {
    let config = ConfigV1::from(&spot.config);
    encode(&(config, SpotV1::from(spot)), bytes);
}

/// Reads one detector, and requires that nothing follows it. Only what would be written for it again is accepted.
pub(crate) fn decode_spot(body: &[u8]) -> Result<Spot, String> {
    let ((config, state), rest): ((ConfigV1, SpotV1), _) = take(body)?;
    let spot = state.validate(Config::from(config))?;
    let mut again = Vec::with_capacity(body.len());
    encode_spot(spot.clone(), &mut again);
    if rest.is_empty() && again == body { Ok(spot) } else { Err(inconsistent()) }
}

/// Reads a state, and returns the bytes after it.
pub(crate) fn take<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<(T, &[u8]), String> {
    postcard::take_from_bytes(body).map_err(|error| format!("the body cannot be read: {error}"))
}

/// An empty envelope with memory for a body of this size.
pub(crate) fn envelope(size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + size);
    bytes.resize(HEADER, 0);
    bytes
}

/// Fills in the header of an envelope with its body.
pub(crate) fn seal(kind: Kind, mut bytes: Vec<u8>) -> Vec<u8> {
    let (header, body) = bytes.split_at_mut(HEADER);
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_le_bytes());
    header[10..12].copy_from_slice(&(kind as u16).to_le_bytes());
    header[12..20].copy_from_slice(&(body.len() as u64).to_le_bytes());
    let checksum = checksum(&header[..CHECKED], body);
    header[CHECKED..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(body);
    hasher.finalize()
}

/// Checks the envelope and returns the body.
pub(crate) fn open(wanted: Kind, bytes: &[u8]) -> Result<&[u8], Error> {
    let refuse = |problem, message| Err(Error::Snapshot { problem, message });
    let Some((header, body)) = bytes.split_at_checked(HEADER) else {
        let message = format!("{} bytes are fewer than the header's {HEADER}", bytes.len());
        return refuse(SnapshotProblem::Foreign, message);
    };
    let number = |range: std::ops::Range<usize>| {
        header[range].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    if header[..8] != MAGIC {
        let message = "it does not begin with the magic bytes \"tailspot\"".into();
        return refuse(SnapshotProblem::Foreign, message);
    }
    let (version, kind, length) = (number(8..10), number(10..12), number(12..20));
    if version != u64::from(VERSION) {
        let message =
            format!("format version {version} is not known; this library reads {VERSION}");
        return refuse(SnapshotProblem::Version, message);
    }
    if kind != wanted as u64 {
        let message = format!("kind {kind} is not {} ({})", wanted.name(), wanted as u16);
        return refuse(SnapshotProblem::Kind, message);
    }
    if length != body.len() as u64 {
        let message = format!("the body has {} bytes; the header says {length}", body.len());
        return refuse(SnapshotProblem::Damaged, message);
    }
    if number(20..24) != u64::from(checksum(&header[..CHECKED], body)) {
        let message = "the checksum does not match: the bytes are damaged".into();
        return refuse(SnapshotProblem::Damaged, message);
    }
    Ok(body)
}
