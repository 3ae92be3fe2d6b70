"""Builds the extensions of SQLite and DuckDB and tests them from SQL alone: `python bindings/sql/run_tests.py`.

DuckDB comes from PyPI into target/sql-venv; `sqlite3` is that of the system. The finished extensions are
target/sql/tailspot.duckdb_extension and target/sql/tailspot_sqlite.so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "sql"
TOOL = TARGET / "append-metadata"
VENV = REPOSITORY / "target" / "sql-venv"
PACKAGES = ["duckdb==2.*", "pytest"]
LOCKED = ["--locked"] if os.environ.get("CI") else []
# The version of quack-rs that Cargo.lock names, and the C interface of DuckDB that it speaks.
INTERFACE = "v1.2.0"


def run(*words: object) -> None:
    """Run a program; its failure ends this one."""
    if subprocess.run([str(word) for word in words], cwd=HERE, check=False).returncode:
        sys.exit(f"sql: failed: {' '.join(map(str, words))}")


def version_of(package: str) -> str:
    """The version of a package in Cargo.lock."""
    lines = (HERE / "Cargo.lock").read_text("utf-8").splitlines()
    return json.loads(lines[lines.index(f'name = "{package}"') + 1].partition(" = ")[2])


def platform() -> str:
    """DuckDB's name of this platform."""
    system, machine = {"darwin": "osx", "win32": "windows"}.get(sys.platform, "linux"), os.uname().machine
    return f"{system}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def build() -> None:
    """Build both extensions, and give DuckDB's the footer that it asks for."""
    run("cargo", "build", "--release", "--workspace", *LOCKED, "--target-dir", TARGET)
    run("cargo", "build", "--release", *LOCKED, "--example", "answers", "--target-dir", TARGET)
    version = version_of("quack-rs")
    tool = TOOL / version / "bin" / "append_metadata"
    if not tool.exists():
        tools = ["--bin", "append_metadata", "--version", version, "--locked", "--debug"]
        run("cargo", "install", "quack-rs", *tools, "--root", tool.parents[1])
    finished = TARGET / "tailspot.duckdb_extension"
    about = ["--abi-type", "C_STRUCT", "--extension-version", f"v{version_of('tailspot')}"]
    run(
        tool,
        TARGET / "release" / "libtailspot_duckdb.so",
        finished,
        *about,
        "--duckdb-version",
        INTERFACE,
        "--platform",
        platform(),
    )
    shutil.copy2(TARGET / "release" / "libtailspot_sqlite.so", TARGET / "tailspot_sqlite.so")


def main() -> None:
    """Do all of it."""
    if shutil.which("sqlite3") is None:
        sys.exit("sql: there is no program sqlite3 (Debian: apt-get install sqlite3)")
    run("cargo", "test", *LOCKED, "--quiet", "--target-dir", TARGET)
    build()
    python = VENV / "bin" / "python"
    if not python.exists():
        run(sys.executable, "-m", "venv", VENV)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES)
    os.environ["TAILSPOT_SQL"] = str(TARGET)
    run(python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", HERE / "tests", *sys.argv[1:])


if __name__ == "__main__":
    main()
