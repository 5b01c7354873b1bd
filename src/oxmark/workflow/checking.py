"""check: what is wrong with a folder of pictures, how bad it is, and the cure."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path

from oxmark.data.doctor import Evidence
from oxmark.data.doctor.mended_copy import check_place, write_mended
from oxmark.data.draw.writing import new_folder
from oxmark.data.folder import read_folder
from oxmark.errors import require_packages
from oxmark.recipes import load_recipe
from oxmark.workflow.checkup import Checkup, checkup, findings
from oxmark.workflow.gathering import gather
from oxmark.workflow.progress import Progress

__all__ = ["Checkup", "check"]


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
        done = write_mended(evidence, copy, str(fix), findings)
    return replace(result, mended=done)
