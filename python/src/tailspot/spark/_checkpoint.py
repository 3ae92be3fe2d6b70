"""The header of a checkpoint: what may not change as long as its query lives."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass

from tailspot._spot import Spot

FORMAT = 1
HASH = "xxhash64"


@dataclass(frozen=True)
class CheckpointHeader:
    """Which shard a key belongs to, and what its detector starts from."""

    shards: int
    """Number of shards; at least 1."""
    key: str
    """The kind of the key, such as "string" or "integer, string"."""
    template: bytes
    """A saved detector: every key starts as a copy of it."""

    def to_json(self) -> str:
        """The header as it is saved with each pool in the checkpoint."""
        template = b64encode(self.template).decode()
        return json.dumps(
            {"format": FORMAT, "hash": HASH, "shards": self.shards, "key": self.key, "template": template}
        )

    def check(self, header: str) -> float | None:
        """The new q if only q differs from the saved header; raises ValueError if anything else differs."""
        saved = json.loads(header)
        if saved["format"] != FORMAT:
            raise ValueError(f"the checkpoint has format {saved['format']}: this version of tailspot reads {FORMAT}")
        for name, now in (("hash", HASH), ("shards", self.shards), ("key", self.key)):
            _demand(name, saved[name], now)
        before, after = Spot.load(b64decode(saved["template"])), Spot.load(self.template)
        parameters = vars(after.config())
        for name, value in vars(before.config()).items():
            if name != "q":
                _demand(name, value, parameters[name])
        if _fit(before) != _fit(after):
            raise ValueError(
                "the checkpoint was started with a spot that was fitted to other values: "
                "use that spot, or start a new checkpoint"
            )
        return None if before.config().q == parameters["q"] else float(parameters["q"])


# The fields of a status that follow from q.
BY_Q = ("anomaly_threshold", "learning_limit", "allowance")


def _fit(spot: Spot) -> str:
    """What a detector has learned, whatever its q."""
    status = vars(spot.status())
    return str({name: value for name, value in status.items() if not name.startswith(BY_Q)})


def _demand(name: str, before: object, now: object) -> None:
    if before != now:
        raise ValueError(
            f"the checkpoint was started with {name} = {before!r}, and this query has {name} = {now!r}: "
            f"go back to {before!r}, or start a new checkpoint"
        )
