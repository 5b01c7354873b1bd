"""Do probabilities mean what they say? Calibration curve and error, and how much of the error is chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.evaluation.metrics import Share
from oxmark.words import Message, percent

_Floats = npt.NDArray[np.float64]
_Rights = npt.NDArray[np.bool_]

SIMULATIONS = 1000
"""So many times honest probabilities are simulated."""


@dataclass(frozen=True)
class Bin:
    """Pictures that were answered with about the same probability.

    Attributes:
        low: The bin's lower end, 0..1.
        high: Its upper end.
        count: How many pictures, at least 1.
        confidence: Their mean probability of the answer, 0..1.
        right: How many of the answers were right.
    """

    low: float
    high: float
    count: int
    confidence: float
    right: int

    @property
    def share(self) -> float:
        """Right answers of all, 0..1; honest probabilities make it about ``confidence``."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95 % interval of the share."""
        return Share(self.right, self.count).interval or (0.0, 1.0)


@dataclass(frozen=True)
class Reliability:
    """How far probabilities can be taken at their word.

    Attributes:
        bins: Those that hold pictures, from the lowest probability.
        error: Expected calibration error, 0..1.
        by_chance: What perfectly honest probabilities would show on the same pictures, on average.
        chance_high: They would show more than this only once in twenty times.
        confidence: Mean probability of the answers.
        right: The share of right answers.
    """

    bins: tuple[Bin, ...]
    error: float
    by_chance: float
    chance_high: float
    confidence: float
    right: float

    @property
    def sentence(self) -> Message:
        """Whether the probabilities can be believed."""
        if not self.bins:
            return Message("statistics.calibration.nothing")
        kind = "honest"
        if self.error > self.chance_high:
            gap = self.confidence - self.right
            kind = "uneven" if abs(gap) < self.error / 2 else "too_sure" if gap > 0 else "too_modest"
        names = ("error", "by_chance", "chance_high", "confidence", "right")
        shown = {name: percent(getattr(self, name)) for name in names}
        return Message(f"statistics.calibration.{kind}", shown)

    def as_json(self) -> dict[str, Any]:
        """For JSON files."""
        return {
            "error": self.error,
            "by_chance": self.by_chance,
            "chance_95": self.chance_high,
            "bins": [
                {
                    "low": one.low,
                    "high": one.high,
                    "count": one.count,
                    "confidence": one.confidence,
                    "right": one.right,
                    "interval_95": list(one.interval),
                }
                for one in self.bins
            ],
            "sentence": self.sentence.as_json(),
        }


def reliability(
    probabilities: npt.NDArray[np.floating], truth: npt.NDArray[np.int64], bins: int = 10, *, seed: int = 0
) -> Reliability:
    """Calibration of the answers: the class with the largest probability, and that probability.

    The error is that of Guo et al., 2017, arXiv:1706.04599: over equally wide bins, the mean distance between
    probability and share of right answers, weighted by pictures. On few pictures it is never 0, however
    honest the probabilities. So honest ones are simulated, too: each answer right with just its probability
    (Vaicenavicius et al., 2019, arXiv:1902.06977).

    Args:
        probabilities: ``(N, K)``, rows sum to 1.
        truth: int64 ``(N,)``, 0..K-1.
        bins: How many.
        seed: Of the simulation.

    Returns:
        The bins and the errors; all 0 without pictures.

    Example:
        >>> found = reliability(np.array([[0.9, 0.1]] * 10), np.array([0] * 9 + [1]))
        >>> round(found.error, 3), round(found.by_chance, 2)
        (0.0, 0.07)
    """
    if len(truth) == 0:
        return Reliability((), 0.0, 0.0, 0.0, 0.0, 0.0)
    chosen = np.asarray(probabilities, np.float64)
    confidence = chosen.max(axis=1).clip(0, 1)
    right = chosen.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    rng = np.random.default_rng(seed)
    honest = (rng.random(len(truth)) < confidence for _ in range(SIMULATIONS))
    errors = np.array([_error(confidence, one, place) for one in honest])
    return Reliability(
        bins=tuple(_bin(number, bins, confidence, right, place == number) for number in np.unique(place)),
        error=_error(confidence, right, place),
        by_chance=float(errors.mean()),
        chance_high=float(np.quantile(errors, 0.95)),
        confidence=float(confidence.mean()),
        right=float(right.mean()),
    )


def _error(confidence: _Floats, right: _Rights, place: npt.NDArray[np.int64]) -> float:
    """The calibration error of answers that lie in these bins."""
    gaps = np.bincount(place, weights=right - confidence)
    return float(np.abs(gaps).sum() / len(confidence))


def _bin(number: int, bins: int, confidence: _Floats, right: _Rights, inside: _Rights) -> Bin:
    return Bin(
        low=float(number / bins),
        high=float((number + 1) / bins),
        count=int(inside.sum()),
        confidence=float(confidence[inside].mean()),
        right=int(right[inside].sum()),
    )
