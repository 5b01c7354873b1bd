"""The doctor looks by itself: when, in which states, and what it makes of a process that fails."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from oxmark.data.draw import draw_dataset
from oxmark.web.studio import doctor as doctor_module
from oxmark.web.studio.doctor import Doctor, State, diagnosis_of, picture_ids, why_wait
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.listing import Listing
from oxmark.web.studio.project import Project
from oxmark.words import Message

from .cases import Drawing, MakeTree, OpenProject

SIX = ("O/1.png", "O/2.png", "O/3.png", "X/1.png", "X/2.png", "X/3.png")
FOUND = {
    "checkup": {"classes": ["O", "X"], "counts": {"all": {"O": 3, "X": 3}}, "findings": []},
    "spreads": {"O": {"thickness": 0.01}},
}


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not true():
            await asyncio.sleep(0.01)


def with_doctor(
    project: Project, act: Callable[[Doctor, list[State]], Awaitable[None]], quiet: float = 0.05
) -> None:
    """Run a doctor, and note each of its states."""
    states: list[State] = []

    class Hub(EventHub):
        def publish(self, event: object) -> None:
            assert event == {"type": "doctor"}
            states.append(one.diagnosis.state)

    one = Doctor(project, Hub(), quiet)

    async def main() -> None:
        await one.start()
        try:
            await act(one, states)
        finally:
            await one.stop()

    asyncio.run(main())


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let another program be the doctor's process."""
    monkeypatch.setattr(doctor_module, "_command", lambda project: [sys.executable, "-c", code])


def test_it_examines_a_project(opened: OpenProject, tmp_path: Path) -> None:
    root = draw_dataset(tmp_path / "my marks", counts=(6, 0, 0), hands=1, seed=3)
    double = root / "train" / "O" / "double.png"
    first = min((root / "train" / "O").glob("*.png"))
    double.write_bytes(first.read_bytes())
    project = opened(root)

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: one.diagnosis.state in ("done", "failed"))
        assert states == ["running", "done"]
        said = one.diagnosis
        assert said.error is None
        assert said.sentence is not None and said.sentence.text("ko").startswith("그림 13개, 클래스 2개")
        (copies,) = [finding for finding in said.findings if finding.code == "copies"]
        assert picture_ids(copies, project.listing()) == [
            project.picture_id(path) for path in (double, first)
        ]
        assert "oxmark check" in str(copies.cure) and str(tmp_path) not in str(copies.cure)
        assert said.spreads["O"]["thickness"] < 0.1

    with_doctor(project, act)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "The check begins when two classes have pictures."),
        (SIX[:3], "The check begins when two classes have pictures."),
        ((*SIX[:3], "X/"), "The check begins when two classes have pictures."),
        (SIX[:5], "The check begins with 6 pictures; there are 5 now."),
    ],
)
def test_it_waits_for_enough(files: tuple[str, ...], said: str, opened: OpenProject, tree: MakeTree) -> None:
    assert str(why_wait(opened(tree(*files)).listing())) == said


def test_it_looks_again_after_a_change_and_not_without(
    opened: OpenProject, tree: MakeTree, drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(tree(*SIX[:5]))
    instead(monkeypatch, f"print('{json.dumps(FOUND)}')")
    looks: list[Listing] = []

    def noted(listing: Listing) -> Message | None:
        looks.append(listing)
        return why_wait(listing)

    monkeypatch.setattr(doctor_module, "why_wait", noted)

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: states == ["waiting"])
        (project.root / "X" / "3.png").write_bytes(drawing(9))
        one.changed()
        await until(lambda: states == ["waiting", "running", "done"])
        looked = len(looks)
        one.changed()  # nothing did
        await until(lambda: len(looks) == looked + 1)
        project.state.set("order", ["X", "O"])  # this is nothing to the doctor
        one.changed()
        await until(lambda: len(looks) == looked + 2)
        (project.root / "X" / "3.png").write_bytes(drawing(10))
        one.changed()
        await until(lambda: states == ["waiting", "running", "done", "running", "done"])
        (project.root / "X" / "3.png").unlink()
        one.changed()
        await until(lambda: states[-1] == "waiting")

    with_doctor(project, act)


def test_what_it_found_stays_shown_while_it_looks_again(
    opened: OpenProject, tree: MakeTree, drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(tree(*SIX))
    instead(monkeypatch, f"print('{json.dumps(FOUND)}')")

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: one.diagnosis.state == "done")
        instead(monkeypatch, "input()")
        (project.root / "X" / "4.png").write_bytes(drawing(9))
        instead(monkeypatch, "import time; time.sleep(100)")
        one.changed()
        await until(lambda: one.diagnosis.state == "running")
        assert one.diagnosis.sentence is not None
        assert one.diagnosis.spreads == FOUND["spreads"]

    with_doctor(project, act)


BROKE_OFF = "The check broke off; the studio's log says why. It is tried again after the next change."


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ('print(\'{"error": "ROOT/O cannot be read."}\'); raise SystemExit(2)', "O cannot be read."),
        ("raise SystemExit(1)", BROKE_OFF),
        ("print('{}')", BROKE_OFF),
        ("print('[]')", BROKE_OFF),
        ("print('nonsense')", BROKE_OFF),
        ("import os; os.abort()", BROKE_OFF),
        ('print(\'{"checkup": {"findings": [{}]}}\')', BROKE_OFF),
    ],
)
def test_a_process_that_fails_is_told(
    code: str, error: str, opened: OpenProject, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(tree(*SIX))
    instead(monkeypatch, code.replace("ROOT", str(project.root)))

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: one.diagnosis.state == "failed")
        assert one.diagnosis.error == error
        assert states == ["running", "failed"]

    with_doctor(project, act)


@pytest.mark.skipif(os.name != "posix", reason="looks whether a process lives as Unix does")
def test_its_process_ends_with_the_studio(
    opened: OpenProject, tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(1000)"
    instead(monkeypatch, code)

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: note.exists() and note.read_text().endswith("."))

    with_doctor(opened(tree(*SIX)), act)
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text().rstrip(".")), 0)


def test_a_project_that_cannot_be_read_is_told(
    opened: OpenProject, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(tree("train/O/1.png"))

    async def act(one: Doctor, states: list[State]) -> None:
        await until(lambda: one.diagnosis.state == "waiting" and bool(states))
        (project.root / "training" / "O").mkdir(parents=True)
        one.changed()
        await until(lambda: one.diagnosis.state == "failed")
        assert one.diagnosis.error is not None
        assert one.diagnosis.error.startswith("marks has both train and training, two spellings")

    with_doctor(project, act)


def test_what_the_process_prints_is_checked() -> None:
    assert diagnosis_of(FOUND).state == "done"
    with pytest.raises(LookupError):
        diagnosis_of({})
