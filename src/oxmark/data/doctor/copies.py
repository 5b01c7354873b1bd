"""Pictures that are there twice: in two classes, in two parts, or next to each other."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence

from oxmark.data.doctor.evidence import Evidence, Picture, names_of, sets_of, traits_of
from oxmark.data.doctor.finding import Finding
from oxmark.data.groups import bursts, near_copies
from oxmark.data.traits_table import digests_of

Sets = list[list[Picture]]
_DRAWN = re.compile(r"\d{8}-\d{6}-\d{3}")
"""How the studio names what is drawn in it: by the time, in milliseconds."""


@dataclasses.dataclass(frozen=True)
class Copies:
    """What of the drawn pictures belongs together, each kind as sets of two or more.

    Attributes:
        in_two_classes: The very same pixels in two classes.
        exact: The very same pixels in one class.
        near_in_two_classes: Hardly changed copies in two classes.
        near: Hardly changed copies in one class; at least two different pictures in each set.
        bursts: Frames of one series.
    """

    in_two_classes: Sets
    exact: Sets
    near_in_two_classes: Sets
    near: Sets
    bursts: Sets


def find_copies(pictures: Sequence[Picture]) -> Copies:
    """Find what belongs together.

    Near copies within a longer series are left out, for the series says it; and the other way round. Single
    straight strokes are compared pixel by pixel alone: two of them are alike whoever drew them. Drawings made
    in the studio are no frames of a series: each was drawn and saved by itself, at the time in its name.

    Args:
        pictures: Those on which something is drawn.

    Returns:
        The sets, in the order of their first pictures.

    Example:
        >>> find_copies([]).exact
        []
    """
    same = sets_of(pictures, digests_of(traits_of(pictures)))
    in_two_classes = [one for one in same if len(labels_of(one)) > 1]
    told = {one.name for pictures in in_two_classes for one in pictures}
    shapes = [one for one in pictures if not one.is_stroke]
    alike = _differing(sets_of(shapes, near_copies(traits_of(shapes)).tolist()))
    two_classes = [one for one in alike if len(labels_of(p for p in one if p.name not in told)) > 1]
    near = [one for one in alike if one not in two_classes]
    filmed = [one for one in shapes if not _DRAWN.fullmatch(one.sample.path.stem)]
    frames = bursts([one.sample for one in filmed], traits_of(filmed))
    series = [one for one in _differing(sets_of(filmed, frames.tolist())) if not _within(one, near)]
    return Copies(
        in_two_classes=in_two_classes,
        exact=[one for one in same if one not in in_two_classes],
        near_in_two_classes=two_classes,
        near=[one for one in near if not _within(one, series)],
        bursts=series,
    )


def copies(evidence: Evidence) -> Iterator[Finding]:
    """Findings about copies."""
    found = find_copies(evidence.drawn)
    yield from _told(evidence, "in_two_classes", found.in_two_classes)
    yield from _told(evidence, "near_copies_in_two_classes", found.near_in_two_classes)
    for inside, sets in (("copies", found.exact), ("near_copies", found.near), ("burst", found.bursts)):
        across = [one for one in sets if len(parts_of(one)) > 1]
        yield from _told(evidence, f"{inside}_in_two_parts", across)
        yield from _told(evidence, inside, [one for one in sets if one not in across])


def parts_of(pictures: Iterable[Picture]) -> set[str | None]:
    """The parts in which some pictures stand."""
    return {one.sample.part for one in pictures}


def labels_of(pictures: Iterable[Picture]) -> set[int]:
    """The classes in which some pictures stand."""
    return {one.sample.label for one in pictures}


def _told(evidence: Evidence, code: str, sets: Sets) -> Iterator[Finding]:
    if sets:
        yield evidence.finding(code, sets=[names_of(one) for one in sets])


def _differing(sets: Sets) -> Sets:
    """The sets in which not all pixels are the same."""
    return [one for one in sets if len({picture.traits.digest for picture in one}) > 1]


def _within(pictures: Sequence[Picture], sets: Sets) -> bool:
    """Whether some pictures are all in one of the sets."""
    names = set(names_of(pictures))
    return any(names <= set(names_of(one)) for one in sets)
