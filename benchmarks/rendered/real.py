"""Real marks by real people: measured on, never trained or tuned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .album import SIGNS
from .answers import Answers
from .measure import Spread

OTHER = "other"


@dataclass(frozen=True)
class RealPicture:
    """One file of real marks.

    Attributes:
        file: A PNG; the last two digits of its stem are the drawer's number.
        kind: "O", "X" or "other".
        drawer: Who drew it.
        letter: The file's name up to the first "_": which letter it is.
    """

    file: Path
    kind: str
    drawer: int
    letter: str


@dataclass(frozen=True)
class RealFigures:
    """What one recipe's models make of real marks; shares are 0..1.

    Attributes:
        total: How many O and X there are.
        right: How many of them have the larger probability right, for every seed.
        answered: Share of them that is not refused.
        area: Area under the ROC curve of `known`: marks against other letters.
        refused: Share of other letters that is refused.
        letters: The same for each letter, the least refused first.
    """

    total: int
    right: Spread
    answered: Spread
    area: Spread
    refused: Spread
    letters: dict[str, Spread]


def real_pictures(folder: Path, drawers: range) -> tuple[RealPicture, ...]:
    """Returns the pictures by some drawers.

    Args:
        folder: Holds the folders O, X and other.
        drawers: Whose pictures.

    Raises:
        ValueError: A folder is missing, or has no picture by these drawers.
    """
    found: list[RealPicture] = []
    for kind in (*SIGNS, OTHER):
        files = sorted((folder / kind).glob("*.png"))
        pictures = [RealPicture(f, kind, _drawer(f), f.stem.split("_")[0]) for f in files]
        chosen = [picture for picture in pictures if picture.drawer in drawers]
        if not chosen:
            raise ValueError(
                f"{folder / kind} has no PNG by drawer {drawers.start} to {drawers.stop - 1}; "
                "the last two digits of a file's name are its drawer."
            )
        found += chosen
    return tuple(found)


def measured_real(pictures: Sequence[RealPicture], answers: Sequence[Answers]) -> RealFigures:
    """Returns the figures of one recipe, from one seed's answers after another."""
    from sklearn.metrics import roc_auc_score

    kind = np.array([picture.kind for picture in pictures])
    letter = np.array([picture.letter for picture in pictures])
    other = kind == OTHER
    refused = {
        name: Spread(tuple(float((~a.answered)[other & (letter == name)].mean()) for a in answers))
        for name in dict.fromkeys(letter[other].tolist())
    }
    return RealFigures(
        total=int((~other).sum()),
        right=Spread(tuple(int((a.chosen == kind).sum()) for a in answers)),
        answered=Spread(tuple(float(a.answered[~other].mean()) for a in answers)),
        area=Spread(tuple(float(roc_auc_score(~other, a.known)) for a in answers)),
        refused=Spread(tuple(float((~a.answered)[other].mean()) for a in answers)),
        letters={name: refused[name] for name in sorted(refused, key=lambda name: refused[name].mean)},
    )


def _drawer(file: Path) -> int:
    digits = file.stem[-2:]
    return int(digits) if digits.isdecimal() else 0
