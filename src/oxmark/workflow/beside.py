"""Work done beside a training, in a process of its own: examining, drawing.

What a training shows takes as much of a processor as a small training itself, most of it in Python, which
does one thing at a time. So a second process does it while the first one learns. It is started by
:class:`Beside` as ``python -m oxmark.workflow.beside``, is handed functions of this package and what they
work on, one after the other, and ends with the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Any, ParamSpec, TypeVar

from oxmark.machine import collect_rarely, cores

Given = ParamSpec("Given")
Result = TypeVar("Result")

NICENESS = 5
"""The training goes first; what it leaves of the processors is enough."""

# Ctrl-C is for the process that the user started; it ends the others.
_OWN_GROUP: dict[str, Any] = {"process_group": 0}
if sys.platform == "win32":
    _OWN_GROUP = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


class Beside:
    """A process that works for this one. Where there is only one processor, this one does the work at once.

    The functions must be importable by name, and what is handed over and comes back is pickled, so it should
    be small. The process only ever gets pickles from its own parent.

    Args:
        niceness: How far the process stands back behind this one, 0..19, where the system knows that.

    Attributes:
        seconds: How long it has worked so far; work done at once, in this process, does not count.

    Example:
        >>> with Beside() as beside:
        ...     beside.do(divmod, 7, 2).result()
        (3, 1)
    """

    def __init__(self, niceness: int = NICENESS) -> None:
        self._process = _started(niceness) if cores() > 1 else None
        self.seconds = 0.0
        self._pool = ThreadPoolExecutor(1, "beside")
        self._gone = threading.Event()

    def __enter__(self) -> Beside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gone.set()
        if self._process:
            self._process.kill()  # all results that count are here by now
            _close(self._process)
        self._pool.shutdown(cancel_futures=True)

    def do(
        self, function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Future[Result]:
        """Have a function called, after those that were asked for before.

        Args:
            function: Of a module, so that it can be found by name.
            given: What it is called with.
            named: The same, by name.

        Returns:
            Its result or its error, when there is one.
        """
        if self._process is None:
            return at_once(function, *given, **named)
        task = pickle.dumps((function, given, named))  # now: what is handed over may change later
        return self._pool.submit(self._handed_over, self._process, task)

    def _handed_over(self, process: subprocess.Popen[bytes], task: bytes) -> Any:
        try:
            if process.stdin is None or process.stdout is None:
                raise BrokenPipeError
            began = time.perf_counter()
            process.stdin.write(task)
            process.stdin.flush()
            right, result = pickle.load(process.stdout)
            self.seconds += time.perf_counter() - began
        except (EOFError, OSError, pickle.UnpicklingError, ValueError):
            if self._gone.is_set():
                raise
            function, given, named = pickle.loads(task)
            return function(*given, **named)  # the process was ended, for want of memory say: done here then
        if not right:
            raise result
        return result


def at_once(function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Future[Result]:
    """What :meth:`Beside.do` gives, done here and now.

    Example:
        >>> at_once(divmod, 7, 2).result()
        (3, 1)
    """
    future: Future[Result] = Future()
    try:
        future.set_result(function(*given, **named))
    except Exception as error:  # noqa: BLE001  it is raised where the result is asked for
        future.set_exception(error)
    return future


def _started(niceness: int) -> subprocess.Popen[bytes] | None:
    """The other process; None where Python cannot be started again."""
    if not sys.executable:
        return None
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    command = [sys.executable, "-P", "-m", "oxmark.workflow.beside", str(niceness)]
    try:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, **_OWN_GROUP
        )
    except OSError:
        return None


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close its pipes and wait until it has ended."""
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe:
                pipe.close()
    process.wait()


# --- in the other process -----------------------------------------------------------------------------------


def main(niceness: int) -> None:
    """Do what is asked until nothing more can come."""
    collect_rarely()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(niceness)
    asked, answer = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed goes to the error output: the pipe is for answers
    while (task := _next(asked)) is not None:
        function, given, named = task
        future = at_once(function, *given, **named)
        error = future.exception()
        try:
            answer.write(_packed((error is None, error or future.result())))
            answer.flush()
        except BrokenPipeError:
            return


def _next(asked: IO[bytes]) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] | None:
    try:
        task: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] = pickle.load(asked)
    except EOFError:
        return None
    return task


def _packed(outcome: tuple[bool, Any]) -> bytes:
    """As bytes; an error that cannot be packed goes as its text."""
    try:
        return pickle.dumps(outcome)
    except Exception as error:  # noqa: BLE001  objects may raise anything when they are packed
        return pickle.dumps((False, RuntimeError(f"{outcome[1]!r} cannot be handed over: {error}")))


if __name__ == "__main__":
    main(int(sys.argv[1]))
