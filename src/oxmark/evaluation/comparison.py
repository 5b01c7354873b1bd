"""Two models, the same pictures: is one of them better, or was it luck?"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.evaluation.intervals import CONFIDENCE, exact_interval
from oxmark.evaluation.metrics import Share
from oxmark.words import Message

FEWEST = 6
"""Two models that differ on fewer pictures are never told apart: even 5 of 5 are luck too often (2 / 2^5)."""


@dataclass(frozen=True)
class Comparison:
    """How often each of two models was right, picture by picture.

    Attributes:
        both: Pictures that both read rightly.
        only_a: That only the first did.
        only_b: That only the second did.
        neither: That neither did.
    """

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def total(self) -> int:
        """All pictures."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def a(self) -> Share:
        """What the first read rightly."""
        return Share(self.both + self.only_a, self.total)

    @property
    def b(self) -> Share:
        """What the second read rightly."""
        return Share(self.both + self.only_b, self.total)

    @property
    def differing(self) -> int:
        """Pictures that just one of them read rightly: only they tell the models apart."""
        return self.only_a + self.only_b

    @functools.cached_property
    def p_value(self) -> float:
        """McNemar's exact test, two-sided: how often luck alone makes two equal models differ so much.

        McNemar, 1947, doi:10.1007/BF02295996; a sign test on the pictures on which they differ, by SciPy.
        """
        from scipy.stats import binomtest

        return float(binomtest(self.only_a, self.differing).pvalue) if self.differing else 1.0

    @property
    def shown(self) -> bool:
        """Whether a difference is shown, at 95 % confidence."""
        return self.p_value < 1 - CONFIDENCE

    @property
    def difference(self) -> float | None:
        """How much more the first reads rightly, -1..1."""
        return (self.only_a - self.only_b) / self.total if self.total else None

    @functools.cached_property
    def interval(self) -> tuple[float, float] | None:
        """Of the difference, -1..1, at least 95 % confidence.

        The share of pictures on which they differ times how far the first wins more than half of those, from
        the exact (Clopper-Pearson) intervals of both. It lies on one side of 0 just when :attr:`shown` is
        true. Wider than the usual approximations, which sometimes miss 95 %; coverage checked by enumeration.
        """
        if self.total == 0:
            return None
        fewest, most = exact_interval(self.differing, self.total)
        low, high = exact_interval(self.only_a, self.differing) if self.differing else (0.0, 1.0)
        ends = (2 * low - 1, 2 * high - 1)
        return ends[0] * (fewest if ends[0] > 0 else most), ends[1] * (most if ends[1] > 0 else fewest)

    @functools.cached_property
    def needed(self) -> tuple[int, int]:
        """So many of so many pictures on which they differ one would have to win, to be shown better.

        The second number is how many there are, or six where there are fewer.
        """
        from scipy.stats import binom

        differing = max(self.differing, FEWEST)
        return int(binom.isf((1 - CONFIDENCE) / 2, differing, 0.5)) + 1, differing

    @property
    def sentence(self) -> Message:
        """Whether one is better, and how sure that is."""
        if not self.interval:
            return Message("statistics.compared.nothing")
        values: dict[str, str | int] = {
            "first": self.a.right, "second": self.b.right, "total": self.total, "count": self.differing,
            "only_first": self.only_a, "only_second": self.only_b, "p": _p_value(self.p_value),
        }  # fmt: skip
        low, high = (end * 100 for end in self.interval)
        if self.shown:
            better = "first" if self.only_a > self.only_b else "second"
            ends = sorted((abs(low), abs(high)))
            return Message(
                f"statistics.compared.{better}", {**values, "low": _one(ends[0]), "high": _one(ends[1])}
            )
        most = {"most_first": _one(max(high, 0)), "most_second": _one(max(-low, 0))}
        if self.differing == 0:
            return Message("statistics.compared.alike", {**values, **most})
        wins, of = self.needed
        few = "few" if self.differing < FEWEST else "none"
        return Message(f"statistics.compared.{few}", {**values, **most, "wins": wins, "of": of})

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark compare --json``."""
        return {
            "both": self.both,
            "only_first": self.only_a,
            "only_second": self.only_b,
            "neither": self.neither,
            "p_value": self.p_value,
            "difference": self.difference,
            "interval_95": list(self.interval) if self.interval else None,
            "difference_shown": self.shown,
            "sentence": str(self.sentence),
        }


def compare_answers(right_a: npt.NDArray[np.bool_], right_b: npt.NDArray[np.bool_]) -> Comparison:
    """Compare two models by which pictures each read rightly.

    Args:
        right_a: bool ``(N,)``, of the first.
        right_b: bool ``(N,)``, of the second, on the same pictures in the same order.

    Raises:
        ValueError: Not as many for one as for the other.

    Example:
        >>> compare_answers(np.array([True, True, True]), np.array([True, True, False])).p_value
        1.0
    """
    if right_a.shape != right_b.shape or right_a.ndim != 1:
        raise ValueError(f"got answers of shapes {right_a.shape} and {right_b.shape}; expected (N,) twice")
    return Comparison(
        both=int((right_a & right_b).sum()),
        only_a=int((right_a & ~right_b).sum()),
        only_b=int((~right_a & right_b).sum()),
        neither=int((~right_a & ~right_b).sum()),
    )


def read_worse(groups: Mapping[str, Share]) -> str | None:
    """The group that is surely read worse than the rest, if there is one.

    Fisher's exact test of each group against all others, one-sided, with Bonferroni's correction: the worst
    of many groups is bad by luck alone.

    Args:
        groups: Name to right answers, two groups at least.

    Returns:
        The name of the group with the smallest p-value, if that is below 5 % after the correction.

    Example:
        >>> read_worse({"anna": Share(20, 20), "ben": Share(19, 20), "cho": Share(8, 20)})
        'cho'
    """
    from scipy.stats import fisher_exact

    right, total = (sum(getattr(one, name) for one in groups.values()) for name in ("right", "total"))
    found = {}
    for name, one in groups.items():
        rest_right, rest = right - one.right, total - one.total
        table = np.array([[one.right, one.total - one.right], [rest_right, rest - rest_right]])
        found[name] = float(fisher_exact(table, alternative="less").pvalue)
    worst = min(found, key=lambda name: found[name])
    return worst if found[worst] * len(groups) < 1 - CONFIDENCE else None


def _one(points: float) -> str:
    return f"{points:.1f}"


def _p_value(p_value: float) -> str:
    if p_value < 0.0001:
        return "p < 0.0001"
    return f"p = {p_value:.2f}" if p_value >= 0.1 else f"p = {p_value:.4f}"
