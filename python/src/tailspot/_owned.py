"""What `Spot` and `Pool` share: they are closed by `close` or `with`, and made from what `save` wrote."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from types import TracebackType

    from tailspot._config import Baseline, Config
    from tailspot._handle import Owner

Self = TypeVar("Self", bound="Owned")


class Owned:
    """Owns a handle of the library."""

    _handle: Owner

    def close(self) -> None:
        """Frees the memory now; every later call but `close` raises ValueError."""
        self._handle.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def saved_bytes(data: Any) -> bytes:
    """What `load` was given, as bytes. Raises TypeError for anything else."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data must be bytes, not {type(data).__name__}")
    return bytes(data)


def described(config: Config) -> str:
    """The parameters that a repr shows."""
    shown = {name: getattr(config, name) for name in ("depth", "scale_depth", "period", "limit")}
    shown["baselines"] = [astuple(cast("Baseline", one)) for one in config.baselines]
    moving = "".join(f"{name}={value}, " for name, value in shown.items() if value)
    return f"{moving}q={config.q:g}, level={config.level:g}, up={config.up}, down={config.down}"
