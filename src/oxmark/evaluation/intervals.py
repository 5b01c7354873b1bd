"""What a share of so many pictures can and cannot show."""

from __future__ import annotations

import math

from oxmark.words import Message, Value, percent

CONFIDENCE = 0.95
FEW = 100
"""Fewer pictures than this are called few."""
GOALS = (0.9, 0.95, 0.99, 0.999)
"""Shares that people ask for; the sentence names the next one that is not yet shown."""


def exact_interval(right: int, total: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a share, 95 % confidence.

    Clopper and Pearson, 1934, doi:10.1093/biomet/26.4.404: quantiles of two beta distributions. SciPy inverts
    the incomplete beta function; ``scipy.stats`` does the same, and takes 0.6 s to import.

    Args:
        right: How many were right, 0..total.
        total: How many there were, at least 1.

    Returns:
        Lower and upper end, 0..1.

    Example:
        >>> tuple(round(end, 3) for end in exact_interval(12, 12))
        (0.735, 1.0)
    """
    from scipy.special import betaincinv

    tail, wrong = (1 - CONFIDENCE) / 2, total - right
    low = betaincinv(right, wrong + 1, tail) if right else 0.0
    high = betaincinv(right + 1, wrong, 1 - tail) if wrong else 1.0
    return float(low), float(high)


def pictures_to_show(share: float) -> int:
    """How many pictures, all of them right, show at least this share (95 % confidence, exact).

    Example:
        >>> pictures_to_show(0.95)
        72
    """
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(share))


def what_it_shows(right: int, total: int) -> str:
    """One sentence: what these pictures can and cannot show about all others.

    Example:
        >>> what_it_shows(980, 1000)
        '980 of 1000 right (98.0 %): this shows that 96.9 to 98.8 % of such pictures are read rightly.'
    """
    return str(shown(right, total))


def shown(right: int, total: int) -> Message:
    """The sentence of :func:`what_it_shows`, to be had in every language.

    Example:
        >>> shown(980, 1000).text("ko")
        '1000개 중 980개를 맞혔습니다(98.0 %). 비슷한 그림의 96.9~98.8 %를 맞힌다는 뜻입니다.'
    """
    if total == 0:
        return Message("verdict.shown.nothing")
    low, high = exact_interval(right, total)
    values: dict[str, Value] = {"right": right, "total": total, "share": percent(right / total)}
    values["low"] = f"{low * 100:.1f}"
    few = "few" if total < FEW else "many"
    if right < total:
        return Message(f"verdict.shown.some.{few}", {**values, "high": f"{high * 100:.1f}"})
    goal = next((goal for goal in GOALS if goal > low), None)
    if goal is None:
        return Message("verdict.shown.all.plenty", values)
    needed = f"{pictures_to_show(goal):,}"
    return Message(f"verdict.shown.all.{few}", {**values, "goal": f"{goal * 100:g}", "needed": needed})
