"""Watches the packets of a retis event file: latency, gaps, lengths and drops.

python examples/python/retis_latency.py retis.data
python examples/python/retis_latency.py retis.data --follow --streams latency drops

The file is one of `retis collect -o` or `retis sort -o`. Without one, 6,000 packets are made up, of which packets 4,000
and 5,950 stall, and written as retis would do, both as collected and sorted. Needs retis.
"""

import argparse
import base64
import json
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tailspot.feeds import retis

PACKETS = 6_000
STALLS = {4_000: 2_100_000, 5_950: 3_400_000}
PROBES = ("net:netif_receive_skb", "ip_rcv", "tcp_v4_rcv", "skb:consume_skb")
BOOT = 23_868_643_385_999
STARTUP = {
    "common": {"timestamp": BOOT},
    "startup": {
        "retis_version": "v1.7.0",
        "cmdline": "retis collect -c skb,skb-tracking,skb-drop -o",
        "clock_monotonic_offset": {"sec": 1_760_000_000, "nsec": 0},
        "machine": {"kernel_release": "6.12.0", "kernel_version": "#1 SMP", "hardware_name": "x86_64"},
    },
}


def tracking(packet: int, born: int) -> dict[str, int]:
    """Make the section that identifies the packets: retis knows one by its first moment and its memory."""
    return {"orig_head": 0xFFFF_8C08_0000_0000 + 0x400 * packet, "timestamp": born, "skb": 0xFFFF_8C03_B1DC_0500}


def name(packet: int, born: int) -> str:
    """Name a packet as `retis print` does."""
    track = tracking(packet, born)
    return f"#{track['timestamp'] << 64 | track['orig_head']:x}"


def series() -> Iterator[list[dict[str, Any]]]:
    """Make up the events of each packet: four probes, some 40 microseconds; one in 200 is dropped at the third."""
    draw = random.Random(1)
    born = BOOT + 1_000_000_000
    for packet in range(PACKETS):
        born += round(draw.expovariate(1 / 30_000))
        size = draw.choice((54, 66, 66, 590, 1_514))
        time, events = born, []
        dropped = draw.random() < 0.005
        for place, probe in enumerate(PROBES[:3] if dropped else PROBES):
            event: dict[str, Any] = {
                "common": {"timestamp": time, "smp_id": packet % 4},
                "kernel": {"symbol": probe, "probe_type": "kprobe"},
                "skb-tracking": tracking(packet, born),
                "packet": {"len": size, "capture_len": 14, "data": base64.b64encode(bytes(12) + b"\x08\x00").decode()},
            }
            if dropped and place == 2:
                event["kernel"]["symbol"] = "skb:kfree_skb"
                event["skb-drop"] = {"drop_reason": "NO_SOCKET"}
            events.append(event)
            time += round(draw.gammavariate(8.0, 1_700)) + (STALLS.get(packet, 0) if place == 1 else 0)
        yield events


def write(path: Path, lines: Iterable[Any]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def write_both(collected: Path, ordered: Path) -> dict[int, str]:
    """Write a file as collected and one as sorted; name the packets that stall."""
    packets = list(series())
    events = sorted((event for events in packets for event in events), key=lambda event: event["common"]["timestamp"])
    write(collected, [STARTUP, *events])
    for events in packets:
        for place, event in enumerate(events):
            event["tracking"] = {"skb": event["skb-tracking"], "idx": place}
    write(ordered, [[STARTUP], *packets])
    return {packet: name(packet, packets[packet][0]["common"]["timestamp"]) for packet in STALLS}


def report(path: Path, options: argparse.Namespace) -> None:
    """Print the anomalies of a file as they come."""
    found = retis.watch(
        path, streams=options.streams, follow=options.follow, q=options.q, level=0.98, n_init=options.n_init, down=False
    )
    for anomaly in found:
        print(anomaly, flush=True)


parser = argparse.ArgumentParser(description="Anomalies among the packets of a retis event file.")
parser.add_argument("file", nargs="?", type=Path, help="an event file; without it one is made up")
parser.add_argument(
    "--streams", nargs="+", metavar="STREAM", help="latency, gap, length, drops, fields (default: all four)"
)
parser.add_argument("--q", type=float, default=1e-5, help="tail probability of an anomaly (default: %(default)s)")
parser.add_argument("--n-init", type=int, default=2000, help="values that calibrate a stream (default: %(default)s)")
parser.add_argument("--follow", action="store_true", help="go on while the file grows")
options = parser.parse_args()

try:
    if options.file:
        report(options.file, options)
    else:
        with tempfile.TemporaryDirectory() as folder:
            collected, ordered = Path(folder) / "retis.data", Path(folder) / "sorted.data"
            for packet, identity in write_both(collected, ordered).items():
                print(f"packet {packet} stalls: {identity}")
            for path in (collected, ordered):
                print(f"{path.name}:")
                report(path, options)
except (OSError, ValueError, TypeError) as error:
    sys.exit(f"retis_latency.py: {error}")
except KeyboardInterrupt:
    pass
