"""tailspot.feeds.e2sar, on what a Reassembler hands over: from UDP datagrams on 127.0.0.1."""

from __future__ import annotations

import gc
import importlib.util
import json
import math
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import REPOSITORY, same
from programs import EXAMPLES, run

import tailspot
from tailspot.feeds import e2sar

LOOPBACK = Path(__file__).parent / "e2sar_loopback"
sys.path.append(str(LOOPBACK))

import e2sar_py  # noqa: E402

IS_REAL = Path(e2sar_py.__file__).parent != LOOPBACK
DTYPES = (
    "?",
    "i1",
    "u1",
    "<i2",
    "<u2",
    "<i4",
    "<u4",
    "<i8",
    "<u8",
    "<f2",
    "<f4",
    "<f8",
    ">i2",
    ">u4",
    ">i8",
    ">f4",
    ">f8",
)
DATA_ID = 0x0505
only_here = pytest.mark.skipif(IS_REAL, reason="the datagrams of the real e2sar_py cannot be lost on purpose")


class Pair:
    """A Segmenter and a Reassembler that hears it, as E2SAR's own tests set them up."""

    def __init__(self, timeout_ms: int = 500) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        where = "ejfat://useless@192.168.100.1:9875/lb/1?sync=192.168.0.1:12345&data=127.0.0.1"
        token = e2sar_py.EjfatURI.TokenType.instance
        rflags = e2sar_py.DataPlane.Reassembler.ReassemblerFlags()
        rflags.useCP, rflags.withLBHeader, rflags.eventTimeout_ms = False, True, timeout_ms
        sflags = e2sar_py.DataPlane.Segmenter.SegmenterFlags()
        sflags.useCP = False
        address = e2sar_py.IPAddress.from_string("127.0.0.1")
        uri = e2sar_py.EjfatURI(uri=where, tt=token)
        self.reassembler = e2sar_py.DataPlane.Reassembler(uri, address, port, 1, rflags)
        self.segmenter = e2sar_py.DataPlane.Segmenter(
            e2sar_py.EjfatURI(uri=f"{where}:{port}", tt=token), DATA_ID, 0x11223344, sflags
        )
        assert not self.reassembler.OpenAndStart().has_error()
        assert not self.segmenter.OpenAndStart().has_error()

    def send(self, values: Any, number: int, data_id: int = 0) -> None:
        data = values if isinstance(values, bytes) else values.tobytes()
        assert not self.segmenter.sendEvent(data, len(data), number, data_id).has_error()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.segmenter.stopThreads()
    made.reassembler.stopThreads()


def samples(dtype: Any, count: int = 3000, seed: int = 1) -> Any:
    """Values that any of these types can hold, with some that stand out."""
    draw = np.random.default_rng(seed)
    values = np.clip(draw.normal(50, 8, size=count), 1, 90)
    values[[count - 500, count - 5]] = 125, 0
    return values.astype(dtype) if np.dtype(dtype).kind != "b" else (values > 100).astype("?")


def answers(result: tailspot.Result) -> tuple[Any, ...]:
    return result.events.tobytes(), result.upper.tobytes(), result.lower.tobytes()


# What the methods of a Reassembler hand over goes in as it is.


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("method", ["recvEventBytes", "getEventBytes", "recv1DNumpyArray", "get1DNumpyArray"])
def test_what_each_method_hands_over_is_judged_as_the_values_that_were_sent(
    pair: Pair, method: str, dtype: str
) -> None:
    sent = samples(dtype)
    config = {"q": 1e-3, "level": 0.9, "n_init": 500}
    wanted = answers(tailspot.Spot(**config).step_many([float(x) for x in sent]))
    pair.send(sent, 4)
    is_bytes, waits = method.endswith("Bytes"), method.startswith("recv")
    length, got, number, data_id = -1, None, 0, 0
    for _ in range(1000):
        words = [] if is_bytes else [np.dtype(dtype)]
        length, got, number, data_id = getattr(pair.reassembler, method)(*words, **({"wait_ms": 100} if waits else {}))
        if length != -1:
            break
        time.sleep(0.001)
    assert (length, number, data_id) == (sent.nbytes, 4, DATA_ID)
    spot = tailspot.Spot(**config)
    assert answers(spot.step_many(got, dtype=dtype) if is_bytes else spot.step_many(got)) == wanted
    fitted = tailspot.Spot(**config).fit(got, dtype=dtype) if is_bytes else tailspot.Spot(**config).fit(got)
    assert fitted.save() == tailspot.Spot(**config).fit([float(x) for x in sent]).save()


def test_an_array_that_was_received_is_owned_by_a_capsule(pair: Pair) -> None:
    pair.send(samples("<f4"), 1)
    (buffer,) = e2sar.buffers(pair.reassembler, "<f4", limit=1)
    assert type(buffer.values.base).__name__ == "PyCapsule"
    assert not buffer.values.flags.owndata


def test_a_detector_keeps_nothing_of_the_memory_that_a_capsule_frees() -> None:
    loop = _loopback()
    sent = samples("<f8")
    values = loop.owned_by_capsule(sent.tobytes(), np.dtype("<f8"))
    address = values.ctypes.data
    config = {"q": 1e-3, "level": 0.9, "n_init": 500}
    spot, wanted = tailspot.Spot(**config), tailspot.Spot(**config)
    result = spot.step_many(values)
    assert answers(result) == answers(wanted.step_many(sent))
    before = len(loop.freed)
    del values, result  # A result knows its values.
    gc.collect()
    assert loop.freed[before:] == [address]
    assert spot.save() == wanted.save()


def test_an_array_that_is_read_only_is_read() -> None:
    sent = samples("<f4")
    values = _loopback().owned_by_capsule(sent.tobytes(), np.dtype("<f4"))
    values.flags.writeable = False
    result = tailspot.Spot(n_init=500, level=0.9, q=1e-3).step_many(values)
    assert answers(result) == answers(tailspot.Spot(n_init=500, level=0.9, q=1e-3).step_many(sent))
    assert same(values, sent)


def test_an_empty_poll_and_an_empty_event_change_nothing(pair: Pair) -> None:
    spot = tailspot.Spot(n_init=500, level=0.9, q=1e-3).fit(samples("<f4"))
    saved = spot.save()
    length, data, _, _ = pair.reassembler.getEventBytes()
    assert (length, data) == (-1, b"")
    assert len(spot.step_many(data, dtype="<f4")) == 0
    length, values, _, _ = pair.reassembler.get1DNumpyArray(np.dtype("<f4"))
    assert (length, values.shape) == (-1, (0,))
    assert len(spot.step_many(values)) == 0
    assert spot.save() == saved


def _loopback() -> Any:
    """The loop-back module, also where the real e2sar_py was imported."""
    if not IS_REAL:
        return e2sar_py
    spec = importlib.util.spec_from_file_location("e2sar_loopback", LOOPBACK / "e2sar_py.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Buffers and anomalies of a Reassembler.


def test_buffers_come_with_number_and_data_id_and_the_polls_between_are_passed_over(pair: Pair) -> None:
    sent = {(number, data_id): samples("<i2", 2000, number) for number in (1, 2, 3) for data_id in (5, 6)}
    for (number, data_id), values in sent.items():
        pair.send(values, number, data_id)
    got = list(e2sar.buffers(pair.reassembler, "<i2", patience=0.3, wait_ms=20))
    assert len(got) == 6
    for values, number, data_id in got:
        assert same(values, sent.pop((number, data_id)))


def test_watch_finds_what_one_detector_for_each_data_id_finds(pair: Pair) -> None:
    config = {"q": 1e-4, "level": 0.95, "n_init": 1000}
    wanted: list[Any] = []
    for data_id in (5, 6):
        spot = tailspot.Spot(**config)
        for number in (1, 2, 3):
            values = samples("<f4", 1500, 10 * data_id + number)
            result = spot.step_many(values)
            thresholds = np.where(result.events > 0, result.upper, result.lower)
            wanted += [(data_id, number, i, values[i], thresholds[i], result.probability[i]) for i in result.anomalies]
    found = []
    spots: dict[int, tailspot.Spot] = {}
    for number in (1, 2, 3):
        for data_id in (5, 6):
            pair.send(samples("<f4", 1500, 10 * data_id + number), number, data_id)
            found += e2sar.watch(pair.reassembler, "<f4", spots, limit=1, **config)
    answers = [(a.data_id, a.event_num, a.index, a.value, a.threshold, a.probability) for a in found]
    assert sorted(answers) == wanted
    assert len(wanted) >= 6
    assert spots.keys() == {5, 6}
    first = found[0]
    assert isinstance(first, tailspot.Anomaly)
    assert first.key == first.data_id
    assert json.loads(json.dumps(first.to_dict(), allow_nan=False))["event_num"] == first.event_num


def test_it_ends_after_the_limit_and_after_the_patience(pair: Pair) -> None:
    for number in (1, 2, 3):
        pair.send(samples("<f4", 1000), number)
    assert len(list(e2sar.buffers(pair.reassembler, "<f4", limit=2))) == 2
    assert len(list(e2sar.buffers(pair.reassembler, "<f4", patience=0.2, wait_ms=10))) == 1
    assert list(e2sar.buffers(pair.reassembler, "<f4", patience=0.05, wait_ms=10)) == []
    assert list(e2sar.buffers(pair.reassembler, "<f4", limit=0)) == []


@only_here
def test_reordered_datagrams_and_twins_make_the_event_that_was_sent(pair: Pair) -> None:
    draw = random.Random(1)

    def shuffled(datagrams: list[bytes]) -> list[bytes]:
        assert len(datagrams) == 9
        mixed = [*datagrams, datagrams[3]]
        draw.shuffle(mixed)
        return mixed

    pair.segmenter.wire = shuffled
    sent = {number: samples("<f4", 3000, number) for number in range(1, 6)}
    for number, values in sent.items():
        pair.send(values, number)
    for values, number, _ in e2sar.buffers(pair.reassembler, "<f4", limit=5, patience=5.0):
        assert same(values, sent.pop(number))
    assert not sent


@only_here
def test_an_event_of_which_a_datagram_was_lost_is_not_judged_and_the_others_are() -> None:
    pair = Pair(timeout_ms=50)
    config = {"q": 1e-4, "level": 0.95, "n_init": 1000}
    wanted = tailspot.Spot(**config)
    for number in range(1, 6):
        pair.segmenter.wire = (lambda datagrams: datagrams[:4] + datagrams[5:]) if number == 3 else list
        values = samples("<f4", 3000, number)
        if number != 3:
            wanted.step_many(values)
        pair.send(values, number)
    spots: dict[int, tailspot.Spot] = {}
    list(e2sar.watch(pair.reassembler, "<f4", spots, patience=0.3, wait_ms=10, **config))
    assert spots[DATA_ID].save() == wanted.save()
    assert pair.reassembler.getStats().reassemblyLoss == 1
    assert pair.reassembler.get_LostEvent() == (3, DATA_ID, 8)
    pair.segmenter.stopThreads()
    pair.reassembler.stopThreads()


def test_an_event_of_a_length_that_does_not_fit_is_told_and_not_judged(pair: Pair) -> None:
    config = {"q": 1e-4, "level": 0.95, "n_init": 1000}
    good = samples("<f4", 3000)
    pair.send(good, 1)
    pair.send(good.tobytes()[:-1], 2)
    spots: dict[int, tailspot.Spot] = {}
    with pytest.raises(
        ValueError, match=rf"^event 2 of data id {DATA_ID} has 11999 bytes: needs a multiple of 4, the size of float32$"
    ):
        list(e2sar.watch(pair.reassembler, "<f4", spots, patience=2.0, **config))
    pair.send(good, 3)
    list(e2sar.watch(pair.reassembler, "<f4", spots, limit=1, **config))
    wanted = tailspot.Spot(**config)
    wanted.step_many(good)
    wanted.step_many(good)
    assert spots[DATA_ID].save() == wanted.save()
    with pytest.raises(ValueError, match=r"values have 11999 bytes: needs a multiple of 4, the size of '<f4'"):
        wanted.step_many(good.tobytes()[:-1], dtype="<f4")


@only_here
def test_an_engine_that_dies_in_mid_stream_is_told_and_the_detectors_stay(pair: Pair) -> None:
    config = {"q": 1e-4, "level": 0.95, "n_init": 1000}
    spots: dict[int, tailspot.Spot] = {}
    pair.send(samples("<f4", 3000), 1)
    list(e2sar.watch(pair.reassembler, "<f4", spots, limit=1, **config))
    saved = spots[DATA_ID].save()
    pair.reassembler._socket.close()
    with pytest.raises(
        e2sar.ReceiveError,
        match=r"^recv1DNumpyArray returned -2, an error: 1 errors? of its data sockets, the last one 9 \(",
    ) as told:
        list(e2sar.watch(pair.reassembler, "<f4", spots, patience=5.0, **config))
    assert isinstance(told.value, OSError)
    assert pair.reassembler.recvEventBytes(wait_ms=10)[:2] == (-2, b"")
    assert spots[DATA_ID].save() == saved


def test_an_error_without_statistics_is_told_too() -> None:
    class Bare:
        def recv1DNumpyArray(self, data_type: Any, wait_ms: int) -> Any:  # noqa: ARG002, N802
            return -2, np.empty(0), 0, 0

    with pytest.raises(e2sar.ReceiveError, match=r"^recv1DNumpyArray returned -2, an error$"):
        list(e2sar.buffers(Bare(), "<f4"))


@pytest.mark.parametrize(
    ("words", "more", "reason"),
    [
        (("<c8",), {}, r"dtype = '<c8' is not a real element type"),
        (("g",), {}, r"dtype = '<f16' is not a real element type"),
        (("datetime64[s]",), {}, r"dtype = '<M8\[s\]' is not a real element type"),
        ((None,), {"wait_ms": 0}, r"wait_ms = 0 is out of range: needs wait_ms >= 1"),
        (("<f4",), {"limit": -1}, r"limit = -1 is out of range: needs limit >= 0"),
        (("<f4",), {"patience": math.nan}, r"patience = nan is out of range: needs patience >= 0"),
        (("<f4",), {"q": 2.0}, r"q = 2 is out of range"),
        (("<f4",), {}, r"reassembler is a NoneType: it has no recv1DNumpyArray"),
    ],
)
def test_bad_arguments_are_told_before_anything_is_received(words: Any, more: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        e2sar.watch(None, *words, **more)


# The example, and docs/feeds.md.


def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_example_finds_both_samples() -> None:
    out = run("e2sar_monitor.py", "--path", LOOPBACK, "--port", port())
    lines = out.splitlines()
    assert lines[-1] == "60 events came, 0 were lost on the way, 0 for want of room"
    assert any(re.match(r"event 50 of data id 7, sample 700: 14, the limit is [3-9]\.", line) for line in lines)
    assert any(re.match(r"event 55 of data id 7, sample 3: -15, the limit is -[3-9]\.", line) for line in lines)
    assert len(lines) <= 1 + 2 + 3


def test_the_example_says_what_is_wrong() -> None:
    def told(*words: object) -> tuple[int, str]:
        call = [sys.executable, EXAMPLES / "e2sar_monitor.py", *map(str, words)]
        done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    wanted = "e2sar_monitor.py: dtype = '<c8' is not a real element type: needs int8 to int64, uint8 to uint64, bool,"
    status, error = told("--path", LOOPBACK, "--dtype", "<c8", "--port", port())
    assert status == 1
    assert error == f"{wanted} float16, float32 or float64\n"
    assert told("--path", LOOPBACK, "--dtype", "S3", "--port", port())[0] == 1
    if not IS_REAL:
        assert told() == (
            1, "e2sar_monitor.py: e2sar_py is not here: build E2SAR, and say where by --path or PYTHONPATH\n",
        )  # fmt: skip


def test_the_programs_of_the_page_run(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    page = (REPOSITORY / "docs" / "feeds.md").read_text()
    (section,) = re.findall(r"^## E2SAR\n(.*?)(?=^## )", page, re.DOTALL | re.MULTILINE)
    programs = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    sums, largest, raw = programs
    # They go on for ever; here they end when nothing more comes, or with an error.
    patient = ('"<f4"', '"<f4", patience=1.0')
    for program, events, size in (
        (sums.replace(*patient), 3, 3000), (largest.replace(*patient), 600, 50), (raw, 3, 3000),
    ):  # fmt: skip
        thread = threading.Thread(target=_planted, args=(pair, events, size))
        thread.start()
        if program == raw:
            breaks = threading.Timer(1.5, lambda: setattr(pair.reassembler, "_failed", True))
            breaks.start()
        exec(compile(program, "feeds.md", "exec"), {"reassembler": pair.reassembler})
        thread.join()
        assert re.search(rf"^{events} .*\b20\.0\b", capsys.readouterr().out, re.MULTILINE)


def _planted(pair: Pair, events: int, size: int) -> None:
    for number in range(1, events + 1):
        values = np.random.default_rng(number).normal(size=size).astype("<f4")
        if number == events:
            values[size // 2] = 20.0
        pair.send(values, number)
        time.sleep(0.0005)
