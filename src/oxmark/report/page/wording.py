"""Text of the page in all its languages, and figures as text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from oxmark.report.document import Sentence
from oxmark.report.fonts import clean
from oxmark.words import Message, Value

_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Text:
    """The same in all languages; inside a template both are written, and the page shows one.

    Example:
        >>> print(Text("Loss", "손실").__html__())
        <span lang="en">Loss</span><span lang="ko">손실</span>
        >>> Text("a < b", "a < b").__html__()
        'a &lt; b'
    """

    en: str
    ko: str

    def __html__(self) -> str:
        """For jinja: escaped, never inside an attribute."""
        if self.en == self.ko:
            return escape(self.en)
        return f'<span lang="en">{escape(self.en)}</span><span lang="ko">{escape(self.ko)}</span>'


def words(code: str, **values: Value) -> Text:
    """Words of the page itself, from ``words/report.toml``.

    Example:
        >>> words("confusion.count", count=1).en
        '1 picture'
    """
    return _text(Message(f"report.{code}", values))


def said(sentence: Sentence) -> Text:
    """A sentence of the document; one whose template this oxmark does not have stays as it was written.

    Example:
        >>> said({"code": "words.example", "values": {"count": 2}, "text": ""}).ko
        '그림 2개.'
        >>> said("as it is").ko
        'as it is'
    """
    if isinstance(sentence, str):
        return Text(_line(sentence), _line(sentence))
    try:
        return _text(Message.from_json(sentence))
    except (KeyError, FileNotFoundError):  # of a newer or an older version
        return Text(_line(sentence["text"]), _line(sentence["text"]))


def _text(message: Message) -> Text:
    return Text(_line(message.text("en")), _line(message.text("ko")))


def _line(text: str) -> str:
    """One line, in which no figure is parted from its sign."""
    return clean(text).replace(" %", f"{_SPACE}%")


def known_word(key: str, table: str) -> Text:
    """The word for a key of the document, or the key itself where there is none.

    Example:
        >>> known_word("test", "part").en, known_word("holiday", "part").en
        ('Test', 'holiday')
    """
    try:
        return words(f"{table}.{key.replace(' ', '_')}")
    except KeyError:
        return Text(name(key), name(key))


def name(text: str) -> str:
    """A name of the user's, on one line and without characters that make it read differently.

    Example:
        >>> name("a\\u202egnp.exe"), name("\\u200b")
        ('agnp.exe', '?')
    """
    return clean(text) or "?"


def short(text: str, columns: int) -> str:
    """A name cut to a width; wide characters such as Hangul count twice.

    Example:
        >>> short("a long name", 6), short("동그라미", 8), short("동그라미", 7)
        ('a long…', '동그라미', '동그라…')
    """
    line, width = name(text), 0
    for place, character in enumerate(line):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > columns:
            return line[:place].rstrip() + "…"
    return line


def percent(share: float | None) -> str:
    """A share, 0..1, as text.

    Example:
        >>> percent(0.981).replace("\\u00a0", " "), percent(None)
        ('98.1 %', '–')
    """
    return "–" if share is None else f"{100 * share:.1f}{_SPACE}%"


def interval(ends: Sequence[float] | None) -> str:
    """Two shares as text.

    Example:
        >>> interval([0.913, 0.98]).replace("\\u00a0", " ")
        '91.3 – 98.0 %'
    """
    return "–" if ends is None else f"{100 * ends[0]:.1f}{_SPACE}–{_SPACE}{percent(ends[1])}"


def figure(value: float | None) -> str:
    """A number with three digits that matter.

    Example:
        >>> figure(0.0123456), figure(37.097), figure(None)
        ('0.0123', '37.1', '–')
    """
    return "–" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
