"""What the doctor looks at: the data set, and what was measured of every picture."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.doctor.finding import Finding, Severity, make_finding
from oxmark.data.ondisk import Pictures
from oxmark.data.traits import Traits
from oxmark.data.traits_table import errors_in, some_traits
from oxmark.data.walk import shown_name
from oxmark.errors import PictureError
from oxmark.words import Value

NOTHING_SEEN = 0.01
"""Mean ink of what the network sees, 0..1, below which nothing is drawn. The thinnest drawn marks have 0.04;
nine in ten blank pages have less than 0.001, even in bad light."""
STROKE = 0.12
"""Ink that spreads so little to the sides, as a share of its length, is one straight stroke: it has too
little shape to know a copy by. Of drawn signs five in six lines are below, and none of 496 others."""
_EVEN = 0.05  # a solid bar has no near hash either, but its frame is not even
_BLANK_CLASS = 0.5  # of a class: with so many blank pictures, blank is what the class means


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that could be read. Of very many the traits and what is seen stay on disk until asked for.

    Attributes:
        name: Relative to the folder, as shown.
        sample: Its place in the data set.
        evidence: Where it is from.
        place: Its place among all samples.
        row: Its place among the readable ones.
    """

    name: str
    sample: Sample
    evidence: Evidence
    place: int
    row: int

    @property
    def traits(self) -> Traits:
        """What was measured."""
        return cast("Traits", self.evidence.traits[self.place])

    @property
    def seen(self) -> npt.NDArray[np.float32] | None:
        """What the network sees, float32 ``(S, S)``, 0..1; None where that was not asked."""
        seen = self.evidence.seen
        return None if seen is None else np.asarray(seen[self.row][0], np.float32)

    @cached_property
    def is_blank(self) -> bool:
        """Nothing is drawn on it."""
        if (seen := self.seen) is not None:
            return float(seen.mean()) < NOTHING_SEEN
        return not self.traits.near.any() and float(np.ptp(self.traits.frame)) < _EVEN

    @property
    def is_stroke(self) -> bool:
        """One straight stroke, whichever way it leans; False where it is not known what the network sees."""
        if (seen := self.seen) is None or not seen.any():
            return False
        places = np.indices(seen.shape).reshape(2, -1)
        spread = np.sqrt(np.linalg.eigvalsh(np.cov(places, aweights=seen.ravel())))
        return bool(spread[0] <= STROKE * spread[1])


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that is known of a folder.

    Attributes:
        dataset: As read; N samples.
        traits: Of each sample in order; where a picture cannot be read, its error.
        seen: What the network sees of the readable ones, in order: float32 ``(R, 1, S, S)``, ink 0..1, in
            memory or on disk; or None.

    Raises:
        ValueError: Not as many traits as samples, or not as many seen as readable.
    """

    dataset: Dataset
    traits: Sequence[Traits | PictureError]
    seen: Pictures | None = None

    def __post_init__(self) -> None:
        readable = len(self._readable)
        if len(self.traits) != len(self.dataset.samples):
            raise ValueError(f"got {len(self.traits)} traits for {len(self.dataset.samples)} samples")
        if self.seen is not None and len(self.seen) != readable:
            raise ValueError(f"got {len(self.seen)} seen pictures, expected one for each of {readable}")

    @cached_property
    def pictures(self) -> list[Picture]:
        """The readable ones, in the data set's order."""
        samples = [(place, self.dataset.samples[place]) for place in self._readable]
        return [
            Picture(self.dataset.relative(sample), sample, self, place, row)
            for row, (place, sample) in enumerate(samples)
        ]

    @cached_property
    def unreadable(self) -> list[tuple[str, PictureError, bool]]:
        """Name, error, and whether the file is empty, of each picture that cannot be read."""
        samples = self.dataset.samples
        errors = [(samples[place], one) for place, one in errors_in(self.traits).items()]
        return [(self.dataset.relative(sample), one, _is_empty(sample.path)) for sample, one in errors]

    @property
    def _readable(self) -> list[int]:
        """The places of the samples that can be read."""
        errors = errors_in(self.traits)
        return [place for place in range(len(self.traits)) if place not in errors]

    @cached_property
    def blank(self) -> list[Picture]:
        """The pictures on which nothing is drawn."""
        return [one for one in self.pictures if one.is_blank]

    @cached_property
    def drawn(self) -> list[Picture]:
        """The pictures on which something is drawn."""
        return [one for one in self.pictures if not one.is_blank]

    @cached_property
    def blank_labels(self) -> set[int]:
        """The classes that mean "nothing is drawn": half their pictures or more are blank, but not of all."""
        number = Counter(one.sample.label for one in self.pictures)
        blank = Counter(one.sample.label for one in self.blank)
        found = {label for label, count in blank.items() if count >= _BLANK_CLASS * number[label]}
        return found if len(found) < len(number) else set()

    @cached_property
    def usable(self) -> list[Picture]:
        """What can be learned from: drawn, or blank because its class is."""
        return [one for one in self.pictures if not one.is_blank or one.sample.label in self.blank_labels]

    @cached_property
    def usable_counts(self) -> dict[str, dict[str, int]]:
        """As :meth:`Dataset.counts`, of the usable pictures alone."""
        table = {part: dict.fromkeys(names, 0) for part, names in self.dataset.counts().items()}
        for one in self.usable:
            table[one.sample.part or "all"][self.class_of(one)] += 1
        return table

    def class_of(self, picture: Picture) -> str:
        """The name of a picture's class."""
        return self.dataset.classes[picture.sample.label]

    def finding(
        self,
        code: str,
        files: Iterable[str] = (),
        *,
        details: Iterable[str] = (),
        sets: Sequence[Sequence[str]] = (),
        severity: Severity | None = None,
        **values: Value,
    ) -> Finding:
        """As :func:`make_finding`, with the folder among the values, ready for a command."""
        data = quoted(self.dataset.root)
        return make_finding(
            code, files, details=details, sets=sets, severity=severity, **{"data": data, **values}
        )


def quoted(path: Path) -> str:
    """A path as it is typed in a command: quoted where it has to be.

    Example:
        >>> quoted(Path("my marks"))
        '"my marks"'
    """
    name = shown_name(str(path))
    return f'"{name}"' if set(name) & set(" '()&;*?") else name


def sets_of(pictures: Sequence[Picture], keys: Sequence[Hashable]) -> list[list[Picture]]:
    """The sets of two or more pictures with equal keys, in the order of their firsts."""
    found: dict[Hashable, list[Picture]] = {}
    for picture, key in zip(pictures, keys, strict=True):
        found.setdefault(key, []).append(picture)
    return [one for one in found.values() if len(one) > 1]


def traits_of(pictures: Sequence[Picture]) -> Sequence[Traits]:
    """Their traits, in order; of very many they stay on disk."""
    if not pictures:
        return []
    return some_traits(pictures[0].evidence.traits, [one.place for one in pictures])


def names_of(pictures: Iterable[Picture]) -> list[str]:
    """Their names, for a finding."""
    return [one.name for one in pictures]


def shortened(names: Sequence[str], most: int = 6) -> str:
    """Names in a row for a sentence, in any language.

    Example:
        >>> shortened(["O", "X", "triangle"], most=2)
        'O, X, …'
    """
    return ", ".join([*names[:most], *(["…"] if len(names) > most else [])])


def _is_empty(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.stat().st_size == 0
    return False
