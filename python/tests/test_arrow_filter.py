"""`python -m tailspot.arrow`: a filter on an Arrow IPC stream."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import needs, normal

import tailspot
from tailspot import Spot

pa = needs("pyarrow")
arrow = needs("tailspot.arrow")
STREAM = [None if i % 50 == 7 else x for i, x in enumerate([*normal(3000), 9.0, *normal(999, 2), -9.0])]
OPTIONS = ["--q", "1e-3", "--level", "0.95", "--n-init", "500"]
PARAMETERS: dict[str, Any] = {"q": 1e-3, "level": 0.95, "n_init": 500}
TABLE = pa.table(
    {"name": [f"row {i}" for i in range(len(STREAM))], "load": STREAM, "count": list(range(len(STREAM)))},
    schema=pa.schema([("name", pa.string()), ("load", pa.float64()), ("count", pa.int32())], {"origin": "a test"}),
)


def stream_of(table: Any, rows: int = 700) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, rows)
    return sink.getvalue()


def start(words: list[str], flags: list[str] | None = None) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(tailspot.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, *(flags or []), "-m", "tailspot.arrow", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip


def run(words: list[str], data: bytes, flags: list[str] | None = None) -> tuple[int, bytes, str]:
    process = start(words, flags)
    out, errors = process.communicate(data, timeout=60)
    return process.returncode, out, errors.decode()


def check(out: bytes) -> None:
    """What came out is what went in, and the answers."""
    table = pa.ipc.open_stream(out).read_all()
    assert table.column_names == ["name", "load", "count", "event", "upper", "lower"]
    assert table.select(["name", "load", "count"]).equals(TABLE)
    assert table.schema.metadata == {b"origin": b"a test"}
    result = Spot(**PARAMETERS).step_many(STREAM)
    assert table["event"].type == pa.int8()
    assert table["event"].to_pylist() == list(result.events)
    for name, values in (("upper", result.upper), ("lower", result.lower)):
        assert table[name].to_pylist() == [None if x != x else x for x in values]


@pytest.mark.parametrize("flags", [[], ["-u"], ["-X", "dev", "-W", "error"]], ids=str)
def test_the_answers_are_added_to_each_batch(flags: list[str]) -> None:
    code, out, errors = run(["load", *OPTIONS], stream_of(TABLE), flags)
    assert (code, errors) == (0, "")
    check(out)
    assert [len(batch) for batch in pa.ipc.open_stream(out)] == [700] * 5 + [501]


def test_a_pipe_may_give_less_than_was_asked_for() -> None:
    process = start(["load", *OPTIONS], ["-u"])
    data, first = stream_of(TABLE), len(stream_of(TABLE.slice(0, 700))) - 8
    pipe = process.stdin
    assert pipe is not None
    assert process.stdout is not None

    def dribble() -> None:
        for at in range(first, len(data), 1777):
            pipe.write(data[at : at + 1777])
            pipe.flush()
            time.sleep(0.002)
        pipe.close()

    # The filter is up and waits for more once the first batch came out.
    pipe.write(data[:first])
    pipe.flush()
    out = process.stdout.read(1)
    thread = threading.Thread(target=dribble)
    thread.start()
    out += process.stdout.read()
    thread.join()
    assert process.stderr is not None
    assert (process.wait(60), process.stderr.read()) == (0, b"")
    process.stdout.close()
    process.stderr.close()
    check(out)


def test_a_batch_leaves_before_the_next_one_comes() -> None:
    process = start(["load", *OPTIONS])
    assert process.stdin is not None
    assert process.stdout is not None
    # A filter that waits for more would wait for ever.
    watchdog = threading.Timer(30, process.kill)
    watchdog.start()
    batches = TABLE.to_batches(1000)
    with pa.ipc.new_stream(process.stdin, TABLE.schema) as writer:
        writer.write_batch(batches[0])
        process.stdin.flush()
        reader = pa.ipc.open_stream(process.stdout)
        assert len(reader.read_next_batch()) == 1000
        writer.write_batch(batches[1])
        process.stdin.flush()
        assert len(reader.read_next_batch()) == 1000
    process.stdin.close()
    with pytest.raises(StopIteration):
        reader.read_next_batch()
    assert process.wait(60) == 0
    watchdog.cancel()
    for pipe in (process.stdout, process.stderr):
        pipe.close()  # type: ignore[union-attr]


def test_several_columns_and_sides() -> None:
    code, out, _ = run(["load", "count", "--side", "up", *OPTIONS], stream_of(TABLE))
    table = pa.ipc.open_stream(out).read_all()
    assert code == 0
    assert table.column_names[-6:] == [f"{c}_{e}" for c in ("load", "count") for e in ("event", "upper", "lower")]
    assert table["count_lower"].null_count == len(TABLE)
    assert table["load_event"].to_pylist()[3000] == 1
    assert table["load_event"].to_pylist()[-1] == 0


def test_no_batches_and_empty_batches() -> None:
    for data in (stream_of(TABLE.slice(0, 0)), stream_of(TABLE)[:0] + stream_of(TABLE.slice(0, 0))):
        code, out, errors = run(["load"], data)
        assert (code, errors) == (0, "")
        assert pa.ipc.open_stream(out).read_all().num_rows == 0


@pytest.mark.parametrize(
    ("words", "data", "message"),
    [
        (["lod"], stream_of(TABLE), "there is no column 'lod'; the columns are 'name', 'load', 'count'"),
        (["name"], stream_of(TABLE), "column 'name' is of type string: needs integers, floats or bool"),
        (["load", "load"], stream_of(TABLE), "there is a column 'load_event' already"),
        (["event"], stream_of(TABLE.rename_columns(["name", "load", "event"])), "there is a column 'event' already"),
        (["load", "--q", "2"], stream_of(TABLE), "q = 2 is out of range: needs 0 < q < 1 - level = 0.01"),
        (["load", "--depth", "-1"], stream_of(TABLE), "depth = -1 is out of range"),
        (["load"], b"", "this is not an Arrow IPC stream: "),
        (["load"], b"this is not an Arrow stream, but a text of some length" * 9, "this is not an Arrow IPC stream: "),
        (["load"], stream_of(TABLE)[:20_000], "the stream ends in the middle, or is damaged: "),
        ([], b"", "the following arguments are required: COLUMN"),
        (["load", "--colour"], b"", "unrecognized arguments: --colour"),
    ],
    ids=range(11),
)
def test_bad_usage_and_bad_data_end_with_a_sentence(words: list[str], data: bytes, message: str) -> None:
    code, _, errors = run(words, data)
    assert code == 2
    assert message in errors
    assert "Traceback" not in errors


def test_a_reader_that_leaves_is_no_error() -> None:
    process = start(["load", *OPTIONS])
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    big = stream_of(pa.concat_tables([TABLE] * 30))
    with suppress(BrokenPipeError):
        process.stdin.write(big)
    with suppress(BrokenPipeError):
        process.stdin.close()
    assert process.wait(60) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_the_filter_as_a_function() -> None:
    judge = arrow.Filter(TABLE.schema, ["load"], depth=5, **PARAMETERS)
    batch = judge(TABLE.to_batches()[0])
    assert batch.schema == judge.schema
    assert batch.num_rows == len(TABLE)
    with pytest.raises(ValueError, match="there are 2 columns 'x'"):
        arrow.Filter(pa.schema([("x", pa.int8()), ("x", pa.int8())]), ["x"])


def test_a_stream_too_short_to_be_judged_says_so() -> None:
    short = pa.table({"load": [1.0, 2.0, None] * 20})
    code, out, errors = run(["load", "--n-init", "100"], stream_of(short))
    assert code == 0
    assert pa.ipc.open_stream(out).read_all()["event"].to_pylist()[:3] == [3, 3, 5]
    assert errors == (
        "tailspot.arrow: column 'load': none of the 40 values was judged: the calibration takes n_init = 100 values "
        "and has taken 40; give it more values, calibrate with fit(values), or take a smaller n_init\n"
    )
    code, _, errors = run(["load", "--n-init", "100", "--period", "30"], stream_of(short))
    assert code == 0
    assert "none of the 40 values was judged: the calibration takes n_init = 100 values after those that warm" in errors


def test_every_parameter_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    words = "load --side up --scale-depth 40 --limit 2 --no-bounded --q 1e-3 --threshold plug_in"
    columns, given = arrow._arguments([*words.split(), "--baseline", "10/40", "--baseline", "10/40/288"])
    assert columns == ["load"]
    assert given == {
        "up": True, "down": False, "scale_depth": 40, "limit": 2.0, "bounded": False, "q": 1e-3, "threshold": "plug_in",
        "baselines": [(10, 40), (10, 40, 288)],
    }  # fmt: skip
    for text in ("x", "10/", "1/2/3/4"):
        with pytest.raises(SystemExit):
            arrow._arguments(["load", "--baseline", text])
        assert f"{text!r} is not a baseline: needs DEPTH, DEPTH/SCALE_DEPTH or DEPTH/S" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        arrow._arguments(["--help"])
    shown = capsys.readouterr().out
    for name in Spot().config().to_dict():
        assert name in ("up", "down") or f"--{name.replace('_', '-')}".removesuffix("s") in shown
