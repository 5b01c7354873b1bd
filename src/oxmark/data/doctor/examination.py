"""All the doctor's looks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset
from oxmark.data.doctor.copies import copies
from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.finding import Finding, sorted_findings
from oxmark.data.doctor.folders import folders
from oxmark.data.doctor.hands import hands
from oxmark.data.doctor.numbers import numbers
from oxmark.data.doctor.pictures import pictures
from oxmark.data.traits import Traits
from oxmark.errors import PictureError

_LOOKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (pictures, copies, hands, numbers, folders)


def examine(
    dataset: Dataset,
    traits: Sequence[Traits | PictureError],
    seen: npt.NDArray[np.float32] | None = None,
) -> tuple[Finding, ...]:
    """Say what is wrong with a data set, from what was read of it.

    Opens no picture; of files that were skipped it reads the first bytes, to see whether they are pictures.

    Args:
        dataset: As read; N samples, with or without parts.
        traits: What was measured of each, in order; where a picture cannot be read, its error.
        seen: What the network sees of the readable ones, in order: float32 ``(R, 1, S, S)``, ink 0..1.
            Without it blank pictures are found less surely, several marks on one picture not at all.

    Returns:
        What was found, the worst first. Nothing is left out: each finding names all its files.

    Raises:
        ValueError: Not as many traits as samples, or not as many seen as readable.

    Example:
        >>> [finding.code for finding in examine(dataset, traits)]  # doctest: +SKIP
        ['unreadable', 'near_copies_in_two_parts', 'imbalance']
    """
    evidence = Evidence(dataset, traits, seen)
    return sorted_findings(finding for look in _LOOKS for finding in look(evidence))
