"""Runs the unmodified pylibspot on libspot.so: prints one JSON object, and writes the random values to a file.

python founding.py VALUES [MAWI_17.csv MAWI_18.csv]
"""

import ctypes
import json
import sys

import numpy as np
import pandas as pd
import pylibspot as ps


def loaded():
    """The library that the process really uses."""
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1] for line in maps if "libspot.so" in line})


def first_example(values):
    """libspot's page on Python: values of N(0, 1), upper side."""
    s = ps.Spot(q=1e-4, up=True, down=False, n_init=2000)
    events, found = [], []
    for x in values:
        event = s.step(x)
        events.append(event)
        if event == 1:
            found.append([x, s.get_upper_threshold()])
    return {
        "events": events,
        "found": found,
        "threshold": s.get_upper_threshold(),
        "t": s.get_upper_t(),
        "lower": [s.get_lower_threshold(), s.get_lower_t()],
        "probability": s.up_probability(s.get_upper_threshold()),
        "status": s.status().to_dict(),
        "config": s.config().to_dict(),
        "shown": [repr(s.status()), repr(s.config())],
    }


def second_example(mawi_17, mawi_18):
    """libspot's page on Python: the share of SYN packets."""
    MAWI_17 = pd.read_csv(mawi_17, index_col=[0])
    MAWI_18 = pd.read_csv(mawi_18, index_col=[0])
    rSYN_17 = MAWI_17["rSYN"]
    rSYN_18 = MAWI_18["rSYN"]
    q = 5e-4
    n_init = 2000
    spot = ps.Spot(q, n_init, up=True, down=False)
    calibration = []
    for r in rSYN_17[-n_init:]:
        calibration.append(spot.step(r))
    up_threshold = [0.0] * len(rSYN_18)
    anomalies_x = []
    i = 0
    for r in rSYN_18:
        event = spot.step(r)
        if event == 1:
            anomalies_x.append(i)
        up_threshold[i] = spot.get_upper_threshold()
        i = i + 1
    return {
        "calibration": calibration[-2:],
        "t": spot.get_upper_t(),
        "alerts": anomalies_x,
        "thresholds": [min(up_threshold), max(up_threshold)],
        "status": spot.status().to_dict(),
    }


class Roomy(ctypes.Structure):
    """Room for a drift behind the status, where libspot 1 wrote it."""

    _fields_ = [("status", ps.SpotStatus), ("beyond", ctypes.c_double)]


def with_drift(values):
    d = ps.DSpot(d=50, q=1e-3, n_init=1000, level=0.98)
    events = [d.step(x) for x in values]
    told = {
        "events": events,
        "thresholds": [d.get_upper_threshold(), d.get_lower_threshold()],
        "t": [d.get_upper_t(), d.get_lower_t()],
        "drift": d.get_drift(),
        "status": d.status().to_dict(),
        "config": d.config().to_dict(),
    }
    ps.LIBSPOT.DSpot_status.restype = Roomy
    told["beyond"] = ps.LIBSPOT.DSpot_status(d.dspot_ptr).beyond
    return told


np.random.seed(17)
X = np.random.normal(0, 1, 200000)
X.astype("<f8").tofile(sys.argv[1])
wandering = X[:20000] + np.arange(20000) / 2000
print(
    json.dumps(
        {
            "loaded": loaded(),
            "normal": first_example(X),
            "mawi": second_example(*sys.argv[2:4]) if len(sys.argv) > 2 else None,
            "drift": with_drift(wandering),
        }
    )
)
