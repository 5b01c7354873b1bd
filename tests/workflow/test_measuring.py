"""evaluate: only pictures that were never learned from count, and whatever is odd is said."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import oxmark
from oxmark.data.decode import decode
from oxmark.errors import FolderError, MissingExtra, ModelFileError, OutputError, RunError
from oxmark.workflow import measuring
from oxmark.workflow.measuring import evaluate
from oxmark.workflow.training_run import TrainingRun

Tree = Callable[..., Path]


@pytest.mark.parametrize(
    ("part", "measured", "left_out"),
    [("test", 6, 0), ("validation", 0, 4), ("train", 0, 8), ("all", 6, 12)],
)
def test_what_was_learned_from_is_left_out(
    part: str, measured: int, left_out: int, trained: TrainingRun, marks: Path
) -> None:
    found = evaluate(trained, marks, part=part)
    assert (found.part, found.accuracy.total, len(found.left_out)) == (part, measured, left_out)
    assert all(name.startswith(("train/", "validation/")) for name in found.left_out)
    assert all(name.startswith("test/") for name in found.files)


def test_it_is_recognised_by_its_pixels_wherever_it_stands(
    trained: TrainingRun, marks: Path, tmp_path: Path
) -> None:
    for sign, number in (("O", 1), ("X", 7)):  # O/1 was trained on, X/7 is a test picture
        (tmp_path / "new" / sign).mkdir(parents=True)
        part = "train" if number == 1 else "test"
        with Image.open(marks / part / sign / f"{number}.png") as picture:
            picture.save(tmp_path / "new" / sign / "other name.bmp")
    found = evaluate(trained, tmp_path / "new")
    assert (found.part, found.files, found.left_out) == ("all", ("X/other name.bmp",), ("O/other name.bmp",))


def test_its_answers_are_the_classifiers(trained: TrainingRun, marks: Path) -> None:
    found, classifier = evaluate(trained, marks), oxmark.load(trained)
    for file, values, known in zip(found.files, found.probabilities, found.known, strict=True):
        answer = classifier.predict(marks / file)
        assert list(answer.probabilities.values()) == [float(value) for value in values]
        assert answer.known == known
    assert [found.classes[label] for label in found.truth] == [file.split("/")[1] for file in found.files]


def test_every_way_of_naming_the_model_gives_the_same(trained: TrainingRun, marks: Path) -> None:
    ways = (trained, trained.folder, str(trained.model), oxmark.load(trained))
    assert len({json.dumps(evaluate(way, marks).as_json()) for way in ways}) == 1


def test_without_a_model_the_built_in_one_answers(drawn: Path) -> None:
    found = evaluate(None, drawn)
    assert (found.classes, found.accuracy.total) == (("O", "X"), 6)


def test_classes_may_be_fewer_and_are_matched_by_name(trained: TrainingRun, marks: Path, tree: Tree) -> None:
    data = tree({"X": 2})
    for path, number in zip(sorted((data / "X").iterdir()), (7, 8), strict=True):
        path.write_bytes((marks / "test" / "X" / f"{number}.png").read_bytes())
    found = evaluate(trained, data)
    assert found.truth.tolist() == [1, 1]
    assert np.array_equal(found.confusion.sum(axis=1), [0, 2])


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (
            {"O": 1, "x": 1, "Zebra": 1},
            "{data} has class folders that {model} does not know: Zebra, x. It knows O, X. "
            "Rename or move those folders.",
        ),
        (
            {"X": 1, "O ": 1},
            "{data} has class folders that {model} does not know: O . It knows O, X. "
            "Is 'O ' meant to be 'O'? Rename or move those folders.",
        ),
    ],
)
def test_unknown_class_folders_are_refused_with_the_close_name(
    layout: dict[str, int], message: str, trained: TrainingRun, tree: Tree
) -> None:
    data = tree(layout)
    with pytest.raises(FolderError) as caught:
        evaluate(trained, data)
    assert str(caught.value) == message.format(data=data, model=trained.model)


@pytest.mark.parametrize(
    ("layout", "part", "message"),
    [
        (
            {"train/O": 2, "test/X": 2},
            "validation",
            "{data} has no validation part; it has train, test. Choose one with --part, or --part all.",
        ),
        ({"O": 2, "X": 2}, "tset", "There is no part 'tset'. Parts are train, validation, test and all."),
    ],
)
def test_parts_that_are_not_there(
    layout: dict[str, int], part: str, message: str, trained: TrainingRun, tree: Tree
) -> None:
    data = tree(layout)
    with pytest.raises(FolderError) as caught:
        evaluate(trained, data, part=part)
    assert str(caught.value) == message.format(data=data)


def test_unreadable_pictures_are_collected(trained: TrainingRun, parted: Path) -> None:
    bad = [parted / "test" / "O" / "8.png", parted / "test" / "X" / "9.png"]
    for path in bad:
        path.write_bytes(b"")
    found = evaluate(trained, parted)
    assert [error.path for error in found.errors] == bad
    assert all(error.__traceback__ is None for error in found.errors)
    assert found.accuracy.total == 4
    assert found.as_json()["errors"] == [str(error) for error in found.errors]


def test_with_out_four_files_are_written(trained: TrainingRun, marks: Path, tmp_path: Path) -> None:
    found = evaluate(trained, marks, out=tmp_path / "new" / "figures")
    folder = tmp_path / "new" / "figures"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["confusion.png", "metrics.json", "test.csv", "test.png"]
    assert json.loads((folder / "metrics.json").read_text()) == found.as_json()
    with (folder / "test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["answer"]) for row in rows] == [
        (file, found.classes[answer]) for file, answer in zip(found.files, found.answers, strict=True)
    ]
    assert (folder / "test.csv").read_bytes() == (trained.folder / "test.csv").read_bytes()


def test_with_nothing_to_measure_no_files_are_written(
    trained: TrainingRun, marks: Path, tmp_path: Path
) -> None:
    found = evaluate(trained, marks, part="train", out=tmp_path / "figures")
    assert (found.loss, found.accuracy.share, found.accuracy.interval) == (None, None, None)
    assert found.sentence == "No pictures were measured, so nothing is shown."
    assert not (tmp_path / "figures").exists()


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        (
            "none.onnx",
            ModelFileError,
            "cannot read {path}: there is no such file. Check the name, or make a model with: oxmark train "
            "DATA",
        ),
        (
            "empty",
            RunError,
            "The folder {path} holds no model.onnx. Name a model file or a run folder.",
        ),
        (
            "stopped",
            RunError,
            "The run {path} holds no model.onnx: it was stopped. Go on with: oxmark train DATA --out {path} "
            "--resume",
        ),
    ],
)
def test_models_that_are_not_there(
    model: str, kind: type[Exception], message: str, tmp_path: Path, marks: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "stopped").mkdir()
    (tmp_path / "stopped" / "recipe.toml").write_text("")
    with pytest.raises(kind) as caught:
        evaluate(tmp_path / model, marks)
    assert str(caught.value) == message.format(path=tmp_path / model)


def test_a_place_that_cannot_be_written_to_is_told(trained: TrainingRun, marks: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError) as caught:
        evaluate(trained, marks, out=tmp_path / "file")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/file: a part of that path is a file, not a folder; choose another place."
    )


def test_without_the_statistics_packages_the_cure_is_told(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        measuring.require_statistics()
    assert str(caught.value) == (
        "Evaluating (the package scipy) needs an optional part that is not installed. "
        "Install it with: pip install 'oxmark[train]'"
    )


def test_a_picture_is_decoded_as_in_training(trained: TrainingRun, marks: Path) -> None:
    path = marks / "test" / "O" / "7.png"
    classifier = oxmark.load(trained)
    assert classifier.predict(decode(path)) == classifier.predict(path) == classifier.predict([path])[0]
