"""What a request turned out to be, for its line in the log and for the metrics; nothing of its pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Scope

from oxmark.inference import Prediction

_KEY = "oxmark.record"


@dataclass(slots=True)
class Record:
    """Filled by the route that answers.

    Attributes:
        model: The model's name; empty where none was asked.
        version: The model's version.
        pictures: Pictures in the request.
        pixels: In all of them, as their headers say.
        answers: Pictures that were answered.
        none_of_these: Answers without a label.
    """

    model: str = ""
    version: str = ""
    pictures: int = 0
    pixels: int = 0
    answers: int = 0
    none_of_these: int = 0

    def count(self, answers: Iterable[Prediction]) -> None:
        """Count what was answered."""
        for answer in answers:
            self.answers += 1
            self.none_of_these += answer.label is None


def begin_record(scope: Scope) -> Record:
    """Start the record of a request."""
    record: Record = scope.setdefault(_KEY, Record())
    return record


def record_of(scope: Scope) -> Record:
    """The record of a request; one that nobody reads where requests are not watched."""
    return begin_record(scope)
