"""A training that the user ends becomes a finished run, which says so and can be repeated."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from oxmark.recipes import Recipe
from oxmark.training.loop import Epoch
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun, train
from oxmark.workflow.verifying import verify

STAGES = ["import", "prepare", "examine", "fit", "measure", "check", "draw", "report"]


class EndAfter(Progress):
    """Ends the training after an epoch; remembers what it is told."""

    def __init__(self, last: int) -> None:
        self.last, self.done = last, 0
        self.notes, self.stages = list[str](), list[str]()

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def epoch(self, entry: Epoch, epochs: int) -> None:
        self.done = entry.epoch

    def note(self, text: str) -> None:
        self.notes.append(text)

    def should_finish(self) -> bool:
        return self.done == self.last


@pytest.fixture(scope="module")
def told() -> EndAfter:
    return EndAfter(last=2)


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory, marks: Path, recipe: Recipe, told: EndAfter
) -> TrainingRun:
    """A run that was ended after epoch 2 of 30, when hardly anything is learned yet. Read only."""
    longer = recipe.with_settings({"epochs": 30})
    return train(marks, longer, out=tmp_path_factory.mktemp("ended") / "run", progress=told)


def test_it_is_a_finished_run(ended: TrainingRun) -> None:
    assert (ended.finished, len(ended.history), ended.trouble) == (True, 2, ())
    assert ended.model.is_file() and ended.evaluation is not None and ended.verdict is not None
    losses = [entry.validation_loss for entry in ended.history]
    assert ended.kept_epoch == (2 if losses[1] <= losses[0] else 1)


def test_its_files_say_when_it_was_ended(ended: TrainingRun, told: EndAfter) -> None:
    facts = json.loads((ended.folder / "run.json").read_text())
    sentence = (
        "The user ended the training after epoch 2 of 30. "
        f"Epoch {ended.kept_epoch} was kept, which has the lowest validation loss."
    )
    assert (facts["status"], facts["ended_by_user"], facts["kept_epoch"]) == ("finished", 2, ended.kept_epoch)
    assert sentence in facts["notes"] and sentence in ended.notes and told.notes.count(sentence) == 1
    with (ended.folder / "history.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2
    report = json.loads((ended.folder / "report.json").read_text())
    assert (len(report["history"]), report["kept_epoch"]) == (2, ended.kept_epoch)


def test_a_training_that_nobody_ends_does_not_say_so(trained: TrainingRun) -> None:
    assert "ended_by_user" not in json.loads((trained.folder / "run.json").read_text())
    assert not [note for note in trained.notes if "ended" in note]


def test_repeated_it_is_ended_after_the_same_epoch(ended: TrainingRun) -> None:
    assert verify(ended).sentence == "The training came out the same, bit for bit."


def test_each_stage_is_told_when_it_begins(told: EndAfter, ended: TrainingRun) -> None:
    assert told.stages == STAGES
    assert list(json.loads((ended.folder / "run.json").read_text())["seconds"]) == STAGES
