"""Following a training on a cluster: what its workers tell goes to the user, what the user wants to them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.cluster.engine import last_line
from oxmark.cluster.news import Heard
from oxmark.errors import ClusterError
from oxmark.files import write_bytes

if TYPE_CHECKING:
    from oxmark.training.loop import Epoch

ASKED_EVERY = 0.1
"""Seconds between two questions what is new."""
STOPS_WITHIN = 60.0
"""Seconds that the workers have to stop and to save; lost ones, which nobody can replace, never do."""


def beside(function: Callable[[], Any]) -> Future[Any]:
    """Have it done in a thread that nobody needs to wait for.

    In the main thread Ray Train would take Ctrl-C for itself, and end the process.

    Example:
        >>> beside(lambda: 6 * 7).result()
        42
    """
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001  it is raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=work, name="ray-train", daemon=True).start()
    return future


def followed(
    running: Future[Any],
    news: Any,
    run_folder: Path,
    on_epoch: Callable[[Epoch], None],
    should_stop: Callable[[], bool],
    should_finish: Callable[[], bool],
) -> Heard | None:
    """Tell what the workers do and them what the user wants, until they have ended.

    Args:
        running: The training.
        news: The actor :class:`oxmark.cluster.news.News`.
        run_folder: Where a checkpoint is put that comes in.
        on_epoch: Told of every epoch once.
        should_stop: Asked now and then.
        should_finish: Asked now and then.

    Returns:
        What was heard last; None where it was stopped before any worker began.

    Raises:
        OxmarkError: What ended them; a :class:`ClusterError` where that is no error of ours.
    """
    from ray.exceptions import RayError
    from ray.train import TrainingFailedError

    heard = None
    try:
        for heard in _heard(running, news, should_stop, should_finish):
            for entry in heard.epochs:
                on_epoch(entry)
            if heard.checkpoint:
                _put(run_folder, heard.checkpoint)
    except RayError as error:
        raise _lost(error, run_folder) from error
    except BaseException:  # Ctrl-C, or what was told raised: nobody waits for the workers any more
        news.exchange.remote(0, stop=True, finish=False)
        wait([running], timeout=STOPS_WITHIN)
        raise
    if heard and heard.error:
        raise heard.error
    if not running.done():
        return None
    try:
        running.result()
    except (RayError, TrainingFailedError, ConnectionError, RuntimeError) as error:
        raise _lost(error, run_folder) from error
    return heard


def _heard(
    running: Future[Any], news: Any, should_stop: Callable[[], bool], should_finish: Callable[[], bool]
) -> Iterator[Heard]:
    """All news, until the workers have ended, or will never have begun."""
    import ray

    told, stop, last = 0, False, math.inf
    while True:
        done = bool(wait([running], timeout=ASKED_EVERY).done)
        if not stop and should_stop():
            stop, last = True, time.monotonic() + STOPS_WITHIN
        heard: Heard = ray.get(news.exchange.remote(told, stop=stop, finish=should_finish()))
        told += len(heard.epochs)
        yield heard
        if done or (stop and (not heard.nodes or time.monotonic() > last)):
            return


def _put(run_folder: Path, content: bytes) -> None:
    from oxmark.training import checkpoint

    write_bytes(run_folder / checkpoint.FILE, content)


def _lost(error: Exception, run_folder: Path) -> ClusterError:
    return ClusterError(
        f"The training could not be finished on the cluster: {last_line(error).rstrip('.')}. Look at it with "
        f"'ray status'; what was saved lies in {run_folder}, and --resume goes on from there."
    )
