"""The doctor: what is wrong with a folder of pictures, how bad it is, and the cure.

:func:`examine` looks at the :class:`Evidence`, what was measured of every picture, and gives
:class:`Finding` objects, the worst first. One kind of trouble a file: ``pictures``, ``copies``, ``hands``,
``numbers``, ``folders``; ``pieces`` counts the marks on one picture. Suspicions that need a classifier (wrong
labels, shortcuts) are added by :mod:`oxmark.workflow.checkup`.
"""

from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.examination import examine
from oxmark.data.doctor.finding import (
    CODES,
    SEVERITIES,
    Finding,
    Severity,
    sorted_findings,
    verdict,
    worst_of,
)

__all__ = [
    "CODES",
    "SEVERITIES",
    "Evidence",
    "Finding",
    "Severity",
    "examine",
    "sorted_findings",
    "verdict",
    "worst_of",
]
