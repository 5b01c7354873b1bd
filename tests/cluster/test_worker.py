"""What a worker does with an error: told to the one who began the training, and not tried twice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oxmark.cluster import worker
from oxmark.cluster.news import News
from oxmark.cluster.worker import Work, learn
from oxmark.errors import OutputError, RunError, TrainingError
from oxmark.recipes import load_recipe
from oxmark.training.team import Team


class FakeActor:
    """News in this process, asked as an actor of Ray is asked."""

    def __init__(self) -> None:
        self.news = News()

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=getattr(self.news, name))


@pytest.fixture(params=[0, 1])
def rank(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Of a worker that Ray Train would have begun, of two."""
    import ray
    from ray import train

    here = SimpleNamespace(get_world_rank=lambda: request.param, get_world_size=lambda: 2)
    monkeypatch.setattr(train, "get_context", lambda: here)
    monkeypatch.setattr(ray, "get_runtime_context", lambda: SimpleNamespace(get_node_id=lambda: "a"))
    monkeypatch.setattr(ray, "get", lambda value: value)
    return int(request.param)


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Team]:
    """Workers that broke with the others, so that nobody waits for them."""
    teams: list[Team] = []
    monkeypatch.setattr(Team, "leave", lambda team: teams.append(team))
    return teams


def config(actor: FakeActor) -> dict[str, Work]:
    return {"work": Work(load_recipe("marks"), None, 2, 0, "a", None, actor, "a", use_gpu=False)}


def ends(monkeypatch: pytest.MonkeyPatch, outcome: object) -> list[Path]:
    """Have the training itself end like this; the folders that it was given."""
    folders: list[Path] = []

    def fitted(_work: Work, _team: Team, folder: Path) -> object:
        folders.append(folder)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(worker, "_fitted", fitted)
    return folders


def test_only_the_first_worker_gives_the_network(
    rank: int, left: list[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = FakeActor()
    folders = ends(monkeypatch, "the network")
    found: object = learn(config(actor))
    assert found == (None if rank else "the network")
    assert actor.news.exchange(0, stop=False, finish=False).nodes == {rank: "a"}
    assert left == [] and [folder.exists() for folder in folders] == [False]


@pytest.mark.parametrize("error", [TrainingError("no number"), RunError("another recipe")])
def test_what_all_meet_ends_them_without_another_try(
    error: Exception, rank: int, left: list[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = FakeActor()
    folders = ends(monkeypatch, error)
    assert learn(config(actor)) is None
    assert actor.news.exchange(0, stop=False, finish=False).error is error
    assert left == [Team(rank, 2)]
    assert [folder.exists() for folder in folders] == [False]


def test_what_one_meets_fails_and_is_then_known(
    rank: int, left: list[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, error = FakeActor(), OutputError("the disk is full")
    folders = ends(monkeypatch, error)
    with pytest.raises(OutputError, match="the disk is full"):
        learn(config(actor))
    assert left == [Team(rank, 2)]
    assert learn(config(actor)) is None  # begun again by Ray
    assert len(folders) == 1


def test_what_is_no_error_of_ours_is_left_to_ray(
    rank: int, left: list[Team], monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = FakeActor()
    folders = ends(monkeypatch, RuntimeError("connection closed by peer"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="connection closed"):
            learn(config(actor))
    assert len(folders) == 2 and not actor.news.failed()
    assert left == [Team(rank, 2)] * 2
