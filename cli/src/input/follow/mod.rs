//! A file that is read as it grows, over rotation and truncation, and where to go on after a restart.

mod rotated;

use std::cell::{Cell, RefCell};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::decode;
use crate::failure::{Failure, warn};
use rotated::{Next, modified, number};

/// How often to look for more. A log that is written to all the time is read in blocks anyway.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks without more in a file that was rotated away, before it is left: its writer may still hold it.
const LAST_LOOKS: u32 = 5;

/// The first bytes distinguish a file from one that took its name or its number.
const FINGERPRINT: usize = 1024;

/// Which file is read, whatever its name.
pub(super) struct Identity {
    file: File,
    number: (u64, u64),
    /// Its first bytes, as far as they were read.
    first: Rc<RefCell<Vec<u8>>>,
    /// Length and CRC-32 of them, as far as they were asked for.
    fingerprint: Cell<(u32, u32)>,
}

/// How far a followed file was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    number: (u64, u64),
    /// When the file was last written to, in nanoseconds since 1970. Files that were rotated away later come after it.
    modified: u64,
    /// Length and CRC-32 of the first bytes.
    fingerprint: (u32, u32),
    /// The first rows, with the names of the columns.
    head: Vec<u8>,
    /// This process has read it.
    #[serde(skip)]
    live: bool,
}

impl Identity {
    pub(super) fn position(&self, offset: u64, head: Vec<u8>) -> Position {
        let first = self.first.borrow();
        let length = first.len().min(usize::try_from(offset).unwrap_or(FINGERPRINT));
        if self.fingerprint.get().0 as usize != length {
            self.fingerprint.set((length as u32, crc32fast::hash(&first[..length])));
        }
        let modified = self.file.metadata().map_or(0, |file| modified(&file));
        let fingerprint = self.fingerprint.get();
        Position { offset, number: self.number, modified, fingerprint, head, live: false }
    }

    /// The file was read to its end, and another one has its name, or it was cut.
    pub(super) fn end(&self, offset: u64, head: Vec<u8>) -> Position {
        Position { live: true, ..self.position(offset, head) }
    }
}

/// An open file, and what is known of it.
pub(super) struct Opened {
    pub(super) reader: Box<dyn Read>,
    pub(super) offset: u64,
    pub(super) head: Vec<u8>,
    pub(super) identity: Identity,
}

/// Opens the file of `path` or, if another one was read before, what comes next: the rest of that file, the files that
/// were rotated away since, and only then the one that has the name. Waits for a file that is not there.
pub(super) fn open(path: &Path, last: Option<Position>) -> Result<Opened, Failure> {
    let last = last.unwrap_or_default();
    let (found, offset) = match rotated::next(path, &last) {
        Next::File(found, offset) => (found, offset),
        Next::Own { gone } => {
            if gone && !last.live && path.exists() {
                warn(format!(
                    "{} is not the file that the state was saved with: read from its start",
                    path.display()
                ));
            }
            wait_for(path);
            (path.to_owned(), 0)
        }
    };
    if found != path {
        warn(format!("reading what is left of {} first", found.display()));
    }
    opened(path, &found, offset, last.head)
}

fn opened(path: &Path, found: &Path, offset: u64, head: Vec<u8>) -> Result<Opened, Failure> {
    let error = |error| Failure::io("read", found.display(), &error);
    let mut file = File::open(found).map_err(error)?;
    let about = file.metadata().map_err(error)?;
    if about.is_dir() {
        return Err(Failure::new(format!("cannot follow {}: it is a folder", path.display())));
    }
    let encoded = is_encoded(&mut file).map_err(error)?;
    if encoded && found == path {
        // What is compressed, columnar or in UTF-16 does not grow by lines.
        return Err(Failure::new(format!(
            "cannot follow {}: it is compressed, columnar or UTF-16",
            path.display()
        )));
    }
    let (path, number) = (path.to_owned(), number(&about));
    let known = usize::try_from(offset).map_or(FINGERPRINT, |offset| offset.min(FINGERPRINT));
    let first = Rc::new(RefCell::new(rotated::first_bytes(found, known).map_err(error)?));
    let identity = Identity {
        file: file.try_clone().map_err(error)?,
        number,
        first: first.clone(),
        fingerprint: Cell::default(),
    };
    let reader: Box<dyn Read> = match encoded {
        true => {
            file.rewind().map_err(error)?;
            let mut text = decode::log(Box::new(file)).map_err(error)?;
            io::copy(&mut (&mut text).take(offset), &mut io::sink()).map_err(error)?;
            text
        }
        false => {
            file.seek(SeekFrom::Start(offset)).map_err(error)?;
            Box::new(Follower { file, path, number, offset, idle: 0 })
        }
    };
    let reader = Box::new(Remembering { reader, first });
    Ok(Opened { reader, offset, head, identity })
}

fn is_encoded(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(8).read_to_end(&mut head)?;
    Ok(decode::MARKS.iter().any(|mark| head.starts_with(mark)))
}

fn wait_for(path: &Path) {
    if !path.exists() {
        warn(format!("{} is not there yet: waiting for it", path.display()));
    }
    while !path.exists() {
        thread::sleep(PAUSE);
    }
}

/// Keeps the first bytes that it reads.
struct Remembering {
    reader: Box<dyn Read>,
    first: Rc<RefCell<Vec<u8>>>,
}

impl Read for Remembering {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        let mut first = self.first.borrow_mut();
        let left = FINGERPRINT - first.len();
        first.extend(&buffer[..count.min(left)]);
        Ok(count)
    }
}

/// Reads to the end of the file, waits there, and ends when another file has taken its place or it was cut.
pub(super) struct Follower {
    file: File,
    path: PathBuf,
    number: (u64, u64),
    offset: u64,
    /// Looks without more since it was rotated away.
    idle: u32,
}

impl Read for Follower {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.file.read(buffer)?;
            if count > 0 {
                self.offset += count as u64;
                self.idle = 0;
                return Ok(count);
            }
            if self.file.metadata()?.len() < self.offset {
                warn(format!("{} was truncated: read from its start", self.path.display()));
                return Ok(0);
            }
            // A name without a file is one that is about to have a new one.
            let is_other =
                fs::metadata(&self.path).is_ok_and(|found| number(&found) != self.number);
            if is_other {
                self.idle += 1;
                if self.idle > LAST_LOOKS {
                    return Ok(0);
                }
            }
            thread::sleep(PAUSE);
        }
    }
}
