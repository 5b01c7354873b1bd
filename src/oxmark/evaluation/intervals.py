"""What a share of so many pictures can and cannot show."""

from __future__ import annotations

import math

CONFIDENCE = 0.95


def exact_interval(right: int, total: int) -> tuple[float, float]:
    """Clopper-Pearson interval of a share, 95 % confidence.

    Clopper and Pearson, 1934, doi:10.1093/biomet/26.4.404; computed by SciPy.

    Args:
        right: How many were right, 0..total.
        total: How many there were, at least 1.

    Returns:
        Lower and upper end, 0..1.

    Example:
        >>> tuple(round(end, 3) for end in exact_interval(12, 12))
        (0.735, 1.0)
    """
    from scipy.stats import binomtest

    interval = binomtest(right, total).proportion_ci(CONFIDENCE, method="exact")
    return float(interval.low), float(interval.high)


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
    if total == 0:
        return "No pictures were measured, so nothing is shown."
    low, high = exact_interval(right, total)
    counted = f"{right} of {total} right ({right / total:.1%})".replace("%", " %")
    shows = "so few pictures show only that" if total < 100 else "this shows that"
    if right == total:
        goal = next((goal for goal in (0.9, 0.95, 0.99, 0.999) if goal > low), None)
        more = ""
        if goal:
            needed = f"{pictures_to_show(goal):,}"
            more = f"; to show {goal * 100:g} %, {needed} pictures would all have to be right"
        return f"{counted}: {shows} at least {low * 100:.1f} % of such pictures are read rightly{more}."
    return f"{counted}: {shows} {low * 100:.1f} to {high * 100:.1f} % of such pictures are read rightly."
