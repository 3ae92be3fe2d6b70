//! The installed C library, found and used by programs that know nothing of this repository.
#![cfg(all(unix, not(target_vendor = "apple")))]

mod machine;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use machine::{command, folder, has, library, make, note, repository, run, skip, target};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SONAME: &str = concat!("libtailspot.so.", env!("CARGO_PKG_VERSION_MAJOR"));

/// `make install` with these variables; what it needs is built once, before.
fn install(variables: &[&str]) {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(library);
    run(make(&["install"]).args(variables));
}

/// A fresh prefix with the library in it.
fn prefix(name: &str) -> PathBuf {
    let prefix = folder(name);
    install(&[&format!("PREFIX={}", prefix.display())]);
    prefix
}

/// What is in a folder, below it: files, and links with where they lead.
fn tree(root: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            match std::fs::read_link(&path) {
                Ok(to) => found.push(format!("{name} -> {}", to.display())),
                Err(_) if path.is_dir() => walk(root, &path, found),
                Err(_) => found.push(name),
            }
        }
    }
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.sort();
    found
}

/// The installed files, for folders below the root of the tree.
fn expected(lib: &str, include: &str) -> Vec<String> {
    let mut names = vec![
        format!("{include}/tailspot.h"),
        format!("{include}/tailspot.hpp"),
        format!("{lib}/cmake/tailspot/tailspot-config-version.cmake"),
        format!("{lib}/cmake/tailspot/tailspot-config.cmake"),
        format!("{lib}/libtailspot.a"),
        format!("{lib}/libtailspot.so -> libtailspot.so.{VERSION}"),
        format!("{lib}/{SONAME} -> libtailspot.so.{VERSION}"),
        format!("{lib}/libtailspot.so.{VERSION}"),
        format!("{lib}/pkgconfig/tailspot.pc"),
        format!("{lib}/valgrind/tailspot.supp"),
    ];
    names.sort();
    names
}

/// A library's or a program's entries of one kind in its dynamic section: `SONAME` or `NEEDED`.
fn dynamic(kind: &str, file: &Path) -> Vec<String> {
    let section = run(Command::new("readelf").arg("-d").arg(file));
    let lines = section.lines().filter(|line| line.contains(&format!("({kind})")));
    lines.filter_map(|line| Some(line.split_once('[')?.1.strip_suffix(']')?.to_owned())).collect()
}

/// Pkg-config that sees the packages of one folder and no others.
fn pkg_config(lib: &Path) -> Command {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_LIBDIR", lib.join("pkgconfig"));
    command
}

/// Compiles the C program with the answer of pkg-config.
fn compile(lib: &Path, pkg_config: &mut Command, more: &[&str]) -> PathBuf {
    let program = lib.join("program");
    let flags = run(pkg_config);
    let mut compiler = command("cc", &["-Wall", "-Wextra", "-Werror"]);
    compiler.arg(repository().join("capi/tests/install/program.c")).arg("-o").arg(&program);
    run(compiler.args(flags.split_whitespace()).args(more));
    program
}

/// Runs a program, which finds shared libraries in one folder.
fn answer(program: &Path, libraries: &Path) -> String {
    run(Command::new(program).env("LD_LIBRARY_PATH", libraries))
}

fn right_answer() -> String {
    format!("tailspot {VERSION}: 1 alert\n")
}

/// CMake of this machine, or else the one that Python's package index has.
fn cmake() -> Option<PathBuf> {
    static CMAKE: OnceLock<Option<PathBuf>> = OnceLock::new();
    fn answers(program: &Path) -> bool {
        Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
    }
    let find = || {
        let here = target().join("tools/python");
        let ours = here.join("bin/cmake");
        if let Some(cmake) =
            [PathBuf::from("cmake"), ours.clone()].into_iter().find(|it| answers(it))
        {
            return Some(cmake);
        }
        if !answers(Path::new("python3")) {
            skip("neither CMake nor Python is installed");
            return None;
        }
        run(command("python3", &["-m", "venv", "--clear"]).arg(&here));
        run(command(here.join("bin/pip"), &["install", "--quiet", "cmake==3.31.6"])
            .env_remove("CI"));
        Some(ours)
    };
    CMAKE.get_or_init(find).clone()
}

/// The command that configures the CMake project for the library in a prefix.
fn configure(cmake: &Path, build: &Path, prefix: &Path, wanted: &str) -> Command {
    let mut command = Command::new(cmake);
    command.arg("-S").arg(repository().join("capi/tests/install")).arg("-B").arg(build);
    command
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))
        .arg(format!("-DWANTED={wanted}"));
    command
}

#[test]
fn an_empty_prefix_gets_exactly_these_files() {
    let prefix = prefix("install-prefix");
    assert_eq!(tree(&prefix), expected("lib", "include"));
    assert_eq!(dynamic("SONAME", &prefix.join("lib/libtailspot.so")), [SONAME]);
}

#[test]
fn a_packager_says_where_libraries_and_headers_go() {
    let root = folder("install-packager");
    let destdir = format!("DESTDIR={}", root.display());
    install(&[&destdir, "PREFIX=/usr", "LIBDIR=/usr/lib/here", "INCLUDEDIR=/usr/include/tailspot"]);
    assert_eq!(tree(&root), expected("usr/lib/here", "usr/include/tailspot"));
    // Nothing names the folder in which the package was made, and installing again changes nothing.
    let text = |name| std::fs::read_to_string(root.join("usr/lib/here").join(name)).expect("text");
    let pc = text("pkgconfig/tailspot.pc");
    assert!(!pc.contains(&*root.to_string_lossy()), "{pc}");
    assert!(
        pc.starts_with(
            "prefix=${pcfiledir}/../../..\nlibdir=${prefix}/lib/here\nincludedir=${prefix}/include/tailspot\n"
        ),
        "{pc}"
    );
    install(&[&destdir, "PREFIX=/usr", "LIBDIR=/usr/lib/here", "INCLUDEDIR=/usr/include/tailspot"]);
    assert_eq!(tree(&root), expected("usr/lib/here", "usr/include/tailspot"));
}

#[test]
fn a_relative_prefix_is_refused() {
    let output = make(&["install", "PREFIX=here"]).output().expect("make");
    assert!(!output.status.success());
    assert!(!repository().join("here").exists());
}

#[test]
fn a_c_program_finds_it_by_pkg_config() {
    if !has("pkg-config") {
        return;
    }
    let lib = prefix("install-pkg-config").join("lib");
    let program =
        compile(&lib, pkg_config(&lib).args(["--cflags", "--libs", "tailspot >= 0.1"]), &[]);
    assert_eq!(answer(&program, &lib), right_answer());
    assert!(dynamic("NEEDED", &program).contains(&SONAME.to_owned()));
    let version = run(pkg_config(&lib).args(["--modversion", "tailspot"]));
    assert_eq!(version.trim(), VERSION);
    let newer = pkg_config(&lib).args(["--exists", "tailspot >= 9"]).status().expect("pkg-config");
    assert!(!newer.success(), "a version that is not there was found");
}

#[test]
fn a_c_program_takes_the_static_library_with_it() {
    if !has("pkg-config") {
        return;
    }
    let lib = prefix("install-static").join("lib");
    // Where both are, the linker prefers the shared one.
    for name in ["libtailspot.so", SONAME, &format!("libtailspot.so.{VERSION}")] {
        std::fs::remove_file(lib.join(name)).expect("an installed file");
    }
    let flags = ["--static", "--cflags", "--libs", "tailspot"];
    let program = compile(&lib, pkg_config(&lib).args(flags), &[]);
    assert_eq!(answer(&program, Path::new("")), right_answer());
    // Also where nothing at all is shared, if this machine has a static C library.
    let main = lib.join("main.c");
    std::fs::write(&main, "int main(void) { return 0; }\n").expect("a writable folder");
    let probe = command("cc", &["-static", "-o"]).arg(lib.join("main")).arg(&main).output();
    if probe.is_ok_and(|probe| probe.status.success()) {
        let program = compile(&lib, pkg_config(&lib).args(flags), &["-static"]);
        assert_eq!(answer(&program, Path::new("")), right_answer());
        assert_eq!(dynamic("NEEDED", &program), [""; 0]);
    } else {
        note("not tested: a program that is all static; this machine has no static C library");
    }
}

#[test]
fn a_tree_that_was_moved_is_found_by_pkg_config() {
    if !has("pkg-config") {
        return;
    }
    let moved = folder("install-moved").join("somewhere else");
    std::fs::rename(prefix("install-before-the-move"), &moved).expect("a folder can be moved");
    let lib = moved.join("lib");
    let answer_of = |flag| run(pkg_config(&lib).args([flag, "tailspot"]));
    let includes = format!("{}/pkgconfig/../../include", lib.display()).replace(' ', "\\ ");
    assert!(answer_of("--cflags").contains(&includes), "{}", answer_of("--cflags"));
    // Moved once more, to where no space is in the way of the shell.
    let plain = folder("install-moved-again").join("here");
    std::fs::rename(&moved, &plain).expect("a folder can be moved");
    let lib = plain.join("lib");
    let program = compile(&lib, pkg_config(&lib).args(["--cflags", "--libs", "tailspot"]), &[]);
    assert_eq!(answer(&program, &lib), right_answer());
}

/// As the README links it; says how large it is.
#[test]
fn a_small_program_can_be_linked_statically() {
    if !has("pkg-config") {
        return;
    }
    let lib = prefix("install-small").join("lib");
    for name in ["libtailspot.so", SONAME, &format!("libtailspot.so.{VERSION}")] {
        std::fs::remove_file(lib.join(name)).expect("an installed file");
    }
    let flags = ["--static", "--cflags", "--libs", "tailspot"];
    let size = |more: &[&str]| {
        let program = compile(&lib, pkg_config(&lib).args(flags), more);
        assert_eq!(answer(&program, Path::new("")), right_answer());
        std::fs::metadata(program).expect("a program").len()
    };
    let (plain, small) = (size(&["-s"]), size(&["-s", "-Wl,--gc-sections"]));
    note(&format!("a static program: {plain} bytes with -s, {small} with -Wl,--gc-sections too"));
    assert!(small < 1_000_000 && small < plain / 2, "{small} of {plain} bytes");
}

#[test]
fn a_packages_own_root_is_found_by_pkg_config() {
    if !has("pkg-config") {
        return;
    }
    let root = folder("install-root");
    install(&[&format!("DESTDIR={}", root.display()), "PREFIX=/usr"]);
    assert_eq!(tree(&root), expected("usr/lib", "usr/include"));
    let lib = root.join("usr/lib");
    let mut pkg_config = pkg_config(&lib);
    pkg_config.args(["--define-prefix", "--cflags", "--libs", "tailspot"]);
    let program = compile(&lib, &mut pkg_config, &[]);
    assert_eq!(answer(&program, &lib), right_answer());
}

#[test]
fn cmake_finds_both_libraries_in_a_tree_that_was_moved() {
    let Some(cmake) = cmake() else { return };
    let folder = folder("install-cmake");
    let (made, moved, build) = (folder.join("made"), folder.join("moved"), folder.join("build"));
    install(&[&format!("PREFIX={}", made.display())]);
    std::fs::rename(&made, &moved).expect("a folder can be moved");
    run(&mut configure(&cmake, &build, &moved, "0.1"));
    run(Command::new(&cmake).arg("--build").arg(&build));
    let (shared, fixed) = (build.join("shared"), build.join("static"));
    assert_eq!(answer(&shared, Path::new("")), right_answer());
    assert!(dynamic("NEEDED", &shared).contains(&SONAME.to_owned()));
    assert_eq!(answer(&fixed, Path::new("")), right_answer());
    assert!(!dynamic("NEEDED", &fixed).contains(&SONAME.to_owned()));

    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let exact = &format!("{VERSION} EXACT");
    for good in [major, exact, &format!("{major}...<99"), &format!("{major}...{VERSION}")] {
        run(&mut configure(&cmake, &build, &moved, good));
    }
    for bad in [
        "9",
        &format!("{VERSION}.1"),
        &format!("{major}.{minor}.99"),
        "0.0.9 EXACT",
        "0...0.0.9",
        &format!("{major}...<{VERSION}"),
    ] {
        let output = configure(&cmake, &build, &moved, bad).output().expect("CMake");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{bad} was accepted");
        assert!(text.contains(&format!("version: {VERSION}")), "{bad}: {text}");
    }
}

#[test]
fn cmake_finds_no_component() {
    let Some(cmake) = cmake() else { return };
    let folder = folder("install-components");
    let (made, build) = (folder.join("made"), folder.join("build"));
    install(&[&format!("PREFIX={}", made.display())]);
    let output = configure(&cmake, &build, &made, "0.1 COMPONENTS nonsense").output();
    let output = output.expect("CMake");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("nonsense"), "{text}");
    run(&mut configure(&cmake, &build, &made, "0.1 OPTIONAL_COMPONENTS nonsense"));
}

/// The library that is shipped is stripped, and does not name the folders in which it was made.
#[test]
fn no_path_of_this_machine_is_in_the_library() {
    let lib = prefix("install-stripped").join("lib");
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| Ok::<_, std::env::VarError>(std::env::var("HOME")? + "/.cargo"));
    let folders = [home.expect("cargo has a home"), repository().display().to_string()];
    for name in ["libtailspot.so", "libtailspot.a"] {
        let bytes = std::fs::read(lib.join(name)).expect("an installed file");
        for folder in &folders {
            let found = bytes.windows(folder.len()).any(|part| part == folder.as_bytes());
            assert!(!found, "{name} names {folder}");
        }
    }
    if has("readelf") {
        let sections =
            run(Command::new("readelf").args(["-S", "-W"]).arg(lib.join("libtailspot.so")));
        assert!(!sections.contains(".symtab") && !sections.contains(".debug_info"), "{sections}");
    }
}

#[test]
fn cargo_cinstall_installs_the_same() {
    let answers = command(env!("CARGO"), &["cinstall", "--version"]).output();
    if !answers.is_ok_and(|output| output.status.success()) {
        // Also where CI is set: it takes many minutes to build.
        return note(
            "skipped: cargo-c is not installed; `make test-cinstall` builds it and runs this test",
        );
    }
    let root = folder("install-cinstall");
    let mut cinstall =
        command(env!("CARGO"), &["cinstall", "--release", "--prefix", "/usr", "--libdir", "lib"]);
    cinstall
        .args(["-p", "tailspot-capi"])
        .arg("--destdir")
        .arg(&root)
        .arg("--target-dir")
        .arg(target().join("libraries/cinstall"));
    run(cinstall.current_dir(repository()));
    let mut names = expected("usr/lib", "usr/include");
    names.retain(|name| !name.contains("cmake") && !name.contains("valgrind"));
    assert_eq!(tree(&root), names);
    let lib = root.join("usr/lib");
    assert_eq!(dynamic("SONAME", &lib.join("libtailspot.so")), [SONAME]);
    for header in ["tailspot.h", "tailspot.hpp"] {
        let read = |folder: &Path| std::fs::read(folder.join(header)).expect("a header");
        let same = read(&root.join("usr/include")) == read(&repository().join("include"));
        assert!(same, "{header} is not the committed one");
    }
    if has("pkg-config") {
        let mut pkg_config = pkg_config(&lib);
        pkg_config.args(["--define-prefix", "--cflags", "--libs", "tailspot"]);
        let program = compile(&lib, &mut pkg_config, &[]);
        assert_eq!(answer(&program, &lib), right_answer());
    }
}
