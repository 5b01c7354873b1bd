"""How much is worked on at once, and how much may wait: counted in pictures and in pixels.

A picture's header tells how much memory and time it will take, so the limits hold before anything is decoded:
one picture of 64 megapixels is let in alone, hundreds of small ones side by side.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from oxmark.data.decode import MAX_PIXELS
from oxmark.machine import cores
from oxmark.web.problems import Problem

PIXELS_AT_ONCE = MAX_PIXELS
"""Worked on at the same time in one process; the memory of one answer of that size is below 1.5 GB."""
ADMITTED_PICTURES = 512
"""Worked on or waiting in one process; about 0.4 s of work on two cores where the pictures are small."""
ADMITTED_PIXELS = 8 * MAX_PIXELS
"""Worked on or waiting in one process; about 3 s of work on two cores."""
RETRY_AFTER = "1"

Result = TypeVar("Result")


class Gate:
    """A bounded queue in front of a pool of threads. For one event loop; not safe from several threads.

    Args:
        threads: Pictures that are worked on at the same time.
        pixels_at_once: Their pixels altogether; a single picture may have more.
        pictures: Pictures that are worked on or wait.
        pixels: Their pixels altogether; an idle gate lets in any request.

    Attributes:
        threads: As given, or one for each processor core.
        pictures: Pictures admitted now.
        pixels: Their pixels.
        working_pixels: Those of them that are worked on.

    Example:
        >>> async def double() -> int:
        ...     gate = Gate(threads=1)
        ...     with gate.admitted(pictures=1, pixels=784):
        ...         return await gate.run(784, lambda: 21 * 2)
        >>> asyncio.run(double())
        42
    """

    def __init__(
        self,
        threads: int | None = None,
        *,
        pixels_at_once: int = PIXELS_AT_ONCE,
        pictures: int = ADMITTED_PICTURES,
        pixels: int = ADMITTED_PIXELS,
    ) -> None:
        count = threads or cores()
        self.threads = count
        self._most_jobs = 2 * count  # one for each thread, and its next, so that none stands idle
        self._most_working, self._most_pictures, self._most_pixels = pixels_at_once, pictures, pixels
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="answering")
        self._waiting: collections.deque[tuple[int, asyncio.Future[None]]] = collections.deque()
        self._jobs = 0
        self.pictures = self.pixels = self.working_pixels = 0

    @contextlib.contextmanager
    def admitted(self, pictures: int, pixels: int) -> Iterator[None]:
        """Let a request in as a whole, or refuse it at once.

        Args:
            pictures: In the request.
            pixels: In all of them.

        Raises:
            Problem: 503 with ``Retry-After`` when too much is waiting already.
        """
        over = self.pictures + pictures > self._most_pictures or self.pixels + pixels > self._most_pixels
        if self.pictures and over:
            raise Problem(
                503,
                "busy",
                "More pictures are waiting than this server takes at a time. Try again in a second.",
                headers={"Retry-After": RETRY_AFTER},
            )
        self.pictures += pictures
        self.pixels += pixels
        try:
            yield
        finally:
            self.pictures -= pictures
            self.pixels -= pixels

    async def run(self, pixels: int, work: Callable[[], Result]) -> Result:
        """Do work in a thread as soon as its pixels fit beside the others'; first come, first served.

        Args:
            pixels: What the work's memory is in proportion to.
            work: Called in a thread of the pool.
        """
        async with self.turn(pixels):
            return await self.in_thread(work)

    @contextlib.asynccontextmanager
    async def turn(self, pixels: int) -> AsyncIterator[None]:
        """Wait until so many pixels fit beside the others', and hold their place."""
        await self._begun(pixels)
        try:
            yield
        finally:
            self._end(pixels)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Do work that has its turn in a thread of the pool."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Wait for what is worked on, and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _begun(self, pixels: int) -> None:
        if not self._waiting and self._fits(pixels):
            self._begin(pixels)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((pixels, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had its turn already
                self._end(pixels)
            raise

    def _fits(self, pixels: int) -> bool:
        free = self._jobs < self._most_jobs and self.working_pixels + pixels <= self._most_working
        return free or self._jobs == 0

    def _begin(self, pixels: int) -> None:
        self._jobs += 1
        self.working_pixels += pixels

    def _end(self, pixels: int) -> None:
        self._jobs -= 1
        self.working_pixels -= pixels
        while self._waiting and (self._waiting[0][1].cancelled() or self._fits(self._waiting[0][0])):
            waiting, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._begin(waiting)
                turn.set_result(None)
