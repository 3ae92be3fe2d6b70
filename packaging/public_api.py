"""Compares what the library offers with the listings in packaging/public: `python packaging/public_api.py TARGET`.

Two listings are committed: `tailspot.txt`, the public API of the crate, a line for each item, and `libtailspot.abi`,
the functions, structs and enumerations of the C header, as libabigail's abidw describes them. What was released may not
disappear or change; what is new has to be recorded: `make record-public`.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PUBLIC = REPOSITORY / "packaging" / "public"
# Of abidiff's exit code: what is wrong with the call, and what may break a program.
FAILED, CHANGED, BROKEN = 3, 4, 8


def output(*words: object, **environment: str) -> str:
    """What a program prints; its failure ends this one."""
    call = [str(word) for word in words]
    done = subprocess.run(
        call, cwd=REPOSITORY, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"public-api: {' '.join(call)} failed")
    return done.stdout


def listing(target: Path) -> str:
    """The public API of the crate with all features. Rustdoc's JSON is not a stable option yet, hence the bootstrap."""
    place = target / "public-api"
    options = ["--lib", "--all-features", "--locked", "--quiet", "--target-dir", place]
    output("cargo", "rustdoc", *options, "--", "-Z", "unstable-options", "--output-format", "json", RUSTC_BOOTSTRAP="1")
    tool = ["--manifest-path", "packaging/api/Cargo.toml", "--target-dir", place, "--locked", "--quiet"]
    return output("cargo", "run", *tool, "--", place / "doc" / "tailspot.json")


def library(folder: Path) -> Path:
    """A library of what the header declares, with empty functions: its debug information is the ABI."""
    declared = output("cc", "-E", "-P", "include/tailspot.h")
    functions = re.findall(r"^\w[^;{}()]*\btailspot_\w+\([^;{}]*\);", declared, re.M)
    stubs = [re.sub(r"\s+", " ", function)[:-1] + " { __builtin_trap(); }" for function in functions]
    source, built = folder / "header.c", folder / "libtailspot.so.0"
    source.write_text('#include "tailspot.h"\n' + "\n".join(stubs) + "\n", "utf-8")
    output(
        "cc",
        "-g",
        "-w",
        "-shared",
        "-fPIC",
        f"-fdebug-prefix-map={folder}=.",
        "-Iinclude",
        f"-Wl,-soname,{built.name}",
        source,
        "-o",
        built,
    )
    return built


def compare_api(target: Path) -> list[str]:
    """The lines that differ."""
    recorded = (PUBLIC / "tailspot.txt").read_text("utf-8").splitlines()
    now = listing(target).splitlines()
    return list(difflib.unified_diff(recorded, now, "recorded", "now", lineterm="", n=0))


def compare_abi(folder: Path) -> str:
    """What abidiff says of the differences; empty if there are none."""
    call = ["abidiff", str(PUBLIC / "libtailspot.abi"), str(library(folder))]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode & FAILED:
        sys.exit(f"public-api: {' '.join(call)} failed: {done.stderr}")
    return done.stdout if done.returncode & (CHANGED | BROKEN) else ""


def main(target: Path, record: bool) -> None:
    """Compare or record."""
    with tempfile.TemporaryDirectory() as folder:
        if record:
            PUBLIC.mkdir(exist_ok=True)
            (PUBLIC / "tailspot.txt").write_text(listing(target), "utf-8")
            described = output(
                "abidw", "--no-comp-dir-path", "--no-corpus-path", "--no-show-locs", library(Path(folder))
            )
            (PUBLIC / "libtailspot.abi").write_text(described, "utf-8")
            return
        api, abi = compare_api(target), compare_abi(Path(folder))
    if api or abi:
        sys.exit(
            "\n".join(
                [
                    *api,
                    abi,
                    "public-api: differs from packaging/public: what was released may not change; record the"
                    " rest by make record-public",
                ]
            )
        )
    print("public-api: the crate's public API and the ABI of the header are those in packaging/public")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), "--record" in sys.argv[2:])
