"""Sentences for people, in English and Korean, kept apart from the code that decides what to say.

A :class:`Message` is a code and values. ``doctor.toml``, ``verdict.toml`` ... beside this file hold the
templates: the first part of the code names the file, the rest the table in it::

    [unreadable.what]
    en = "{count} pictures cannot be read."
    en_one = "1 picture cannot be read."       # where the value ``count`` is 1
    ko = "읽을 수 없는 그림이 {count}개 있습니다."
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")

Value: TypeAlias = "str | int | float | Message"
"""What stands in a sentence; a message stands there in the language of the sentence."""


@dataclass(frozen=True)
class Message:
    """Something to tell the user, in any of the languages.

    Attributes:
        code: Which sentence: ``"doctor.unreadable.what"``.
        values: What its template is filled with. Names of classes and files stay as they are; figures that
            need a format come formatted, as text.

    Example:
        >>> print(Message("words.example", {"count": 3}))
        3 pictures.
        >>> Message("words.example", {"count": 3}).text("ko")
        '그림 3개.'
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, language: Language = "en") -> str:
        """The sentence in one language."""
        topic, _, rest = self.code.partition(".")
        forms = _templates(topic)[rest]
        form = f"{language}_one" if self.values.get("count") == 1 else language
        found = self.values.items()
        values = {
            name: value.text(language) if isinstance(value, Message) else value for name, value in found
        }
        return forms.get(form, forms[language]).format(**values)

    def __str__(self) -> str:
        return self.text()

    def as_json(self) -> dict[str, Any]:
        """For JSON files: the code and values, and the English sentence for who reads the file itself."""
        found = self.values.items()
        values = {name: one.as_json() if isinstance(one, Message) else one for name, one in found}
        return {"code": self.code, "values": values, "text": self.text()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Message:
        """The message that :meth:`as_json` wrote."""
        values = data["values"].items()
        nested = {name: Message.from_json(one) if isinstance(one, dict) else one for name, one in values}
        return Message(data["code"], nested)


def percent(share: float) -> str:
    """A share 0..1 as it stands in sentences.

    Example:
        >>> percent(0.735)
        '73.5 %'
    """
    return f"{share * 100:.1f} %"


@functools.cache
def topics() -> tuple[str, ...]:
    """The names of the files with templates."""
    from importlib import resources

    names = (entry.name for entry in resources.files("oxmark.words").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@functools.cache
def _templates(topic: str) -> dict[str, dict[str, str]]:
    """Code without topic -> form (``en``, ``en_one``, ``ko``) -> template."""
    import tomllib
    from importlib import resources

    text = resources.files("oxmark.words").joinpath(f"{topic}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: Mapping[str, Any], above: str) -> list[tuple[str, dict[str, str]]]:
    if "en" in table:
        return [(above, dict(table))]
    found = []
    for name, inner in table.items():
        found += _flat(inner, f"{above}.{name}" if above else name)
    return found


def exists(code: str) -> bool:
    """Whether there is a sentence with a code.

    Example:
        >>> exists("words.example"), exists("words.none")
        (True, False)
    """
    topic, _, rest = code.partition(".")
    return topic in topics() and rest in _templates(topic)
