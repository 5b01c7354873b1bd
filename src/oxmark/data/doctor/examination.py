"""All the doctor's looks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from oxmark.data.doctor.copies import copies
from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.finding import Finding, sorted_findings
from oxmark.data.doctor.folders import folders
from oxmark.data.doctor.hands import hands
from oxmark.data.doctor.numbers import numbers
from oxmark.data.doctor.pictures import pictures

_LOOKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (pictures, copies, hands, numbers, folders)


def examine(evidence: Evidence) -> tuple[Finding, ...]:
    """Say what is wrong with a data set, from what was read of it.

    Opens no picture; of files that were skipped it reads the first bytes, to see whether they are pictures.

    Args:
        evidence: What was read of it. Without what the network sees, blank pictures are found less surely,
            several marks on one picture not at all.

    Returns:
        What was found, the worst first. Nothing is left out: each finding names all its files.

    Example:
        >>> [finding.code for finding in examine(Evidence(dataset, traits))]  # doctest: +SKIP
        ['unreadable', 'near_copies_in_two_parts', 'imbalance']
    """
    return sorted_findings(finding for look in _LOOKS for finding in look(evidence))
