"""What the workers of a training tell, and what they are told."""

from __future__ import annotations

import pytest

from oxmark.cluster.news import News
from oxmark.errors import RunError, TrainingError
from oxmark.training.loop import Epoch


def entry(number: int) -> Epoch:
    return Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1)


def test_an_epoch_that_was_lost_and_is_done_again_is_told_once() -> None:
    news = News()
    for number in (3, 4, 4, 5):  # from a checkpoint of two epochs; a worker was lost in the fifth
        news.epoch(entry(number))
    first = news.exchange(0, stop=False, finish=False)
    assert [one.epoch for one in first.epochs] == [3, 4, 5]
    news.epoch(entry(6))
    assert [one.epoch for one in news.exchange(3, stop=False, finish=False).epochs] == [6]


@pytest.mark.parametrize(("stop", "finish"), [(True, False), (False, True)])
def test_what_the_user_wanted_once_stays_wanted(stop: bool, finish: bool) -> None:
    news = News()
    assert news.wanted() == (False, False)
    news.exchange(0, stop=stop, finish=finish)
    news.exchange(0, stop=False, finish=False)
    assert news.wanted() == (stop, finish)


def test_a_checkpoint_is_handed_over_once_and_the_latest_counts() -> None:
    news = News()
    news.saved(b"one")
    news.saved(b"two")
    assert [news.exchange(0, stop=False, finish=False).checkpoint for _ in range(2)] == [b"two", None]


def test_the_first_error_counts() -> None:
    news = News()
    assert not news.failed()
    first = TrainingError("the loss is no longer a number")
    news.fail(first)
    news.fail(RunError("another"))
    assert news.failed() and news.exchange(0, stop=False, finish=False).error is first


def test_a_worker_that_begins_again_is_where_it_is_now() -> None:
    news = News()
    news.join(0, "a")
    news.join(1, "b")
    news.join(1, "c")
    assert news.exchange(0, stop=False, finish=False).nodes == {0: "a", 1: "c"}
