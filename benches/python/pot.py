"""Compares tailspot with ads-evt on the scores of examples/python/deep_scores.py: the table of docs/scores.md.

`python benches/python/pot.py` needs scikit-learn and ads-evt, and takes some minutes, nearly all for ads-evt. Times are
of the processor, for the calibration and for all scores of a recording.
"""

from __future__ import annotations

import runpy
import time
from pathlib import Path
from typing import Any

import ads_evt
import numpy as np

import tailspot

EXAMPLE = runpy.run_path(str(Path(__file__).resolve().parents[2] / "examples" / "python" / "deep_scores.py"))
Q, LEVEL = 1e-4, 0.98
SEEDS = range(11, 16)


def _peer(quiet: Any, later: Any) -> Any:
    peer = ads_evt.SPOT(q=Q)
    peer.fit(init_data=quiet, data=later)
    peer.initialize(level=LEVEL)
    return peer


def _spot(quiet: Any, **options: Any) -> tailspot.Spot:
    return tailspot.Spot(q=Q, level=LEVEL, down=False, bounded=False, **options).fit(quiet)


# What judges the scores of a recording, after those of the calibration: it returns the places of the alerts.
WAYS: dict[str, Any] = {
    "ads-evt, first threshold": lambda quiet, later: np.flatnonzero(
        later > _peer(quiet, later).summary()["Extreme Value"]["extreme quantile"]
    ),
    'tailspot, `threshold="plug_in"`, `judge`': lambda quiet, later: (
        _spot(quiet, threshold="plug_in").judge(later).anomalies
    ),
    "tailspot, `judge`": lambda quiet, later: _spot(quiet).judge(later).anomalies,
    "ads-evt, `run`": lambda quiet, later: _peer(quiet, later).run()["alarms"],
    "tailspot, `step_many`": lambda quiet, later: _spot(quiet).step_many(later).anomalies,
}


def main() -> None:
    """Print the table."""
    faulty = np.zeros(EXAMPLE["JUDGED"], dtype=bool)
    for start in EXAMPLE["FAULTS"]:
        faulty[start : start + EXAMPLE["LENGTH"]] = True
    recordings = [EXAMPLE["scores"](seed) for seed in SEEDS]
    print("| way | faulty rows found | faults found | false alerts, in q | ms |\n|---|---|---|---|---|")
    for name, way in WAYS.items():
        found = faults = false = 0
        began = time.process_time()
        answers = [np.asarray(way(quiet, later), dtype=int) for quiet, later in recordings]
        passed = (time.process_time() - began) / len(SEEDS)
        for places in answers:
            alerts = np.zeros(len(faulty), dtype=bool)
            alerts[places] = True
            found, false = found + int(alerts[faulty].sum()), false + int(alerts[~faulty].sum())
            faults += sum(bool(alerts[start : start + EXAMPLE["LENGTH"]].any()) for start in EXAMPLE["FAULTS"])
        rows, quiet_rows = len(SEEDS) * int(faulty.sum()), len(SEEDS) * int((~faulty).sum())
        every = len(SEEDS) * len(EXAMPLE["FAULTS"])
        rate = false / quiet_rows / Q
        print(f"| {name} | {found} of {rows} | {faults} of {every} | {rate:.1f} | {1e3 * passed:,.1f} |", flush=True)


if __name__ == "__main__":
    main()
