"""Builds the wheel once and tests it in every Python that is here: `python python/run_tests.py`.

`python python/run_tests.py FEED...` tests these feeds only, each in an environment of its own, which has what its extra
asks for. The whole run tests those that are not LARGE too.

Environments are kept in target/python-venvs, so that only the first run downloads anything. They are made and tested
two at a time; what a program prints appears when it has ended. The first Python of FULL
that is found gets every optional package, and runs ruff and mypy; 3.9 gets no package but pytest, 3.13 NumPy as well.
With CI set in the environment each of them has to be there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
PLACE = REPOSITORY / "target" / "python-venvs"
LINT = ["ruff==0.17.*", "mypy==2.*", "hatchling", "pyright==1.1.*", "pylibspot==1.1.3"]
FULL = ["numpy", "pandas", "polars", "pyarrow", "matplotlib", "river", "scikit-learn", "pyod", "ads-evt"]
FULL += ["libspot==3.1.0"]
# The version of Python, and what its environment has besides pytest.
PLAN: dict[str, list[str]] = {"3.11": [*LINT, *FULL], "3.9": [], "3.13": ["numpy"]}
# What the environment of a feed has besides pytest and the wheel, and which are not downloaded by the whole run.
FEEDS: dict[str, list[str]] = {
    "retis": ["retis==1.7.*"],
    "tenzir": ["tenzir==6.20.*", "pyvast==3.1.*", "pyarrow"],
    "e2sar": ["numpy"],
    # Spark's tester of operators needs no Java; its queries do, and take minutes (make test-spark).
    "spark": ["pyspark-client==4.2.*", "pandas<3", "pyarrow", "protobuf"],
    "spark_queries": ["pyspark==4.3.*", "pandas<3", "pyarrow", "protobuf"],
}
LARGE = {"spark_queries"}
FEEDS_VERSION = "3.11"
# Without cargo in reach. Only what is imported is compiled, and kept out of the tree.
COMPILED = {"PYTHONPYCACHEPREFIX": str(PLACE / "compiled")}
BARE = {"PATH": os.defpath, **COMPILED}
# Seconds; nothing takes longer unless it hangs.
LONGEST = 1800
CHECKED = [HERE, REPOSITORY / "examples" / "python", REPOSITORY / "benches" / "python"]
# What ruff checks besides; mypy does not.
SCRIPTS = [REPOSITORY / "packaging", REPOSITORY / "bindings" / "sql"]


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"python: {text}", flush=True)


def show(output: bytes) -> None:
    """Print what a program wrote, in one piece."""
    print(output.decode(errors="replace"), end="", flush=True)


def run(*words: object, **environment: str) -> None:
    """Run a program in the folder of the package and print its output; its failure ends this one."""
    call = [str(word) for word in words]
    where = {**os.environ, **environment}
    try:
        done = subprocess.run(
            call, cwd=HERE, env=where, check=False, timeout=LONGEST, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except subprocess.TimeoutExpired as error:
        show(error.stdout or b"")
        sys.exit(f"python: not done after {LONGEST} s: {' '.join(map(str, words))}")
    show(done.stdout)
    if done.returncode:
        sys.exit(f"python: failed: {' '.join(map(str, words))}")


def interpreter(version: str) -> Path | None:
    """Find a CPython: this one, one of pyenv, or one on PATH."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [path / "bin" / "python" for path in sorted(pyenv.glob(f"{version}.*"))]
    named = shutil.which(f"python{version}")
    for candidate in [*reversed(found), *([Path(named)] if named else [])]:
        asked = [str(candidate), "-c", "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.stdout.strip() == version:
            return candidate
    return None


def environment(name: str, python: Path, packages: list[str]) -> Path:
    """Make or find the environment of a name: this Python, with pytest and these packages."""
    wanted = ["pytest", *packages]
    stamp = hashlib.sha256(f"{python} {wanted}".encode()).hexdigest()
    venv = PLACE / name
    inside = venv / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (venv / "stamp").exists() or (venv / "stamp").read_text() != stamp:
        say(f"making the environment of {name}: {' '.join(wanted)}")
        run(python, "-m", "venv", "--clear", venv)
        run(inside, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", *wanted)
        (venv / "stamp").write_text(stamp)
    return inside


def build(python: Path) -> Path:
    """Build the wheel with the Python of an environment."""
    wheels = PLACE / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    say("building the wheel")
    pip = [python, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run(*pip, "-w", wheels, HERE, TAILSPOT_TEST_PROFILE="1")
    (wheel,) = wheels.glob("tailspot-*-py3-none-*.whl")
    return wheel


def build_drop_in() -> None:
    """Build libspot.so, which pylibspot runs on, unless the tests of its package have left it here."""
    built = [REPOSITORY / "target" / kind / "libspot.so" for kind in ("debug", "release")]
    if sys.platform == "linux" and not any(library.exists() for library in built):
        say("building libspot.so")
        run("cargo", "build", "--quiet", "--manifest-path", REPOSITORY / "Cargo.toml", "-p", "tailspot-compat")


def check(python: Path) -> None:
    """Run ruff, and mypy with the settings of pyproject.toml, which are strict."""
    settings = HERE / "pyproject.toml"
    run(python, "-m", "ruff", "check", "--quiet", "--config", settings, *CHECKED, *SCRIPTS)
    run(python, "-m", "ruff", "format", "--quiet", "--check", "--config", settings, *CHECKED, *SCRIPTS)
    for programs in ([HERE / "src", *sorted(HERE.glob("*.py"))], *map(_single, _programs())):
        run(python, "-m", "mypy", "--no-error-summary", "--config-file", settings, *programs)


def _programs() -> list[Path]:
    return sorted(path for folder in CHECKED[1:] for path in folder.glob("*.py"))


def _single(path: Path) -> list[Path]:
    return [path]


def install(python: Path, wheel: Path) -> None:
    """Put this wheel into an environment, and nothing else."""
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    run(*pip, "--force-reinstall", wheel, **BARE)


def test(version: str, python: Path, wheel: Path, has_all: bool) -> None:
    """Install the wheel, without cargo in reach, and run the tests: with the fast module and without."""
    bare = {**BARE, "TAILSPOT_ALL": "1" if has_all else "0"}
    install(python, wheel)
    say(f"testing on {version}")
    run(python, "-m", "pytest", "-p", "no:cacheprovider", **bare)
    if has_all:
        run(python, REPOSITORY / "benches" / "python" / "speed.py", "--quick", **bare)
    else:
        say(f"testing on {version} without the fast module")
        slow = [f"tests/test_{name}.py" for name in ("fast", "spot", "vectors", "threads", "bad_input")]
        run(python, "-m", "pytest", "-p", "no:cacheprovider", *slow, TAILSPOT_NO_FAST="1", **bare)


def test_feed(name: str, python: Path, wheel: Path) -> None:
    """Run the tests and examples of a feed."""
    install(python, wheel)
    say(f"testing the feed {name}")
    patience = ["-o", f"faulthandler_timeout={LONGEST}"] if name in LARGE else []
    run(python, "-m", "pytest", "-p", "no:cacheprovider", *patience, HERE / "tests_feeds" / f"test_{name}.py", **BARE)


def test_in(name: str, python: Path, wheel: Path) -> None:
    """Run the tests that belong to an environment."""
    if name in FEEDS:
        test_feed(name, python, wheel)
    else:
        test(name, python, wheel, PLAN[name][-len(FULL) :] == FULL)


def main(feeds: list[str]) -> None:
    """Do all of it, or these feeds; say what is missing."""
    unknown = [name for name in feeds if name not in FEEDS]
    if unknown:
        sys.exit(f"python: there is no feed {', '.join(unknown)}; there are {', '.join(FEEDS)}")
    start = time.monotonic()
    plan = {} if feeds else PLAN
    found = {version: interpreter(version) for version in {**plan, FEEDS_VERSION: []}}
    for version in [version for version, python in found.items() if python is None]:
        if os.environ.get("CI"):
            sys.exit(f"python: CPython {version} is not here, and CI is set")
        say(f"CPython {version} is not here: not tested on it")
    here = {version: python for version, python in found.items() if python is not None}
    wanted = {version: (here[version], plan[version]) for version in plan if version in here}
    if FEEDS_VERSION in here:
        chosen = feeds or [name for name in FEEDS if name not in LARGE]
        wanted.update({name: (here[FEEDS_VERSION], FEEDS[name]) for name in chosen})
    if not wanted:
        sys.exit(f"python: none of the versions {', '.join(found)} is here")
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda name: environment(name, *wanted[name]), wanted)
        environments = dict(zip(wanted, made))
    wheel = build(next(iter(environments.values())))
    if "3.11" in environments:
        check(environments["3.11"])
        build_drop_in()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: test_in(name, environments[name], wheel), environments))
    say(f"all is well, after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
