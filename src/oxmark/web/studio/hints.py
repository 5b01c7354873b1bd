"""What to draw next: rules over what was counted and measured, the most helpful first.

=============  =========================================================================================
first, second  fewer than two classes: there is nothing to tell apart
empty          a class without pictures
few            the class with the fewest different pictures, while it has too few (:data:`enough`)
weakest        the class that the model in use read worst in its test, if one class alone did
hand           nobody noted who drew; or one person drew everything, or all of a class; or most classes have
               hands of their own; or there are too few hands to learn from some and test on others
fewest         the smallest class has less than a third of the largest
thickness,     all drawings of a class are alike in this (:data:`ALIKE`), which a reader of other people's
size,          marks must not rely on
darkness
neither        there is a model that can refuse: see whether it does
=============  =========================================================================================

The limits are the doctor's own where it has one. Nothing is said that was not counted or measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from oxmark.data.doctor.numbers import FEW, IMBALANCE, TRAIN_SHARE
from oxmark.words import Message, Value

MOST = 3
"""So many hints are given."""
LEAST = 6
"""Of fewer pictures it is not said that they are by one hand, or alike."""
ALIKE: Mapping[str, float] = {"thickness": 0.1, "size": 0.08, "darkness": 0.06}
"""Standard deviation over mean, below which drawings are alike.

Measured on 12 drawn sets of O and X, 8 to 19 of each. Of one hand with one pen the lines differ in thickness
by 0.017 to 0.034 and in darkness by 0 to 0.034; of two and of five hands by 0.33 to 0.73 and by 0.10 to 0.57.
The size differs by 0.08 to 0.26 in the drawings of one hand, and by 0.11 to 0.39 in those of several: only
drawings more alike than any of these are told.
"""


@dataclass(frozen=True)
class Weakest:
    """The class that a model read worst: so many right of so many in the test."""

    name: str
    right: int
    total: int


@dataclass(frozen=True)
class Facts:
    """What the rules go by. Classes are named, in the order in which they are shown.

    Attributes:
        counts: Pictures to learn from by class.
        doubtful: How many of them are unreadable, blank, or copies of another, by class.
        in_all: Pictures in all parts by class; None where all are learned from.
        hands: Class to hand to number of pictures, in all parts.
        findings: Codes of the doctor's findings.
        spreads: Class to figure to how much its drawings differ.
        parted: Whether the project has parts, so that all counted pictures are learned from.
        weakest: Of the model in use.
        can_refuse: Whether that model can answer "none of these".
    """

    counts: Mapping[str, int]
    doubtful: Mapping[str, int] = field(default_factory=dict)
    in_all: Mapping[str, int] | None = None
    hands: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    findings: frozenset[str] = frozenset()
    spreads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    parted: bool = False
    weakest: Weakest | None = None
    can_refuse: bool = False

    @property
    def different(self) -> dict[str, int]:
        """Pictures of each class that show something new."""
        return {name: count - self.doubtful.get(name, 0) for name, count in self.counts.items()}


@dataclass(frozen=True)
class Hint:
    """One piece of advice.

    Attributes:
        kind: Which rule.
        text: For people.
        class_name: The class to draw, or None.
    """

    kind: str
    text: Message
    class_name: str | None = None


def enough(parted: bool) -> int:
    """From how many pictures of a class on a further one is no longer told to help much.

    Example:
        >>> enough(parted=True), enough(parted=False)
        (15, 22)
    """
    return FEW if parted else next(n for n in range(FEW, 10 * FEW) if int(n * TRAIN_SHARE) >= FEW)


def hints(facts: Facts, most: int = MOST) -> list[Hint]:
    """The most helpful things to do next; at most one for each class.

    Args:
        facts: What is known.
        most: At most so many.

    Example:
        >>> [hint.kind for hint in hints(Facts({"O": 30}))]
        ['second']
    """
    chosen: list[Hint] = []
    for hint in _all(facts):
        if hint.class_name is None or all(hint.class_name != other.class_name for other in chosen):
            chosen.append(hint)
    return chosen[:most]


def _all(facts: Facts) -> Iterator[Hint]:
    if not facts.counts:
        yield _hint("first")
        return
    if len(facts.counts) < 2:
        yield _hint("second")
    empty = [name for name, count in facts.counts.items() if count == 0]
    for name in empty:
        yield _hint("empty", name)
    if len(facts.counts) < 2 or empty:
        return
    yield from _few(facts)
    yield from _weakest(facts)
    yield from _hands(facts)
    yield from _fewest(facts)
    yield from _alike(facts)
    if facts.can_refuse:
        yield _hint("neither")


def _few(facts: Facts) -> Iterator[Hint]:
    name, count = min(facts.different.items(), key=lambda item: item[1])
    limit = enough(facts.parted)
    if count < limit:
        yield _hint("few", name, count=count, enough=limit)


def _weakest(facts: Facts) -> Iterator[Hint]:
    one = facts.weakest
    if one is not None and one.name in facts.counts:
        yield _hint("weakest", one.name, right=one.right, total=one.total)


def _hands(facts: Facts) -> Iterator[Hint]:
    everybody = {hand for hands in facts.hands.values() for hand in hands}
    known = sum(number for hands in facts.hands.values() for number in hands.values())
    totals = facts.counts if facts.in_all is None else facts.in_all
    count = sum(totals.values())
    if count < LEAST:
        return
    if not known:
        yield _hint("hand", text="unknown_hands")
    elif len(everybody) == 1:
        if known == count:
            yield _hint("hand", hand=next(iter(everybody)), count=count)
    elif "hand_for_class" in facts.findings:
        yield _hint("hand", text="hands_apart")
    else:
        if "hands_too_few" in facts.findings:
            yield _hint("hand", text="few_hands", count=len(everybody))
        for name, hands in facts.hands.items():
            if len(hands) == 1 and LEAST <= totals.get(name, 0) == sum(hands.values()):
                (hand,) = hands
                yield _hint("hand", name, text="hand_of", hand=hand, count=totals[name])


def _fewest(facts: Facts) -> Iterator[Hint]:
    name = min(facts.different, key=facts.different.__getitem__)
    other = max(facts.different, key=facts.different.__getitem__)
    if facts.different[other] > IMBALANCE * facts.different[name]:
        yield _hint("fewest", name, other=other, times=IMBALANCE)


def _alike(facts: Facts) -> Iterator[Hint]:
    for kind, limit in ALIKE.items():
        for name, spread in facts.spreads.items():
            if facts.counts.get(name, 0) >= LEAST and spread.get(kind, limit) < limit:
                yield _hint(kind, name)


def _hint(kind: str, class_name: str | None = None, *, text: str | None = None, **values: Value) -> Hint:
    if class_name is not None:
        values["name"] = class_name
    return Hint(kind, Message(f"studio.collect.next.{text or kind}", values), class_name)
