"""What a class and a hand may be called."""

from __future__ import annotations

import unicodedata

import pytest

from oxmark.web.problems import Problem
from oxmark.web.studio.names import checked_class_name, checked_hand

UNSEEN = (
    "\u200b", "\u00ad", "\ufeff", "O\u200b", "\u200bO", "O\u00adX", "\u200c", "\u200d", "O\u200d", "\u200dO",
    "O\u200d\u200dX", "O \u200dX", "O\u2060", "O\u2064", "\u3164", "O\u115f", "O\u1160", "O\uffa0", "\u2800",
    "O\u034f", "O\ufe0f", "\ufe0f", "❤\ufe0f\ufe0f", "O\ufe00", "O\U000e0100", "\U000e0100", "O\U000e0041",
    "O\u180b",
)  # fmt: skip
BAD = {
    "": "A class needs a name.",
    " ": "A class needs a name.",
    "a" * 61: "A class name has at most 60 characters; this one has 61.",
    **{f"a{sign}b": r'A class name must not have any of / \ : * ? " < > | in it.' for sign in '/\\:*?"<>|'},
    "..": "A class name must not begin or end with a space or a dot.",
    "../etc": r'A class name must not have any of / \ : * ? " < > | in it.',
    ".git": "A class name must not begin or end with a space or a dot.",
    "O.": "A class name must not begin or end with a space or a dot.",
    " O": "A class name must not begin or end with a space or a dot.",
    "O ": "A class name must not begin or end with a space or a dot.",
    "a\0b": "A class name must not have invisible characters in it.",
    "a\nb": "A class name must not have invisible characters in it.",
    "a\u202eb": "A class name must not have invisible characters in it.",
    "a\ud800": "A class name must not have invisible characters in it.",
    **dict.fromkeys(UNSEEN, "A class name must not have invisible characters in it."),
    **{
        name: f"Windows keeps the name '{name}' for a device. Choose another."
        for name in ("CLOCK$", "conin$", "CONOUT$.txt")
    },
    "CON": "Windows keeps the name 'CON' for a device. Choose another.",
    "lpt1.old": "Windows keeps the name 'lpt1.old' for a device. Choose another.",
    "Train": "'Train' means a part of the pictures (train, validation, test). Choose another name.",
    "val": "'val' means a part of the pictures (train, validation, test). Choose another name.",
    "Thumbs.db": "'Thumbs.db' is the name of something else in a project. Choose another.",
    "runs": "'runs' is the name of something else in a project. Choose another.",
    "metadata.csv": "'metadata.csv' is the name of something else in a project. Choose another.",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_names_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(Problem) as caught:
        checked_class_name(name)
    assert caught.value.body() == {"error": BAD[name], "code": "bad_name"}
    assert caught.value.status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "O",
        "동그라미",
        "a" * 60,
        "ㅇ",
        "check mark",
        "O!",
        "a.b",
        "Ω",
        "👍",
        "contra",
        "clock",
        "می\u200cخواهم",
        "👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "☑\ufe0f",
        "葛\U000e0100飾",
    ],
)
def test_good_names_stay_in_composed_form(name: str) -> None:
    assert checked_class_name(unicodedata.normalize("NFD", name)) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("anna", "anna"), (" 민수 ", "민수"), ("", None), ("  ", None), ('O\'Neill, "J"', 'O\'Neill, "J"')],
)
def test_hands(given: str, kept: str | None) -> None:
    assert checked_hand(given) == kept


@pytest.mark.parametrize("given", ["a" * 61, "a\nb", "a\0", "\u202eanna", *UNSEEN])
def test_bad_hands(given: str) -> None:
    with pytest.raises(Problem) as caught:
        checked_hand(given)
    assert caught.value.code == "bad_hand"
