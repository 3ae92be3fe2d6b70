"""Records what the examples use of tailspot, by record_api: `make record-api`.

Traces the examples in a CPython 3.9, the only one that both record_api and tailspot run on, and writes the stubs that
record_api infers from them to target/record-api/stubs. Fails unless these have every name that was recorded, and each
is public and has types.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
from typing import TYPE_CHECKING

from run_tests import HERE, REPOSITORY, build, environment, install, interpreter, run, say

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = REPOSITORY / "examples" / "python"
PLACE = REPOSITORY / "target" / "record-api"
# record_api 1.3.2 works with these of its time.
OLD = ["record_api==1.3.2", "pydantic==1.7.4", "black==20.8b1", "click==8.0.4"]
PACKAGES = [*OLD, "pandas", "matplotlib", "retis==1.7.*"]
# Each run of an example: its arguments, and the file that is its standard input.
TRACED: list[tuple[str, list[str], str]] = [
    ("quickstart", [], os.devnull),
    ("asynchronous", [], os.devnull),
    ("json_events", [], "events.jsonl"),
    ("resume", ["detector.state"], "numbers.txt"),
    ("resume", ["detector.state"], "numbers.txt"),
    ("mawi", ["before.csv", "day.csv", "day.png"], os.devnull),
    ("retis_latency", [], os.devnull),
]
# Those that cannot run here.
NOT_TRACED = {
    "e2sar_monitor": "there is no e2sar_py to install",
    "spark_detect": "pyspark 4.3 needs Python 3.10",
    "tenzir_flows": "tenzir needs Python 3.10",
}
# Every opcode is traced from here on, so that what is imported before takes no time.
TRACE = """
import asyncio, runpy, sys
import matplotlib.backends.backend_agg, matplotlib.pyplot, pandas, retis
runpy.run_module("record_api", run_name="__main__", alter_sys=True)
"""


def write_input(folder: Path) -> None:
    """What the examples read: streams that calibrate a detector, and anomalies."""
    draw = random.Random(1)
    values = [*(draw.gauss(0.0, 1.0) for _ in range(3000)), 9.0]
    (folder / "numbers.txt").write_text("".join(f"{x}\n" for x in values))
    events = [{"host": "web-1", "latency": x} for x in [*values[:1500], None, 99.0]]
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    for name in ("before.csv", "day.csv"):
        (folder / name).write_text(",rSYN\n" + "".join(f"{i},{x}\n" for i, x in enumerate(values)))


def trace(python: Path, folder: Path) -> None:
    """Run each example, and put everything that is recorded into one file."""
    unknown = {path.stem for path in EXAMPLES.glob("*.py")} - {*(name for name, *_ in TRACED), *NOT_TRACED}
    if unknown:
        sys.exit(f"record_api: python/record_api.py does not say how to run {', '.join(sorted(unknown))}")
    for name, why in NOT_TRACED.items():
        say(f"{name} is not traced: {why}")
    for i, (name, words, given) in enumerate(TRACED):
        say(f"tracing {name}")
        step(python, folder, ["-c", TRACE, *words], given, OUTPUT_FILE=f"{i}.jsonl", FROM_MODULES=name)
    parts = [(folder / f"{i}.jsonl").read_text() for i in range(len(TRACED))]
    (folder / "all.jsonl").write_text("".join(parts))


def step(python: Path, folder: Path, words: list[str], given: str = os.devnull, **options: str) -> None:
    """Run a step of record_api, whose options are variables of the environment; its progress goes to a file."""
    settings = {f"PYTHON_RECORD_API_{name}": value for name, value in {"TO_MODULES": "tailspot", **options}.items()}
    redirected = 'exec "$0" -W ignore "$@" < "$GIVEN" > out.txt 2> progress.txt || { cat progress.txt; exit 1; }'
    places = {"PYTHONPATH": str(EXAMPLES), "MPLBACKEND": "agg", "GIVEN": given}
    run("sh", "-c", f'cd "$FOLDER"; {redirected}', python, *words, FOLDER=str(folder), **places, **settings)


def main() -> None:
    """Do all of it; say so and leave if there is no CPython 3.9."""
    start = time.monotonic()
    found = interpreter("3.9")
    if found is None:
        sentence = "CPython 3.9 is not here, the only one that both record_api and tailspot run on"
        if os.environ.get("CI"):
            sys.exit(f"record_api: {sentence}, and CI is set")
        say(f"record_api is skipped: {sentence}")
        return
    python = environment("record-api", found, PACKAGES)
    install(python, build(python))
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    write_input(PLACE)
    trace(python, PLACE)
    say("inferring the API")
    step(python, PLACE, ["-m", "record_api.line_counts"], INPUT="all.jsonl", OUTPUT="grouped.jsonl")
    run(python, HERE / "recorded.py", "restore", PLACE / "grouped.jsonl", PLACE / "restored.jsonl")
    inferred = {"INPUT": "restored.jsonl", "OUTPUT": "api.json", "LABEL": "examples", "MODULES": "tailspot"}
    step(python, PLACE, ["-m", "record_api.infer_apis"], **inferred)
    step(python, PLACE, ["-m", "record_api.write_api"], INPUT="api.json", OUTPUT="stubs")
    run(python, HERE / "recorded.py", "check", PLACE / "restored.jsonl", PLACE / "stubs")
    say(f"the stubs are in {PLACE / 'stubs'}, after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
