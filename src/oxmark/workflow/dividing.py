"""How the pictures of a cross-validation are divided, and what a learning curve leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset
from oxmark.data.folds import folds
from oxmark.data.groups import group_numbers
from oxmark.errors import FolderError
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.evaluation.cross_validation import Fold
    from oxmark.workflow.preparing import PreparedSet


class Divider:
    """Divides pictures into folds, with what must stay together kept together.

    Hands are kept apart where that leaves every class to learn from in at least two folds; copies and frames
    of one series always are.

    Args:
        prepared: N pictures.
        wanted: So many folds; fewer where there are fewer groups.
        seed: Of the first division, of which the notes speak.

    Attributes:
        labels: int64 ``(N,)``.
        groups: int64 ``(N,)``, equal for pictures that stay together.
        hands: int64 ``(N,)``, a number for whoever drew each; None when that is not known of all.
        notes: What the user should know about it.

    Raises:
        FolderError: The pictures cannot be divided.
    """

    def __init__(self, prepared: PreparedSet, wanted: int, seed: int = 0) -> None:
        self.labels = np.array([sample.label for sample in prepared.dataset.samples], np.int64)
        self.hands = prepared.groups(np.arange(len(self.labels)))
        self.notes: list[Message] = []
        self._wanted = wanted
        samples, traits = prepared.dataset.samples, prepared.traits
        hands = {sample.group for sample in samples}
        self.groups = group_numbers(samples, traits, "drawer")
        apart = len(hands - {None}) > 1 and len(self.folds(seed)) > 1
        if not apart:
            self.groups = group_numbers(samples, traits, "near-copies")
        count = len(self.folds(seed))
        if count < 2:
            raise FolderError(_too_few(prepared.dataset))
        known = len(hands - {None})
        if None in hands:
            self.notes.append(Message(f"validate.hands_unknown{'_in_part' if known else ''}"))
        elif apart:
            self.notes.append(Message("validate.hands_apart", {"hands": known, "folds": count}))
        elif known == 1:
            self.notes.append(Message("validate.one_hand"))
        else:
            self.notes.append(Message("validate.hands_too_few", {"hands": known}))
        if count < wanted:
            self.notes.append(Message("validate.fewer_folds", {"folds": count, "wanted": wanted}))

    def folds(self, seed: int) -> list[Fold]:
        """One division: what is learned from and what is held out, for each fold."""
        return folds(self.labels, self.groups, self._wanted, seed)


def _too_few(dataset: Dataset) -> str:
    counts = dict.fromkeys(dataset.classes, 0)
    for sample in dataset.samples:
        counts[dataset.classes[sample.label]] += 1
    have = ", ".join(f"{name!r} has {count or 'none'}" for name, count in counts.items())
    return (
        f"{dataset.root} cannot be divided into folds with every class to learn from in each: {have}. "
        "Every class needs at least 2 pictures that are no copies of each other."
    )


def thinned(plan: Sequence[Fold], labels: npt.NDArray[np.int64], share: float, seed: int) -> list[Fold]:
    """The same folds with fewer pictures to learn from, the same share of each class, smaller in larger."""
    rng = np.random.default_rng([seed, 11])
    turn = rng.permutation(len(labels))
    thinner = []
    for rest, held in plan:
        kept = []
        for label in np.unique(labels[rest]):
            members = rest[labels[rest] == label]
            members = members[np.argsort(turn[members])]
            kept.append(members[: max(1, round(share * len(members)))])
        thinner.append((np.sort(np.concatenate(kept)), held))
    return thinner


def mean_counts(
    plan: Sequence[Fold], labels: npt.NDArray[np.int64], classes: Sequence[str]
) -> dict[str, int]:
    """How many pictures of each class a network learned from, on average over the folds."""
    counts = [np.bincount(labels[rest], minlength=len(classes)) for rest, _ in plan]
    return dict(zip(classes, np.rint(np.mean(counts, axis=0)).astype(int).tolist(), strict=True))
