"""What the machine tells."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from oxmark.machine import COLLECTED_EVERY, cores, keep_buffers, process_age


@pytest.mark.parametrize("allowed", [{0}, {1, 5, 7}])
def test_only_the_cores_that_the_process_may_use_count(
    allowed: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: allowed, raising=False)
    assert cores() == len(allowed)


def test_a_young_process_is_young_and_grows_older() -> None:
    code = """if True:
        from oxmark.machine import process_age
        first = process_age()
        while process_age() == first:
            pass
        print(first, process_age())
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, later = map(float, done.stdout.split())
    assert 0 < first < later < 60 < process_age() + 60


def test_without_the_systems_word_it_is_the_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_path: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", nowhere)
    assert 0 < process_age() < 100_000


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_another_c_library_is_left_alone(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_name: None) -> None:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", none)
    keep_buffers()


def test_the_c_library_is_asked_to_keep_large_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, parameter: int, value: int) -> None:
            asked.append((parameter, value))

    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Library())
    keep_buffers()
    assert asked == [(-3, 1 << 30), (-1, 1 << 30)]


def test_a_process_of_ours_collects_rarely_and_runs_its_exit_handlers() -> None:
    code = """if True:
        import atexit, gc
        from oxmark.machine import collect_rarely
        atexit.register(lambda: print(gc.get_freeze_count() > 1000))  # runs after what is registered later
        collect_rarely()
        print(gc.isenabled(), gc.get_threshold()[0])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", str(COLLECTED_EVERY), "True"]
