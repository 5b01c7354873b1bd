"""How many pictures there are: too few to begin, too few to learn much, uneven classes."""

from __future__ import annotations

from collections.abc import Iterator

from oxmark.data.doctor.evidence import Evidence, shortened
from oxmark.data.doctor.finding import Finding
from oxmark.data.doctor.folders import spelled
from oxmark.words import percent

FEW = 15
"""Below so many pictures of a class to learn from, every further one helps much."""
FEW_TO_TEST = 10
"""Below so many test pictures not even a perfect result shows much."""
FEWEST_TO_DIVIDE = 3
"""So many pictures of a class make three parts."""
IMBALANCE = 3
"""The largest class may have so many times the pictures of the smallest."""
TRAIN_SHARE = 0.7
"""What is learned from where the parts are made by oxmark."""
CONFIDENCE = 0.95


def numbers(evidence: Evidence) -> Iterator[Finding]:
    """Findings about how many pictures there are."""
    counts, parts = _merged(evidence.usable_counts), evidence.dataset.parts
    names = list(next(iter(counts.values())))
    if len(names) < 2:
        yield evidence.finding("one_class", name=names[0])
    if parts and "train" not in parts:
        yield evidence.finding("no_training_part", list=", ".join(parts))
    lacking = _lacking(counts) if parts else _short(counts["all"], FEWEST_TO_DIVIDE)
    if lacking:
        code = "missing_pictures" if parts else "too_few_to_divide"
        yield evidence.finding(code, list=shortened(lacking), count=len(lacking), least=FEWEST_TO_DIVIDE)
    learned = counts.get("train") or counts.get("all") or {}
    yield from _few(evidence, learned)
    yield from _imbalance(evidence, learned)


def surely(right: int) -> float:
    """The share that so many right answers out of as many show at least, 0..1 (exact, 95 %, two-sided).

    The lower end of Clopper and Pearson's interval for n of n is (alpha / 2) to the power of 1 / n.

    Example:
        >>> round(surely(12), 3)
        0.735
    """
    return float(((1 - CONFIDENCE) / 2) ** (1 / right)) if right else 0.0


def _merged(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Two spellings of one class count as one here: they are a finding of their own."""
    table = {}
    for part, of in counts.items():
        first = {spelled(name): name for name in reversed(of)}
        table[part] = dict.fromkeys((name for name in of if name in first.values()), 0)
        for name, number in of.items():
            table[part][first[spelled(name)]] += number
    return table


def _lacking(counts: dict[str, dict[str, int]]) -> list[str]:
    """Class (part) for each class that has no pictures in a part."""
    return [f"{name} ({part})" for part, of in counts.items() for name, n in of.items() if n == 0]


def _short(counts: dict[str, int], least: float) -> list[str]:
    """Class (number) for each class with fewer than so many pictures."""
    return [f"{name} ({number})" for name, number in counts.items() if number < least]


def _short_of_all(counts: dict[str, int]) -> list[str]:
    """Class (number/all) for each class of which too few will be learned from."""
    learned = {name: int(number * TRAIN_SHARE) for name, number in counts.items()}
    return [f"{name} ({number}/{counts[name]})" for name, number in learned.items() if number < FEW]


def _few(evidence: Evidence, learned: dict[str, int]) -> Iterator[Finding]:
    there = {name: number for name, number in learned.items() if number}
    few = _short(there, FEW) if evidence.dataset.parts else _short_of_all(there)
    if few:
        yield evidence.finding("few_pictures", list=shortened(few), count=len(few), least=FEW)
    test = sum(evidence.usable_counts.get("test", {}).values())
    if 0 < test < FEW_TO_TEST:
        shown = percent(surely(test))
        yield evidence.finding("few_test_pictures", count=test, share=shown)


def _imbalance(evidence: Evidence, learned: dict[str, int]) -> Iterator[Finding]:
    there = {name: number for name, number in learned.items() if number}
    if len(there) < 2:
        return
    most, least = max(there, key=there.__getitem__), min(there, key=there.__getitem__)
    if there[most] > IMBALANCE * there[least]:
        yield evidence.finding("imbalance", large=most, most=there[most], small=least, least=there[least])
