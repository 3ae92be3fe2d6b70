"""Streaming anomaly detection by extreme value theory (SPOT, DSPOT), with an alert rate that is q.

import tailspot

spot = tailspot.Spot(q=1e-4, up=True, down=False)
for x in stream:
    verdict = spot.verdict(x)
    if verdict.event.is_alert:
        print(f"{x} is beyond {verdict.threshold}")

`Spot` and `DSpot` judge one value (`step`) or an array (`step_many`); `watch` yields the anomalies of a stream,
`watch_incidents` its incidents, `awatch` and `awatch_incidents` those of an asynchronous one; `Pool` and `Monitor` keep
many streams apart, `plot` draws. `tailspot.arrow` is a filter on Arrow streams; `tailspot.river` and `tailspot.sklearn`
are adapters for those libraries, `tailspot.spark` judges DataFrames, and `tailspot.feeds` brings the streams of other
systems.
"""

from tailspot._config import Baseline, Config
from tailspot._event import Event
from tailspot._handle import Verdict
from tailspot._incidents import Incident, Incidents
from tailspot._judged import NotJudgedWarning
from tailspot._library import QUICK as _QUICK
from tailspot._library import text as _text
from tailspot._monitor import Monitor
from tailspot._plot import plot
from tailspot._pool import Pool, PoolStatus
from tailspot._reason import Interval, Intervals, Reason, Spread
from tailspot._result import Result
from tailspot._spot import DSpot, Quantiles, Spot
from tailspot._status import Status
from tailspot._watch import Anomaly, awatch, awatch_incidents, watch, watch_incidents

__version__ = _text(_QUICK.tailspot_version())

__all__ = [
    "Anomaly",
    "Baseline",
    "Config",
    "DSpot",
    "Event",
    "Incident",
    "Incidents",
    "Interval",
    "Intervals",
    "Monitor",
    "NotJudgedWarning",
    "Pool",
    "PoolStatus",
    "Quantiles",
    "Reason",
    "Result",
    "Spot",
    "Spread",
    "Status",
    "Verdict",
    "__version__",
    "awatch",
    "awatch_incidents",
    "plot",
    "watch",
    "watch_incidents",
]

# Public objects report `tailspot` as their module: in help(), pickles, tracebacks and what other tools record.
for _name in __all__:
    if _name != "__version__":
        globals()[_name].__module__ = __name__
del _name
