"""Work in another process: its results, its errors, and that it ends when nobody waits for it any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oxmark.errors import DamagedModel, OxmarkError, PictureError
from oxmark.workflow.beside import Beside, at_once


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1}, raising=False)


def gone(process: int) -> bool:
    """Whether a process has ended, which may take a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_another_process_does_it_and_ends() -> None:
    with Beside() as beside:
        ours, others = os.getpid(), [beside.do(os.getpid).result() for _ in range(2)]
        assert beside.do(divmod, 7, 2).result() == (3, 1)
        assert beside.do(int, "ff", base=16).result() == 255
    assert others[0] == others[1] != ours
    assert gone(others[0])


def test_with_one_processor_it_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)
    with Beside() as beside:
        done = beside.do(os.getpid)
        assert done.done() and done.result() == os.getpid()


@pytest.mark.parametrize("error", [PictureError("no.png cannot be read"), DamagedModel("is damaged")])
def test_an_error_of_ours_comes_back_as_it_is(error: OxmarkError) -> None:
    with Beside() as beside:
        for future in (beside.do(raised, error), at_once(raised, error)):
            with pytest.raises(type(error), match=str(error)):
                future.result()


def raised(error: Exception) -> None:
    raise error


def test_what_cannot_be_handed_back_is_an_error_and_no_end() -> None:
    with Beside() as beside:
        with pytest.raises(RuntimeError, match="cannot be handed over"):
            beside.do(unpackable).result()
        assert beside.do(abs, -2).result() == 2


def unpackable() -> object:
    return lambda: 0


def test_what_is_printed_does_not_get_between_the_answers(capfd: pytest.CaptureFixture[str]) -> None:
    with Beside() as beside:
        assert beside.do(print, "a library says something").result() is None
        assert beside.do(abs, -3).result() == 3
    printed = capfd.readouterr()
    assert printed.out == "" and "a library says something" in printed.err


def test_a_killed_process_is_done_without() -> None:
    with Beside() as beside:
        os.kill(beside.do(os.getpid).result(), signal.SIGKILL)
        assert beside.do(os.getpid).result() == os.getpid()


def test_nothing_waits_when_the_work_is_given_up() -> None:
    with pytest.raises(KeyboardInterrupt), Beside() as beside:
        process = beside.do(os.getpid).result()
        beside.do(time.sleep, 600)
        raise KeyboardInterrupt
    assert gone(process)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = tmp_path / "begin.py"  # no guard against being run again: a process of ours does not run it
    script.write_text(
        "import os, signal\nfrom oxmark.workflow.beside import Beside\n"
        "os.sched_getaffinity = lambda _: {0, 1}\n"
        "print(Beside().do(os.getpid).result(), flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert gone(int(done.stdout))
