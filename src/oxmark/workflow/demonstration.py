"""demo: the whole path, on drawn marks, each step the command that a user would type."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oxmark.errors import OutputError, TrainingError
from oxmark.files import make_folder
from oxmark.workflow.documenting import PAGE
from oxmark.workflow.progress import Progress


@dataclass(frozen=True)
class Demonstration:
    """What a demo left behind.

    Attributes:
        folder: Where everything is.
        sentence: What the test pictures show.
        pictures: The pictures worth looking at.
    """

    folder: Path
    sentence: str
    pictures: tuple[Path, ...]

    @property
    def report(self) -> Path:
        """The report of the training, one page with everything."""
        return self.folder / "run" / PAGE

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark demo --json``."""
        return {
            "folder": str(self.folder),
            "sentence": self.sentence,
            "pictures": [str(path) for path in self.pictures],
            "report": str(self.report),
        }


def demonstrate(
    out: str | os.PathLike[str] | None = None, *, seed: int = 0, progress: Progress | None = None
) -> Demonstration:
    """Draw, look, augment, train, evaluate, and predict from the saved file in a new process.

    Args:
        out: A new folder; None takes ``demo``, ``demo-2`` ... in the current one.
        seed: Everything random comes from it.
        progress: Told how far it is, with the command of each step.

    Returns:
        Where everything is.

    Raises:
        OutputError: The folder holds something already.
        OxmarkError: A step fails.

    Example:
        >>> demonstrate("demo").folder  # doctest: +SKIP
        PosixPath('demo')
    """
    from oxmark.data.draw import draw_dataset
    from oxmark.workflow.augmenting import augment
    from oxmark.workflow.looking import draw_overview, look
    from oxmark.workflow.measuring import evaluate
    from oxmark.workflow.training_run import train

    progress = progress or Progress()
    folder = _new_folder(out)
    marks, run, figures = folder / "marks", folder / "run", folder / "figures"
    progress.note(f"$ oxmark draw {marks} --seed {seed}")
    draw_dataset(marks, seed=seed)
    progress.note(f"$ oxmark show {marks} --out {folder / 'marks.png'}")
    sheet = folder / "marks.png"
    draw_overview(look(marks), sheet)
    progress.note(f"$ oxmark augment {marks} --out {folder / 'augmentations.png'} --seed {seed}")
    variants = augment(marks, out=folder / "augmentations.png", seed=seed)
    progress.note(f"$ oxmark train {marks} --out {run} --seed {seed}")
    if not train(marks, out=run, seed=seed, progress=progress).finished:
        progress.note(f"Stopped and saved. Go on with: oxmark train {marks} --out {run} --resume")
        raise KeyboardInterrupt
    progress.note(f"$ oxmark evaluate {run} {marks} --out {figures}")
    evaluation = evaluate(run, marks, out=figures)
    answers = folder / "answers.png"
    command = ["predict", str(marks / "test"), "--model", str(run), "--json", "--sheet", str(answers)]
    progress.note(f"$ oxmark {' '.join(command)}")
    told = _answers_of_a_new_process(command)
    _compare(told, figures / "test.csv", marks)
    progress.note(f"The new process gave the same {len(told)} answers as the training did.")
    pictures = (sheet, variants, run / "curves.png", run / "test.png", run / "confusion.png", answers)
    return Demonstration(folder, evaluation.sentence, pictures)


def _new_folder(out: str | os.PathLike[str] | None) -> Path:
    if out is not None:
        folder = Path(out)
        if folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} is not empty. Choose a new folder with --out.")
        return make_folder(folder)
    number = 1
    while (folder := Path("demo" if number == 1 else f"demo-{number}")).exists():
        number += 1
    return make_folder(folder)


def _answers_of_a_new_process(command: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "oxmark", *command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise TrainingError(
            f"oxmark {' '.join(command)} failed with exit code {done.returncode}: {done.stderr}"
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _compare(told: list[dict[str, Any]], table: Path, marks: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        measured = {str(marks / row["file"]): row["answer"] for row in csv.DictReader(file)}
    answered = {one["file"]: one["label"] or _most_probable(one) for one in told}
    if answered != measured:
        raise TrainingError("A new process answers the test pictures differently from the training.")


def _most_probable(one: dict[str, Any]) -> str:
    """What a refused picture would have been."""
    probabilities: dict[str, float] = one["probabilities"]
    return max(probabilities, key=probabilities.__getitem__)
