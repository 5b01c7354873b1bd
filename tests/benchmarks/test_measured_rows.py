"""Which rows are measured, and that every reach is made of figures that a row gives."""

from __future__ import annotations

import click
import pytest
from measuring.choice import all_reaches, all_rows, wanted_rows
from measuring.row import Reach, figure, lowest, ratio
from measuring.work import Options

OPTIONS = Options(training=(100, 1000))
ROWS = all_rows(OPTIONS)


def test_names_differ() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_every_reach_finds_its_figures() -> None:
    run = {row.name: dict.fromkeys(row.units, 1.0) for row in ROWS}
    assert [reach.title for reach in all_reaches(OPTIONS) if reach.value(run) is None] == []


@pytest.mark.parametrize(
    ("only", "quick", "peers", "names"),
    [
        (["predict-one"], False, True, ["predict-one"]),
        (["predict-folder"], True, True, [f"predict-folder-{kind}" for kind in ("28", "png", "jpeg")]),
        (["prepare", "predict-a"], False, True, ["predict-array", "prepare-png", "prepare-jpeg"]),
        (["train-t", "train-peer-h"], False, False, ["train-tutorial"]),
        (["train-t", "train-peer-h"], False, True, ["train-tutorial", "train-peer-hog-svm"]),
        (["train", "predict-one"], True, True, ["predict-one"]),
        (["train-marks"], True, True, ["train-marks"]),
    ],
)
def test_rows_are_chosen_by_the_beginnings_of_their_names(
    only: list[str], quick: bool, peers: bool, names: list[str]
) -> None:
    assert [row.name for row in wanted_rows(ROWS, only, quick=quick, peers=peers)] == names


def test_without_a_choice_all_are_measured() -> None:
    assert wanted_rows(ROWS, [], quick=False, peers=True) == ROWS


def test_an_unknown_row_is_answered_with_the_list() -> None:
    with pytest.raises(click.UsageError, match=r"No row begins with trian\. There are: limit-start, limit-"):
        wanted_rows(ROWS, ["train", "trian"], quick=False, peers=True)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ({"a": {"s": 6.0}, "b": {"s": 2.0}, "c": {"s": 3.0}}, 3.0),
        ({"a": {"s": 6.0}, "b": {"s": 2.0}}, None),
        ({"b": {"s": 2.0}, "c": {"s": 3.0}}, None),
        ({"a": {}, "b": {"s": 2.0}, "c": {"s": 3.0}}, None),
    ],
)
def test_a_ratio_needs_both_sides(run: dict[str, dict[str, float]], expected: float | None) -> None:
    value = ratio(figure("a", "s"), lowest(figure("b", "s"), figure("c", "s")))
    assert value(run) == expected


@pytest.mark.parametrize(
    ("reach", "value", "reached"),
    [
        (Reach("", "", figure("a", "s"), "at least", 8), 8.0, True),
        (Reach("", "", figure("a", "s"), "at least", 8), 7.9, False),
        (Reach("", "", figure("a", "s"), "under", 6), 5.9, True),
        (Reach("", "", figure("a", "s"), "under", 6), 6.0, False),
    ],
)
def test_the_good_side_of_a_limit(reach: Reach, value: float, reached: bool) -> None:
    assert reach.reached(value) is reached
