"""check: what is wrong with a folder of pictures, how bad it is, and the cure."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from oxmark.data.doctor import Evidence, Finding, Severity, examine, sorted_findings, verdict, worst_of
from oxmark.data.doctor.mended_copy import check_place, write_mended
from oxmark.data.doctor.mending import Mending
from oxmark.data.draw.writing import new_folder
from oxmark.data.folder import read_folder
from oxmark.data.walk import shown_name
from oxmark.errors import require_packages
from oxmark.recipes import load_recipe
from oxmark.words import Message
from oxmark.workflow.gathering import gather
from oxmark.workflow.progress import Progress
from oxmark.workflow.suspecting import suspicions


@dataclass(frozen=True)
class Checkup:
    """What the doctor says about a folder.

    Attributes:
        data: The folder, as given.
        classes: The class names.
        counts: Pictures found: part (``"all"`` without parts) -> class -> number.
        findings: What was found, the worst first.
        mended: What was done to the copy, where one was asked for; None otherwise.
    """

    data: str
    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    mended: Mending | None = None

    @property
    def pictures(self) -> int:
        """How many pictures were found, readable or not."""
        return sum(number for part in self.counts.values() for number in part.values())

    @property
    def worst(self) -> Severity | None:
        """``"error"``, ``"warning"``, ``"note"``, or None when nothing was found."""
        return worst_of(self.findings)

    @property
    def sentence(self) -> Message:
        """The verdict in one line."""
        return verdict(self.findings, self.pictures, len(self.classes))

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark check --json`` and the run folder."""
        return {
            "data": self.data,
            "classes": list(self.classes),
            "counts": self.counts,
            "worst": self.worst,
            "sentence": str(self.sentence),
            "findings": [finding.as_json() for finding in self.findings],
            "mended": self.mended.as_json() if self.mended else None,
        }


def check(
    data: str | os.PathLike[str],
    *,
    fix: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Checkup:
    """Examine a folder of pictures; make a mended copy if asked to.

    Every picture is decoded once and made what the recipe ``marks`` makes the network see.

    Args:
        data: Class folders, or part folders with class folders in them. Never changed.
        fix: A new folder for a mended copy: what can be mended without asking is, and ``mended.txt`` in it
            says what was done to which file and what is left to decide. None makes none.
        progress: Told how far it is.

    Returns:
        The findings, the worst first, each with its files, the reason and the cure.

    Raises:
        FolderError: There is nothing to look at: no such folder, no pictures in class folders.
        OutputError: ``fix`` is not a new or empty folder, lies within ``data``, or cannot be written to.
        MissingExtra: The packages for it are not installed.

    Example:
        >>> print(check("marks").sentence)  # doctest: +SKIP
        104 pictures, 2 classes: nothing to mend.
    """
    require_packages("Checking", "onnx", "pydantic", "imagehash", "scipy", "sklearn", "skimage", "cleanlab")
    dataset = read_folder(data)
    with contextlib.ExitStack() as stack:
        if fix is not None:
            check_place(dataset.root, Path(fix))
            copy = stack.enter_context(new_folder(fix))  # now, so that a wrong place is told before the work
        recipe, nothing = load_recipe("marks"), [False] * len(dataset.samples)
        read = gather(dataset, recipe, nothing, progress or Progress())
        evidence = Evidence(dataset, read.traits, read.seen)
        result = checkup(evidence)
        if fix is None:
            return result
        done = write_mended(evidence, copy, str(fix), _findings)
    return replace(result, mended=done)


def checkup(evidence: Evidence) -> Checkup:
    """Examine what has been read already.

    Args:
        evidence: With what the network sees.

    Returns:
        As :func:`check`.

    Example:
        >>> checkup(Evidence(dataset, traits, seen)).worst  # doctest: +SKIP
        'warning'
    """
    dataset = evidence.dataset
    return Checkup(
        data=shown_name(str(dataset.root)),
        classes=dataset.classes,
        counts=dataset.counts(),
        findings=_findings(evidence),
    )


def _findings(evidence: Evidence) -> tuple[Finding, ...]:
    return sorted_findings([*examine(evidence), *suspicions(evidence)])
