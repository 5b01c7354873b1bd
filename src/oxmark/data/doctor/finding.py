"""One thing that the doctor found, and the table of all that can be found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from oxmark.words import Message, Value

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first. An error must be mended; a warning should be looked at; a note is good to know."""

CODES: dict[str, Severity] = {
    # must be mended
    "unreadable": "error",
    "empty": "error",
    "blank": "error",
    "one_class": "error",
    "no_training_part": "error",
    "class_spelling": "error",
    "missing_pictures": "error",
    "too_few_to_divide": "error",
    "in_two_classes": "error",
    "copies_in_two_parts": "error",
    "near_copies_in_two_parts": "error",
    "burst_in_two_parts": "error",
    "hand_in_two_parts": "error",
    "shortcut_border": "error",
    "shortcut_brightness": "error",
    "shortcut_file_type": "error",
    "shortcut_size": "warning",
    # should be looked at
    "wrong_labels": "warning",
    "near_copies_in_two_classes": "warning",
    "several_marks": "warning",
    "blank_class": "warning",
    "copies": "warning",
    "near_copies": "warning",
    "burst": "warning",
    "hands_too_few": "warning",
    "hand_for_class": "warning",
    "few_pictures": "warning",
    "few_test_pictures": "warning",
    "imbalance": "warning",
    "odd_size": "warning",
    "odd_mode": "warning",
    "skipped_pictures": "warning",
    "skipped_folders": "warning",
    "rows_without_file": "warning",
    # good to know
    "no_drawer": "note",
    "some_without_drawer": "note",
    "hidden_folders": "note",
}
"""Everything that can be found, with its usual severity, in the order in which it is told."""

_EXACT = ("in_two_classes", "copies", "copies_in_two_parts")


@dataclass(frozen=True)
class Finding:
    """Something about the data that the user should know.

    Attributes:
        code: Which, one of :data:`CODES`; the sentences are ``doctor.<code>.what``, ``.why`` and ``.cure``.
        severity: ``"error"`` must be mended, ``"warning"`` should be looked at, ``"note"`` is good to know.
        files: All files concerned, relative to the folder, as shown; empty where the whole set is meant.
        values: What the sentences are filled with.
        details: Beside each file a few signs that need no translation (``"O → X"``, ``"12x3000"``), or empty.
        sets: The files again, by what belongs together (each set of copies), or empty.

    Example:
        >>> finding = make_finding("blank", ["train/O/3.png"])
        >>> print(finding.what)
        1 picture is blank: nothing is drawn on it.
    """

    code: str
    severity: Severity
    files: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    sets: tuple[tuple[str, ...], ...] = ()

    @property
    def what(self) -> Message:
        """What was found."""
        return self._message("what")

    @property
    def why(self) -> Message:
        """Why it matters."""
        return self._message("why")

    @property
    def cure(self) -> Message:
        """What to do: a command or an action."""
        return self._message("cure")

    def _message(self, kind: str) -> Message:
        return Message(f"doctor.{self.code}.{kind}", self.values)

    def lines(self, longest: int | None = None) -> list[str]:
        """The files, one a line with its details, or one set a line.

        Args:
            longest: So many names of a set are given; the others become "…". None gives all.

        Example:
            >>> make_finding("copies", sets=[("a.png", "b.png")]).lines()
            ['a.png = b.png']
        """
        if not self.sets:
            details = self.details or ("",) * len(self.files)
            return [f"{name}  {detail}".rstrip() for name, detail in zip(self.files, details, strict=True)]
        sign = " = " if self.code in _EXACT else " ~ "
        return [
            sign.join([*one[:longest], *(["…"] if len(one[:longest]) < len(one) else [])])
            for one in self.sets
        ]

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark check --json`` and the report; the sentences are in English."""
        return {
            "code": self.code,
            "severity": self.severity,
            "what": str(self.what),
            "why": str(self.why),
            "cure": str(self.cure),
            "files": list(self.files),
            "details": list(self.details),
            "sets": [list(names) for names in self.sets],
            "values": dict(self.values),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Finding:
        """The finding that :meth:`as_json` wrote."""
        return Finding(
            code=data["code"],
            severity=data["severity"],
            files=tuple(data["files"]),
            values=data["values"],
            details=tuple(data["details"]),
            sets=tuple(tuple(names) for names in data["sets"]),
        )


def make_finding(
    code: str,
    files: Iterable[str] = (),
    *,
    details: Iterable[str] = (),
    sets: Sequence[Sequence[str]] = (),
    severity: Severity | None = None,
    **values: Value,
) -> Finding:
    """A finding with its usual severity.

    The value ``count`` is the number of sets, or of files where there are no sets; ``pictures`` is the number
    of files.

    Args:
        code: One of :data:`CODES`.
        files: The files concerned; taken from ``sets`` where these are given.
        details: One a file, or none.
        sets: Files that belong together.
        severity: Instead of the usual one.
        values: What else the sentences want.

    Example:
        >>> make_finding("copies", sets=[("a.png", "b.png")]).values
        {'count': 1, 'pictures': 2}
    """
    names = tuple(name for one in sets for name in one) if sets else tuple(files)
    return Finding(
        code=code,
        severity=severity or CODES[code],
        files=names,
        values={"count": len(sets) or len(names), "pictures": len(names), **values},
        details=tuple(details),
        sets=tuple(tuple(one) for one in sets),
    )


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, then in the order of the table.

    Example:
        >>> [one.code for one in sorted_findings([make_finding("no_drawer"), make_finding("blank")])]
        ['blank', 'no_drawer']
    """
    order = list(CODES)
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), order.index(one.code))))


def verdict(findings: Sequence[Finding], pictures: int, classes: int) -> Message:
    """What so many pictures of so many classes with these findings come to, in one line.

    Example:
        >>> print(verdict([], 104, 2))
        104 pictures, 2 classes: nothing to mend.
    """
    worst = worst_of(findings)
    count = sum(finding.severity == worst for finding in findings)
    code = f"doctor.verdict.{worst}s" if worst in ("error", "warning") else "doctor.verdict.well"
    of = {"pictures": pictures, "classes": classes}
    told = {name: Message(f"words.{name}", {"count": number}) for name, number in of.items()}
    return Message(code, {**told, "count": count})


def worst_of(findings: Iterable[Finding]) -> Severity | None:
    """The worst severity among some findings; None when there are none.

    Example:
        >>> worst_of([make_finding("no_drawer"), make_finding("blank")])
        'error'
    """
    there = {one.severity for one in findings}
    return next((severity for severity in SEVERITIES if severity in there), None)
