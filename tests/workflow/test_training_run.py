"""train: what a run leaves behind, that nothing is ever overwritten, and that the file answers rightly."""

from __future__ import annotations

import csv
import dataclasses
import errno
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import oxmark
from oxmark.data.decode import decode
from oxmark.data.folder import read_folder
from oxmark.data.split import picture_digest
from oxmark.errors import OutputError, RunError, TrainingError
from oxmark.evaluation.verdict import verdict
from oxmark.modelfile import write
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow.progress import Progress
from oxmark.workflow.run_folder import command_line, data_digest
from oxmark.workflow.training_run import TrainingRun, train

Tree = Callable[..., Path]

PICTURES = ["augmentations.png", "confusion.png", "curves.png", "samples.png", "test.png"]
TABLES = ["history.csv", "metrics.json", "recipe.toml", "run.json", "summary.txt", "test.csv"]
REPORT = ["report.html", "report.json"]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def facts(run: TrainingRun) -> dict[str, Any]:
    return dict(json.loads((run.folder / "run.json").read_text(encoding="utf-8")))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- what is in the folder ----------------------------------------------------------------------------------


def test_a_run_folder_holds_what_is_promised(trained: TrainingRun) -> None:
    names = sorted(path.relative_to(trained.folder).as_posix() for path in trained.folder.rglob("*"))
    assert names == sorted(
        [*PICTURES, *TABLES, *REPORT, "checkpoint", "checkpoint/state.safetensors", "model.onnx"]
    )
    assert trained.model == trained.folder / "model.onnx"


@pytest.mark.parametrize("name", PICTURES)
def test_its_pictures_show_something(name: str, trained: TrainingRun) -> None:
    with Image.open(trained.folder / name) as picture:
        assert min(picture.size) > 200
        assert len(picture.convert("RGB").getcolors(2**24) or []) > 20


def test_history_has_a_line_for_each_epoch(trained: TrainingRun) -> None:
    table = rows(trained.folder / "history.csv")
    assert [row["epoch"] for row in table] == ["1", "2"]
    for row, entry in zip(table, trained.history, strict=True):
        assert list(row) == [field.name for field in dataclasses.fields(entry)]
        for name in row:
            assert float(row[name]) == pytest.approx(getattr(entry, name), rel=1e-6)


@pytest.mark.parametrize("keep", ["last", "best"])
def test_the_kept_epoch_is_the_recipes(
    keep: str, trained: TrainingRun, tmp_path: Path, marks: Path, recipe: Recipe
) -> None:
    run = trained
    if keep == "best":
        settings = {"keep": "best", "epochs": 4, "calibrate": False, "views": 0}
        run = train(marks, recipe.with_settings(settings), out=tmp_path / "run")
    losses = [entry.validation_loss for entry in run.history]
    best = max(i for i, loss in enumerate(losses, start=1) if loss == min(losses))
    assert run.kept_epoch == (best if keep == "best" else len(losses))
    assert facts(run)["kept_epoch"] == run.kept_epoch


def test_its_recipe_reads_back(trained: TrainingRun, recipe: Recipe) -> None:
    assert load_recipe(trained.folder / "recipe.toml") == recipe == trained.recipe


def test_summary_adds_up(trained: TrainingRun) -> None:
    text = (trained.folder / "summary.txt").read_text()
    numbers = [
        int(line.split()[-1].replace(",", "")) for line in text.splitlines() if re.search(r"\d$", line)
    ]
    *layers, total, _side = numbers
    assert sum(layers) == total > 1000


def test_figures_agree_with_the_evaluation(trained: TrainingRun) -> None:
    evaluation = trained.evaluation
    assert evaluation is not None
    assert json.loads((trained.folder / "metrics.json").read_text()) == evaluation.as_json()
    table = rows(trained.folder / "test.csv")
    assert [row["file"] for row in table] == list(evaluation.files)
    assert [row["class"] for row in table] == ["O"] * 3 + ["X"] * 3
    assert sum(int(row["right"]) for row in table) == evaluation.accuracy.right
    for row, values in zip(table, evaluation.probabilities, strict=True):
        assert [float(row["probability O"]), float(row["probability X"])] == pytest.approx(
            list(values), rel=1e-5
        )


def test_run_json_says_how_it_was_made(trained: TrainingRun, marks: Path) -> None:
    found = facts(trained)
    assert {k: found[k] for k in ("status", "data", "seed", "classes", "device", "notes")} == {
        "status": "finished",
        "data": str(marks),
        "seed": 0,
        "classes": ["O", "X"],
        "device": "cpu",
        "notes": list(trained.notes),
    }
    assert found["pictures"] == {
        part: {"O": n, "X": n} for part, n in (("train", 4), ("validation", 2), ("test", 3))
    }
    assert {"oxmark", "torch", "onnx", "onnxruntime", "numpy", "pillow"} == set(found["versions"])
    stages = ["import", "prepare", "examine", "fit", "measure", "check", "draw", "report"]
    assert list(found["seconds"]) == stages
    calibration = found["calibration"]
    assert list(calibration) == ["temperature", "known_slope", "known_threshold"]
    assert calibration["temperature"] >= 1 and 0.25 <= calibration["known_slope"] <= 4
    assert calibration["known_threshold"] != 0  # two half-trainings found it
    assert (found["threads"], found["instructions"]) == (1, torch.backends.cpu.get_cpu_capability())
    assert found["precision"] in ("float32", "bfloat16")
    assert (found["trouble"], found["skip_bad"]) == ([], False)


def test_run_json_says_where_the_time_went(trained: TrainingRun) -> None:
    profile = facts(trained)["profile"]
    assert {
        "start", "import", "prepare", "examine", "outliers", "augment", "forward", "backward", "optimizer",
        "validate", "calibrate", "measure", "check", "plot", "write", "other",
    } == set(profile["phases"])  # fmt: skip
    assert {"decode", "traits", "prepare", "view", "calibrate", "plot"} == set(profile["beside"])
    assert sum(profile["phases"].values()) == pytest.approx(profile["wall"], abs=0.02)
    assert 0 <= profile["phases"]["other"] < profile["wall"]
    assert profile["phases"]["start"] == 0  # this process was not started for the training


def test_the_verdict_ends_the_run(trained: TrainingRun, marks: Path) -> None:
    assert trained.evaluation is not None and trained.verdict is not None
    assert trained.verdict == verdict(trained.evaluation, hands=None, data=str(marks))
    assert facts(trained)["verdict"] == [message.as_json() for message in trained.verdict]


def test_the_verdict_is_the_last_that_is_told(tmp_path: Path, marks: Path, recipe: Recipe) -> None:
    told: list[str] = []

    class Told(Progress):
        def note(self, text: str) -> None:
            told.append(text)

    run = train(marks, recipe.with_settings({"epochs": 1}), out=tmp_path / "run", progress=Told())
    assert told[-3:] == [str(message) for message in run.verdict or ()]


@pytest.mark.parametrize(("hands", "known"), [("abc", 1), ("aaa", 0), ("ab", None)])
def test_the_verdict_knows_who_drew(hands: str, known: int | None, parted: Path, recipe: Recipe) -> None:
    lines = ["file_name,drawer"]
    for part, hand in zip(("train", "validation", "test"), hands, strict=False):
        lines += [f"{path.relative_to(parted).as_posix()},{hand}" for path in (parted / part).rglob("*.png")]
    (parted / "metadata.csv").write_text("\n".join(lines))
    run = train(parted, recipe.with_settings({"epochs": 1, "calibrate": False}), out="run")
    assert run.evaluation is not None
    assert run.verdict == verdict(run.evaluation, hands=known, data=str(parted))


# --- the data digest ----------------------------------------------------------------------------------------


def digest_of(root: Path) -> str:
    dataset = read_folder(root)
    return data_digest(dataset, {s.path: picture_digest(decode(s.path)) for s in dataset.samples})


def as_it_is(root: Path) -> None:
    pass


def renamed(root: Path) -> None:
    for path in (root / "train" / "O").iterdir():
        path.rename(path.with_name(f"other-{9 - int(path.stem)}.png"))


def saved_again(root: Path) -> None:
    path = root / "train" / "O" / "1.png"
    with Image.open(path) as picture:
        picture.convert("L").save(path, compress_level=0)


def one_more(root: Path) -> None:
    shutil.copy(root / "train" / "O" / "1.png", root / "train" / "O" / "copy.png")


def swapped(root: Path) -> None:
    (root / "train" / "O" / "1.png").rename(root / "train" / "X" / "from-O.png")


def moved(root: Path) -> None:
    (root / "train" / "O" / "1.png").rename(root / "test" / "O" / "from-train.png")


def drawn_by_somebody(root: Path) -> None:
    (root / "metadata.csv").write_text("file_name,drawer\ntrain/O/1.png,somebody\n")


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (as_it_is, True),
        (renamed, True),
        (saved_again, True),
        (one_more, False),
        (swapped, False),
        (moved, False),
        (drawn_by_somebody, False),
    ],
)
def test_the_data_digest_names_pictures_labels_parts_and_drawers(
    change: Callable[[Path], None], same: bool, trained: TrainingRun, parted: Path
) -> None:
    change(parted)
    assert (digest_of(parted) == facts(trained)["data_digest"]) is same


def test_parts_that_the_seed_makes_do_not_change_the_data_digest(tree: Tree, recipe: Recipe) -> None:
    data = tree({"O": 8, "X": 8})
    short = recipe.with_settings({"epochs": 1, "calibrate": False})
    runs = [train(data, short, out=f"run-{seed}", seed=seed) for seed in (0, 1)]
    assert facts(runs[0])["data_digest"] == facts(runs[1])["data_digest"] == digest_of(data)
    assert facts(runs[0])["data_and_recipe_digest"] != facts(runs[1])["data_and_recipe_digest"]


@pytest.mark.parametrize(
    ("recipe", "given", "command"),
    [
        (load_recipe("marks"), {}, "oxmark train 'my marks' --recipe marks --seed 7"),
        (load_recipe("tutorial"), {}, "oxmark train 'my marks' --recipe tutorial --seed 7"),
        (
            load_recipe("marks", ["epochs=3"]),
            {},
            "oxmark train 'my marks' --recipe 'runs/a run/recipe.toml' --seed 7",
        ),
        (
            load_recipe("marks", ["name=mine"]),
            {"device": "cuda:1", "skip_bad": True},
            "oxmark train 'my marks' --recipe 'runs/a run/recipe.toml' --seed 7 --device cuda:1 --skip-bad",
        ),
    ],
)
def test_the_command_makes_the_run_again(recipe: Recipe, given: dict[str, Any], command: str) -> None:
    assert command_line("my marks", recipe, Path("runs/a run"), seed=7, **given) == command


def test_the_command_of_a_run_gives_the_very_same_model(trained: TrainingRun, tmp_path: Path) -> None:
    words = shlex.split(facts(trained)["command"])
    done = subprocess.run(
        [sys.executable, "-m", *words, "--out", str(tmp_path / "again")], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert sha(tmp_path / "again" / "model.onnx") == sha(trained.model)


def test_the_model_says_what_it_learned_from_and_how_good_it_is(trained: TrainingRun, marks: Path) -> None:
    classifier, evaluation = oxmark.load(trained), trained.evaluation
    assert evaluation is not None
    digests = {
        part: sorted(picture_digest(decode(path)) for path in (marks / part).rglob("*.png"))
        for part in ("train", "validation")
    }
    assert classifier.trained_on == {"counts": facts(trained)["pictures"], "pictures": digests}
    low, high = evaluation.accuracy.interval or (0, 0)
    assert classifier.quality == {
        "accuracy": {
            "right": evaluation.accuracy.right,
            "total": 6,
            "share": evaluation.accuracy.share,
            "interval_95": [low, high],
            "measured_on": "test part, 6 pictures never learned from",
        }
    }
    assert classifier.version == oxmark.__version__
    assert classifier.recipe == (trained.folder / "recipe.toml").read_text()


# --- never overwritten --------------------------------------------------------------------------------------

STANDING = [
    (["model.onnx"], "{run} holds a finished run, which is never overwritten. Choose another with --out."),
    (
        ["recipe.toml", "run.json"],
        "{run} holds a run that was stopped. Go on with --resume, or choose another with --out.",
    ),
    (["holiday.jpg"], "{run} is not empty. Choose a new folder with --out."),
    ([".hidden"], "{run} is not empty. Choose a new folder with --out."),
]


@pytest.mark.parametrize(("names", "message"), STANDING)
def test_a_folder_with_something_in_it_is_left_alone(
    names: list[str], message: str, tmp_path: Path, marks: Path, recipe: Recipe
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for name in names:
        (run / name).write_text("mine")
    with pytest.raises(RunError) as caught:
        train(marks, recipe, out=run)
    assert str(caught.value) == message.format(run=run)
    assert {path.name: path.read_text() for path in run.iterdir()} == dict.fromkeys(names, "mine")


def test_without_out_the_name_is_date_and_recipe(tmp_path: Path, marks: Path, recipe: Recipe) -> None:
    (tmp_path / "empty").mkdir()
    run = train(marks, recipe.with_settings({"epochs": 1, "name": "my-recipe"}))
    assert re.fullmatch(r"runs/\d{4}-\d\d-\d\d-\d{6}-my-recipe", run.folder.as_posix())
    assert (tmp_path / run.folder / "model.onnx").is_file()


# --- the same seed, the same file ---------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "same"), [(0, True), (1, False)])
def test_the_seed_decides_the_file(
    seed: int, same: bool, tmp_path: Path, trained: TrainingRun, marks: Path, recipe: Recipe
) -> None:
    again = train(marks, recipe, out=tmp_path / "run", seed=seed)
    assert (sha(again.model) == sha(trained.model)) is same


# --- the file must answer as the network does ---------------------------------------------------------------


def shifted(weights: dict[str, Any]) -> dict[str, Any]:
    """The bias of class 0, the first number of the head's, a little larger."""
    bias = np.array(weights["head.bias"])
    bias[0] += np.float32(0.01)
    return {**weights, "head.bias": bias}


def test_a_file_that_answers_otherwise_is_not_saved(
    tmp_path: Path, marks: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine: Callable[..., bytes] = write.model_bytes

    def disturbed(*, weights: dict[str, Any], **rest: Any) -> bytes:
        return genuine(weights=shifted(weights), **rest)

    monkeypatch.setattr(write, "model_bytes", disturbed)
    with pytest.raises(TrainingError) as caught:
        train(marks, recipe, out=tmp_path / "run")
    assert re.fullmatch(
        rf"The model file answers {re.escape(str(marks))}/train/\w/\d+\.png differently from the trained "
        r"network \(by \d\.\de-\d\d, at most 1e-05 is allowed\), so it was not saved. "
        r"Please report this defect\.",
        str(caught.value),
    ), str(caught.value)
    assert not (tmp_path / "run" / "model.onnx").exists()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "training"


# --- places that cannot be written to -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recipe.toml", "metrics.json", "model.onnx"])
def test_a_full_disk_is_told_and_leaves_no_model(
    name: str, tmp_path: Path, marks: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return genuine(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError) as caught:
        train(marks, recipe.with_settings({"epochs": 1}), out="run")
    reason = "the disk is full; free some space or choose another place"
    assert str(caught.value) == f"cannot write {Path('run', name)}: {reason}."
    assert not (tmp_path / "run" / "model.onnx").exists()
    assert not list((tmp_path / "run").rglob(".*"))


def test_a_place_below_a_file_is_told(tmp_path: Path, marks: Path, recipe: Recipe) -> None:
    (tmp_path / "file.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        train(marks, recipe, out=tmp_path / "file.txt" / "run")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/file.txt/run: a part of that path is a file, not a folder; "
        "choose another place."
    )
    assert (tmp_path / "file.txt").read_text() == "mine"


def test_a_run_is_taken_wherever_a_model_is(trained: TrainingRun, marks: Path, tmp_path: Path) -> None:
    picture = marks / "test" / "O" / "7.png"
    shutil.copy(trained.model, tmp_path / "copy.onnx")
    answers = [oxmark.load(m).predict(picture) for m in (trained, trained.folder, tmp_path / "copy.onnx")]
    assert answers[0] == answers[1] == answers[2]
