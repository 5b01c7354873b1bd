"""Cross-validation: every picture is answered by a network that had nothing to do with it.

For each fold a network is trained from nothing on the other folds' pictures: learned from, stopped,
calibrated and given its threshold on them alone. It then answers the pictures of its fold. All decisions
that depend on the pictures, such as which flips keep their meaning, are made anew in each fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oxmark.data.split import folds as divided
from oxmark.modelfile.session import open_session
from oxmark.modelfile.write import network_bytes
from oxmark.recipes import Recipe
from oxmark.training.crossfit import can_cross_fit
from oxmark.training.loop import Epoch, Prepared, fit
from oxmark.training.meaning import keep_meaning

Rows = npt.NDArray[np.int64]
Fold = tuple[Rows, Rows]
"""The rows to learn from and the rows held out."""

TOGETHER = 64
"""So many pictures are answered at a time."""
INNER = 6
"""One of so many pictures to learn from is set aside where a recipe needs validation pictures."""


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Answers to N pictures, each by a network that has not seen it.

    Attributes:
        probabilities: float32 ``(N, K)``.
        known: float32 ``(N,)``, 0..1.
        heat: float32 ``(N, K, h, w)``, evidence for each class at each place of ``seen``, in logits.
        fold: int64 ``(N,)``, which fold held the picture out, from 0; -1 for pictures of no fold, whose
            answers are zeros.
    """

    probabilities: npt.NDArray[np.float32]
    known: npt.NDArray[np.float32]
    heat: npt.NDArray[np.float32]
    fold: npt.NDArray[np.int64]


def cross_validate(
    recipe: Recipe,
    pictures: Prepared,
    classes: Sequence[str],
    folds: Sequence[Fold],
    *,
    groups: Rows | None = None,
    seed: int = 0,
    device: str = "auto",
    on_epoch: Callable[[Epoch], None] | None = None,
    on_fold: Callable[[int, bytes, npt.NDArray[np.float32]], None] | None = None,
) -> OutOfFold:
    """Train once for each fold, and answer what it holds out.

    Args:
        recipe: How to train.
        pictures: All N pictures, as the network sees them; ``groups`` among them are who drew what.
        classes: Names of the K classes.
        folds: As :func:`oxmark.data.split.folds` gives them. ``rest`` may leave pictures out (for a learning
            curve), but no picture may be in both.
        groups: int64 ``(N,)``, what must stay together where validation pictures are set aside; None for
            nothing.
        seed: Everything random comes from it.
        device: As for training.
        on_epoch: Called after every epoch of every training.
        on_fold: Called after each fold with its number, its network (ONNX, from ``seen`` on) and its
            probabilities.

    Returns:
        The answers, in the order of the pictures.

    Raises:
        ValueError: A picture is in both sides of a fold.

    Example:
        >>> cross_validate(recipe, pictures, ("O", "X"), folds).probabilities.shape  # doctest: +SKIP
        (104, 2)
    """
    count, together = len(pictures.labels), np.arange(len(pictures.labels)) if groups is None else groups
    answers: dict[str, npt.NDArray[np.float32]] = {}
    fold_of = np.full(count, -1, np.int64)
    for number, (rest, held) in enumerate(folds):
        if np.intersect1d(rest, held).size:
            raise ValueError(f"fold {number} learns from pictures that it holds out")
        learned = pictures.chosen(rest)
        network = _trained(recipe, learned, together[rest], classes, seed, device, on_epoch)
        for name, values in _answered(network, pictures.seen[held]).items():
            answers.setdefault(name, np.zeros((count, *values.shape[1:]), np.float32))[held] = values
        fold_of[held] = number
        if on_fold:
            on_fold(number, network, answers["probabilities"][held])
    return OutOfFold(answers["probabilities"], answers["known"], answers["heat"], fold_of)


def _trained(
    recipe: Recipe,
    pictures: Prepared,
    groups: Rows,
    classes: Sequence[str],
    seed: int,
    device: str,
    on_epoch: Callable[[Epoch], None] | None,
) -> bytes:
    """A network that learned from these pictures alone, as an ONNX graph."""
    train, validation = _set_aside(recipe, pictures, groups, len(classes), seed)
    used, _ = keep_meaning(recipe, train.seen, train.labels, tuple(classes))
    fitted = fit(used, train, validation, len(classes), seed=seed, device=device, on_epoch=on_epoch)
    return network_bytes(used.network, fitted.weights, used.size, len(classes))


def _set_aside(
    recipe: Recipe, pictures: Prepared, groups: Rows, classes: int, seed: int
) -> tuple[Prepared, Prepared]:
    """Pictures to learn from and, only where the recipe decides something by them, validation pictures."""
    nobody = np.zeros(0, np.int64)
    calibrates_by_them = recipe.calibrate and not can_cross_fit(recipe, pictures.labels, classes)
    if recipe.keep == "last" and not calibrates_by_them:
        return pictures, pictures.chosen(nobody)
    inner = divided(pictures.labels, groups, INNER, seed)
    rest, held = inner[0] if inner else (np.arange(len(pictures.labels)), nobody)
    return pictures.chosen(rest), pictures.chosen(held)


def _answered(network: bytes, seen: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
    """What a network gives, by name; a few pictures at a time, so that memory stays small."""
    names = ["probabilities", "known", "heat"]
    session = open_session(network, "the network of a fold")
    starts = range(0, len(seen), TOGETHER)
    parts = [session.run(names, {"seen": seen[start : start + TOGETHER]}) for start in starts]
    return {name: np.concatenate([part[place] for part in parts]) for place, name in enumerate(names)}
