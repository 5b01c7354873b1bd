"""What is wrong with single pictures: unreadable, empty, blank, several marks, odd sizes, odd modes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from oxmark.data.doctor.evidence import Evidence, Picture, names_of
from oxmark.data.doctor.finding import Finding
from oxmark.data.doctor.pieces import separate_marks

SMALLEST, LARGEST = 24, 8192
"""Sides in pixels within which pictures are usual."""
OUTLIER = 8
"""A picture is an outlier when its longer side is so many times the median's, or so many times less."""
FEW = 0.1
"""A mode is odd when at most this share of the pictures has it."""
SEVERAL_ARE_MEANT = 0.25
"""Where more than this share of a class shows several marks, that is what the sign looks like."""

_SOMEWHAT_CLEAR = 0.001  # of the pixels
_USUAL_MODES = {"1", "L", "P", "RGB", "RGBA", "LA", "PA", "RGBa", "La"}


def pictures(evidence: Evidence) -> Iterator[Finding]:
    """Findings about single pictures."""
    yield from _unreadable(evidence)
    yield from _blank(evidence)
    yield from _several_marks(evidence)
    yield from _odd_sizes(evidence)
    yield from _odd_modes(evidence)


def _unreadable(evidence: Evidence) -> Iterator[Finding]:
    empty = [name for name, _, is_empty in evidence.unreadable if is_empty]
    other = [(name, _reason(error)) for name, error, is_empty in evidence.unreadable if not is_empty]
    if other:
        names, reasons = zip(*other, strict=True)
        yield evidence.finding("unreadable", names, details=reasons)
    if empty:
        yield evidence.finding("empty", empty)


def _reason(error: Exception) -> str:
    """What the error's sentence says, without the path and the cure."""
    sentence = str(error).partition(". ")[0]
    path = str(getattr(error, "path", "")).encode("utf-8", "replace").decode()
    return sentence.removeprefix(path).strip()


def _blank(evidence: Evidence) -> Iterator[Finding]:
    faults = [one for one in evidence.blank if one.sample.label not in evidence.blank_labels]
    if faults:
        yield evidence.finding("blank", names_of(faults))
    for label in sorted(evidence.blank_labels):
        meant = [one for one in evidence.blank if one.sample.label == label]
        yield evidence.finding("blank_class", names_of(meant), name=evidence.dataset.classes[label])


def _several_marks(evidence: Evidence) -> Iterator[Finding]:
    if evidence.seen is None:
        return
    marks = separate_marks(evidence.seen)
    of_class = Counter(one.sample.label for one in evidence.pictures)
    several = [(one, int(n)) for one, n in zip(evidence.pictures, marks, strict=True) if n > 1]
    in_class = Counter(one.sample.label for one, _ in several)
    meant = {label for label, n in in_class.items() if n > max(1, SEVERAL_ARE_MEANT * of_class[label])}
    odd = [(one.name, str(n)) for one, n in several if one.sample.label not in meant]
    if odd:
        names, details = zip(*odd, strict=True)
        yield evidence.finding("several_marks", names, details=details)


def _odd_sizes(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.pictures:
        return
    usual = float(np.median([max(_size(one)) for one in evidence.pictures]))
    odd = [one for one in evidence.pictures if _is_odd(one, usual)]
    if odd:
        details = ["x".join(str(side) for side in _size(one)) for one in odd]
        yield evidence.finding("odd_size", names_of(odd), details=details, usual=round(usual))


def _size(picture: Picture) -> tuple[int, int]:
    return picture.traits.info.width, picture.traits.info.height


def _is_odd(picture: Picture, usual: float) -> bool:
    shorter, longer = sorted(_size(picture))
    return shorter < SMALLEST or longer > LARGEST or not usual / OUTLIER <= longer <= usual * OUTLIER


def _odd_modes(evidence: Evidence) -> Iterator[Finding]:
    kinds = [_kind(one) for one in evidence.pictures]
    number = Counter(kinds)
    if len(number) < 2:
        return
    usual = number.most_common(1)[0][0]
    rare = {kind for kind, n in number.items() if kind != usual and n <= FEW * len(kinds)}
    odd = [one for one, kind in zip(evidence.pictures, kinds, strict=True) if kind in rare]
    if odd:
        yield evidence.finding("odd_mode", names_of(odd), details=[_mode(one) for one in odd])


def _kind(picture: Picture) -> str:
    """How the colours are stored, as far as it matters: ordinary, with transparent parts, or unusual."""
    if picture.traits.clear > _SOMEWHAT_CLEAR:
        return "clear"
    mode = picture.traits.info.mode
    return "usual" if mode in _USUAL_MODES else mode


def _mode(picture: Picture) -> str:
    clear = picture.traits.clear
    return picture.traits.info.mode + (f" {100 * clear:.0f} %" if clear > _SOMEWHAT_CLEAR else "")
