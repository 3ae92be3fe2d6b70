"""Every program of examples/python/ runs, and prints what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from conftest import REPOSITORY, needs, normal
from programs import EXAMPLES, run


def test_every_example_has_a_test() -> None:
    tests = [Path(__file__), *(REPOSITORY / "python" / "tests_feeds").glob("test_*.py")]
    tested = {name for path in tests for name in re.findall(r'run\(\s*"(\w+\.py)"', path.read_text())}
    assert {path.name for path in EXAMPLES.glob("*.py")} == tested


def test_quickstart() -> None:
    lines = run("quickstart.py").splitlines()
    assert any(re.fullmatch(r"Anomaly found: 7\.500 > [3-5]\.\d+", line) for line in lines)
    assert sum(line.startswith("Anomaly found") for line in lines) < 10
    assert re.search(r"alerts_up  \d+", "\n".join(lines))


def test_mawi(tmp_path: Path) -> None:
    needs("pandas")
    needs("matplotlib")
    for name, values in (("before", normal(3000)), ("day", [*normal(2000, 2), 9.0])):
        rows = [f"{i},{x},{x / 100}" for i, x in enumerate(values)]
        rows[7] = "7,,"
        (tmp_path / f"{name}.csv").write_text("\n".join([",other,rSYN", *rows]))
    out = run("mawi.py", tmp_path / "before.csv", tmp_path / "day.csv", tmp_path / "day.png")
    assert re.fullmatch(r"\d anomalies in 2001 values, the first at .*\n", out)
    assert (tmp_path / "day.png").stat().st_size > 10_000


def test_resume(tmp_path: Path) -> None:
    values = [*normal(3000), 9.0]
    state, whole = tmp_path / "detector.state", tmp_path / "whole.state"
    parts = [run("resume.py", state, given="\n".join(map(str, part))) for part in (values[:1700], values[1700:])]
    assert "".join(parts) == run("resume.py", whole, given="\n".join(map(str, values)))
    assert parts[1].endswith("\n")
    assert "9.0 is beyond" in parts[1]
    assert state.read_bytes() == whole.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["detector.state", "whole.state"]


def test_json_events() -> None:
    events = [{"host": host, "latency": x} for x in [*normal(1000), None, 99.0] for host in ("web-1", "web-2")]
    lines = run("json_events.py", given="\n".join(map(json.dumps, events))).splitlines()
    last = [json.loads(line) for line in lines[-2:]]
    assert [(line["index"], line["key"], line["value"], line["event"]) for line in last] == [
        (2002, "web-1", 99.0, "alert_up"),
        (2003, "web-2", 99.0, "alert_up"),
    ]


def test_asynchronous() -> None:
    out = run("asynchronous.py")
    assert re.search(r"inlet, reading 2400: 50\.0, the limit is 2\d\.\d\n", out)
    assert re.search(r"outlet, reading 2900: 50\.0, the limit is 2\d\.\d\n", out)


def test_deep_scores() -> None:
    needs("sklearn")
    lines = run("deep_scores.py").splitlines()
    alerts = {int(line.split()[0]): int(line.split(":")[1].split()[0]) for line in lines}
    faults = [count for first, count in alerts.items() if first % 2500 in range(1000, 1040)]
    assert len(faults) == 8, lines
    assert min(faults) > 20
    assert sum(alerts.values()) - sum(faults) < 20
