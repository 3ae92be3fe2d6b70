"""What other packages call a missing value is MISSING, wherever a value is taken."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs

from tailspot import DSpot, Event, Monitor, Pool, Spot, watch

MISSING: dict[str, Any] = {
    "None": lambda: None,
    "NaN": lambda: float("nan"),
    "numpy.nan": lambda: needs("numpy").float32("nan"),
    "numpy.ma.masked": lambda: needs("numpy").ma.masked,
    "pandas.NA": lambda: needs("pandas").NA,
    "pandas.NaT": lambda: needs("pandas").NaT,
    "null": lambda: needs("pyarrow").scalar(None),
    "null of float64": lambda: needs("pyarrow").scalar(None, needs("pyarrow").float64()),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_value_is_missing_everywhere(name: str) -> None:
    x = MISSING[name]()
    for spot in (Spot(), DSpot()):
        events = [spot.step(x), spot.verdict(x).event, *spot.step_many([1.0, x]).events, *spot.judge([x]).events]
        assert events.count(Event.MISSING) == 4, events
    for many in (Pool(), Monitor()):
        assert many.step(1, x) is many.verdict(1, x).event is Event.MISSING
        assert list(many.step_many([1, 2], [x, x]).events) == [Event.MISSING] * 2
        assert many[1].status().missing == 3
    assert list(watch([x], n_init=100)) == []
    assert list(Monitor().watch([("a", x)])) == []


def test_a_parameter_is_never_missing() -> None:
    for name in MISSING:
        if name in ("None", "pandas.NaT", "null", "pandas.NA"):
            x = MISSING[name]()
            with pytest.raises(TypeError, match=r"q = .* is not a real number"):
                Spot(q=x)
