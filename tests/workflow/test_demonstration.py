"""demo: the whole path once, and that a new process which answers otherwise is noticed."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import oxmark.data.draw
import oxmark.recipes
from oxmark.errors import OutputError, TrainingError
from oxmark.recipes import Recipe
from oxmark.workflow import training_run
from oxmark.workflow.demonstration import demonstrate
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun

Done = subprocess.CompletedProcess[str]


class Notes(Progress):
    """Collects what the user is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


def test_the_whole_path(drawn: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(folder: Path, *, seed: int) -> Path:
        return Path(shutil.copytree(drawn, folder))

    monkeypatch.setattr(oxmark.data.draw, "draw_dataset", draw)
    monkeypatch.setattr(oxmark.recipes, "load_recipe", lambda name: recipe)
    notes = Notes()
    result = demonstrate("demo", progress=notes)
    assert result.folder == Path("demo")
    assert [path.as_posix() for path in result.pictures] == [
        "demo/marks.png",
        "demo/augmentations.png",
        "demo/run/curves.png",
        "demo/run/test.png",
        "demo/run/confusion.png",
        "demo/answers.png",
    ]
    for path in result.pictures:
        with Image.open(path) as picture:
            assert min(picture.size) > 150
    commands = [text.split()[2] for text in notes.told if text.startswith("$ oxmark ")]
    assert commands == ["draw", "show", "augment", "train", "evaluate", "predict"]
    assert notes.told[-1] == "The new process gave the same 6 answers as the training did."
    metrics = json.loads(Path("demo/figures/metrics.json").read_text())
    assert metrics["sentence"] == result.sentence
    assert result.as_json() == {
        "folder": "demo",
        "sentence": result.sentence,
        "pictures": [str(path) for path in result.pictures],
        "report": "demo/run/report.html",
    }
    assert result.report.is_file()


# --- the new process, with everything before it taken from the shelf ----------------------------------------


@pytest.fixture
def shelf(marks: Path, trained: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing and training take what is there already."""

    def draw(folder: Path, *, seed: int) -> Path:
        return Path(shutil.copytree(marks, folder))

    def train(data: Path, *, out: Path, seed: int, progress: Progress) -> TrainingRun:
        shutil.copytree(trained.folder, out)
        return trained

    monkeypatch.setattr(oxmark.data.draw, "draw_dataset", draw)
    monkeypatch.setattr(training_run, "train", train)


def other_label(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    probable = lines[0]["probabilities"]["O"] > 0.5
    first = {**lines[0], "label": "X" if probable else "O"}
    return [first, *lines[1:]]


def one_missing(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return lines[1:]


def one_more(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*lines, {**lines[0], "file": "demo/marks/test/O/other.png"}]


@pytest.mark.parametrize("change", [other_label, one_missing, one_more])
@pytest.mark.usefixtures("shelf")
def test_a_process_that_answers_otherwise_is_noticed(
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = subprocess.run

    def altered(command: list[str], **options: Any) -> Done:
        done: Done = run(command, **options)
        lines = change([json.loads(line) for line in done.stdout.splitlines()])
        return subprocess.CompletedProcess(command, 0, "".join(json.dumps(line) + "\n" for line in lines), "")

    monkeypatch.setattr(subprocess, "run", altered)
    with pytest.raises(TrainingError) as caught:
        demonstrate("demo")
    assert str(caught.value) == "A new process answers the test pictures differently from the training."


@pytest.mark.usefixtures("shelf")
def test_a_stopped_training_stops_the_demo(trained: TrainingRun, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = dataclasses.replace(trained, finished=False)
    monkeypatch.setattr(training_run, "train", lambda *_, **__: stopped)
    told: list[str] = []
    progress = Progress()
    monkeypatch.setattr(progress, "note", told.append)
    with pytest.raises(KeyboardInterrupt):
        demonstrate("demo", progress=progress)
    assert told[-1] == "Stopped and saved. Go on with: oxmark train demo/marks --out demo/run --resume"


@pytest.mark.usefixtures("shelf")
def test_a_process_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(command: list[str], **options: Any) -> Done:
        return subprocess.CompletedProcess(command, 2, "", "oxmark: no such file\n")

    monkeypatch.setattr(subprocess, "run", failing)
    with pytest.raises(TrainingError) as caught:
        demonstrate("demo")
    assert str(caught.value).strip() == (
        "oxmark predict demo/marks/test --model demo/run --json --sheet demo/answers.png failed with exit "
        "code 2: oxmark: no such file"
    )


# --- its folder ---------------------------------------------------------------------------------------------


def test_a_folder_with_something_in_it_is_left_alone() -> None:
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        demonstrate("mine")
    assert str(caught.value) == "mine is not empty. Choose a new folder with --out."
    assert [path.name for path in Path("mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("there", "name"), [([], "demo"), (["demo"], "demo-2"), (["demo", "demo-2"], "demo-3")]
)
def test_without_out_a_free_name_is_taken(
    there: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Far(Exception):
        """Far enough."""

    def draw(folder: Path, *, seed: int) -> Path:
        raise Far(folder.as_posix())

    for folder in there:
        Path(folder).mkdir()
    monkeypatch.setattr(oxmark.data.draw, "draw_dataset", draw)
    with pytest.raises(Far, match=f"^{name}/marks$"):
        demonstrate()
    assert Path(name).is_dir()
