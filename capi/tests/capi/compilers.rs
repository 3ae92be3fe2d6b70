//! Programs in C and C++: compiled with every warning as an error, linked to the library, run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::machine;

/// A language and who compiles it.
pub(crate) struct Language {
    pub(crate) standards: [&'static str; 4],
    compilers: [&'static str; 2],
}

pub(crate) const C: Language =
    Language { standards: ["c99", "c11", "c17", "c2x"], compilers: ["gcc", "clang"] };

pub(crate) const CPP: Language =
    Language { standards: ["c++11", "c++14", "c++17", "c++20"], compilers: ["g++", "clang++"] };

impl Language {
    /// The language of a source file.
    pub(crate) fn of(source: &str) -> &'static Language {
        if source.ends_with(".cpp") { &CPP } else { &C }
    }

    /// Those that this machine has.
    pub(crate) fn compilers(&self) -> Vec<&'static str> {
        self.compilers.into_iter().filter(|compiler| machine::has(compiler)).collect()
    }

    /// The compilers with each standard.
    pub(crate) fn dialects(&self) -> Vec<(&'static str, &'static str)> {
        let all = |compiler| self.standards.map(|standard| (compiler, standard));
        self.compilers().into_iter().flat_map(all).collect()
    }
}

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wconversion"];

/// A compiler with a standard, the warnings, the header and a source file of the repository.
pub(crate) fn compiler(name: &str, standard: &str, source: &str) -> Command {
    let mut command = machine::command(name, &WARNINGS);
    command.arg(format!("-std={standard}")).arg("-I").arg(machine::repository().join("include"));
    command.arg(machine::repository().join(source));
    command
}

/// Checks that sources compile in every standard.
pub(crate) fn check(language: &Language, sources: &[&str]) {
    for (name, standard) in language.dialects() {
        for source in sources {
            machine::run(compiler(name, standard, source).arg("-fsyntax-only"));
        }
    }
}

/// The programs of a source that compiles in every standard: one of each compiler, in the oldest.
pub(crate) fn programs(folder: &Path, language: &Language, source: &str) -> Vec<PathBuf> {
    check(language, &[source]);
    let made = |name| program(folder, (name, language.standards[0]), source, &[]);
    language.compilers().into_iter().map(made).collect()
}

/// A folder with the shared library under the two names it needs: one to link to, one to run with.
fn library_folder(name: &str, built: PathBuf) -> PathBuf {
    let folder = machine::folder(&format!("library-{name}"));
    let library = built.join("libtailspot.so");
    for name in ["libtailspot.so", concat!("libtailspot.so.", env!("CARGO_PKG_VERSION_MAJOR"))] {
        std::fs::copy(&library, folder.join(name)).expect("the shared library can be copied");
    }
    folder
}

/// The library that users get.
pub(crate) static LIBRARY: LazyLock<PathBuf> =
    LazyLock::new(|| library_folder("users", machine::library()));

/// One with bugs on demand.
pub(crate) static DEBUG: LazyLock<PathBuf> =
    LazyLock::new(|| library_folder("debug", machine::debug_library()));

/// The library for a program: only those of abuse.h want a bug.
pub(crate) fn library(source: &str) -> &'static Path {
    if source.contains("abuse") { &DEBUG } else { &LIBRARY }
}

/// Compiles a program to `folder`, and returns its path.
pub(crate) fn program(
    folder: &Path,
    (name, standard): (&str, &str),
    source: &str,
    flags: &[&str],
) -> PathBuf {
    let program = folder.join(format!("{}-{name}-{standard}", source.replace(['/', '.'], "-")));
    let library = library(source);
    let mut command = compiler(name, standard, source);
    command.args(flags).arg("-o").arg(&program).arg("-L").arg(library).arg("-ltailspot");
    command.arg(format!("-Wl,-rpath,{}", library.display())).args(["-lm", "-pthread"]);
    machine::run(&mut command);
    program
}

/// A command to run a program, with what the tools need to know in its environment.
pub(crate) fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = machine::command(program, arguments);
    // Counts that no memory holds are asked for, and an answer is expected.
    command.env("ASAN_OPTIONS", "allocator_may_return_null=1").env("RUST_BACKTRACE", "0");
    command
}

/// The same under valgrind, which is slow: with an argument the programs do less.
pub(crate) fn valgrind(tool: &[&str], program: &Path) -> Command {
    let mut command = machine::command("valgrind", &["--quiet", "--error-exitcode=9"]);
    let known = machine::repository().join("packaging/valgrind.supp");
    command.arg(format!("--suppressions={}", known.display()));
    command.args(tool).arg(program).arg("less").env("RUST_BACKTRACE", "0");
    command
}

/// Whether programs can be compiled with a sanitizer.
pub(crate) fn sanitizes(folder: &Path, flag: &str) -> bool {
    let source = folder.join("nothing.c");
    std::fs::write(&source, "int main(void) { return 0; }\n").expect("a file can be written");
    let mut command = machine::command("gcc", &[flag, "-o"]);
    command.arg(folder.join("nothing")).arg(&source);
    let works = command.output().is_ok_and(|output| output.status.success())
        && command_succeeds(&folder.join("nothing"));
    if !works {
        machine::skip(&format!("gcc {flag} does not work here"));
    }
    works
}

fn command_succeeds(program: &Path) -> bool {
    Command::new(program).output().is_ok_and(|output| output.status.success())
}
