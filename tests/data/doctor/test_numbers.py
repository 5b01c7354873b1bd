"""How many pictures there are."""

from __future__ import annotations

from typing import Any

import pytest
from scipy.stats import beta

from oxmark.data.doctor.numbers import numbers, surely
from oxmark.errors import BrokenPicture

from .cases import MakeCase, parted, told


def counted(layout: dict[str, int]) -> list[str]:
    return [f"{folder}/{number}.png" for folder, count in layout.items() for number in range(count)]


MEASURED = {"validation/O": 5, "validation/X": 5, "test/O": 5, "test/X": 5}


@pytest.mark.parametrize(
    ("layout", "codes"),
    [
        ({"train/O": 15, "train/X": 15, **MEASURED}, set()),
        ({"train/O": 38, "train/X": 38, **MEASURED}, set()),
        ({"train/O": 45, "train/X": 15, **MEASURED}, set()),
        ({"train/O": 46, "train/X": 15, **MEASURED}, {"imbalance"}),
        ({"train/O": 15, "train/X": 14, **MEASURED}, {"few_pictures"}),
        ({"train/O": 20, "train/X": 20, **MEASURED, "test/O": 4}, {"few_test_pictures"}),
        ({"train/O": 20, "validation/X": 5, "validation/O": 5}, {"missing_pictures"}),
        ({"train/O": 20, "train/X": 20, "test/X": 12}, {"missing_pictures"}),
        ({"train/O": 20, "train/X": 20}, set()),  # the other parts are made of it
        ({"train/O": 20, "test/O": 12}, {"one_class"}),
        ({"validation/O": 5, "validation/X": 5, "test/O": 6, "test/X": 6}, {"no_training_part"}),
        ({"O": 22, "X": 22}, set()),
        ({"O": 21, "X": 22}, {"few_pictures"}),
        ({"O": 22, "X": 2}, {"too_few_to_divide", "few_pictures", "imbalance"}),
        ({"O": 22}, {"one_class"}),
        ({"O": 12, "o ": 12, "X": 22}, set()),  # one class in two spellings
    ],
)
def test_numbers(layout: dict[str, int], codes: set[str], case: MakeCase) -> None:
    assert set(told(numbers(case(counted(layout))))) - {"no_drawer"} == codes


@pytest.mark.parametrize(
    ("layout", "what"),
    [
        ({"train/O": 20, "train/X": 20, "test/X": 12}, "Classes without any pictures in a part: O (test)."),
        ({"O": 22, "X": 2, "Y": 1}, "Classes with fewer than 3 pictures: X (2), Y (1)."),
        ({"O": 22}, "There is one class only: O."),
        ({"O": 21, "X": 22}, "Few pictures to learn from: O (14/21)."),
        (
            {"train/O": 46, "train/X": 15, **MEASURED},
            "The classes are uneven: O has 46 pictures to learn from, X has 15.",
        ),
        (
            {"train/O": 20, "train/X": 20, **MEASURED, "test/O": 4},
            "There are 9 test pictures only: even if all are read right, that shows an accuracy of at least "
            "66.4 %, no more.",
        ),
    ],
)
def test_sentences(layout: dict[str, int], what: str, case: MakeCase) -> None:
    assert what in {str(one.what) for one in numbers(case(counted(layout)))}


def test_pictures_that_cannot_be_used_do_not_count(case: MakeCase) -> None:
    files: dict[str, Any] = {name: {} for name in parted(train=15)}
    assert told(numbers(case(files))) == {}
    files["train/O/3.png"] = {"error": BrokenPicture("damaged")}
    (found,) = numbers(case(files))
    assert str(found.what) == "Few pictures to learn from: O (14)."


@pytest.mark.parametrize("right", [1, 5, 12, 60])
def test_what_a_perfect_test_shows_is_clopper_and_pearsons_lower_end(right: int) -> None:
    assert surely(right) == pytest.approx(beta.ppf(0.025, right, 1), abs=1e-12)


def test_no_test_shows_nothing() -> None:
    assert surely(0) == 0.0
