"""The examples in docstrings print what they say."""

from __future__ import annotations

import doctest

import pytest

import tailspot

EXAMPLES = {
    test.name: test
    for name in tailspot.__all__
    for test in doctest.DocTestFinder().find(getattr(tailspot, name), f"tailspot.{name}", globs={})
    if test.examples
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_prints_what_it_says(name: str) -> None:
    told: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(EXAMPLES[name], out=told.append)
    assert not told, "".join(told)


def test_what_a_beginner_looks_up_has_an_example() -> None:
    assert {f"tailspot.{name}" for name in ("Spot", "DSpot", "Pool", "Result", "Incidents", "watch")} <= set(EXAMPLES)
