"""A filter on Arrow IPC streams: `python -m tailspot.arrow COLUMN...` reads standard input, writes standard output.

Each record batch leaves with three more columns: `event`, int8, the code of the event (0 normal, 1 and -1 alerts; see
`tailspot.Event`); `upper` and `lower`, float64, the thresholds that the value was judged by, null before the
calibration and on a side that is not watched. With more than one COLUMN there are three for each, `<column>_event` and
so on. A batch leaves as soon as it came.

Needs pyarrow (`pip install tailspot[arrow]`).
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tailspot import _judged
from tailspot._config import Config
from tailspot._native import ACCOUNTING, THRESHOLD
from tailspot._spot import from_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NUMBERS = {"int": int, "float": float}
_CHOICES = {"Accounting": ACCOUNTING, "Threshold": THRESHOLD}
_UP_TO_4 = "a baseline that is judged apart, as depth/scale_depth/period; up to four times"
_KINDS = (("event", pa.int8()), ("upper", pa.float64()), ("lower", pa.float64()))


class Filter:
    """Adds the answers of one detector a column to record batches.

    schema: the pyarrow.Schema of the batches.
    columns: the names of the columns to watch: integers, floats or bool; nulls are missing.
    config: the parameters of `Spot`, and of `DSpot` if there is a `depth`.

    Raises ValueError for a column that is not there or an answer whose name is taken, TypeError for a column that is
    not of real numbers.
    """

    def __init__(self, schema: pa.Schema, columns: Sequence[str], **config: Any) -> None:
        self.schema = schema
        for column in columns:
            _check(schema, column)
            prefix = f"{column}_" if len(columns) > 1 else ""
            for answer, kind in _KINDS:
                name = prefix + answer
                if name in self.schema.names:
                    raise ValueError(
                        f"there is a column {name!r} already: rename it, its name is needed for the answer"
                    )
                self.schema = self.schema.append(pa.field(name, kind))
        self._spots = {column: from_parameters("Filter()", config) for column in columns}
        for spot in self._spots.values():
            _judged.quietly(spot)
        self._rows = 0

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the answers; n rows go in, n rows come out. Its schema is `schema`."""
        columns = list(batch.columns)
        self._rows += batch.num_rows
        for name, spot in self._spots.items():
            result = spot.step_many(batch.column(batch.schema.get_field_index(name)))
            thresholds = [_of(pa.float64(), values) for values in (result.upper, result.lower)]
            columns.append(_of(pa.int8(), result.events))
            columns += [pc.if_else(pc.is_nan(values), pa.scalar(None, pa.float64()), values) for values in thresholds]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def unjudged(self) -> list[str]:
        """A sentence for each column of which no value was judged so far, though there were some."""
        sentences = []
        for name, spot in self._spots.items():
            status = spot.status()
            given = self._rows - status.missing
            if status.seen == 0 < given:
                sentences.append(f"column {name!r}: {_judged.text(given, spot._handle)}")
        return sentences


def _check(schema: pa.Schema, column: str) -> None:
    places = schema.get_all_field_indices(column)
    if len(places) != 1:
        there = ", ".join(map(repr, schema.names)) or "none"
        many = f"there are {len(places)} columns" if places else "there is no column"
        raise ValueError(f"{many} {column!r}; the columns are {there}")
    kind = schema.field(places[0]).type
    types = pa.types
    if not any(is_one(kind) for is_one in (types.is_integer, types.is_floating, types.is_boolean, types.is_null)):
        raise TypeError(f"column {column!r} is of type {kind}: needs integers, floats or bool")


def _of(kind: pa.DataType, values: Any) -> pa.Array:
    """An Arrow array of the memory of an array."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def filtered(source: Any, sink: Any, columns: Sequence[str], **config: Any) -> list[str]:
    """Reads an Arrow IPC stream from a binary file and writes it, with the answers, to another, batch by batch.

    Returns what `Filter.unjudged` says at the end.

    Files are pyarrow's or Python's; those of Python must be buffered (a short read is the end for Arrow).
    """
    try:
        reader = pa.ipc.open_stream(source)
    except (pa.ArrowException, EOFError, OSError) as error:
        raise ValueError(f"this is not an Arrow IPC stream: {error}") from None
    judge = Filter(reader.schema, columns, **config)
    with pa.ipc.new_stream(sink, judge.schema) as writer:
        sink.flush()
        for batch in _batches(reader):
            writer.write_batch(judge(batch))
            sink.flush()
    sink.flush()
    return judge.unjudged()


def _batches(reader: Any) -> Iterator[Any]:
    try:
        while True:
            yield reader.read_next_batch()
    except StopIteration:
        return
    except (pa.ArrowException, EOFError, OSError) as error:
        raise ValueError(f"the stream ends in the middle, or is damaged: {error}") from None


def _arguments(words: Sequence[str] | None) -> tuple[list[str], dict[str, Any]]:
    parser = argparse.ArgumentParser(
        prog="python -m tailspot.arrow",
        description="Adds the event and the thresholds of each value to the record batches of an Arrow IPC stream.",
        epilog="The parameters are those of tailspot.Spot, which help(tailspot.Spot) explains.",
    )
    parser.add_argument("columns", nargs="+", metavar="COLUMN", help="a column to watch, with a detector of its own")
    parser.add_argument("--side", choices=("up", "down", "both"), default="both", help="which tails to watch")
    for field in fields(Config):
        if field.name not in ("up", "down"):
            _add(parser, field)
    given = {name: value for name, value in vars(parser.parse_args(words)).items() if value is not None}
    columns, side = given.pop("columns"), given.pop("side")
    return columns, {**given, "up": side != "down", "down": side != "up"}


def _add(parser: argparse.ArgumentParser, field: Any) -> None:
    """Adds the option of a field of `Config`."""
    option = "--" + field.name.replace("_", "-")
    note = f"default: {field.default}"
    if field.name == "baselines":
        parser.add_argument(
            "--baseline", type=_baseline, action="append", dest=field.name, metavar="D/S/P", help=_UP_TO_4
        )
    elif field.type == "bool":
        parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=note)
    elif field.type in _CHOICES:
        parser.add_argument(option, choices=_CHOICES[field.type], help=note)
    else:
        parser.add_argument(option, type=_NUMBERS[field.type], help=note)


def _baseline(text: str) -> tuple[int, ...]:
    """DEPTH[/SCALE_DEPTH[/PERIOD]]."""
    try:
        sizes = tuple(map(int, text.split("/")))
    except ValueError:
        sizes = ()
    if not 1 <= len(sizes) <= 3:
        wanted = "DEPTH, DEPTH/SCALE_DEPTH or DEPTH/SCALE_DEPTH/PERIOD in whole numbers, such as 10/40/288"
        raise argparse.ArgumentTypeError(f"{text!r} is not a baseline: needs {wanted}")
    return sizes


def main(words: Sequence[str] | None = None) -> int:
    """The filter as a program: 0, or 2 and a sentence on standard error for bad usage or bad data."""
    columns, config = _arguments(words)
    # Buffered whatever `python -u` did to sys.stdin and sys.stdout: a pipe may give less than was asked for.
    source = io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False), 1 << 20)
    sink = io.BufferedWriter(io.FileIO(sys.stdout.fileno(), "w", closefd=False), 1 << 20)
    try:
        for sentence in filtered(source, sink, columns, **config):
            print(f"tailspot.arrow: {sentence}", file=sys.stderr)
    except BrokenPipeError:
        # The reader has gone: nothing is left to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (pa.ArrowException, ValueError, TypeError, OSError) as error:
        print(f"tailspot.arrow: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
