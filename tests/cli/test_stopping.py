"""Ctrl-C, a full disk behind stdout, and names that cannot be right: what the command line makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oxmark.cli import _exit_code
from oxmark.errors import PictureError
from oxmark.inference import Classifier, Prediction
from oxmark.workflow import training_run
from oxmark.workflow.training_run import TrainingRun


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        ([], "--resume"),
        (["--skip-bad"], "--resume --skip-bad"),
        (["--device", "cpu"], "--resume --device cpu"),
    ],
)
def test_a_stop_after_the_last_epoch_says_how_to_go_on(
    options: list[str], ending: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(data: Path, recipe: Any, *, out: Path, progress: Any, **_: Any) -> TrainingRun:
        progress.run_folder(out)
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run, "train", stopped)
    assert _exit_code(["train", "my marks", "--out", "run a", *options]) == 130
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == f"Stopped and saved. Go on with: oxmark train 'my marks' --out 'run a' {ending}"


def test_a_stop_before_the_run_folder_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any, **__: Any) -> TrainingRun:
        raise KeyboardInterrupt

    monkeypatch.setattr(training_run, "train", stopped)
    assert _exit_code(["train", "marks"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_stopped_table_keeps_the_answers_so_far(
    drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Classifier.stream

    def two(self: Classifier, paths: Any) -> Iterator[tuple[Path, Prediction | PictureError]]:
        for number, answer in enumerate(stream(self, paths)):
            if number == 2:
                raise KeyboardInterrupt
            yield answer

    monkeypatch.setattr(Classifier, "stream", two)
    assert _exit_code(["predict", str(drawn), "--csv", "answers.csv"]) == 130
    lines = Path("answers.csv").read_text().splitlines()
    assert len(lines) == 4  # the header, the first picture, which is not of the stream, and two of it
    assert "table of the answers so far: answers.csv" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", [["recipe"], ["predict"]])
def test_a_full_disk_behind_stdout_is_said_in_a_sentence(command: list[str], drawn: Path) -> None:
    paths = [str(drawn)] if command == ["predict"] else []
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "oxmark", *command, *paths],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=os.environ,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "oxmark: cannot write the output: No space left on device."


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "marks", "--out", "sheet"],
        ["augment", "marks", "--out", "a.jpg"],
        ["predict", "a", "--sheet", "b.x"],
    ],
)
def test_a_picture_under_another_suffix_is_refused_first(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(arguments) == 2
    assert f"'{arguments[-1]}' must end in .png." in capsys.readouterr().err
