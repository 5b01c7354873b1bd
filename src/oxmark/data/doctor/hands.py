"""Who drew what: one hand in two parts, hands that draw one class only, hands that are not known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from oxmark.data.dataset import PARTS
from oxmark.data.doctor.evidence import Evidence, names_of, shortened, traits_of
from oxmark.data.doctor.finding import Finding
from oxmark.data.folds import lacking, share_out
from oxmark.data.groups import class_by_hand, group_numbers

ONE_CLASS = 0.9
"""Hands draw by class when so much of what they drew is in the class that each draws most."""

_USUAL_SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def hands(evidence: Evidence) -> Iterator[Finding]:
    """Findings about who drew what."""
    known = [one for one in evidence.usable if one.sample.group is not None]
    if not known:
        if evidence.usable:
            yield evidence.finding("no_drawer")
        return
    yield from _in_two_parts(evidence)
    yield from _for_one_class(evidence)
    if len(known) < len(evidence.usable):
        rest = [one for one in evidence.usable if one.sample.group is None]
        yield evidence.finding("some_without_drawer", names_of(rest))


def _in_two_parts(evidence: Evidence) -> Iterator[Finding]:
    parts = defaultdict(set)
    for one in evidence.usable:
        if one.sample.group is not None:
            parts[one.sample.group].add(one.sample.part)
    shared = sorted(hand for hand, places in parts.items() if len(places) > 1)
    if not shared and evidence.dataset.parts:
        return
    apart = could_be_apart(evidence)
    if shared:
        files = [one.name for one in evidence.usable if one.sample.group in shared]
        code = "hand_in_two_parts" if apart else "hands_too_few"
        yield evidence.finding(code, files, hands=len(parts), count=len(shared), list=shortened(shared))
    elif not apart:
        yield evidence.finding(
            "hands_too_few", hands=len(parts), count=len(parts), list=shortened(sorted(parts))
        )


def could_be_apart(evidence: Evidence) -> bool:
    """Whether the pictures could be divided anew so that no hand stands in two parts.

    True when that costs no part a class which it can have otherwise: what ``oxmark split --group drawer``
    does. Where there are no parts yet, the usual three are meant.
    """
    samples, traits = [one.sample for one in evidence.usable], traits_of(evidence.usable)
    labels = np.array([sample.label for sample in samples], np.int64)
    present = Counter(sample.part for sample in samples)
    shares = {part: present[part] / len(samples) for part in PARTS if present[part]} or _USUAL_SHARES
    lost = [
        set(lacking(labels, share_out(labels, group_numbers(samples, traits, by), shares, seed=0), shares))
        for by in ("drawer", "near-copies")
    ]
    return not lost[0] - lost[1]


def _for_one_class(evidence: Evidence) -> Iterator[Finding]:
    """Each class drawn by hands of its own: whoever knows the hand knows the class."""
    known = [one.sample for one in evidence.usable if one.sample.group is not None]
    number = Counter(sample.group for sample in known)
    several = [sample for sample in known if number[sample.group] > 1]
    if len({sample.group for sample in several}) < 2 or len({sample.label for sample in several}) < 2:
        return
    labels = np.array([sample.label for sample in several], np.int64)
    drawers = np.unique([str(sample.group) for sample in several], return_inverse=True)[1]
    if class_by_hand(labels, drawers) > ONE_CLASS:
        yield evidence.finding("hand_for_class", hands=len(number))
