"""A training in its own process: begun, followed, ended early, killed, gone on with, and left alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oxmark.web.studio import teacher
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.teacher_job import ALREADY, Desk, Job, Lock
from oxmark.web.studio.teacher_telling import Telling

if TYPE_CHECKING:
    from tiny_runs import Taught

Open = Callable[[Path], contextlib.AbstractContextManager[Any]]
LONG = 3000


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def drawn(project: Path) -> dict[str, str]:
    """Every drawing and its content."""
    return {str(path.relative_to(project)): sha(path) for sign in "OX" for path in (project / sign).iterdir()}


def only_run(project: Path) -> Path:
    (run,) = (path for path in (project / "runs").iterdir() if path.is_dir())
    return run


def facts(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "run.json").read_text()))


def test_a_training_is_told_from_its_beginning_to_its_end(first: Taught) -> None:
    begun, told = first.begun, first.told
    assert (begun["state"], begun["name"], begun["history"]) == ("starting", "marks 1", [])
    assert (told[-1]["state"], told[-1]["error"], told[-1]["run"]) == ("done", None, begun["run"])
    entries = [event["entry"] for event in told if "entry" in event]
    assert [entry["epoch"] for entry in entries] == [1, 2, 3]
    states = [event["state"] for event in told if event["type"] == "teach"]
    assert states == sorted(states, key=["starting", "running", "done"].index)
    assert {event["stage"]["ko"] for event in told if event["type"] == "teach" and event["stage"]}
    assert {"type": "runs"} in told
    assert (first.state["history"], first.state["epoch"], first.state["epochs"]) == (entries, 3, 3)
    listed = first.runs["runs"][0]
    assert (first.runs["current"], listed["id"], listed["state"]) == (begun["run"], begun["run"], "finished")
    assert listed["history"] == [pytest.approx(entry, rel=1e-6) for entry in entries]


def test_a_run_names_the_project_and_no_place_on_the_disk(taught: Path) -> None:
    run = only_run(taught)
    found = facts(run)
    assert found["data"] == "marks"
    assert found["command"] == (
        f"oxmark train marks --recipe marks/runs/{run.name}/recipe.toml --seed 0 --skip-bad"
    )
    for name in ("run.json", "report.json", "report.html", "metrics.json", "test.csv"):
        assert str(taught.parent) not in (run / name).read_text(encoding="utf-8")


def test_after_the_end_nothing_is_left_but_the_run(taught: Path) -> None:
    desk = Desk(taught / ".oxmark" / "teaching")
    assert desk.read_job() is None
    assert list((desk.folder / "pictures").iterdir()) == []
    assert desk.errors.read_bytes() == b""


def test_ended_early_the_best_epoch_becomes_a_run_even_if_the_studio_ends_first(
    project: Path, open_studio: Open
) -> None:
    with open_studio(project) as studio:
        studio.teach(epochs=LONG)
        assert studio.teach(status=409)["code"] == "already_teaching"
        studio.wait_for_epoch()
        studio.wait_for_epoch()
        assert studio.send("DELETE", "/teach")["state"] == "finishing"
    with open_studio(project) as studio:
        assert studio.get("/teach")["state"] in ("finishing", "stopped")
        if studio.get("/teach")["state"] == "finishing":
            studio.wait_for_end()
        end = studio.get("/teach")
        assert (end["state"], end["error"]) == ("stopped", None)
        run = studio.get("/runs")["runs"][0]
        assert studio.send("DELETE", "/teach", status=409)["code"] == "not_teaching"
    found = facts(only_run(project))
    assert (run["state"], run["epochs"], run["kept_epoch"]) == ("stopped", LONG, found["kept_epoch"])
    assert 2 <= found["ended_by_user"] == len(run["history"]) < LONG
    losses = [entry["validation_loss"] for entry in run["history"]]
    assert losses[run["kept_epoch"] - 1] == min(losses)


def test_killed_it_is_told_and_gone_on_with_to_the_same_file(
    project: Path, taught: Path, open_studio: Open
) -> None:
    before = drawn(project)
    with open_studio(project) as studio:
        run = studio.teach()["run"]
        studio.wait_for_epoch()
        (process,) = studio.processes()
        os.kill(process, signal.SIGKILL)
        end = studio.wait_for_end()
        assert (end["state"], end["resumable"]) == ("failed", True)
        assert end["error"] == (
            "The system ended the training (SIGKILL), most often because memory ran out. "
            "Your pictures are untouched; go on with it, or delete it."
        )
        assert drawn(project) == before
        (broken, builtin) = studio.get("/runs")["runs"]
        assert (broken["id"], broken["state"], broken["resumable"]) == (run, "broken", True)
        assert builtin["builtin"] and studio.get("/runs")["current"] == "builtin"
        for number in range(4):  # a run goes on with the pictures that it began with
            (project / "O" / f"{number}.png").unlink()
            (project / "X" / f"{number}.png").rename(project / "O" / f"moved-{number}.png")
        assert studio.send("POST", f"/runs/{run}/resume", status=202)["state"] == "starting"
        assert studio.wait_for_end()["state"] == "done"
        assert [entry["epoch"] for entry in studio.get("/teach")["history"]] == [1, 2, 3]
        assert studio.send("POST", f"/runs/{run}/resume", status=409)["code"] == "run_finished"
    assert sha(only_run(project) / "model.onnx") == sha(only_run(taught) / "model.onnx")


def test_what_goes_wrong_in_the_training_is_told_in_a_sentence(project: Path, open_studio: Open) -> None:
    (project / "metadata.csv").write_text("drawer\nanna\n")
    with open_studio(project) as studio:
        studio.teach()
        end = studio.wait_for_end()
        assert (end["state"], end["resumable"]) == ("failed", False)
        assert end["error"].startswith("metadata.csv") and str(project.parent) not in end["error"]
        assert [run["id"] for run in studio.get("/runs")["runs"]] == ["builtin"]


def test_a_defect_ends_the_process_and_its_log_says_why(
    project: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = project.parent / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import builtins\nreal = builtins.__import__\n"
        "def wrong(name, *rest, **named):\n"
        "    if name == 'oxmark.workflow.training_run':\n        raise LookupError('a defect')\n"
        "    return real(name, *rest, **named)\n"
        "builtins.__import__ = wrong\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with open_studio(project) as studio:
        studio.teach()
        error = studio.wait_for_end()["error"]
    assert error.startswith("The training broke off; .oxmark/teaching/errors.log says why.")
    assert b"LookupError: a defect" in Desk(project / ".oxmark" / "teaching").errors.read_bytes()


# --- without the studio -------------------------------------------------------------------------------------

KILLED = """
import json, os, signal, sys
from fastapi.testclient import TestClient
from oxmark.web.app import create_app
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

app = create_app(studio=Studio(Project(sys.argv[1])))
with TestClient(app, base_url="http://127.0.0.1") as client:
    answer = client.post("/api/teach", json=json.loads(sys.argv[2]))
    print(answer.json()["run"], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def begin_and_kill_the_studio(project: Path, settings: dict[str, Any]) -> str:
    wish = json.dumps({"settings": settings})
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(project), wish], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


def test_a_killed_studio_leaves_the_training_alone_and_the_next_one_follows_it(
    project: Path, taught: Path, tiny: dict[str, Any], open_studio: Open
) -> None:
    run = begin_and_kill_the_studio(project, tiny)
    with open_studio(project) as studio:
        state = studio.get("/teach")
        assert (state["run"], state["name"]) == (run, "marks 1")
        if state["state"] != "done":
            assert studio.teach(status=409)["code"] == "already_teaching"
            studio.wait_for_end()
        state = studio.get("/teach")
        assert (state["state"], len(state["history"])) == ("done", 3)
        assert studio.get("/runs")["current"] == run
    with open_studio(project) as studio:  # it was told; nobody wants to hear it again
        assert studio.get("/teach")["state"] == "idle"
    assert sha(only_run(project) / "model.onnx") == sha(only_run(taught) / "model.onnx")


def test_a_training_that_died_alone_is_told_by_the_next_studio(project: Path, open_studio: Open) -> None:
    desk = Desk(project / ".oxmark" / "teaching")
    desk.begin(Job(str(project), str(project / "runs"), "first", {}))
    entry = {"epoch": 1, "loss": 0.5, "accuracy": 1.0, "validation_loss": None, "validation_accuracy": None}
    told = [{"type": "run", "at": 1.0}, {"type": "epoch", "at": 2.0, "entry": entry}]
    desk.events.write_text("".join(json.dumps(event) + "\n" for event in told))
    with open_studio(project) as studio:
        state = studio.get("/teach")
        assert (state["state"], state["run"], state["resumable"]) == ("failed", id_of("first"), True)
        assert state["error"].startswith("The training broke off while the studio was closed.")
        assert state["history"][0]["epoch"] == 1


def test_a_wish_to_end_reaches_a_training_that_only_begins(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "teaching")
    desk.folder.mkdir()
    desk.begin(Job(str(tmp_path), str(tmp_path / "runs"), "first", {}))
    telling = Telling(desk)
    assert telling._stream is not None
    assert not telling.should_finish()
    desk.ask_to_finish()
    assert telling.should_finish()
    telling._stream.close()
    assert [json.loads(line)["name"] for line in desk.events.read_text().splitlines()] == ["calibrate"]


def test_told_to_end_by_the_system_it_saves_itself(project: Path, open_studio: Open) -> None:
    with open_studio(project) as studio:
        studio.teach(epochs=LONG)
        studio.wait_for_epoch()
        (process,) = studio.processes()
        os.kill(process, signal.SIGTERM)
        end = studio.wait_for_end()
    assert (end["state"], end["resumable"]) == ("failed", True)
    assert end["error"].startswith("The system ended the training, for example because it shuts down.")
    assert (only_run(project) / "checkpoint" / "state.safetensors").exists()


def test_there_are_never_two(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(project / ".oxmark" / "teaching")
    desk.begin(Job(str(project), str(project / "runs"), "second", {}))
    with Lock(desk.lock) as lock:
        assert lock.take()
        monkeypatch.setattr(teacher, "PATIENCE", 0.0)
        assert teacher.main([str(desk.folder)]) == ALREADY
    assert desk.events.read_bytes() == b"" and not (project / "runs").exists()


# --- what cannot be taught ----------------------------------------------------------------------------------


def keep(project: Path, sign: str, count: int) -> None:
    for path in sorted((project / sign).iterdir())[count:]:
        path.unlink()


def two_classes(project: Path) -> None:
    keep(project, "O", 0)
    keep(project, "X", 1)


def one_class(project: Path) -> None:
    keep(project, "X", 0)
    (project / "X").rmdir()


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        (
            one_class,
            "too_few_classes",
            "Telling classes apart needs two at least. Add one, and draw its pictures.",
        ),
        (
            lambda project: keep(project, "X", 2),
            "too_few_pictures",
            "Every class needs at least 3 pictures: draw 1 more of 'X'.",
        ),
        (
            two_classes,
            "too_few_pictures",
            "Every class needs at least 3 pictures: draw 3 more of 'O', 2 more of 'X'.",
        ),
    ],
)  # fmt: skip
def test_too_few_pictures(
    change: Callable[[Path], Any], code: str, error: str, project: Path, open_studio: Open
) -> None:
    change(project)
    with open_studio(project) as studio:
        assert studio.teach(status=422) == {"code": code, "error": error}
        assert studio.get("/teach")["state"] == "idle"


@pytest.mark.parametrize(
    ("wish", "status", "error"),
    [
        ({"recipe": "mark"}, 422, "There is no such recipe. Choose marks or tutorial. Is 'marks' meant?"),
        ({"recipe": "/etc/passwd"}, 422, "There is no such recipe. Choose marks or tutorial."),
        (
            {"settings": {"epoch": 3}},
            422,
            "these settings cannot be used: there is no knob 'epoch' (is 'epochs' meant?).",
        ),
        ({"settings": {"name": "../x"}}, 422, "A recipe's name cannot be set; name the run instead."),
        ({"name": " "}, 422, "A run's name has 1 to 60 characters, none of them a control character."),
        ({"name": "a\x00b"}, 422, "A run's name has 1 to 60 characters, none of them a control character."),
        (
            {"seed": -1},
            422,
            "seed: Input should be greater than or equal to 0. /docs shows what is expected.",
        ),
    ],
)
def test_wishes_that_cannot_be_granted(
    wish: dict[str, Any], status: int, error: str, project: Path, open_studio: Open
) -> None:
    with open_studio(project) as studio:
        assert studio.send("POST", "/teach", wish, status)["error"] == error
        assert studio.get("/teach")["state"] == "idle"
        assert not [path for path in (project / "runs").iterdir() if path.is_dir()]


def test_without_the_packages_the_cure_is_told(
    project: Path, open_studio: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *rest: None if name == "torch" else real(name, *rest))
    with open_studio(project) as studio:
        told = studio.teach(status=501)
    assert told["code"] == "missing_extra"
    assert "pip install 'oxmark[train]'" in told["error"]
