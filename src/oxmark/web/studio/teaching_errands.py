"""Short work for a process of its own, which is kept between requests, and let go when it idles."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oxmark.errors import OutputError
from oxmark.web.problems import Problem, without_paths

logger = logging.getLogger("oxmark.web")

MODULE = "oxmark.web.studio.teacher_errands"
IDLE = 120.0
"""Seconds without work after which the process ends; it takes some 300 MB."""
LONGEST = 300.0
"""Seconds that one errand may take."""
MOST_WAITING = 6
_LONGEST_LINE = 64 * 1024 * 1024


class Errands:
    """One process for one project; errands are run one after the other.

    Args:
        root: The project; its path is kept out of errors.

    Example:
        >>> errands = Errands(project.root)  # doctest: +SKIP
        >>> await errands.run("augment", {...})  # doctest: +SKIP
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def run(self, errand: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Have something done.

        Args:
            errand: One of :data:`oxmark.web.studio.teacher_errands.ERRANDS`.
            wish: What it takes.

        Returns:
            What it gives.

        Raises:
            Problem: It failed, it takes too long, or too many wait.
        """
        if self._waiting >= MOST_WAITING:
            raise Problem(
                503,
                "busy",
                "Too much is asked at the same time. Try again in a second.",
                headers={"Retry-After": "1"},
            )
        self._waiting += 1
        try:
            async with self._turn:
                answer = await self._asked({"errand": errand, **wish})
        finally:
            self._waiting -= 1
        if "failed" in answer:
            told = answer["failed"]
            raise Problem(told["status"], told["code"], without_paths(told["text"], self._root))
        return dict(answer["done"])

    async def stop(self) -> None:
        """End the process."""
        if self._idle is not None:
            self._idle.cancel()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _asked(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Ask and wait; unless an answer came, the process is of no use any more."""
        process = await self._started()
        answer: dict[str, Any] | None = None
        try:
            async with asyncio.timeout(LONGEST):
                answer = await _exchange(process, wish)
        except TimeoutError:
            raise Problem(
                503, "busy", "This takes too long on this machine.", headers={"Retry-After": "60"}
            ) from None
        finally:
            if answer is None:
                await self.stop()
        if answer is None:
            logger.error("the process for errands ended at %s with %s", wish["errand"], process.returncode)
            raise Problem(500, "internal", "Something went wrong inside oxmark; its log says what.")
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._let_go)
        return answer

    async def _started(self) -> asyncio.subprocess.Process:
        if self._idle is not None:
            self._idle.cancel()
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", MODULE),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=_LONGEST_LINE,
                )
            except OSError as error:
                raise OutputError(
                    f"cannot start a process: {error.strerror}. Close some programs."
                ) from error
        return self._process

    def _let_go(self) -> None:
        """Nothing was asked for some time; at the end of its input the process ends itself."""
        if not self._turn.locked() and self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()


async def _exchange(process: asyncio.subprocess.Process, wish: Mapping[str, Any]) -> dict[str, Any] | None:
    """One line there, one line back; None when the process ended instead."""
    if process.stdin is None or process.stdout is None:
        return None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(json.dumps(wish).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    return dict(json.loads(line)) if line.endswith(b"\n") else None
