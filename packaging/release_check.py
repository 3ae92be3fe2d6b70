"""What must hold before a release: `python packaging/release_check.py TARGET` (make release-check).

The versions agree everywhere, every crate that is published builds from its own archive, and two builds of the C
library in different folders agree bit for bit and name neither folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
WORKSPACES = [".", "python/fast", "bindings/sql", "bindings/node"]
PUBLISHED = ["tailspot", "tailspot-cli"]


def fail(text: str) -> None:
    """End with what is wrong."""
    sys.exit(f"release-check: {text}")


def say(text: str) -> None:
    """Print what holds."""
    print(f"release-check: {text}", flush=True)


def run(*words: str, cwd: Path = REPOSITORY, **environment: str) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        fail(f"{' '.join(words)} failed")
    return done.stdout


def metadata(workspace: str, *options: str) -> dict[str, list[dict[str, str]]]:
    """What cargo knows of a workspace."""
    manifest = str(REPOSITORY / workspace / "Cargo.toml")
    return json.loads(run("cargo", "metadata", "--format-version=1", "--locked", *options, "--manifest-path", manifest))


def versions() -> str:
    """The version, the same in every manifest and in the changelog."""
    found = {}
    for workspace in WORKSPACES:
        for package in metadata(workspace, "--no-deps")["packages"]:
            found[package["name"]] = package["version"]
    found["npm"] = json.loads((REPOSITORY / "bindings/node/package.json").read_text("utf-8"))["version"]
    changelog = re.search(r"^## \[?([0-9][0-9.]*)", (REPOSITORY / "CHANGELOG.md").read_text("utf-8"), re.M)
    found["CHANGELOG.md"] = changelog[1] if changelog else "none"
    if len(set(found.values())) != 1:
        fail(f"the versions differ: {found}")
    version = found["tailspot"]
    say(f"{len(found)} places say version {version}")
    return version


def archives(target: Path) -> None:
    """Every published crate builds from its archive."""
    names = [word for name in PUBLISHED for word in ("--package", name)]
    run("cargo", "package", "--quiet", "--locked", "--allow-dirty", *names, CARGO_TARGET_DIR=str(target))
    say(f"{' and '.join(PUBLISHED)} build from their archives")


def reproducible() -> None:
    """Two builds of the library, in folders of different names, are the same bytes."""
    files = run("git", "ls-files").splitlines()
    built = []
    with tempfile.TemporaryDirectory() as place:
        for name in ("one", "another-folder"):
            folder = Path(place) / name
            for file in files:
                if (REPOSITORY / file).is_file():
                    (folder / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(REPOSITORY / file, folder / file)
            run("make", "--silent", "lib", cwd=folder, CARGO_TARGET_DIR=str(folder / "target"))
            library = folder / "target/libraries/capi/release/libtailspot.so"
            built.append(library.read_bytes())
        if built[0] != built[1]:
            fail("two builds of libtailspot.so differ")
        if place.encode() in built[0] or str(Path.home()).encode() in built[0]:
            fail("libtailspot.so names the folder that it was built in")
    say(f"two builds of libtailspot.so agree in all {len(built[0]):,} bytes, and name no folder of this machine")


if __name__ == "__main__":
    versions()
    reproducible()
    archives(Path(sys.argv[1]).resolve())
