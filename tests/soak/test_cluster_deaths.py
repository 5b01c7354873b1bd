"""A node and an actor of a cluster die while many pictures are answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from predicted_runs import check_deaths
from ray_cluster import nodes

FEW, MANY = 1_500, 20_000


def test_every_picture_is_answered_once(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    with nodes(3) as three:
        check_deaths(three, tmp_path, MANY if pytestconfig.getoption("--soak") else FEW)
