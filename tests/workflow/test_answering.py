"""predict: which files paths mean, and the sheet of answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from oxmark.data.decode import decode
from oxmark.errors import NotAPicture, OutputError
from oxmark.inference import Prediction
from oxmark.workflow import answering
from oxmark.workflow.answering import AnswerSheet, picture_files

FILES = [
    "b.png",
    "a.JPG",
    "notes.txt",
    ".hidden.png",
    "deep/er/c.webp",
    "deep/d.bmp",
    ".git/e.png",
    "__MACOSX/f.png",
    "가/나.png",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "in" / "empty").mkdir()
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["in"], ["in/a.JPG", "in/b.png", "in/deep/d.bmp", "in/deep/er/c.webp", "in/가/나.png"]),
        (["in/deep", "in/b.png"], ["in/deep/d.bmp", "in/deep/er/c.webp", "in/b.png"]),
        (["in/b.png", "in/b.png"], ["in/b.png", "in/b.png"]),
        (["in/empty"], []),
        (["in/.hidden.png", "in/notes.txt"], ["in/.hidden.png", "in/notes.txt"]),
        (["in/.git"], ["in/.git/e.png"]),
        (["none.png"], ["none.png"]),
        ([], []),
    ],
)
def test_paths_mean_these_files(paths: Sequence[str], found: list[str], folder: Path) -> None:
    assert [path.as_posix() for path in picture_files(paths)] == found


def test_files_come_one_by_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[str] = []
    walk = os.walk

    def watched(top: Path) -> object:
        for step in walk(top):
            walked.append(Path(step[0]).name)
            yield step

    monkeypatch.setattr(os, "walk", watched)
    files = picture_files([folder])
    assert next(files).name == "a.JPG"
    assert walked == ["in"]


# --- the sheet ----------------------------------------------------------------------------------------------


def answer(label: str | None) -> Prediction:
    return Prediction(label, {"O": 0.75, "X": 0.25}, 0.9 if label else 0.1)


def test_a_sheet_holds_pictures_with_their_answers(marks: Path, tmp_path: Path) -> None:
    path = marks / "test" / "O" / "7.png"
    sheet = AnswerSheet()
    sheet.add(path, answer("O"))
    sheet.add(path, answer(None))
    sheet.add(tmp_path / "torn.png", NotAPicture("torn.png is no picture"))
    assert sheet.count == 3
    assert [tile.caption for tile in sheet.tiles] == ["O  75.0 %", "none of these"]
    sheet.write(tmp_path / "sheet.png", "Three")
    with Image.open(tmp_path / "sheet.png") as drawn:
        assert min(drawn.size) > 150


def test_only_so_many_pictures_are_kept(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def watched(path: Path) -> object:
        opened.append(path)
        return decode(path)

    monkeypatch.setattr(answering, "MOST_ON_SHEET", 2)
    monkeypatch.setattr(answering, "decode", watched)
    sheet = AnswerSheet()
    for _ in range(5):
        sheet.add(marks / "test" / "O" / "7.png", answer("O"))
    assert (sheet.count, len(sheet.tiles), len(opened)) == (5, 2, 2)


def test_a_sheet_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError) as caught:
        AnswerSheet().write(tmp_path / "file" / "below" / "sheet.png", "None")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/file/below/sheet.png: a part of that path is a file, not a folder; "
        "choose another place."
    )
