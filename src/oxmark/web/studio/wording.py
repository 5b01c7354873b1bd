"""Sentences of the commands as the studio says them: with its buttons and places where they name a command.

The code of such a sentence is ``studio.instead.`` and the other's code; it takes the same values.
"""

from __future__ import annotations

from oxmark.words import Message, exists


def in_studio(message: Message) -> Message:
    """The studio's own form of a sentence; the same sentence where it has none.

    Example:
        >>> print(in_studio(Message("doctor.some_without_drawer.cure", {"count": 2})))
        Say in Collect who draws. For pictures that are there already, write it into metadata.csv.
    """
    code = f"studio.instead.{message.code}"
    return Message(code, message.values) if exists(code) else message


def undone(what: Message) -> Message:
    """What is said when an action was taken back: how things are now.

    Example:
        >>> print(undone(Message("studio.teach.deleted", {"name": "marks 1"})))
        The run 'marks 1' is back.
    """
    code = f"studio.undone.{what.code.removeprefix('studio.')}"
    return Message(code, what.values) if exists(code) else Message("studio.collect.undone", {"what": what})
