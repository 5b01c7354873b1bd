"""Trainings of tests: on arrays so small that a second thread only waits for the first."""

from __future__ import annotations

import os

import pytest

from oxmark.training import crossfit, loop


def quick(patch: pytest.MonkeyPatch) -> None:
    """One thread, and four batches at a time, however many there are else."""
    patch.setattr(os, "sched_getaffinity", lambda _process: {0}, raising=False)
    for module in (loop, crossfit):
        patch.setattr(module, "TOGETHER", 4)
