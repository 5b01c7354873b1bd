"""How far a training is, from lines that may be torn; and how long it still takes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from oxmark.web.studio.teacher_job import Desk, Job, Lock, is_held
from oxmark.web.studio.teaching_course import Course, Reader
from oxmark.web.studio.teaching_process import left_behind
from oxmark.web.studio.teaching_time import USUAL, seconds_left

JOB = Job("/marks", "/marks/runs", "first", {})
UNKNOWN = {"code": "words.none", "values": {}}
TAIL = sum(USUAL.values())


def course(*events: dict[str, Any]) -> Course:
    found = Course(JOB)
    for event in events:
        found.take(json.dumps(event).encode())
    return found


def epoch(number: int, at: float, **more: Any) -> dict[str, Any]:
    entry = {
        "epoch": number,
        "loss": 0.5,
        "accuracy": 1.0,
        "validation_loss": None,
        "validation_accuracy": None,
    }
    return {"type": "epoch", "at": at, "entry": entry, **more}


PLAN = {"type": "plan", "at": 0.0, "epochs": 10, "cross_fit": 0.25, "factor": 2.0}
FIT = {"type": "stage", "at": 0.0, "name": "fit"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"\xff\n",
        b'{"at": 1}',
        b'{"type": "epoch"}',
        b'{"type": "epoch", "at": 1, "entry": 3}',
        b'{"type": "end", "state": "odd"}',
        b'{"type": "pieces", "done": "x", "total": 1}',
        b'{"type": "pieces", "done": 1, "total": Infinity}',
        b"[" * 100_000,
        b'{"type": "plan", "epochs": Infinity, "cross_fit": 0, "factor": 0}',
        b'{"type": "plan", "epochs": 3, "cross_fit": 0, "factor": NaN}',
        b'{"type": "plan", "epochs": 1' + b"0" * 400 + b', "cross_fit": 1, "factor": 1}',
        b'{"type": "stage", "name": "fit", "at": Infinity}',
        b'{"type": "epoch", "entry": {"epoch": 1}, "at": 1}',
        json.dumps({"type": "trouble", "what": UNKNOWN, "cure": UNKNOWN}).encode(),
        b'{"type": "trouble", "what": 3, "cure": {"code": "words.example", "values": {}}}',
    ],
)
def test_a_line_that_is_torn_is_passed_over(line: bytes) -> None:
    found = Course(JOB)
    assert found.take(line) is None
    assert found == Course(JOB)


def test_only_whole_lines_are_read_and_each_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = Reader(path)
    assert reader.lines() == []
    path.write_bytes(b"one\ntw")
    assert reader.lines() == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert (reader.lines(), reader.lines()) == ([b"two", b"three"], [])


def test_stages_epochs_and_the_end(tmp_path: Path) -> None:
    found = course({"type": "stage", "at": 0, "name": "import"})
    assert (found.state, found.stage) == ("starting", "import")
    found = course(
        {"type": "stage", "at": 0, "name": "prepare"}, {"type": "pieces", "at": 0, "done": 2, "total": 9}
    )
    assert (found.state, found.done, found.total) == ("running", 2, 9)
    found = course(PLAN, FIT, epoch(1, 1.0))
    assert (found.done, found.total, found.epochs, found.at_work) == (1, 10, 10, True)
    found = course(PLAN, FIT, epoch(1, 1.0), {"type": "end", "at": 9, "state": "failed", "error": "No."})
    assert (found.state, found.error, found.at_work) == ("failed", "No.", False)


@pytest.mark.parametrize("number", [-1, 10**9, 10**400])
def test_an_epoch_that_no_recipe_has_is_passed_over(number: int) -> None:
    assert course(epoch(number, 1.0)) == Course(JOB)


@pytest.mark.parametrize(
    ("error", "told"), [(None, None), ("No.", "No."), ({"a": 1}, "{'a': 1}"), ("\ud800", "\\ud800")]
)
def test_why_it_failed_is_a_text(error: object, told: str | None) -> None:
    assert course({"type": "end", "state": "failed", "error": error}).error == told


# An epoch takes 2 seconds; calibrating takes 2 * 0.25 * 10 epochs, which is 10 seconds.
@pytest.mark.parametrize(
    ("events", "now", "left"),
    [
        ([PLAN, FIT], 1.0, None),
        ([PLAN, FIT, epoch(1, 2.0)], 2.0, None),
        ([PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0)], 4.0, 16 + 10 + TAIL),
        ([PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0)], 5.0, 15 + 10 + TAIL),
        ([PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0)], 99.0, 10 + TAIL),
        ([PLAN, FIT, epoch(1, 1.0), epoch(2, 31.0), epoch(3, 33.0), epoch(4, 35.0)], 35.0, 12 + 10 + TAIL),
        ([PLAN, FIT, epoch(7, 0.0, before=True), epoch(8, 2.0), epoch(9, 4.0)], 4.0, 2 + 10 + TAIL),
        (
            [PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0), {"type": "stage", "at": 4.0, "name": "calibrate"}],
            5.0,
            2 * 2 * 2 - 1 + TAIL,  # ended early: the halves learn no longer than the network did
        ),
        (
            [PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0), {"type": "stage", "at": 9.0, "name": "draw"}],
            9.5,
            USUAL["draw"] - 0.5 + USUAL["report"],
        ),
    ],
)
def test_seconds_left(events: list[dict[str, Any]], now: float, left: float | None) -> None:
    assert seconds_left(course(*events), None, now) == (None if left is None else pytest.approx(left))


def test_the_run_before_tells_how_long_the_end_takes() -> None:
    events = [PLAN, FIT, epoch(1, 2.0), epoch(2, 4.0), {"type": "stage", "at": 9.0, "name": "draw"}]
    assert seconds_left(course(*events), {"draw": 7.0, "report": 5.0}, 10.0) == pytest.approx(11.0)


def test_a_lock_is_held_until_it_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "teaching" / "lock"
    with Lock(path) as lock:
        assert not is_held(path)
        assert lock.take() and is_held(path)
        with Lock(path) as other:
            assert not other.take()
    assert not is_held(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "[" * 100_000,
        '{"run": "a"}',
        '{"project": 1, "runs": "", "run": "a", "recipe": {}}',
        '{"project": "", "runs": "", "run": "a", "recipe": {}, "seed": "b"}',
        '{"project": "", "runs": "", "run": "../a", "recipe": {}}',
        '{"project": "", "runs": "", "run": "", "recipe": {}}',
    ],
)
def test_a_job_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        Job.read(text)
    desk = Desk(tmp_path)
    desk.job.write_text(text)
    assert desk.read_job() is None


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    job = Job("/표시", "/표시/runs", "first", {"epochs": 3}, 7, resume=True)
    Desk(tmp_path).begin(job)
    assert Desk(tmp_path).read_job() == job


def test_a_process_is_given_time_to_take_the_lock(tmp_path: Path) -> None:
    """A studio that is killed just after it began a training: the next one must not take it for dead."""
    desk = Desk(tmp_path / "teaching")
    desk.folder.mkdir()
    desk.begin(JOB)
    follower = left_behind(desk)
    assert follower is not None
    assert follower.look() == ([], False) and follower.course.at_work
    os.utime(desk.job, (0, 0))
    assert follower.look() == ([], True)
    assert (follower.course.state, str(follower.course.error).partition(".")[0]) == (
        "failed",
        "The training broke off while the studio was closed",
    )


def test_a_process_that_told_something_and_died_is_not_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "teaching")
    desk.folder.mkdir()
    desk.begin(JOB)
    desk.events.write_text(json.dumps(FIT) + "\n")
    follower = left_behind(desk)
    assert follower is not None
    assert follower.look() == ([], True)
    assert (follower.course.state, follower.course.stage) == ("failed", "fit")


def test_where_nothing_was_left_nothing_is_followed(tmp_path: Path) -> None:
    assert left_behind(Desk(tmp_path)) is None
