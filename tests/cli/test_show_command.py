"""oxmark show and evaluate: the tables for people, what is skipped, and what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]


def cells(text: str) -> list[list[str]]:
    """The words of each line of a table."""
    return [line.split() for line in text.splitlines() if line.strip(" ─")]


def test_the_table_of_a_folder(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("show", "in")
    assert (ran.code, ran.err) == (0, "")
    assert cells(ran.out) == [
        ["part", "class", "pictures", "sizes", "formats", "modes", "hands"],
        ["all", "O", "2", "60x48", "PNG", "2", "L", "2", "-"],
        ["X", "2", "60x48", "PNG", "2", "L", "2", "-"],
    ]


def test_the_table_of_a_set_with_parts_and_hands(oxmark: Oxmark, drawn: Path) -> None:
    table = cells(oxmark("show", drawn).out)
    assert [line[0] for line in table[1:]] == ["train", "X", "validation", "X", "test", "X"]
    assert [line[-1] for line in table[1:]] == ["1"] * 6


def test_skipped_files_are_listed_with_their_reason(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "O" / ".DS_Store").write_text("")
    (pictures / "O" / "notes.txt").write_text("")
    (pictures / "Thumbs.db").write_text("")
    (pictures / "loose.png").write_text("")
    ran = oxmark("show", "in")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "skipped: O/.DS_Store: hidden, or a system file",
        "skipped: O/notes.txt: not a picture by its name",
        "skipped: Thumbs.db: hidden, or a system file",
        "skipped: loose.png: not in a class folder",
    ]


def test_unreadable_pictures_end_with_1(oxmark: Oxmark, pictures: Path) -> None:
    (pictures / "X" / "1.png").write_bytes(b"")
    ran = oxmark("show", "in", "--json")
    assert ran.code == 1
    assert [(value["class"], value["pictures"]) for value in ran.json()] == [("O", 2), ("X", 1)]
    (line,) = ran.err.splitlines()
    assert line.startswith("cannot be read: ") and "in/X/1.png" in line


def test_the_contact_sheet_is_drawn(oxmark: Oxmark, pictures: Path) -> None:
    ran = oxmark("show", "in", "--out", "new/sheet.png")
    assert (ran.code, ran.err) == (0, "contact sheet: new/sheet.png\n")
    with Image.open("new/sheet.png") as sheet:
        assert min(sheet.size) > 150


@pytest.mark.parametrize(
    ("make", "message"),
    [
        ([], "in is empty. oxmark expects one folder for each class"),
        (["a.png"], "in has 1 picture, but it lies in no class folder (see a.png). oxmark expects"),
        (["O/notes.txt"], "in holds no pictures (.bmp, "),
    ],
)
def test_folders_without_classes(make: list[str], message: str, oxmark: Oxmark, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in make:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text("")
    ran = oxmark("show", "in")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"oxmark: {message}")


# --- evaluate -----------------------------------------------------------------------------------------------


def test_the_table_of_an_evaluation(oxmark: Oxmark, trained: TrainingRun, drawn: Path) -> None:
    found = trained.evaluation
    assert found is not None
    ran = oxmark("evaluate", trained.folder, drawn)
    assert (ran.code, ran.err) == (0, "")
    *table, loss, sentence = cells(ran.out)
    assert " ".join(table[0]) == "class right of accuracy 95 % interval answered O answered X"
    assert [line[:3] for line in table[1:]] == [
        ["O", str(found.per_class["O"].right), "3"],
        ["X", str(found.per_class["X"].right), "3"],
        ["all", str(found.accuracy.right), "6"],
    ]
    assert " ".join(loss) == f"loss {found.loss:.3f} (cross-entropy); 'none of these': {found.refused}"
    assert " ".join(sentence) == found.sentence


def test_what_was_learned_from_is_said_to_be_left_out(
    oxmark: Oxmark, trained: TrainingRun, drawn: Path
) -> None:
    ran = oxmark("evaluate", trained.folder, drawn, "--part", "validation", "--out", "figures")
    names = sorted(path.relative_to(drawn).as_posix() for path in (drawn / "validation" / "O").iterdir())
    assert (ran.code, ran.err.splitlines()) == (
        2,
        [
            "Left out, because the model was trained or tuned on them: 6 pictures "
            f"({', '.join(names)}, ...).",
        ],
    )
    assert ran.out.splitlines()[-1] == "No pictures were measured, so nothing is shown."


def test_an_evaluation_with_unreadable_pictures_ends_with_1(
    oxmark: Oxmark, trained: TrainingRun, pictures: Path
) -> None:
    (pictures / "X" / "1.png").write_bytes(b"")
    ran = oxmark("evaluate", trained.folder, "in", "--json")
    (value,) = ran.json()
    assert (ran.code, value["accuracy"]["total"]) == (1, 3)
    assert ran.err == f"cannot be read: {value['errors'][0]}\n"
