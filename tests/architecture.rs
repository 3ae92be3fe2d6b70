//! The floors that ARCHITECTURE.md draws, and that its parts agree with each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top: a file uses only files of the floors below its own.
const FLOORS: [&str; 11] = [
    "pool",
    "snapshot",
    "batch",
    "spot",
    "watch",
    "tail calibrate ledger",
    "refit threshold status outliers",
    "fit",
    "maxima series",
    "config excess gpd drift likelihood",
    "error event zhang solve",
];

/// Lines of a file before its unit tests.
const LONGEST: usize = 480;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file of src/: its path there, its module (the folder, if it is in one), and its lines.
struct Source {
    path: String,
    module: String,
    lines: Vec<String>,
}

impl Source {
    fn code(&self) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter().map(String::as_str);
        lines.filter(|line| !line.trim_start().starts_with("//"))
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// The files of src/ without lib.rs.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (folders, mut files): (Vec<_>, Vec<_>) =
        entries(&root).into_iter().partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| entries(folder)));
    let source = |file: PathBuf| {
        let path = file.strip_prefix(&root).expect("it is in src").display().to_string();
        let module = path.split(['/', '.']).next().expect("a name").to_owned();
        let lines = read(&format!("src/{path}")).lines().map(str::to_owned).collect();
        Source { path, module, lines }
    };
    files.into_iter().map(source).filter(|source| source.path != "lib.rs").collect()
}

/// The floor of a module, counted from the bottom.
fn floor(module: &str) -> usize {
    let from_top = FLOORS.iter().position(|floor| floor.split(' ').any(|name| name == module));
    let from_top =
        from_top.unwrap_or_else(|| panic!("src/{module}.rs has no floor yet: give it one"));
    FLOORS.len() - 1 - from_top
}

/// Every NAME of a `crate::NAME` in a line.
fn used(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.split("crate::").skip(1).map(move |rest| {
        let name = rest.split(|c| !is_part(c)).next().unwrap_or_default();
        assert!(!name.is_empty(), "one module for each `use`: {line}");
        name
    })
}

#[test]
fn a_file_uses_only_lower_floors() {
    let sources = sources();
    let modules: BTreeSet<&str> = sources.iter().map(|source| source.module.as_str()).collect();
    let drawn = FLOORS.join(" ");
    assert_eq!(modules, drawn.split(' ').collect(), "a floor names no file");
    for source in &sources {
        for name in source.code().flat_map(used) {
            assert!(
                floor(name) < floor(&source.module),
                "src/{} uses {name}, which is not below it",
                source.path
            );
        }
    }
}

#[test]
fn the_map_draws_the_same_floors() {
    let map = read("ARCHITECTURE.md");
    for (number, modules) in FLOORS.iter().rev().enumerate() {
        let line = format!("{number}  {}", modules.replace(' ', "  "));
        assert!(map.lines().any(|drawn| drawn.starts_with(&line)), "ARCHITECTURE.md lacks: {line}");
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for Source { path, lines, .. } in sources() {
        let lines = lines.iter().take_while(|line| *line != "#[cfg(test)]").count();
        assert!(lines <= LONGEST, "src/{path} has {lines} lines without its tests");
    }
}

#[test]
fn only_the_abi_is_unsafe() {
    for root in ["src/lib.rs", "cli/src/main.rs"] {
        assert!(read(root).contains("\n#![forbid(unsafe_code)]\n"), "{root} allows unsafe code");
    }
}

#[test]
fn the_newest_entry_of_the_changelog_is_this_version() {
    let changelog = read("CHANGELOG.md");
    let entry = changelog.lines().find_map(|line| line.strip_prefix("## [")).expect("an entry");
    assert_eq!(entry.split(']').next(), Some(env!("CARGO_PKG_VERSION")));
    let format = read("src/snapshot.rs");
    let format = format.lines().find_map(|line| line.strip_prefix("const VERSION: u16 = "));
    let format = format!("Snapshot format: {}", format.expect("a format").trim_end_matches(';'));
    for wanted in ["ABI: ", &format] {
        assert!(
            changelog.lines().any(|line| line.starts_with(wanted)),
            "CHANGELOG.md lacks {wanted}"
        );
    }
    let manifest = read("Cargo.toml");
    assert!(manifest.contains(&format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_first_screen_names_the_two_commands() {
    let readme = read("README.md");
    let screen: Vec<&str> = readme.lines().take(60).collect();
    for command in ["make demo", "make test"] {
        assert!(screen.iter().any(|line| line.contains(command)), "README.md lacks {command}");
    }
}
