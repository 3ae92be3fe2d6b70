"""tailspot.feeds.tenzir and `python -m tailspot.arrow`, in pipelines that the real engine runs."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from programs import run

import tailspot
from tailspot import Monitor, Spot
from tailspot.feeds import tenzir

PROGRAM = Path(sys.executable).with_name("tenzir")
# Every run of the engine listens on a port: it does so where nobody is.
PRIVATE = ["unshare", "-rn"] if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0 else []
ENGINE = [*PRIVATE, str(PROGRAM)]
SPIKES = (12_000, 17_000)
FLOWS = 'from_file "flow.json" { read_ndjson }'
FAST: dict[str, Any] = {"q": 1e-3, "level": 0.95, "n_init": 500}
PAGE = (REPOSITORY / "docs" / "feeds.md").read_text().partition("## Tenzir and VAST")[2].partition("\n## ")[0]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(tailspot.__file__).parents[1]),
    "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
}


def flows() -> list[dict[str, Any]]:
    draw = random.Random(4)
    sizes = [5_000_000 if i in SPIKES else int(draw.gammavariate(2.0, 1000.0)) for i in range(20_000)]
    address = "192.168.1.103"
    return [
        {"id": i, "src_ip": f"10.0.0.{i % 4}", "dst_ip": address, "bytes": size, "rate": {"in": size / 7}}
        for i, size in enumerate(sizes)
    ]


ROWS = flows()
SIZES = [row["bytes"] for row in ROWS]


def write(name: str, rows: list[Any]) -> str:
    Path(name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return f"from_file {json.dumps(name)} {{ read_ndjson }}"


@pytest.fixture(autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path_factory.getbasetemp() / "flows"
    if not place.exists():
        place.mkdir()
        (place / "flow.json").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    monkeypatch.chdir(place)
    return place


def children() -> set[int]:
    """The processes that this one has started, and zombies."""
    found = set()
    for tasks in Path("/proc/self/task").glob("*/children"):
        found |= {int(pid) for pid in tasks.read_text().split()}
    return found


def running(words: str) -> list[str]:
    """The command lines of this machine in which these words occur."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if words in line and int(path.parent.name) != os.getpid():
            lines.append(line)
    return lines


def start(pipeline: str, column: Any = "bytes", detector: Any = None, **options: Any) -> tenzir.Run:
    return tenzir.awatch(pipeline, column, detector, **{"engine": ENGINE, **options})


async def collect(run: AsyncIterator[Any] | tenzir.Run) -> list[tenzir.Anomaly]:
    return [anomaly async for anomaly in run]


def anomalies(*words: Any, **options: Any) -> list[tenzir.Anomaly]:
    found = asyncio.run(collect(start(*words, **options)))
    assert children() == set()
    return found


def plain(anomaly: tailspot.Anomaly) -> tuple[Any, ...]:
    return anomaly.index, anomaly.value, anomaly.event, anomaly.threshold, anomaly.probability, anomaly.key


def test_the_filter_in_a_pipeline_finds_both_spikes() -> None:
    (command,) = re.findall(r"```sh\n(tenzir .*)\n```", PAGE)
    done = subprocess.run(
        [*PRIVATE, "sh", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["id"] for row in found} >= set(SPIKES)
    assert len(found) <= 5
    assert all(row["bytes"] > row["upper"] and row["event"] == 1 for row in found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("bytez", "there is no column 'bytez'; the columns are 'id', 'src_ip', 'dst_ip', 'bytes', 'rate'"),
        ("rate", "column 'rate' is of type struct<in: double>: needs integers, floats or bool"),
        ("bytes --q 3", "q = 3 is out of range"),
    ],
)
def test_a_filter_that_fails_makes_the_pipeline_fail(words: str, message: str) -> None:
    pipeline = f'{FLOWS} | write_feather | shell "python -m tailspot.arrow {words}" | read_feather | write_ndjson'
    done = subprocess.run([*ENGINE, pipeline], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"tailspot.arrow: {message}" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_cure_for_a_schema_that_changes_in_front_of_the_filter() -> None:
    (cure,) = re.findall(r"type: `(\| where .*?)`", PAGE)
    for name, values in (("mixed.json", [1, 2.5]), ("nulls.json", [None] * 15_000 + [1.5])):
        pipeline = write(name, [*({"id": i, "bytes": x} for i, x in enumerate(values)), {"id": 0}, {"no": 1}])
        for stage, code in (("", 1), (cure, 0)):
            words = [*ENGINE, f"{pipeline} {stage} | write_feather"]
            done = subprocess.run(words, capture_output=True, timeout=60, check=False)
            assert done.returncode == code
            assert (b"input schema changed" in done.stderr) == bool(code)


def test_the_anomalies_are_those_of_watch_with_their_events() -> None:
    run = start(FLOWS, q=1e-4)
    found = asyncio.run(collect(run))
    assert list(map(plain, found)) == list(map(plain, tailspot.watch(SIZES, q=1e-4)))
    assert set(SPIKES) <= {anomaly.index for anomaly in found}
    assert [anomaly.row for anomaly in found] == [ROWS[anomaly.index] for anomaly in found]
    assert run.status() == tenzir.RunStatus(20_000, 20_000, 0, len(found), 0, "")


def test_a_key_has_a_detector_of_its_own() -> None:
    run = start(FLOWS, key="src_ip", depth=5, **FAST)
    expected = Monitor(depth=5, **FAST)
    pairs = [(row["src_ip"], row["bytes"]) for row in ROWS]
    assert list(map(plain, asyncio.run(collect(run)))) == list(map(plain, expected.watch(pairs)))
    assert isinstance(run.detector, Monitor)
    assert run.detector.save() == expected.save()


def test_several_columns_have_a_detector_each() -> None:
    found = anomalies(FLOWS, ["bytes", "id"], **FAST)
    assert {plain(x)[:5] for x in found if x.key == "bytes"} == {plain(x)[:5] for x in tailspot.watch(SIZES, **FAST)}
    run = start(FLOWS, ["id", "bytes"], key="src_ip", **FAST)
    keyed = asyncio.run(collect(run))
    assert {x.key for x in keyed} >= {("10.0.0.0", "bytes"), ("10.0.0.3", "id")}
    assert run.status().values == 40_000
    assert len(run.detector) == 8  # type: ignore[arg-type]


def test_a_column_may_change_its_type_be_null_or_not_be_there() -> None:
    draw = random.Random(2)
    values: list[Any] = [None] * 15_000 + [round(draw.gauss(0, 100), draw.choice((0, 3))) for _ in range(30_000)]
    values[17_000::50] = [None] * len(values[17_000::50])
    values[40_000] = 5000
    rows: list[Any] = [{"a": {'"b c"': x}, "k": k} for x, k in zip(values, [1, None, "x", 2.5] * 15_000)]
    rows[20_000] = {"k": "no a"}
    rows[20_001] = {"a": None}
    values[20_000:20_002] = [None, None]
    run = start(write("types.json", rows), 'a."b c"', **FAST)
    found = asyncio.run(collect(run))
    assert list(map(plain, found)) == list(map(plain, tailspot.watch(values, **FAST)))
    assert 40_000 in {anomaly.index for anomaly in found}
    missing = values.count(None)
    assert run.status() == tenzir.RunStatus(45_000, 45_000 - missing, missing, len(found), 0, run.status().stderr)
    keyed = start(write("types.json", rows[:20_000]), 'a."b c"', key="k", **FAST)
    asyncio.run(collect(keyed))
    assert set(keyed.detector) == {"1", None, "x", "2.5"}  # type: ignore[arg-type]


def test_limit_and_skip_count_events() -> None:
    spot = Spot(**FAST)
    run = start(FLOWS + " // as it is", "bytes", spot, limit=9_000)
    found = asyncio.run(collect(run))
    assert run.status().rows == 9_000
    rest = start(FLOWS, "bytes", spot, skip=9_000)
    found += asyncio.run(collect(rest))
    assert rest.status().rows == 20_000
    assert rest.status().values == 11_000
    assert rest.detector is spot
    whole = Spot(**FAST)
    assert [x.index for x in found] == [x.index for x in tailspot.watch(SIZES, whole)]
    assert spot.save() == whole.save()


def test_an_engine_that_is_killed_leaves_a_detector_that_goes_on() -> None:
    spot, found = Spot(**FAST), []
    run = start(FLOWS, "bytes", spot)

    async def first() -> None:
        async for anomaly in run:
            found.append(anomaly.index)
            if anomaly.index > 6_000:
                for pid in children():
                    os.kill(pid, signal.SIGKILL)

    with pytest.raises(tenzir.PipelineError) as caught:
        asyncio.run(first())
    done = run.status().rows
    assert str(caught.value) == f"the engine was killed by SIGKILL after {done:,} events"
    assert caught.value.exit_code == -signal.SIGKILL
    assert children() == set()
    assert 6_000 < done < 20_000
    spot = Spot.load(spot.save())
    found += [anomaly.index for anomaly in anomalies(FLOWS, "bytes", spot, skip=done)]
    whole = Spot(**FAST)
    assert found == [anomaly.index for anomaly in tailspot.watch(SIZES, whole)]
    assert spot.save() == whole.save()


def test_what_has_not_been_asked_for_has_not_been_judged() -> None:
    async def two() -> tenzir.Run:
        run, wanted = start(FLOWS, **FAST), 2
        async for anomaly in run:
            wanted -= 1
            if not wanted:
                assert run.status().rows == anomaly.index + 1
                break
        return run

    run = asyncio.run(two())
    first = list(tailspot.watch(SIZES, **FAST))[1].index
    expected = Spot(**FAST)
    expected.step_many(SIZES[: first + 1])
    assert isinstance(run.detector, Spot)
    assert run.detector.save() == expected.save()
    assert children() == set()


ENDLESS = {
    "silent": 'shell "sleep 600" | read_ndjson',
    "that follows a file": 'shell "tail -n +1 -f flow.json" | read_ndjson',
    "that ticks": "every 50ms { from {bytes: 1} }",
    "faster than Python": 'shell "while true; do cat flow.json; done" | read_ndjson',
}


@pytest.mark.parametrize("pipeline", ENDLESS.values(), ids=ENDLESS)
def test_a_cancelled_task_stops_the_engine_and_what_it_started(pipeline: str, folder: Path) -> None:
    # A name of its own in every command line.
    mark = f"{folder}/no-such-file-{time.monotonic_ns()}"
    pipeline = pipeline.replace('shell "', f'shell "ls {mark} 2>&-; ')

    async def cancel() -> tenzir.Run:
        run = start(pipeline, **FAST)
        task = asyncio.create_task(collect(run))
        while not running(mark if "shell" in pipeline else "every 50ms"):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.8)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return run

    begin = time.monotonic()
    run = asyncio.run(cancel())
    assert time.monotonic() - begin < 15
    assert run.status().exit_code is not None
    assert children() == set()
    assert running(mark) == []


def test_leaving_the_loop_or_the_block_stops_the_engine() -> None:
    async def leave(how: str) -> tenzir.Run:
        run = start(ENDLESS["that follows a file"], **FAST)
        if how == "break":
            async for _ in run:
                break
            for _ in range(200):
                await asyncio.sleep(0.05)
                if run.status().exit_code is not None:
                    break
        elif how == "exception":
            with pytest.raises(ZeroDivisionError):
                async for anomaly in run:
                    anomaly.index / 0
            await run.aclose()
        elif how == "block":
            async with run:
                async for _ in run:
                    break
        else:
            task = asyncio.create_task(collect(run))
            while not run.status().alerts:
                await asyncio.sleep(0.05)
            await run.aclose()
            # The loop sees the end, not a failure.
            assert len(await task) == run.status().alerts
        assert run.status().exit_code is not None
        assert children() == set()
        with pytest.raises(RuntimeError, match="this run has been started before: make another one"):
            await collect(run)
        return run

    for how in ("break", "exception", "block", "aclose"):
        asyncio.run(leave(how))


def test_the_end_of_python_is_the_end_of_the_engine() -> None:
    mark = f"no-such-file-{time.monotonic_ns()}"
    program = f"""
import asyncio, sys
from tailspot.feeds import tenzir
run = tenzir.awatch('shell "ls {mark} 2>&-; tail -n +1 -f flow.json" | read_ndjson', "bytes", n_init=100, level=0.9,
    q=0.01, engine={ENGINE!r})
async def main():
    global anomalies
    anomalies = aiter(run)
    print((await anext(anomalies)).index)
# Nothing is closed: neither the run nor the loop.
asyncio.new_event_loop().run_until_complete(main())
"""
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert int(done.stdout) >= 100
    assert running(mark) == []


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("fro_file 'x'", "the pipeline failed after 0 events: expected expression, got `'` (line 1, column 10"),
        (
            "fro_file",
            "operator `fro_file` not found (line 1, column 1 of the pipeline; hint: did you mean `from_file`?",
        ),
        ('from_file "nope.json" { read_ndjson }', "nope.json` does not exist (line 1, column 11 of the pipeline)"),
        (f"{FLOWS}\nwhere", "expected exactly 1 positional argument (line 2, column 1 of the pipeline; usage: where"),
        (f"{FLOWS} | write_feather", "failed after 0 events: it does not end with events: leave out what makes bytes"),
        (f"{FLOWS} | discard", "failed after 0 events: it does not end with events: leave out what makes bytes"),
        ('shell "exit 3" | read_ndjson', "child process exited with exit-code 3"),
    ],
)
def test_a_pipeline_that_fails_says_where(pipeline: str, message: str) -> None:
    spot = Spot(**FAST)
    fresh = spot.save()
    with pytest.raises(tenzir.PipelineError, match=re.escape(message)) as caught:
        anomalies(pipeline, "bytes", spot)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1
    assert "error: " in caught.value.stderr
    assert children() == set()
    assert spot.save() == fresh
    with pytest.raises(tenzir.PipelineError):
        asyncio.run(tenzir.count(pipeline, engine=ENGINE))


def test_a_pipeline_that_fails_in_the_middle_has_judged_what_came() -> None:
    spot = Spot(**FAST)
    run = start('shell "cat flow.json; sleep 1; exit 7" | read_ndjson', "bytes", spot)
    with pytest.raises(tenzir.PipelineError, match=r"^the pipeline failed after [\d,]+ events: child .* exit-code 7"):
        asyncio.run(collect(run))
    # What the engine still held is lost to this run, and known to be.
    assert run.status().rows > 10_000
    expected = Spot(**FAST)
    expected.step_many(SIZES[: run.status().rows])
    assert spot.save() == expected.save()


@pytest.mark.parametrize(
    ("column", "options", "message"),
    [
        (
            "bytez",
            {},
            "the first event has no column 'bytez'; its columns are 'id', 'src_ip', 'dst_ip', 'bytes', 'rate'",
        ),
        ("bytes.in", {}, "the first event has no column 'bytes.in'"),
        ("bytes", {"key": "host"}, "the first event has no column 'host'"),
        ("src_ip", {}, "column 'src_ip' is of type ip in event 0: needs int or float, make it one in the pipeline"),
        (["bytes", "rate"], {}, "column 'rate' is of type record in event 0"),
    ],
)
def test_a_column_that_is_not_there_or_not_numeric(column: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match="^" + re.escape(message)):
        anomalies(FLOWS, column, **options)
    assert children() == set()


def test_a_column_that_becomes_text_is_judged_up_to_there() -> None:
    rows: list[Any] = [{"bytes": x} for x in SIZES]
    rows[7_777] = {"bytes": "a lot"}
    spot = Spot(**FAST)
    with pytest.raises(TypeError, match=r"^column .bytes. is of type string in event 7,777: needs int"):
        anomalies(write("text.json", rows), "bytes", spot)
    expected = Spot(**FAST)
    expected.step_many(SIZES[:7_777])
    assert spot.save() == expected.save()


@pytest.mark.parametrize(
    ("words", "options", "kind", "message"),
    [
        ([" ", "bytes"], {}, ValueError, "the pipeline is empty"),
        ([FLOWS, "a..b"], {}, ValueError, "'a..b' is not the name of a column"),
        ([FLOWS, []], {}, ValueError, "the columns [] are not one or more, each named once"),
        ([FLOWS, ["bytes", "bytes"]], {}, ValueError, "the columns ['bytes', 'bytes'] are not one or more, each named"),
        ([FLOWS, "bytes"], {"limit": -1}, ValueError, "limit = -1 is out of range"),
        ([FLOWS, "bytes"], {"skip": 1.5}, TypeError, "skip = 1.5 is not an integer"),
        ([FLOWS, "bytes"], {"q": 2}, ValueError, "q = 2 is out of range: needs 0 < q < 1 - level = 0.01"),
        ([FLOWS, "bytes"], {"key": "a", "q": 2}, ValueError, "q = 2 is out of range: needs 0 < q < 1 - level = 0.01"),
        ([FLOWS, "bytes", Spot()], {"q": 1e-3}, TypeError, "a detector has its parameters already: q"),
        ([FLOWS, "bytes", Spot()], {"key": "a"}, TypeError, "the detector is of type Spot: one column without a key"),
        ([FLOWS, "bytes", Monitor()], {}, TypeError, "the detector is of type Monitor: one column without a key needs"),
        ([FLOWS, "bytes"], {"engine": "vast"}, FileNotFoundError, "there is no program 'vast' here: pip install"),
    ],
    ids=range(12),
)
def test_what_is_wrong_is_told_at_once(words: list[Any], options: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match="^" + re.escape(message)):
        start(*words, **options)


def test_a_program_that_is_no_engine() -> None:
    for words, message in (
        ("echo this is not an Arrow stream", "is damaged, after 0 events"),
        ("exit 3", "exit code 3"),
    ):
        with pytest.raises(tenzir.PipelineError, match=message):
            anomalies(FLOWS, engine=["sh", "-c", words])


def test_lines_that_are_no_json_are_in_the_status() -> None:
    Path("half.json").write_text('{"bytes": 1}\n{"bytes": 2\nno\n{"bytes": 3}\n{"byt')
    run = start('from_file "half.json" { read_ndjson }', **FAST)
    assert asyncio.run(collect(run)) == []
    assert (run.status().rows, run.status().exit_code) == (2, 0)
    assert "warning: line did not contain a single valid JSON object" in run.status().stderr


def test_an_anomaly_comes_before_the_pipeline_ends() -> None:
    async def first() -> tenzir.Anomaly:
        run = start("every 20ms { from {bytes: 1} }\nbytes = random()", n_init=50, level=0.8, q=0.1)
        async with run:
            async for anomaly in run:
                assert run.status().exit_code is None
                return anomaly
        raise AssertionError

    assert asyncio.run(first()).index >= 50


def test_a_limit_ends_a_run_that_would_not_end() -> None:
    run = start("every 10ms { from {bytes: 1} }", limit=7)
    asyncio.run(collect(run))
    assert (run.status().rows, run.status().exit_code) == (7, 0)


def test_count_and_export() -> None:
    assert asyncio.run(tenzir.count(FLOWS, engine=ENGINE)) == 20_000
    assert asyncio.run(tenzir.count(f"{FLOWS}\nwhere bytes < 0", engine=ENGINE)) == 0
    assert tenzir.export() == "export"
    assert tenzir.export("a == 1", "continuous") == "export live=true\nwhere a == 1"
    with pytest.raises(
        ValueError, match="mode = 'CONTINUOUS' is unknown: needs one of 'historical', 'continuous', 'unified'"
    ):
        tenzir.export(mode="CONTINUOUS")


def test_a_node_that_is_not_there() -> None:
    with pytest.raises(tenzir.PipelineError, match=r"^the pipeline failed after 0 events: .*connect"):
        anomalies(tenzir.export(), engine=[*ENGINE, "--connection-timeout=1s"], endpoint="127.0.0.1:9")


def test_on_a_node(folder: Path) -> None:
    if not PRIVATE:
        if os.environ.get("CI"):
            pytest.fail("unshare -rn does not work here, and CI is set")
        pytest.skip("no private network namespace here for a node: unshare -rn does not work")
    # All of it ends with `unshare`.
    alone = ["unshare", "-rnpf", "--mount-proc", "--kill-child"]
    words = [*alone, sys.executable, str(Path(__file__).with_name("tenzir_on_a_node.py")), str(folder)]
    environment = {**os.environ, "PYTHONPATH": ENVIRONMENT["PYTHONPATH"]}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    # The order of a node is its own: what a detector knew at a spike may differ a little.
    assert told["count"] == 2
    assert set(told["historical"][0]) >= set(SPIKES)
    assert len(told["historical"][0]) <= 5
    assert told["historical"][1] == 20_000
    assert told["limited"][1] == 15_000
    assert set(told["continuous"][0]) >= set(SPIKES)
    assert told["continuous"][1:] == [20_000, 0]


def test_why_pyvast_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow as pa
    from pyvast import VAST, to_json_rows
    from pyvast.vast.vast import PyArrowTableSlice

    monkeypatch.setenv("PATH", ENVIRONMENT["PATH"])
    with pytest.raises(FileNotFoundError, match="'vast'"):
        asyncio.run(VAST().count())
    done = subprocess.run([*ENGINE, f"{FLOWS} | head 1 | write_feather"], capture_output=True, check=True)
    (batch,) = pa.ipc.open_stream(done.stdout)

    async def slices() -> AsyncIterator[Any]:
        yield PyArrowTableSlice(batch)

    with pytest.raises(IndexError):
        asyncio.run(collect(to_json_rows(slices())))


def test_the_example() -> None:
    lines = run("tenzir_flows.py", "--engine", " ".join(ENGINE)).splitlines()
    middle = lines.index("the same inside of the pipeline:")
    found = [line for line in lines[:middle] if "is beyond" in line]
    assert [line.split(":")[0] for line in found if "5e+06" in line] == ["event 12000", "event 17000"]
    assert len(found) <= 5
    assert lines[middle - 1] == f"{len(found)} alerts in 20,000 values of 20,000 events"
    inside = [json.loads(line) for line in lines[middle + 1 :]]
    assert [row["bytes"] for row in inside].count(5_000_000) == 2
    assert len(inside) == len(found)
    keyed = run("tenzir_flows.py", "--engine", " ".join(ENGINE), "--key", "src_ip", "--column", "rate.in", "flow.json")
    assert "event 17000: " in keyed


SNIPPETS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_programs_of_the_page() -> None:
    first, node, again = SNIPPETS
    assert "5158" in node
    done = subprocess.run(
        [*PRIVATE, sys.executable, "-W", "error", "-c", f"{first}\n{again}"],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "12000 10.0.0.0 5000000.0 192.168.1.103" in done.stdout
    assert "RunStatus(rows=20000, values=20000" in done.stdout
    assert "\n17000\n" in done.stdout


@pytest.mark.parametrize("stage", re.findall(r"`\.\.\. (\\\|.*?)`", PAGE))
def test_the_pipelines_of_the_table(stage: str) -> None:
    (column,) = re.search(r"column `(\w+)`", PAGE[PAGE.index(stage) :]).groups()  # type: ignore[union-attr]
    day = "ts: 2026-01-01T00:00:10, duration: 1500ms"
    stages = stage.replace("\\|", "|")
    run = start(f"from {{{day}}}, {{{day}}}\n{stages[2:]}", column)
    asyncio.run(collect(run))
    assert run.status().values == (1 if column == "rows" else 2)
