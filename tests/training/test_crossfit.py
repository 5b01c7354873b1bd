"""Calibration on held-out answers: no picture is answered by a network that learned from it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from oxmark.recipes import Recipe, load_recipe
from oxmark.training import crossfit
from oxmark.training.calibration import SLOPES, Calibration
from oxmark.training.crossfit import VARIED, cross_fitted, two_halves
from oxmark.training.lessons import Lessons, make_stock
from oxmark.training.network import Output
from oxmark.training.state import Prepared, State
from oxmark.training.steps import learning_rate

SIZE = 24
CPU = torch.device("cpu")
Labels = npt.NDArray[np.int64]


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """These arrays are so small that a second thread only waits for the first; four batches at a time."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)
    monkeypatch.setattr(crossfit, "TOGETHER", 4)


def small(**changes: object) -> Recipe:
    tiny = {"size": SIZE, "width": 4, "epochs": 2, "batch": 4, "least_steps": 4, "cross_fit": 0.5}
    return load_recipe("marks").with_settings({**tiny, "outliers": 20, "outliers_per_batch": 3, **changes})


def pictures(count: int = 16, classes: int = 2, views: int = 1, seed: int = 0) -> Prepared:
    """Bars across, down or both, by four people; a little grain makes each picture and view another one."""
    generator = np.random.default_rng(seed)
    rows = np.arange(count, dtype=np.int64)
    bars = np.zeros((count, 1, 1, SIZE, SIZE), np.float32)
    bars[rows % classes != 1, :, :, 9:14, 2:22] = 0.8
    bars[rows % classes != 0, :, :, 2:22, 9:14] = 0.8
    grain = generator.random((count, 1 + views, 1, SIZE, SIZE), np.float32) * np.float32(0.2)
    seen = bars + grain
    copies = seen[:, 1:].copy() if views else None
    return Prepared(seen[:, 0].copy(), rows % classes, copies, rows // classes % 4)


def calibrated(
    recipe: Recipe, shown: Prepared, asked: Sequence[bool] = (), **given: Any
) -> Calibration | None:
    answers = iter(asked)
    settings = {"seed": 0, "place": CPU, "should_stop": lambda: next(answers, False), **given}
    classes = int(shown.labels.max()) + 1
    return cross_fitted(recipe, shown, make_stock(recipe, 0), classes, **settings)


# --- two halves ---------------------------------------------------------------------------------------------


def shared_out(labels: Labels, groups: Labels | None, classes: int) -> tuple[Labels, Labels]:
    first, second = two_halves(labels, groups, classes)
    assert sorted([*first, *second]) == list(range(len(labels)))
    for half in (first, second):
        assert set(labels[half]) == set(range(classes))
    return first, second


@pytest.mark.parametrize("people", [2, 3, 5, 11])
@pytest.mark.parametrize("seed", range(3))
def test_people_stay_whole_and_every_class_is_in_both_halves(people: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    groups = np.concatenate([np.full(6, p) for p in range(people)] + [generator.integers(0, people, 20)])
    labels = np.arange(len(groups)) % 3
    order = generator.permutation(len(groups))
    first, second = shared_out(labels[order], groups[order].astype(np.int64), 3)
    assert not set(groups[order][first]) & set(groups[order][second])
    if people > 3:
        assert 0.3 < len(first) / len(groups) < 0.7


def test_the_halves_are_about_as_large_even_if_some_drew_much() -> None:
    groups = np.repeat([7, 3, 9, 1], [40, 14, 14, 12]).astype(np.int64)
    first, second = shared_out(np.arange(80) % 2, groups, 2)
    assert {len(first), len(second)} == {40}


@pytest.mark.parametrize(
    "groups",
    [
        None,
        np.zeros(24, np.int64),  # one person drew everything
        np.arange(24, dtype=np.int64) % 3,  # each person drew one class only
        np.r_[np.zeros(22, np.int64), 1, 2],  # too little is left for the other half
    ],
    ids=["unknown", "one", "one class each", "nearly one"],
)
def test_where_people_cannot_stay_whole_each_class_is_dealt_out(groups: Labels | None) -> None:
    labels = np.arange(24, dtype=np.int64) % 3
    first, second = shared_out(labels, groups, 3)
    assert np.bincount(labels[first]).tolist() == [4, 4, 4] == np.bincount(labels[second]).tolist()


def test_a_rare_class_is_in_both_halves() -> None:
    labels = np.r_[np.zeros(30, np.int64), np.ones(4, np.int64)]
    first, second = shared_out(labels, None, 2)
    assert (labels[first] == 1).sum() == (labels[second] == 1).sum() == 2


# --- who answers what ---------------------------------------------------------------------------------------


class Spy:
    """Notes what each network learned from and what it answered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.learned: dict[int, set[bytes]] = {}
        self.answered: list[tuple[int, set[bytes]]] = []
        self.kept: list[State] = []  # so that no two have the same number
        learn, answer = crossfit._learn, crossfit._answered

        def learning(recipe: Recipe, lessons: Lessons, *rest: Any) -> State | None:
            state = learn(recipe, lessons, *rest)
            assert state is not None
            self.kept.append(state)
            everything = [lessons.seen, lessons.outliers, *([] if lessons.views is None else [lessons.views])]
            self.learned[id(state)] = set().union(*(_bits(part.numpy()) for part in everything))
            return state

        def answering(state: State, seen: npt.NDArray[np.float32], place: torch.device) -> Output:
            self.answered.append((id(state), _bits(seen)))
            return answer(state, seen, place)

        monkeypatch.setattr(crossfit, "_learn", learning)
        monkeypatch.setattr(crossfit, "_answered", answering)


def _bits(pictures: npt.NDArray[np.float32]) -> set[bytes]:
    return {picture.tobytes() for picture in pictures.reshape(-1, SIZE, SIZE)}


@pytest.mark.parametrize("views", [0, 2])
def test_no_picture_is_answered_by_a_network_that_learned_from_it(
    views: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, shown = Spy(monkeypatch), pictures(views=views)
    assert calibrated(small(), shown) is not None
    assert len(spy.learned) == 2 and len(spy.answered) == 4  # pictures and outliers, twice
    marks = [_bits(shown.seen[rows]) for rows in two_halves(shown.labels, shown.groups, 2)]
    for state, answered in spy.answered:
        assert not answered & spy.learned[state]
    others = [answered for _, answered in spy.answered[1::2]]
    assert all(len(answered) > 5 for answered in others), "outliers too are answered"
    of_marks = [answered for _, answered in spy.answered[::2]]
    assert [own <= answered for own, answered in zip(marks, of_marks, strict=True)] == [True, True]
    everything = _bits(shown.seen) | (_bits(shown.views) if shown.views is not None else set())
    assert set().union(*of_marks) == everything  # each picture and each view, once


def test_the_figures_come_from_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the held-out pictures are answered wrongly and surely: the highest temperature."""
    shown = pictures(views=0)

    def answered(_state: State, seen: npt.NDArray[np.float32], _place: torch.device) -> Output:
        marks = np.array([picture.tobytes() in _bits(shown.seen) for picture in seen.reshape(-1, SIZE, SIZE)])
        sure = torch.tensor([[9.0, 0.0]]).expand(len(seen), 2)
        return Output(sure, torch.from_numpy(np.where(marks, 12.0, 4.0).astype(np.float32)))

    monkeypatch.setattr(crossfit, "_answered", answered)
    found = calibrated(small(), shown)
    assert found is not None and found.temperature == 20
    assert 1 < found.known_slope <= SLOPES[1] and 4 < found.known_threshold < 12


def test_it_repeats_itself_and_the_seed_decides() -> None:
    one, same, other = (calibrated(small(), pictures(), seed=seed) for seed in (0, 0, 1))
    assert one == same and one is not None and one != other


def test_three_classes_and_unequal_ones_are_calibrated() -> None:
    for shown in (pictures(18, 3), pictures(30).chosen(np.r_[0:30:2, 1:9:2])):
        found = calibrated(small(), shown)
        assert found is not None and np.isfinite([found.temperature, found.known_slope]).all()


@pytest.mark.parametrize("settings", [{"outliers": 0}, {"network": "tutorial"}])
def test_where_nothing_is_refused_known_is_left_alone(settings: dict[str, object]) -> None:
    found = calibrated(small(**settings), pictures())
    assert found is not None and (found.known_slope, found.known_threshold) == (1.0, 0.0)


# --- stopping -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [0, 1])
def test_stopped_in_either_half_it_gives_nothing(times: int) -> None:
    assert calibrated(small(), pictures(), asked=[*[False] * times, True]) is None


def test_asked_before_every_four_batches() -> None:
    asked: list[int] = []

    def should_stop() -> bool:
        asked.append(1)
        return False

    calibrated(small(cross_fit=1.0, least_steps=6), pictures(), should_stop=should_stop)
    assert len(asked) == 2 * 3  # two halves, 2 epochs of 6 batches each


def test_the_half_trainings_are_as_long_as_the_recipe_says(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[tuple[int, int]] = []

    def noted(recipe: Recipe, number: int, of: int) -> float:
        steps.append((number, of))
        return learning_rate(recipe, number, of)

    monkeypatch.setattr(crossfit, "learning_rate", noted)
    calibrated(small(epochs=5, least_steps=4, cross_fit=0.35), pictures())
    assert steps == [(number, 7) for number in range(7)] * 2  # 5 * 4 * 0.35


# --- changed copies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "copies"),
    [(np.arange(16) // 2 % 4, 0), (np.zeros(16, np.int64), VARIED), (None, VARIED)],
    ids=["four people", "one", "unknown"],
)
def test_marks_of_one_hand_in_both_halves_are_answered_changed_too(
    groups: Labels | None, copies: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fit_known(marks: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> tuple[float, float]:
        asked.append(len(marks))
        return 1.0, 0.0 * len(others)

    monkeypatch.setattr(crossfit, "fit_known", fit_known)
    shown = dataclasses.replace(pictures(views=1), groups=groups)
    calibrated(small(), shown)
    assert asked == [16 * (1 + 1 + copies)]


def test_of_very_many_marks_some_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossfit, "MOST_VARIED", 3)
    generator = torch.Generator().manual_seed(0)
    found = list(crossfit._changed(pictures(16), 2, small(), generator))
    assert [len(block) for block in found] == [3, 3]
    assert not np.array_equal(found[0], found[1])
