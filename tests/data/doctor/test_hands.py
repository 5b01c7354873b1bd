"""Who drew what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from oxmark.data.doctor.hands import hands

from .cases import MakeCase, told

Layout = Mapping[str, str]  # "train/O" -> the hand of each picture, a letter each


def drawn(layout: Layout) -> dict[str, dict[str, Any]]:
    return {
        f"{folder}/{number}.png": {} if hand == "?" else {"hand": hand}
        for folder, letters in layout.items()
        for number, hand in enumerate(letters)
    }


APART = {
    "train/O": "aabb",
    "train/X": "aabb",
    "validation/O": "c",
    "validation/X": "c",
    "test/O": "d",
    "test/X": "d",
}


@pytest.mark.parametrize(
    ("layout", "codes"),
    [
        (APART, set()),
        ({folder: "?" * len(letters) for folder, letters in APART.items()}, {"no_drawer"}),
        ({**APART, "test/O": "d?"}, {"some_without_drawer"}),
        ({**APART, "test/O": "a"}, {"hand_in_two_parts"}),  # a could stay in train: b, c and d are enough
        (dict.fromkeys(APART, "ab"), {"hands_too_few"}),
        (dict.fromkeys(APART, "a"), {"hands_too_few"}),
        (dict.fromkeys(APART, "abc"), {"hand_in_two_parts"}),
        ({"O": "aabbcc", "X": "aabbcc"}, set()),  # no parts yet: they can be made
        ({"O": "aaabbb", "X": "aaabbb"}, {"hands_too_few"}),
        ({"O": "aabbcc", "X": "ddeeff"}, {"hand_for_class"}),
        ({"O": "aaa", "X": "abb"}, {"hands_too_few"}),
        ({"O": "a", "X": "b"}, set()),  # one picture cannot be in two parts: the hands are not to blame
        ({"O": "aaa", "X": "???"}, {"some_without_drawer", "hands_too_few"}),
    ],
)
def test_who_drew_what(layout: Layout, codes: set[str], case: MakeCase) -> None:
    assert set(told(hands(case(drawn(layout))))) == codes


def test_a_hand_in_two_parts_is_named_with_all_its_pictures(case: MakeCase) -> None:
    (found,) = hands(case(drawn({**APART, "test/O": "a"})))
    assert str(found.what) == "1 of 4 hands stands in two parts: a."
    assert str(found.cure) == "Keep each hand in one part: oxmark split marks OUT --group drawer"
    assert found.files == (
        "train/O/0.png",
        "train/O/1.png",
        "train/X/0.png",
        "train/X/1.png",
        "test/O/0.png",
    )


def test_with_too_few_hands_it_is_a_warning(case: MakeCase) -> None:
    (found,) = hands(case(drawn(dict.fromkeys(APART, "ab"))))
    assert found.severity == "warning"
    assert str(found.what).startswith("The hands are too few (2) to keep them apart")


def test_pictures_of_unknown_hands_are_listed(case: MakeCase) -> None:
    (found,) = hands(case(drawn({**APART, "test/O": "d?", "train/X": "aabb?"})))
    assert found.files == ("train/X/4.png", "test/O/1.png")
    assert found.severity == "note"
