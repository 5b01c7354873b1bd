"""Answering what a request brings, in threads, within the bounds of the gate."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from functools import partial

from oxmark.data.decode import MAX_PIXELS, decode
from oxmark.errors import PictureError
from oxmark.web.problems import Problem
from oxmark.web.service.answering import (
    Answer,
    Pixels,
    answered,
    pixels_at_a_glance,
    pixels_of,
    predicted,
    viewed,
)
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import Served
from oxmark.web.service.record import Record
from oxmark.web.service.together import SMALL, SMALL_BYTES, Together

MOST_PIXELS = 4 * MAX_PIXELS
"""Pixels of all pictures of one request."""


class Answerer:
    """Answers files and pixels.

    Args:
        gate: Bounds what is worked on.

    Attributes:
        gate: As given; a request must be admitted before it is answered.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._together = Together(gate)

    async def costs(self, files: list[bytes], record: Record) -> list[int]:
        """What each picture will take, in pixels, from its header; noted in the record, too.

        Raises:
            Problem: 413 when they are too many for one request.
        """
        pixels = [await self._cost(data) for data in files]
        record.pictures, record.pixels = len(pixels), sum(pixels)
        if record.pixels > MOST_PIXELS:
            raise Problem(
                413,
                "too_many_pixels",
                f"The pictures of this request have {record.pixels:,} pixels altogether, and a request takes "
                f"at most {MOST_PIXELS:,}. Send fewer at a time.",
            )
        return pixels

    async def _cost(self, data: bytes) -> int:
        pixels = pixels_at_a_glance(data)
        return await self.gate.run(0, partial(pixels_of, data)) if pixels is None else pixels

    async def file(
        self, model: Served, data: bytes, cost: int, *, name: str | None = None, view: bool = False
    ) -> Answer:
        """The answer to one picture file.

        Args:
            model: Answers.
            data: The file's bytes.
            cost: From :meth:`costs`.
            name: What messages call it.
            view: Whether what the network saw is wanted, too.

        Raises:
            PictureError: The bytes cannot be read as a picture.
            Problem: 500 when the model itself fails.
        """
        if view:
            return await self.gate.run(cost, partial(viewed, model, data, name))
        if cost > SMALL or len(data) > SMALL_BYTES:
            return await self.gate.run(cost, partial(predicted, model, data, name))
        return await self._together.answer(model, decode(data, name=name))

    async def pixels(self, model: Served, pixels: Pixels, *, view: bool = False) -> Answer:
        """The answer to pixels, uint8 ``(h, w, 4)``; otherwise as :meth:`file`."""
        cost = pixels.shape[0] * pixels.shape[1]
        if view:
            return await self.gate.run(cost, partial(answered, model, model.classifier.view, pixels))
        if cost > SMALL:
            return await self.gate.run(cost, partial(answered, model, model.classifier.predict, pixels))
        return await self._together.answer(model, pixels)


async def all_outcomes(answers: Iterable[Awaitable[Answer]]) -> list[Answer | PictureError]:
    """Every answer in its order, with the error of a picture that cannot be read in its place.

    Raises:
        Problem: 500 when the model itself failed; all are waited for before.
    """
    outcomes = list[Answer | PictureError]()
    for outcome in await asyncio.gather(*map(_kept, answers), return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, PictureError):
            raise outcome
        outcomes.append(outcome)
    return outcomes


async def _kept(answer: Awaitable[Answer]) -> Answer | PictureError:
    """The answer, or the error without the half-decoded picture that it came from."""
    try:
        return await answer
    except PictureError as error:
        return error.kept()
