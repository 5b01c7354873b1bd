"""New processes: what they print, use and say when they fail."""

from __future__ import annotations

import os
import sys

import click
import pytest
from measuring.processes import memory_of, run_process


def test_a_process_is_timed_and_heard() -> None:
    script = "import os; print('first'); print('{\"name\": \"' + os.environ['NAME'] + '\"}')"
    ran = run_process([sys.executable, "-c", script], env={"NAME": "ours"})
    assert ran.answer == {"name": "ours"}
    assert ran.cpu >= 0 and ran.seconds > 0
    assert ran.cores == ran.cpu / ran.seconds
    assert (ran.resident, ran.anonymous) == (0, 0)


def test_a_failure_names_the_command_and_says_why() -> None:
    with pytest.raises(click.ClickException) as caught:
        run_process([sys.executable, "-c", "raise SystemExit('no such folder')"])
    text = f"This command failed: {sys.executable} -c raise SystemExit('no such folder')\nno such folder"
    assert caught.value.message == text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of another process")
def test_peaks_of_memory_count_children() -> None:
    child = "sum(bytearray(b'1') * 10**8)"
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    ran = run_process([sys.executable, "-c", parent, child], watched=True)
    assert 100 < ran.anonymous < ran.resident < 200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the memory of another process")
def test_a_process_that_has_ended_has_no_memory() -> None:
    resident, anonymous = memory_of(os.getpid())
    assert resident > anonymous > 0
    assert memory_of(2**30) == (0.0, 0.0)
