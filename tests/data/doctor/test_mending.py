"""What a mended copy holds, and why the rest does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oxmark.data.doctor.mending import plan
from oxmark.errors import BrokenPicture, NotAPicture

from .cases import MakeCase, frame_of, look, one_mark, parted

SAME, NEAR, OTHER = {"look": look(1)}, {"look": look(1, changed=9)}, {"look": look(2)}
REST: dict[str, Any] = {name: {} for name in parted(3, 2, 2)}


def changes(case: MakeCase, files: dict[str, Any], **more: Any) -> dict[str, str]:
    return {change.file: str(change.what) for change in plan(case(files, **more)).changes}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {}),
        (
            {"train/O/a.png": SAME, "train/O/b.png": SAME},
            {"train/O/b.png": "a copy of train/O/a.png, which stays"},
        ),
        (
            {"train/O/a.png": SAME, "train/O/b.png": {**SAME, "hand": "anna"}},
            {"train/O/a.png": "a copy of train/O/b.png, which stays"},
        ),
        (
            {"train/O/a.png": SAME, "validation/O/b.png": SAME, "test/O/c.png": SAME},
            {
                "train/O/a.png": "a copy of test/O/c.png, which stays",
                "validation/O/b.png": "a copy of test/O/c.png, which stays",
            },
        ),
        (
            {"train/O/a.png": SAME, "test/X/b.png": SAME},
            {
                "train/O/a.png": "the same picture stands in test/X/b.png, another class",
                "test/X/b.png": "the same picture stands in train/O/a.png, another class",
            },
        ),
        (
            {"train/O/a.png": SAME, "validation/O/b.png": NEAR},
            {"train/O/a.png": "nearly the same as validation/O/b.png, which stays"},
        ),
        ({"train/O/a.png": SAME, "train/O/b.png": NEAR}, {}),
        (
            {"train/O/a.png": SAME, "test/X/b.png": NEAR},
            {},
        ),  # only the user knows which is wrong
        (
            {"train/O/a.png": SAME, "train/O/b.png": SAME, "test/O/c.png": NEAR},
            {
                "train/O/a.png": "nearly the same as test/O/c.png, which stays",
                "train/O/b.png": "a copy of train/O/a.png, which stays",
            },
        ),
    ],
)
def test_copies(files: dict[str, Any], expected: dict[str, str], case: MakeCase) -> None:
    assert changes(case, REST | files) == expected


def test_what_cannot_be_learned_from_is_left_out(case: MakeCase, tmp_path: Path) -> None:
    (tmp_path / "train" / "O").mkdir(parents=True)
    (tmp_path / "train" / "O" / "a.png").write_bytes(b"")
    files = REST | {
        "train/O/a.png": {"error": NotAPicture("empty")},
        "train/O/b.png": {"error": BrokenPicture("damaged")},
    }
    seen = one_mark(len(REST))
    seen[1] = 0
    assert changes(case, files, seen=seen, root=str(tmp_path)) == {
        "train/O/1.png": "nothing is drawn on it",
        "train/O/a.png": "empty (0 bytes)",
        "train/O/b.png": "cannot be read",
    }


def test_a_series_stays_where_it_measures(case: MakeCase) -> None:
    names = ("train/O/f_1.png", "train/O/f_2.png", "test/O/f_3.png")
    frames = {name: frame_of(7, number) for number, name in enumerate(names)}
    what = "a frame of the same series as test/O/f_3.png, which stays"
    assert changes(case, REST | frames) == dict.fromkeys(names[:2], what)


def test_no_class_loses_its_last_pictures_of_a_part(case: MakeCase) -> None:
    files: dict[str, Any] = {
        "train/O/a.png": SAME,
        "train/X/b.png": {},
        "test/O/c.png": NEAR,
        "test/X/d.png": {},
    }
    assert changes(case, files) == {}


def test_spellings_become_the_class_with_the_most_pictures(case: MakeCase) -> None:
    files: dict[str, Any] = {"o/1.png": {}, "O/1.png": {}, "O/2.png": {}, "o /sub/1.png": {}, "X/1.png": {}}
    found = plan(case(files))
    assert found.classes == ("O", "X")
    assert {change.file: str(change.what) for change in found.changes} == {
        "o /sub/1.png": "now O/sub/1.png",
        "o/1.png": "now O/1_2.png",
    }
    assert not any(change.left_out for change in found.changes)
    assert sorted(kept.path.as_posix() for kept in found.kept.values()) == [
        "O/1.png",
        "O/1_2.png",
        "O/2.png",
        "O/sub/1.png",
        "X/1.png",
    ]


def test_copies_in_two_spellings_are_copies_in_one_class(case: MakeCase) -> None:
    files = {"O/1.png": SAME, "O/2.png": {}, "o/3.png": SAME, "X/1.png": {}}
    assert changes(case, files) == {"o/3.png": "a copy of O/1.png, which stays"}


def test_sub_folders_and_names_stay(case: MakeCase) -> None:
    files = ["train/O/by anna/1.png", "train/X/2.png", "test/O/1.png", "test/X/2.png"]
    kept = plan(case(files)).kept
    assert sorted(one.path.as_posix() for one in kept.values()) == sorted(files)
