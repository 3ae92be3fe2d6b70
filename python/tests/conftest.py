"""What the tests share: where the repository is, streams, and what may be missing."""

from __future__ import annotations

import importlib
import os
import random
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def needs(name: str) -> Any:
    """A module that is optional; with TAILSPOT_ALL=1 it is not."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get("TAILSPOT_ALL") == "1":
            raise
        pytest.skip(f"{name} is not installed here", allow_module_level=True)


def normal(count: int, seed: int = 1) -> list[float]:
    """Seeded draws from N(0, 1)."""
    draw = random.Random(seed)
    return [draw.gauss(0.0, 1.0) for _ in range(count)]


def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same bytes."""
    return bytes(memoryview(a).cast("B")) == bytes(memoryview(b).cast("B"))
