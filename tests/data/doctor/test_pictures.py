"""Single pictures: unreadable, empty, blank, several marks, odd sizes and modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oxmark.data.doctor.pictures import pictures
from oxmark.errors import BrokenPicture, NotAPicture

from .cases import MakeCase, one_mark, parted, sized, told


def test_nothing_is_wrong(case: MakeCase) -> None:
    assert told(pictures(case(parted()))) == {}


def test_unreadable_and_empty_files_are_told_apart(case: MakeCase, tmp_path: Path) -> None:
    root = tmp_path / "marks"
    (root / "O").mkdir(parents=True)
    empty, broken = root / "O" / "1.png", root / "O" / "2.png"
    empty.write_bytes(b"")
    broken.write_bytes(b"\x89PNG")
    errors = {
        "O/1.png": {"error": NotAPicture(f"{empty} is empty (0 bytes). Copy it again.", empty)},
        "O/2.png": {"error": BrokenPicture(f"{broken} is truncated: it ends early. Copy it again.", broken)},
        "O/3.png": {},
    }
    found = list(pictures(case(errors, root=str(root))))
    assert told(found) == {"unreadable": ("O/2.png",), "empty": ("O/1.png",)}
    assert found[0].details == ("is truncated: it ends early",)
    assert str(found[0].cure).endswith(f"oxmark check {root} --fix OUT")


# --- blank --------------------------------------------------------------------------------------------------


def with_blank(count: int, *rows: int) -> np.ndarray:
    seen = one_mark(count)
    seen[list(rows)] = 0
    return seen


def test_blank_pictures_are_found(case: MakeCase) -> None:
    files = ["O/1.png", "O/2.png", "O/3.png", "X/1.png", "X/2.png", "X/3.png"]
    assert told(pictures(case(files, seen=with_blank(6, 1, 5)))) == {"blank": ("O/2.png", "X/3.png")}


def test_a_class_of_blank_pictures_is_meant_so(case: MakeCase) -> None:
    files = ["O/1.png", "O/2.png", "O/3.png", "nothing/1.png", "nothing/2.png"]
    found = list(pictures(case(files, seen=with_blank(5, 1, 3))))
    assert told(found) == {"blank": ("O/2.png",), "blank_class": ("nothing/1.png",)}
    assert str(found[1].what).startswith("Class nothing: 1 of its pictures is blank.")


def test_where_every_class_is_blank_none_is_meant_so(case: MakeCase) -> None:
    files = ["O/1.png", "O/2.png", "X/1.png", "X/2.png"]
    assert told(pictures(case(files, seen=with_blank(4, 0, 1, 2, 3)))) == {"blank": tuple(files)}


@pytest.mark.parametrize(
    ("changes", "blank"),
    [
        ({"near": np.zeros(256, bool), "frame": np.ones((32, 32), np.float32)}, True),
        ({"near": np.zeros(256, bool)}, False),  # a solid bar: no hash, but not even
        ({"frame": np.ones((32, 32), np.float32)}, False),  # a hairline, lost in the small copy
    ],
)
def test_without_what_the_network_sees_the_traits_decide(
    changes: dict[str, Any], blank: bool, case: MakeCase
) -> None:
    evidence = case({"O/1.png": changes, "O/2.png": {}, "O/3.png": {}, "X/1.png": {}})
    without = type(evidence)(evidence.dataset, evidence.traits)
    assert told(pictures(without)) == ({"blank": ("O/1.png",)} if blank else {})


# --- several marks ------------------------------------------------------------------------------------------


def with_two_marks(count: int, *rows: int) -> np.ndarray:
    seen = one_mark(count)
    for row in rows:
        seen[row] = 0
        seen[row, 0, 15:30, 4:18] = seen[row, 0, 15:30, 28:44] = 1
    return seen


def test_a_picture_with_two_marks_is_found(case: MakeCase) -> None:
    names = [f"{sign}/{number}.png" for sign in "OX" for number in range(5)]
    found = list(pictures(case(names, seen=with_two_marks(10, 3))))
    assert told(found) == {"several_marks": ("O/3.png",)}
    assert found[0].details == ("2",)


def test_a_sign_of_two_marks_is_meant_so(case: MakeCase) -> None:
    names = [f"{sign}/{number}.png" for sign in "OX" for number in range(5)]
    assert told(pictures(case(names, seen=with_two_marks(10, 0, 1, 9)))) == {"several_marks": ("X/4.png",)}


# --- sizes and modes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "odd"),
    [
        ((300, 200), False),
        ((300, 24), False),
        ((300, 23), True),
        ((23, 23), True),
        ((2400, 200), False),
        ((2401, 200), True),
        ((38, 30), False),
        ((37, 30), True),
    ],
)
def test_odd_sizes(size: tuple[int, int], odd: bool, case: MakeCase) -> None:
    files: dict[str, Any] = {name: {} for name in parted()}
    found = list(pictures(case(files | {"train/O/3.png": sized(*size)})))
    assert told(found) == ({"odd_size": ("train/O/3.png",)} if odd else {})
    if odd:
        assert found[0].details == (f"{size[0]}x{size[1]}",)
        assert "usual longer side is 300 pixels" in str(found[0].what)


def test_pictures_larger_than_usual_screens_are_odd(case: MakeCase) -> None:
    sizes = {name: sized(8193, 4000) if name == "train/O/3.png" else sized(8192, 4000) for name in parted()}
    assert told(pictures(case(sizes))) == {"odd_size": ("train/O/3.png",)}


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({**sized(300, 200, "RGBA"), "clear": 0.97}, "RGBA 97 %"),
        (sized(300, 200, "CMYK", "JPEG"), "CMYK"),
        (sized(300, 200, "I;16"), "I;16"),
        (sized(300, 200, "RGBA"), ""),  # an alpha channel without any effect
        (sized(300, 200, "L"), ""),
        (sized(300, 200, "1"), ""),
    ],
)
def test_odd_modes(changes: dict[str, Any], detail: str, case: MakeCase) -> None:
    files: dict[str, Any] = {name: {} for name in parted()}
    found = list(pictures(case(files | {"test/X/1.png": changes})))
    assert told(found) == ({"odd_mode": ("test/X/1.png",)} if detail else {})
    assert [one.details for one in found] == ([(detail,)] if detail else [])


def test_a_mode_that_many_have_is_not_odd(case: MakeCase) -> None:
    files = {name: {"clear": 0.9 if number < 10 else 0.0} for number, name in enumerate(parted())}
    assert told(pictures(case(files))) == {}
