"""Anomalies in the pipelines of Tenzir, which was VAST: `async for anomaly in tenzir.awatch(pipeline, column)`.

The pipeline (TQL) runs in the engine, a child process, and its events come back as an Arrow stream. The surface is that
of pyvast: `export` is historical or continuous, with a limit; `count` counts; the status of a run is `Run.status`.

Needs pyarrow and the program `tenzir` (`pip install tailspot[tenzir]`).
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

import tailspot
from tailspot import _judged
from tailspot._number import as_count
from tailspot._spot import Spot, from_parameters
from tailspot.feeds import _tenzir_engine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from types import TracebackType

_EXPORTS = {
    "historical": "export",
    "continuous": "export live=true",
    "unified": "export retro=true, live=true",
}
_ENGINE = ("tenzir",)
_NUMBERS = ("int", "uint", "float")


class PipelineError(RuntimeError):
    """The pipeline failed, or its engine died; the message says how far it had come. The detector is as of there."""

    def __init__(self, message: str, exit_code: int | None, stderr: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        """What the engine ended with, -n if signal n killed it."""
        self.stderr = stderr
        """The last 1,000 lines that the engine wrote to standard error."""


@dataclass(frozen=True)
class Anomaly(tailspot.Anomaly):
    """A value that is an alert, and its event. `index` counts the events of the pipeline from 0."""

    row: dict[str, Any] = field(default_factory=dict)
    """The event, as its JSON has it: addresses, times and durations are text."""


@dataclass(frozen=True)
class RunStatus:
    """How far a run is."""

    rows: int
    """Events of the pipeline that are done, with those that were skipped."""
    values: int
    """Values that were judged or learned from."""
    missing: int
    """Values that were null, or not in their event."""
    alerts: int
    """Anomalies that were yielded."""
    exit_code: int | None
    """What the engine ended with, -n if signal n killed it; None while it runs, and before."""
    stderr: str
    """The last 1,000 lines that the engine wrote to standard error: its warnings."""


def export(expression: str = "", mode: str = "historical") -> str:
    """The pipeline that gets events from a node, as pyvast's `export` does.

    expression: which ones, such as "src_ip == 192.168.1.103 and bytes > 0"; all if it is empty.
    mode: "historical", what the node has stored; "continuous", what it is given from now on, until the limit is
        reached, the run is closed or the node ends; "unified", one after the other.

    Raises ValueError for any other mode.
    """
    if mode not in _EXPORTS:
        raise ValueError(f"mode = {mode!r} is unknown: needs one of {', '.join(map(repr, _EXPORTS))}")
    return "\n".join([_EXPORTS[mode], *([f"where {expression}"] if expression.strip() else [])])


async def count(pipeline: str, *, endpoint: str | None = None, engine: Sequence[str] = _ENGINE) -> int:
    """The number of events that a pipeline ends with. Arguments and errors as for `awatch`."""
    counted = await _collected(f"{pipeline}\nsummarize rows=count()", endpoint, engine)
    return int(counted[0]["rows"])


async def _collected(pipeline: str, endpoint: str | None, engine: Sequence[str]) -> list[dict[str, Any]]:
    process = _start(engine, endpoint, f"{pipeline}\nwrite_feather")
    rows: list[dict[str, Any]] = []
    try:
        while (batch := await _in_thread(process.next_batch)) is not None:
            rows += batch.to_pylist()
        await _in_thread(process.wait)
    finally:
        await _in_thread(process.stop)
    _check_end(process, 0)
    return rows


def awatch(
    pipeline: str,
    column: str | Sequence[str],
    detector: Spot | tailspot.Monitor | None = None,
    /,
    *,
    key: str | None = None,
    limit: int = 0,
    skip: int = 0,
    endpoint: str | None = None,
    engine: Sequence[str] = _ENGINE,
    **config: Any,
) -> Run:
    """Runs a pipeline and yields the anomalies of a column as they come: `async for anomaly in tenzir.awatch(...)`.

    pipeline: TQL that ends with events, such as 'from_file "flow.json" { read_ndjson }' or what `export` returns.
    column: the numbers to watch, "bytes" or "flow.bytes"; null, and not being there in a later event, is missing. With
        several columns each has a detector of its own, and `anomaly.key` names it.
    detector: a `Spot`, or a `Monitor` where there is a key or several columns, to go on with; without one a new one
        is made of `config`, the parameters of `Spot`, and of `DSpot` if there is a `depth`.
    key: a column that says which stream an event belongs to, each with a detector of its own; `anomaly.key` is its
        text, None for null. With several columns it is the tuple (key, column).
    limit: the greatest number of events; 0 for all of them.
    skip: events to leave out at the beginning: `status().rows` of a run that failed, to go on after it.
    endpoint: the node, host:port, that `export` asks; without it the one of the settings of Tenzir, or 127.0.0.1:5158.
    engine: the words of the command that starts the engine.

    Raises ValueError and TypeError for what is wrong with these at once, FileNotFoundError if there is no engine. On
    the way: ValueError if the first event has no such column, TypeError for a value that is not a number,
    `PipelineError` if the pipeline fails or the engine dies. The detector has then learned from exactly
    `status().rows` events.
    """
    return Run(pipeline, column, detector, key, limit, skip, endpoint, engine, config)


class Run:
    """A run of a pipeline: iterate over it once. Made by `awatch`.

    The engine starts with the first anomaly that is asked for and stops with the loop, however that is left: `break`,
    an exception, a cancelled task. `async with` and `aclose` stop it at once.
    """

    def __init__(
        self,
        pipeline: str,
        column: str | Sequence[str],
        detector: Spot | tailspot.Monitor | None,
        key: str | None,
        limit: int,
        skip: int,
        endpoint: str | None,
        engine: Sequence[str],
        config: dict[str, Any],
    ) -> None:
        self._columns: list[str] = [column] if isinstance(column, str) else list(column)
        if not self._columns or len(set(self._columns)) < len(self._columns):
            raise ValueError(f"the columns {self._columns!r} are not one or more, each named once")
        self._key, self._skip = key, as_count(skip, "skip", 0)
        self._keyed = key is not None or len(self._columns) > 1
        self._detector = _detector(detector, self._keyed, config)
        _judged.quietly(self._detector)
        self._program = _program(pipeline, self._columns, key, as_count(limit, "limit", 0), self._skip)
        self._command, self._endpoint = _tenzir_engine.found(engine), endpoint
        self._engine: _tenzir_engine.Engine | None = None
        self._rows = self._values = self._missing = self._alerts = 0

    @property
    def detector(self) -> Spot | tailspot.Monitor:
        """The detector, or all of them, to save or to go on with."""
        return self._detector

    def status(self) -> RunStatus:
        """How far the run is at this moment."""
        engine = self._engine
        exit_code, stderr = (engine.exit_code, engine.stderr) if engine else (None, "")
        return RunStatus(self._skip + self._rows, self._values, self._missing, self._alerts, exit_code, stderr)

    async def aclose(self) -> None:
        """Stops the engine; nothing happens if it has ended. The detector stays as it is."""
        if self._engine is not None:
            await _in_thread(self._engine.stop)

    async def __aenter__(self) -> Run:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[Anomaly]:
        return self._run()

    async def _run(self) -> AsyncIterator[Anomaly]:
        if self._engine is not None:
            raise RuntimeError("this run has been started before: make another one, with its detector to go on")
        engine = self._engine = _start(self._command, self._endpoint, self._program)
        try:
            while (batch := await _in_thread(engine.next_batch)) is not None:
                for anomaly in self._judged(batch):
                    yield anomaly
            await _in_thread(engine.wait)
        finally:
            await _in_thread(engine.stop)
        _check_end(engine, self._skip + self._rows)

    def _judged(self, batch: Any) -> Iterator[Anomaly]:
        """Judges a batch value by value: what has not been asked for has not been judged."""
        first, rows = self._skip + self._rows, batch.column("row")
        if isinstance(self._detector, Spot):
            found = tailspot.watch((value for _, value in self._pairs(batch)), self._detector)
        else:
            found = self._detector.watch(self._pairs(batch))
        for x in found:
            place = x.index // len(self._columns)
            self._alerts += 1
            row = json.loads(rows[place].as_py())
            yield Anomaly(first + place, x.value, x.event, x.threshold, x.probability, x.key, row)

    def _pairs(self, batch: Any) -> Iterator[tuple[Any, Any]]:
        """The key and the value, or None, of each column of each row, up to the first that is not a number."""
        if self._rows == 0 and batch.num_rows:
            self._check_first(json.loads(batch.column("row")[0].as_py()))
        count = len(self._columns)
        kinds = [batch.column(f"kind{i}") for i in range(count)]
        end = min(map(_first_other, kinds))
        values = [_without(pc.equal(kinds[i], "null"), batch.column(f"value{i}"))[:end] for i in range(count)]
        keys = [None] * end if self._key is None else _without(pc.invert(batch.column("keyed")), batch.column("key"))
        for key, *cells in zip(keys, *values):
            self._rows += 1
            for column, value in zip(self._columns, cells):
                self._missing += value is None
                self._values += value is not None
                yield key if count == 1 else column if self._key is None else (key, column), value
        if end < batch.num_rows:
            column, kind = next((c, k[end]) for c, k in zip(self._columns, kinds) if _first_other(k) == end)
            raise TypeError(
                f"column {column!r} is of type {kind} in event {self._skip + self._rows:,}: needs int or float,"
                " make it one in the pipeline"
            )

    def _check_first(self, row: dict[str, Any]) -> None:
        there = dict(_paths(row))
        for column in self._columns if self._key is None else [*self._columns, self._key]:
            if column not in there:
                names = ", ".join(map(repr, there)) or "none"
                raise ValueError(f"the first event has no column {column!r}; its columns are {names}")


def _first_other(kinds: Any) -> int:
    """Where the first kind is that is neither a number nor null; the length if there is none."""
    place = pc.index(pc.is_in(kinds, value_set=pa.array(["null", *_NUMBERS])), False).as_py()
    return len(kinds) if place < 0 else int(place)


def _without(gone: Any, values: Any) -> list[Any]:
    return pc.if_else(gone, pa.scalar(None, values.type), values).to_pylist()  # type: ignore[no-any-return]


def _detector(detector: Spot | tailspot.Monitor | None, keyed: bool, config: dict[str, Any]) -> Spot | tailspot.Monitor:
    if detector is None:
        return tailspot.Monitor(**config) if keyed else from_parameters("tenzir", config)
    if config:
        raise TypeError(f"a detector has its parameters already: {', '.join(config)}")
    if not isinstance(detector, tailspot.Monitor if keyed else Spot):
        raise TypeError(
            f"the detector is of type {type(detector).__name__}: one column without a key needs a Spot or DSpot,"
            " with a key, or several columns, a Monitor"
        )
    return detector


def _program(pipeline: str, columns: Sequence[str], key: str | None, limit: int, skip: int) -> str:
    """The pipeline, and what makes one schema of all that come: `write_feather` fails when the schema changes.

    A null would have a type of its own, so a number stands in its place, and another column has its kind.
    """
    if not pipeline.strip():
        raise ValueError("the pipeline is empty")
    stages = [pipeline]
    if skip:
        stages.append(f"slice begin={skip}")
    if limit:
        stages.append(f"head {limit}")
    cells = ["row=print_ndjson(this)"]
    if key is not None:
        cells += [f'keyed=type_kind({_field(key)}) != "null"', f'key=string({_field(key)}).otherwise("")']
    for i, at in enumerate(map(_field, columns)):
        cells.append(f"value{i}=float({at}) if type_kind({at}) in {json.dumps(_NUMBERS)} else 0.0")
        cells.append(f"kind{i}=type_kind({at})")
    return "\n".join([*stages, f"select {', '.join(cells)}", "write_feather"])


def _field(path: str) -> str:
    """A path such as "flow.bytes" in TQL, without the warning where it is not there."""
    if not isinstance(path, str) or not all(path.split(".")):
        raise ValueError(f"{path!r} is not the name of a column: needs a name, or names with dots between them")
    return "this" + "".join(f"[{json.dumps(name, ensure_ascii=False)}]?" for name in path.split("."))


def _paths(row: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        yield above + name, value
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")


def _start(engine: Sequence[str], endpoint: str | None, program: str) -> _tenzir_engine.Engine:
    command = _tenzir_engine.found(engine)
    return _tenzir_engine.Engine([*command, *([f"--endpoint={endpoint}"] if endpoint else [])], program)


def _check_end(engine: _tenzir_engine.Engine, rows: int) -> None:
    """Raises PipelineError unless the engine ended well, or was asked to stop."""
    if engine.stopped or (engine.exit_code == 0 and not engine.damage):
        return
    code, stderr = engine.exit_code, engine.stderr
    done = f"after {rows:,} events"
    if code is not None and code < 0:
        message = f"the engine was killed by {signal.Signals(-code).name} {done}"
    elif code == 0:
        message = f"the stream of the engine ends in the middle, or is damaged, {done}: {engine.damage}"
    else:
        message = f"the pipeline failed {done}: {_first_error(stderr) or f'exit code {code}'}"
    raise PipelineError(message, code, stderr)


def _first_error(stderr: str) -> str:
    """The first diagnostic that is an error, in one line: what, where, and the hint."""
    if "error: set operator expected events" in stderr:
        return "it does not end with events: leave out what makes bytes of them, or takes them away, at its end"
    _, _, after = stderr.partition("error: ")
    lines = after.split("\n\n")[0].splitlines()
    place = re.search(r"--> <input>:(\d+):(\d+)", after)
    where = f"line {place[1]}, column {place[2]} of the pipeline" if place else ""
    notes = [line.partition(" = ")[2] for line in lines if re.match(r"\s*= (hint|note|usage)", line)]
    details = "; ".join(part for part in [where, *notes] if part)
    return f"{lines[0].strip()} ({details})" if lines and details else "".join(lines[:1]).strip()


async def _in_thread(work: Callable[[], Any]) -> Any:
    """asyncio.to_thread, by a daemon: what never returns must not keep Python from ending."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def deliver(result: Any, error: BaseException | None) -> None:
        if not answer.done():
            answer.set_exception(error) if error else answer.set_result(result)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as caught:
            error = caught
        # The loop may be closed by now.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result, error)

    threading.Thread(target=run, daemon=True).start()
    return await answer
