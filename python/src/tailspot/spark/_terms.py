"""What the state of a query was made with, and what may not change while it lives."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass

from tailspot._spot import Spot

FORMAT = 1
HASH = "xxhash64"


@dataclass(frozen=True)
class Terms:
    """The terms of a query: where a key lives, and what its detector starts from."""

    shards: int
    """Number of shards; at least 1."""
    key: str
    """The kind of the key, such as "string" or "integer, string"."""
    template: bytes
    """A saved detector: every key starts as a copy of it."""

    def header(self) -> str:
        """The terms as JSON, as they stand beside each pool in the checkpoint."""
        template = b64encode(self.template).decode()
        return json.dumps(
            {"format": FORMAT, "hash": HASH, "shards": self.shards, "key": self.key, "template": template}
        )

    def check(self, header: str) -> float | None:
        """The new q, if a saved header has another one; raises ValueError if it is of other terms in anything else."""
        saved = json.loads(header)
        if saved["format"] != FORMAT:
            raise ValueError(f"the checkpoint is of format {saved['format']}: this version of tailspot reads {FORMAT}")
        for name, now in (("hash", HASH), ("shards", self.shards), ("key", self.key)):
            _demand(name, saved[name], now)
        before, after = Spot.load(b64decode(saved["template"])), Spot.load(self.template)
        parameters = vars(after.config())
        for name, value in vars(before.config()).items():
            if name != "q":
                _demand(name, value, parameters[name])
        if _fit(before) != _fit(after):
            raise ValueError(
                "the checkpoint was begun with a spot that was fitted on other values: "
                "give it the spot of then, or begin a new checkpoint"
            )
        return None if before.config().q == parameters["q"] else float(parameters["q"])


# What of a status follows from q.
BY_Q = ("anomaly_threshold", "learning_limit", "allowance")


def _fit(spot: Spot) -> str:
    """What a detector has learned, whatever its q."""
    status = vars(spot.status())
    return str({name: value for name, value in status.items() if not name.startswith(BY_Q)})


def _demand(name: str, before: object, now: object) -> None:
    if before != now:
        raise ValueError(
            f"the checkpoint was begun with {name} = {before!r}, and this query has {name} = {now!r}: "
            f"go back to {before!r}, or begin a new checkpoint"
        )
