"""Several processes that work for this one, each at one thing at a time."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, ParamSpec, Protocol, TypeVar

from oxmark.machine import cores
from oxmark.workflow.beside import Beside, at_once

Given = ParamSpec("Given")
Result = TypeVar("Result")

MOST = 16
"""More processes are not started: one that trains takes 0.3 GB before it has seen a picture."""


class Workers(Protocol):
    """Whoever does work beside this process; entered and left as a context.

    Attributes:
        size: How many there are; 0 where this process does everything itself.
        is_here: Whether they are processes of this machine, which see its temporary files.
    """

    is_here: bool

    @property
    def size(self) -> int: ...  # noqa: D102

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def everybody(self, function: Callable[..., Any]) -> list[Future[Any]]: ...  # noqa: D102

    def only_one(self) -> None: ...  # noqa: D102

    def do(self, function: Callable[..., Any], *given: Any, **named: Any) -> Future[Any]: ...  # noqa: D102


class Crew:
    """As many processes as there are processors; none where there is only one, or one thing to do.

    What is handed over must be as :class:`Beside` wants it. Leaving the crew by an error, Ctrl-C among them,
    ends its processes at once.

    Args:
        most: So many things there are to do at most.

    Example:
        >>> with Crew(2) as crew:
        ...     [future.result() for future in (crew.do(divmod, 7, 2), crew.do(divmod, 9, 2))]
        [(3, 1), (4, 1)]
    """

    is_here = True

    def __init__(self, most: int) -> None:
        count = min(cores(), most, MOST)
        self._stack = contextlib.ExitStack()
        self._members = (
            [self._stack.enter_context(Beside(niceness=0)) for _ in range(count)] if count > 1 else []
        )
        self._free: queue.SimpleQueue[Beside] = queue.SimpleQueue()
        for member in self._members:
            self._free.put(member)
        self._pool = ThreadPoolExecutor(max(1, count), "crew")

    @property
    def size(self) -> int:
        """How many processes there are; 0 where this one does everything itself."""
        return len(self._members)

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._stack.__exit__(kind, error, trace)
        self._pool.shutdown()

    def everybody(
        self, function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> list[Future[Result]]:
        """Have each process call a function, say to load what it will need, before it does anything else."""
        return [member.do(function, *given, **named) for member in self._members]

    def only_one(self) -> None:
        """Send all processes away but one; called before anything is done."""
        while self._free.qsize() > 1:
            self._free.get().__exit__(None, None, None)

    def do(
        self, function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Future[Result]:
        """Have a function called by the next process that is free; see :meth:`Beside.do`."""
        if not self._members:
            return at_once(function, *given, **named)
        return self._pool.submit(self._by_who_is_free, function, given, named)

    def _by_who_is_free(self, function: Callable[..., Result], given: Any, named: Any) -> Result:
        member = self._free.get()
        try:
            return member.do(function, *given, **named).result()
        finally:
            self._free.put(member)
