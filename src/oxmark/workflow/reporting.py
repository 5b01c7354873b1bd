"""report: the page of a run, made again from what the run holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oxmark.errors import RunError, require_packages
from oxmark.workflow.documenting import read_document, write_document

if TYPE_CHECKING:
    from oxmark.workflow.training_run import TrainingRun


def write_report(run: str | os.PathLike[str] | TrainingRun) -> Path:
    """Make the report of a run again: one HTML file with everything in it.

    A training writes it and a cross-validation adds to it, so this is for a page that was deleted, or was
    made by an older oxmark. It needs neither the pictures nor the model.

    Args:
        run: The folder of a finished run, or of a cross-validation.

    Returns:
        The page, ``report.html`` in that folder.

    Raises:
        RunError: No such folder, or nothing to make a report of.
        OutputError: It cannot be written.

    Example:
        >>> write_report("runs/first")  # doctest: +SKIP
        PosixPath('runs/first/report.html')
    """
    require_packages("A report", "jinja2", "matplotlib")
    folder = Path(run)
    if not folder.is_dir():
        raise RunError(f"There is no folder {folder}. Give the run folder of a finished training.")
    return write_document(folder, read_document(folder))
