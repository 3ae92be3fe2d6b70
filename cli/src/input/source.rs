//! Where rows come from.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::decode::{self, Decoded};
use super::selection::Selection;
use crate::failure::Failure;

/// A file or standard input.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Standard,
    File(PathBuf),
    /// A file that is read as it grows.
    Followed(PathBuf),
}

impl Source {
    /// The sources on a command line: none, or `-`, is standard input.
    pub(crate) fn list(files: &[PathBuf]) -> Vec<Source> {
        if files.is_empty() {
            return vec![Source::Standard];
        }
        let source = |path: &PathBuf| match path.to_str() {
            Some("-") => Source::Standard,
            _ => Source::File(path.clone()),
        };
        files.iter().map(source).collect()
    }

    /// Whether somebody sits there and may not know that the program waits.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Source::Standard) && io::stdin().is_terminal()
    }

    /// The size in bytes, 0 where nobody knows. Fails now for a file that is not there, not after hours of others.
    pub(crate) fn size(&self) -> Result<u64, Failure> {
        let Source::File(path) = self else { return Ok(0) };
        let found = fs::metadata(path).map_err(|error| Failure::io("read", self, &error))?;
        if found.is_dir() {
            return Err(Failure::new(format!("cannot read {self}: it is a folder")));
        }
        Ok(if found.is_file() { found.len() } else { 0 })
    }

    /// Its content as UTF-8, decompressed.
    pub(super) fn open(&self, selection: &Selection) -> Result<Decoded, Failure> {
        let error = |error| Failure::io("read", self, &error);
        let decoded = match self {
            Source::Standard => decode::decoded(Box::new(io::stdin()), None, selection),
            Source::File(path) | Source::Followed(path) => {
                let seekable = self.size()? > 0;
                let file = File::open(path).map_err(error)?;
                let again = seekable.then(|| file.try_clone()).transpose().map_err(error)?;
                decode::decoded(Box::new(file), again, selection)
            }
        };
        decoded.map_err(error)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Standard => f.write_str("standard input"),
            Source::File(path) | Source::Followed(path) => path.display().fmt(f),
        }
    }
}
