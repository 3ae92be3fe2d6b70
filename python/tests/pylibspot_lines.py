"""Uses everything that pylibspot 1.1.3 has, as its docstrings and the founding page do, and prints the answers as JSON.

python pylibspot_lines.py MODULE OPTIONS: the module is pylibspot or tailspot, the options are added to every detector.
"""

from __future__ import annotations

import importlib
import json
import random
import sys
from functools import partial
from typing import Any

ps: Any = importlib.import_module(sys.argv[1])
options = json.loads(sys.argv[2])
Spot, DSpot = partial(ps.Spot, **options), partial(ps.DSpot, **options)
draw = random.Random(11)
X = [draw.gauss(0, 1) for _ in range(20_000)]
answers: dict[str, Any] = {}


def seen(name: str, s: Any, values: list[float]) -> None:
    """What a detector answers to each value, and says of itself then."""
    events, found, up_threshold = [], [], []
    for x in values:
        event = s.step(x)
        events.append(int(event))
        if event == 1:
            found.append(f"Anomaly found: {x} > {s.get_upper_threshold()}")
        up_threshold.append(s.get_upper_threshold())
    status, config = s.status(), s.config()
    answers[name] = {
        "events": events,
        "found": found,
        "up_threshold": up_threshold,
        "getters": [s.get_upper_threshold(), s.get_lower_threshold(), s.get_upper_t(), s.get_lower_t()],
        "drift": s.get_drift() if name.startswith("drift") else 0.0,
        "status": status.to_dict(),
        "status as dict": dict(status),
        "attributes": [status.n, status.ex_up, status.Nt_up, status.al_up, status.t_up, status.z_up],
        "more": [status.ex_down, status.Nt_down, status.al_down, status.t_down, status.z_down],
        "config": config.to_dict(),
        "config as dict": dict(config),
        "parameters": [config.q, config.n_init, config.level, config.up, config.down, config.alert, config.bounded],
    }


seen("page", ps.Spot(q=1e-3, up=True, down=False, n_init=2000, **options), X)
share = [draw.betavariate(2, 30) for _ in range(12_000)]
q, n_init = 5e-4, 2000
spot = ps.Spot(q, n_init, up=True, down=False, **options)
for r in share[:n_init]:
    spot.step(r)
seen("second page", spot, share[n_init:])
seen("docstring", Spot(q=1e-4, n_init=1000, level=0.98), X)
seen("defaults", Spot(), X[:3000])
seen("positional", Spot(5e-3, 2000, 0.95, True, False, True, True, 100), X)
seen("no alerts", Spot(q=1e-3, level=0.98, alert=False), X)
seen("drift", DSpot(d=50, q=1e-3, n_init=1000, level=0.98), [x + i / 2000 for i, x in enumerate(X)])
seen("drift, positional", DSpot(20, 1e-3, 1000, 0.98), X)
seen("drift, defaults", DSpot(), X[:3000])
s = Spot(q=1e-3, n_init=1000, level=0.98)
for x in X:
    s.step(x)
answers["probabilities"] = [s.up_probability(3.0), s.up_probability(9.0), s.down_probability(-3.0)]
again = ps.Spot(**{**s.config().to_dict(), **options})
seen("of its own config", again, X)
print(json.dumps(answers))
