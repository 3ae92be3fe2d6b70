"""What the columns of a DataFrame have to be, and where each of its rows belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkTypeError
from pyspark.sql import functions
from pyspark.sql import types as spark
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import ByteType, DoubleType, StructField, StructType

from tailspot.spark._checkpoint import HASH

if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMES = (spark.TimestampType, spark.TimestampNTZType, spark.DateType, spark.NumericType)
_VALUES = (spark.NumericType, spark.BooleanType)
_KEYS = {spark.IntegralType: "integer", spark.StringType: "string", spark.BinaryType: "binary"}
_ANSWERS = [StructField("event", ByteType()), StructField("upper", DoubleType()), StructField("lower", DoubleType())]


def place(schema: StructType, name: str) -> int:
    """The index of the column of this name. Raises TypeError unless it is a string, ValueError unless it is unique."""
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not the name of a column: {type(name).__name__}")
    count = schema.names.count(name)
    if count != 1:
        there = ", ".join(map(repr, schema.names)) or "none"
        many = f"there are {count} columns" if count else "there is no column"
        raise ValueError(f"{many} {name!r}; the columns are {there}")
    return schema.names.index(name)  # type: ignore[no-any-return]


def time_place(schema: StructType, name: str) -> int:
    """Where the column of the time is. Raises as `place`, and TypeError for a type that has no order in time."""
    return _of_type(schema, name, _TIMES, "a timestamp, a date or a number")


def value_place(schema: StructType, name: str) -> int:
    """Where the column of the values is. Raises as `place`, and TypeError for a column that is not of real numbers."""
    return _of_type(schema, name, _VALUES, "integers, floats, decimals or bool")


def _of_type(schema: StructType, name: str, types: tuple[Any, ...], needed: str) -> int:
    found = place(schema, name)
    kind = schema[found].dataType
    if not isinstance(kind, types):
        raise TypeError(f"column {name!r} is of type {kind.simpleString()}: needs {needed}")
    return found


def kind_of_key(schema: StructType, names: Sequence[str]) -> str:
    """The kinds of the columns of the key, with commas between. Raises as `place`, TypeError for other types."""
    if not names:
        raise ValueError("key names no column: needs at least one")
    return ", ".join(_kind(schema, name) for name in names)


def _kind(schema: StructType, name: str) -> str:
    of = schema[place(schema, name)].dataType
    for types, kind in _KEYS.items():
        if isinstance(of, types):
            return kind
    raise TypeError(f"column {name!r} is of type {of.simpleString()}: a key needs {', '.join(_KEYS.values())}")


def placed(stream: Any, names: Sequence[str], time: str, kind: str, shards: int) -> Any:
    """The DataFrame with three columns behind its own, which are only numbered: key, hash of the row, and shard.

    The key in the pool is an integer itself, and the hash of any other key; null in a row without key or time. The
    hash is Spark's xxhash64, of integers as bigint; shard = hash mod shards. (Spark resolves the columns of mapInArrow
    by name: one with a dot, or a second one of a name, would be in the way.)
    """
    hashed = getattr(functions, HASH)
    keys = [_column(stream, name) for name in names]
    if kind == "integer":
        keys = [keys[0].cast("bigint")]
        key = keys[0]
    else:
        keys = [column.cast("bigint") if of == "integer" else column for of, column in zip(kind.split(", "), keys)]
        key = hashed(*keys)
    for column in [*keys, _column(stream, time)]:
        key = functions.when(column.isNotNull(), key)
    tie = hashed(*[_column(stream, field.name) for field in stream.schema if _is_hashable(field.dataType)])
    shard = functions.pmod(hashed(*keys), functions.lit(shards)).cast("int")
    own = [_column(stream, field.name) for field in stream.schema]
    return stream.select(*[column.alias(f"_{i}") for i, column in enumerate([*own, key, tie, shard])])


def _column(stream: Any, name: str) -> Any:
    return stream["`" + name.replace("`", "``") + "`"]


def _is_hashable(kind: Any) -> bool:
    """Whether Spark hashes values of this type: not maps nor variants, nor what has them inside."""
    if isinstance(kind, spark.StructType):
        return all(_is_hashable(field.dataType) for field in kind)
    if isinstance(kind, spark.ArrayType):
        return _is_hashable(kind.elementType)
    return not isinstance(kind, (spark.MapType, spark.VariantType))


def answered(schema: StructType) -> StructType:
    """The schema with the answers behind it.

    Raises ValueError if one of their names is taken, TypeError for a column that Spark cannot hand to Python.
    """
    for field in _ANSWERS:
        if field.name in schema.names:
            raise ValueError(f"there is a column {field.name!r} already: rename it, its name is needed for the answer")
    for field in schema:
        try:
            to_arrow_type(field.dataType, timezone="UTC")
        except PySparkTypeError:
            kind = field.dataType.simpleString()
            raise TypeError(
                f"column {field.name!r} is of type {kind}, which Spark does not hand to Python: drop it, or cast it"
            ) from None
    return StructType([*schema.fields, *_ANSWERS])
