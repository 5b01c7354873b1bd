"""Every sentence exists in both languages and asks for the same values in each."""

from __future__ import annotations

import json
import string

import pytest

from oxmark import words
from oxmark.words import LANGUAGES, Message

EVERY = [(topic, code, forms) for topic in words.topics() for code, forms in words._templates(topic).items()]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(("topic", "code", "forms"), EVERY, ids=[f"{t}.{c}" for t, c, _ in EVERY])
def test_each_sentence_is_in_both_languages(topic: str, code: str, forms: dict[str, str]) -> None:
    assert set(forms) - {"en_one", "ko_one"} == set(LANGUAGES)
    assert fields(forms["ko"]) == fields(forms["en"])
    for one in ("en_one", "ko_one"):
        assert fields(forms.get(one, "")) <= fields(forms["en"])
    assert all(any("가" <= letter <= "힣" for letter in forms[form]) for form in forms if form[:2] == "ko")


def test_one_has_a_form_of_its_own() -> None:
    message = Message("words.example", {"count": 1})
    assert str(message) == "1 picture."
    assert message.text("ko") == "그림 1개."
    assert str(Message("words.example", {"count": 2})) == "2 pictures."


def test_a_message_in_a_message() -> None:
    message = Message("doctor.verdict.well", {"pictures": Message("words.pictures", {"count": 1}),
                                              "classes": Message("words.classes", {"count": 2})})  # fmt: skip
    assert str(message) == "1 picture, 2 classes: nothing to mend."
    assert message.text("ko") == "그림 1개, 클래스 2개: 고칠 것이 없습니다."
    assert Message.from_json(json.loads(json.dumps(message.as_json()))) == message


def test_a_message_survives_json() -> None:
    message = Message("words.example", {"count": 2})
    assert message.as_json() == {"code": "words.example", "values": {"count": 2}, "text": "2 pictures."}
    assert Message.from_json(message.as_json()) == message
