//! What the tests of the C library need of the machine: its compilers and tools, and the libraries as cargo builds them.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root of the workspace")
}

/// A fresh folder of this test run, kept for who wants to look at it.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Runs a command, which must succeed, and returns what it wrote to standard output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}

/// A command with its arguments.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Whether a program answers `--version`. What a user's machine lacks is skipped with a sentence; where CI=true is in
/// the environment nothing is.
pub(crate) fn has(program: &str) -> bool {
    let answers =
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !answers {
        skip(&format!("{program} is not installed"));
    }
    answers
}

/// Says why something is not tested.
pub(crate) fn skip(why: &str) {
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{why}, and CI is set");
    note(&format!("skipped: {why}"));
}

/// Says something past the test harness, which shows what a test prints only when it fails.
pub(crate) fn note(sentence: &str) {
    let line = format!("\n{sentence}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
}

/// Cargo's target folder: this test's executable is TARGET/PROFILE/deps/NAME.
pub(crate) fn target() -> PathBuf {
    let executable = std::env::current_exe().expect("a path");
    executable.ancestors().nth(3).expect("cargo's target folder").to_path_buf()
}

/// Make, as from a shell of its own: nothing of the make that runs these tests gets in, or of the user's variables.
pub(crate) fn make(arguments: &[&str]) -> Command {
    let mut make = command("make", arguments);
    make.current_dir(repository()).env("CARGO_TARGET_DIR", target());
    let make_s_own = ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"];
    let user_s = ["PREFIX", "LIBDIR", "INCLUDEDIR", "DESTDIR", "CARGO_BUILD_TARGET"];
    for variable in make_s_own.into_iter().chain(user_s) {
        make.env_remove(variable);
    }
    make
}

/// The libraries that users get: the folder that holds `libtailspot.so` and `libtailspot.a`, built by `make lib`.
pub(crate) fn library() -> PathBuf {
    run(&mut make(&["lib"]));
    target().join("libraries/capi/release")
}

/// The library as `cargo test --workspace` builds it: with debug assertions, and bugs on demand.
pub(crate) fn debug_library() -> PathBuf {
    let mut cargo = command(env!("CARGO"), &["build", "--quiet", "--workspace", "--lib"]);
    cargo.args(["--profile", "test"]).current_dir(repository());
    run(cargo.env("CARGO_TARGET_DIR", target()).env_remove("CARGO_BUILD_TARGET"));
    target().join("debug")
}
