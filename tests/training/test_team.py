"""Two workers learn what one would from the whole batch, and stay the same network all the way."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import team_of_two
import torch
from quick_fit import quick

from oxmark.training.loop import fit
from oxmark.training.team import ALONE, Team

Found = dict[str, Any]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found]:
    """What the two workers found."""
    folder = tmp_path_factory.mktemp("team")
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", team_of_two.__file__]
    workers = [
        subprocess.Popen([*command, str(rank), str(folder)], env=environment, stderr=subprocess.PIPE)
        for rank in range(2)
    ]
    told = [worker.communicate()[1].decode() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(told)
    first, second = (pickle.loads((folder / f"{rank}.pickle").read_bytes()) for rank in range(2))
    return first, second


@pytest.mark.parametrize("name", team_of_two.WHOLE_BATCHES)
def test_the_gradient_is_that_of_the_whole_batch(name: str, both: tuple[Found, Found]) -> None:
    whole = both[0]["alone"][name]
    for worker in both:
        found = worker["gradients"][name]
        assert (found["loss"], found["right"]) == pytest.approx((whole["loss"], whole["right"]))
        assert found["gradients"].keys() == whole["gradients"].keys()
        for weight, gradient in whole["gradients"].items():
            if gradient is None:
                assert found["gradients"][weight] is None, weight
            else:
                assert gradient.abs().max() > 0, weight
                torch.testing.assert_close(found["gradients"][weight], gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "case", ["marks", "best", "tutorial", "no outliers", "none in a batch", "ended", "broken", "states"]
)
def test_both_workers_end_with_the_same(case: str, both: tuple[Found, Found]) -> None:
    assert both[0][case] == both[1][case]


@pytest.mark.parametrize("training", ["loop", "crossfit"])
def test_every_batch_is_shared_out(training: str, both: tuple[Found, Found]) -> None:
    first, second = (np.array(worker["sizes"][training]) for worker in both)
    pictures, outliers = (set(zip(first[:, n], second[:, n], strict=True)) for n in range(2))
    assert (3, 2) in pictures and pictures <= {(3, 2), (1, 1)}  # the last batch: two, or one that both take
    assert outliers <= {(2, 1), (1, 1)}  # there may be two at all


def test_the_calibration_comes_of_the_team(both: tuple[Found, Found]) -> None:
    calibration = both[0]["marks"]["calibration"]
    assert calibration.known_slope != 1 and calibration.temperature >= 1
    assert both[0]["marks"]["kept"] == (3, True, False, 0.0)  # never beside the training


def test_the_first_worker_decides_to_end(both: tuple[Found, Found]) -> None:
    _, finished, ended, _ = both[1]["ended"]["kept"]
    assert (finished, ended) == (True, True)


def test_stopped_in_mid_epoch_and_gone_on_it_is_the_same(both: tuple[Found, Found]) -> None:
    stopped, whole = both[1]["broken"]
    assert stopped["kept"] == (1, False, False, 0.0)
    assert whole == both[0]["marks"]


def test_a_loss_that_is_no_number_ends_all_alike(both: tuple[Found, Found]) -> None:
    assert "the loss is no longer a number" in both[0]["not a number"]
    assert both[0]["not a number"] == both[1]["not a number"]


def test_every_worker_changes_its_pictures_in_its_own_way() -> None:
    order = torch.Generator().manual_seed(3)
    before = order.get_state()
    draws = {
        (rank, epoch, first): tuple(torch.rand(3, generator=Team(rank, 2).changing(order, epoch, first)))
        for rank in range(2)
        for epoch in range(3)
        for first in (0, 8)
    }
    assert len({tuple(map(float, draw)) for draw in draws.values()}) == len(draws)
    assert torch.equal(order.get_state(), before)  # the order of the pictures is everybody's
    again = torch.Generator()
    again.set_state(before)  # as from a checkpoint
    assert torch.equal(torch.rand(3, generator=Team(1, 2).changing(again, 2, 8)), torch.stack(draws[1, 2, 8]))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_shares_are_everything_once(size: int, count: int) -> None:
    parts = [list(range(count)[Team(rank, size).part(count)]) for rank in range(size)]
    if count < size:
        assert parts == [list(range(count))] * size
    else:
        assert sorted(row for part in parts for row in part) == list(range(count))
        assert all(math.floor(count / size) <= len(part) <= math.ceil(count / size) for part in parts)


def test_one_worker_is_a_training_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    told: list[Callable[[Path], None]] = []
    how: dict[str, Any] = {"seed": 5, "device": "cpu"}
    pictures = team_of_two.noise(21, 0), team_of_two.noise(7, 1)
    one = fit(team_of_two.MARKS, *pictures, 2, team=Team(0, 1), keep=told.append, **how)
    other = fit(team_of_two.MARKS, *pictures, 2, **how)
    assert team_of_two.facts(one) == team_of_two.facts(other)
    assert len(told) == 1  # a moment's training is saved at its end
    assert ALONE.share(5, 3) is None and not ALONE.agree(False)
    assert np.array_equal(np.arange(4)[ALONE.part(4)], np.arange(4))
