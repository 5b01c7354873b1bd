"""validate: one cross-validation, and everything that it leaves behind."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oxmark.errors import FolderError, OutputError, RunError
from oxmark.recipes import Recipe
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun
from oxmark.workflow.validating import Validation, validate

Tree = Callable[..., Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("validated") / "new"


@pytest.fixture(scope="module")
def validated(marks: Path, recipe: Recipe, written: Path) -> Validation:
    """Two folds of 18 pictures, divided twice, with a learning curve, trained in two processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "sched_getaffinity", lambda _process: {0, 1}, raising=False)
        return validate(marks, recipe, folds=2, repeats=2, learning_curve=True, out=written)


@pytest.fixture(autouse=True)
def _one_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """All others train in this process: on so few pictures, starting another one takes longest."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)


def test_every_picture_is_answered_once(validated: Validation) -> None:
    evaluation = validated.evaluation
    assert len(set(evaluation.files)) == len(evaluation.truth) == 18
    assert np.bincount(validated.folds).tolist() in ([10, 8], [8, 10], [9, 9])
    assert evaluation.part == "out of fold"
    assert [share.total for share in evaluation.per_class.values()] == [9, 9]
    assert validated.heat.shape[:2] == (18, 2)
    assert len(validated.evaluations) == 2
    low, high = validated.spread
    assert 0 <= low <= high <= 1
    assert set(validated.baselines) == {"majority", "nearest_neighbour", "hog_svm"}
    assert validated.simpler["nearest_neighbour"].right > 14


def test_what_the_figures_do_not_say_is_said(validated: Validation) -> None:
    told = [note.code for note in validated.notes]
    assert told[:2] == ["validate.hands_unknown", "validate.parts_dissolved"]
    assert "validate.spread" in told
    assert "train, validation, test" in str(validated.notes[1])
    assert len(validated.verdict) == 3
    assert all(sentence.text("ko") for sentence in (*validated.sentences, *validated.verdict))


def test_the_learning_curve_has_fewer_and_all_pictures(validated: Validation) -> None:
    curve = validated.learning_curve
    assert curve is not None
    pictures = [point.pictures["O"] for point in curve.points]
    assert len(pictures) == 4 and pictures == sorted(pictures)
    assert (pictures[0], pictures[-1]) == (1, 4)  # a quarter of the 4 or 5 that are not held out, and all
    assert curve.points[-1].right == validated.evaluation.per_class
    assert all(point.share.total == 18 for point in curve.points)


def test_figures_table_and_report_are_written(validated: Validation, written: Path) -> None:
    names = {
        "recipe.toml",
        "validation.json",
        "out_of_fold.csv",
        "validation.png",
        "report.html",
        "report.json",
    }
    assert {path.name for path in written.iterdir()} == names
    figures = json.loads((written / "validation.json").read_text(encoding="utf-8"))
    assert figures["accuracy"] == validated.evaluation.accuracy.as_json()
    assert (figures["folds"], figures["repeats"]) == (2, 2)
    assert figures["repeat_shares"] == [one.accuracy.as_json() for one in validated.evaluations]
    assert figures["provenance"] == validated.provenance
    assert len(figures["learning_curve"]["points"]) == 4
    with (written / "out_of_fold.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["file"] for row in rows] == list(validated.evaluation.files)
    assert [int(row["fold"]) - 1 for row in rows] == validated.folds.tolist()
    right = sum(int(row["right"]) for row in rows)
    assert right == validated.evaluation.accuracy.right


def test_the_report_shows_the_pictures_behind_the_figures(validated: Validation, written: Path) -> None:
    document = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert document["kind"] == "validation"
    answers = document["validation"]["answers"]
    assert {answer["file"] for answer in answers} == set(validated.evaluation.files)
    for answer in answers:
        picture = document["pictures"][answer["picture"]]
        assert picture["file"] == answer["file"]
        assert picture["class"] == document["classes"][answer["truth"]]
        assert picture["image"].startswith("data:image/") and picture["heat"].startswith("data:image/")
    wrong = [answer["truth"] != answer["answer"] for answer in answers]
    assert wrong == sorted(wrong, reverse=True)
    assert len(document["validation"]["worst"]) == sum(wrong)
    assert document["validation"]["provenance"]["command"] == (
        f"oxmark validate {validated.data} --recipe {written / 'recipe.toml'} --folds 2 --repeats 2 --seed 0 "
        "--learning-curve"
    )


def test_the_same_seed_gives_the_same_however_many_are_trained_at_once(
    validated: Validation, marks: Path, recipe: Recipe
) -> None:
    again = validate(marks, recipe, folds=2)
    np.testing.assert_array_equal(again.folds, validated.folds)
    np.testing.assert_array_equal(again.evaluation.probabilities, validated.evaluation.probabilities)
    np.testing.assert_array_equal(again.evaluation.known, validated.evaluation.known)
    np.testing.assert_array_equal(again.heat, validated.heat)
    assert again.provenance["recipe"] == validated.provenance["recipe"]
    assert "command" not in again.provenance  # its recipe is nowhere written


def test_it_joins_the_report_of_a_run(parted: Path, trained: TrainingRun, tmp_path: Path) -> None:
    run = copied(trained, tmp_path / "run")
    before = json.loads((run / "report.json").read_text(encoding="utf-8"))
    found = validate(parted, folds=2, out=run)
    assert found.recipe == trained.recipe  # that of the run
    after = json.loads((run / "report.json").read_text(encoding="utf-8"))
    assert after["validation"]["folds"] == 2
    assert after["validation"]["verdict"] == [sentence.as_json() for sentence in found.verdict]
    made = after["validation"]["provenance"]
    assert made["command"].startswith(f"oxmark validate {parted} --recipe ") and made["seed"] == 0
    assert made["data_digest"] == found.provenance["data_digest"] == before["provenance"]["data_digest"]
    assert {**after, "validation": None, "pictures": None} == {**before, "validation": None, "pictures": None}
    assert before["pictures"].items() <= after["pictures"].items()
    assert (run / "model.onnx").read_bytes() == trained.model.read_bytes()


@pytest.mark.parametrize("name", ["marks", "notes"])
def test_a_folder_that_holds_something_else_is_refused(
    name: str, parted: Path, recipe: Recipe, tmp_path: Path
) -> None:
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(RunError) as caught:
        validate(parted, recipe, out=folder)
    assert str(caught.value) == (
        f"{folder} is not empty and is no finished run. Choose a new folder, or the run folder of a training "
        "with this data, with --out."
    )


def test_unreadable_pictures_are_left_out_and_named(parted: Path, recipe: Recipe) -> None:
    (parted / "train" / "O" / "1.png").write_bytes(b"no picture")
    found = validate(parted, recipe, folds=2)
    assert len(found.evaluation.truth) == 17
    assert [error.path for error in found.errors] == [parted / "train" / "O" / "1.png"]


def test_it_tells_how_far_it_is(parted: Path, recipe: Recipe) -> None:
    class Told(Progress):
        def __init__(self) -> None:
            self.begun: list[tuple[str, int]] = []
            self.done: list[int] = []
            self.notes: list[str] = []

        def begin(self, what: str, total: int) -> None:
            self.begun.append((what, total))

        def advance(self, done: int) -> None:
            self.done.append(done)

        def note(self, text: str) -> None:
            self.notes.append(text)

    told = Told()
    found = validate(parted, recipe, folds=2, progress=told)
    assert told.begun == [("reading the pictures", 18), ("training 2 networks", 2 * recipe.epochs)]
    assert told.done == [*range(1, 19), *range(1, 2 * recipe.epochs + 1)]
    right = found.evaluation.answers == found.evaluation.truth
    by_fold = [right[found.folds == number] for number in range(2)]
    assert told.notes == [
        f"fold {number} of 2: {one.sum()} of {len(one)} right" for number, one in enumerate(by_fold, start=1)
    ]


def copied(run: TrainingRun, folder: Path) -> Path:
    folder.mkdir()
    for path in run.folder.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_run_takes_up_no_figures_of_other_pictures(
    tree: Tree, trained: TrainingRun, tmp_path: Path
) -> None:
    run = copied(trained, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(RunError, match="was trained on other pictures than those in"):
        validate(tree({"O": 6, "X": 6}), folds=2, out=run)
    with pytest.raises(RunError, match=r"knows the classes O, X, but .* has circle, cross"):
        validate(tree({"circle": 6, "cross": 6}, "others"), folds=2, out=run)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_a_run_takes_up_no_figures_of_another_recipe(
    parted: Path, trained: TrainingRun, tmp_path: Path
) -> None:
    run = copied(trained, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(RunError) as caught:
        validate(parted, trained.recipe.model_copy(update={"epochs": 3}), folds=2, out=run)
    assert str(caught.value) == (
        f"The run {run} was trained with another recipe, so its report cannot take up what this one reaches. "
        "Leave --recipe and --set out, or choose a new folder with --out."
    )
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_one_class_and_a_file_as_the_place_are_refused_before_any_training(
    tree: Tree, parted: Path, recipe: Recipe, tmp_path: Path
) -> None:
    with pytest.raises(FolderError, match="has one class only, 'O'"):
        validate(tree({"O": 6}, "one"), recipe, folds=2)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        validate(parted, recipe, folds=2, out=tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
