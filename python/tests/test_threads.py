"""Threads: nothing crashes or gets lost, and arrays are judged without the GIL."""

from __future__ import annotations

import os
import signal
import threading
import time
import zlib
from array import array
from collections.abc import Callable
from typing import Any

import pytest
from conftest import normal, same

from tailspot import Pool, Spot
from tailspot._library import QUICK

STREAM = array("d", normal(20_000))


def run(work: list[Callable[[], Any]]) -> None:
    """All at once, and the first error."""
    errors: list[BaseException] = []

    def guarded(one: Callable[[], Any]) -> None:
        try:
            one()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


def one_by_one(spot: Spot) -> None:
    for x in STREAM:
        spot.step(x)


def at_once(spot: Spot) -> None:
    for start in range(0, len(STREAM), 500):
        spot.step_many(STREAM[start : start + 500])


def questions(spot: Spot) -> None:
    for _ in range(300):
        spot.status()
        spot.get_upper_threshold()
        Spot.load(spot.save())


def test_eight_threads_share_one_detector() -> None:
    spot = Spot(q=1e-3, level=0.95)
    ways = [one_by_one, at_once] * 4
    run([lambda way=way: way(spot) for way in ways] + [lambda: questions(spot)])
    status = spot.status()
    assert status.seen + 2000 == 8 * len(STREAM)
    assert status.calibrated
    assert status.n + status.alerts_up + status.alerts_down <= 8 * len(STREAM)
    assert -5.0 < spot.get_lower_threshold() < -2.0 < 2.0 < spot.get_upper_threshold() < 5.0


def test_eight_threads_with_a_detector_each_answer_what_one_thread_answers() -> None:
    spots = [Spot(q=1e-3, level=0.95) for _ in range(8)]
    run([lambda spot=spot, way=way: way(spot) for spot, way in zip(spots, [one_by_one, at_once] * 4)])
    assert len({spot.save() for spot in spots}) == 1


def test_a_step_waits_for_an_array_in_another_thread() -> None:
    spot = Spot(q=1e-3, level=0.95).fit(STREAM)
    long = array("d", STREAM * 100)
    started = threading.Event()

    def array_first() -> None:
        started.set()
        spot.step_many(long)

    def steps() -> None:
        started.wait()
        for x in STREAM[:1000]:
            spot.step(x)

    before = spot.status().seen
    run([array_first, steps])
    assert spot.status().seen - before == len(long) + 1000


def test_closing_while_others_work_is_an_error_for_them_and_no_crash() -> None:
    for _ in range(30):
        spot = Spot(q=1e-3, level=0.95)
        stop = threading.Event()

        def work(way: Callable[[Spot], Any], spot: Spot = spot) -> None:
            end = time.monotonic() + 60
            with pytest.raises(ValueError, match="this detector is closed"):
                while time.monotonic() < end:
                    way(spot)

        def close(spot: Spot = spot, stop: threading.Event = stop) -> None:
            stop.wait(0.003)
            spot.close()

        run([lambda w=work: w(one_by_one), lambda w=work: w(at_once), lambda w=work: w(questions), close])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_a_signal_handler_may_use_the_detector_that_it_interrupts() -> None:
    spot = Spot(q=1e-3, level=0.95)
    handled = []

    def handler(*_: object) -> None:
        handled.append((spot.step(0.0), spot.step_many([0.0]), spot.status()))

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    try:
        end = time.monotonic() + 0.5
        steps = 0
        while time.monotonic() < end:
            spot.step(1.0)
            spot.step_many([1.0, 2.0])
            spot.get_upper_threshold()
            steps += 3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert len(handled) > 10
    status = spot.status()
    assert status.seen + 2000 == steps + 2 * len(handled)
    # The fast way is open again.
    assert spot._handle.fast_pointer == spot._handle._pointer.value  # type: ignore[union-attr]


def seconds(work: list[Callable[[], Any]]) -> float:
    start = time.perf_counter()
    run(work)
    return time.perf_counter() - start


def test_another_thread_runs_while_an_array_is_judged() -> None:
    """Holds on one core too: the counting thread gets its share although the array is one call."""
    spot = Spot(q=1e-3, level=0.9).fit(STREAM)
    long = array("d", STREAM * 200)
    done = threading.Event()
    ticks = 0

    def judge() -> None:
        spot.step_many(long)
        done.set()

    thread = threading.Thread(target=judge)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.0005)
    thread.join()
    assert ticks > 5


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="this machine has one core: nothing can run at the same time")
def test_two_arrays_are_judged_at_the_same_time() -> None:
    """Two threads on two detectors take less than 1.3 times one, or than what a busy machine gives to two checksums."""
    spots = [Spot(q=1e-3, level=0.99).fit(STREAM) for _ in range(2)]
    long, data = array("d", STREAM * 100), bytes(30_000_000)
    jobs = [lambda spot=spot: spot.step_many(long) for spot in spots]
    sums = [lambda: zlib.crc32(data)] * 2
    ratios = []
    for _ in range(20):
        ours, checksums = seconds(jobs) / seconds(jobs[:1]), seconds(sums) / seconds(sums[:1])
        ratios.append((ours, checksums))
        if ours < 1.3:
            return
    assert min(ours / checksums for ours, checksums in ratios) < 1.3, ratios


def test_bytes_that_are_judged_cannot_shrink_meanwhile() -> None:
    data = bytearray(STREAM.tobytes() * 100)
    spot = Spot(q=1e-3, level=0.95)
    refused = []

    def shrink() -> None:
        for _ in range(200):
            try:
                data.append(0)
                del data[-1]
            except BufferError:
                refused.append(1)
            time.sleep(0.0001)

    # A busy machine may let one of the two finish before the other begins.
    for _ in range(50):
        run([lambda: spot.step_many(data, dtype="f8"), shrink])
        if refused:
            return
    raise AssertionError("nothing was refused")


def test_threads_that_share_a_detector_answer_what_one_thread_would() -> None:
    """Constant values: the order does not matter, so the state is that of any order."""
    spot, alone = (Spot(q=1e-3, level=0.95).fit(STREAM) for _ in range(2))
    part = array("d", [0.5]) * 10_000

    def steps() -> None:
        for x in part:
            spot.step(x)

    run([steps, lambda: spot.step_many(part), steps, lambda: spot.step_many(part)])
    result = alone.step_many(part * 4)
    assert spot.save() == alone.save()
    assert same(result.events, array("b", bytes(40_000)))


@pytest.mark.parametrize("name", ["tailspot_snapshot_size", "tailspot_pool_size"])
def test_no_step_comes_between_the_size_of_an_answer_and_the_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spot, pool, waited = Spot(), Pool(), []
    size = getattr(QUICK, name)

    def asked(pointer: Any) -> Any:
        other = threading.Thread(target=lambda: (spot.step(1.0), pool.step(1, 1.0)))
        other.start()
        other.join(0.05)
        waited.append(other)
        assert other.is_alive()
        return size(pointer)

    monkeypatch.setattr(QUICK, name, asked)
    answer = spot.save() if name == "tailspot_snapshot_size" else list(pool.keys())
    monkeypatch.undo()
    assert answer in (Spot().save(), [])
    for other in waited:
        other.join(10.0)
    assert (spot.status().n, len(pool)) == (1, 1)
    assert len(waited) == 1
