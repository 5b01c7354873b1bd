"""The seconds of each phase."""

from __future__ import annotations

import dataclasses

import pytest

from oxmark.training.spent import Spent


def test_laps_add_up_and_the_next_begins_where_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([3.0, 7.0, 8.5])
    monkeypatch.setattr("oxmark.training.spent.time.perf_counter", lambda: next(times))
    spent = Spent()
    began = spent.lap("forward", 1.0)
    began = spent.lap("backward", began)
    assert spent.lap("forward", began) == 8.5
    assert dataclasses.asdict(spent) == {"augment": 0, "forward": 3.5, "backward": 4, "optimizer": 0}
