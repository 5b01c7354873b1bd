"""Telling of a training while it runs: how far it is, and what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.evaluation.trouble import Trouble, Watch
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch
    from oxmark.workflow.preparing import PreparedSet


class Watching:
    """Called after every epoch; tells a :class:`Progress` of it and of new trouble.

    Attributes:
        trouble: What went wrong so far.

    Example:
        >>> fit(..., on_epoch=Watching(recipe, prepared, "marks", progress))  # doctest: +SKIP
    """

    def __init__(self, recipe: Recipe, prepared: PreparedSet, data: str, progress: Progress) -> None:
        from oxmark.training.loop import for_classes
        from oxmark.training.steps import steps_in_epoch

        counts = prepared.dataset.counts()
        train, validation = ([*counts.get(part, {}).values()] for part in ("train", "validation"))
        steps = steps_in_epoch(sum(train), for_classes(recipe, len(train)))
        self._watch = Watch(recipe, train, validation, steps=steps, data=data)
        self._epochs, self._progress = recipe.epochs, progress
        self.trouble: list[Trouble] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """The trouble in sentences."""
        return tuple(str(trouble) for trouble in self.trouble)

    def catch_up(self, checkpoint: Path) -> None:
        """See the epochs that were done before the training was stopped; the user was told of them then."""
        from oxmark.training import checkpoint as checkpoints
        from oxmark.training.loop import Epoch

        for entry in checkpoints.read(checkpoint).facts["history"]:
            self.trouble += self._watch.after(Epoch(**entry))

    def __call__(self, entry: Epoch) -> None:
        """Tell of one more epoch."""
        self._progress.epoch(entry, self._epochs)
        fresh = self._watch.after(entry)
        self.trouble += fresh
        for trouble in fresh:
            self._progress.trouble(trouble)

    def as_json(self) -> list[dict[str, Any]]:
        """For ``run.json``: of each trouble two messages, what is seen and what to try."""
        return [m.as_json() for trouble in self.trouble for m in (trouble.what, trouble.cure)]
