"""Two models: McNemar's exact test, an interval that keeps its promise, and sentences that claim no more."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar

from oxmark.evaluation.comparison import FEWEST, Comparison, compare_answers, read_worse
from oxmark.evaluation.metrics import Share

TABLES = [(b, c) for b in (0, 1, 2, 5, 17, 60) for c in (0, 1, 3, 6, 40)]


@pytest.mark.parametrize(("only_a", "only_b"), TABLES)
def test_the_p_value_is_statsmodels(only_a: int, only_b: int) -> None:
    expected = mcnemar([[70, only_a], [only_b, 4]], exact=True).pvalue
    assert Comparison(70, only_a, only_b, 4).p_value == pytest.approx(expected, abs=1e-9)


def outcomes(total: int, differing: float, first: float) -> list[tuple[float, int, int]]:
    """Every outcome (chance, only the first right, only the second right)."""
    found = []
    for count in range(total + 1):
        of_count = binom.pmf(count, total, differing) * binom.pmf(np.arange(count + 1), count, first)
        found += [
            (float(chance), wins, count - wins) for wins, chance in enumerate(of_count) if chance > 1e-9
        ]
    return found


@functools.cache
def compared(total: int, only_a: int, only_b: int) -> Comparison:
    return Comparison(total - only_a - only_b, only_a, only_b, 0)


@pytest.mark.parametrize("differing", [0.02, 0.1, 0.3, 0.7, 1.0])
def test_equal_models_are_told_apart_at_most_once_in_twenty_times(differing: float) -> None:
    found = outcomes(40, differing, 0.5)
    assert sum(chance for chance, b, c in found if compared(40, b, c).shown) <= 0.05


def test_equal_models_simulated() -> None:
    rng = np.random.default_rng(0)
    shown = sum(compare_answers(*(rng.random((2, 104)) < 0.8)).shown for _ in range(1000))
    assert 20 <= shown <= 50


@pytest.mark.parametrize("total", [8, 24])
@pytest.mark.parametrize("differing", [0.03, 0.2, 0.6, 1.0])
def test_the_interval_of_the_difference_never_misses_more_than_it_may(total: int, differing: float) -> None:
    for first in (0.5, 0.6, 0.8, 0.95, 1.0):
        truth = differing * (2 * first - 1)
        holds = 0.0
        for chance, b, c in outcomes(total, differing, first):
            low, high = compared(total, b, c).interval or (0.0, 0.0)
            holds += chance * (low - 1e-12 <= truth <= high + 1e-12)
        assert holds >= 0.95 - 1e-6


@pytest.mark.parametrize(("only_a", "only_b"), TABLES)
def test_interval_and_test_never_contradict_each_other(only_a: int, only_b: int) -> None:
    one, other = Comparison(70, only_a, only_b, 4), Comparison(70, only_b, only_a, 4)
    low, high = one.interval or (0.0, 0.0)
    assert one.shown is (low > 0 or high < 0)
    assert -1 <= low <= (one.difference or 0.0) <= high <= 1
    assert other.interval == pytest.approx((-high, -low))


@pytest.mark.parametrize("differing", [*range(12), 24, 100, 1001])
def test_what_would_be_needed_is_just_enough(differing: int) -> None:
    wins, of = Comparison(5, differing, 0, 0).needed
    assert of == max(differing, FEWEST)
    assert Comparison(0, wins, of - wins, 0).shown
    assert not Comparison(0, wins - 1, of - wins + 1, 0).shown


def test_the_four_cells_are_counted() -> None:
    a, b = np.array([1, 1, 1, 0, 0, 1], bool), np.array([1, 0, 0, 1, 0, 1], bool)
    found = compare_answers(a, b)
    assert found == Comparison(both=2, only_a=2, only_b=1, neither=1)
    assert (found.a, found.b, found.total, found.differing) == (Share(4, 6), Share(3, 6), 6, 3)
    assert found.difference == pytest.approx(1 / 6)


def test_answers_must_be_to_the_same_pictures() -> None:
    with pytest.raises(ValueError, match=r"got answers of shapes \(3,\) and \(2,\); expected \(N,\) twice"):
        compare_answers(np.ones(3, bool), np.ones(2, bool))


SENTENCES = [
    (Comparison(0, 0, 0, 0), "No pictures were compared, so nothing is shown."),
    (
        Comparison(100, 0, 0, 4),
        "No difference shown: both models read the same 100 of 104 pictures rightly. Of all such pictures, "
        "either may still read up to 3.5 percentage points more rightly than the other.",
    ),
    (
        Comparison(100, 3, 1, 0),
        "No difference shown: of 104 pictures the first model reads 103 rightly, the second 101, and they "
        "differ on 4 only. At least 6 would be needed, all of them read rightly by the same model alone. Of "
        "all such pictures the first may still read up to 9.4 percentage points more rightly, the second up "
        "to 5.8.",
    ),
    (
        Comparison(80, 10, 6, 0),
        "No difference shown: of 96 pictures the first model reads 90 rightly, the second 86. They differ on "
        "16: 10 are read rightly by the first alone, 6 by the second alone (p = 0.45, McNemar's exact test); "
        "one of them would need 13 of 16. Of all such pictures the first may still read up to 17.9 "
        "percentage points more rightly, the second up to 7.5.",
    ),
    (
        Comparison(80, 20, 4, 0),
        "The first model is better: it reads 100 of 104 pictures rightly, the second 84. They differ on 24: "
        "20 are read rightly by the first alone, 4 by the second alone (p = 0.0015, McNemar's exact test). "
        "Of all such pictures the first reads 3.9 to 29.3 percentage points more rightly.",
    ),
    (
        Comparison(80, 3, 40, 0),
        "The second model is better: it reads 120 of 123 pictures rightly, the first 83. They differ on 43: "
        "40 are read rightly by the second alone, 3 by the first alone (p < 0.0001, McNemar's exact test). "
        "Of all such pictures the second reads 16.5 to 42.8 percentage points more rightly.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "sentence"), SENTENCES)
def test_the_sentence(found: Comparison, sentence: str) -> None:
    assert str(found.sentence) == sentence
    assert found.sentence.text("ko")


def test_the_json_is_plain() -> None:
    found = json.loads(json.dumps(Comparison(100, 3, 1, 0).as_json(), allow_nan=False))
    assert (found["both"], found["only_first"], found["only_second"], found["neither"]) == (100, 3, 1, 0)
    assert found["difference_shown"] is False
    assert Comparison(0, 0, 0, 0).as_json()["interval_95"] is None


@pytest.mark.parametrize(
    ("groups", "worst"),
    [
        ({"anna": (20, 20), "ben": (19, 20), "cho": (8, 20)}, "cho"),
        ({"anna": (20, 20), "ben": (19, 20), "cho": (18, 20)}, None),
        (
            {"anna": (100, 100), "ben": (60, 100), "cho": (0, 1)},
            "ben",
        ),  # 0 of 1 may be luck
        ({f"hand {number}": (17 + number % 3, 20) for number in range(40)}, None),
    ],
)
def test_a_group_is_named_only_if_luck_does_not_explain_it(
    groups: dict[str, tuple[int, int]], worst: str | None
) -> None:
    assert read_worse({name: Share(*counts) for name, counts in groups.items()}) == worst
