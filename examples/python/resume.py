"""Goes on where the last run stopped: the state of the detector is kept in a file.

seq 3000 | python examples/python/resume.py detector.state

reads one number a line from standard input and prints the anomalies. Run it again with the next numbers.
"""

import os
import sys
from pathlib import Path

import tailspot

if len(sys.argv) != 2:
    sys.exit("usage: resume.py STATE < NUMBERS")
state = Path(sys.argv[1])
spot = tailspot.Spot.load(state.read_bytes()) if state.exists() else tailspot.Spot(q=1e-3, level=0.95, n_init=1000)

numbers = (float(line) for line in sys.stdin)
for anomaly in tailspot.watch(numbers, spot):
    print(f"{anomaly.value} is beyond {anomaly.threshold:.6g}")

# Replaced in one step: a crash leaves the old state or the new one.
fresh = state.with_name(state.name + ".new")
fresh.write_bytes(spot.save())
os.replace(fresh, state)
