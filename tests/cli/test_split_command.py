"""oxmark split: a table on stdout, everything else on stderr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oxmark.data.folder import read_folder

Oxmark = Callable[..., Any]

DISSOLVED = "The parts that were there (train, validation, test) were dissolved and divided anew."


def test_a_table_and_notes(oxmark: Oxmark, drawn: Path, tmp_path: Path) -> None:
    ran = oxmark("split", drawn, tmp_path / "new")
    assert ran.code == 0
    rows = [line.split() for line in ran.out.splitlines() if line.strip(" ─")]
    assert rows == [
        ["part", "O", "X", "all", "share", "hands"],
        ["train", "6", "6", "12", "50.0", "%", "1"],
        ["validation", "3", "3", "6", "25.0", "%", "1"],
        ["test", "3", "3", "6", "25.0", "%", "1"],
    ]
    assert ran.err.splitlines()[0] == "reading the pictures (24)"
    assert ran.err.splitlines()[1:3] == [DISSOLVED, "No hand stands in two parts (3 hands)."]
    assert ran.err.splitlines()[-1] == f"Divided. Train with: oxmark train {tmp_path / 'new'}"


def test_json(oxmark: Oxmark, drawn: Path, tmp_path: Path) -> None:
    ran = oxmark("split", drawn, tmp_path / "new", "--parts", "75,0,25", "--group", "near-copies", "--json")
    assert ran.code == 0
    (found,) = ran.json()
    assert list(found) == ["folder", "counts", "hands", "notes", "errors"]
    assert found["folder"] == str(tmp_path / "new") and found["errors"] == []
    assert found["counts"] == {"train": {"O": 9, "X": 9}, "test": {"O": 3, "X": 3}}
    assert found["notes"][0] == DISSOLVED and len(found["notes"]) == 2
    assert DISSOLVED not in ran.err


def test_the_last_line_says_what_to_do_with_it(oxmark: Oxmark, drawn: Path, tmp_path: Path) -> None:
    ran = oxmark("split", drawn, tmp_path / "my marks")
    assert ran.err.splitlines()[-1] == f"Divided. Train with: oxmark train '{tmp_path / 'my marks'}'"
    ran = oxmark("split", drawn, tmp_path / "test", "--parts", "0,50,50")
    assert ran.err.splitlines()[-1] == (
        f"Divided into {tmp_path / 'test'}. There is no part train, so it is to measure with."
    )


def test_without_hands_there_is_no_such_column(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("split", pictures, "new", "--parts", "50,0,50", "--group", "none", "--link")
    assert ran.code == 0 and "hands" not in ran.out
    assert read_folder("new").counts() == {"train": {"O": 1, "X": 1}, "test": {"O": 1, "X": 1}}
    ran = oxmark("split", pictures, "again", "--parts", "50,0,50")  # alike as they are, they stay together
    assert "Class 'O' has no test pictures: it has too few, or all are copies of one." in ran.err
    assert "Who drew which picture is not known, so one hand may stand in two parts." in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--parts", "a,b,c"],
            "Error: Invalid value for --parts: 'a,b,c' is no list of numbers like 70,15,15.",
        ),
        (["--parts", "70,20,20"], "oxmark: the parts 70,20,20 make 110 together, expected 100."),
        (["--parts", "70,30"], "oxmark: got 2 parts (70,30), expected 3."),
        (["--group", "people"], "Error: Invalid value for '--group': 'people' is not one of"),
    ],
)
def test_wrong_options(oxmark: Oxmark, pictures: Path, arguments: list[str], message: str) -> None:
    ran = oxmark("split", pictures, "new", *arguments)
    assert ran.code == 2 and message in ran.err and ran.out == ""
    assert not Path("new").exists()


def test_unreadable_pictures_are_named(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "O" / "3.png").write_bytes(b"no picture")
    ran = oxmark("split", pictures, "new")
    assert ran.code == 2 and "3.png" in ran.err and "--skip-bad" in ran.err
    ran = oxmark("split", pictures, "new", "--skip-bad", "--parts", "50,0,50")
    assert ran.code == 1
    assert any(line.startswith("Left out: ") and "3.png" in line for line in ran.err.splitlines())


def test_a_folder_in_the_way(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("split", pictures, pictures)
    assert ran.code == 2 and "it lies within" in ran.err
    (pictures.parent / "full").mkdir()
    (pictures.parent / "full" / "a.txt").write_text("text")
    ran = oxmark("split", pictures, pictures.parent / "full")
    assert ran.code == 2 and "the folder is not empty" in ran.err
