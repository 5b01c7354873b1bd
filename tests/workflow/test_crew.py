"""Several processes that work for one: who does what, and that none of them is left behind."""

from __future__ import annotations

import os
import signal
from io import BufferedWriter
from pathlib import Path

import pytest

from oxmark.workflow.crew import Crew


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1}, raising=False)


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_process_works_and_all_end() -> None:
    with Crew(5) as crew:
        everybody = {future.result() for future in crew.everybody(os.getpid)}
        by_whom = {crew.do(os.getpid).result() for _ in range(4)}
        assert [crew.do(divmod, number, 3).result() for number in (7, 8)] == [(2, 1), (2, 2)]
    assert len(everybody) == crew.size == 2
    assert os.getpid() not in everybody
    assert by_whom <= everybody
    assert not any(map(is_there, everybody))


@pytest.mark.parametrize(("processors", "most"), [({0}, 5), ({0, 1}, 1)])
def test_one_processor_or_one_thing_to_do_needs_no_process(
    processors: set[int], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: processors, raising=False)
    with Crew(most) as crew:
        assert crew.size == 0
        assert crew.everybody(os.getpid) == []
        assert crew.do(os.getpid).result() == os.getpid()


def test_all_but_one_can_be_sent_away() -> None:
    with Crew(2) as crew:
        everybody = [future.result() for future in crew.everybody(os.getpid)]
        crew.only_one()
        assert [is_there(one) for one in everybody].count(True) == 1
        left = {crew.do(os.getpid).result() for _ in range(3)}
        assert [is_there(one) for one in left] == [True]


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    with Crew(2) as crew:
        future = crew.do(divmod, 1, 0)
        with pytest.raises(ZeroDivisionError):
            future.result()
        assert crew.do(divmod, 1, 1).result() == (1, 0)


def test_a_process_that_the_system_ends_is_done_without() -> None:
    with Crew(2) as crew:
        gone = crew.everybody(os.getpid)[0].result()
        os.kill(gone, signal.SIGKILL)
        found = {crew.do(os.getpid).result() for _ in range(4)}
    assert gone not in found
    assert os.getpid() in found  # in its place


def test_leaving_by_an_error_ends_what_is_at_work_and_begins_nothing_more(tmp_path: Path) -> None:
    pipes = [tmp_path / name for name in ("one", "other")]
    for pipe in pipes:
        os.mkfifo(pipe)
    ends: list[BufferedWriter] = []
    with pytest.raises(KeyboardInterrupt), Crew(2) as crew:
        everybody = [future.result() for future in crew.everybody(os.getpid)]
        futures = [crew.do(Path.read_bytes, pipe) for pipe in [*pipes, *pipes]]
        ends += [pipe.open("wb") for pipe in pipes]  # opens when a process has begun to wait at the other end
        raise KeyboardInterrupt
    assert not any(map(is_there, everybody))
    assert all(future.done() for future in futures)
    for end in ends:
        end.close()
