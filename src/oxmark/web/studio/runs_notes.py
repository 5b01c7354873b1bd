"""What a run did to its pictures that its figures do not show: what was left out, and what must be mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oxmark.web.studio.teach_schemas import Pair
from oxmark.web.studio.wording import in_studio
from oxmark.words import Message

LEFT_OUT = "Skipped: "
"""How the note about an unreadable picture begins in ``run.json``."""


def notes_of(notes: Any, findings: Any) -> tuple[Pair, ...]:
    """Sentences for the result of a run.

    Args:
        notes: The notes in ``run.json``, as they were read.
        findings: The doctor's findings in it, as they were read.

    Returns:
        How many pictures were left out, then each error that the doctor found with the reason why it matters.
        What is no note and no finding is passed over.

    Example:
        >>> notes_of(["Skipped: marks/O/3.png is empty (0 bytes)."], [])[0].en
        '1 picture could not be read, so nothing was learned from it and it was not tested. Collect marks it.'
    """
    return tuple(_found(notes if isinstance(notes, list) else [], findings))


def _found(notes: list[Any], findings: Any) -> Iterator[Pair]:
    count = sum(isinstance(note, str) and note.startswith(LEFT_OUT) for note in notes)
    if count:
        yield Pair.of(Message("studio.teach.left_out", {"count": count}))
    for one in findings if isinstance(findings, list) else []:
        if isinstance(one, dict) and one.get("severity") == "error":
            yield from _error(one)


def _error(finding: dict[str, Any]) -> Iterator[Pair]:
    from oxmark.web.studio.runs_reading import message_of

    try:
        said = [in_studio(message_of(finding[kind])) for kind in ("what", "why")]
    except (ValueError, KeyError):  # of another version
        return
    yield Pair(**{side: " ".join(one.text(side) for one in said) for side in ("en", "ko")})
