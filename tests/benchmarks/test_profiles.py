"""What the measuring reads from ``run.json``, with and without phases."""

from __future__ import annotations

from typing import Any

import pytest
from measuring.paths.profiles import phases_of, rest_of, step_seconds

OLD: dict[str, Any] = {"seconds": {"fit": 5.0, "draw": 1.0}}
NEW: dict[str, Any] = {
    "seconds": {"fit": 5.0},
    "profile": {
        "wall": 10.0,
        "start": 1e9,
        "phases": {"start": 0.5, "import": 1.5, "decode": 1.0, "forward": 2.0, "optimizer": 1.0, "plot": 3.0},
        "beside": {"decode": 0.7},
    },
}


@pytest.mark.parametrize(
    ("facts", "rest", "steps"), [(OLD, None, None), (NEW, 4.0, 3.0)], ids=["without phases", "with phases"]
)
def test_the_rest_and_the_steps(facts: dict[str, Any], rest: float | None, steps: float | None) -> None:
    assert (rest_of(facts), step_seconds(facts)) == (rest, steps)


def test_phases_with_those_beside() -> None:
    assert phases_of(OLD) == {"fit": 5.0, "draw": 1.0}
    assert phases_of(NEW) == {**NEW["profile"]["phases"], "decode (beside)": 0.7}
