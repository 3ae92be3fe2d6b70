"""What is tried on a node, in namespaces of its own: `unshare -rnpf --mount-proc python tenzir_on_a_node.py FOLDER`.

FOLDER has flow.json. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tailspot.feeds import tenzir

ENGINE = Path(sys.executable).with_name("tenzir")
IMPORT = 'from_file "flow.json" { read_ndjson }\nimport'


def raise_loopback() -> None:
    """What `ip link set lo up` does."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x41))


def start_node() -> subprocess.Popen[bytes]:
    words = [ENGINE.with_name("tenzir-node"), "--state-directory=state", "--cache-directory=cache"]
    with open("node.log", "wb") as log:
        node = subprocess.Popen(words, stdout=log, stderr=log)
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", 5158)):
            return node
        time.sleep(0.05)
    raise SystemExit("the node does not answer")


async def watched(pipeline: str, **options: Any) -> tuple[list[int], tenzir.RunStatus]:
    run = tenzir.awatch(pipeline, "bytes", down=False, **options)
    return [anomaly.row["id"] async for anomaly in run], run.status()


async def stored() -> dict[str, Any]:
    historical = await watched(tenzir.export("bytes >= 0"))
    limited = await watched(tenzir.export(), limit=15_000, endpoint="127.0.0.1:5158")
    return {
        "count": await tenzir.count(tenzir.export("bytes == 5000000")),
        "historical": [historical[0], historical[1].rows],
        "limited": [limited[0], limited[1].rows],
    }


async def continuous() -> list[Any]:
    """A limit ends a run that would not end; what was stored before is not in it."""
    task = asyncio.create_task(watched(tenzir.export(mode="continuous"), limit=20_000))
    # The run has no sign of life before its first event.
    for _ in range(40):
        await asyncio.sleep(0.5)
        subprocess.run([ENGINE, IMPORT], check=True, capture_output=True)
        if task.done():
            break
    found, status = await task
    return [found, status.rows, status.exit_code]


def main() -> None:
    os.chdir(sys.argv[1])
    raise_loopback()
    node = start_node()
    try:
        subprocess.run([ENGINE, IMPORT], check=True, capture_output=True)
        answers = {**asyncio.run(stored()), "continuous": asyncio.run(continuous())}
    finally:
        node.terminate()
        node.wait()
    print(json.dumps(answers))


main()
