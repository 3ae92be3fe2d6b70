//! The order of the rooms of `src/`, and that ARCHITECTURE.md names them.

use std::fs;
use std::path::{Path, PathBuf};

/// A file uses only rooms before its own. The public words come first.
const ROOMS: [&str; 9] =
    ["error", "event", "baseline", "config", "gpd", "tail", "detector", "snapshot", "pool"];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder and of those inside it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every file of src/ but lib.rs: its path there, its room, its text.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let source = |file: PathBuf| {
        let path = file.strip_prefix(&root).expect("it is in src").display().to_string();
        let room = path.split(['/', '.']).next().expect("a name").to_owned();
        let text = read(&format!("src/{path}"));
        (path, room, text)
    };
    files(&root).into_iter().map(source).filter(|(path, ..)| path != "lib.rs").collect()
}

fn place(room: &str) -> usize {
    let place = ROOMS.iter().position(|name| *name == room);
    place.unwrap_or_else(|| panic!("src/{room} has no place among the rooms yet"))
}

/// The rooms that a text names after `crate::`, also within braces. Comments may name any.
fn used(text: &str) -> Vec<String> {
    let code = |line| str::split(line, "//").next().unwrap_or_default();
    let code: String = text.lines().map(code).collect::<Vec<_>>().join(" ");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = |text: &str| text.split(|c| !is_part(c)).next().unwrap_or_default().to_owned();
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            // The first name of each item at the outermost level.
            let (mut depth, mut item) = (1, String::new());
            for c in list.chars() {
                depth += i32::from(c == '{') - i32::from(c == '}');
                if depth == 0 || (depth == 1 && c == ',') {
                    names.push(name(item.trim_start()));
                    item.clear();
                } else {
                    item.push(c);
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.push(name(rest));
        }
    }
    names.retain(|name| !name.is_empty() && name.chars().all(|c| !c.is_ascii_uppercase()));
    names
}

#[test]
fn a_room_uses_only_the_rooms_before_it() {
    let list = "use crate::{gpd::{fit, refit}, tail}; crate::event::Event; // crate::pool";
    assert_eq!(used(list), ["gpd", "tail", "event"]);
    for (path, room, text) in sources() {
        for name in used(&text) {
            assert!(
                place(&name) <= place(&room),
                "src/{path} uses {name}, which comes after {room}"
            );
        }
    }
}

#[test]
fn every_room_says_what_is_in_it_and_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    for room in ROOMS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
        let (file, label) = match folder.is_dir() {
            true => (format!("src/{room}/mod.rs"), format!("`{room}/`")),
            false => (format!("src/{room}.rs"), format!("`{room}`")),
        };
        assert!(read(&file).starts_with("//! "), "{file} does not say what is in it");
        assert!(map.contains(&label), "ARCHITECTURE.md lacks {label}");
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
    let format = read("src/snapshot/mod.rs");
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
