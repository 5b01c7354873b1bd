"""Small pictures of one shape, answered together when several wait anyway.

A small picture's answer is hundreds of small operators. Running them for eight pictures at once takes 13 to
20 % less time a picture, up to 128 x 128 pixels; for larger ones it may take more. Nobody waits for others to
come: who finds a thread free goes at once, and those who come while it works go together next.
"""

from __future__ import annotations

import asyncio
from functools import partial

from oxmark.inference import Prediction
from oxmark.web.service.answering import Pixels, answered_together
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import Served

SMALL = 128 * 128
"""Pixels of the largest picture that is answered together with others."""
SMALL_BYTES = 64 * 1024
"""Bytes of the largest such file. It is decoded where it is received, which takes 0.05 to 0.5 ms."""
MOST = 8
"""Pictures that are answered together; more gain nothing."""

_Key = tuple[str, str, tuple[int, ...]]
_Waiting = list[tuple[Pixels, asyncio.Future[Prediction]]]


class Together:
    """Answers small pictures, together where that takes less time.

    Args:
        gate: Bounds what is worked on. Where it has a single thread, that thread would only take turns with
            this one, so the work is done here.

    Example:
        >>> from oxmark.inference import load
        >>> import numpy as np
        >>> model = Served("ox", "1", load())
        >>> async def ask() -> list[Prediction]:
        ...     together = Together(Gate(1))
        ...     blank = np.full((28, 28, 4), 255, np.uint8)
        ...     return await asyncio.gather(*(together.answer(model, blank) for _ in range(3)))
        >>> [answer.label for answer in asyncio.run(ask())]
        [None, None, None]
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._open: dict[_Key, _Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, model: Served, pixels: Pixels) -> Prediction:
        """The answer to one small picture.

        Args:
            model: Answers.
            pixels: uint8 ``(h, w, 4)``.

        Raises:
            Problem: 500 when the model itself fails.
        """
        key = (model.name, model.version, pixels.shape)
        future: asyncio.Future[Prediction] = asyncio.get_running_loop().create_future()
        waiting = self._open.get(key)
        if waiting is None:
            waiting = self._open[key] = []
            task = asyncio.create_task(self._answer_all(key, model, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        waiting.append((pixels, future))
        if len(waiting) == MOST:
            del self._open[key]
        return await future

    async def _answer_all(self, key: _Key, model: Served, waiting: _Waiting) -> None:
        try:
            async with self._gate.turn(MOST * key[2][0] * key[2][1]):
                if self._open.get(key) is waiting:
                    del self._open[key]
                work = partial(answered_together, model, [pixels for pixels, _ in waiting])
                outcomes = work() if self._gate.threads == 1 else await self._gate.in_thread(work)
            for (_, future), outcome in zip(waiting, outcomes, strict=True):
                if future.done():  # who asked has left
                    continue
                if isinstance(outcome, Prediction):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)
        finally:
            for _, future in waiting:
                future.cancel()  # nobody waits for what will not come; the answered ones stay answered
