"""validate past one machine: each network of a cross-validation is a task of Ray, with the same figures."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from oxmark.cluster.engine import connected, last_line
from oxmark.errors import ClusterError, OxmarkError
from oxmark.evaluation.cross_validation import PictureSet, Training
from oxmark.workflow.progress import Progress
from oxmark.workflow.validating import Validation, validated

if TYPE_CHECKING:
    from oxmark.recipes import Recipe

RETRIES = 5
"""A task whose worker or node dies is done again so many times."""


def validate(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None = None,
    *,
    address: str | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> Validation:
    """Cross-validate as :func:`oxmark.validate` does, its networks trained side by side on a Ray cluster.

    Only this machine reads the pictures; they travel to the nodes once. Each network has one processor core,
    as without a cluster, so the figures are the same, bit for bit on processors of one kind.

    Args:
        data: Class folders, or part folders with class folders in them; on this machine.
        recipe: How each network is trained.
        address: ``HOST:PORT`` of a Ray cluster, or ``"auto"``; None starts Ray on this machine's cores.
        progress: Told how far it is, in whole networks.
        how: ``folds``, ``repeats``, ``learning_curve``, ``out`` and ``seed``, as for :func:`oxmark.validate`.

    Raises:
        OxmarkError: As :func:`oxmark.validate`.
        ClusterError: The cluster cannot be reached, or was lost.

    Example:
        >>> validate("marks", repeats=10, address="10.0.0.5:6379").evaluation.sentence  # doctest: +SKIP
        '103 of 104 right (99.0 %): this shows that 94.8 to 100.0 % of such pictures are read rightly.'
    """
    from oxmark.workflow.training_run import require_training

    require_training("Validating")
    progress = progress or Progress()
    with connected(address, object_store=None, tell=progress.note) as cluster:
        return validated(data, recipe, progress=progress, crew=RayCrew(cluster.cores), **how)


class RayCrew:
    """The cores of a cluster, in place of :class:`oxmark.workflow.crew.Crew`.

    Args:
        size: How many there are.
    """

    is_here = False

    def __init__(self, size: int) -> None:
        import ray

        self.size = size
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_done)
        self._pictures: dict[int, tuple[PictureSet, Any]] = {}
        self._refs: list[Any] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import ray

        for ref in self._refs if error else ():
            ray.cancel(ref, force=True)

    def everybody(self, function: Callable[..., Any]) -> list[Future[Any]]:
        """Nobody is asked before there is something to do: the first tasks load what they need."""
        known: Future[Any] = Future()
        known.set_result("cpu")  # a task without a graphics card of its own sees none
        return [known]

    def only_one(self) -> None:
        """Ray shares out its graphics cards itself."""

    def do(self, function: Callable[..., Any], *given: Any, **named: Any) -> Future[Any]:
        """Have a function called with a training on some core, again if its node dies."""
        training: Training
        (training,) = given
        bare = replace(training, pictures=_NOWHERE)
        ref = self._task.remote(function, bare, self._sent(training.pictures), named)
        self._refs.append(ref)
        result: Future[Any] = Future()
        ref.future().add_done_callback(lambda done: _hand_on(done, result))
        return result

    def _sent(self, pictures: PictureSet) -> Any:
        """Where the cluster has them; they are sent once."""
        import ray

        if id(pictures) not in self._pictures:
            self._pictures[id(pictures)] = (pictures, ray.put(pictures))
        return self._pictures[id(pictures)][1]


_NOWHERE: Any = None
"""Stands for the pictures of a training while it travels without them."""


def _done(
    function: Callable[..., Any], training: Training, pictures: PictureSet, named: dict[str, Any]
) -> Any:
    """In a task: the result, or an error of ours, which Ray must not take for a lost worker."""
    try:
        return function(replace(training, pictures=pictures), **named)
    except OxmarkError as error:
        return error


def _hand_on(done: Future[Any], result: Future[Any]) -> None:
    try:
        found = done.result()
    except BaseException as error:  # noqa: BLE001  of Ray, or that it was given up; raised where it is asked for
        text = f"A network could not be trained on the cluster: {last_line(error)}"
        result.set_exception(ClusterError(text))
        return
    if isinstance(found, OxmarkError):
        result.set_exception(found)
    else:
        result.set_result(found)
