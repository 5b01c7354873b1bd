"""compare: both models answer the same pictures, and none that one of them has learned from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import oxmark
from oxmark.errors import FolderError, MissingExtra, ModelFileError
from oxmark.evaluation.comparison import Comparison
from oxmark.inference import Classifier, Prediction
from oxmark.workflow import comparing
from oxmark.workflow.comparing import compare
from oxmark.workflow.measuring import evaluate
from oxmark.workflow.training_run import TrainingRun

Tree = Callable[..., Path]


class Fake(Classifier):
    """Answers each picture with what it was told; knows which pictures it learned from."""

    def __init__(
        self, name: str, classes: tuple[str, ...], answers: str, learned: set[str] | None = None
    ) -> None:
        self.name, self.classes, self._digests = name, classes, learned or set()
        self.digest = f"of {name} {answers}"
        self._answers = iter(answers)

    @property
    def trained_on(self) -> dict[str, dict[str, list[str]]]:
        return {"pictures": {"train": sorted(self._digests)}}

    def predict(self, pictures: object) -> Prediction:  # type: ignore[override]
        label = next(self._answers)
        return Prediction(label, {name: 0.9 if name == label else 0.1 for name in self.classes}, 1.0)


@pytest.fixture(autouse=True)
def _one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the fakes answer in the folder's order."""
    monkeypatch.setattr("oxmark.workflow.measuring.WORKERS", 1)


def test_two_real_models(trained: TrainingRun, marks: Path) -> None:
    found = compare(trained.folder, None, marks)
    first, second = found.evaluations
    assert found.names == (str(trained.model), "the built-in O/X model")
    assert first.files == second.files and np.array_equal(first.truth, second.truth)
    assert first.as_json() == evaluate(trained, marks).as_json()
    assert second.as_json() == evaluate(None, marks).as_json()
    assert (found.comparison.a, found.comparison.b) == (first.accuracy, second.accuracy)
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["models"][0]["name"] == str(trained.model)


def test_what_either_has_learned_from_is_left_out_of_both(trained: TrainingRun, marks: Path) -> None:
    for found in (compare(trained, None, marks, part="all"), compare(None, trained, marks, part="all")):
        assert [one.accuracy.total for one in found.evaluations] == [6, 6]
        assert len(found.left_out) == 12
        assert all(name.startswith(("train/", "validation/")) for name in found.left_out)


def test_a_model_does_not_differ_from_itself(trained: TrainingRun, marks: Path) -> None:
    found = compare(trained, oxmark.load(trained), marks)
    assert (found.comparison.differing, found.comparison.p_value, found.differing) == (0, 1.0, ())
    assert "No difference shown: both models read the same" in str(found.comparison.sentence)


def test_who_is_better_and_where_they_differ(tree: Tree) -> None:
    data = tree({"O": 5, "X": 5})
    found = compare(Fake("a", ("O", "X"), "OOOOOXXXXX"), Fake("b", ("O", "X"), "XOXXXXXOOO"), data)
    assert found.comparison == Comparison(both=3, only_a=7, only_b=0, neither=0)
    assert str(found.comparison.sentence).startswith("The first model is better: it reads 10 of 10 ")
    assert [one.file for one in found.differing] == [f"O/{n}.png" for n in (1, 3, 4, 5)] + [
        f"X/{n}.png" for n in (3, 4, 5)
    ]
    assert found.differing[0].truth == "O" and found.differing[0].answers == ("O", "X")


def test_classes_are_matched_by_name(tree: Tree) -> None:
    data = tree({"O": 2, "X": 2, "tick": 2})
    classes = ("O", "X", "tick")
    answers = [{"O": "O", "X": "X", "t": "tick"}[letter] for letter in "OOXXtO"]
    found = compare(Fake("a", classes, answers), Fake("b", ("tick", "O", "X"), answers), data)  # type: ignore[arg-type]
    first, second = found.evaluations
    assert second.classes == classes
    assert np.array_equal(first.truth, second.truth) and np.array_equal(first.answers, second.answers)
    assert np.array_equal(first.probabilities, second.probabilities)
    assert found.comparison == Comparison(both=5, only_a=0, only_b=0, neither=1)


def test_models_of_other_classes_are_refused(tree: Tree) -> None:
    with pytest.raises(ModelFileError) as caught:
        compare(Fake("a.onnx", ("O", "X"), ""), Fake("b.onnx", ("O", "tick"), ""), tree({"O": 1, "X": 1}))
    assert str(caught.value) == (
        "a.onnx answers with O, X, but b.onnx with O, tick. Only models with the same classes can be "
        "compared; train both on the same class folders."
    )


def test_unknown_folders_and_parts_are_refused(trained: TrainingRun, marks: Path, tree: Tree) -> None:
    with pytest.raises(FolderError, match="class folders that the built-in O/X model does not know: square"):
        compare(None, trained, tree({"X": 1, "square": 1}))
    with pytest.raises(FolderError, match="There is no part 'tset'"):
        compare(None, trained, marks, part="tset")


def test_unreadable_pictures_are_named_once(trained: TrainingRun, parted: Path) -> None:
    bad = parted / "test" / "O" / "8.png"
    bad.write_bytes(b"")
    found = compare(trained, None, parted)
    assert [error.path for error in found.errors] == [bad]
    assert found.comparison.total == 5
    assert found.as_json()["errors"] == [str(found.errors[0])]


def test_nothing_left_shows_nothing(trained: TrainingRun, marks: Path) -> None:
    found = compare(trained, None, marks, part="train")
    assert (found.comparison.total, len(found.left_out)) == (0, 8)
    assert str(found.comparison.sentence) == "No pictures were compared, so nothing is shown."
    json.dumps(found.as_json(), allow_nan=False)


def test_without_the_statistics_packages_the_cure_is_told(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"^Comparing \(the package scipy\) needs"):
        comparing.compare(None, None, marks)
