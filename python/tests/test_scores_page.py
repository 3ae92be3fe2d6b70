"""The programs of docs/scores.md run, and find what was planted."""

from __future__ import annotations

import re

from conftest import REPOSITORY, needs

np = needs("numpy")
PROGRAMS = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "scores.md").read_text(), re.DOTALL)


def test_the_one_for_scikit_learn() -> None:
    needs("sklearn")
    random = np.random.default_rng(1)
    program = PROGRAMS[0].replace("IsolationForest()", "IsolationForest(n_estimators=20, random_state=1)")
    names = {"X": random.normal(size=(500, 3)), "new": np.array([[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]])}
    exec(compile(program, "scores.md", "exec"), names)
    assert list(names["model"].predict(names["new"])) == [1, -1]  # type: ignore[attr-defined]


def test_the_one_for_river() -> None:
    needs("river")
    draw = np.random.default_rng(1)
    names = {"stream": [{"a": float(x)} for x in draw.random(1000)]}
    exec(compile(PROGRAMS[1], "scores.md", "exec"), names)
    status = names["model"].spot.status()  # type: ignore[attr-defined]
    assert status.n == 750  # After the warm-up of 250.
    assert len(PROGRAMS) == 2
