"""The gate: bounded in pixels and in number, first come first served."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Iterator

import pytest

from oxmark.web.problems import Problem
from oxmark.web.service.gate import Gate


class Work:
    """Jobs that run until they are told to end, and the most pixels that ran together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.go = threading.Event()
        self.pixels = self.most = 0
        self.order: list[int] = []

    def job(self, pixels: int) -> int:
        with self._lock:
            self.pixels += pixels
            self.most = max(self.most, self.pixels)
            self.order.append(pixels)
        assert self.go.wait(30)
        with self._lock:
            self.pixels -= pixels
        return pixels


@pytest.fixture
def work() -> Iterator[Work]:
    one = Work()
    yield one
    one.go.set()


async def run_all(gate: Gate, work: Work, sizes: list[int]) -> list[int]:
    tasks = [asyncio.create_task(gate.run(size, functools.partial(work.job, size))) for size in sizes]
    while not work.order:
        await asyncio.sleep(0)
    work.go.set()
    return list(await asyncio.gather(*tasks))


@pytest.mark.parametrize(
    ("sizes", "bound"),
    [
        ([60] * 9, 60),
        ([30] * 9, 90),
        ([90, 90, 5, 5], 100),
        ([100, 1], 100),
        ([500, 1, 500, 1], 500),  # a larger one than the bound goes alone
    ],
)
def test_pixels_side_by_side_are_bounded(sizes: list[int], bound: int, work: Work) -> None:
    gate = Gate(4, pixels_at_once=100)
    assert asyncio.run(run_all(gate, work, sizes)) == sizes
    assert work.most <= bound
    assert gate.working_pixels == 0
    gate.close()


def test_who_comes_first_is_served_first(work: Work) -> None:
    gate = Gate(1, pixels_at_once=100)
    sizes = [90, 80, 70, 1, 2, 3, 60]
    asyncio.run(run_all(gate, work, sizes))
    assert work.order == sizes
    gate.close()


def test_large_work_goes_alone(work: Work) -> None:
    gate = Gate(4, pixels_at_once=100)
    asyncio.run(run_all(gate, work, [500, 500]))
    assert work.most == 500
    gate.close()


def test_who_leaves_the_queue_holds_nobody_up(work: Work) -> None:
    async def scenario(gate: Gate) -> None:
        first = asyncio.create_task(gate.run(100, lambda: work.job(100)))
        second = asyncio.create_task(gate.run(90, lambda: work.job(90)))
        third = asyncio.create_task(gate.run(80, lambda: work.job(80)))
        while not work.order:
            await asyncio.sleep(0)
        second.cancel()
        work.go.set()
        done = await asyncio.gather(first, second, third, return_exceptions=True)
        assert (done[0], done[2]) == (100, 80)
        assert isinstance(done[1], asyncio.CancelledError)

    gate = Gate(1, pixels_at_once=100)
    asyncio.run(scenario(gate))
    assert work.order == [100, 80]
    assert gate.working_pixels == 0
    gate.close()


def test_failing_work_gives_its_place_back() -> None:
    def fail() -> int:
        raise ValueError("no")

    gate = Gate(1)
    for _ in range(5):
        with pytest.raises(ValueError, match="no"):
            asyncio.run(gate.run(10, fail))
    assert gate.working_pixels == 0
    gate.close()


@pytest.mark.parametrize(
    ("admitted", "then", "refused"),
    [
        ([], (1000, 1000), False),  # an idle gate lets in anything
        ([(1, 50)], (1, 50), False),
        ([(1, 50)], (1, 51), True),
        ([(1, 0), (1, 0)], (1, 0), False),
        ([(1, 0), (1, 0), (1, 0)], (1, 0), True),
        ([(1, 0)], (3, 0), True),
        ([(1, 1000)], (1, 0), True),
    ],
)
def test_admission_is_bounded(admitted: list[tuple[int, int]], then: tuple[int, int], refused: bool) -> None:
    gate = Gate(1, pictures=3, pixels=100)
    with contextlib.ExitStack() as stack:
        for one in admitted:
            stack.enter_context(gate.admitted(*one))
        if refused:
            with pytest.raises(Problem) as caught:
                stack.enter_context(gate.admitted(*then))
            assert (caught.value.status_code, caught.value.code) == (503, "busy")
            assert caught.value.headers == {"Retry-After": "1"}
        else:
            stack.enter_context(gate.admitted(*then))
    assert (gate.pictures, gate.pixels) == (0, 0)
    gate.close()
