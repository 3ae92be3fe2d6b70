"""The lines of an event file of retis, of which the reader of retis is given whole ones only."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tailspot._number import as_count, as_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL = 0.1
_READERS = ("EventReader", "SeriesReader")


class Events:
    """Iterates over the events of a file of `retis collect`, or over the series of one of `retis sort -o`.

    path: the file. The reader of retis takes half a line for a whole one, and what comes later for the next; so a line
        is given to it only when its line feed is there.
    follow: seconds to wait at the end for one more line; 0 reads what is there, True keeps waiting. A file that took
        the place of this one (rotation), or began anew, is read from its first line on.
    skip: lines to pass over: `line` of an earlier run, to go on where it stopped.

    After an error, and after the end, `next` continues with the next line. Raises OSError if the file cannot be opened,
    ValueError with file and line for a line that does not hold events; half a line at the end is such an error without
    `follow`, with it the half is kept until the rest is there.
    """

    def __init__(self, path: Any, *, follow: float = 0.0, skip: int = 0) -> None:
        self.path = os.fsdecode(path)
        """The file."""
        self.line = 0
        """Lines read so far: the number of the last one, from 1."""
        self._follow, self._skip = _seconds(follow), as_count(skip, "skip", 0)
        if not stat.S_ISREG(os.stat(self.path).st_mode):
            raise ValueError(f"{self.path} is not a regular file: the reader of retis reads neither folders nor pipes")
        self._open()

    def _open(self) -> None:
        self._file = open(self.path, "rb")  # noqa: SIM115
        self._rest = b""
        self._lacks_feed = False
        self._reader: Any = None
        self._sorted = False
        self.line = 0

    def close(self) -> None:
        """Closes the file."""
        if hasattr(self, "_file"):
            self._file.close()

    __del__ = close

    @property
    def place(self) -> str:
        """The file and the line read last, for messages."""
        return f"{self.path}, line {self.line}"

    def __repr__(self) -> str:
        return f"<Events of {self.place}>"

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        while self.line < self._skip:
            line = self._next_line()
            try:
                self._read(line)
            except ValueError:
                if self._reader is None:
                    raise
        line = self._next_line()
        if self._lacks_feed and line == b"\n":
            self._pass_over_feed()
            line = self._next_line()
        return self._read(line)

    def _next_line(self) -> bytes:
        """The next line, with a line feed unless it is the last; StopIteration when there is none."""
        deadline = time.monotonic() + self._follow
        while not self._has_line():
            if self._follow and self._is_another():
                if not self._has_line():
                    self._change_over()
                continue
            left = deadline - time.monotonic()
            if left <= 0.0:
                return self._last_line()
            time.sleep(min(_POLL, left))
        line, self._rest = self._rest, b""
        return line

    def _has_line(self) -> bool:
        if not self._rest.endswith(b"\n"):
            self._rest += self._file.readline()
        return self._rest.endswith(b"\n")

    def _is_another(self) -> bool:
        """Whether the path leads to another file by now, or to one that began anew."""
        here = os.fstat(self._file.fileno())
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return False
        return not os.path.samestat(here, there) or there.st_size < self._file.tell()

    def _change_over(self) -> None:
        """Goes on in the first line of the file that is there now."""
        old, half = self._file, f"{self.path}, line {self.line + 1}: half a line, {len(self._rest)} bytes"
        rest, self._skip = self._rest, 0
        self._open()
        old.close()
        if rest:
            raise ValueError(f"{half}: its end is lost, another file took the place of this one")

    def _last_line(self) -> bytes:
        if self._follow or not self._rest:
            if self.line == 0 and not self._follow:
                raise ValueError(f"{self.path}: the file is empty")
            raise StopIteration
        try:
            json.loads(self._rest)
        except ValueError:
            raise ValueError(
                f"{self.path}, line {self.line + 1}: half a line, {len(self._rest)} bytes without a line feed: its end"
                " is lost, or still to come (follow=... waits for it)"
            ) from None
        # An event as good as any.
        line, self._rest, self._lacks_feed = self._rest, b"", True
        return line

    def _pass_over_feed(self) -> None:
        """The line feed of the line before came after all; to the reader it is a line."""
        self._lacks_feed = False
        with suppress(RuntimeError):
            next(self._reader)

    def _read(self, line: bytes) -> Any:
        """What the reader makes of its next line, which is this one."""
        try:
            if self._reader is None:
                self._start()
        except RuntimeError as error:
            self._rest = line
            raise ValueError(f"{self.path}, line 1: {reason(error)}") from None
        self.line += 1
        try:
            return next(self._reader)
        except RuntimeError as error:
            raise ValueError(f"{self.place}: {reason(error)}{self._hint(line)}") from None
        except StopIteration:
            raise ValueError(
                f"{self.place}: the reader of retis does not see this line: was the file exchanged?"
            ) from None

    def _start(self) -> None:
        import retis

        file = retis.EventFile(self.path)
        self._sorted = file.sorted()
        self._reader = file.series() if self._sorted else file.events()

    def _hint(self, line: bytes) -> str:
        if not line.strip():
            return " (the line is empty)"
        if line.startswith(b"[") != self._sorted:
            return " (an event in a sorted file)" if self._sorted else " (a series in a file that is not sorted)"
        return ""


class Given:
    """Events or series from anywhere else, counted: an EventFile, a reader of retis, any iterable."""

    def __init__(self, source: Any) -> None:
        self._name = type(source).__name__
        if hasattr(source, "sorted") and hasattr(source, "series"):
            source = _opened(source)
        try:
            self._items = iter(source)
        except TypeError:
            raise TypeError(
                f"source is a {self._name}: needs the path of an event file, an EventFile, EventReader or SeriesReader"
                " of retis, or any iterable of events or series"
            ) from None
        self._from_retis = type(self._items).__name__ in _READERS
        self._count = 0

    @property
    def place(self) -> str:
        """What came last, for messages."""
        return f"{self._name}, item {self._count}"

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._count += 1
        try:
            return next(self._items)
        except RuntimeError as error:
            if not self._from_retis:
                raise
            raise ValueError(f"{self.place}: {reason(error)}") from None


def _opened(file: Any) -> Any:
    try:
        return file.series() if file.sorted() else file.events()
    except RuntimeError as error:
        raise ValueError(f"EventFile: {reason(error)}") from None


def _seconds(follow: float) -> float:
    seconds = math.inf if follow is True else as_parameter(follow, "follow")
    if not seconds >= 0.0:
        raise ValueError(f"follow = {follow} is out of range: needs seconds >= 0, or True")
    return seconds


def reason(error: RuntimeError) -> str:
    """What the reader complains about, without its backtrace; its "line 1" is always the line at hand."""
    first = str(error).split("\n", 1)[0]
    return re.sub(r" at line \d+ column (\d+)$", r" at column \1", first)
