"""What may be asked of the drawing, checked once at the door."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oxmark.data.draw.signs import SIGNS
from oxmark.errors import DataError


def checked_signs(classes: Sequence[str]) -> Sequence[str]:
    """``classes`` if each is a sign and none stands twice."""
    known = ", ".join(SIGNS)
    if not classes:
        raise DataError(f"no classes were given; name at least one of {known}.")
    for sign in classes:
        if sign not in SIGNS:
            raise DataError(f"cannot draw {sign!r}{_guess(sign)} These can be drawn: {known}.")
        if list(classes).count(sign) > 1:
            raise DataError(f"the class {sign!r} was given more than once; name each class once.")
    return classes


def _guess(sign: str) -> str:
    """The end of the sentence that names the sign probably meant, or a full stop."""
    from difflib import get_close_matches

    lower = {known.lower(): known for known in SIGNS}
    close = get_close_matches(str(sign).lower(), lower, 1)
    return f"; did you mean {lower[close[0]]!r}?" if close else "."


def checked_number(name: str, value: object, least: int) -> int:
    """``value`` if it is a whole number of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise DataError(f"{name} must be a whole number of at least {least}, but it is {value!r}.")
    return int(value)


def checked_counts(counts: Sequence[int]) -> tuple[int, ...]:
    """``counts`` if they are three whole numbers, the first at least 1, the others at least 0."""
    numbers = tuple(counts)
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 0 for n in numbers)
    if len(numbers) != 3 or not whole or numbers[0] < 1:
        raise DataError(
            "counts must be three whole numbers, pictures per class in train (at least 1), validation and "
            f"test (at least 0), such as 38, 8, 6, but they are {', '.join(map(repr, numbers)) or 'empty'}."
        )
    return tuple(int(number) for number in numbers)


def checked_width(width: float) -> float:
    """``width`` if a pen can have it."""
    if not 0 < width <= 400:
        raise DataError(f"pen_width must be above 0 and at most 400 pixels, but it is {width!r}.")
    return float(width)
