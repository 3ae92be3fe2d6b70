"""A program of a user, as type checkers see it: `test_typing.py` has it checked. It is never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Sequence

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import tailspot
import tailspot.sklearn
from tailspot import Anomaly, DSpot, Event, Incident, Monitor, Pool, Spot, awatch, watch, watch_incidents

values: npt.NDArray[np.float64] = np.random.default_rng(1).normal(size=5000)
spot = Spot(q=1e-3, level=0.98, accounting="censored", threshold="plug_in", baselines=[(10, 40), (10, 40, 288)])
drifting = DSpot(d=20) if len(values) == 3 else DSpot(10, 1e-3, quarantine=5)
assert_type(spot.step(0.5), Event)
assert_type(spot.verdict(0.5).probability, float)
result = spot.fit(values).step_many(values)
assert_type(result.events, npt.NDArray[np.int8])
assert_type(result.upper, npt.NDArray[np.float64])
assert_type(result.probability, npt.NDArray[np.float64])
assert_type(result.anomalies, npt.NDArray[np.int64])
assert_type(result.values, npt.NDArray[np.float64])
assert_type(result.index, Sequence[Hashable])
assert_type(result.judged, int)
assert_type(spot.judge(values), tailspot.Result)
assert_type(result.incidents[0], Incident)
assert_type(result.incidents[0].peak, float)
for incident in result.incidents:
    assert_type(incident.count, int)
assert_type(spot.up_probability(3.0), float)
assert_type(spot.down_probability(values), npt.NDArray[np.float64])
assert_type(spot.up_probability([1.0, 2.0]), npt.NDArray[np.float64])
assert_type(spot.quantile(1e-5).upper, float)
assert_type(spot.threshold_interval().upper.high, float)
assert_type(spot.reasons(9.0)[0].residual, float)
assert_type(spot.get_drift(), float)
status = spot.status()
assert_type(status.alerts_up, int)
assert_type(status.al_up, int)
assert_type(status.z_up, float)
assert_type(status.to_dict()["al_up"], "float | str | None")
again = Spot(**spot.config().to_dict())
assert_type(again == spot, bool)
assert_type(Spot.load(spot.save()), Spot)
assert_type(DSpot.load(drifting.save()), DSpot)
for anomaly in watch([1.0, None, 2.0], q=1e-3, depth=10):
    assert_type(anomaly, Anomaly)
    assert_type(anomaly.threshold, float)
for ended in watch_incidents([1.0, 2.0], spot):
    assert_type(ended, Incident)


threshold = tailspot.sklearn.SpotThreshold(q=1e-3, threshold="plug_in").fit(values)
assert_type(threshold, tailspot.sklearn.SpotThreshold)
assert_type(threshold.predict(values), npt.NDArray[np.int64])
assert_type(threshold.decision_function(values), npt.NDArray[np.float64])
assert_type(threshold.offset_, float)
assert_type(tailspot.sklearn.SpotDetector("load").fit_predict(values), npt.NDArray[np.int64])


async def follow(stream: AsyncIterator[float]) -> None:
    """An asynchronous stream."""
    async for anomaly in awatch(stream, spot):
        assert_type(anomaly.event, Event)


pool = Pool(q=1e-3, max_keys=10)
assert_type(pool.keys(), npt.NDArray[np.uint64])
assert_type(pool.step_many([1, 2], [0.5, 0.7]).lower, npt.NDArray[np.float64])
assert_type(pool[1], Spot)
monitor = Monitor(q=1e-3, baselines=[(10, 40)], max_keys=10)
assert_type(monitor.step("a", 1.0), Event)
assert_type(monitor["a"], Spot)
assert_type(monitor.step_many(["a", "b"], [0.5, 0.7]).incidents[0].key, Hashable)
assert_type(monitor.status(), tailspot.PoolStatus)
for found in monitor.watch([("a", 1.0)]):
    assert_type(found, Anomaly)
assert_type(result.to_polars().height, int)
