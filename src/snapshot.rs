//! The envelope of a saved detector. What is inside, each type reads and writes itself.
//!
//! ```text
//! bytes 0..8    magic "tailspot"
//! 8..10         format version, little endian
//! 10..12        kind: 1 is one detector
//! 12..20        length of the body
//! 20..24        CRC-32 of the body and of bytes 0..20
//! 24..          body: the state in postcard encoding
//! ```

use crate::error::Error;
use crate::spot::Spot;

const MAGIC: [u8; 8] = *b"tailspot";
const VERSION: u16 = 1;
const KIND_SPOT: u16 = 1;
const HEADER: usize = 24;
/// Bytes of the header that the checksum covers.
const CHECKED: usize = 20;

impl Spot {
    /// The whole state, also in the middle of a calibration. A detector that is loaded from it continues bit for bit.
    pub fn save(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 1024);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(KIND_SPOT.to_le_bytes());
        let body = postcard::to_stdvec(self).expect("every sequence in the state knows its length");
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(checksum(&bytes, &body).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// A detector as it was when [`save`](Spot::save) wrote the bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Snapshot`] if the bytes are foreign, cut, damaged, of another kind or of a later version.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        let body = open(bytes).map_err(Error::Snapshot)?;
        match postcard::take_from_bytes::<Spot>(body) {
            Ok((spot, [])) if spot.is_sound() => Ok(spot),
            Ok(_) => Err(Error::Snapshot("its parts do not agree with each other".into())),
            Err(error) => Err(Error::Snapshot(format!("the body cannot be read: {error}"))),
        }
    }
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(body);
    hasher.finalize()
}

/// Checks the envelope and returns the body.
fn open(bytes: &[u8]) -> Result<&[u8], String> {
    let Some((header, body)) = bytes.split_at_checked(HEADER) else {
        return Err(format!("{} bytes are fewer than the header's {HEADER}", bytes.len()));
    };
    let number = |range: std::ops::Range<usize>| {
        header[range].iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    if header[..8] != MAGIC {
        return Err("it does not begin with the magic bytes \"tailspot\"".into());
    }
    let (version, kind, length) = (number(8..10), number(10..12), number(12..20));
    if version != u64::from(VERSION) {
        return Err(format!("format version {version} is not known; this library reads {VERSION}"));
    }
    if kind != u64::from(KIND_SPOT) {
        return Err(format!("kind {kind} is not one detector ({KIND_SPOT})"));
    }
    if length != body.len() as u64 {
        return Err(format!("the body has {} bytes; the header says {length}", body.len()));
    }
    if number(20..24) != u64::from(checksum(&header[..CHECKED], body)) {
        return Err("the checksum does not match: the bytes are damaged".into());
    }
    Ok(body)
}
