//! A file that is read as it grows, over rotation and truncation, and where to go on after a restart.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, warn};

/// How often to look for more. A log that is written to all the time is read in blocks anyway.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks without more in a file that was rotated away, before it is left: its writer may still hold it.
const LAST_LOOKS: u32 = 5;

/// The first bytes distinguish a file from one that took its name or its number.
const FINGERPRINT: usize = 1024;

/// Which file it is, whatever its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    number: (u64, u64),
    path: PathBuf,
    /// Length and CRC-32 of the first bytes, as far as they were asked for.
    fingerprint: Cell<(u32, u32)>,
}

/// Where a followed file continues.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    number: (u64, u64),
    /// Length and CRC-32 of the first bytes.
    fingerprint: (u32, u32),
    /// The first rows, with the names of the columns.
    head: Vec<u8>,
}

impl Identity {
    pub(super) fn position(&self, offset: u64, head: Vec<u8>) -> Position {
        let length = offset.min(FINGERPRINT as u64) as u32;
        if self.fingerprint.get().0 != length
            && let Some(path) = find_file(&self.path, self.number)
        {
            self.fingerprint.set(fingerprint(&path, length as usize).unwrap_or_default());
        }
        let fingerprint = self.fingerprint.get();
        Position { offset, number: self.number, fingerprint, head }
    }
}

/// An open file, and what is known of it.
pub(super) struct Opened {
    pub(super) reader: Follower,
    pub(super) offset: u64,
    pub(super) head: Vec<u8>,
    pub(super) identity: Identity,
}

/// Opens the file of `path`, at `resume` if that is in it. A file that was rotated away since is read to its end first.
/// Waits for a file that is not there.
pub(super) fn open(path: &Path, resume: Option<Position>) -> Result<Opened, Failure> {
    let resume = resume.unwrap_or_default();
    let head = resume.head.clone();
    if resume.offset > 0
        && let Some(found) = find(path, &resume)
    {
        return opened(path, &found, resume.offset, head);
    }
    if resume.offset > 0 && path.exists() {
        warn(format!(
            "{} is not the file that the state was saved with: read from its start",
            path.display()
        ));
    }
    wait_for(path);
    opened(path, path, 0, head)
}

fn opened(path: &Path, found: &Path, offset: u64, head: Vec<u8>) -> Result<Opened, Failure> {
    let error = |error| Failure::io("read", path.display(), &error);
    let mut file = File::open(found).map_err(error)?;
    if file.metadata().map_err(error)?.is_dir() {
        return Err(Failure::new(format!("cannot follow {}: it is a folder", path.display())));
    }
    let number = number(&file.metadata().map_err(error)?);
    refuse_encoded(&mut file, path)?;
    file.seek(SeekFrom::Start(offset)).map_err(error)?;
    let reader = Follower { file, path: path.to_owned(), number, offset, idle: 0 };
    let identity = Identity { number, path: path.to_owned(), fingerprint: Cell::default() };
    Ok(Opened { reader, offset, head, identity })
}

/// What is compressed or in UTF-16 does not grow by lines.
fn refuse_encoded(file: &mut File, path: &Path) -> Result<(), Failure> {
    let mut head = Vec::new();
    let read = file.take(4).read_to_end(&mut head);
    let marks: [&[u8]; 4] =
        [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0xff, 0xfe], &[0xfe, 0xff]];
    match read.is_ok() && marks.iter().any(|mark| head.starts_with(mark)) {
        true => Err(Failure::new(format!(
            "cannot follow {}: it is compressed or UTF-16",
            path.display()
        ))),
        false => Ok(()),
    }
}

fn wait_for(path: &Path) {
    if !path.exists() {
        warn(format!("{} is not there yet: waiting for it", path.display()));
    }
    while !path.exists() {
        thread::sleep(PAUSE);
    }
}

/// The file of the position: under its own name or, after a rotation, another one in the same folder.
fn find(path: &Path, position: &Position) -> Option<PathBuf> {
    let is_it = |path: &Path| {
        let Ok(found) = fs::metadata(path) else { return false };
        let length = position.fingerprint.0 as usize;
        found.is_file()
            && found.len() >= position.offset
            && fingerprint(path, length).is_ok_and(|print| print == position.fingerprint)
    };
    if is_it(path) {
        return Some(path.to_owned());
    }
    find_file(path, position.number).filter(|path| is_it(path))
}

/// The file with this number: under its own name or another one in the same folder.
fn find_file(path: &Path, wanted: (u64, u64)) -> Option<PathBuf> {
    let is_it = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|found| found.is_file() && number(&found) == wanted)
    };
    let own = path.to_owned();
    if is_it(&own) {
        return Some(own);
    }
    if wanted == (0, 0) {
        return None;
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(is_it)
}

fn fingerprint(path: &Path, length: usize) -> io::Result<(u32, u32)> {
    let mut bytes = Vec::new();
    File::open(path)?.take(length as u64).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u32, crc32fast::hash(&bytes)))
}

/// Device and inode.
#[cfg(unix)]
fn number(file: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
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
