//! One process for one state file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// The content of a state file in which nothing was saved yet.
pub(super) const CLAIM: &[u8] = b"tailspot claim 1";

/// Opens and locks a state file, and makes one that only claims the name if there is none. Returns the file, `None` on a
/// system that cannot lock it, and whether it was made.
pub(super) fn claim(target: &Path, shown: &Path) -> Result<(Option<File>, bool), Failure> {
    let refused = |error: &io::Error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            Failure::new(format!("{} is in use by another tailspot", shown.display()))
        }
        _ => Failure::io("open", shown.display(), error),
    };
    loop {
        match File::open(target) {
            Ok(file) => {
                lock(&file).map_err(|error| refused(&error))?;
                // Another process may have replaced the file in between.
                if is_at(&file, target) {
                    return Ok((Some(file), false));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = OpenOptions::new().read(true).write(true).create_new(true).open(target);
                match made {
                    Ok(mut file) => {
                        lock(&file).map_err(|error| refused(&error))?;
                        file.write_all(CLAIM)
                            .map_err(|error| Failure::io("write", shown.display(), &error))?;
                        return Ok((Some(file), true));
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(Failure::io("write", shown.display(), &error)),
                }
            }
            Err(error) => return Err(Failure::io("read", shown.display(), &error)),
        }
    }
}

/// Locks a file for this process, which has the lock as long as the file is open.
#[cfg(unix)]
pub(super) fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        // A file system without locks.
        Err(std::fs::TryLockError::Error(_)) => Ok(()),
    }
}

/// Elsewhere a locked file could be neither read nor replaced.
#[cfg(not(unix))]
pub(super) fn lock(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}
