//! The C ABI, from the outside: what compilers, linkers, tools, and programs in C and C++ see of it.

#[path = "capi/compilers.rs"]
mod compilers;
#[path = "capi/examples.rs"]
mod examples;
#[path = "capi/header.rs"]
mod header;
mod machine;
#[path = "capi/readme.rs"]
mod readme;
#[path = "capi/vectors.rs"]
mod vectors;

use std::collections::BTreeSet;
use std::path::Path;

use compilers::{C, CPP, DEBUG, LIBRARY, Language};

/// Programs that end with 0 if all that they check holds.
const PROGRAMS: [&str; 12] = [
    "capi/tests/c/structs.c",
    "capi/tests/c/many.c",
    "capi/tests/c/verdicts.c",
    "capi/tests/c/strided.c",
    "capi/tests/c/answers.c",
    "capi/tests/c/threads.c",
    "capi/tests/c/pool.c",
    "capi/tests/c/incidents.c",
    "capi/tests/c/abuse.c",
    "capi/tests/c/abuse_pool.c",
    "capi/tests/c/forged.c",
    "capi/tests/c/wrapper.cpp",
];

/// The compiler and standard that a program is tested with: gcc, the oldest for C and the newest for C++.
fn dialect(source: &str) -> (&'static str, &'static str) {
    if source.ends_with(".cpp") { ("g++", "c++20") } else { ("gcc", "c99") }
}

fn has_gcc() -> bool {
    machine::has("gcc") && machine::has("g++")
}

// What compilers see --------------------------------------------------------------------------------------------------

/// With the layouts and numbers of the ABI.
#[test]
fn the_header_compiles_in_every_standard_of_c() {
    compilers::check(&C, &["capi/tests/c/abi.c", "capi/tests/c/enums.c"]);
}

/// Programs that include both headers, in either order and through another one, or only one of them.
const INCLUDES: [&str; 4] = [
    "capi/tests/c/alone.cpp",
    "capi/tests/c/both.cpp",
    "capi/tests/c/order.cpp",
    "capi/tests/c/through.cpp",
];

#[test]
fn the_headers_compile_in_every_standard_of_cpp() {
    compilers::check(&CPP, &INCLUDES);
    compilers::check(&CPP, &["capi/tests/c/wrapper.cpp", "capi/tests/c/enums.cpp"]);
}

#[test]
fn cpp_programs_may_include_the_headers_in_any_order() {
    let folder = machine::folder("capi-headers");
    for name in CPP.compilers() {
        for source in INCLUDES {
            let program = compilers::program(&folder, (name, "c++11"), source, &[]);
            machine::run(&mut compilers::command(&program, &[]));
        }
    }
}

#[test]
fn without_exceptions_an_error_ends_the_program_with_its_sentence() {
    let folder = machine::folder("capi-bare");
    for name in CPP.compilers() {
        let (source, flags) = ("capi/tests/c/bare.cpp", ["-fno-exceptions", "-fno-rtti"]);
        let program = compilers::program(&folder, (name, "c++17"), source, &flags);
        machine::run(&mut compilers::command(&program, &[]));
        let refused = compilers::command(&program, &["refused"]).output().expect("it runs");
        let sentence = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && sentence.contains("q = 2 is out of"), "{sentence}");
    }
}

// What linkers see ----------------------------------------------------------------------------------------------------

/// The names of the defined symbols that `nm` lists.
fn symbols(arguments: &[&str], library: &Path) -> BTreeSet<String> {
    let mut nm = machine::command("nm", arguments);
    let list = machine::run(nm.arg("--defined-only").arg(library));
    // ADDRESS KIND NAME; in an archive other lines too.
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    list.lines().filter_map(|line| fields(line).into_iter().nth(2)).collect()
}

#[test]
fn the_shared_library_exports_what_the_header_declares_and_nothing_else() {
    if machine::has("nm") {
        let names = header::names();
        assert!(names.len() > 25 && names.contains("tailspot_step"), "{names:?}");
        assert_eq!(symbols(&["-D"], &LIBRARY.join("libtailspot.so")), names);
        let mut with_fault = names;
        with_fault.extend(
            ["tailspot_fault", "tailspot_incidents_fault", "tailspot_pool_fault"]
                .map(str::to_owned),
        );
        assert_eq!(symbols(&["-D"], &DEBUG.join("libtailspot.so")), with_fault);
    }
}

#[test]
fn the_static_library_defines_the_same_names() {
    if machine::has("nm") {
        let library = machine::library().join("libtailspot.a");
        let defined = symbols(&["--extern-only"], &library);
        let ours = defined.into_iter().filter(|name| name.starts_with("tailspot_"));
        assert_eq!(ours.collect::<BTreeSet<_>>(), header::names());
    }
}

#[test]
fn the_soname_ends_in_the_major_version() {
    if machine::has("readelf") {
        let library = LIBRARY.join("libtailspot.so");
        let list = machine::run(machine::command("readelf", &["--dynamic", "--wide"]).arg(library));
        let soname = format!("soname: [libtailspot.so.{}]", env!("CARGO_PKG_VERSION_MAJOR"));
        assert!(list.contains(&soname), "{list}");
    }
}

#[test]
fn a_program_can_be_linked_statically() {
    if has_gcc() {
        let folder = machine::folder("capi-static");
        let mut command = compilers::compiler("gcc", "c11", "capi/tests/c/answers.c");
        command.arg(machine::library().join("libtailspot.a"));
        command.args(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-o"]);
        machine::run(command.arg(folder.join("answers")));
        machine::run(&mut compilers::command(&folder.join("answers"), &[]));
    }
}

// What programs see ---------------------------------------------------------------------------------------------------

#[test]
fn the_programs_hold_when_optimised_by_each_compiler() {
    let folder = machine::folder("capi-optimised");
    for source in PROGRAMS {
        let language = Language::of(source);
        for name in language.compilers() {
            let dialect = (name, language.standards[1]);
            let program = compilers::program(&folder, dialect, source, &["-O2"]);
            machine::run(&mut compilers::command(&program, &[]));
        }
    }
}

#[test]
fn the_programs_hold_under_the_address_and_undefined_sanitizers() {
    let folder = machine::folder("capi-sanitized");
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];
    if has_gcc() && compilers::sanitizes(&folder, flags[0]) {
        for source in PROGRAMS {
            let program = compilers::program(&folder, dialect(source), source, &flags);
            machine::run(&mut compilers::command(&program, &[]));
        }
    }
}

#[test]
fn the_programs_hold_under_valgrind() {
    if has_gcc() && machine::has("valgrind") {
        let folder = machine::folder("capi-valgrind");
        for source in PROGRAMS.into_iter().filter(|source| *source != "capi/tests/c/threads.c") {
            let program = compilers::program(&folder, dialect(source), source, &["-g"]);
            machine::run(&mut compilers::valgrind(&["--leak-check=full"], &program));
        }
    }
}

/// Helgrind sees what the library does with memory, the thread sanitizer what the program does.
#[test]
fn threads_race_for_nothing() {
    let folder = machine::folder("capi-threads");
    let (source, flag) = ("capi/tests/c/threads.c", "-fsanitize=thread");
    if has_gcc() && compilers::sanitizes(&folder, flag) {
        let program = compilers::program(&folder, ("gcc", "c11"), source, &[flag, "-g"]);
        machine::run(&mut compilers::command(&program, &[]));
    }
    if has_gcc() && machine::has("valgrind") {
        let program = compilers::program(&folder, ("gcc", "c99"), source, &["-g"]);
        machine::run(&mut compilers::valgrind(&["--tool=helgrind"], &program));
    }
}

#[test]
fn every_function_of_the_header_is_abused() {
    if has_gcc() {
        let folder = machine::folder("capi-abuse");
        let output = ["capi/tests/c/abuse.c", "capi/tests/c/abuse_pool.c"].map(|source| {
            let program = compilers::program(&folder, dialect(source), source, &[]);
            machine::run(&mut compilers::command(&program, &["less"]))
        });
        let output = output.concat();
        let called: BTreeSet<&str> = output.lines().collect();
        let functions = header::functions();
        for function in &functions {
            let name = &function.name;
            let ending = format!(" {name}");
            assert!(called.iter().any(|line| line.ends_with(&ending)), "{name} is not abused");
            for chapter in function.chapters() {
                let line = format!("{chapter} {name}");
                assert!(called.contains(line.as_str()), "not abused: {line}");
            }
        }
        let chapters =
            functions.iter().flat_map(header::Function::chapters).collect::<BTreeSet<_>>();
        assert_eq!(chapters.len(), 4, "a chapter that no function belongs to");
    }
}
