"""Answers of several pictures at once: an error stands in its picture's place, and holds nothing of it."""

from __future__ import annotations

import asyncio

import pytest

from oxmark.errors import BrokenPicture, PictureError
from oxmark.inference import Prediction
from oxmark.web.problems import Problem
from oxmark.web.service.answerer import all_outcomes

ANSWER = Prediction("O", {"O": 0.9, "X": 0.1}, 0.8)


async def answered() -> Prediction:
    return ANSWER


async def broken() -> Prediction:
    raise BrokenPicture("a.png is damaged")


async def failed() -> Prediction:
    raise Problem(500, "model_failed", "The model failed.")


def test_an_error_stands_in_its_place_and_lets_go_of_the_picture() -> None:
    async def ask() -> list[Prediction | PictureError]:
        return list(await all_outcomes([answered(), broken(), answered()]))  # type: ignore[arg-type]

    first, error, last = asyncio.run(ask())
    assert first is last is ANSWER
    assert isinstance(error, BrokenPicture) and str(error) == "a.png is damaged"
    assert error.__traceback__ is None


def test_a_model_that_fails_fails_all() -> None:
    async def ask() -> None:
        await all_outcomes([broken(), failed(), answered()])

    with pytest.raises(Problem):
        asyncio.run(ask())
