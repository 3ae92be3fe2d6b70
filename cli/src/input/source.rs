//! Where rows come from.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use super::decode;
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
    pub(super) fn open(&self) -> Result<Box<dyn Read>, Failure> {
        let raw: Box<dyn Read> = match self {
            Source::Standard => Box::new(io::stdin()),
            Source::File(path) | Source::Followed(path) => {
                self.size()?;
                Box::new(File::open(path).map_err(|error| Failure::io("read", self, &error))?)
            }
        };
        Ok(Box::new(decode::Decoded::new(raw)))
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
