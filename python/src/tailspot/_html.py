"""Tables in HTML, as notebooks show them. Every text is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def rows(head: Iterable[str], body: Iterable[Iterable[object]], below: str = "") -> str:
    """A table with a head, if there are rows, and a sentence below it."""
    lines = "".join(f"<tr>{''.join(f'<td>{_shown(cell)}</td>' for cell in row)}</tr>" for row in body)
    names = "".join(f"<th>{escape(name)}</th>" for name in head)
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>" if lines else ""
    return f"<div>{table}{f'<p>{escape(below)}</p>' if below else ''}</div>"


def entries(values: Mapping[str, object], below: str = "") -> str:
    """A table with one row for each entry: the name, and the value."""
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{_shown(value)}</td></tr>" for name, value in values.items())
    table = f"<table><tbody>{lines}</tbody></table>" if lines else ""
    return f"<div>{table}{f'<p>{escape(below)}</p>' if below else ''}</div>"


def _shown(value: object) -> str:
    """A value as text: numbers to six digits, nothing for a number that is not available."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return escape(f"{value:,}" if type(value) is int else str(value))
