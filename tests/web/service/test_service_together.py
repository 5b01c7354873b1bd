"""Small pictures that are answered together: each gets its own answer, and its own error."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.data.draw import draw_mark
from oxmark.inference import Classifier, Prediction
from oxmark.web.problems import Problem
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import Served
from oxmark.web.service.together import MOST, Together

Pixels = npt.NDArray[np.uint8]


def rgba(seed: int, side: int = 28) -> Pixels:
    pixels = np.full((side, side, 4), 255, np.uint8)
    pixels[..., :3] = draw_mark("OX"[seed % 2], seed=seed, size=(side, side), pen_width=3)
    return pixels


class Recording(Classifier):
    """The built-in model; it waits for ``go``, and remembers how many pictures it was asked at a time."""

    def __init__(self, real: Classifier, poison: int | None = None) -> None:
        self.classes, self._session, self.name = real.classes, real._session, real.name
        self.go, self.asked, self._poison = threading.Event(), list[int](), poison

    def predict(self, pictures: Any) -> Any:
        assert self.go.wait(30)
        self.asked.append(1)
        self._check(pictures)
        return super().predict(pictures)

    def predict_stack(self, pixels: Pixels) -> list[Prediction]:
        assert self.go.wait(30)
        self.asked.append(len(pixels))
        self._check(pixels)
        return super().predict_stack(pixels)

    def _check(self, pixels: Pixels) -> None:
        if self._poison is not None and (pixels[..., 0, 0, 0] == self._poison).any():
            raise RuntimeError("node 7 failed")


def ask(model: Recording, pictures: list[Pixels], threads: int = 1) -> list[Any]:
    """What all get who ask at the same time."""

    async def scenario() -> list[Any]:
        gate = Gate(threads)
        together = Together(gate)
        served = Served("ox", "1", model)
        tasks = [asyncio.create_task(together.answer(served, pixels)) for pixels in pictures]
        await asyncio.sleep(0)
        model.go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert gate.working_pixels == 0
        gate.close()
        return outcomes

    return asyncio.run(scenario())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1, 30])
def test_each_gets_the_answer_to_its_own_picture(count: int, threads: int, builtin: Classifier) -> None:
    pictures = [rgba(seed) for seed in range(count)]
    model = Recording(builtin)
    answers = ask(model, pictures, threads)
    for pixels, answer in zip(pictures, answers, strict=True):
        expected = builtin.predict(pixels)
        assert answer.label == expected.label
        assert answer.known == pytest.approx(expected.known, abs=1e-6)
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    assert sum(model.asked) == count
    assert max(model.asked) <= MOST


def test_equal_sizes_go_together_and_others_do_not(builtin: Classifier) -> None:
    model = Recording(builtin)
    ask(model, [rgba(0), rgba(1, 40), rgba(2), rgba(3, 40), rgba(4), rgba(5, 41)])
    assert sorted(model.asked) == [1, 2, 3]


def test_a_failure_is_only_for_the_picture_it_concerns(builtin: Classifier) -> None:
    pictures = [rgba(seed) for seed in range(3)]
    pictures[1][0, 0] = 7
    first, second, third = ask(Recording(builtin, poison=7), pictures)
    assert (first.label, third.label) == ("O", "O")
    assert isinstance(second, Problem) and (second.status_code, second.code) == (500, "model_failed")


def test_who_leaves_takes_nobodys_answer_along(builtin: Classifier) -> None:
    async def scenario() -> list[Any]:
        gate, model = Gate(2), Recording(builtin)
        together, served = Together(gate), Served("ox", "1", model)
        tasks = [asyncio.create_task(together.answer(served, rgba(seed))) for seed in range(4)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        model.go.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        gate.close()
        return outcomes

    first, second, third, fourth = asyncio.run(scenario())
    assert isinstance(first, asyncio.CancelledError) and isinstance(third, asyncio.CancelledError)
    assert (second.label, fourth.label) == ("X", "X")


def test_nobody_waits_for_work_that_cannot_begin(builtin: Classifier) -> None:
    gate = Gate(2)
    gate.close()

    async def scenario() -> None:
        await Together(gate).answer(Served("ox", "1", builtin), rgba(0))

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda loop, context: None)
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(scenario())
    loop.close()
