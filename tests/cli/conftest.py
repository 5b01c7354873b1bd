"""A way to run commands in this process, small pictures, and one trained run for the tests of oxmark.cli."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from oxmark import cli
from oxmark.recipes import load_recipe
from oxmark.workflow.training_run import TrainingRun, train


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    def json(self) -> list[Any]:
        """stdout, one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def oxmark(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """A function that runs ``oxmark`` with these arguments."""

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Ran(left.value.code, out, err)

    return run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder ``in`` with four little marks: O/1.png, O/2.png, X/1.png, X/2.png."""
    for number in (1, 2):
        for sign in "OX":
            picture = Image.new("L", (60, 48), 255)
            pen, box = ImageDraw.Draw(picture), (10 + number, 8, 50 - 3 * number, 40)
            if sign == "O":
                pen.ellipse(box, outline=0, width=2 + number)
            else:
                pen.line(box, fill=0, width=2 + number)
                pen.line((box[2], box[1], box[0], box[3]), fill=0, width=2 + number)
            (tmp_path / "in" / sign).mkdir(parents=True, exist_ok=True)
            picture.save(tmp_path / "in" / sign / f"{number}.png")
    return tmp_path / "in"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> TrainingRun:
    """A finished run on the drawn set, tiny. Read only."""
    recipe = load_recipe("marks", ["epochs=1", "size=32", "width=4", "outliers=30", "cross_fit=0.3"])
    return train(drawn, recipe, out=tmp_path_factory.mktemp("trained") / "run")
