"""Calibration on answers to pictures that the answering network has not learned from.

The pictures are shared out to two halves, people whole where it is known who drew what. A network trained on
one half answers the other, as it is and under rendered conditions; each also answers outliers of its own. A
dozen validation pictures, all of them neat, could place neither the temperature nor the threshold of
``known``. Where one person's marks are in both halves, held-out marks resemble those learned from more than
another person's will, and a threshold placed by them would refuse other people's: so copies changed at
random, as in training, are answered, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import numpy as np
import numpy.typing as npt
import torch

from oxmark.data.ondisk import Floats, in_blocks, of_equal_size
from oxmark.recipes import Recipe
from oxmark.training.answering import together
from oxmark.training.augment import augment
from oxmark.training.calibration import Calibration, fit_known, fit_temperature
from oxmark.training.lessons import Lessons, make_lessons, make_stock
from oxmark.training.network import Output
from oxmark.training.outliers import made_outliers
from oxmark.training.state import Prepared, State, start
from oxmark.training.steps import TOGETHER, answers, learning_rate, rows_of_epoch, step, steps_in_epoch
from oxmark.training.team import ALONE, Team

OUTLIERS = 200
"""Outliers made from nothing that both networks answer, beside those made from the pictures held out."""
VARIED, MOST_VARIED = 4, 1000
"""So many changed copies of each held-out mark are answered, of at most so many marks, evenly spread. Of
networks that learned from 15 marks of each sign by one hand, 93.6 instead of 89.4 % of other marks are then
answered, and 81.4 instead of 86.5 % of other drawings refused (robustness suite 1, 8 seeds)."""
FEWEST = 4
"""With fewer pictures of a class than this nothing is shared out."""


def cross_fitted(
    recipe: Recipe,
    pictures: Prepared,
    stock: npt.NDArray[np.float32],
    classes: int,
    *,
    seed: int,
    place: torch.device,
    should_stop: Callable[[], bool],
    team: Team = ALONE,
) -> Calibration | None:
    """Calibrate by two trainings on half of the pictures each.

    Args:
        recipe: How; ``cross_fit`` shortens the trainings.
        pictures: Training and validation pictures, never test pictures.
        stock: Outliers to learn from, float32 ``(M, 1, S, S)``; those to be answered are made anew.
        classes: Number of classes.
        seed: Everything random comes from it.
        place: The device.
        should_stop: Asked before every few steps; all workers of a team are given the same answer.
        team: Who trains together.

    Returns:
        The calibration, or None when stopped.
    """
    halves = two_halves(pictures.labels, pictures.groups, classes)
    varied = 0 if _by_different_people(halves, pictures.groups) else VARIED
    fresh = make_stock(recipe.with_settings({"outliers": min(OUTLIERS, recipe.outliers)}), seed + 1_000_000)
    logits, labels, marks, others = [], [], [], []
    for number, held_out in enumerate(halves):
        rest = np.setdiff1d(np.arange(len(pictures.labels)), held_out)
        lessons = make_lessons(pictures.chosen(rest), stock, classes, seed + number, place)
        state = _learn(recipe, lessons, classes, seed + number, place, should_stop, team)
        if state is None:
            return None
        test = pictures.chosen(held_out)
        output = together([_answered(state, block, place) for block in _with_views(test)])
        logits.append(output.logits.cpu().numpy())
        labels.append(np.tile(test.labels, len(output.logits) // len(test.labels)))
        if output.known is not None:
            outliers = made_outliers(fresh, test.seen, np.random.default_rng([seed, 8, number]))
            marks.append(output.known.cpu().numpy())
            marks += [_known(state, copy, place) for copy in _changed(test, varied, recipe, state.generator)]
            others.append(_known(state, outliers, place))
    temperature = fit_temperature(np.concatenate(logits), np.concatenate(labels))
    if not marks or recipe.outliers == 0:
        return Calibration(temperature)
    return Calibration(temperature, *fit_known(np.concatenate(marks), np.concatenate(others)))


def can_cross_fit(recipe: Recipe, labels: npt.NDArray[np.int64], classes: int) -> bool:
    """Whether the recipe wants it and every class has pictures enough to be shared out."""
    return recipe.cross_fit > 0 and int(np.bincount(labels, minlength=classes).min()) >= FEWEST


def two_halves(
    labels: npt.NDArray[np.int64], groups: npt.NDArray[np.int64] | None, classes: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Share pictures out to two halves with every class in both.

    People stay whole where that leaves every class in both halves; else each class is dealt out alone.

    Args:
        labels: int64 ``(N,)``, class numbers.
        groups: int64 ``(N,)``, who drew each; None when nobody knows.
        classes: Number of classes.

    Returns:
        The rows of either half, int64.
    """
    rows = np.arange(len(labels))
    if groups is not None:
        side, sizes = {}, [0, 0]
        people, counts = np.unique(groups, return_counts=True)
        for person in people[np.argsort(-counts, kind="stable")]:
            smaller = int(sizes[1] < sizes[0])
            side[person] = smaller
            sizes[smaller] += int((groups == person).sum())
        first = np.array([side[person] == 0 for person in groups])
        if all(len(set(labels[part])) == classes for part in (first, ~first)):
            return rows[first], rows[~first]
    place_in_class = np.zeros(len(labels), np.int64)
    for label in range(classes):
        members = labels == label
        place_in_class[members] = np.arange(members.sum())
    first = place_in_class % 2 == 0
    return rows[first], rows[~first]


def _by_different_people(
    halves: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], groups: npt.NDArray[np.int64] | None
) -> bool:
    """Whether it is known who drew each picture, and nobody's are in both halves."""
    return groups is not None and not set(groups[halves[0]]) & set(groups[halves[1]])


def _changed(pictures: Prepared, copies: int, recipe: Recipe, generator: torch.Generator) -> Iterator[Floats]:
    """Copies of the pictures, changed at random as in training, float32 ``(n, 1, S, S)`` each."""
    count = len(pictures.labels)
    some = np.unique(np.linspace(0, count - 1, min(count, MOST_VARIED)).astype(np.int64))
    seen = torch.from_numpy(pictures.seen[some])
    for _ in range(copies):
        yield augment(seen, recipe, generator).numpy()


def _learn(
    recipe: Recipe,
    lessons: Lessons,
    classes: int,
    seed: int,
    place: torch.device,
    should_stop: Callable[[], bool],
    team: Team,
) -> State | None:
    """A training without checkpoints and curves; None when stopped."""
    state = start(recipe, classes, seed, place, team=team, refuses=len(lessons.outliers) > 0)
    state.network.train()
    count = len(lessons.labels)
    total = max(1, round(recipe.epochs * steps_in_epoch(count, recipe) * recipe.cross_fit))
    rounds = [rows_of_epoch(count, recipe, state.generator) for _ in range(recipe.epochs)]
    rows = torch.cat(rounds)[: total * recipe.batch].to(place)
    chunks = torch.split(rows, recipe.batch)
    for first in range(0, len(chunks), TOGETHER):
        if should_stop():
            return None
        group = chunks[first : first + TOGETHER]
        chance = team.changing(state.generator, 0, first)
        for number, (changed, labels) in enumerate(lessons.batches(group, recipe, chance, team), first):
            rate = learning_rate(recipe, number, len(chunks))
            share = lessons.share(chunks[number], recipe, team)
            step(state, recipe, changed, labels, lessons.weight, rate, share=share)
    return state


def _with_views(pictures: Prepared) -> Iterator[Floats]:
    """The pictures, then their first views, then their second ..., float32 ``(n, 1, S, S)`` at a time."""
    if pictures.views is None:
        yield from in_blocks(pictures.seen)
    elif isinstance(pictures.seen, np.ndarray):
        by_view = np.moveaxis(np.asarray(pictures.views), 1, 0).reshape(-1, *pictures.seen.shape[1:])
        yield np.concatenate([pictures.seen, by_view])
    else:
        numbers = range(pictures.views.shape[1])
        then = (views[:, number] for number in numbers for views in in_blocks(pictures.views))
        yield from of_equal_size(chain(in_blocks(pictures.seen), then))


def _answered(state: State, seen: Floats, place: torch.device) -> Output:
    return answers(state.network, state.answering, torch.from_numpy(seen).to(place))


def _known(state: State, seen: Floats, place: torch.device) -> npt.NDArray[np.float32]:
    """The logits of being a mark, float32 ``(N,)``."""
    known = _answered(state, seen, place).known
    return np.zeros(0, np.float32) if known is None else np.asarray(known.cpu().numpy())
