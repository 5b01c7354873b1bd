"""What a class may be called, and a hand: a name that every disk takes, and nothing that a path could be."""

from __future__ import annotations

import unicodedata

from oxmark.data.folder import PART_SPELLINGS
from oxmark.data.metadata import METADATA_NAME
from oxmark.data.walk import is_hidden
from oxmark.web.problems import Problem
from oxmark.web.studio.layout import RUN_FOLDERS

LONGEST = 60
"""Characters. A file name may have 255 bytes; 60 characters have at most 240."""

_SIGNS = '/\\:*?"<>|'
_DEVICES = {"con", "prn", "aux", "nul"} | {
    device + digit for device in ("com", "lpt") for digit in "0123456789¹²³"
}
_TURNING = {chr(code) for code in (0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_UNSEEN = {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}


def checked_class_name(text: str) -> str:
    """A class name in composed form.

    Args:
        text: As given.

    Raises:
        Problem: 422 ``bad_name`` with what is wrong with it.

    Example:
        >>> checked_class_name("동그라미")
        '동그라미'
        >>> checked_class_name("a/b")
        Traceback (most recent call last):
        oxmark.web.problems.Problem: 422: A class name must not have any of / \\ : * ? " < > | in it.
    """
    name = unicodedata.normalize("NFC", text)
    wrong = _wrong(name)
    if wrong:
        raise Problem(422, "bad_name", wrong)
    return name


def checked_hand(text: str) -> str | None:
    """Who draws, in composed form and without spaces around; None for an empty text.

    Raises:
        Problem: 422 ``bad_hand``.

    Example:
        >>> checked_hand(" Anna ")
        'Anna'
    """
    name = unicodedata.normalize("NFC", text.strip())
    if len(name) > LONGEST or any(_is_unseen(sign) for sign in name):
        raise Problem(
            422,
            "bad_hand",
            f"A name of who draws has at most {LONGEST} characters, all of them visible. Choose another.",
        )
    return name or None


def _wrong(name: str) -> str | None:
    """What is wrong with a class name."""
    if not name.strip():
        return "A class needs a name."
    if len(name) > LONGEST:
        return f"A class name has at most {LONGEST} characters; this one has {len(name)}."
    if any(sign in _SIGNS for sign in name):
        return f"A class name must not have any of {' '.join(_SIGNS)} in it."
    if any(_is_unseen(sign) for sign in name):
        return "A class name must not have invisible control characters in it."
    if name != name.strip() or name[0] == "." or name[-1] == ".":
        return "A class name must not begin or end with a space or a dot."
    if name.partition(".")[0].strip().lower() in _DEVICES:
        return f"Windows keeps the name '{name}' for a device. Choose another."
    if name.lower() in PART_SPELLINGS:
        return f"'{name}' means a part of the pictures (train, validation, test). Choose another name."
    if is_hidden(name) or name.lower() in (*RUN_FOLDERS, METADATA_NAME):
        return f"'{name}' is the name of something else in a project. Choose another."
    return None


def _is_unseen(sign: str) -> bool:
    return sign in _TURNING or unicodedata.category(sign) in _UNSEEN
