"""A command in a new process: how long it took, how much processor and memory."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

BENCHMARKS = Path(__file__).resolve().parent.parent
EVERY = 0.02
"""Seconds between two looks at the memory of a process."""


@dataclass(frozen=True)
class Ran:
    """One process from its start to its end.

    Attributes:
        seconds: By the clock.
        cpu: Seconds of processor time, of the process and of those that it waited for.
        resident: Peak resident memory in MB, file-mapped pages included; of several processes the sum.
        anonymous: Peak of the part that no file backs, in MB: what it cannot give back. 0 where memory was
            not watched, or where the system does not tell.
        printed: Its standard output.
    """

    seconds: float
    cpu: float
    resident: float
    anonymous: float
    printed: str

    @property
    def cores(self) -> float:
        """Cores that were busy on average."""
        return self.cpu / self.seconds

    @property
    def answer(self) -> Any:
        """The last line of its output, which is JSON."""
        return json.loads(self.printed.strip().splitlines()[-1])


def run_process(
    command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str] | None = None, watched: bool = False
) -> Ran:
    """Run a command to its end.

    Args:
        command: The program and its arguments.
        env: Added to the environment.
        watched: Look at its memory every 20 ms.

    Raises:
        click.ClickException: It failed; with the end of what it said.
    """
    words = [os.fspath(word) for word in command]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        before = os.times()
        begun = time.perf_counter()
        process = subprocess.Popen(
            words, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=os.environ | dict(env or {})
        )
        with _watching(process.pid) if watched else contextlib.nullcontext([0.0, 0.0]) as peaks:
            process.wait()
        seconds = time.perf_counter() - begun
        after = os.times()
        out.seek(0)
        err.seek(0)
        if process.returncode:
            said = "\n".join(err.read().splitlines()[-5:])
            raise click.ClickException(f"This command failed: {' '.join(words)}\n{said}")
        cpu = sum(after[2:4]) - sum(before[2:4])
        return Ran(seconds, cpu, peaks[0], peaks[1], out.read())


def run_module(module: str, *arguments: object, env: Mapping[str, str] | None = None) -> Any:
    """What a module of ours prints as JSON, run in a Python of its own.

    Args:
        module: Below ``benchmarks``, as ``measuring.limits.products``.
        arguments: Its command line.
        env: Added to the environment.
    """
    return run_process(module_command(module, *arguments), env=module_env() | dict(env or {})).answer


def module_command(module: str, *arguments: object) -> list[str]:
    """The command line of a module of ours."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def module_env() -> dict[str, str]:
    """Where it is found; the oxmark that ``PYTHONPATH`` names stays the one that is measured."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(BENCHMARKS), os.environ.get("PYTHONPATH", "")]))}


def oxmark(*arguments: object) -> list[str]:
    """The command line of oxmark in this environment."""
    return [sys.executable, "-m", "oxmark", *map(str, arguments)]


@contextlib.contextmanager
def _watching(pid: int) -> Iterator[list[float]]:
    """The peaks of resident and of anonymous memory while the block runs, MB."""
    peaks, ended = [0.0, 0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY):
            for place, now in enumerate(memory_of(pid)):
                peaks[place] = max(peaks[place], now)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def memory_of(pid: int) -> tuple[float, float]:
    """Resident and anonymous memory of a process and of those that it started, MB; zeros where it ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0, 0.0
    told = {name: value for name, _, value in (line.partition(":") for line in lines)}
    own = [float(told.get(key, "0 kB").split()[0]) * 1024 / 1e6 for key in ("VmRSS", "RssAnon")]
    others = [memory_of(int(child)) for child in children]
    return own[0] + sum(one[0] for one in others), own[1] + sum(one[1] for one in others)
