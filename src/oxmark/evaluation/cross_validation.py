"""Cross-validation: every picture is answered by a network that had nothing to do with it.

For each fold a network is trained from nothing on the other folds' pictures: learned from, stopped,
calibrated and given its threshold on them alone. It then answers the pictures of its fold. All decisions
that depend on the pictures, such as which flips keep their meaning, are made anew in each fold.

The trainings need nothing of each other, so each can be handed to another process; what trains is therefore
imported where it is used. :mod:`oxmark.workflow.folds_at_work` has them done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.data.folds import folds as divided
from oxmark.data.ondisk import Pictures, Views
from oxmark.modelfile.session import open_session

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.training.state import Epoch, Prepared

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Fold = tuple[Rows, Rows]
"""The rows to learn from and the rows held out."""

TOGETHER = 64
"""So many pictures are answered at a time."""
INNER = 6
"""One of so many pictures to learn from is set aside where a recipe needs validation pictures."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """What is cross-validated on: N pictures as the network sees them, in memory or on disk.

    Attributes:
        seen: float32 ``(N, 1, S, S)``, values 0..1.
        labels: int64 ``(N,)``, class numbers.
        views: The same under V rendered conditions, float32 ``(N, V, 1, S, S)``; None for none.
        hands: int64 ``(N,)``, who drew each; None when nobody knows.
        groups: int64 ``(N,)``, equal for pictures that stay together where validation pictures are set
            aside; None where each may go alone.
    """

    seen: Pictures
    labels: Rows
    views: Views | None = None
    hands: Rows | None = None
    groups: Rows | None = None


@dataclass(frozen=True, eq=False)
class Training:
    """One network of a cross-validation: what it learns from, and what it answers.

    Attributes:
        recipe: How it is trained.
        classes: Names of the K classes.
        pictures: All N pictures.
        rest: int64, the rows that it learns from; may leave pictures out, for a learning curve.
        held: int64 ``(M,)``, the rows that it answers.
        seed: Everything random comes from it.
    """

    recipe: Recipe
    classes: tuple[str, ...]
    pictures: PictureSet
    rest: Rows
    held: Rows
    seed: int

    def __post_init__(self) -> None:
        if np.intersect1d(self.rest, self.held).size:
            raise ValueError("a network would learn from pictures that it is to answer")


@dataclass(frozen=True, eq=False)
class Answers:
    """What one network answers to the M pictures that it has not seen.

    Attributes:
        network: ONNX, from ``seen`` on.
        probabilities: float32 ``(M, K)``.
        known: float32 ``(M,)``, 0..1.
        heat: float32 ``(M, K, h, w)``, evidence for each class at each place of ``seen``, in logits.
    """

    network: bytes
    probabilities: Floats
    known: Floats
    heat: Floats


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Answers to N pictures, each by a network that has not seen it.

    Attributes:
        probabilities: float32 ``(N, K)``.
        known: float32 ``(N,)``, 0..1.
        heat: float32 ``(N, K, h, w)``.
        fold: int64 ``(N,)``, which fold held the picture out, from 0; -1 for pictures of no fold, whose
            answers are zeros.
    """

    probabilities: Floats
    known: Floats
    heat: Floats
    fold: Rows


def answered(
    training: Training,
    *,
    spare: bool = False,
    device: str = "auto",
    on_epoch: Callable[[Epoch], None] | None = None,
) -> Answers:
    """Train one network, and let it answer what it has not seen.

    It computes with one thread, so that the answers do not depend on how many are trained side by side.

    Args:
        training: What to do.
        spare: Whether a second processor is free for it. It then calibrates beside the training, where the
            recipe does that by cross-fitting, with the same result.
        device: As for training.
        on_epoch: Called after every epoch.

    Example:
        >>> answered(training).probabilities.shape  # doctest: +SKIP
        (21, 2)
    """
    from oxmark.modelfile.write import network_bytes
    from oxmark.training.loop import fit
    from oxmark.training.meaning import keep_meaning

    recipe, classes, count = training.recipe, training.classes, len(training.classes)
    train, validation, cross_fits = _set_aside(training)
    used, _ = keep_meaning(recipe, train.seen, train.labels, classes)
    threads = 2 if spare and cross_fits else 1
    seed = training.seed
    fitted = fit(used, train, validation, count, seed=seed, device=device, threads=threads, on_epoch=on_epoch)
    network = network_bytes(used.network, fitted.weights, used.size, count)
    return Answers(network, *_asked(network, training.pictures.seen, training.held))


def gathered(trainings: Sequence[Training], answers: Sequence[Answers]) -> OutOfFold:
    """The answers of all folds of one division, in the order of the pictures.

    Args:
        trainings: One a fold.
        answers: Theirs, in the same order.
    """
    count = len(trainings[0].pictures.labels)
    fold = np.full(count, -1, np.int64)
    found = {
        name: np.zeros((count, *getattr(answers[0], name).shape[1:]), np.float32)
        for name in ("probabilities", "known", "heat")
    }
    for number, (training, one) in enumerate(zip(trainings, answers, strict=True)):
        fold[training.held] = number
        for name, values in found.items():
            values[training.held] = getattr(one, name)
    return OutOfFold(**found, fold=fold)


def device_kind() -> str:
    """``"cpu"`` or ``"cuda"``: where :func:`answered` would train; all that it needs is loaded by then."""
    import oxmark.modelfile.write
    import oxmark.training.loop
    import oxmark.training.meaning  # noqa: F401
    from oxmark.training.device import choose_device

    return choose_device("auto").type


def _set_aside(training: Training) -> tuple[Prepared, Prepared, bool]:
    """Pictures to learn from; only where the recipe decides something by them, validation pictures; and
    whether it is calibrated by cross-fitting.
    """
    from oxmark.training.crossfit import can_cross_fit
    from oxmark.training.state import Prepared

    recipe, pictures, rest = training.recipe, training.pictures, training.rest
    every = Prepared(pictures.seen, pictures.labels, pictures.views, pictures.hands)
    nobody = np.zeros(0, np.int64)
    cross_fits = recipe.calibrate and can_cross_fit(recipe, pictures.labels[rest], len(training.classes))
    if recipe.keep == "last" and (cross_fits or not recipe.calibrate):
        return every.chosen(rest), every.chosen(nobody), cross_fits
    groups = np.arange(len(rest)) if pictures.groups is None else pictures.groups[rest]
    inner = divided(pictures.labels[rest], groups, INNER, training.seed)
    learned, held = inner[0] if inner else (np.arange(len(rest)), nobody)
    return every.chosen(rest[learned]), every.chosen(rest[held]), cross_fits


def _asked(network: bytes, seen: Pictures, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """The probabilities, ``known`` and heat that a network gives; a few at a time, to keep memory small."""
    session = open_session(network, "the network of a fold")
    some = (rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER))
    parts = [session.run(["probabilities", "known", "heat"], {"seen": seen[few]}) for few in some]
    probabilities, known, heat = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return probabilities, known, heat
