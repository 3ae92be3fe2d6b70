"""Watches the bytes of network flows in a pipeline of Tenzir, in two ways.

python examples/python/tenzir_flows.py
python examples/python/tenzir_flows.py --column orig_bytes --key id.orig_h conn.json

The first makes 20,000 flows, two of them far too large, and finds these. The second reads a file of JSON lines, with a
detector for each host. Needs `pip install tailspot[tenzir]`.
"""

import argparse
import asyncio
import json
import random
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tailspot.feeds import tenzir


def make_flows(path: Path) -> None:
    """Write 20,000 flows; numbers 12,000 and 17,000 are exfiltrations."""
    draw = random.Random(1)
    with path.open("w") as file:
        for i in range(20_000):
            size = 5_000_000 if i in (12_000, 17_000) else int(draw.gammavariate(2.0, 1000.0))
            flow = {"id": i, "src_ip": f"10.0.0.{draw.randrange(8)}", "dst_ip": "192.168.1.103", "bytes": size}
            print(json.dumps(flow), file=file)


async def report(path: Path, options: argparse.Namespace) -> None:
    """The helper: Tenzir reads the file, Python gets the anomalies one by one, each with its event."""
    pipeline = f"from_file {json.dumps(str(path))} {{ read_ndjson }}"
    engine = shlex.split(options.engine)
    run = tenzir.awatch(pipeline, options.column, key=options.key, engine=engine, q=options.q, down=False)
    async for anomaly in run:
        print(f"event {anomaly.index}: {anomaly.value:g} is beyond {anomaly.threshold:.0f}: {json.dumps(anomaly.row)}")
    status = run.status()
    print(f"{status.alerts} alerts in {status.values:,} values of {status.rows:,} events")


def filter_inside(path: Path, options: argparse.Namespace) -> None:
    """The filter: the events stay in Tenzir, and get columns with the answers."""
    command = [sys.executable, "-m", "tailspot.arrow", options.column, "--side", "up", "--q", str(options.q)]
    pipeline = f"""
        from_file {json.dumps(str(path))} {{ read_ndjson }}
        write_feather
        shell {json.dumps(shlex.join(command))}
        read_feather
        where event == 1
        select {options.column}, upper
        write_ndjson
    """
    subprocess.run([*shlex.split(options.engine), pipeline], check=True)


parser = argparse.ArgumentParser(description="Anomalies in the flows of a file of JSON lines.")
parser.add_argument("file", nargs="?", type=Path, help="JSON lines; without it flows are made")
parser.add_argument("--column", default="bytes", help="the column to watch (default: %(default)s)")
parser.add_argument("--key", help="a column that identifies the stream; the filter does without")
parser.add_argument("--q", type=float, default=1e-4, help="tail probability of an anomaly (default: %(default)s)")
parser.add_argument("--engine", default="tenzir", help="the command that starts the engine (default: %(default)s)")
options = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    flows = options.file or Path(folder) / "flow.json"
    if not options.file:
        make_flows(flows)
    try:
        asyncio.run(report(flows, options))
    except (tenzir.PipelineError, OSError, ValueError, TypeError) as error:
        sys.exit(f"tenzir_flows: {error}")
    if not options.key and "." not in options.column:
        print("the same inside of the pipeline:", flush=True)
        filter_inside(flows, options)
