"""The doctor looks at the pictures of a training while it runs."""

from __future__ import annotations

from oxmark.data.doctor import Finding
from oxmark.workflow.beside import Beside, at_once
from oxmark.workflow.checkup import Checkup, checkup
from oxmark.workflow.preparing import PreparedSet
from oxmark.workflow.progress import Progress

MOST_HANDED_OVER = 2000
"""With more pictures the doctor works in this process: handing them over would take long."""

_TOLD_BY_THE_PARTS = {"hands_too_few", "copies", "near_copies"}
"""Findings that the note on how the parts were made has told already, or that no training suffers from."""


class Examining:
    """What the doctor says about the pictures of a training, told as soon as it is known.

    Args:
        prepared: The pictures.
        beside: The process that examines them.
        progress: Told what was found.

    Attributes:
        notes: What was told.
    """

    def __init__(self, prepared: PreparedSet, beside: Beside, progress: Progress) -> None:
        few = len(prepared.dataset.samples) <= MOST_HANDED_OVER
        self._checkup = (beside.do if few else at_once)(checkup, prepared.evidence)
        self._progress = progress
        self.notes: tuple[str, ...] = ()
        self.look()

    def look(self) -> None:
        """Tell what was found, if that is known by now."""
        if self._checkup.done():
            self.result()

    def result(self) -> Checkup:
        """What was found; it is waited for, and told once."""
        found = self._checkup.result()
        if not self.notes:
            self.notes = _lines(found)
            for note in self.notes:
                self._progress.note(note)
        return found


def _lines(found: Checkup) -> tuple[str, ...]:
    """A line when all is well, else each finding that is more than a note."""
    told = [one for one in found.findings if one.severity != "note" and one.code not in _TOLD_BY_THE_PARTS]
    return tuple(_line(one) for one in told) or (str(found.sentence),)


def _line(finding: Finding) -> str:
    """A finding on one line, with the first of its files."""
    more = len(finding.files) - 3
    names = ", ".join(finding.files[:3]) + (f" and {more} more" if more > 0 else "")
    return f"{finding.severity}: {finding.what} {finding.cure}" + (f" ({names})" if names else "")
