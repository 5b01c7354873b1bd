"""Whether a model says "none of these" more often than it did at first.

A model file tells how often it is right, not what its users will send, so what is usual is learned here: the
first answers of a model's version are the yardstick for its latest ones.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FIRST = 500
"""So many answers show what is usual."""
RECENT = 500
"""So many of the latest answers are compared with them."""
ENOUGH = 100
"""From so many latest answers on there is a figure."""


@dataclass(slots=True)
class Share:
    """How many of some answers were none of these."""

    none_of_these: int = 0
    answers: int = 0

    @property
    def share(self) -> float:
        """0..1; NaN without answers."""
        return self.none_of_these / self.answers if self.answers else math.nan


class Drift:
    """The first and the latest answers of one model, in one process.

    Args:
        first_size: How many answers show what is usual.
        recent_size: How many of the latest are kept.

    Attributes:
        first: The yardstick.
        recent: The latest answers that came after it.

    Example:
        >>> drift = Drift(first_size=2, recent_size=2)
        >>> for none_of_these in (False, False, True, False, True):
        ...     drift.add("1", none_of_these)
        >>> drift.first, drift.recent
        (Share(none_of_these=0, answers=2), Share(none_of_these=1, answers=2))
    """

    def __init__(self, first_size: int = FIRST, recent_size: int = RECENT) -> None:
        self._first_size = first_size
        self._latest: collections.deque[bool] = collections.deque(maxlen=recent_size)
        self._version = ""
        self.first, self.recent = Share(), Share()

    def add(self, version: str, none_of_these: bool) -> None:
        """Count an answer; those of another version begin anew."""
        if version != self._version:
            self._version = version
            self._latest.clear()
            self.first, self.recent = Share(), Share()
        if self.first.answers < self._first_size:
            self.first.answers += 1
            self.first.none_of_these += none_of_these
            return
        if len(self._latest) == self._latest.maxlen:
            self.recent.none_of_these -= self._latest[0]
        self._latest.append(none_of_these)
        self.recent.none_of_these += none_of_these
        self.recent.answers = len(self._latest)


def standard_errors(first: Share, recent: Share) -> float | None:
    """How far the latest share lies above the first one, in standard errors of their difference.

    The z value of two proportions; one answer of each kind is added, so that shares of 0 and 1 have an error.

    Args:
        first: The yardstick.
        recent: The latest answers.

    Returns:
        Positive if the latest answers are none of these more often; None before there are enough.

    Example:
        >>> round(standard_errors(Share(10, 500), Share(30, 500)), 1)
        3.2
    """
    if first.answers < ENOUGH or recent.answers < ENOUGH:
        return None
    total = first.answers + recent.answers
    pooled = (first.none_of_these + recent.none_of_these + 1) / (total + 2)
    error = math.sqrt(pooled * (1 - pooled) * (1 / first.answers + 1 / recent.answers))
    return (recent.share - first.share) / error


def summed(counts: Iterable[tuple[str, str, float]]) -> Iterator[tuple[str, Share, Share]]:
    """First and latest shares of each model, from the gauges of all workers.

    Args:
        counts: Model, name of the gauge, value.

    Yields:
        Model, first share, latest share.
    """
    models: dict[str, dict[str, int]] = {}
    for model, name, value in counts:
        models.setdefault(model, {})[name] = int(value)
    for model, values in models.items():
        first, recent = (
            Share(values.get(f"oxmark_{which}_none_of_these", 0), values.get(f"oxmark_{which}_answers", 0))
            for which in ("first", "recent")
        )
        yield model, first, recent
