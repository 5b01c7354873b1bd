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
_DEVICES = {"con", "prn", "aux", "nul", "clock$", "conin$", "conout$"} | {
    device + digit for device in ("com", "lpt") for digit in "0123456789¹²³"
}
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
# Empty Hangul letters, an empty Braille cell, and marks that change nothing; others of their kinds are seen.
_EMPTY = set("\u3164\u115f\u1160\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")
_JOINERS = "\u200c\u200d"  # Persian words and emoji of several parts are written with them
_STYLES = "\ufe0e\ufe0f"  # an emoji in black and white, or coloured


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
    if len(name) > LONGEST or _has_unseen(name):
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
    if _has_unseen(name):
        return "A class name must not have invisible characters in it."
    if name != name.strip() or name[0] == "." or name[-1] == ".":
        return "A class name must not begin or end with a space or a dot."
    if name.partition(".")[0].strip().lower() in _DEVICES:
        return f"Windows keeps the name '{name}' for a device. Choose another."
    if name.lower() in PART_SPELLINGS:
        return f"'{name}' means a part of the pictures (train, validation, test). Choose another name."
    if is_hidden(name) or name.lower() in (*RUN_FOLDERS, METADATA_NAME):
        return f"'{name}' is the name of something else in a project. Choose another."
    return None


def _has_unseen(name: str) -> bool:
    """Whether a name has characters that nobody sees, by which two names could look the same."""
    around = zip(["", *name], name, [*name[1:], ""], strict=False)
    return any(_is_unseen(before, sign, after) for before, sign, after in around)


def _is_unseen(before: str, sign: str, after: str) -> bool:
    """Whether a character is not seen between these two; "" where there is none."""
    if sign in _JOINERS:
        return not (_is_drawn(before) and _is_drawn(after))
    if sign in _STYLES:
        return not _is_drawn(before) or before.isalpha() or _is_variant(before)
    if _is_variant(sign):
        return not unicodedata.name(before or " ", "").startswith("CJK")
    return sign in _EMPTY or unicodedata.category(sign) in _UNSEEN


def _is_drawn(sign: str) -> bool:
    return not (sign == "" or sign.isspace() or sign in _EMPTY or unicodedata.category(sign) in _UNSEEN)


def _is_variant(sign: str) -> bool:
    """Whether it chooses another form of the character before it, where that has one."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
