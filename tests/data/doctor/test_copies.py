"""Copies: exact and near, in one place, in two parts, in two classes; series of frames."""

from __future__ import annotations

from typing import Any

import pytest

from oxmark.data.doctor.copies import copies

from .cases import MakeCase, frame_of, look, one_mark, parted, told

SAME, NEAR = {"look": look(1)}, {"look": look(1, changed=9)}
FAR = {"look": look(1, changed=40)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"train/O/a.png": SAME, "train/O/b.png": SAME}, {"copies"}),
        ({"O/a.png": SAME, "O/b.png": SAME, "X/c.png": {}}, {"copies"}),
        ({"train/O/a.png": SAME, "test/O/b.png": SAME}, {"copies_in_two_parts"}),
        ({"train/O/a.png": SAME, "train/X/b.png": SAME}, {"in_two_classes"}),
        ({"train/O/a.png": SAME, "test/X/b.png": SAME}, {"in_two_classes"}),
        ({"train/O/a.png": SAME, "train/O/b.png": NEAR}, {"near_copies"}),
        ({"train/O/a.png": SAME, "validation/O/b.png": NEAR}, {"near_copies_in_two_parts"}),
        ({"train/O/a.png": SAME, "test/X/b.png": NEAR}, {"near_copies_in_two_classes"}),
        ({"train/O/a.png": SAME, "test/O/b.png": FAR}, set()),
    ],
)
def test_two_alike(files: dict[str, Any], expected: set[str], case: MakeCase) -> None:
    alike = tuple(name for name in files if files[name])
    assert told(copies(case(files))) == dict.fromkeys(expected, alike)


def test_sets_are_told_as_sets(case: MakeCase) -> None:
    other = {"look": look(2)}
    files = {
        "train/O/a.png": SAME,
        "train/O/b.png": SAME,
        "train/O/c.png": other,
        "train/O/d.png": other,
        "train/X/e.png": {},
        "test/O/f.png": SAME,
        "test/O/g.png": {},
    }
    found = {one.code: one.sets for one in copies(case(files))}
    assert found == {
        "copies_in_two_parts": (("train/O/a.png", "train/O/b.png", "test/O/f.png"),),
        "copies": (("train/O/c.png", "train/O/d.png"),),
    }


def test_exact_copies_within_near_ones_are_told_as_both(case: MakeCase) -> None:
    files = {"train/O/a.png": SAME, "train/O/b.png": SAME, "test/O/c.png": NEAR}
    assert told(copies(case(files))) == {
        "copies": ("train/O/a.png", "train/O/b.png"),
        "near_copies_in_two_parts": ("train/O/a.png", "train/O/b.png", "test/O/c.png"),
    }


def test_what_stands_in_two_classes_is_told_once(case: MakeCase) -> None:
    files = {"train/O/a.png": SAME, "train/O/c.png": NEAR, "train/X/b.png": SAME}
    assert told(copies(case(files))) == {
        "in_two_classes": ("train/O/a.png", "train/X/b.png"),
        "near_copies": ("train/O/a.png", "train/O/c.png", "train/X/b.png"),
    }


def test_blank_pictures_are_no_copies_of_each_other(case: MakeCase) -> None:
    files = {"train/O/a.png": SAME, "train/X/b.png": SAME, "train/O/c.png": {}, "train/X/d.png": {}}
    seen = one_mark(4)
    evidence = case(files)
    blank = [
        row for row, one in enumerate(evidence.pictures) if one.name in ("train/O/a.png", "train/X/b.png")
    ]
    seen[blank] = 0
    assert told(copies(case(files, seen=seen))) == {}


@pytest.mark.parametrize(
    ("slant", "codes"), [(0, {"copies"}), (1, {"copies"}), (None, {"copies", "near_copies"})]
)
def test_straight_strokes_are_compared_pixel_by_pixel_alone(
    slant: int | None, codes: set[str], case: MakeCase
) -> None:
    files = {"O/a.png": SAME, "O/b.png": NEAR, "O/c.png": {"look": look(1)}, "X/d.png": {}}
    seen = one_mark(4)
    if slant is not None:
        seen[:3] = 0
        for row in range(4, 44):
            seen[:3, 0, row, 24 + slant * (row - 24) : 27 + slant * (row - 24)] = 1
    assert set(told(copies(case(files, seen=seen)))) == codes


# --- series of frames ---------------------------------------------------------------------------------------


def test_a_series_in_one_part_and_in_two(case: MakeCase) -> None:
    frames = {f"train/O/frame_{n}.png": frame_of(7, n) for n in range(3)}
    rest: dict[str, Any] = {name: {} for name in parted(4, 2, 2)}
    assert told(copies(case(frames | rest))) == {"burst": tuple(frames)}
    divided = {**{name: frames[name] for name in list(frames)[:2]}, "test/O/frame_2.png": frame_of(7, 2)}
    assert told(copies(case(divided | rest))) == {"burst_in_two_parts": tuple(divided)}


def test_what_was_drawn_in_the_studio_is_no_series(case: MakeCase) -> None:
    drawn = {f"train/O/20261122-20450{n}-873.png": frame_of(7, n) for n in range(3)}
    rest: dict[str, Any] = {name: {} for name in parted(4, 2, 2)}
    assert told(copies(case(drawn | rest))) == {}
    filmed = {name.replace("-873", "_873"): one for name, one in drawn.items()}
    assert told(copies(case(filmed | rest))) == {"burst": tuple(filmed)}


def test_near_copies_within_a_series_are_told_once(case: MakeCase) -> None:
    frames = {f"train/O/frame_{n}.png": frame_of(7, n) for n in range(3)}
    twin = {**frame_of(7, 1), "look": look(7, changed=27)}
    files = {**frames, "train/O/frame_3.png": twin, "train/X/a.png": {}}
    assert told(copies(case(files))) == {"burst": tuple(sorted([*frames, "train/O/frame_3.png"]))}


def test_a_series_of_near_copies_is_told_as_near_copies(case: MakeCase) -> None:
    frames = {f"train/O/frame_{n}.png": frame_of(7, 0) | {"look": look(7, n)} for n in range(3)}
    assert told(copies(case({**frames, "train/X/a.png": {}}))) == {"near_copies": tuple(frames)}


def test_nothing_is_alike(case: MakeCase) -> None:
    assert told(copies(case(parted()))) == {}
