"""The folder of the training as somebody may have left it: the studio opens, and touches nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oxmark.errors import FolderError
from oxmark.web.studio.teacher_job import Desk, Job
from oxmark.web.studio.teaching_process import put_away

Change = Callable[[Desk], Any]
UNKNOWN = {"code": "words.none", "values": {}}
FOREIGN = {"code": "none.such", "values": {}}


def put_job(desk: Desk) -> None:
    root = desk.folder.parents[1]
    desk.job.write_text(Job(str(root), str(root / "runs"), "first", {}).text())


def told(*events: str) -> Change:
    def write(desk: Desk) -> None:
        put_job(desk)
        desk.events.write_text("".join(event + "\n" for event in events))

    return write


def events_in_a_pipe(desk: Desk) -> None:
    put_job(desk)
    os.mkfifo(desk.events)


def lock_that_is_a_folder(desk: Desk) -> None:
    put_job(desk)
    desk.lock.mkdir()


LEFT: dict[str, Change] = {
    "a job without an end": lambda desk: desk.job.write_text("[" * 100_000),
    "a job in a pipe": lambda desk: os.mkfifo(desk.job),
    "infinite epochs": told('{"type": "plan", "epochs": Infinity, "cross_fit": 0, "factor": 0}'),
    "half an epoch": told('{"type": "epoch", "entry": {"epoch": 1}, "at": 1}'),
    "an unknown sentence": told(json.dumps({"type": "trouble", "what": UNKNOWN, "cure": UNKNOWN})),
    "an unknown topic": told(json.dumps({"type": "trouble", "what": FOREIGN, "cure": FOREIGN})),
    "an error of another type": told('{"type": "end", "state": "failed", "error": {"a": 1}}'),
    "events in a pipe": events_in_a_pipe,
    "a lock that is a folder": lock_that_is_a_folder,
}


@pytest.mark.parametrize("name", LEFT)
def test_whatever_was_left_the_studio_opens(name: str, project: Path, open_studio: Any) -> None:
    desk = Desk(project / ".oxmark" / "teaching")
    desk.folder.mkdir(parents=True)
    LEFT[name](desk)
    os.utime(desk.job, (0, 0))  # its process, if there was one, had time to begin
    with open_studio(project) as studio:
        state = studio.get("/teach")
    assert (state["state"], state["history"], state["notes"]) in (("idle", [], []), ("failed", [], []))


def test_a_file_in_the_place_of_its_folder_is_told(project: Path, open_studio: Any) -> None:
    (project / ".oxmark").mkdir()
    (project / ".oxmark" / "teaching").touch()
    with open_studio(project) as studio:
        for answer in (studio.teach(status=507), studio.get("/runs/builtin/model.keras", 507)):
            assert answer["code"] == "cannot_write" and str(project.parent) not in answer["error"]


@pytest.mark.parametrize("name", ["", "pictures"])
def test_nothing_is_deleted_through_a_link(name: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    for path in (elsewhere / "holidays" / "1.png", elsewhere / "pictures" / "2.png", elsewhere / "job.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    before = sorted(elsewhere.rglob("*"))
    link = tmp_path / "marks" / "teaching" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    with pytest.raises(FolderError, match="is a link"):
        put_away(Desk(tmp_path / "marks" / "teaching"), set())
    assert sorted(elsewhere.rglob("*")) == before


def test_a_linked_folder_is_told_and_stays(project: Path, open_studio: Any) -> None:
    elsewhere = project.parent / "elsewhere"
    (elsewhere / "mine").mkdir(parents=True)
    desk = Desk(project / ".oxmark" / "teaching")
    desk.folder.mkdir(parents=True)
    desk.kept.symlink_to(elsewhere)
    with open_studio(project) as studio:
        answer = studio.teach(status=422)
    assert answer["code"] == "folder" and "teaching/pictures is a link" in answer["error"]
    assert str(project.parent) not in answer["error"] and (elsewhere / "mine").is_dir()
