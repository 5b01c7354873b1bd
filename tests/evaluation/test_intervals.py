"""Intervals: exact by their definition, and sentences that promise no more than they show."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom
from statsmodels.stats.proportion import proportion_confint

from oxmark.evaluation.intervals import exact_interval, pictures_to_show, what_it_shows


def tail(right: int, total: int, share: float) -> float:
    """The chance of at least so many right when each is right with this share."""
    return math.fsum(
        math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(right, total + 1)
    )


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        (12, 12, 0.73535, 1.0),
        (0, 12, 0.0, 0.26465),
        (6, 12, 0.21094, 0.78906),
        (1, 1, 0.025, 1.0),
        (0, 1, 0.0, 0.975),
        (11, 12, 0.61520, 0.99789),
        (50, 100, 0.39832, 0.60168),
    ],
)
def test_known_intervals(right: int, total: int, low: float, high: float) -> None:
    assert exact_interval(right, total) == pytest.approx((low, high), abs=1e-5)


@pytest.mark.parametrize("total", [1, 2, 5, 12, 40, 200])
def test_each_end_leaves_one_in_forty(total: int) -> None:
    """The definition: at the lower end so many or more, at the upper end so many or fewer, have 2.5 %."""
    for right in range(total + 1):
        low, high = exact_interval(right, total)
        assert 0 <= low <= right / total <= high <= 1
        if right > 0:
            assert tail(right, total, low) == pytest.approx(0.025, rel=1e-6)
        if right < total:
            assert 1 - tail(right + 1, total, high) == pytest.approx(0.025, rel=1e-6)
        assert (low == 0) is (right == 0)
        assert (high == 1) is (right == total)


@pytest.mark.parametrize(("share", "count"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368), (0.999, 3688)])
def test_pictures_needed_to_show_a_share(share: float, count: int) -> None:
    assert pictures_to_show(share) == count
    assert exact_interval(count, count)[0] >= share
    assert exact_interval(count - 1, count - 1)[0] < share


FEW, READ = "so few pictures show only that", "of such pictures are read rightly"
SENTENCES = [
    (0, 0, "No pictures were measured, so nothing is shown."),
    (
        12, 12, f"12 of 12 right (100.0 %): {FEW} at least 73.5 % {READ}; "
        "to show 90 %, 36 pictures would all have to be right.",
    ),
    (0, 12, f"0 of 12 right (0.0 %): {FEW} 0.0 to 26.5 % {READ}."),
    (6, 12, f"6 of 12 right (50.0 %): {FEW} 21.1 to 78.9 % {READ}."),
    (1, 1, f"1 of 1 right (100.0 %): {FEW} at least 2.5 % {READ}; "
     "to show 90 %, 36 pictures would all have to be right."),
    (99, 99, f"99 of 99 right (100.0 %): {FEW} at least 96.3 % {READ}; "
     "to show 99 %, 368 pictures would all have to be right."),
    (100, 100, f"100 of 100 right (100.0 %): this shows that at least 96.4 % {READ}; "
     "to show 99 %, 368 pictures would all have to be right."),
    (980, 1000, f"980 of 1000 right (98.0 %): this shows that 96.9 to 98.8 % {READ}."),
    (1000, 1000, f"1000 of 1000 right (100.0 %): this shows that at least 99.6 % {READ}; "
     "to show 99.9 %, 3,688 pictures would all have to be right."),
    (5000, 5000, f"5000 of 5000 right (100.0 %): this shows that at least 99.9 % {READ}."),
]  # fmt: skip


@pytest.mark.parametrize(("right", "total", "sentence"), SENTENCES)
def test_the_sentence(right: int, total: int, sentence: str) -> None:
    assert what_it_shows(right, total) == sentence


COUNTS = [
    (right, total) for total in (1, 2, 12, 104, 999, 20_000) for right in {0, 1, total // 3, total - 1, total}
]


@pytest.mark.parametrize(("right", "total"), COUNTS)
def test_it_agrees_with_the_beta_distribution_and_statsmodels(right: int, total: int) -> None:
    low = beta.ppf(0.025, right, total - right + 1) if right else 0.0
    high = beta.ppf(0.975, right + 1, total - right) if right < total else 1.0
    assert exact_interval(right, total) == pytest.approx((low, high), abs=1e-9)
    assert exact_interval(right, total) == pytest.approx(
        proportion_confint(right, total, alpha=0.05, method="beta"), abs=1e-9
    )


@pytest.mark.parametrize("total", [1, 5, 12, 40, 104])
def test_it_holds_the_truth_in_95_of_100_cases_whatever_the_truth_is(total: int) -> None:
    """Not simulated: all outcomes are counted, each with its chance."""
    intervals = np.array([exact_interval(right, total) for right in range(total + 1)])
    truths = np.linspace(0, 1, 1001)
    chances = binom.pmf(np.arange(total + 1)[:, None], total, truths)
    holds = (intervals[:, :1] <= truths) & (truths <= intervals[:, 1:])
    coverage = (chances * holds).sum(axis=0)
    assert coverage.min() >= 0.95
    assert total < 40 or coverage.mean() < 0.98  # and it is no wider than it must be
