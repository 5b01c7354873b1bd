"""predict: which files paths mean, and the sheet of answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from oxmark import inference
from oxmark.data.decode import decode
from oxmark.errors import NotAPicture, OutputError, PictureError, RunError
from oxmark.inference import Prediction, load
from oxmark.workflow import answering
from oxmark.workflow.answering import AnswerSheet, open_and_answer, picture_files

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


# --- answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("torn", [None, 0, 1])
@pytest.mark.parametrize("count", [1, 3])
def test_answers_are_those_of_the_model_in_order(
    count: int, torn: int | None, marks: Path, tmp_path: Path
) -> None:
    files = sorted((marks / "test").rglob("*.png"))[:count]
    if torn is not None and torn < count:
        files[torn] = tmp_path / "torn.png"
        files[torn].write_bytes(b"no picture")
    classifier, answers = open_and_answer(None, files[0], iter(files[1:]))
    found = list(answers)
    assert [path for path, _ in found] == files
    for path, given in found:
        if path.name == "torn.png":
            assert isinstance(given, NotAPicture) and given.path == path
            assert given.__traceback__ is None
        else:
            assert given == classifier.predict(path)


def test_the_first_picture_is_decoded_while_the_model_is_opened(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = threading.Event()

    def watched(path: Path) -> object:
        decoded.set()
        return decode(path)

    def waiting(model: object) -> object:
        assert decoded.wait(30), "the model was opened before anything was decoded"
        return load()

    monkeypatch.setattr(answering, "decode", watched)
    monkeypatch.setattr(inference, "load", waiting)
    _, answers = open_and_answer(None, marks / "test" / "O" / "7.png", iter([]))
    assert len(list(answers)) == 1


def test_a_model_that_cannot_be_opened_is_told_whatever_the_picture(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no model\.onnx"):
        open_and_answer(tmp_path, tmp_path / "none.png", iter([]))


def test_the_rest_is_answered_as_it_is_asked_for(marks: Path, tmp_path: Path) -> None:
    asked: list[Any] = []

    def files() -> Any:
        for number in range(1000):
            asked.append(number)
            yield tmp_path / f"{number}.png"

    _, answers = open_and_answer(None, tmp_path / "first.png", files())
    assert isinstance(next(answers)[1], PictureError)
    assert asked == []
    next(answers)
    assert len(asked) < 100


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
