"""Threads, signals and forks with a pool: nothing crashes, hangs or gets lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import normal
from test_threads import run

import tailspot
from tailspot import Pool, Spot

STREAM = array("d", normal(20_000))
KEYS = array("Q", [i % 7 for i in range(len(STREAM))])
CONFIG: dict[str, Any] = {"q": 1e-3, "level": 0.95, "n_init": 500}


def one_by_one(pool: Pool) -> None:
    for key, x in zip(KEYS[:5000], STREAM):
        pool.step(key, x)


def at_once(pool: Pool) -> None:
    for start in range(0, 5000, 500):
        pool.step_many(KEYS[start : start + 500], STREAM[start : start + 500])


def questions(pool: Pool) -> None:
    for _ in range(50):
        len(pool)
        list(pool)
        assert 100 not in pool
        Pool.load(pool.save(), threads=1)


def test_eight_threads_share_one_pool() -> None:
    pool = Pool(**CONFIG, threads=2)
    ways = [one_by_one, at_once] * 4
    run([lambda way=way: way(pool) for way in ways] + [lambda: questions(pool)])
    assert sum(pool[key].status().seen + 500 for key in pool) == 8 * 5000


def test_pools_may_exchange_detectors_at_the_same_time() -> None:
    one, two = Pool(**CONFIG), Pool(**CONFIG)
    for key in range(7):
        one.step(key, 1.0)
        two.step(key, 2.0)

    def exchange(a: Pool, b: Pool) -> None:
        for _ in range(200):
            for key in range(7):
                a[key] = b[key]

    run([lambda: exchange(one, two), lambda: exchange(two, one), lambda: questions(one)])
    assert len(one) == len(two) == 7


def test_closing_while_others_work_is_an_error_for_them_and_no_crash() -> None:
    for _ in range(20):
        pool = Pool(**CONFIG, threads=2)

        def work(way: Callable[[Pool], Any], pool: Pool = pool) -> None:
            with pytest.raises(ValueError, match="this pool is closed"):
                for _ in range(10_000):
                    way(pool)

        def close(pool: Pool = pool) -> None:
            time.sleep(0.003)
            pool.close()

        run([lambda w=work: w(one_by_one), lambda w=work: w(at_once), lambda w=work: w(questions), close])


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_a_signal_handler_may_use_the_pool_that_it_interrupts() -> None:
    pool = Pool(**CONFIG, threads=2)
    for _ in range(2):
        pool.step_many([2], [0.0])  # NumPy may be imported by the first, and numpy.ma by the second, which takes long.
    handled = 0

    def handler(*_: object) -> None:
        nonlocal handled
        pool.step(1, 0.0)
        pool.step_many([1, 1], [0.0, 0.0])
        handled += 1

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    steps = 0
    try:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            pool.step(1, 1.0)
            pool.step_many(array("Q", bytes(8 * 100)), STREAM[:100])
            steps += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert handled > 10
    status = pool[1].status()
    assert status.seen + 500 == steps + 3 * handled
    # The fast way is open again.
    assert pool._handle.fast_pointer == pool._handle._pointer.value  # type: ignore[union-attr]


def test_another_thread_runs_while_a_column_is_judged() -> None:
    pool = Pool.with_template(Spot(**CONFIG).fit(STREAM), threads=1)
    keys, values = array("Q", KEYS * 100), array("d", STREAM * 100)
    done = threading.Event()
    ticks = 0

    def judge() -> None:
        pool.step_many(keys, values)
        done.set()

    thread = threading.Thread(target=judge)
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.0005)
    thread.join()
    assert ticks > 5


FORKED = """
import os, random, signal, subprocess, sys, threading, time
from array import array
from tailspot import Pool
draw = random.Random(1)
values = array("d", [draw.gauss(0.0, 1.0) for _ in range(20_000)])
keys = array("Q", [i % 7 for i in range(20_000)])
pool = Pool(q=1e-3, level=0.95, n_init=500, threads=2)
pool.step_many(keys, values)
"""
# What parent and child do: the same.
AFTER_FORK = """
child = os.fork()
if child == 0:
    signal.alarm(60)
result = pool.step_many(keys, values)
twin = Pool.load(pool.save(), threads=2)
pool.step(1, 1.0)
twin.step(1, 1.0)
ok = twin.save() == pool.save() and len(pool) == 7 and len(result.anomalies) > 10
pool.close()
if child == 0:
    os._exit(not ok)
assert ok
assert os.waitpid(child, 0)[1] == 0, "the child"
"""
# Another thread is judging when the process is forked.
AT_WORK = """
idle = Pool.load(pool.save(), threads=2)
idle.step_many(keys, values)
busy = threading.Thread(target=lambda: [pool.step_many(keys * 20, values * 20) for _ in range(5)])
busy.start()
while pool._handle._depth == 0:
    time.sleep(0.001)
child = os.fork()
if child == 0:
    signal.alarm(60)
    lost = 0
    for call in (lambda: pool.step(1, 1.0), lambda: pool.step_many(keys, values), pool.save, lambda: len(pool)):
        try:
            call()
        except RuntimeError as error:
            lost += "was judging values when its process was forked" in str(error)
    pool.close()
    del pool
    idle.step_many(keys, values)
    os._exit(lost != 4)
busy.join()
assert os.waitpid(child, 0)[1] == 0, "the child"
assert sum(pool[key].status().seen + 500 for key in pool) == 101 * len(keys)
"""


# Threads are made when they are first needed, and end with their pool.
COUNTED = """
count = lambda: len(os.listdir("/proc/self/task"))
first = count()
few = Pool(threads=2)
for step, more in (
    (lambda: few.step_many(keys[:1023], values[:1023]), 0), (lambda: few.step_many(keys[:1024], values[:1024]), 2),
    (few.save, 2), (few.close, 0), (pool.close, -2),
):
    step()
    end = time.monotonic() + 10
    # The system may list a thread for a moment after it was joined.
    while count() > first + more and time.monotonic() < end:
        time.sleep(0.001)
    assert count() == first + more, (count(), first, more)
"""
# No thread gets a stack.
STARVED = """
saved = pool.save()
os.environ["RUST_MIN_STACK"] = str(2**46)
poor = subprocess.run([sys.executable, "-c", POOR], input=saved, env=os.environ)
assert poor.returncode == 0
"""
POOR = """
import sys
from array import array
from tailspot import Pool
pool = Pool(threads=2)
pool.step_many([1] * 1000, [0.0] * 1000)
before = pool[1].save()
for call in (lambda: pool.step_many([1] * 2000, [0.0] * 2000), pool.save, lambda: Pool.load(sys.stdin.buffer.read())):
    try:
        call()
        raise SystemExit("there are threads")
    except RuntimeError as error:
        assert "the pool's threads could not be started" in str(error), error
assert pool[1].save() == before
pool.step(1, 1.0)
pool.close()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this system has no /proc")
@pytest.mark.parametrize("program", [COUNTED, STARVED], ids=["counted", "starved"])
def test_threads_are_made_when_they_are_needed(program: str) -> None:
    answer(program)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("program", [AFTER_FORK, AT_WORK], ids=["after work", "at work"])
def test_a_child_of_fork_goes_on(program: str) -> None:
    answer(program)


def answer(program: str) -> None:
    """Runs a program that ends with 0 if all is well."""
    environment = {**os.environ, "PYTHONPATH": str(Path(tailspot.__file__).parents[1])}
    call = [sys.executable, "-W", "ignore", "-c", f"POOR = {POOR!r}\n{FORKED}{program}"]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
