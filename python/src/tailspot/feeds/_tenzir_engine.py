"""The engine of Tenzir as a child process whose standard output is an Arrow stream."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import weakref
from collections import deque
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Seconds that the engine has to end in good order, before the programs of its `shell` are killed, and then itself.
GRACE = 2.0
# Lines of standard error that are kept.
LINES = 1000


def found(command: Sequence[str]) -> list[str]:
    """The command that starts the engine, with its program next to this Python or on PATH.

    Raises FileNotFoundError if it is in neither.
    """
    name, *options = [command] if isinstance(command, str) else command
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if program is None:
        raise FileNotFoundError(
            f"there is no program {name!r} here: pip install 'tailspot[tenzir]', or name another one by engine=..."
        )
    return [program, *options]


class Engine:
    """One pipeline in a process of its own; every method may block, and belongs into a thread."""

    def __init__(self, command: Sequence[str], program: str) -> None:
        """Starts the engine on a pipeline (TQL) whose end is `write_feather`."""
        # A session of its own: Ctrl-C is for Python, which then stops the engine.
        self._process = subprocess.Popen(
            [*command, "--color=never", "--console-verbosity=warning", program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.stopped = False
        self.damage = ""
        self._reading = threading.Lock()
        self._lines: deque[str] = deque(maxlen=LINES)
        self._batches = self._read()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        # Nothing is left behind when nobody has closed it, not even at the exit of Python.
        self._last_resort = weakref.finalize(self, _end, self._process, 0.0)

    @property
    def exit_code(self) -> int | None:
        """What the engine ended with, -n if signal n killed it; None while it runs."""
        return self._process.returncode

    @property
    def stderr(self) -> str:
        """The last lines of what the engine said on standard error."""
        return "".join(self._lines)

    def next_batch(self) -> Any:
        """The next pyarrow.RecordBatch, as soon as it has come; None at the end, also at an end in the middle."""
        try:
            with self._reading:
                return next(self._batches, None)
        except (pa.ArrowException, EOFError, OSError, ValueError) as error:
            self.damage = str(error)
            return None

    def wait(self) -> None:
        """Waits for the end of the engine, which has nothing more to say."""
        self._process.wait()
        self._close()

    def stop(self) -> None:
        """Ends the engine and the programs that it started; nothing happens if it has ended."""
        if self._process.poll() is None:
            self.stopped = True
            self._process.terminate()
            self._stop_reading()
        _end(self._process, GRACE)
        self._close()

    def _stop_reading(self) -> None:
        """Closes the pipe, which the engine may be about to fill, once nobody reads from it."""
        assert self._process.stdout is not None
        if self._reading.acquire(timeout=GRACE):
            self._process.stdout.close()
            self._reading.release()

    def _read(self) -> Iterator[Any]:
        source = self._process.stdout
        assert source is not None
        while source.peek(1):  # type: ignore[attr-defined]
            yield from pa.ipc.open_stream(source)

    def _listen(self) -> None:
        source = self._process.stderr
        assert source is not None
        with source:
            for line in source:
                self._lines.append(line.decode(errors="replace"))

    def _close(self) -> None:
        # A program of `shell` may hold standard error open for longer than the engine lives.
        self._listener.join(1.0)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._last_resort.detach()


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Ends the engine; a program of `shell` that does not end would hold it up, and outlive it."""
    children = _children(process.pid) if process.poll() is None else []
    process.terminate()
    for kill in (partial(_kill_groups, children), process.kill):
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            break
        kill()
    process.wait()
    _kill_groups(children)


def _children(pid: int) -> list[int]:
    """What the engine started for `shell`, each in a group of its own. Without /proc it is not known."""
    children = []
    for tasks in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            children += [int(child) for child in tasks.read_text().split()]
    return children


def _kill_groups(children: list[int]) -> None:
    for child in children:
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
