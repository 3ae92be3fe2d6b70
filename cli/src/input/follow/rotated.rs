//! Which file comes after the one that was read: its rest under another name, the files that were rotated away since, or
//! the one that has the name now.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Position;
use crate::input::decode;

/// What to read next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    File(PathBuf, u64),
    /// The file that has the name, from its start. The one before it may be `gone`, with what was left in it.
    Own {
        gone: bool,
    },
}

/// What comes after a position in the file of `path`.
pub(super) fn next(path: &Path, last: &Position) -> Next {
    if last.offset == 0 {
        return Next::Own { gone: false };
    }
    let left = |found: &Path| {
        let (length, sum) = last.fingerprint;
        let first = first_bytes(found, length as usize).ok()?;
        let is_it = first.len() == length as usize && crc32fast::hash(&first) == sum;
        is_it.then(|| length_of(found).ok()?.checked_sub(last.offset)).flatten()
    };
    // After its end another one has the name, or it was cut.
    if !last.live && left(path).is_some() {
        return Next::File(path.to_owned(), last.offset);
    }
    // Renamed, or copied and cut, or compressed.
    let renamed = by_number(path, last.number).filter(|found| left(found).is_some());
    let others = rotated(path);
    let copied = || {
        let mut copies = others.iter().rev().filter(|file| left(&file.path).is_some());
        copies.next().map(|file| file.path.clone())
    };
    let before = renamed.or_else(copied);
    if let Some(found) = before.as_ref().filter(|found| left(found) > Some(0)) {
        return Next::File(found.clone(), last.offset);
    }
    let age = match &before {
        Some(found) => age(path, found).unwrap_or((last.modified, i128::MAX)),
        None => (last.modified, i128::MAX),
    };
    let own = fs::metadata(path).map_or((0, 0), |own| number(&own));
    let is_later = |file: &&Rotated| file.age > age && (file.number != own || own == (0, 0));
    match others.iter().find(is_later) {
        Some(file) => Next::File(file.path.clone(), 0),
        None => Next::Own { gone: before.is_none() },
    }
}

/// A file that once had the name of the log.
struct Rotated {
    path: PathBuf,
    number: (u64, u64),
    /// When it was last written to and, for those of one moment, the order of their names.
    age: (u64, i128),
}

/// Files beside the log whose names are its own with a number or a date in it, the oldest first.
fn rotated(path: &Path) -> Vec<Rotated> {
    let Ok(entries) = fs::read_dir(folder(path)) else { return Vec::new() };
    let paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let one = |found: &PathBuf| {
        let about = fs::metadata(found).ok().filter(Metadata::is_file)?;
        Some(Rotated { path: found.clone(), number: number(&about), age: age(path, found)? })
    };
    let mut files: Vec<Rotated> = paths.iter().filter_map(one).collect();
    // What is being compressed exists twice.
    files.retain(|file| {
        !is_compressed(&file.path) || !paths.contains(&file.path.with_extension(""))
    });
    files.sort_by_key(|file| file.age);
    files
}

fn age(path: &Path, found: &Path) -> Option<(u64, i128)> {
    let rank = rank(path.file_name()?.to_str()?, found.file_name()?.to_str()?)?;
    Some((modified(&fs::metadata(found).ok()?), rank))
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz" || extension == "zst")
}

/// The order of rotated files by their names, `None` for other files: app.log.2 is older than app.log.1, but
/// app.log-20261127 than app.log-20261128.
fn rank(log: &str, name: &str) -> Option<i128> {
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    let between = |(stem, extension): (&str, &str)| {
        let rest = name.strip_prefix(stem)?.strip_suffix(extension)?;
        rest.strip_suffix('.').map(str::to_owned)
    };
    let mark = match name.strip_prefix(log) {
        Some(mark) => mark.to_owned(),
        None => between(log.rsplit_once('.')?)?,
    };
    if mark == ".old" {
        return Some(0);
    }
    let is_mark = mark.starts_with(['.', '-', '_', '@'])
        && mark.chars().all(|c| c.is_ascii_digit() || ".-_@:+TZ".contains(c));
    let digits: String = mark.chars().filter(char::is_ascii_digit).take(36).collect();
    let number: i128 = digits.parse().ok().filter(|_| is_mark)?;
    // A number counts rotations, a longer one is a date.
    Some(if digits.len() < 6 { -number } else { number })
}

/// The file with this number: under its own name or another one in the same folder.
fn by_number(path: &Path, wanted: (u64, u64)) -> Option<PathBuf> {
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
    fs::read_dir(folder(path)).ok()?.filter_map(|entry| Some(entry.ok()?.path())).find(is_it)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The first bytes of the text in a file.
pub(super) fn first_bytes(path: &Path, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    text(path)?.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn length_of(path: &Path) -> io::Result<u64> {
    match is_compressed(path) {
        true => io::copy(&mut text(path)?, &mut io::sink()),
        false => Ok(fs::metadata(path)?.len()),
    }
}

fn text(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = Box::new(File::open(path)?);
    if is_compressed(path) { decode::log(file) } else { Ok(file) }
}

/// In nanoseconds since 1970.
pub(super) fn modified(file: &Metadata) -> u64 {
    let since = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_nanos() as u64)
}

/// Device and inode.
#[cfg(unix)]
pub(super) fn number(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
pub(super) fn number(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_known_by_their_names() {
        let older_first = [
            ("app.log", "app.log.10.gz", "app.log.2"),
            ("app.log", "app.log.2", "app.log.1"),
            ("app.log", "app.log-20261127.gz", "app.log-20261128"),
            ("app.log", "app.log.2026-11-27_23-00-00", "app.log.2026-11-28_00-00-00"),
            ("app.log", "app-20261127.log", "app-20261128.log.zst"),
            ("log", "log.2", "log.1"),
        ];
        for (log, older, newer) in older_first {
            assert!(rank(log, older).is_some() && rank(log, older) < rank(log, newer), "{older}");
        }
        assert_eq!(rank("app.log", "app.log.old"), Some(0));
        let others =
            ["app.log", "app.log~", "app.log.bak", "app2.log", "app.log2", "app-b.log", "x"];
        for other in others {
            assert_eq!(rank("app.log", other), None, "{other}");
        }
    }
}
