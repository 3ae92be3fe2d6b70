"""The program in python/README.md runs, and so does what its table names."""

from __future__ import annotations

import importlib
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, needs, normal

import tailspot

README = (REPOSITORY / "python" / "README.md").read_text()


def test_the_program_finds_its_anomaly(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(program, "README.md", "exec"), {"X": [*normal(5000), 9.5]})
    assert re.search(r"Anomaly found: 9\.5 > [3-6]\.\d+\n$", capsys.readouterr().out)


def test_the_program_of_the_front_page_finds_its_anomaly(capsys: pytest.CaptureFixture[str]) -> None:
    needs("numpy")
    (program,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    exec(compile(program, "README.md", "exec"), {})
    told = re.fullmatch(r"\[([\d ]+)\] ([\d.]+)\n", capsys.readouterr().out)
    assert told is not None
    assert "50000" in told[1].split()
    assert 9.0 < float(told[2]) < 16.0


def test_what_the_table_names_is_there() -> None:
    names = set(re.findall(r"`(?:async for ... in )?tailspot\.([\w.]+)", README))
    assert {"watch", "awatch", "Monitor", "plot", "river.SpotDetector", "sklearn.SpotThreshold"} <= names
    for name in names:
        module, _, inside = name.rpartition(".")
        if module:
            needs(module)
            assert hasattr(importlib.import_module(f"tailspot.{module}"), inside)
        else:
            assert hasattr(tailspot, name)


def test_the_package_loads_no_other() -> None:
    there = str(Path(tailspot.__file__).parents[1])
    program = "import sys, tailspot; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": there}, text=True, capture_output=True, check=True
    )
    loaded = set(done.stdout.split())
    heavy = {"asyncio", "difflib", "doctest", "matplotlib", "numpy", "pandas", "polars", "pyarrow", "unittest"}
    assert "tailspot" in loaded
    assert not loaded & heavy


def test_every_public_name_is_documented() -> None:
    for name in tailspot.__all__:
        thing = getattr(tailspot, name)
        if name == "__version__":
            continue
        assert thing.__doc__, name
        for inside, member in vars(thing).items() if isinstance(thing, type) else ():
            if callable(member) and not inside.startswith("_"):
                assert member.__doc__, f"{name}.{inside}"


def test_the_links_of_the_readme_work_where_it_is_published() -> None:
    needs("hatchling")
    absolute = runpy.run_path(str(REPOSITORY / "python" / "build_metadata.py"))["absolute"]
    link = re.compile(r"\]\(([^)]+)\)")
    assert all(address.startswith("https://") for address in link.findall(absolute(README, None)))
    there = "https://example.org/tailspot"
    for address in link.findall(absolute(README, there)):
        assert address.startswith("https://")
        if address.startswith(there):
            assert (REPOSITORY / address[len(f"{there}/blob/HEAD/") :].partition("#")[0]).exists(), address
