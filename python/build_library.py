"""Builds the shared library and the fast module by cargo and puts them into the wheel (a hook of hatchling).

The wheel is tagged py3-none-<platform>: the library is loaded by ctypes, and the fast module uses the stable ABI, so
one wheel serves every CPython from 3.9 on. Set TAILSPOT_NO_FAST=1 to build without the fast module.
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
ENGINE = HERE.parent
PACKAGE = HERE / "src" / "tailspot"

if sys.platform == "darwin":
    PREFIX, ENDING = "lib", ".dylib"
elif sys.platform == "win32":
    PREFIX, ENDING = "", ".dll"
else:
    PREFIX, ENDING = "lib", ".so"
LIBRARY = f"{PREFIX}tailspot{ENDING}"
FAST = f"{PREFIX}tailspot_fast{ENDING}"
MODULE = "_fast.pyd" if sys.platform == "win32" else "_fast.abi3.so"


def cargo(target: Path, command: str, manifest: Path, *options: str) -> None:
    """Runs cargo; with CI set in the environment the lock files may not change."""
    if shutil.which("cargo") is None:
        raise SystemExit("tailspot: cargo is needed to build the library (https://rustup.rs), and it is not on PATH")
    locked = ["--locked"] if os.environ.get("CI") else []
    call = ["cargo", command, "--release", "--lib", *locked, "--manifest-path", str(manifest)]
    # The stable ABI needs no interpreter to build against.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "PYO3_NO_PYTHON": "1"}
    subprocess.run([*call, *options], check=True, env=environment)


class BuildLibrary(BuildHookInterface[Any]):
    """The hook, as hatchling wants it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds, names the files that go into the wheel, and sets the tag."""
        if self.target_name != "wheel":
            raise SystemExit("tailspot: build a wheel (pip wheel ./python); the engine is outside of this folder")
        target = Path(os.environ.get("CARGO_TARGET_DIR", ENGINE / "target")) / "python"
        # Arrays are judged a tenth faster than as cargo builds by default.
        whole = ("--config", "profile.release.lto=true", "--config", "profile.release.codegen-units=1")
        cargo(target, "rustc", ENGINE / "capi" / "Cargo.toml", "--crate-type", "cdylib", *whole)
        files = {target / "release" / LIBRARY: LIBRARY}
        if os.environ.get("TAILSPOT_NO_FAST") != "1":
            cargo(target, "build", HERE / "fast" / "Cargo.toml")
            files[target / "release" / FAST] = MODULE
        if version == "editable":
            for built, name in files.items():
                # A fresh file: the old one may be mapped by a running program.
                (PACKAGE / name).unlink(missing_ok=True)
                shutil.copy2(built, PACKAGE / name)
        else:
            build_data["force_include"].update({str(built): f"tailspot/{name}" for built, name in files.items()})
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
