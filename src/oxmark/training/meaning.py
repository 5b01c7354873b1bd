"""Which flips and turns keep the meaning: found out from the training pictures.

Mirroring turns b into d, half a turn 6 into 9, an eighth of a turn + into x. A picture so changed is compared
with all training pictures (coarse copies, the nearest one counts). It has gone over to another class if it is
nearest to it and as near as that class's own pictures are to each other: a triangle on its head is nearest to
a square and yet no square. Where changed pictures of two classes go over to each other much oftener than
unchanged ones do, the change is left out of training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from oxmark.data.ondisk import Pictures
from oxmark.recipes import Recipe
from oxmark.training.augment import Draw, augment, fitted, matrices, resample

SMALL_TURN = 15.0
"""Turns up to this many degrees are part of any handwriting and never checked."""
OFTENER = 0.42
"""A change is left out if this share of two classes' pictures goes over to the other class through it."""
STRANGE = 0.1
"""This share of each class's pictures is further from all others than what still counts as near."""
REFERENCES = 6
"""Slightly changed copies of each picture to compare with, so that a few hands stand for more."""
MOST = 40
"""So many pictures of each class are compared, at most."""


Form = tuple[bool, bool, float]
"""A change of place: mirror x, mirror y, degrees."""


def keep_meaning(
    recipe: Recipe, seen: Pictures, labels: npt.NDArray[np.int64], classes: Sequence[str]
) -> tuple[Recipe, tuple[str, ...]]:
    """Switch off the flips and large turns that turn one class into another.

    Args:
        recipe: As the user wants it; without ``keep_meaning`` it is returned as it is.
        seen: The training pictures, float32 ``(N, 1, S, S)``, values 0..1.
        labels: int64 ``(N,)``, class numbers.
        classes: Names, for the sentences.

    Returns:
        The recipe without what changes the meaning, and a sentence for each thing switched off.

    Example:
        >>> keep_meaning(load_recipe("tutorial"), seen, labels, ("O", "X"))[1]  # doctest: +SKIP
        ()
    """
    if not recipe.keep_meaning or recipe.preprocess != "ink":
        return recipe, ()
    known = np.unique(labels)  # in a project that is still drawn, a class may have no picture yet
    if len(known) < 2:
        return recipe, ()
    rows = np.concatenate([np.flatnonzero(labels == label)[:MOST] for label in known])
    pictures, truth = torch.from_numpy(seen[rows]), np.searchsorted(known, labels[rows])
    compare = _Comparison(recipe, pictures, truth)
    settings: dict[str, object] = {}
    notes = []
    for what, wanted, forms, off in _changes(recipe):
        if not wanted or any(key in settings for key in off):
            continue
        pair = compare.confuses(forms)
        if pair:
            settings |= off
            one, other = (classes[known[number]] for number in pair)
            notes.append(_sentence(what, one, other))
    return recipe.with_settings(settings) if settings else recipe, tuple(notes)


def _changes(recipe: Recipe) -> list[tuple[str, bool, list[Form], dict[str, object]]]:
    """Name, whether the recipe makes it, its forms, and what switches it off."""
    horizontal, vertical = recipe.flip_horizontal > 0, recipe.flip_vertical > 0
    turns = [(False, False, recipe.rotation * part) for part in (0.8, 1.0)]
    return [
        ("mirrored left to right", horizontal, [(True, False, 0.0)], {"flip_horizontal": 0.0}),
        ("mirrored top to bottom", vertical, [(False, True, 0.0)], {"flip_vertical": 0.0}),
        (
            "mirrored both ways, which is half a turn",
            horizontal and vertical,
            [(True, True, 0.0)],
            {"flip_horizontal": 0.0, "flip_vertical": 0.0},
        ),
        (
            f"turned by {recipe.rotation:g} degrees",
            recipe.rotation > SMALL_TURN,
            turns,
            {"rotation": SMALL_TURN},
        ),
    ]


def _sentence(what: str, one: str, other: str) -> str:
    return (
        f"Pictures are not {what}: those of '{one}' would look like '{other}'. "
        "To do it all the same: --set keep_meaning=false."
    )


class _Comparison:
    """The training pictures as coarse copies, to find the nearest one of a changed picture."""

    def __init__(self, recipe: Recipe, pictures: Tensor, truth: npt.NDArray[np.int64]) -> None:
        still = {"flip_horizontal": 0.0, "flip_vertical": 0.0, "rotation": min(recipe.rotation, SMALL_TURN)}
        quiet = {"crop": 0.0, "cut": 0.0, "noise": 0.0, "specks": 0.0, "fade": 0.0}
        self.recipe = recipe.with_settings({**still, **quiet})
        self.pictures, self.truth = pictures, truth
        self.generator = torch.Generator().manual_seed(0)
        copies = [pictures] + [self._varied(pictures) for _ in range(REFERENCES)]
        self.references = torch.cat([_coarse(copy) for copy in copies])
        self.owner = np.tile(np.arange(len(truth)), len(copies))
        self.near = self._usually_near(_coarse(pictures))
        self.usual = self._went_over(_coarse(self._varied(pictures)), but_own=True)

    def confuses(self, forms: Sequence[Form]) -> tuple[int, int] | None:
        """The two classes of which the first turns into the second, or None.

        What makes an A a B makes a B an A when it is done the other way round, so both count.
        """
        for form in forms:
            there, back = (self._went_over(self._changed(one)) for one in (form, _reversed(form)))
            more = (there - self.usual + (back - self.usual).T) / 2
            one, other = np.unravel_index(int(more.argmax()), more.shape)
            if more[one, other] >= OFTENER:
                return int(one), int(other)
        return None

    def _varied(self, pictures: Tensor) -> Tensor:
        return augment(pictures, self.recipe, self.generator)

    def _changed(self, form: Form) -> Tensor:
        return _coarse(_changed(self.pictures, *form, self.recipe.margin))

    def _alike(self, coarse: Tensor, but_own: bool) -> npt.NDArray[np.float32]:
        """How alike each picture and each class's nearest reference are: ``(N, classes)``, at most 1."""
        alike = coarse @ self.references.T
        if but_own:
            own = torch.from_numpy(np.arange(len(self.truth))[:, None] == self.owner[None])
            alike = alike.masked_fill(own, -2)
        of_class = self.truth[self.owner]
        nearest = [alike[:, of_class == label].amax(1) for label in range(int(self.truth.max()) + 1)]
        return np.asarray(torch.stack(nearest, dim=1).numpy())

    def _usually_near(self, coarse: Tensor) -> npt.NDArray[np.float64]:
        """How alike a class's pictures and their nearest others are, the strangest left out: ``(K,)``."""
        alike = self._alike(coarse, but_own=True)
        return np.array(
            [np.quantile(alike[self.truth == label, label], STRANGE) for label in range(alike.shape[1])]
        )

    def _went_over(self, coarse: Tensor, but_own: bool = False) -> npt.NDArray[np.float64]:
        """What share of each class has gone over to each other class: float64 ``(classes, classes)``."""
        alike = self._alike(coarse, but_own)
        nearest = alike.argmax(1)
        over = alike.max(1) >= self.near[nearest]
        table = np.zeros((alike.shape[1], alike.shape[1]))
        np.add.at(table, (self.truth[over], nearest[over]), 1.0)
        table /= np.maximum(np.bincount(self.truth, minlength=len(table)), 1)[:, None]
        np.fill_diagonal(table, 0)
        return table


def _reversed(form: Form) -> Form:
    """What undoes a change: a mirror is its own, a turn goes the other way."""
    return form[0], form[1], -form[2]


def _changed(pictures: Tensor, mirror_x: bool, mirror_y: bool, degrees: float, margin: float) -> Tensor:
    """Mirrored and turned, then fitted to the box as the ink graph would: float32 ``(N, 1, S, S)``."""
    count = len(pictures)
    zero, one = torch.zeros(count), torch.ones(count)
    flip_x, flip_y = (-one if mirror else one for mirror in (mirror_x, mirror_y))
    turn = torch.full((count,), float(np.radians(degrees)))
    matrix = matrices(Draw(turn, zero, zero, zero, one, one, flip_x, flip_y))
    return resample(pictures, fitted(pictures, matrix, margin), None, padding="zeros")


def _coarse(pictures: Tensor, cells: int = 12) -> Tensor:
    """Blurred and small, each with mean 0 and length 1: float32 ``(N, cells * cells)``."""
    small = torch.nn.functional.adaptive_avg_pool2d(pictures, cells).flatten(1)
    small = small - small.mean(1, keepdim=True)
    unit: Tensor = small / small.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return unit
