"""Following a training on a cluster, with workers that are only made up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oxmark.cluster import following
from oxmark.cluster.following import beside, followed
from oxmark.cluster.news import Heard, News
from oxmark.errors import ClusterError, TrainingError
from oxmark.training import checkpoint
from oxmark.training.loop import Epoch


class FakeActor:
    """News in this process, asked as an actor of Ray is asked."""

    def __init__(self) -> None:
        self.news = News()

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=getattr(self.news, name))


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.setattr(ray, "get", lambda value: value)
    monkeypatch.setattr(following, "ASKED_EVERY", 0.001)


@pytest.fixture
def actor() -> FakeActor:
    return FakeActor()


def ended(result: object) -> Future[Any]:
    future: Future[Any] = Future()
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
    return future


def follow(
    running: Future[Any], actor: FakeActor, folder: Path, stop: Callable[[], bool] = lambda: False, **how: Any
) -> tuple[Heard | None, list[int]]:
    told: list[int] = []
    heard = followed(
        running, actor, folder, lambda entry: told.append(entry.epoch), stop, how.get("finish", lambda: False)
    )
    return heard, told


def test_all_epochs_are_told_and_the_last_checkpoint_is_put_home(actor: FakeActor, tmp_path: Path) -> None:
    for number in (1, 2):
        actor.news.epoch(Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1))
    actor.news.join(0, "a")
    actor.news.saved(b"state")
    heard, told = follow(ended("done"), actor, tmp_path)
    assert told == [1, 2]
    assert heard is not None and heard.nodes == {0: "a"}
    assert (tmp_path / checkpoint.FILE).read_bytes() == b"state"


def test_an_error_of_ours_comes_before_what_ray_says(actor: FakeActor, tmp_path: Path) -> None:
    actor.news.fail(TrainingError("the loss is no longer a number"))
    with pytest.raises(TrainingError, match="the loss is no longer a number"):
        follow(ended(RuntimeError("a worker failed")), actor, tmp_path)


def test_another_error_is_one_of_the_cluster(actor: FakeActor, tmp_path: Path) -> None:
    with pytest.raises(ClusterError) as caught:
        follow(ended(RuntimeError("Training failed:\n  node a1 was lost.\n")), actor, tmp_path)
    assert str(caught.value) == (
        "The training could not be finished on the cluster: node a1 was lost. Look at it with 'ray status'; "
        f"what was saved lies in {tmp_path}, and --resume goes on from there."
    )


def test_a_cluster_that_is_gone_is_an_error_of_the_cluster(
    actor: FakeActor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray
    from ray.exceptions import RaySystemError

    def gone(_value: object) -> None:
        raise RaySystemError("the head node does not answer")

    monkeypatch.setattr(ray, "get", gone)
    with pytest.raises(ClusterError, match="the head node does not answer"):
        follow(Future(), actor, tmp_path)


def test_stopped_while_it_waits_for_workers_it_has_not_begun(actor: FakeActor, tmp_path: Path) -> None:
    heard, told = follow(Future(), actor, tmp_path, stop=lambda: True)
    assert (heard, told) == (None, [])
    assert actor.news.wanted() == (True, False)  # should they begin yet


def test_stopped_later_it_is_waited_for(actor: FakeActor, tmp_path: Path) -> None:
    running: Future[Any] = Future()
    actor.news.join(0, "a")

    def stop() -> bool:
        running.set_result("saved")  # once the workers have heard of it
        return True

    heard, _ = follow(running, actor, tmp_path, stop=stop)
    assert heard is not None and actor.news.wanted() == (True, False)


def test_ending_early_is_passed_on(actor: FakeActor, tmp_path: Path) -> None:
    follow(ended("done"), actor, tmp_path, finish=lambda: True)
    assert actor.news.wanted() == (False, True)


def test_ctrl_c_stops_the_workers_and_waits(actor: FakeActor, tmp_path: Path) -> None:
    running: Future[Any] = Future()

    def interrupted() -> bool:
        threading.Timer(0.05, running.set_result, ["saved"]).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(running, actor, tmp_path, stop=interrupted)
    assert actor.news.wanted() == (True, False) and running.done()


def test_beside_gives_the_error_too() -> None:
    def fails() -> None:
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        beside(fails).result()
