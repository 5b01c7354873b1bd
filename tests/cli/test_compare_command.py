"""oxmark compare: what it prints, and its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oxmark.inference import load
from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]


@pytest.fixture
def second(trained: TrainingRun, drawn: Path) -> Path:
    """The built-in model as a file beside the run."""
    from importlib import resources

    path = drawn.parent / "built-in.onnx"
    path.write_bytes(resources.files("oxmark.builtin").joinpath("ox.onnx").read_bytes())
    return path


def test_it_prints_a_table_the_four_numbers_the_sentence_and_the_files(
    oxmark: Oxmark, trained: TrainingRun, second: Path, drawn: Path
) -> None:
    ran = oxmark("compare", second, trained.folder, drawn)
    assert ran.code == 0, ran.err
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert any(line.startswith("model right of accuracy 95 % interval") for line in lines)
    assert any(line.startswith("right by both ") for line in lines)
    answered = [load(model) for model in (second, trained.folder)]
    test = sorted((drawn / "test").rglob("*.*"))
    differing = [p for p in test if len({_top(model.predict(p).probabilities) for model in answered}) == 2]
    shown = [line for line in lines if line.startswith("test/")]
    assert len(shown) == len(differing) and (not shown or "first " in shown[0])
    right = sum(_top(answered[0].predict(p).probabilities) == p.parent.name for p in test)
    assert f" {right} 6 " in " ".join(lines)
    sentence = next(line for line in lines if "No difference shown" in line or " is better" in line)
    assert "of 6 pictures" in sentence
    assert ran.err == ""


def _top(probabilities: dict[str, float]) -> str:
    return max(probabilities, key=lambda name: probabilities[name])


def test_json_is_one_object(oxmark: Oxmark, trained: TrainingRun, second: Path, drawn: Path) -> None:
    ran = oxmark("compare", trained.folder, second, drawn, "--part", "all", "--json")
    assert ran.code == 0
    (found,) = ran.json()
    assert set(found) == {"part", "models", "same", "comparison", "differing", "left_out", "errors"}
    assert [model["name"] for model in found["models"]] == [str(trained.model), str(second)]
    assert found["comparison"]["both"] + found["comparison"]["neither"] <= 6
    assert len(found["left_out"]) == 18
    assert ran.err.startswith(
        "Left out of both, because one of the models was trained or tuned on them: 18 pictures (train/O/"
    )


def test_the_word_builtin_and_the_same_model_twice(oxmark: Oxmark, second: Path, drawn: Path) -> None:
    ran = oxmark("compare", "builtin", second, drawn)
    assert ran.code == 0, ran.err
    assert "Both are the same model file, so there is nothing to compare." in ran.out.splitlines()
    assert "No difference shown" not in ran.out


def test_damaged_pictures_make_exit_code_1_and_are_named(
    oxmark: Oxmark, trained: TrainingRun, second: Path, pictures: Path
) -> None:
    (pictures / "O" / "1.png").write_bytes(b"")
    ran = oxmark("compare", trained.folder, second, pictures)
    assert ran.code == 1
    assert f"cannot be read: {pictures / 'O' / '1.png'}" in ran.err
    assert "of 3 pictures" in ran.out


def test_nothing_to_compare_is_exit_code_2(
    oxmark: Oxmark, trained: TrainingRun, second: Path, drawn: Path
) -> None:
    ran = oxmark("compare", trained.folder, second, drawn, "--part", "train")
    assert ran.code == 2
    assert "No pictures were compared, so nothing is shown." in ran.out


def test_many_differing_pictures_are_not_all_named(
    oxmark: Oxmark, second: Path, trained: TrainingRun, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oxmark.cli.compare.SHOWN", 0)
    monkeypatch.setattr("oxmark.inference.Classifier._named", _turned(trained.model))
    ran = oxmark("compare", trained.folder, second, pictures)
    assert "  ... and 4 more; --json names them all" in ran.out


def _turned(model: Path) -> Callable[..., Any]:
    """One model answers O to everything, the other X."""
    from oxmark.inference import Classifier, Prediction

    def named(self: Classifier, probabilities: object, known: object) -> Prediction:
        label = "O" if self.name == str(model) else "X"
        return Prediction(label, {name: float(name == label) for name in self.classes}, 1.0)

    return named


def test_a_model_that_is_not_there_is_exit_code_2(oxmark: Oxmark, trained: TrainingRun, drawn: Path) -> None:
    ran = oxmark("compare", trained.folder, "none.onnx", drawn)
    assert ran.code == 2
    assert "cannot read none.onnx: there is no such file." in ran.err
