"""Watches two asynchronous streams at the same time.

python examples/python/asynchronous.py
"""

import asyncio
import random
from collections.abc import AsyncIterator

import tailspot


async def sensor(seed: int, fault: int) -> AsyncIterator[float]:
    """Stand in for a socket or a queue: a reading now and then, and one fault."""
    draw = random.Random(seed)
    for i in range(3000):
        await asyncio.sleep(0)
        yield 50.0 if i == fault else draw.gauss(20.0, 1.0)


async def report(name: str, readings: AsyncIterator[float]) -> None:
    """Print the anomalies of one sensor as they come."""
    async for anomaly in tailspot.awatch(readings, q=1e-4, n_init=2000):
        print(f"{name}, reading {anomaly.index}: {anomaly.value:.1f}, the limit is {anomaly.threshold:.1f}")


async def main() -> None:
    """Watch both until they end."""
    await asyncio.gather(report("inlet", sensor(1, 2400)), report("outlet", sensor(2, 2900)))


asyncio.run(main())
