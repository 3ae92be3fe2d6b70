"""Many detectors by key: the answers of one detector a key."""

from __future__ import annotations

import copy
import importlib.util
import pickle
import random
from array import array
from functools import partial
from typing import Any

import pytest
from conftest import normal, same

from tailspot import DSpot, Event, Pool, Spot

BUSY: dict[str, Any] = {"q": 5e-3, "level": 0.95, "n_init": 200, "max_excess": 40}
HAS_NUMPY = importlib.util.find_spec("numpy") is not None


def column(count: int, keys: int, seed: int = 1) -> tuple[list[int], list[float]]:
    """Keys in random order, with values that are sometimes far away and sometimes missing."""
    draw = random.Random(seed)
    chosen = [draw.randrange(keys) * 0x9E3779B97F4A7C15 % 2**64 for _ in range(count)]
    far = [10.0 if draw.random() < 0.01 else 1.0 for _ in range(count)]
    values = [float("nan") if draw.random() < 0.01 else x * f for x, f in zip(normal(count, seed), far)]
    return chosen, values


def alone(keys: list[int], values: list[float], **config: Any) -> tuple[Any, list[int], list[float], list[float]]:
    """One detector a key: the detectors, the events, the thresholds."""
    spots: dict[int, Spot] = {}
    events, upper, lower = [], [], []
    for key, x in zip(keys, values):
        if key not in spots:
            spots[key] = DSpot(**config) if config.get("depth") else Spot(**config)
        upper.append(spots[key].get_upper_threshold())
        lower.append(spots[key].get_lower_threshold())
        events.append(int(spots[key].step(x)))
    return spots, events, upper, lower


def filled(count: int = 3000, keys: int = 5, **settings: Any) -> Pool:
    """A pool that has seen a column."""
    pool = Pool(**BUSY, **settings)
    pool.step_many(*column(count, keys))
    return pool


@pytest.mark.parametrize("config", [BUSY, {**BUSY, "depth": 7}, {**BUSY, "down": False, "accounting": "discarded"}])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_column_is_answered_as_by_one_detector_a_key(config: dict[str, Any], threads: int) -> None:
    keys, values = column(20_000, 17)
    spots, events, upper, lower = alone(keys, values, **config)
    pool = Pool(**config, threads=threads)
    start = 0
    for size in (0, 1, 63, 64, 65, 5000, 20_000):
        result = pool.step_many(keys[start : start + size], values[start : start + size])
        part = slice(start, start + len(result))
        assert list(result.events) == events[part]
        assert same(result.upper, array("d", upper[part]))
        assert same(result.lower, array("d", lower[part]))
        start += len(result)
    assert start == len(keys)
    assert Event.ALERT_UP in events
    assert sorted(pool) == sorted(spots)
    assert {key: pool[key].save() for key in pool} == {key: spot.save() for key, spot in spots.items()}


def test_single_values_are_answered_as_by_one_detector_a_key() -> None:
    keys, values = column(3000, 5)
    spots, events, _, _ = alone(keys, values, **BUSY)
    pool = Pool(**BUSY)
    assert [pool.step(key, x) for key, x in zip(keys, values)] == events
    assert type(pool.step(keys[0], None)) is Event
    assert pool[keys[1]].save() == spots[keys[1]].save()


def test_a_fitted_detector_is_shared_by_all_keys() -> None:
    spot = Spot(**BUSY).fit(normal(1000))
    pool = Pool.with_template(spot)
    assert pool.step(3, 100.0) is Event.ALERT_UP
    assert pool.step(4, 0.0) is Event.NORMAL
    spot.step(100.0)
    assert pool[3].save() == spot.save()
    assert type(Pool.with_template(DSpot(depth=3, **BUSY)).config().depth) is int
    with pytest.raises(TypeError, match="spot must be a Spot, not dict"):
        Pool.with_template({})  # type: ignore[arg-type]


def test_a_saved_pool_continues_bit_for_bit() -> None:
    keys, values = column(4000, 9)
    for depth in (0, 5):
        pool = Pool(**BUSY, depth=depth, max_keys=12)
        for start in range(0, 4000, 1000):
            saved = pool.save()
            twin = Pool.load(saved, threads=1)
            assert twin.save() == saved
            assert twin.max_keys == 12
            part = slice(start, start + 1000)
            one, two = pool.step_many(keys[part], values[part]), twin.step_many(keys[part], values[part])
            assert same(one.events, two.events)
            assert same(one.upper, two.upper)
            assert pool.save() == twin.save()


def test_a_pool_can_be_copied_and_pickled() -> None:
    pool = filled(threads=2)
    pool.note = "mine"  # type: ignore[attr-defined]
    for twin in (copy.copy(pool), copy.deepcopy(pool), pickle.loads(pickle.dumps(pool))):
        assert type(twin) is Pool
        assert twin.save() == pool.save()
        assert twin.note == "mine"
        assert twin._threads == 2
        twin.step(1, 1.0)
        assert twin.save() != pool.save()


def test_what_is_no_pool_is_refused_with_the_reason() -> None:
    saved = filled().save()
    with pytest.raises(ValueError, match="the checksum does not match"):
        Pool.load(saved[:-1] + b"x")
    with pytest.raises(ValueError, match="kind 1 is not a pool of detectors"):
        Pool.load(Spot().save())
    with pytest.raises(ValueError, match="kind 2 is not one detector"):
        Spot.load(saved)
    with pytest.raises(TypeError, match="data must be bytes, not str"):
        Pool.load("saved")  # type: ignore[arg-type]


def test_a_pool_is_a_mapping_of_copies() -> None:
    pool = filled()
    key = next(iter(pool))
    spot = pool[key]
    assert key in pool
    assert 12345 not in pool
    before = spot.save()
    spot.step(1.0)
    assert pool[key].save() == before
    pool[12345] = spot
    assert 12345 in pool
    assert len(pool) == 6
    assert pool[12345].save() == spot.save()
    assert pool.pop(12345).save() == spot.save()
    del pool[key]
    assert len(pool) == 4
    assert key not in pool
    for refused in (lambda: pool[key], lambda: pool.pop(key), lambda: pool.__delitem__(key)):
        with pytest.raises(KeyError, match=str(key)):
            refused()
    with pytest.raises(TypeError, match="spot must be a Spot, not float"):
        pool[1] = 1.0  # type: ignore[assignment]
    assert sorted(pool.keys()) == sorted(pool)
    assert len(Pool().keys()) == 0
    assert Pool(depth=2)._handle.template().config().depth == 2
    pool[1] = DSpot(depth=3)
    assert type(pool[1]) is DSpot


def test_the_key_that_was_seen_least_recently_is_forgotten() -> None:
    pool = Pool(max_keys=2)
    for key in (1, 2, 1, 3):
        pool.step(key, 0.0)
    assert sorted(pool) == [1, 3]
    pool.max_keys = 1
    assert list(pool) == [3]
    pool.max_keys = None
    pool.step_many([4, 5], [0.0, 0.0])
    assert len(pool) == 3
    assert pool.max_keys is None


def test_keys_are_64_bits_wide_and_two_s_complement() -> None:
    pool = Pool()
    for key in (0, 2**64 - 1, -1, -(2**63), 2**63, True):
        pool.step(key, 1.0)
    assert sorted(pool) == [0, 1, 2**63, 2**64 - 1]
    assert -1 in pool
    assert pool[-1].save() == pool[2**64 - 1].save()
    pool.step_many([-1, 2**63, 7], [1.0, 1.0, 1.0])
    assert sorted(pool) == [0, 1, 7, 2**63, 2**64 - 1]
    for bad in (2**64, -(2**63) - 1):
        for refused in (
            partial(pool.step, bad, 1.0),
            partial(pool.step_many, [0, bad], [1.0, 1.0]),
            partial(pool.pop, bad),
        ):
            with pytest.raises(ValueError, match=r"out of range: needs integers from -2\*\*63 to 2\*\*64 - 1"):
                refused()
    for what in (1.0, "a", None):
        with pytest.raises(TypeError, match=r"key = .* is not an integer"):
            pool.step(what, 1.0)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"keys\[1\] = .* is not an integer"):
            pool.step_many([0, what], [1.0, 1.0])


def test_columns_of_integers_of_every_kind() -> None:
    """Without NumPy: arrays of the standard library, in any width and direction."""
    wanted = [5, 6, 5, 7] * 30
    values = normal(120)
    expected = Pool(**BUSY).step_many(wanted, values)
    for letter in "bBhHiIlLqQ":
        for keys in (array(letter, wanted), memoryview(array(letter, wanted[::-1]))[::-1]):
            pool = Pool(**BUSY)
            assert same(pool.step_many(keys, values).events, expected.events)
            assert sorted(pool) == [5, 6, 7]
    pool = Pool()
    pool.step_many(array("b", [-1, 1]), [0.0, 0.0])
    pool.step_many(array("q", [-1, 1]), [0.0, 0.0])
    assert sorted(pool) == [1, 2**64 - 1]


def test_columns_that_do_not_fit_are_refused() -> None:
    pool = Pool()
    for keys, values in (([1], []), ([], [1.0]), ([1, 2, 3], [1.0, 2.0])):
        with pytest.raises(ValueError, match=f"keys hold {len(keys)} items and values {len(values)}: needs one key"):
            pool.step_many(keys, values)
    with pytest.raises(TypeError, match="keys are floats"):
        pool.step_many(array("d", [1.0]), [1.0])
    with pytest.raises(TypeError, match="keys"):
        pool.step_many("ab", [1.0, 2.0])
    with pytest.raises(TypeError, match="keys"):
        pool.step_many({1: 2}, [1.0])
    with pytest.raises(TypeError, match="values"):
        pool.step_many([1], ["x"])
    with pytest.raises(ValueError, match="keys have the shape"):
        pool.step_many(memoryview(bytes(16)).cast("Q", (2, 1)), [1.0, 2.0])
    assert len(pool) == 0


def test_values_of_other_types_and_bytes_are_converted() -> None:
    keys, values = [1, 2] * 500, [float(round(100 * x)) for x in normal(1000)]
    expected = Pool(**BUSY).step_many(keys, values)
    for given in (array("h", map(int, values)), array("f", values), [*map(int, values)]):
        assert same(Pool(**BUSY).step_many(keys, given).upper, expected.upper)
    raw = array("f", values).tobytes()
    assert same(Pool(**BUSY).step_many(keys, raw, dtype="f4").events, expected.events)


def test_thresholds_can_be_left_out() -> None:
    keys, values = column(3000, 5)
    pool = Pool(**BUSY)
    result = pool.step_many(keys, values, thresholds=False)
    with pytest.raises(ValueError, match="this result has no upper"):
        result.upper  # noqa: B018
    whole = Pool(**BUSY).step_many(keys, values)
    assert same(result.events, whole.events)
    assert list(result.anomalies) == list(whole.anomalies)
    assert "alert up" in result._repr_html_()
    assert pool.save() == filled().save()


def test_parameters_out_of_range_are_named() -> None:
    for bad, message in (
        ({"q": 2.0}, "q = 2 is out of range"),
        ({"depth": -1}, "depth = -1 is out of range"),
        ({"max_keys": 0}, "max_keys = 0 is out of range: needs max_keys >= 1"),
        ({"threads": 0}, "threads = 0 is out of range: needs threads >= 1"),
        ({"threads": 1025}, "threads = 1025 is out of range: needs at most 1024"),
    ):
        with pytest.raises(ValueError, match=message):
            Pool(**bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"max_keys = 1\.5 is not an integer"):
        Pool(max_keys=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="value = 'x' is not a real number"):
        Pool().step(1, "x")


def test_a_closed_pool_says_so() -> None:
    with filled() as pool:
        assert repr(pool) == "<Pool(q=0.005, level=0.95, up=True, down=True) of 5 streams>"
    pool.close()
    assert repr(pool) == "<Pool, closed>"
    for refused in (
        lambda: pool.step(1, 1.0),
        lambda: pool.step_many([1], [1.0]),
        lambda: pool[1],
        lambda: len(pool),
        lambda: list(pool),
        lambda: pool.save(),
        lambda: pool.config(),
    ):
        with pytest.raises(ValueError, match="this pool is closed"):
            refused()


def test_the_answers_of_a_call_are_arrays_of_numpy_where_it_is() -> None:
    pool = filled()
    kind = "numpy" if HAS_NUMPY else "array"
    assert type(pool.keys()).__module__ == kind
    assert type(pool.step_many([1], [1.0], thresholds=False).events).__module__ == kind
