"""Builds the library, the fast module and the program by cargo for the wheel, and fills the sdist: a hook of hatch.

The wheel is tagged py3-none-<platform>: the library is loaded by ctypes, and the fast module uses the stable ABI, so
one wheel serves every CPython from 3.9 on. In the environment:

TAILSPOT_NO_FAST=1      builds without the fast module
TAILSPOT_NO_PROGRAM=1   builds without the program `tailspot`
TAILSPOT_TEST_PROFILE=1 takes library and program as `cargo test --workspace` builds them, where `make test` has done
                        so already: with debug assertions, and not optimised as a whole
TAILSPOT_ZIG_TARGET     builds by cargo-zigbuild for a target such as x86_64-unknown-linux-gnu.2.17: the number is the
                        oldest glibc (`make wheels`)

The sdist holds the Rust packages in its folder `engine`, so that it builds where the repository is not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
ENGINE = HERE / "engine" if (HERE / "engine").is_dir() else HERE.parent
PACKAGE = HERE / "src" / "tailspot"

# What cargo needs of the repository; targets that Cargo.toml names have to be there.
SOURCES = ["Cargo.toml", "Cargo.lock", "LICENSE-*", "README.md", "include/*", "src/**/*", "tests/*.rs", "benches/*.rs"]
SOURCES += ["cli/tests/*.rs", "examples/*.rs", "measure/*.rs"]
SOURCES += [
    f"{name}/{part}" for name in ("capi", "cli", "compat") for part in ("*.toml", "*.rs", "src/**/*", "assets/**/*")
]

if sys.platform == "darwin":
    PREFIX, ENDING, PROGRAM = "lib", ".dylib", ""
elif sys.platform == "win32":
    PREFIX, ENDING, PROGRAM = "", ".dll", ".exe"
else:
    PREFIX, ENDING, PROGRAM = "lib", ".so", ""
LIBRARY = f"{PREFIX}tailspot{ENDING}"
FAST = f"{PREFIX}tailspot_fast{ENDING}"
MODULE = "_fast.pyd" if sys.platform == "win32" else "_fast.abi3.so"

# The target and the oldest glibc, both empty for this machine's own.
TARGET, _, GLIBC = os.environ.get("TAILSPOT_ZIG_TARGET", "").partition(".")
# Arrays are judged a tenth faster than as cargo builds by default.
WHOLE = ("--config", "profile.release.lto=true", "--config", "profile.release.codegen-units=1")


def cargo(command: str, target: Path, manifest: Path, *options: str) -> None:
    """Runs cargo; with CI set in the environment the lock files may not change."""
    if shutil.which("cargo") is None:
        raise SystemExit("tailspot: cargo is needed to build the library (https://rustup.rs), and it is not on PATH")
    locked = ["--locked"] if os.environ.get("CI") else []
    call = ["cargo-zigbuild", command, "--target", f"{TARGET}.{GLIBC}"] if TARGET else ["cargo", command]
    # The stable ABI needs no interpreter to build against.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "PYO3_NO_PYTHON": "1"}
    subprocess.run([*call, *locked, "--manifest-path", str(manifest), *options], check=True, env=environment)


def build() -> dict[Path, str]:
    """Builds what goes into the wheel: each file, and its name in the package."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ENGINE / "target"))
    files = (
        build_as_tested(target) if os.environ.get("TAILSPOT_TEST_PROFILE") == "1" else build_whole(target / "python")
    )
    if os.environ.get("TAILSPOT_NO_FAST") != "1":
        cargo("rustc", target / "python", HERE / "fast" / "Cargo.toml", "--release", "--lib")
        files[target / "python" / TARGET / "release" / FAST] = MODULE
    return files


def build_whole(target: Path) -> dict[Path, str]:
    """Builds library and program as they are shipped."""
    release = target / TARGET / "release"
    library = ("--release", "--lib", "--crate-type", "cdylib")
    cargo("rustc", target, ENGINE / "capi" / "Cargo.toml", *library, *WHOLE)
    files = {release / LIBRARY: LIBRARY}
    if os.environ.get("TAILSPOT_NO_PROGRAM") != "1":
        program = ("--release", "--bin", "tailspot", "--config", "profile.release.strip=true")
        cargo("rustc", target, ENGINE / "cli" / "Cargo.toml", *program, *WHOLE)
        files[release / f"tailspot{PROGRAM}"] = f"_program{PROGRAM}"
    return files


def build_as_tested(target: Path) -> dict[Path, str]:
    """Builds library and program with the features and the profile of `cargo test --workspace`."""
    cargo("build", target, ENGINE / "Cargo.toml", "--profile", "test", "--workspace", "--lib", "--bins")
    debug = target / "debug"
    return {debug / LIBRARY: LIBRARY, debug / f"tailspot{PROGRAM}": f"_program{PROGRAM}"}


def platform() -> str:
    """The platform in the tag of the wheel."""
    if GLIBC:
        return f"manylinux_{GLIBC.replace('.', '_')}_{TARGET.partition('-')[0]}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


class BuildLibrary(BuildHookInterface[Any]):
    """The hook, as hatchling wants it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names the files that go into the wheel or the sdist, and sets the tag of a wheel."""
        if self.target_name == "sdist":
            found = {path for pattern in SOURCES for path in ENGINE.glob(pattern) if path.is_file()}
            inside = {str(path): f"engine/{path.relative_to(ENGINE).as_posix()}" for path in sorted(found)}
            build_data["force_include"].update(inside)
            return
        files = build()
        if version == "editable":
            for built, name in files.items():
                # A fresh file: the old one may be mapped by a running program.
                (PACKAGE / name).unlink(missing_ok=True)
                shutil.copy2(built, PACKAGE / name)
        else:
            build_data["force_include"].update({str(built): f"tailspot/{name}" for built, name in files.items()})
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform()}"
