"""What the doctor says about pictures that have been read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oxmark.data.doctor import Evidence, Finding, Severity, examine, sorted_findings, verdict, worst_of
from oxmark.data.doctor.mending import Mending
from oxmark.data.walk import shown_name
from oxmark.words import Message
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


def checkup(evidence: Evidence) -> Checkup:
    """Examine what has been read already.

    Args:
        evidence: With what the network sees.

    Returns:
        The findings, the worst first.

    Example:
        >>> checkup(Evidence(dataset, traits, seen)).worst  # doctest: +SKIP
        'warning'
    """
    dataset = evidence.dataset
    return Checkup(
        data=shown_name(str(dataset.root)),
        classes=dataset.classes,
        counts=dataset.counts(),
        findings=findings(evidence),
    )


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """All that the doctor finds, the worst first."""
    return sorted_findings([*examine(evidence), *suspicions(evidence)])
