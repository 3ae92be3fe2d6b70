//! Files that are there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// Replaces `path` by `bytes`: written to a new file in the same folder, flushed to the disk, then renamed. Whatever
/// fails, the old file stays as it was.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_with(path, bytes, |_| Ok(())).map(drop)
}

/// The same; `ready` sees the new file before it takes the place of the old one. Returns the new file.
pub(crate) fn write_with(
    path: &Path,
    bytes: &[u8],
    ready: impl FnOnce(&File) -> io::Result<()>,
) -> Result<File, Failure> {
    replace(path, bytes, ready).map_err(|error| Failure::io("write", path.display(), &error))
}

/// Fails now if `write` would fail at the end of a long run because of the place.
pub(crate) fn check(path: &Path) -> Result<(), Failure> {
    let target = target(path);
    if target.exists() && !target.is_file() {
        return Err(Failure::new(format!("{} is not a regular file", path.display())));
    }
    match beside(&target) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::io("write", path.display(), &error)),
    }
}

fn replace(
    path: &Path,
    bytes: &[u8],
    ready: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<File> {
    let target = target(path);
    let mut file = beside(&target)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    ready(file.as_file())?;
    let file = file.persist(&target)?;
    // The rename itself lasts once the folder is on the disk; not every system lets one ask for that.
    let _ = File::open(folder(&target)).and_then(|folder| folder.sync_all());
    Ok(file)
}

/// A symbolic link stays a link: what it points at is replaced.
pub(crate) fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How the names of new files for this path begin.
fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".tailspot-");
    prefix
}

/// Removes what a process that was killed left of a new file. For paths that belong to this process alone.
pub(crate) fn clean(path: &Path) {
    let (target, prefix) = (target(path), prefix(&target(path)));
    let Ok(entries) = fs::read_dir(folder(&target)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The new file, removed again unless it is renamed.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    let prefix = prefix(path);
    builder.prefix(&prefix);
    // Readable by others as far as the user's umask allows, like any file that a program writes.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // tempfile adds the path of the temporary file to the system's error, which says nothing to a user.
    builder.tempfile_in(folder(path)).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => io::Error::other("no such folder"),
        kind => io::Error::from(kind),
    })
}
