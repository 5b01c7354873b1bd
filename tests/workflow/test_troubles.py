"""train: trouble is told while it runs, kept with the run, and told once even if the run was stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from oxmark.recipes import Recipe, load_recipe
from oxmark.training.loop import Epoch
from oxmark.words import Message
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun, train
from oxmark.workflow.watching import Watching

FLAT = (
    "Epoch 4: the training loss is 0.70, no better than guessing (0.69). "
    "Its steps are probably too small: try --set learning_rate=0.08"
)


class Told(Progress):
    """Remembers epochs and notes in their order; asks to stop after so many epochs."""

    def __init__(self, epochs: int = 100) -> None:
        self.said: list[int | str] = []
        self.left = epochs

    def epoch(self, entry: Epoch, epochs: int) -> None:
        self.said.append(entry.epoch)
        self.left -= 1

    def note(self, text: str) -> None:
        self.said.append(text)

    def should_stop(self) -> bool:
        return self.left <= 0


@pytest.fixture(scope="session")
def slow() -> Recipe:
    """A recipe whose steps are far too small to learn anything."""
    tiny = ["size=32", "width=4", "batch=4", "least_steps=16", "views=0", "outliers=0", "calibrate=false"]
    return load_recipe("marks", [*tiny, "epochs=8", "learning_rate=1e-6", "keep_meaning=false"])


@pytest.fixture(scope="session")
def told() -> Told:
    return Told()


@pytest.fixture(scope="session")
def unlearned(tmp_path_factory: pytest.TempPathFactory, marks: Path, slow: Recipe, told: Told) -> TrainingRun:
    """A run that learned nothing. Read only."""
    return train(marks, slow, out=tmp_path_factory.mktemp("unlearned") / "run", progress=told)


def facts(run: TrainingRun) -> dict[str, Any]:
    return dict(json.loads((run.folder / "run.json").read_text(encoding="utf-8")))


def test_it_is_told_at_the_epoch_at_which_it_is_seen(unlearned: TrainingRun, told: Told) -> None:
    assert unlearned.finished
    begin = told.said.index(1)
    assert told.said[begin : begin + 9] == [1, 2, 3, 4, FLAT, 5, 6, 7, 8]


def test_it_is_kept_with_the_run(unlearned: TrainingRun) -> None:
    (trouble,) = unlearned.trouble
    assert str(trouble) == FLAT == unlearned.notes[-1]
    assert list(unlearned.notes) == facts(unlearned)["notes"]
    what, cure = (Message.from_json(message) for message in facts(unlearned)["trouble"])
    assert (what, cure) == (trouble.what, trouble.cure)
    assert what.text("ko").startswith("에포크 4: ")


def test_a_run_that_learns_has_none(trained: TrainingRun) -> None:
    assert trained.trouble == () and facts(trained)["trouble"] == []


@pytest.mark.parametrize("epochs", [2, 6])
def test_a_stopped_run_goes_on_with_what_it_has_seen(
    epochs: int, tmp_path: Path, marks: Path, slow: Recipe, unlearned: TrainingRun
) -> None:
    first, second = Told(epochs), Told()
    half = train(marks, slow, out=tmp_path / "run", progress=first)
    assert not half.finished
    assert facts(half)["trouble"] == (facts(unlearned)["trouble"] if epochs > 4 else [])
    whole = train(marks, out=half, resume=True, progress=second)
    assert (FLAT in first.said, FLAT in second.said) == (epochs > 4, epochs < 4)  # told once
    assert whole.trouble == unlearned.trouble and whole.notes == unlearned.notes
    assert facts(whole)["trouble"] == facts(unlearned)["trouble"]
    assert sha(whole) == sha(unlearned)


def sha(run: TrainingRun) -> str:
    return hashlib.sha256(run.model.read_bytes()).hexdigest()


def test_watching_knows_how_many_steps_more_classes_take(
    monkeypatch: pytest.MonkeyPatch, trained: TrainingRun
) -> None:
    """Two classes take the recipe's steps, four twice as many: a training is no shorter than it is."""
    seen: dict[str, Any] = {}

    class Spy:
        def __init__(self, recipe: Recipe, train: list[int], validation: list[int], **given: Any) -> None:
            seen.update(train=train, validation=validation, **given)

    class Counted:
        def counts(self) -> dict[str, dict[str, int]]:
            return {"train": dict.fromkeys("abcd", 2), "validation": dict.fromkeys("abcd", 1)}

    class Prepared:
        dataset = Counted()

    monkeypatch.setattr("oxmark.workflow.watching.Watch", Spy)
    Watching(trained.recipe, Prepared(), "marks", Progress())  # type: ignore[arg-type]
    assert seen == {"train": [2] * 4, "validation": [1] * 4, "steps": 32, "data": "marks"}
