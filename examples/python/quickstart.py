"""Watches a stream for values that are too large to be chance.

python examples/python/quickstart.py
"""

import random

import tailspot as ps

draw = random.Random(1)
X = [draw.gauss(0, 1) for _ in range(20_000)]
X[15_000] = 7.5

s = ps.Spot(q=1e-4, up=True, down=False, n_init=2000)

for x in X:
    if s.step(x) == 1:  # check the return code
        print(f"Anomaly found: {x:.3f} > {s.get_upper_threshold():.3f}")

print(s.status())
