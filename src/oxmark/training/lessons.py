"""What a training learns from, batch by batch: pictures, copies under other conditions, and outliers."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from oxmark.recipes import Recipe
from oxmark.training.augment import augment
from oxmark.training.outliers import made_from_nothing, made_outliers
from oxmark.training.state import Prepared
from oxmark.training.team import ALONE, Share, Team

MOST_KEPT = 32 << 20
"""A stock of so many bytes is kept for the next training."""


@dataclasses.dataclass(frozen=True)
class Lessons:
    """Everything to learn from, in place on the device; very many pictures stay on disk.

    Attributes:
        seen: float32 ``(N, 1, S, S)``, values 0..1: a tensor on the device, or :class:`PicturesOnDisk`, which
            come batch by batch.
        labels: int64 ``(N,)``, class numbers.
        views: float32 ``(N, V, 1, S, S)``, the same pictures under rendered conditions, as a tensor or
            :class:`ViewsOnDisk`; None for none.
        weight: float32 ``(classes,)``, what each class counts: more where it has fewer pictures, 1 on average
            over the pictures.
        outliers: float32 ``(M, 1, S, S)``, pictures of none of the classes; M may be 0.
    """

    seen: Any
    labels: Tensor
    views: Any
    weight: Tensor
    outliers: Tensor

    def batches(
        self, chunks: Sequence[Tensor], recipe: Recipe, generator: torch.Generator, team: Team = ALONE
    ) -> list[tuple[Tensor, Tensor]]:
        """Several batches, changed at random all at once, which takes half the time of one by one.

        Args:
            chunks: Which pictures each batch takes, int64 ``(B,)`` each.
            recipe: How they are changed and how many outliers come with them.
            generator: Source of the random numbers.
            team: Who trains together; only this worker's share of each batch is made.

        Returns:
            For each, float32 ``(B + O, 1, S, S)``, pictures (half of them as a view, if there are views) and
            then outliers, and the labels of the pictures, int64 ``(B,)``.
        """
        chunks = [rows[team.part(len(rows))] for rows in chunks]
        others = self._others(recipe)
        others = len(range(others)[team.part(others)])
        parts = []
        for rows in chunks:
            parts.append(self._pictures(rows, generator))
            if others:
                chosen = torch.randint(len(self.outliers), (others,), generator=generator)
                parts.append(self.outliers[chosen.to(rows.device)])
        changed = augment(torch.cat(parts), recipe, generator)
        split = torch.split(changed, [len(rows) + others for rows in chunks])
        return [(pictures, self.labels[rows]) for pictures, rows in zip(split, chunks, strict=True)]

    def share(self, rows: Tensor, recipe: Recipe, team: Team) -> Share | None:
        """How a worker's share of the batch of these pictures counts; None when it has all of it."""
        return team.share(len(rows), self._others(recipe))

    def _others(self, recipe: Recipe) -> int:
        """Outliers in a batch."""
        return min(len(self.outliers), recipe.outliers_per_batch)

    def _pictures(self, rows: Tensor, generator: torch.Generator) -> Tensor:
        if self.views is None or self.views.shape[1] == 0:
            return self._as_they_are(rows)
        count = self.views.shape[1]
        chosen = torch.randint(2 * count, (len(rows),), generator=generator).to(rows.device)
        as_is = (chosen < count)[:, None, None, None]
        if isinstance(self.views, Tensor):
            views = self.views[rows, chosen % count]
        else:
            picked = self.views.picked(rows.cpu().numpy(), (chosen % count).cpu().numpy())
            views = torch.from_numpy(picked).to(rows.device)
        return torch.where(as_is, self._as_they_are(rows), views)

    def _as_they_are(self, rows: Tensor) -> Tensor:
        if isinstance(self.seen, Tensor):
            return self.seen[rows]
        return torch.from_numpy(self.seen[rows.cpu().numpy()]).to(rows.device)


def make_stock(recipe: Recipe, seed: int) -> npt.NDArray[np.float32]:
    """The recipe's outliers made from nothing, float32 ``(M, 1, S, S)``; none where nothing is refused."""
    if recipe.network != "marks" or recipe.outliers == 0:
        return np.zeros((0, 1, recipe.size, recipe.size), np.float32)
    keep = recipe.outliers * recipe.size**2 * 4 <= MOST_KEPT
    return (_stock if keep else _stock.__wrapped__)(recipe.outliers, recipe.size, recipe.margin, seed)


@functools.lru_cache(maxsize=2)
def _stock(count: int, size: int, margin: float, seed: int) -> npt.NDArray[np.float32]:
    """Kept for the next training of the same seed, as the folds of a cross-validation are; read-only."""
    stock = made_from_nothing(count, size, margin, np.random.default_rng([seed, 6]))
    stock.setflags(write=False)
    return stock


def make_lessons(
    pictures: Prepared, stock: npt.NDArray[np.float32], classes: int, seed: int, place: torch.device
) -> Lessons:
    """Bring pictures to the device and make outliers from them.

    Args:
        pictures: The pictures to learn from; the network must not be measured on them.
        stock: Outliers from :func:`make_stock`.
        classes: Number of classes.
        seed: Of what is made from the pictures.
        place: The device.
    """
    outliers = made_outliers(stock, pictures.seen, np.random.default_rng([seed, 7]))
    counts = np.maximum(np.bincount(pictures.labels, minlength=classes), 1)
    weight = (len(pictures.labels) / (classes * counts)).astype(np.float32)

    def there(some: Any) -> Any:
        return torch.from_numpy(some).to(place) if isinstance(some, np.ndarray) else some

    views = there(pictures.views)
    return Lessons(
        there(pictures.seen),
        torch.from_numpy(pictures.labels).to(place),
        views,
        torch.from_numpy(weight).to(place),
        torch.from_numpy(outliers).to(place),
    )
