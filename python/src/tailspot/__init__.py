"""Streaming anomaly detection by extreme value theory (SPOT, DSPOT), with an alarm rate that is q.

import tailspot

spot = tailspot.Spot(q=1e-4, up=True, down=False)
for x in stream:
    if spot.step(x) == 1:
        print(f"{x} is beyond {spot.get_upper_threshold()}")

`Spot` and `DSpot` judge one value (`step`) or an array (`step_many`).
"""

from tailspot._config import Config
from tailspot._event import Event
from tailspot._native import QUICK as _QUICK
from tailspot._native import text as _text
from tailspot._result import Result
from tailspot._spot import DSpot, Quantiles, Spot
from tailspot._status import Status

__version__ = _text(_QUICK.tailspot_version())

__all__ = ["Config", "DSpot", "Event", "Quantiles", "Result", "Spot", "Status", "__version__"]
