"""Medians with their ranges, turns, and numbers for people."""

from __future__ import annotations

import pytest
from measuring.series import Series, alternating, shown


@pytest.mark.parametrize(
    ("values", "median", "lowest", "highest"),
    [((2.0,), 2, 2, 2), ((3.0, 1.0, 2.0), 2, 1, 3), ((4.0, 1.0, 2.0, 9.0), 3, 1, 9)],
)
def test_a_median_comes_with_its_range(
    values: tuple[float, ...], median: float, lowest: float, highest: float
) -> None:
    series = Series(values, "s")
    assert (series.median, series.lowest, series.highest) == (median, lowest, highest)
    assert series.as_json() == {
        "unit": "s",
        "median": median,
        "lowest": lowest,
        "highest": highest,
        "values": list(values),
    }


@pytest.mark.parametrize(("run", "order"), [(0, ["a", "b", "c"]), (1, ["c", "b", "a"]), (2, ["a", "b", "c"])])
def test_every_other_run_goes_backwards(run: int, order: list[str]) -> None:
    assert alternating(("a", "b", "c"), run) == order


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.0000"),
        (0.01234, "0.0123"),
        (0.1234, "0.123"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (12345, "12,345"),
        (-0.5, "-0.500"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    assert shown(value) == text
