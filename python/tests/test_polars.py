"""The expressions of polars answer as a loop of detectors does."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conftest import needs

import tailspot

pl = needs("polars")


@pytest.fixture(scope="module")
def frame() -> Any:
    """Two hosts, a spike in each, a hole."""
    import tailspot.polars  # noqa: F401

    values = [float(i * 7919 % 10007) for i in range(6000)]
    values[4000] = values[4008] = values[4501] = 1e6
    holes = [None if i == 77 else x for i, x in enumerate(values)]
    return pl.DataFrame({"host": [i % 2 for i in range(6000)], "v": holes})


def expected(values: list[Any], **parameters: Any) -> list[dict[str, Any]]:
    """The answers of one detector, and the number of incidents by its status."""
    spot, rows = tailspot.Spot(**parameters), []
    for value in values:
        verdict = spot.verdict(math.nan if value is None else value)
        event = tailspot.Event(verdict.event).name.lower()
        threshold = {"up": verdict.upper, "down": verdict.lower}.get(event.rpartition("_")[2], math.nan)
        numbers = {"threshold": threshold, "probability": verdict.probability, "incident": None}
        numbers.update(upper=verdict.upper, lower=verdict.lower)
        known = {name: None if x is None or math.isnan(x) else x for name, x in numbers.items()}
        if event.startswith("alert"):
            known["incident"] = spot.status().incidents
        rows.append({"event": event, **known})
    return rows


def test_every_host_has_a_detector(frame: Any) -> None:
    lazy = frame.lazy().with_columns(pl.col("v").tailspot.events(q=1e-3, n_init=500).over("host").alias("answer"))
    rows = lazy.collect()
    for host in (0, 1):
        part = rows.filter(pl.col("host") == host)
        assert part["answer"].to_list() == expected(part["v"].to_list(), q=1e-3, n_init=500)
    numbers = [row["incident"] for row in rows.filter(pl.col("host") == 0)["answer"] if row["incident"]]
    assert len(numbers) > len(set(numbers)) > 0
    is_alert = pl.col("answer").struct.field("event") == "alert_up"
    assert {4000, 4008, 4501} <= set(rows.with_row_index().filter(is_alert)["index"])


def test_a_column_and_a_series_answer_the_same(frame: Any) -> None:
    answers = frame.select(pl.col("v").tailspot.events(down=False, n_init=1000))["v"]
    assert answers.to_list() == expected(frame["v"].to_list(), down=False, n_init=1000)
    assert frame["v"].tailspot.events(down=False, n_init=1000).to_list() == answers.to_list()
    assert answers.dtype == tailspot.polars.ANSWERS


def test_a_depth_takes_the_drift_off(frame: Any) -> None:
    drifting = frame["v"].tailspot.events(depth=10, n_init=500)
    assert drifting.to_list() != frame["v"].tailspot.events(n_init=500).to_list()


@pytest.mark.usefixtures("frame")
def test_what_is_wrong_is_refused_before_the_query_runs() -> None:
    with pytest.raises(ValueError, match="q = 7"):
        pl.col("v").tailspot.events(q=7.0)
    with pytest.raises(TypeError, match="unknown"):
        pl.col("v").tailspot.events(unknown=1)
