"""Watches many hosts at once: one detector each, one JSON line an anomaly.

python examples/python/json_events.py < events.jsonl

reads lines such as {"host": "web-1", "latency": 12.5} and writes lines such as
{"index": 1200, "value": 99.0, "event": "alert_up", "threshold": 17.9, "probability": 1.3e-06, "key": "web-1"}.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import tailspot


def pairs() -> Iterator[tuple[str, Any]]:
    """Yield the host and the latency of each line; null is a missing value."""
    for line in sys.stdin:
        event = json.loads(line)
        yield event["host"], event.get("latency")


monitor = tailspot.Monitor(q=1e-3, level=0.95, n_init=500, down=False)
for anomaly in monitor.watch(pairs()):
    print(json.dumps(anomaly.to_dict()), flush=True)
