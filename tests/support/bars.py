"""Bars across and down, which the smallest network learns in a second, and how to cross-validate on them."""

from __future__ import annotations

import numpy as np

from oxmark.evaluation.cross_validation import Fold, PictureSet, Training
from oxmark.recipes import Recipe, load_recipe

SIZE = 24
CLASSES = ("across", "down")


def recipe(**changes: object) -> Recipe:
    """The recipe marks, but so small that it is trained at once."""
    tiny = {"size": SIZE, "width": 4, "epochs": 1, "batch": 4, "least_steps": 8, "cross_fit": 0.5}
    return load_recipe("marks").with_settings({**tiny, "outliers": 20, "outliers_per_batch": 3, **changes})


def bars(count: int = 24, seed: int = 0) -> PictureSet:
    """Bars across and down with grain, and one view of each; six people drew four each."""
    generator = np.random.default_rng(seed)
    rows = np.arange(count, dtype=np.int64)
    drawn = np.zeros((count, 1, SIZE, SIZE), np.float32)
    drawn[rows % 2 == 0, :, 9:14, 2:22] = 0.8
    drawn[rows % 2 == 1, :, 2:22, 9:14] = 0.8
    grain = generator.random((2, count, 1, SIZE, SIZE), np.float32) * np.float32(0.2)
    return PictureSet(drawn + grain[0], rows % 2, (drawn + grain[1])[:, None], rows // 4, rows // 4)


def thirds(pictures: PictureSet) -> list[Fold]:
    """Three folds of whole people."""
    rows = np.arange(len(pictures.labels))
    return [(rows[rows // 8 != number], rows[rows // 8 == number]) for number in range(3)]


def trainings(used: Recipe, pictures: PictureSet, folds: list[Fold], seed: int = 0) -> list[Training]:
    """One a fold."""
    return [Training(used, CLASSES, pictures, *fold, seed) for fold in folds]
