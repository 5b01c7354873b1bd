"""The doctor looks at the project by itself, some time after each change, in a process of its own.

States: ``waiting`` (too little to look at), ``running``, ``done``, ``failed``. While it looks again, what it
found before stays shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from oxmark.data.doctor import Finding, verdict
from oxmark.errors import OxmarkError
from oxmark.web.problems import without_paths
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.listing import Listing
from oxmark.web.studio.project import Project
from oxmark.words import Message

logger = logging.getLogger("oxmark.web")

State: TypeAlias = Literal["waiting", "running", "done", "failed"]

QUIET = 2.0
"""Seconds without a change before it looks."""
LEAST = 6
"""It begins with so many pictures, in two classes; fewer say nothing."""
POLITENESS = 10
"""By how much its process gives way to others (Unix nice)."""


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor says.

    Attributes:
        state: Where it is.
        sentence: The verdict, or why it waits.
        error: Why it failed.
        findings: The worst first.
        spreads: Class to figure to how much its drawings differ (:mod:`oxmark.web.studio.looks`).
    """

    state: State = "waiting"
    sentence: Message | None = None
    error: str | None = None
    findings: tuple[Finding, ...] = ()
    spreads: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


class Doctor:
    """Examines a project again and again.

    Args:
        project: Open.
        events: Told ``{"type": "doctor"}`` when the diagnosis changes.
        quiet: Seconds without a change before it looks.

    Attributes:
        diagnosis: The newest.
    """

    def __init__(self, project: Project, events: EventHub, quiet: float = QUIET) -> None:
        self.diagnosis = Diagnosis()
        self._project, self._events, self._quiet = project, events, quiet
        self._looked_at: tuple[object, ...] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to watch; the first look comes at once."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End, and the process with it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def changed(self) -> None:
        """The project changed. Safe from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)

    async def _watch(self) -> None:
        while True:
            try:
                await self._look()
            except OxmarkError as error:
                self._say(Diagnosis("failed", error=without_paths(str(error), self._project.root)))
            await self._news.wait()
            while self._news.is_set():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), self._quiet)

    async def _look(self) -> None:
        """Examine the project if it is worth it and not known already."""
        listing = await asyncio.to_thread(self._project.listing)
        reason = why_wait(listing)
        looked_at = listing.stamp[1:]  # the order of the classes is nothing to it
        if reason is not None:
            self._looked_at = None
            self._say(Diagnosis("waiting", reason))
        elif looked_at != self._looked_at:
            self._looked_at = looked_at
            self._say(replace(self.diagnosis, state="running", error=None))
            self._say(await self._examined())

    async def _examined(self) -> Diagnosis:
        code, printed, complaint = await _run(self._project)
        try:
            found = json.loads(printed)
            if code == 0:
                return diagnosis_of(found)
            error = str(found["error"])
        except (ValueError, LookupError, TypeError):
            logger.error("the doctor ended with exit code %s: %s", code, complaint[-2000:])
            error = "The check broke off; the studio's log says why. It is tried again after the next change."
        return Diagnosis("failed", error=without_paths(error, self._project.root))

    def _say(self, diagnosis: Diagnosis) -> None:
        if diagnosis != self.diagnosis:
            self.diagnosis = diagnosis
            self._events.publish({"type": "doctor"})


def why_wait(listing: Listing) -> Message | None:
    """Why a project cannot be examined yet; None if it can."""
    counts = Counter(one.class_name for one in listing.pictures.values())
    if len(counts) < 2:
        return Message("studio.collect.doctor.classes")
    count = counts.total()
    if count < LEAST:
        return Message("studio.collect.doctor.pictures", {"count": count, "least": LEAST})
    return None


def diagnosis_of(found: Mapping[str, Any]) -> Diagnosis:
    """What the doctor's process printed.

    Raises:
        LookupError, TypeError, ValueError: It is something else.
    """
    checkup = found["checkup"]
    findings = tuple(Finding.from_json(one) for one in checkup["findings"])
    pictures = sum(number for part in checkup["counts"].values() for number in part.values())
    sentence = verdict(findings, pictures, len(checkup["classes"]))
    return Diagnosis("done", sentence, None, findings, found["spreads"])


def picture_ids(finding: Finding, listing: Listing) -> list[str]:
    """The pictures that a finding concerns and that are still there, in its order."""
    found = (listing.picture_at(name) for name in finding.files)
    return [one.id for one in found if one is not None]


async def _run(project: Project) -> tuple[int, bytes, str]:
    """Examine a project in another process: exit code, what it printed, what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *_command(project),
        cwd=project.root.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )
    try:
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, POLITENESS)
        printed, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return process.returncode or 0, printed, complaint.decode("utf-8", "replace")


def _command(project: Project) -> Sequence[str]:
    """``-P``: a file of the user's called like a package must not be run in its place."""
    return [sys.executable, "-P", "-m", "oxmark.web.studio.examining", project.root.name or "."]
