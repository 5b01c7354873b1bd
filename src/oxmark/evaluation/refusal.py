"""What "none of these" costs: a higher threshold answers fewer pictures, and more of them rightly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.evaluation.metrics import Share
from oxmark.words import Message, percent

THRESHOLD = 0.5
"""Below this value of ``known`` a model answers "none of these"."""
MOST_POINTS = 50


@dataclass(frozen=True)
class Point:
    """What one threshold gives.

    Attributes:
        threshold: Pictures whose ``known`` is at least this are answered, 0..1.
        answered: How many of all pictures.
        right: How many of the answered ones rightly.
    """

    threshold: float
    answered: Share
    right: Share


@dataclass(frozen=True)
class Refusal:
    """Answered against right, for every threshold.

    Attributes:
        points: From the lowest threshold, which answers all, to the highest value of ``known``.
        at_half: What the model does: the threshold 0.5.
        refused: Right answers among the pictures that it refuses.
    """

    points: tuple[Point, ...]
    at_half: Point
    refused: Share

    @property
    def sentence(self) -> Message:
        """What refusing costs, on pictures of the model's own classes."""
        total, refused = self.at_half.answered.total, self.refused.total
        if total == 0:
            return Message("statistics.refusal.nothing")
        if refused in (0, total):
            return Message(f"statistics.refusal.{'always' if refused else 'never'}", {"total": total})
        shares = {"right": self.at_half.right.share, "right_refused": self.refused.share}
        values = {name: percent(share or 0.0) for name, share in shares.items()}
        share = percent(refused / total)
        return Message(
            "statistics.refusal.helps", {**values, "refused": refused, "total": total, "share": share}
        )

    def as_json(self) -> dict[str, Any]:
        """For JSON files."""
        return {
            "at_half": _json(self.at_half),
            "refused": self.refused.as_json(),
            "points": [_json(point) for point in self.points],
            "sentence": self.sentence.as_json(),
        }


def refusal(known: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> Refusal:
    """Measure what the threshold of "none of these" costs on pictures of the model's own classes.

    The risk-coverage curve of selective classification (El-Yaniv and Wiener, 2010, JMLR 11).

    Args:
        known: ``(N,)``, 0..1, as a model answers it.
        right: bool ``(N,)``, whether the most probable class was the true one.

    Returns:
        At most 50 points, at distinct values of ``known``, evenly thinned; the threshold 0.5 apart.

    Example:
        >>> found = refusal(np.array([0.1, 0.8, 0.9]), np.array([False, True, True]))
        >>> found.at_half.answered, found.at_half.right
        (Share(right=2, total=3), Share(right=2, total=2))
    """
    values = np.asarray(known, np.float64)
    distinct = np.unique(values)
    places = np.unique(np.linspace(0, len(distinct) - 1, min(MOST_POINTS, len(distinct))).round().astype(int))
    refused = values < THRESHOLD
    return Refusal(
        points=tuple(_point(float(threshold), values, right) for threshold in distinct[places]),
        at_half=_point(THRESHOLD, values, right),
        refused=Share(int(right[refused].sum()), int(refused.sum())),
    )


def _point(threshold: float, known: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> Point:
    answered = known >= threshold
    count = int(answered.sum())
    return Point(threshold, Share(count, len(known)), Share(int(right[answered].sum()), count))


def _json(point: Point) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "answered": point.answered.as_json(),
        "right": point.right.as_json(),
    }
