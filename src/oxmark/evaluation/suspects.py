"""Which pictures seem to stand in the wrong class folder: confident learning, through cleanlab."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from oxmark.evaluation.metrics import Share

MARGIN = 0.5
"""A picture is also a suspect when another class is ahead of the given one by so much probability.

Confident learning asks for a probability as high as the mean of that class's own pictures. Where a model is
sure of nearly all pictures, that mean is so near 1 that a good part of the wrong labels stays below it.
"""


@dataclass(frozen=True)
class Suspect:
    """A picture whose class seems wrong.

    Attributes:
        row: Its row.
        given: The class it has.
        likely: The class that it looks like.
        score: How far the given class is believed, 0 (surely wrong) to 1; the least is the worst.
    """

    row: int
    given: int
    likely: int
    score: float


def find_suspects(
    probabilities: npt.NDArray[np.floating], labels: npt.NDArray[np.int64], *, believed: float | None = None
) -> tuple[Suspect, ...]:
    """Find pictures whose class is probably wrong.

    Northcutt, Jiang and Chuang, 2021, doi:10.1613/jair.1.12125, by cleanlab; and :data:`MARGIN`.

    What it finds of swapped labels, and how often it is mistaken: ``tests/evaluation/test_suspects.py``.

    Args:
        probabilities: ``(N, K)``, of a model that never saw the picture (out of fold); rows sum to 1. Folds
            that mix the hands find more and raise fewer false alarms than folds that keep them apart.
        labels: int64 ``(N,)``, 0..K-1.
        believed: Of a weak model only pictures whose class is believed at most so many times what guessing
            gives it, 1/K, are suspects; None for all.

    Returns:
        The suspects, the worst first. None where the model is not surely better than chance: it cannot judge.

    Example:
        >>> sure = np.tile([[0.99, 0.01], [0.02, 0.98]], (6, 1))
        >>> find_suspects(sure, np.array([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1]))
        (Suspect(row=10, given=1, likely=0, score=0.01),)
    """
    values = np.asarray(probabilities, np.float64)
    given, likely = values[np.arange(len(labels)), labels], values.argmax(axis=1)
    if not _better_than_chance(likely, labels):
        return ()
    ahead = values.max(axis=1, initial=0) - given >= MARGIN
    doubted = np.full(len(labels), True) if believed is None else given <= believed / values.shape[1]
    rows = np.flatnonzero((likely != labels) & doubted & (ahead | _confidently_wrong(values, labels)))
    worst_first = sorted(rows, key=lambda row: (given[row], row))
    return tuple(Suspect(int(r), int(labels[r]), int(likely[r]), float(given[r])) for r in worst_first)


def _better_than_chance(answers: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]) -> bool:
    """Whether answers surely agree with labels more often than shuffled ones would (as in Cohen's kappa)."""
    shares = [np.bincount(numbers, minlength=1) / max(len(numbers), 1) for numbers in (answers, labels)]
    both = min(len(share) for share in shares)
    chance = float(shares[0][:both] @ shares[1][:both])
    interval = Share(int((answers == labels).sum()), len(labels)).interval
    return interval is not None and interval[0] > chance


def _confidently_wrong(
    probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """What cleanlab says, bool ``(N,)``; it wants two classes at least."""
    from cleanlab.filter import find_label_issues

    if len(np.unique(labels)) < 2:
        return np.zeros(len(labels), np.bool_)
    issues: npt.NDArray[np.bool_] = find_label_issues(
        labels, probabilities, filter_by="confident_learning", n_jobs=1
    )
    return issues
