"""Builds the wheel for old Linux systems and the sdist, and tests both: `make wheels`.

The wheel is built against glibc 2.17 by zig (`ziglang` and `cargo-zigbuild` of PyPI), so that it installs on every
x86-64 Linux since 2014. It is checked by auditwheel, and tested in every CPython that is here, in an environment where
neither cargo nor a compiler is on the PATH. The sdist is built into a wheel in a folder of its own, away from the
repository. Both are left in target/wheels.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from run_tests import BARE, HERE, PLACE, REPOSITORY, environment, install, interpreter, run, say

WHEELS = REPOSITORY / "target" / "wheels"
TOOLS = ["ziglang==0.17.*", "cargo-zigbuild==0.24.*", "auditwheel==6.*", "build==1.*", "hatchling>=1.26"]
GLIBC = "2.17"
VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]
# The words of the program's version, and a stream of which the last value is an anomaly.
STREAM = "".join(f"{i * 7919 % 1009}\n" for i in range(3000)) + "1000000\n"


def build(tools: Path) -> tuple[Path, Path]:
    """Build the wheel and the sdist with the Python of the tools."""
    shutil.rmtree(WHEELS, ignore_errors=True)
    path = f"{tools.parent}{os.pathsep}{os.environ['PATH']}"
    target = {"TAILSPOT_ZIG_TARGET": f"{os.uname().machine}-unknown-linux-gnu.{GLIBC}"}
    say("building the wheel and the sdist")
    build = [tools, "-m", "build", "--no-isolation", "--outdir", WHEELS, HERE]
    run(*build, "--wheel", PATH=path, **target)
    run(*build, "--sdist")
    (wheel,), (sdist,) = WHEELS.glob("*.whl"), WHEELS.glob("*.tar.gz")
    return wheel, sdist


def audit(tools: Path, wheel: Path) -> None:
    """Ask auditwheel which systems the wheel fits, by the symbols that it needs."""
    around = {**os.environ, "PATH": f"{tools.parent}{os.pathsep}{os.environ['PATH']}"}
    call = [str(tools), "-m", "auditwheel", "show", str(wheel)]
    shown = subprocess.run(call, capture_output=True, text=True, env=around, check=False)
    text = " ".join(shown.stdout.split())
    say(text)
    tag = f"manylinux_{GLIBC.replace('.', '_')}"
    if shown.returncode or not re.search(rf'following platform tag: "{tag}', text):
        sys.exit(f"python: {wheel.name} does not fit {tag}: {shown.stderr}")


def build_elsewhere(tools: Path, sdist: Path, folder: Path) -> Path:
    """Build a wheel from the sdist alone: in a folder of its own, with nothing of the repository in reach."""
    say("building the sdist, away from the repository")
    away = {"CARGO_TARGET_DIR": str(folder / "target")}
    words = [
        str(tools),
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-w",
        str(folder),
        str(sdist),
    ]
    if subprocess.run(words, cwd=folder, env={**os.environ, **away}, check=False).returncode:
        sys.exit("python: the sdist does not build")
    (wheel,) = folder.glob("*.whl")
    return wheel


def try_program(python: Path) -> None:
    """Run the program that the wheel brings, as a command and as a module, where nothing else is on the PATH."""
    bare = {**os.environ, **BARE, "PATH": str(python.parent)}
    for call in ([python.parent / "tailspot"], [python, "-m", "tailspot"]):
        words = [*map(str, call), "detect", "--n-init", "2000"]
        done = subprocess.run(words, input=STREAM, capture_output=True, text=True, env=bare, check=False)
        if "1000000" not in done.stdout:
            sys.exit(f"python: {' '.join(words)} printed {done.stdout!r} {done.stderr!r}")


def test(version: str, wheel: Path) -> None:
    """Test a wheel in one Python: a fresh environment with pytest alone."""
    found = interpreter(version)
    if found is None:
        say(f"CPython {version} is not here: not tested on it")
        return
    python = environment(f"bare-{version}", found, [])
    install(python, wheel)
    say(f"testing {wheel.name} on {version}")
    try_program(python)
    run(python, "-m", "pytest", "-p", "no:cacheprovider", **BARE)


def main() -> None:
    """Do all of it."""
    found = interpreter("3.11") or Path(sys.executable)
    tools = environment("wheel-tools", found, TOOLS)
    wheel, sdist = build(tools)
    audit(tools, wheel)
    for version in VERSIONS:
        test(version, wheel)
    with tempfile.TemporaryDirectory() as folder:
        test("3.11", build_elsewhere(tools, sdist, Path(folder)))
    say(f"left in {WHEELS}: {wheel.name}, {sdist.name} ({PLACE.name} has the environments)")


if __name__ == "__main__":
    main()
