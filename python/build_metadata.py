"""Makes the README fit for PyPI and gives the project's addresses (a hook of hatchling).

PyPI does not know the neighbours of the README: links to files of the repository become absolute if Cargo.toml has a
`repository`, and their text alone if it has none.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def absolute(readme: str, repository: str | None) -> str:
    """The README with every link to a file of the repository made absolute, or taken off."""

    def replace(match: re.Match[str]) -> str:
        text, path, part = match[1], PurePosixPath("python", match[2]), match[3] or ""
        if repository is None:
            return text
        parts: list[str] = []
        for name in path.parts:
            parts = parts[:-1] if name == ".." else [*parts, name]
        return f"[{text}]({repository}/blob/HEAD/{'/'.join(parts)}{part})"

    return LINK.sub(replace, readme)


def repository_of(manifest: Path) -> str | None:
    """The address in Cargo.toml, if there is one."""
    found = re.search(r'(?m)^repository = "([^"]+)"', manifest.read_text("utf-8"))
    return found[1] if found else None


class Metadata(MetadataHookInterface):
    """The hook, as hatchling wants it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fills in `readme` and `urls`."""
        here = Path(self.root)
        (manifest,) = (path for path in (here / "engine/Cargo.toml", here.parent / "Cargo.toml") if path.exists())
        repository = repository_of(manifest)
        readme = absolute((here / "README.md").read_text("utf-8"), repository)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
        metadata["urls"] = {"Documentation": "https://docs.rs/tailspot"}
        if repository is not None:
            metadata["urls"]["Source"] = repository
