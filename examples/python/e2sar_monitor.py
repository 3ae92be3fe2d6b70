"""Watches the events that an E2SAR Reassembler receives: every sample of every event, one detector for each data id.

python examples/python/e2sar_monitor.py
python examples/python/e2sar_monitor.py --uri "$EJFAT_URI" --data-ip 192.168.0.7 --port 19522 --dtype ">u2"

The second form receives and stops after some seconds of silence. The first sends to itself on this machine, without a
control plane: 60 events of 1,000 samples, of which samples 700 of event 50 and 3 of event 55 are planted. Needs NumPy
and e2sar_py (https://github.com/JeffersonLab/E2SAR); --path says where e2sar_py was built.
"""

import argparse
import socket
import sys
import threading
import time
from typing import Any

import numpy as np

from tailspot.feeds import e2sar

EVENTS, SAMPLES, DATA_ID = 60, 1_000, 7
PLANTED = {(50, 700): 14.0, (55, 3): -15.0}
NOWHERE = "ejfat://token@127.0.0.1:9876/lb/1?sync=127.0.0.1:9877&data="


def checked(result: Any) -> None:
    """Stop with the message of a result that is an error."""
    if result.has_error():
        sys.exit(f"e2sar_monitor.py: {result.error().message}")


def receiver(e2sar_py: Any, uri: str, data_ip: str, port: int, alone: bool) -> Any:
    """Open and start a Reassembler; alone, it has no control plane and no load balancer."""
    flags = e2sar_py.DataPlane.Reassembler.ReassemblerFlags()
    flags.useCP, flags.withLBHeader = not alone, alone
    token = e2sar_py.EjfatURI(uri=uri, tt=e2sar_py.EjfatURI.TokenType.instance)
    address = e2sar_py.IPAddress.from_string(data_ip)
    reassembler = e2sar_py.DataPlane.Reassembler(token, address, port, 1, flags)
    if not alone:
        checked(reassembler.registerWorker(socket.gethostname()))
    checked(reassembler.OpenAndStart())
    return reassembler


def send(e2sar_py: Any, port: int) -> None:
    """Send the events to this machine."""
    flags = e2sar_py.DataPlane.Segmenter.SegmenterFlags()
    flags.useCP = False
    uri = e2sar_py.EjfatURI(uri=f"{NOWHERE}127.0.0.1:{port}", tt=e2sar_py.EjfatURI.TokenType.instance)
    segmenter = e2sar_py.DataPlane.Segmenter(uri, DATA_ID, 1, flags)
    checked(segmenter.OpenAndStart())
    draw = np.random.default_rng(1)
    for number in range(1, EVENTS + 1):
        samples = draw.normal(size=SAMPLES).astype("<f4")
        for (event, place), value in PLANTED.items():
            if event == number:
                samples[place] = value
        checked(segmenter.sendNumpyArray(samples, samples.nbytes, event_num=number))
        time.sleep(0.005)
    segmenter.stopThreads()


parser = argparse.ArgumentParser(description="Anomalies among the samples of E2SAR events.")
parser.add_argument("--path", help="the folder of e2sar_py.*.so, if it is not on PYTHONPATH")
parser.add_argument("--uri", help="EJFAT URI of the load balancer; without it, events are made up")
parser.add_argument("--data-ip", default="127.0.0.1", help="address to receive on (default: %(default)s)")
parser.add_argument("--port", type=int, default=19522, help="first UDP port to receive on (default: %(default)s)")
parser.add_argument("--dtype", default="<f4", help="type of the samples (default: %(default)s)")
parser.add_argument("--q", type=float, default=1e-5, help="tail probability of an anomaly (default: %(default)s)")
parser.add_argument(
    "--patience", type=float, default=2.0, help="seconds of silence to stop after (default: %(default)s)"
)
options = parser.parse_args()

if options.path:
    sys.path.append(options.path)
try:
    import e2sar_py
except ImportError:
    sys.exit("e2sar_monitor.py: e2sar_py is not here: build E2SAR, and say where by --path or PYTHONPATH")

reassembler = receiver(e2sar_py, options.uri or NOWHERE + "127.0.0.1", options.data_ip, options.port, not options.uri)
if not options.uri:
    threading.Thread(target=send, args=(e2sar_py, options.port), daemon=True).start()
try:
    limit = float("inf") if options.uri else EVENTS
    parameters = {"q": options.q, "n_init": 5_000}
    for found in e2sar.watch(reassembler, options.dtype, limit=limit, patience=options.patience, **parameters):
        print(
            f"event {found.event_num} of data id {found.data_id}, sample {found.index}: {found.value:.6g},"
            f" the limit is {found.threshold:.6g}",
            flush=True,
        )
except (OSError, ValueError, TypeError) as error:
    sys.exit(f"e2sar_monitor.py: {error}")
except KeyboardInterrupt:
    pass
finally:
    stats = reassembler.getStats()
    lost, full = stats.reassemblyLoss, stats.enqueueLoss
    print(f"{stats.eventSuccess} events came, {lost} were lost on the way, {full} for want of room")
    if options.uri:
        reassembler.deregisterWorker()
    reassembler.stopThreads()
