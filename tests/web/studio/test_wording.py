"""The studio's own forms of sentences: none names a command, and each takes the values of the other."""

from __future__ import annotations

import re
import string

import pytest

from oxmark import words
from oxmark.web.studio.wording import in_studio, undone
from oxmark.words import Message

SHOWN = ("doctor", "trouble", "verdict.next")
COMMANDS = re.compile(r"oxmark (check|show|split|validate|augment|train)\b|--[a-z]|\bOUT\b")
ALL = [f"{topic}.{rest}" for topic in words.topics() for rest in words._templates(topic)]
INSTEAD = [code for code in ALL if code.startswith("studio.instead.")]
UNDONE = [code for code in ALL if code.startswith("studio.undone.")]


def forms(code: str) -> dict[str, str]:
    topic, _, rest = code.partition(".")
    return words._templates(topic)[rest]


def fields(code: str) -> set[str]:
    return {name for form in forms(code).values() for _, name, _, _ in string.Formatter().parse(form) if name}


@pytest.mark.parametrize("code", [code for code in ALL if code.startswith(SHOWN) and "mended" not in code])
def test_no_sentence_of_the_studio_names_a_command(code: str) -> None:
    values = dict.fromkeys(fields(code), "1")
    said = in_studio(Message(code, values))
    for language in words.LANGUAGES:
        assert not COMMANDS.search(said.text(language)), said.text(language)


@pytest.mark.parametrize("code", INSTEAD)
def test_a_form_of_the_studio_takes_no_other_values(code: str) -> None:
    assert fields(code) <= fields(code.removeprefix("studio.instead."))


@pytest.mark.parametrize("code", UNDONE)
def test_what_is_undone_takes_no_other_values(code: str) -> None:
    done = code.replace("studio.undone.", "studio.")
    assert fields(code) <= fields(done)
    said = undone(Message(done, dict.fromkeys(fields(done), "O")))
    assert said.code == code


def test_other_sentences_stay_as_they_are() -> None:
    message = Message("verdict.next.harder")
    assert in_studio(message) is message
    assert str(undone(Message("words.example", {"count": 2}))) == "Undone. It had been: 2 pictures."


@pytest.mark.parametrize(
    ("code", "values", "en", "ko"),
    [
        ("collect.added", {"name": "○"}, "The picture is out of '○' again.",
         "'○' 클래스에 그림을 더한 일을 되돌렸습니다."),
        ("collect.class_deleted", {"name": "X", "count": 1}, "The class 'X' is back with its picture.",
         "'X' 클래스와 그림 1개를 되살렸습니다."),
        ("teach.deleted", {"name": "marks 1"}, "The run 'marks 1' is back.",
         "'marks 1' 학습 결과를 되살렸습니다."),
    ],
)  # fmt: skip
def test_an_undo_says_how_things_are(code: str, values: dict[str, str | int], en: str, ko: str) -> None:
    said = undone(Message(f"studio.{code}", values))
    assert (said.text("en"), said.text("ko")) == (en, ko)


def test_every_action_can_be_undone_in_words() -> None:
    actions = ("added", "deleted", "moved", "class_added", "class_renamed", "class_deleted", "ordered")
    wanted = {*(f"studio.undone.collect.{one}" for one in actions), "studio.undone.teach.deleted"}
    assert wanted == set(UNDONE)
