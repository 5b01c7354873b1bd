"""train --resume: a run that was killed or stopped goes on and ends in the very same bytes."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oxmark.errors import RunError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training.steps import TOGETHER
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun, train

# A training that waits in the middle of an epoch: until step SAVED it is saved after every few batches, and
# before step PAUSE (the learning rate is asked for at the beginning of each step, counted from 0) it says so
# and waits for a line.
DRIVER = """
import math, sys
from oxmark.training import loop
import oxmark.cli

saved, pause = int(sys.argv[1]), int(sys.argv[2])
loop.SECONDS_BETWEEN_CHECKPOINTS = 0
learning_rate = loop.learning_rate

def waiting(recipe, step, steps):
    if step == saved:
        loop.SECONDS_BETWEEN_CHECKPOINTS = math.inf
    if step == pause:
        print("waiting", flush=True)
        sys.stdin.readline()
    return learning_rate(recipe, step, steps)

loop.learning_rate = waiting
oxmark.cli.run(sys.argv[3:])
"""
Unbroken = Callable[[str], TrainingRun]
STEPS = 2 * TOGETHER  # an epoch: it is stopped and saved in its middle and at its end
SETTINGS = {
    "marks": [
        "size=32",
        "width=4",
        "epochs=3",
        "batch=2",
        f"least_steps={STEPS}",
        "outliers=30",
        "cross_fit=0.5",
    ],
    "tutorial": ["size=32", "epochs=3", "batch=2", f"steps_per_epoch={STEPS}"],
}


PROCESSORS = getattr(os, "sched_getaffinity", None)


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checkpoint_facts(run: Path) -> dict[str, Any]:
    """The facts in the header of a checkpoint: how far the training was when it was written."""
    data = (run / "checkpoint" / "state.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return dict(json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["facts"]))


def begin(marks: Path, run: Path, name: str, *, saved: int, pause: int) -> subprocess.Popen[str]:
    """Start a training in a process of its own, and wait until it waits before step ``pause``."""
    settings = [word for setting in SETTINGS[name] for word in ("--set", setting)]
    train_it = ["train", str(marks), "--recipe", name, *settings, "--out", str(run)]
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(saved), str(pause), *train_it],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if line != "waiting\n":
        process.kill()
        raise AssertionError(process.communicate()[1])
    return process


def resume(marks: Path, run: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "oxmark", "train", str(marks), "--out", str(run), "--resume"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory, marks: Path) -> Unbroken:
    """A function that gives the run of a recipe that was never stopped; trained once. Read only."""

    @functools.cache
    def run(name: str) -> TrainingRun:
        recipe, folder = load_recipe(name, SETTINGS[name]), tmp_path_factory.mktemp(name) / "run"
        with pytest.MonkeyPatch.context() as patch:  # as many threads as the processes have
            patch.setattr(os, "sched_getaffinity", PROCESSORS, raising=False)
            return train(marks, recipe, out=folder)

    return run


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_killed_run_goes_on_bit_for_bit(name: str, tmp_path: Path, marks: Path, unbroken: Unbroken) -> None:
    whole = unbroken(name)
    run = tmp_path / "run"
    process = begin(
        marks, run, name, saved=STEPS + TOGETHER + 1, pause=STEPS + TOGETHER + 2
    )  # in the second epoch
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    found = checkpoint_facts(run)
    assert (len(found["history"]), found["next_batch"], found["steps"]) == (1, TOGETHER, STEPS + TOGETHER)
    assert not (run / "model.onnx").exists()

    done = resume(marks, run)
    assert (done.returncode, done.stdout) == (0, f"{run / 'model.onnx'}\n"), done.stderr
    assert "epoch 1/3" not in done.stderr and "epoch 2/3" in done.stderr
    assert sha(run / "model.onnx") == sha(whole.model)
    assert (run / "history.csv").read_bytes() == (whole.folder / "history.csv").read_bytes()


def test_ctrl_c_saves_says_how_to_go_on_and_going_on_gives_the_same(
    tmp_path: Path, marks: Path, unbroken: Unbroken
) -> None:
    run = tmp_path / "run"
    process = begin(marks, run, "marks", saved=1, pause=STEPS + 2)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate("go on\n")
    assert (process.returncode, stdout) == (130, "")
    told = f"Stopped and saved. Go on with: oxmark train {marks} --out {run} --resume"
    assert stderr.splitlines()[-1] == told
    assert checkpoint_facts(run)["steps"] == STEPS + TOGETHER  # those that were being done are in it
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoint",
        "history.csv",
        "recipe.toml",
        "run.json",
    ]

    assert sha(train(marks, out=run, resume=True).model) == sha(unbroken("marks").model)


# --- the same, in this process ------------------------------------------------------------------------------


class StopAfter(Progress):
    """Lets it go on so many times, then asks to stop."""

    def __init__(self, times: int) -> None:
        self.times = times

    def should_stop(self) -> bool:
        self.times -= 1
        return self.times < 0


@pytest.fixture(scope="session")
def stopped(tmp_path_factory: pytest.TempPathFactory, marks: Path, recipe: Recipe) -> TrainingRun:
    """A run with seed 0 that was stopped in its first epoch. Read only."""
    return train(marks, recipe, out=tmp_path_factory.mktemp("stopped") / "run", progress=StopAfter(1))


@pytest.fixture
def again(stopped: TrainingRun, tmp_path: Path) -> Path:
    """A copy of the stopped run, the test's own."""
    return Path(shutil.copytree(stopped.folder, tmp_path / "runs" / "again"))


def test_a_stopped_run_is_unfinished(stopped: TrainingRun) -> None:
    assert not stopped.finished
    assert (stopped.evaluation, stopped.history) == (None, ())
    assert not stopped.model.exists()
    assert json.loads((stopped.folder / "run.json").read_text())["status"] == "training"


# Asked twice an epoch and twice a half while calibrating: in the first epoch, after each, in each half.
@pytest.mark.parametrize("times", [0, 1, 2, 4, 6, 7])
def test_wherever_it_is_stopped_it_ends_the_same(
    times: int, tmp_path: Path, marks: Path, recipe: Recipe, trained: TrainingRun
) -> None:
    half = train(marks, recipe, out=tmp_path / "run", progress=StopAfter(times))
    assert len(half.history) == min(times // 2, 2)
    assert (half.finished, half.evaluation, half.model.exists()) == (False, None, False)
    whole = train(marks, None, out=half, resume=True)
    assert (whole.finished, whole.recipe, whole.history) == (True, recipe, trained.history)
    assert sha(whole.model) == sha(trained.model)


def test_without_out_the_newest_stopped_run_goes_on(
    again: Path, marks: Path, recipe: Recipe, trained: TrainingRun
) -> None:
    for name, seconds in (("older", 1), ("finished", 3)):
        shutil.copytree(again, again.with_name(name))
        os.utime(again.with_name(name) / "recipe.toml", (seconds, seconds))
    (again.with_name("finished") / "model.onnx").write_bytes(b"done")
    os.utime(again / "recipe.toml", (2, 2))
    run = train(marks, recipe, resume=True, seed=99)  # the recipe may be named if it is the same
    assert run.folder == Path("runs/again")
    assert sha(run.model) == sha(trained.model)  # its own seed, not the one given


def test_a_run_killed_before_its_first_checkpoint_begins_anew(
    again: Path, marks: Path, trained: TrainingRun
) -> None:
    shutil.rmtree(again / "checkpoint")
    assert sha(train(marks, out=again, resume=True).model) == sha(trained.model)


# --- what cannot go on --------------------------------------------------------------------------------------


def nothing(run: Path) -> None:
    shutil.rmtree(run)


def finished(run: Path) -> None:
    (run / "model.onnx").write_bytes(b"done")


def torn(run: Path) -> None:
    (run / "checkpoint" / "state.safetensors").write_bytes(b"torn")


def without_facts(run: Path) -> None:
    (run / "run.json").write_text("{")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (nothing, "{run} holds no run to resume. Train without --resume to begin one."),
        (finished, "The run {run} is finished; there is nothing to resume."),
        (
            torn,
            "{run}/checkpoint/state.safetensors is no checkpoint that oxmark can read "
            "(Error while deserializing header: header too small). Delete the run folder and train again.",
        ),
        (
            without_facts,
            "{run}/run.json cannot be read (Expecting property name enclosed in double quotes: line 1 column "
            "2 (char 1)). Delete the folder {run} and train again.",
        ),
    ],
)
def test_runs_that_cannot_go_on(
    change: Callable[[Path], None], message: str, again: Path, marks: Path
) -> None:
    change(again)
    with pytest.raises(RunError) as caught:
        train(marks, out=again, resume=True)
    assert str(caught.value) == message.format(run=again)


def test_with_another_recipe_it_cannot_go_on(again: Path, marks: Path, recipe: Recipe) -> None:
    with pytest.raises(RunError) as caught:
        train(marks, recipe.with_settings({"epochs": 3}), out=again, resume=True)
    assert str(caught.value) == (
        f"The run {again} was begun with another recipe ({again}/recipe.toml). Leave --recipe and --set out "
        "to go on with it, or choose another folder with --out."
    )


@pytest.mark.parametrize("picture", ["train/O/1.png", "validation/X/5.png", "test/X/7.png"])
def test_with_other_pictures_it_cannot_go_on(picture: str, again: Path, parted: Path) -> None:
    (parted / picture).write_bytes((parted / "test" / "O" / "8.png").read_bytes())
    with pytest.raises(RunError) as caught:
        train(parted, out=again, resume=True)
    assert str(caught.value) == (
        "The pictures or the recipe changed since this run was stopped, so it cannot go on. "
        "Train again into another folder with --out."
    )


def test_the_same_pictures_elsewhere_will_do(again: Path, parted: Path, trained: TrainingRun) -> None:
    assert sha(train(parted, out=again, resume=True).model) == sha(trained.model)


def test_where_nothing_was_stopped_there_is_nothing_to_resume(marks: Path) -> None:
    with pytest.raises(RunError) as caught:
        train(marks, resume=True)
    assert str(caught.value) == (
        "There is no stopped run in the folder runs. Name one with --out RUN --resume."
    )
