"""What is wrong with the folders: class names that nearly agree, pictures left out, hidden folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from oxmark.data.dataset import Dataset
from oxmark.data.doctor.evidence import Evidence, shortened
from oxmark.data.doctor.finding import Finding
from oxmark.data.kinds import HEAD_BYTES, PICTURE_SUFFIXES, kind_of, likeness
from oxmark.data.walk import Skipped, shown_name

_PICTURES_ELSEWHERE = ("an AVIF photo", "a HEIC photo", "an SVG drawing", "a Photoshop document")
_HIDDEN = "hidden"
_BESIDE_PARTS = "a folder beside"
_ROW = ("named in", "line ")


def folders(evidence: Evidence) -> Iterator[Finding]:
    """Findings about folders and about what was skipped."""
    alike = same_spelling(evidence.dataset.classes)
    if alike:
        names = [shortened([f"'{name}'" for name in names]) for names in alike]
        yield evidence.finding("class_spelling", list="; ".join(names), count=len(alike))
    yield from _skipped(evidence)


def spelled(name: str) -> str:
    """A class name without what cannot be told apart everywhere: letter case and surplus spaces.

    Example:
        >>> spelled("My  Mark ")
        'my mark'
    """
    return " ".join(name.split()).casefold()


def same_spelling(names: Sequence[str]) -> list[list[str]]:
    """Class names that differ by letter case or spaces only, in sets of two or more.

    Example:
        >>> same_spelling(["O", "X", "o"])
        [['O', 'o']]
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(spelled(name), []).append(name)
    return [one for one in found.values() if len(one) > 1]


def _skipped(evidence: Evidence) -> Iterator[Finding]:
    dataset, skipped = evidence.dataset, evidence.dataset.skipped
    rows = [item for item in skipped if item.reason.startswith(_ROW)]
    hidden = [item for item in skipped if item.reason.startswith(_HIDDEN)]
    beside = [item for item in skipped if item.reason.startswith(_BESIDE_PARTS)]
    rest = [item for item in skipped if item not in (*rows, *hidden, *beside)]
    for code, items in (
        ("skipped_folders", beside),
        ("rows_without_file", rows),
        ("hidden_folders", [item for item in hidden if _among_classes(dataset, item)]),
    ):
        if items:
            yield evidence.finding(code, [_name(dataset, item) for item in items])
    kinds = [(item, _picture_kind(item.path)) for item in rest]
    pictures = [(_name(dataset, item), kind) for item, kind in kinds if kind]
    if pictures:
        names, details = zip(*pictures, strict=True)
        yield evidence.finding("skipped_pictures", names, details=details)


def _name(dataset: Dataset, item: Skipped) -> str:
    return shown_name(item.path.relative_to(dataset.root).as_posix())


def _among_classes(dataset: Dataset, item: Skipped) -> bool:
    """Whether it is a folder that stands where class folders stand."""
    depth = len(item.path.relative_to(dataset.root).parts)
    return item.path.is_dir() and depth <= (2 if dataset.parts else 1)


def _picture_kind(path: Path) -> str:
    """What kind of picture a file seems to be, by its first bytes; empty for anything else."""
    try:
        if not path.is_file():  # a pipe would never end
            return ""
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except (OSError, ValueError):
        return ""
    kind = kind_of(head)
    if kind is None and likeness(head) in _PICTURES_ELSEWHERE:
        kind = likeness(head).split()[1]
    return kind or (path.suffix.lower() if path.suffix.lower() in PICTURE_SUFFIXES else "")
