"""train with the recipe marks, on little data as people have it: what is told, and what the model refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import oxmark
from oxmark.data.dataset import PARTS
from oxmark.data.draw import draw_dataset, draw_mark
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import loop
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun, train

Tree = Callable[..., Path]
ADVICE = "Draw more of these classes, best by other people; 30 of each are a good beginning."


class Notes(Progress):
    """Collects what the user is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


def sheet(folder: Path, signs: Mapping[str, int], seed: int = 0) -> Path:
    """Class folders of drawings, each by another hand."""
    for name, count in signs.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            page = draw_mark(name, seed=seed + number, drawing=number, size=(180, 120))
            Image.fromarray(page).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingRun, Path]:
    """The recipe marks, a little shorter and smaller, on O and X by ten hands: it really learns."""
    folder = tmp_path_factory.mktemp("learned")
    data = draw_dataset(folder / "marks", hands=10, counts=(24, 8, 8), seed=4)
    recipe = load_recipe("marks", ["epochs=20", "width=8", "outliers=300"])
    return train(data, recipe, out=folder / "run", seed=1), data


def test_it_answers_its_own_test_marks(learned: tuple[TrainingRun, Path]) -> None:
    run, data = learned
    classifier = oxmark.load(run)
    paths = sorted(path for path in (data / "test").rglob("*") if path.is_file())
    answers = [(path.parent.name, classifier.predict(path)) for path in paths]
    assert len(answers) == 16
    assert sum(answer.label == name for name, answer in answers) >= 13
    assert sum(answer.label is not None for _, answer in answers) >= 14


def papers() -> list[np.ndarray]:
    """uint8 pictures without a mark: white, grey, black, grain."""
    rng = np.random.default_rng(0)
    flat = [np.full((100, 140), value, np.uint8) for value in (255, 235, 128, 0)]
    grain = [rng.normal(230, spread, (100, 140)).clip(0, 255).astype(np.uint8) for spread in (1, 4, 12)]
    return [*flat, *grain]


def test_it_refuses_blank_paper(learned: tuple[TrainingRun, Path]) -> None:
    answers = oxmark.load(learned[0]).predict(papers())
    assert [answer.label for answer in answers] == [None] * len(answers)
    assert all(answer.known < 0.5 for answer in answers)


def test_it_refuses_many_other_signs(learned: tuple[TrainingRun, Path]) -> None:
    classifier = oxmark.load(learned[0])
    signs = ("scribble", "wave", "arrow")
    others = [draw_mark(sign, seed=50 + hand, size=(180, 120)) for sign in signs for hand in range(4)]
    marks = [draw_mark(sign, seed=50 + hand, size=(180, 120)) for sign in ("O", "X") for hand in range(6)]
    refused = [np.mean([a.label is None for a in classifier.predict(some)]) for some in (others, marks)]
    assert refused[0] > refused[1] + 0.3


def test_the_run_says_how_it_was_calibrated(learned: tuple[TrainingRun, Path]) -> None:
    facts = json.loads((learned[0].folder / "run.json").read_text(encoding="utf-8"))
    assert set(facts["calibration"]) == {"temperature", "known_slope", "known_threshold"}
    assert facts["notes"] == list(learned[0].notes) == ["80 pictures, 2 classes: nothing to mend."]
    assert facts["findings"] == []


# --- few pictures, unequal classes, several classes ---------------------------------------------------------


@pytest.fixture
def short(recipe: Recipe) -> Recipe:
    return recipe.with_settings({"epochs": 1})


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ({"O": 5, "X": 5}, "O ({O}), X ({X})"),
        ({"O": 30, "X": 6}, "X ({X})"),
        ({"triangle": 5, "square": 5, "star": 5}, "square ({square}), star ({star}), triangle ({triangle})"),
    ],
    ids=["five each", "30 against 6", "three classes"],
)
def test_few_pictures_work_and_the_plain_word_is_said(
    signs: dict[str, int], said: str, short: Recipe, tmp_path: Path
) -> None:
    notes = Notes()
    run = train(sheet(tmp_path / "data", signs), short, out=tmp_path / "run", progress=notes)
    counts = oxmark.load(run).trained_on["counts"]["train"]
    word = f"warning: Few pictures to learn from: {said.format(**counts)}. {ADVICE}"
    assert run.finished and run.classes == tuple(sorted(signs))
    assert notes.told.count(word) == 1 and word in run.notes
    assert word in json.loads((run.folder / "run.json").read_text(encoding="utf-8"))["notes"]


def test_enough_pictures_need_no_word(short: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for part, count in (("train", 15), ("validation", 1), ("test", 1)):
        sheet(folder / part, {"O": count, "X": count}, seed=PARTS.index(part) * 100)
    notes = train(folder, short, out=tmp_path / "run").notes
    assert not any("to learn from" in note for note in notes)


def test_five_classes(short: Recipe, tmp_path: Path) -> None:
    names = ("arrow", "heart", "square", "star", "triangle")
    run = train(sheet(tmp_path / "data", dict.fromkeys(names, 4)), short, out=tmp_path / "run")
    answer = oxmark.load(run).predict(tmp_path / "data" / "star" / "00.png")
    assert tuple(answer.probabilities) == names == run.classes
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert 0 <= answer.known <= 1


# --- what keeps the meaning ---------------------------------------------------------------------------------


def ticks(folder: Path) -> Path:
    """Two classes that a mirror turns into each other: hooked lines to the left and to the right."""
    rng = np.random.default_rng(0)
    for number in range(12):
        width, foot, high = rng.integers(5, 10), rng.integers(38, 50), rng.integers(8, 18)
        pixels = np.full((100, 100), 255, np.uint8)
        pixels[high : 100 - high, 28 : 28 + width] = 0
        pixels[100 - high - width : 100 - high, 28 : 28 + foot] = 0
        for name, turned in (("J", pixels[:, ::-1]), ("L", pixels)):
            (folder / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(turned).save(folder / name / f"{number:02}.png")
    return folder


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_switched_off_is_told_and_kept(
    keep: bool, short: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = short.with_settings({"keep_meaning": keep, "rotation": 10.0})
    learned_with: list[Recipe] = []
    fit = loop.fit

    def noted(recipe: Recipe, *rest: Any, **given: Any) -> loop.Fitted:
        learned_with.append(recipe)
        return fit(recipe, *rest, **given)

    monkeypatch.setattr(loop, "fit", noted)
    notes = Notes()
    run = train(ticks(tmp_path / "data"), wanted, out=tmp_path / "run", progress=notes)
    assert learned_with == [run.recipe]
    found = [text for text in run.notes if text.startswith("Pictures are not ")]
    if not keep:
        assert found == [] and run.recipe == wanted
        return
    assert len(found) == 1 and found[0].startswith("Pictures are not mirrored left to right: those of '")
    assert found[0] in notes.told
    assert found[0] in json.loads((run.folder / "run.json").read_text(encoding="utf-8"))["notes"]
    assert run.recipe == wanted.with_settings({"flip_horizontal": 0.0})
    assert load_recipe(run.folder / "recipe.toml") == wanted, "what was asked for, to go on with"
    (tmp_path / "used.toml").write_text(oxmark.load(run).recipe, encoding="utf-8")
    assert load_recipe(tmp_path / "used.toml") == run.recipe, "the model says how it was really trained"


class StopOnce(Progress):
    """Stops after the first few batches."""

    def __init__(self) -> None:
        self.asked = 0

    def should_stop(self) -> bool:
        self.asked += 1
        return self.asked > 1


def test_resumed_it_is_switched_off_again(short: Recipe, tmp_path: Path) -> None:
    wanted = short.with_settings({"keep_meaning": True, "rotation": 10.0})
    data = ticks(tmp_path / "data")
    whole = train(data, wanted, out=tmp_path / "whole")
    half = train(data, wanted, out=tmp_path / "half", progress=StopOnce())
    assert not half.finished
    again = train(data, out=half, resume=True)
    assert (again.recipe, again.notes) == (whole.recipe, whole.notes)
    assert again.model.read_bytes() == whole.model.read_bytes()
