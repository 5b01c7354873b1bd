"""From answers to figures: what is right, what is refused, what the probabilities are worth."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .album import Item
from .answers import Answers

BINS = 15
GOOD = 0.97
"""A condition is read well when so many of its marks are read rightly."""
SURE = 0.9
"""Other drawings should not be answered with such a probability."""


@dataclass(frozen=True)
class Spread:
    """One figure for every seed."""

    per_seed: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.per_seed)

    @property
    def low(self) -> float:
        """The lowest seed."""
        return min(self.per_seed)

    @property
    def high(self) -> float:
        """The highest seed."""
        return max(self.per_seed)


@dataclass(frozen=True)
class ConditionFigures:
    """Shares of the marks under one condition, 0..1.

    Attributes:
        right: The larger probability is right, over all severities.
        by_severity: The same at each severity there is.
        answered: Not refused, over all severities.
    """

    right: Spread
    by_severity: dict[int, Spread]
    answered: Spread


@dataclass(frozen=True)
class SuiteFigures:
    """What one recipe's models make of the suite; shares are 0..1.

    Attributes:
        conditions: By the condition's name.
        mean: Mean of the conditions' right shares: each condition counts the same.
        below: How many conditions lie under 97 % right, for every seed.
        mean_below: Names of those whose mean over the seeds lies under 97 %, the worst first.
        worst: The condition with the lowest mean over the seeds.
        answered: Share of all marks that is not refused.
        calibration_error: Expected calibration error of the larger probability, each seed by itself.
        pooled_calibration_error: The same over the answers of all seeds together.
        others: Share refused of each kind of other drawings.
        others_refused: Share refused of all other drawings.
        others_sure: Share of all other drawings answered, not refused, with a probability of 0.9 or more.
        nothing: Share refused of each kind of pictures of nothing.
        nothing_refused: Share refused of all pictures of nothing.
    """

    conditions: dict[str, ConditionFigures]
    mean: Spread
    below: Spread
    mean_below: tuple[str, ...]
    worst: str
    answered: Spread
    calibration_error: Spread
    pooled_calibration_error: float
    others: dict[str, Spread]
    others_refused: Spread
    others_sure: Spread
    nothing: dict[str, Spread]
    nothing_refused: Spread


def measured(items: Sequence[Item], answers: Sequence[Answers]) -> SuiteFigures:
    """Returns the figures of one recipe.

    Args:
        items: The pictures of the suite.
        answers: One seed's answers to them after another.
    """
    rows = _Rows(items)
    right = [a.chosen == rows.sign for a in answers]
    answered = [a.answered for a in answers]
    refused = [~a.answered for a in answers]
    sure = [a.answered & (a.confidence >= SURE) for a in answers]
    conditions = {name: _condition(rows, name, right, answered) for name in rows.names("mark")}
    ranked = sorted(conditions, key=lambda name: conditions[name].right.mean)
    shares = [[c.right.per_seed[seed] for c in conditions.values()] for seed in range(len(answers))]
    marks, others, nothing = (rows.group == group for group in ("mark", "other", "nothing"))
    larger, hits = [a.confidence[marks] for a in answers], [r[marks] for r in right]
    return SuiteFigures(
        conditions=conditions,
        mean=Spread(tuple(statistics.fmean(of_seed) for of_seed in shares)),
        below=Spread(tuple(sum(share < GOOD for share in of_seed) for of_seed in shares)),
        mean_below=tuple(name for name in ranked if conditions[name].right.mean < GOOD),
        worst=ranked[0],
        answered=_share(answered, marks),
        calibration_error=Spread(tuple(map(calibration_error, larger, hits))),
        pooled_calibration_error=calibration_error(np.concatenate(larger), np.concatenate(hits)),
        others={name: _share(refused, rows.of("other", name)) for name in rows.names("other")},
        others_refused=_share(refused, others),
        others_sure=_share(sure, others),
        nothing={name: _share(refused, rows.of("nothing", name)) for name in rows.names("nothing")},
        nothing_refused=_share(refused, nothing),
    )


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Returns the expected calibration error in bins of equal mass.

    Equal probabilities share a bin, so that the order of the pictures does not matter; many of them make
    fewer and larger bins.

    Args:
        confidence: (N,), the larger probability.
        right: (N,), whether it was right.
        bins: How many at most.
    """
    edges = np.quantile(confidence, np.arange(1, bins) / bins)
    number = np.searchsorted(edges, confidence, side="left")
    gaps = np.bincount(number, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def as_json(value: Any) -> Any:
    """Returns dataclasses as objects; a `Spread` with its mean and ends."""
    if isinstance(value, Spread):
        return {
            "mean": value.mean,
            "low": value.low,
            "high": value.high,
            "per_seed": list(value.per_seed),
        }
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): as_json(entry) for key, entry in value.items()}
    return [as_json(entry) for entry in value] if isinstance(value, (list, tuple)) else value


class _Rows:
    """The items as columns."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.group = np.array([item.group for item in items])
        self.name = np.array([item.name for item in items])
        self.severity = np.array([item.severity for item in items])
        self.sign = np.array([item.sign for item in items])

    def of(self, group: str, name: str) -> NDArray[np.bool_]:
        here: NDArray[np.bool_] = (self.group == group) & (self.name == name)
        return here

    def names(self, group: str) -> list[str]:
        return list(dict.fromkeys(self.name[self.group == group].tolist()))


def _condition(
    rows: _Rows, name: str, right: list[NDArray[np.bool_]], answered: list[NDArray[np.bool_]]
) -> ConditionFigures:
    here = rows.of("mark", name)
    severities = sorted(set(rows.severity[here].tolist()))
    by_severity = {level: _share(right, here & (rows.severity == level)) for level in severities}
    return ConditionFigures(_share(right, here), by_severity, _share(answered, here))


def _share(flags: Sequence[NDArray[np.bool_]], where: NDArray[np.bool_]) -> Spread:
    return Spread(tuple(float(flag[where].mean()) for flag in flags))
