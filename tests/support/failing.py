"""Stand where a training stands, and go wrong; importable by other processes."""

from __future__ import annotations

import os

from oxmark.errors import TrainingError


def fails(*_: object, **__: object) -> None:
    """A training whose loss is no longer a number."""
    raise TrainingError("the loss is no longer a number")


def dies(*_: object, **__: object) -> None:
    """A worker that is killed each time."""
    os._exit(1)
