"""The calibration of a training: beside the training where a processor is free, else after it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from oxmark.recipes import Recipe
from oxmark.training.calibration import Calibration
from oxmark.training.threads import using_threads

ASKED_EVERY = 0.05
"""Seconds between two questions whether to stop, while only the calibration is still at work."""

CrossFit = Callable[[Recipe, Callable[[], bool]], Calibration | None]
"""A cross-fit with this recipe, which may have been shortened, that ends early when asked to."""


class Calibrating:
    """Cross-fits on the training and validation pictures, beside the network's own training or after it.

    Either way with one thread and the same random numbers, so the result is the same.

    Args:
        recipe: How; its ``cross_fit`` is the length of the trainings.
        cross_fit: The work.
        beside: Begin at once, in a thread of Python; else when the result is asked for.

    Attributes:
        seconds: How long the cross-fit took beside the training; 0 while it has not ended, or comes after.

    Example:
        >>> with Calibrating(recipe, cross_fit, beside=True) as calibrating:  # doctest: +SKIP
        ...     calibration = calibrating.result(1.0, lambda: False)
    """

    def __init__(self, recipe: Recipe, cross_fit: CrossFit, *, beside: bool) -> None:
        self._recipe, self._cross_fit = recipe, cross_fit
        self.seconds = 0.0
        self._given_up = threading.Event()
        self._pool = ThreadPoolExecutor(1, "calibrating") if beside else None
        self._running = self._pool.submit(self._beside) if self._pool else None

    def __enter__(self) -> Calibrating:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._given_up.set()
        if self._pool:
            self._pool.shutdown()

    def result(self, longest: float, should_stop: Callable[[], bool]) -> Calibration | None:
        """The calibration; None when stopped while finding out.

        Args:
            longest: How much of its epochs the network itself has learned, 0..1: the networks that calibrate
                it never learn longer.
            should_stop: Asked now and then.
        """
        if self._running is not None and longest >= self._recipe.cross_fit:
            return _awaited(self._running, should_stop, self._given_up)
        self._given_up.set()  # the one beside would learn too long
        share = min(self._recipe.cross_fit, longest)
        return self._learn(self._recipe.with_settings({"cross_fit": share}), should_stop)

    def _beside(self) -> Calibration | None:
        began = time.perf_counter()
        found = self._learn(self._recipe, self._given_up.is_set)
        self.seconds = time.perf_counter() - began
        return found

    def _learn(self, recipe: Recipe, should_stop: Callable[[], bool]) -> Calibration | None:
        with using_threads(1):
            return self._cross_fit(recipe, should_stop)


def _awaited(
    running: Future[Calibration | None], should_stop: Callable[[], bool], given_up: threading.Event
) -> Calibration | None:
    """What a cross-fit beside gives, once it is done; the user is asked meanwhile."""
    while not wait([running], timeout=ASKED_EVERY).done:
        if should_stop():
            given_up.set()
    return running.result()
