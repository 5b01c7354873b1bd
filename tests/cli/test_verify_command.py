"""oxmark verify: a table and a sentence on stdout; 0 the same, 1 something differs, 2 could not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oxmark.workflow import verifying
from oxmark.workflow.recorded import recorded_run
from oxmark.workflow.training_run import TrainingRun

Oxmark = Callable[..., Any]


@pytest.fixture
def run(trained: TrainingRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shared run; training once more gives the shared run at once."""
    monkeypatch.setattr(verifying, "_train_again", lambda *_: recorded_run(trained.folder))
    return Path(shutil.copytree(trained.folder, tmp_path / "run"))


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def test_the_same_is_0(run: Path, oxmark: Oxmark) -> None:
    ran = oxmark("verify", run)
    lines = ran.out.splitlines()
    assert (ran.code, lines[-1]) == (0, "The training came out the same, bit for bit.")
    assert lines[1].split() == ["what", "recorded", "now"]
    table = [line.split() for line in lines[3:-2] if line.strip()]
    assert ["seed", "0", "0", "same"] in table and ["device", "cpu", "cpu", "same"] in table
    assert ran.err == "comparing the pictures (24)\n"
    assert all(len(line) <= 120 for line in lines)


def test_a_difference_is_1(run: Path, oxmark: Oxmark) -> None:
    edit(run / "metrics.json", lambda metrics: metrics.update(loss=metrics["loss"] + 1))
    ran = oxmark("verify", run)
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "The training did not come out the same: loss.")
    (loss,) = (line.split() for line in ran.out.splitlines() if line.strip().startswith("loss"))
    assert loss[-1] == "DIFFERS" and float(loss[1]) == pytest.approx(float(loss[2]) + 1)
    assert ran.err.splitlines()[-1] == f"Nothing in {run} was changed."


def test_other_pictures_are_1_at_once(run: Path, oxmark: Oxmark, drawn: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(drawn, tmp_path / "marks"))
    next((data / "train" / "O").iterdir()).unlink()
    ran = oxmark("verify", run, "--data", data, "--json")
    (value,) = ran.json()
    assert (ran.code, value["same"], value["repeated"], value["data"]) == (1, False, False, str(data))
    assert [line["what"] for line in value["lines"]] == ["pictures", "train, class O"]


def test_json_is_one_object(run: Path, oxmark: Oxmark) -> None:
    ran = oxmark("verify", run, "--json")
    (value,) = ran.json()
    assert (ran.code, value["run"], value["same"], value["repeated"]) == (0, str(run), True, True)
    assert {"what": "seed", "recorded": "0", "now": "0", "outcome": "same"} in value["lines"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "nothing"), "nothing is no run folder: it has no recipe.toml. Name one that train made."),
        (("verify", "run", "--data", "gone"), "There is no folder gone. Check the spelling."),
        (
            ("verify", "run", "--device", "abacus"),
            "There is no device 'abacus'. Choose auto, cpu, cuda or cuda:1.",
        ),
    ],
)
@pytest.mark.usefixtures("run")
def test_what_cannot_be_done_is_2(arguments: tuple[str, ...], message: str, oxmark: Oxmark) -> None:
    ran = oxmark(*arguments)
    assert (ran.code, ran.out, ran.err) == (2, "", f"oxmark: {message}\n")
