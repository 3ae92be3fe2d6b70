"""Watches the ratio of SYN packets of a day, after a calibration on the day before.

python examples/python/mawi.py mawi_170812_50_50.csv mawi_180812_50_50.csv mawi.svg

The two files are those of the libspot documentation: one row for each 50 ms of traffic, with a column rSYN. Needs
pandas and matplotlib.
"""

import argparse

import matplotlib.pyplot as plt
import pandas as pd

import tailspot as ps

parser = argparse.ArgumentParser(description="Anomalies in the ratio of SYN packets of a day.")
parser.add_argument("before", help="CSV of the day before, for the calibration")
parser.add_argument("day", help="CSV of the day to watch")
parser.add_argument("picture", help="where to write the picture: .svg, .png or .pdf")
parser.add_argument("--column", default="rSYN", help="the column to watch (default: %(default)s)")
parser.add_argument("--q", type=float, default=5e-4, help="tail probability of an anomaly (default: %(default)s)")
parser.add_argument("--n-init", type=int, default=2000, help="values of the calibration (default: %(default)s)")
options = parser.parse_args()

# loading data
before = pd.read_csv(options.before, index_col=[0])[options.column]
day = pd.read_csv(options.day, index_col=[0])[options.column]

# calibration, then detection
spot = ps.Spot(options.q, options.n_init, up=True, down=False)
spot.fit(before[-options.n_init :])
result = spot.step_many(day)
print(f"{len(result.anomalies)} anomalies in {len(result)} values, the first at {result.anomalies[:5].tolist()}")

# plotting: 1 iteration = 50 ms
axes = ps.plot(day, result)
ticks = range(0, len(day) + 1, 3000)
axes.set_xticks(ticks, [str(tick // 20) for tick in ticks])
axes.set_xlabel("Time (s)")
axes.set_ylabel("Ratio of SYN packets")
plt.savefig(options.picture, dpi=150)
plt.close()
